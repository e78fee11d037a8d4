package krb5

import (
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Priv carries octets in secret (KRB-PRIV), RFC 4120 §5.7.1.
type Priv struct {
	EncPart EncryptedData // EncPrivPart, UsagePriv
}

func (m *Priv) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(uint8(TypePriv)))
	seq := r.Enter(ber.Sequence)
	header(r, 0, TypePriv)
	m.EncPart = field(r, 3, part[EncryptedData])
	r.Leave(seq)
	r.Leave(outer)
}

// ParsePriv reads a KRB-PRIV.
func ParsePriv(p []byte) (Priv, error) { return parse[Priv]("KRB-PRIV", p) }

// Append writes the message in front of what b holds.
func (m Priv) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 3, m.EncPart)
	putHeader(b, 0, TypePriv)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(uint8(TypePriv)), end)
}

// Marshal returns the message in octets of its own.
func (m Priv) Marshal() []byte { return marshal(m) }

// EncPrivPart is what a KRB-PRIV carries (EncKrbPrivPart), RFC 4120 §5.7.1.
type EncPrivPart struct {
	UserData Secret
	Time     time.Time
	Usec     int32
	SeqNo    uint32 // 0 if absent
	SAddress HostAddress
	RAddress *HostAddress
}

func (e *EncPrivPart) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(appEncPrivPart))
	seq := r.Enter(ber.Sequence)
	e.UserData = field(r, 0, readOctets)
	e.Time = optional(r, 1, readTime)
	e.Usec = optional(r, 2, readMicros)
	e.SeqNo = optional(r, 3, readUint32)
	e.SAddress = field(r, 4, part[HostAddress])
	e.RAddress = optional(r, 5, pointer[HostAddress])
	r.Leave(seq)
	r.Leave(outer)
}

// ParseEncPrivPart reads the decrypted part of a KRB-PRIV.
func ParseEncPrivPart(p []byte) (EncPrivPart, error) { return parse[EncPrivPart]("EncKrbPrivPart", p) }

// Append writes the part in front of what b holds.
func (e *EncPrivPart) Append(b *ber.Builder) {
	end := b.Len()
	putOpt(b, 5, e.RAddress)
	put(b, 4, e.SAddress)
	putOptInt(b, 3, int64(e.SeqNo))
	putOptUsec(b, 2, e.Time, e.Usec)
	putOptTime(b, 1, e.Time)
	putOctets(b, 0, e.UserData)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(appEncPrivPart), end)
}

// Marshal returns the part in octets of its own.
func (e *EncPrivPart) Marshal() []byte { return marshal(e) }

// putOptUsec writes the microseconds that stand beside a time, if the time is
// there.
func putOptUsec(b *ber.Builder, n uint8, t time.Time, usec int32) {
	if !t.IsZero() || usec != 0 {
		putInt(b, n, int64(usec))
	}
}
