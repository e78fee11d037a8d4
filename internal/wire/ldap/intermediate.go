package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// IntermediateResponse comes before the answer to a request that asked for it,
// RFC 4511 §4.13. Name is empty and Value nil if absent.
type IntermediateResponse struct {
	Name  string
	Value []byte
}

// Kind returns KindIntermediateResponse.
func (*IntermediateResponse) Kind() Kind { return KindIntermediateResponse }

func parseIntermediateResponse(r *ber.Reader) *IntermediateResponse {
	a := new(IntermediateResponse)
	outer := r.Enter(ber.Tag(KindIntermediateResponse))
	a.Name = optionalText(r, tagRequestName)
	a.Value = optional(r, tagRequestValue)
	r.Leave(outer)
	return a
}

func (a *IntermediateResponse) encode(b *ber.Builder) {
	end := b.Len()
	encodeOptional(b, tagRequestValue, a.Value)
	encodeOptionalText(b, tagRequestName, a.Name)
	b.Wrap(ber.Tag(KindIntermediateResponse), end)
}
