package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// Result is how an operation ended, RFC 4511 §4.1.9.
type Result struct {
	Code      ResultCode
	MatchedDN string // the last entry found on the way, with NoSuchObject and its like
	Text      string // for people; the RFC's diagnosticMessage
	Referrals []string
}

var tagReferral = ber.ContextConstructed(3)

func (res *Result) parse(r *ber.Reader) {
	res.Code = ResultCode(r.Int32(ber.Enumerated))
	res.MatchedDN = r.Text(ber.OctetString)
	res.Text = r.Text(ber.OctetString)
	if r.Is(tagReferral) {
		res.Referrals = parseTexts(r, tagReferral)
	}
}

// encodeFields writes the fields without a tag: each response has its own, and
// some add fields behind.
func (res Result) encodeFields(b *ber.Builder) {
	if len(res.Referrals) > 0 {
		encodeTexts(b, tagReferral, res.Referrals)
	}
	b.Text(ber.OctetString, res.Text)
	b.Text(ber.OctetString, res.MatchedDN)
	b.Int(ber.Enumerated, int64(res.Code))
}

// Response answers a request with a result and nothing else: SearchResultDone
// and the responses to modify, add, delete, modify DN and compare. Type says
// which.
type Response struct {
	Type Kind
	Result
}

// Kind returns the response's type.
func (a *Response) Kind() Kind { return a.Type }

func parseResponse(r *ber.Reader) *Response {
	a := &Response{Type: Kind(r.Peek())}
	outer := r.Enter(ber.Tag(a.Type))
	a.Result.parse(r)
	r.Leave(outer)
	return a
}

func (a *Response) encode(b *ber.Builder) {
	end := b.Len()
	a.Result.encodeFields(b)
	b.Wrap(ber.Tag(a.Type), end)
}

// ResponseTo returns what answers a request of the kind with a result alone, so
// that one place in a server can answer whatever was asked. It returns nil for
// what is never answered: unbind, abandon, and what is no request.
func ResponseTo(request Kind, res Result) Op {
	switch request {
	case KindBindRequest:
		return &BindResponse{Result: res}
	case KindExtendedRequest:
		return &ExtendedResponse{Result: res}
	case KindSearchRequest:
		return &Response{Type: KindSearchResultDone, Result: res}
	case KindModifyRequest:
		return &Response{Type: KindModifyResponse, Result: res}
	case KindAddRequest:
		return &Response{Type: KindAddResponse, Result: res}
	case KindDelRequest:
		return &Response{Type: KindDelResponse, Result: res}
	case KindModifyDNRequest:
		return &Response{Type: KindModifyDNResponse, Result: res}
	case KindCompareRequest:
		return &Response{Type: KindCompareResponse, Result: res}
	}
	return nil
}
