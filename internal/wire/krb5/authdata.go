package krb5

import (
	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// AuthDatum is an element of authorization data, RFC 4120 §5.2.6.
type AuthDatum struct {
	Type ADType
	Data []byte
}

// AuthorizationData is a list of restrictions and statements in a ticket or a
// request, RFC 4120 §5.2.6. Empty, it is absent.
type AuthorizationData []AuthDatum

func (d *AuthDatum) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	d.Type = ADType(field(r, 0, readInt32))
	d.Data = field(r, 1, readOctets)
	r.Leave(outer)
}

// Append writes the element in front of what b holds.
func (d AuthDatum) Append(b *ber.Builder) {
	end := b.Len()
	putOctets(b, 1, d.Data)
	putInt(b, 0, int64(d.Type))
	b.Wrap(ber.Sequence, end)
}

// decode accepts an empty list: it restricts nothing.
func (a *AuthorizationData) decode(r *ber.Reader) { *a = listOrNone(r, MaxAuthData, part[AuthDatum]) }

// ParseAuthorizationData reads a list: the contents of an AD-IF-RELEVANT, or
// what enc-authorization-data encrypts.
func ParseAuthorizationData(p []byte) (AuthorizationData, error) {
	return parse[AuthorizationData]("AuthorizationData", p)
}

// Append writes the list in front of what b holds.
func (a AuthorizationData) Append(b *ber.Builder) { appendList(b, a) }

// Marshal returns the list in octets of its own.
func (a AuthorizationData) Marshal() []byte { return marshal(a) }

// IfRelevant makes a list an element that who does not know it may ignore,
// RFC 4120 §5.2.6.1.
func IfRelevant(a ...AuthDatum) AuthDatum {
	return AuthDatum{Type: ADIfRelevant, Data: AuthorizationData(a).Marshal()}
}

// WithPAC is authorization data that holds a PAC where peers look for it,
// [MS-PAC] §2.1.
func WithPAC(pac []byte) AuthDatum {
	return IfRelevant(AuthDatum{Type: ADWin2KPAC, Data: pac})
}

// PAC returns the PAC in the list; nil if there is none. It stands inside the
// first AD-IF-RELEVANT that has one; what cannot be read holds none.
func (a AuthorizationData) PAC() []byte {
	for _, d := range a {
		if d.Type != ADIfRelevant {
			continue
		}
		inner, err := ParseAuthorizationData(d.Data)
		if err != nil {
			continue
		}
		for _, e := range inner {
			if e.Type == ADWin2KPAC {
				return e.Data
			}
		}
	}
	return nil
}

func putAuthData(b *ber.Builder, n uint8, a AuthorizationData) {
	if len(a) > 0 {
		put(b, n, a)
	}
}
