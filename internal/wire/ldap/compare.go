package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// CompareRequest asks whether an entry has a value, RFC 4511 §4.10. The answer
// is CompareTrue or CompareFalse.
type CompareRequest struct {
	Entry string
	Attr  string
	Value []byte
}

// Kind returns KindCompareRequest.
func (*CompareRequest) Kind() Kind { return KindCompareRequest }

func parseCompareRequest(r *ber.Reader) *CompareRequest {
	q := new(CompareRequest)
	outer := r.Enter(ber.Tag(KindCompareRequest))
	q.Entry = r.Text(ber.OctetString)
	q.Attr, q.Value = parseAssertion(r, ber.Sequence)
	r.Leave(outer)
	return q
}

func (q *CompareRequest) encode(b *ber.Builder) {
	end := b.Len()
	encodeAssertion(b, ber.Sequence, q.Attr, q.Value)
	b.Text(ber.OctetString, q.Entry)
	b.Wrap(ber.Tag(KindCompareRequest), end)
}

// parseAssertion reads an AttributeValueAssertion, RFC 4511 §4.1.6.
func parseAssertion(r *ber.Reader, t ber.Tag) (attr string, value []byte) {
	outer := r.Enter(t)
	attr = r.Text(ber.OctetString)
	value = r.Octets(ber.OctetString)
	r.Leave(outer)
	return attr, value
}

func encodeAssertion(b *ber.Builder, t ber.Tag, attr string, value []byte) {
	end := b.Len()
	b.Octets(ber.OctetString, value)
	b.Text(ber.OctetString, attr)
	b.Wrap(t, end)
}
