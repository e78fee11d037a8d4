package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// AddRequest asks for a new entry, RFC 4511 §4.7.
type AddRequest struct {
	Entry      string
	Attributes []Attribute
}

// Kind returns KindAddRequest.
func (*AddRequest) Kind() Kind { return KindAddRequest }

func parseAddRequest(r *ber.Reader) *AddRequest {
	q := new(AddRequest)
	outer := r.Enter(ber.Tag(KindAddRequest))
	q.Entry = r.Text(ber.OctetString)
	q.Attributes = parseAttributes(r)
	r.Leave(outer)
	return q
}

func (q *AddRequest) encode(b *ber.Builder) {
	end := b.Len()
	encodeAttributes(b, q.Attributes)
	b.Text(ber.OctetString, q.Entry)
	b.Wrap(ber.Tag(KindAddRequest), end)
}
