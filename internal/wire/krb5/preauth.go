package krb5

import (
	"encoding/binary"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Timestamp is what a PA-ENC-TIMESTAMP and a PA-ENCRYPTED-CHALLENGE encrypt
// (PA-ENC-TS-ENC), RFC 4120 §5.2.7.2.
type Timestamp struct {
	Time time.Time
	Usec int32
}

func (t *Timestamp) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	t.Time = field(r, 0, readTime)
	t.Usec = optional(r, 1, readMicros)
	r.Leave(outer)
}

// ParseTimestamp reads a decrypted timestamp.
func ParseTimestamp(p []byte) (Timestamp, error) { return parse[Timestamp]("PA-ENC-TS-ENC", p) }

// Append writes the timestamp in front of what b holds.
func (t Timestamp) Append(b *ber.Builder) {
	end := b.Len()
	putInt(b, 1, int64(t.Usec))
	putTime(b, 0, t.Time)
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the timestamp in octets of its own.
func (t Timestamp) Marshal() []byte { return marshal(t) }

// ETypeInfo2Entry says how a password becomes a key, RFC 4120 §5.2.7.5. An
// absent salt is the default one; nobody's salt is empty.
type ETypeInfo2Entry struct {
	EType     EType
	Salt      string
	S2KParams []byte
}

// ETypeInfo2 is the value of a PA-ETYPE-INFO2, best type first.
type ETypeInfo2 []ETypeInfo2Entry

func (e *ETypeInfo2Entry) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	e.EType = EType(field(r, 0, readInt32))
	e.Salt = optional(r, 1, readText)
	e.S2KParams = optional(r, 2, readOctets)
	r.Leave(outer)
}

// Append writes the entry in front of what b holds.
func (e ETypeInfo2Entry) Append(b *ber.Builder) {
	end := b.Len()
	putOptOctets(b, 2, e.S2KParams)
	putOptText(b, 1, e.Salt)
	putInt(b, 0, int64(e.EType))
	b.Wrap(ber.Sequence, end)
}

func (l *ETypeInfo2) decode(r *ber.Reader) { *l = list(r, MaxETypes, part[ETypeInfo2Entry]) }

// ParseETypeInfo2 reads the value of a PA-ETYPE-INFO2.
func ParseETypeInfo2(p []byte) (ETypeInfo2, error) { return parse[ETypeInfo2]("ETYPE-INFO2", p) }

// Append writes the list in front of what b holds.
func (l ETypeInfo2) Append(b *ber.Builder) { appendList(b, l) }

// Marshal returns the list in octets of its own.
func (l ETypeInfo2) Marshal() []byte { return marshal(l) }

// PACRequest asks for a PAC or for none (KERB-PA-PAC-REQUEST), [MS-KILE] §2.2.3.
type PACRequest struct{ Include bool }

func (q *PACRequest) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	q.Include = field(r, 0, readBool)
	r.Leave(outer)
}

func readBool(r *ber.Reader) bool { return r.Bool(ber.Boolean) }

// ParsePACRequest reads the value of a PA-PAC-REQUEST.
func ParsePACRequest(p []byte) (PACRequest, error) { return parse[PACRequest]("PA-PAC-REQUEST", p) }

// Append writes the value in front of what b holds.
func (q PACRequest) Append(b *ber.Builder) {
	end := b.Len()
	b.Bool(ber.Boolean, q.Include)
	b.Wrap(ber.ContextConstructed(0), end)
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the value in octets of its own.
func (q PACRequest) Marshal() []byte { return marshal(q) }

func (o *PACOptions) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	*o = PACOptions(field(r, 0, readBits))
	r.Leave(outer)
}

// ParsePACOptions reads the value of a PA-PAC-OPTIONS.
func ParsePACOptions(p []byte) (PACOptions, error) { return parse[PACOptions]("PA-PAC-OPTIONS", p) }

// Append writes the value in front of what b holds.
func (o PACOptions) Append(b *ber.Builder) {
	end := b.Len()
	putBits(b, 0, uint32(o))
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the value in octets of its own.
func (o PACOptions) Marshal() []byte { return marshal(o) }

// SupportedETypes is the value of a PA-SUPPORTED-ENCTYPES, [MS-KILE] §2.2.8: the
// bits of msDS-SupportedEncryptionTypes, §2.2.7.
type SupportedETypes uint32

// The bits of supported types, and of what goes with them.
const (
	SupportsRC4           SupportedETypes = 1 << 2
	SupportsAES128        SupportedETypes = 1 << 3
	SupportsAES256        SupportedETypes = 1 << 4
	SupportsFAST          SupportedETypes = 1 << 16
	SupportsCompoundID    SupportedETypes = 1 << 17
	SupportsClaims        SupportedETypes = 1 << 18
	SupportsNoCompression SupportedETypes = 1 << 19 // of resource SIDs
)

// ParseSupportedETypes reads the value of a PA-SUPPORTED-ENCTYPES.
func ParseSupportedETypes(p []byte) (SupportedETypes, error) {
	if len(p) != 4 {
		return 0, ErrLength
	}
	return SupportedETypes(binary.LittleEndian.Uint32(p)), nil
}

// Marshal returns the value in octets of its own.
func (s SupportedETypes) Marshal() []byte {
	return binary.LittleEndian.AppendUint32(nil, uint32(s))
}
