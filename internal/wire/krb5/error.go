package krb5

import (
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Error refuses a request (KRB-ERROR), RFC 4120 §5.9.1. Nothing protects it, so
// a client believes it at its own risk.
type Error struct {
	CTime  time.Time // the client's, where it is known
	CUsec  int32
	STime  time.Time
	SUsec  int32
	Code   ErrorCode
	CRealm Realm
	CName  PrincipalName
	Realm  Realm // of the service
	SName  PrincipalName
	Text   string
	Data   []byte // METHOD-DATA, where the code says so
}

func (e *Error) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(uint8(TypeError)))
	seq := r.Enter(ber.Sequence)
	header(r, 0, TypeError)
	e.CTime = optional(r, 2, readTime)
	e.CUsec = optional(r, 3, readMicros)
	e.STime = field(r, 4, readTime)
	e.SUsec = field(r, 5, readMicros)
	e.Code = ErrorCode(field(r, 6, readInt32))
	e.CRealm = optional(r, 7, readRealm)
	e.CName = optional(r, 8, readName)
	e.Realm = field(r, 9, readRealm)
	e.SName = field(r, 10, readName)
	e.Text = optional(r, 11, readText)
	e.Data = optional(r, 12, readOctets)
	r.Leave(seq)
	r.Leave(outer)
}

// ParseError reads a KRB-ERROR.
func ParseError(p []byte) (Error, error) { return parse[Error]("KRB-ERROR", p) }

// Append writes the error in front of what b holds.
func (e *Error) Append(b *ber.Builder) {
	end := b.Len()
	putOptOctets(b, 12, e.Data)
	putOptText(b, 11, e.Text)
	put(b, 10, e.SName)
	putText(b, 9, string(e.Realm))
	putOptName(b, 8, e.CName)
	putOptText(b, 7, string(e.CRealm))
	putInt(b, 6, int64(e.Code))
	putInt(b, 5, int64(e.SUsec))
	putTime(b, 4, e.STime)
	putOptUsec(b, 3, e.CTime, e.CUsec)
	putOptTime(b, 2, e.CTime)
	putHeader(b, 0, TypeError)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(uint8(TypeError)), end)
}

// Marshal returns the message in octets of its own.
func (e *Error) Marshal() []byte { return marshal(e) }

// Error returns the reason, for a client that returns it as an error.
func (e *Error) Error() string {
	if e.Text == "" {
		return "krb5: " + e.Code.String()
	}
	return "krb5: " + e.Code.String() + ": " + e.Text
}
