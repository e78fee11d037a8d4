package krb5

import (
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// APReq shows a ticket to a service, RFC 4120 §5.5.1.
type APReq struct {
	Options       APOptions
	Ticket        Ticket
	Authenticator EncryptedData
}

func (q *APReq) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(uint8(TypeAPReq)))
	seq := r.Enter(ber.Sequence)
	header(r, 0, TypeAPReq)
	q.Options = APOptions(field(r, 2, readBits))
	q.Ticket = field(r, 3, part[Ticket])
	q.Authenticator = field(r, 4, part[EncryptedData])
	r.Leave(seq)
	r.Leave(outer)
}

// ParseAPReq reads an AP-REQ: the value of a PA-TGS-REQ, or what a GSS-API token
// or a password change carries.
func ParseAPReq(p []byte) (APReq, error) { return parse[APReq]("AP-REQ", p) }

// Append writes the request in front of what b holds.
func (q *APReq) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 4, q.Authenticator)
	put(b, 3, q.Ticket)
	putBits(b, 2, uint32(q.Options))
	putHeader(b, 0, TypeAPReq)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(uint8(TypeAPReq)), end)
}

// Marshal returns the request in octets of its own.
func (q *APReq) Marshal() []byte { return marshal(q) }

// Authenticator proves that who shows a ticket has its session key, now, RFC
// 4120 §5.5.1.
type Authenticator struct {
	CRealm   Realm
	CName    PrincipalName
	Checksum *Checksum
	CUsec    int32
	CTime    time.Time
	Subkey   *EncryptionKey
	SeqNo    uint32 // 0 if absent
	AuthData AuthorizationData
}

func (a *Authenticator) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(appAuthenticator))
	seq := r.Enter(ber.Sequence)
	version(r, 0)
	a.CRealm = field(r, 1, readRealm)
	a.CName = field(r, 2, readName)
	a.Checksum = optional(r, 3, pointer[Checksum])
	a.CUsec = field(r, 4, readMicros)
	a.CTime = field(r, 5, readTime)
	a.Subkey = optional(r, 6, pointer[EncryptionKey])
	a.SeqNo = optional(r, 7, readUint32)
	a.AuthData = optional(r, 8, part[AuthorizationData])
	r.Leave(seq)
	r.Leave(outer)
}

// ParseAuthenticator reads a decrypted authenticator.
func ParseAuthenticator(p []byte) (Authenticator, error) {
	return parse[Authenticator]("Authenticator", p)
}

// Append writes the authenticator in front of what b holds.
func (a *Authenticator) Append(b *ber.Builder) {
	end := b.Len()
	putAuthData(b, 8, a.AuthData)
	putOptInt(b, 7, int64(a.SeqNo))
	putOpt(b, 6, a.Subkey)
	putTime(b, 5, a.CTime)
	putInt(b, 4, int64(a.CUsec))
	putOpt(b, 3, a.Checksum)
	put(b, 2, a.CName)
	putText(b, 1, string(a.CRealm))
	putInt(b, 0, Version)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(appAuthenticator), end)
}

// Marshal returns the authenticator in octets of its own.
func (a *Authenticator) Marshal() []byte { return marshal(a) }

// APRep proves the service to the client, RFC 4120 §5.5.2.
type APRep struct {
	EncPart EncryptedData // EncAPRepPart under the session key, UsageAPRepPart
}

func (a *APRep) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(uint8(TypeAPRep)))
	seq := r.Enter(ber.Sequence)
	header(r, 0, TypeAPRep)
	a.EncPart = field(r, 2, part[EncryptedData])
	r.Leave(seq)
	r.Leave(outer)
}

// ParseAPRep reads an AP-REP.
func ParseAPRep(p []byte) (APRep, error) { return parse[APRep]("AP-REP", p) }

// Append writes the reply in front of what b holds.
func (a APRep) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 2, a.EncPart)
	putHeader(b, 0, TypeAPRep)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(uint8(TypeAPRep)), end)
}

// Marshal returns the reply in octets of its own.
func (a APRep) Marshal() []byte { return marshal(a) }

// EncAPRepPart repeats the client's time and names the service's subkey, RFC
// 4120 §5.5.2.
type EncAPRepPart struct {
	CTime  time.Time
	CUsec  int32
	Subkey *EncryptionKey
	SeqNo  uint32 // 0 if absent
}

func (e *EncAPRepPart) decode(r *ber.Reader) {
	outer := r.Enter(ber.Application(appEncAPRepPart))
	seq := r.Enter(ber.Sequence)
	e.CTime = field(r, 0, readTime)
	e.CUsec = field(r, 1, readMicros)
	e.Subkey = optional(r, 2, pointer[EncryptionKey])
	e.SeqNo = optional(r, 3, readUint32)
	r.Leave(seq)
	r.Leave(outer)
}

// ParseEncAPRepPart reads the decrypted part of an AP-REP.
func ParseEncAPRepPart(p []byte) (EncAPRepPart, error) {
	return parse[EncAPRepPart]("EncAPRepPart", p)
}

// Append writes the part in front of what b holds.
func (e *EncAPRepPart) Append(b *ber.Builder) {
	end := b.Len()
	putOptInt(b, 3, int64(e.SeqNo))
	putOpt(b, 2, e.Subkey)
	putInt(b, 1, int64(e.CUsec))
	putTime(b, 0, e.CTime)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(appEncAPRepPart), end)
}

// Marshal returns the part in octets of its own.
func (e *EncAPRepPart) Marshal() []byte { return marshal(e) }
