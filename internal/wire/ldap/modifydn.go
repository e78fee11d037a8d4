package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// ModifyDNRequest asks to rename or move an entry, RFC 4511 §4.9.
type ModifyDNRequest struct {
	Entry        string
	NewRDN       string
	DeleteOldRDN bool
	NewSuperior  *string // nil where the entry stays below its parent
}

var tagNewSuperior = ber.Context(0)

// Kind returns KindModifyDNRequest.
func (*ModifyDNRequest) Kind() Kind { return KindModifyDNRequest }

func parseModifyDNRequest(r *ber.Reader) *ModifyDNRequest {
	q := new(ModifyDNRequest)
	outer := r.Enter(ber.Tag(KindModifyDNRequest))
	q.Entry = r.Text(ber.OctetString)
	q.NewRDN = r.Text(ber.OctetString)
	q.DeleteOldRDN = r.Bool(ber.Boolean)
	if r.Is(tagNewSuperior) {
		superior := r.Text(tagNewSuperior)
		q.NewSuperior = &superior
	}
	r.Leave(outer)
	return q
}

func (q *ModifyDNRequest) encode(b *ber.Builder) {
	end := b.Len()
	if q.NewSuperior != nil {
		b.Text(tagNewSuperior, *q.NewSuperior)
	}
	b.Bool(ber.Boolean, q.DeleteOldRDN)
	b.Text(ber.OctetString, q.NewRDN)
	b.Text(ber.OctetString, q.Entry)
	b.Wrap(ber.Tag(KindModifyDNRequest), end)
}
