package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// ExtendedRequest asks for what its OID says, RFC 4511 §4.12. Value is nil if
// absent.
type ExtendedRequest struct {
	Name  string
	Value []byte
}

var (
	tagRequestName   = ber.Context(0)
	tagRequestValue  = ber.Context(1)
	tagResponseName  = ber.Context(10)
	tagResponseValue = ber.Context(11)
)

// Kind returns KindExtendedRequest.
func (*ExtendedRequest) Kind() Kind { return KindExtendedRequest }

func parseExtendedRequest(r *ber.Reader) *ExtendedRequest {
	q := new(ExtendedRequest)
	outer := r.Enter(ber.Tag(KindExtendedRequest))
	q.Name = r.Text(tagRequestName)
	q.Value = optional(r, tagRequestValue)
	r.Leave(outer)
	return q
}

func (q *ExtendedRequest) encode(b *ber.Builder) {
	end := b.Len()
	encodeOptional(b, tagRequestValue, q.Value)
	b.Text(tagRequestName, q.Name)
	b.Wrap(ber.Tag(KindExtendedRequest), end)
}

// ExtendedResponse answers an ExtendedRequest, or is what a server says
// unasked. Name is empty and Value nil if absent.
type ExtendedResponse struct {
	Result
	Name  string
	Value []byte
}

// Kind returns KindExtendedResponse.
func (*ExtendedResponse) Kind() Kind { return KindExtendedResponse }

func parseExtendedResponse(r *ber.Reader) *ExtendedResponse {
	a := new(ExtendedResponse)
	outer := r.Enter(ber.Tag(KindExtendedResponse))
	a.Result.parse(r)
	a.Name = optionalText(r, tagResponseName)
	a.Value = optional(r, tagResponseValue)
	r.Leave(outer)
	return a
}

func (a *ExtendedResponse) encode(b *ber.Builder) {
	end := b.Len()
	encodeOptional(b, tagResponseValue, a.Value)
	encodeOptionalText(b, tagResponseName, a.Name)
	a.Result.encodeFields(b)
	b.Wrap(ber.Tag(KindExtendedResponse), end)
}

// Disconnection is the notice a server sends before it closes the session
// unasked, RFC 4511 §4.4.1.
func Disconnection(code ResultCode, text string) Message {
	return Message{Op: &ExtendedResponse{
		Result: Result{Code: code, Text: text},
		Name:   OIDDisconnection,
	}}
}
