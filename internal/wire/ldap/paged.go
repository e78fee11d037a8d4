package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// Paged is the value of the control for results in pages, RFC 2696 §2. In a
// request Size is how many entries the client wants, in a response an estimate
// of how many there are, or 0. An empty cookie begins or ends the search.
type Paged struct {
	Size   int32
	Cookie []byte
}

// ParsePaged reads the value of a control OIDPaged.
func ParsePaged(value []byte) (Paged, error) {
	var v Paged
	err := decodeValue(value, ber.Sequence, func(r *ber.Reader) {
		v.Size = r.Int32(ber.Integer)
		v.Cookie = r.Octets(ber.OctetString)
	})
	return v, err
}

// Encode returns the value of a control OIDPaged.
func (v Paged) Encode() []byte {
	return encodeValue(ber.Sequence, func(b *ber.Builder) {
		b.Octets(ber.OctetString, v.Cookie)
		b.Int(ber.Integer, int64(v.Size))
	})
}
