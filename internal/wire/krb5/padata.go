package krb5

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// PAData is one piece of pre-authentication data, RFC 4120 §5.2.7.
type PAData struct {
	Type  PAType
	Value []byte
}

// PADataList is a list of pre-authentication data. As METHOD-DATA it is the
// e-data of an error, RFC 4120 §5.9.1.
type PADataList []PAData

// Find returns the value of the first of its type, and whether there is one.
func (l PADataList) Find(t PAType) ([]byte, bool) {
	for _, p := range l {
		if p.Type == t {
			return p.Value, true
		}
	}
	return nil, false
}

func (p *PAData) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	p.Type = PAType(field(r, 1, readInt32))
	p.Value = field(r, 2, readOctets)
	r.Leave(outer)
}

// Append writes the piece in front of what b holds.
func (p PAData) Append(b *ber.Builder) {
	end := b.Len()
	putOctets(b, 2, p.Value)
	putInt(b, 1, int64(p.Type))
	b.Wrap(ber.Sequence, end)
}

// decode accepts an empty list, as FAST has in a TGS-REQ.
func (l *PADataList) decode(r *ber.Reader) { *l = listOrNone(r, MaxPAData, part[PAData]) }

func readPAData(r *ber.Reader) PADataList { return part[PADataList](r) }

// ParseMethodData reads the e-data of an error that asks for pre-authentication.
func ParseMethodData(p []byte) (PADataList, error) { return parse[PADataList]("METHOD-DATA", p) }

// Append writes the list in front of what b holds.
func (l PADataList) Append(b *ber.Builder) { appendList(b, l) }

// Marshal returns the list in octets of its own.
func (l PADataList) Marshal() []byte { return marshal(l) }
