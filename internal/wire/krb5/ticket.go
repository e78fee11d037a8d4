package krb5

import (
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Ticket proves a client to the service it is encrypted for, RFC 4120 §5.3.
type Ticket struct {
	Realm   Realm
	SName   PrincipalName
	EncPart EncryptedData // EncTicketPart under the service's key, UsageTicket
}

func (t *Ticket) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(appTicket))
	seq := r.Enter(ber.Sequence)
	version(r, 0)
	t.Realm = field(r, 1, readRealm)
	t.SName = field(r, 2, readName)
	t.EncPart = field(r, 3, part[EncryptedData])
	r.Leave(seq)
	r.Leave(outer)
}

func readTickets(r *ber.Reader) []Ticket { return list(r, MaxTickets, part[Ticket]) }

// ParseTicket reads a ticket.
func ParseTicket(p []byte) (Ticket, error) { return parse[Ticket]("Ticket", p) }

// Append writes the ticket in front of what b holds.
func (t Ticket) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 3, t.EncPart)
	put(b, 2, t.SName)
	putText(b, 1, string(t.Realm))
	putInt(b, 0, Version)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(appTicket), end)
}

// Marshal returns the ticket in octets of its own.
func (t Ticket) Marshal() []byte { return marshal(t) }

// TransitedEncoding lists the realms a client came through, RFC 4120 §5.3.
type TransitedEncoding struct {
	Type     TransitedType
	Contents []byte
}

func (t *TransitedEncoding) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	t.Type = TransitedType(field(r, 0, readInt32))
	t.Contents = field(r, 1, readOctets)
	r.Leave(outer)
}

// Append writes the list in front of what b holds.
func (t TransitedEncoding) Append(b *ber.Builder) {
	end := b.Len()
	putOctets(b, 1, t.Contents)
	putInt(b, 0, int64(t.Type))
	b.Wrap(ber.Sequence, end)
}

// EncTicketPart is what a ticket says, RFC 4120 §5.3.
type EncTicketPart struct {
	Flags     Flags
	Key       EncryptionKey
	CRealm    Realm
	CName     PrincipalName
	Transited TransitedEncoding
	AuthTime  time.Time
	StartTime time.Time // absent: AuthTime
	EndTime   time.Time
	RenewTill time.Time     // absent unless FlagRenewable
	CAddr     []HostAddress // absent: usable from everywhere
	AuthData  AuthorizationData
}

func (t *EncTicketPart) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(appEncTicketPart))
	seq := r.Enter(ber.Sequence)
	t.Flags = Flags(field(r, 0, readBits))
	t.Key = field(r, 1, part[EncryptionKey])
	t.CRealm = field(r, 2, readRealm)
	t.CName = field(r, 3, readName)
	t.Transited = field(r, 4, part[TransitedEncoding])
	t.AuthTime = field(r, 5, readTime)
	t.StartTime = optional(r, 6, readTime)
	t.EndTime = field(r, 7, readTime)
	t.RenewTill = optional(r, 8, readTime)
	t.CAddr = optional(r, 9, readAddresses)
	t.AuthData = optional(r, 10, part[AuthorizationData])
	r.Leave(seq)
	r.Leave(outer)
}

// ParseEncTicketPart reads the decrypted part of a ticket.
func ParseEncTicketPart(p []byte) (EncTicketPart, error) {
	return parse[EncTicketPart]("EncTicketPart", p)
}

// Append writes the part in front of what b holds.
func (t *EncTicketPart) Append(b *ber.Builder) {
	end := b.Len()
	putAuthData(b, 10, t.AuthData)
	putOptList(b, 9, t.CAddr)
	putOptTime(b, 8, t.RenewTill)
	putTime(b, 7, t.EndTime)
	putOptTime(b, 6, t.StartTime)
	putTime(b, 5, t.AuthTime)
	put(b, 4, t.Transited)
	put(b, 3, t.CName)
	putText(b, 2, string(t.CRealm))
	put(b, 1, t.Key)
	putBits(b, 0, uint32(t.Flags))
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(appEncTicketPart), end)
}

// Marshal returns the part in octets of its own.
func (t *EncTicketPart) Marshal() []byte { return marshal(t) }
