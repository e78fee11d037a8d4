package krb5

import (
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Cred hands tickets to another (KRB-CRED), RFC 4120 §5.8.1.
type Cred struct {
	Tickets []Ticket
	EncPart EncryptedData // EncCredPart, UsageCred; of type 0 it is not encrypted
}

func (m *Cred) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(uint8(TypeCred)))
	seq := r.Enter(ber.Sequence)
	header(r, 0, TypeCred)
	m.Tickets = field(r, 2, readTickets)
	m.EncPart = field(r, 3, part[EncryptedData])
	r.Leave(seq)
	r.Leave(outer)
}

// ParseCred reads a KRB-CRED.
func ParseCred(p []byte) (Cred, error) { return parse[Cred]("KRB-CRED", p) }

// Append writes the message in front of what b holds.
func (m *Cred) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 3, m.EncPart)
	putList(b, 2, m.Tickets)
	putHeader(b, 0, TypeCred)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(uint8(TypeCred)), end)
}

// Marshal returns the message in octets of its own.
func (m *Cred) Marshal() []byte { return marshal(m) }

// EncCredPart tells of the tickets in a KRB-CRED, in their order
// (EncKrbCredPart), RFC 4120 §5.8.1.
type EncCredPart struct {
	Info     []CredInfo
	Nonce    int64 // 0 if absent
	Time     time.Time
	Usec     int32
	SAddress *HostAddress
	RAddress *HostAddress
}

func (e *EncCredPart) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(appEncCredPart))
	seq := r.Enter(ber.Sequence)
	e.Info = field(r, 0, readCredInfo)
	e.Nonce = optional(r, 1, readNonce)
	e.Time = optional(r, 2, readTime)
	e.Usec = optional(r, 3, readMicros)
	e.SAddress = optional(r, 4, pointer[HostAddress])
	e.RAddress = optional(r, 5, pointer[HostAddress])
	r.Leave(seq)
	r.Leave(outer)
}

// ParseEncCredPart reads the decrypted part of a KRB-CRED.
func ParseEncCredPart(p []byte) (EncCredPart, error) { return parse[EncCredPart]("EncKrbCredPart", p) }

// Append writes the part in front of what b holds.
func (e *EncCredPart) Append(b *ber.Builder) {
	end := b.Len()
	putOpt(b, 5, e.RAddress)
	putOpt(b, 4, e.SAddress)
	putOptUsec(b, 3, e.Time, e.Usec)
	putOptTime(b, 2, e.Time)
	putOptInt(b, 1, e.Nonce)
	putList(b, 0, e.Info)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(appEncCredPart), end)
}

// Marshal returns the part in octets of its own.
func (e *EncCredPart) Marshal() []byte { return marshal(e) }

// CredInfo is what the holder of a ticket must know of it (KrbCredInfo), RFC
// 4120 §5.8.1.
type CredInfo struct {
	Key       EncryptionKey
	PRealm    Realm
	PName     PrincipalName
	Flags     Flags
	AuthTime  time.Time
	StartTime time.Time
	EndTime   time.Time
	RenewTill time.Time
	SRealm    Realm
	SName     PrincipalName
	CAddr     []HostAddress
}

func (c *CredInfo) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	c.Key = field(r, 0, part[EncryptionKey])
	c.PRealm = optional(r, 1, readRealm)
	c.PName = optional(r, 2, readName)
	c.Flags = Flags(optional(r, 3, readBits))
	c.AuthTime = optional(r, 4, readTime)
	c.StartTime = optional(r, 5, readTime)
	c.EndTime = optional(r, 6, readTime)
	c.RenewTill = optional(r, 7, readTime)
	c.SRealm = optional(r, 8, readRealm)
	c.SName = optional(r, 9, readName)
	c.CAddr = optional(r, 10, readAddresses)
	r.Leave(outer)
}

func readCredInfo(r *ber.Reader) []CredInfo { return list(r, MaxTickets, part[CredInfo]) }

// Append writes the entry in front of what b holds.
func (c CredInfo) Append(b *ber.Builder) {
	end := b.Len()
	putOptList(b, 10, c.CAddr)
	putOptName(b, 9, c.SName)
	putOptText(b, 8, string(c.SRealm))
	putOptTime(b, 7, c.RenewTill)
	putOptTime(b, 6, c.EndTime)
	putOptTime(b, 5, c.StartTime)
	putOptTime(b, 4, c.AuthTime)
	if c.Flags != 0 {
		putBits(b, 3, uint32(c.Flags))
	}
	putOptName(b, 2, c.PName)
	putOptText(b, 1, string(c.PRealm))
	put(b, 0, c.Key)
	b.Wrap(ber.Sequence, end)
}
