package krb5

import (
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// FastArmor is where the armor key comes from, RFC 6113 §5.4.1.
type FastArmor struct {
	Type  ArmorType
	Value []byte // an AP-REQ
}

func (a *FastArmor) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	a.Type = ArmorType(field(r, 0, readInt32))
	a.Value = field(r, 1, readOctets)
	r.Leave(outer)
}

// Append writes the armor in front of what b holds.
func (a FastArmor) Append(b *ber.Builder) {
	end := b.Len()
	putOctets(b, 1, a.Value)
	putInt(b, 0, int64(a.Type))
	b.Wrap(ber.Sequence, end)
}

// FastArmoredReq is the value of a PA-FX-FAST in a request, RFC 6113 §5.4.2. In
// a TGS-REQ the armor is absent: the ticket there gives the key.
type FastArmoredReq struct {
	Armor    *FastArmor
	Checksum Checksum      // over the outer body, UsageFastReqChecksum
	EncReq   EncryptedData // FastReq, UsageFastEnc
}

func (q *FastArmoredReq) decode(r *ber.Reader) {
	outer := r.Enter(ber.ContextConstructed(0))
	seq := r.Enter(ber.Sequence)
	q.Armor = optional(r, 0, pointer[FastArmor])
	q.Checksum = field(r, 1, part[Checksum])
	q.EncReq = field(r, 2, part[EncryptedData])
	r.Leave(seq)
	r.Leave(outer)
}

// ParseFastArmoredReq reads the value of a PA-FX-FAST in a request.
func ParseFastArmoredReq(p []byte) (FastArmoredReq, error) {
	return parse[FastArmoredReq]("PA-FX-FAST-REQUEST", p)
}

// Append writes the value in front of what b holds.
func (q *FastArmoredReq) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 2, q.EncReq)
	put(b, 1, q.Checksum)
	putOpt(b, 0, q.Armor)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.ContextConstructed(0), end)
}

// Marshal returns the value in octets of its own.
func (q *FastArmoredReq) Marshal() []byte { return marshal(q) }

// FastReq is the request inside the armor, RFC 6113 §5.4.2. Its data and its
// body replace the outer ones, which nobody may trust.
type FastReq struct {
	Options FastOptions
	PAData  PADataList
	Body    KDCReqBody
}

func (q *FastReq) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	q.Options = FastOptions(field(r, 0, readBits))
	q.PAData = field(r, 1, readPAData)
	q.Body = field(r, 2, readBody)
	r.Leave(outer)
}

// ParseFastReq reads a decrypted request.
func ParseFastReq(p []byte) (FastReq, error) { return parse[FastReq]("KrbFastReq", p) }

// Append writes the request in front of what b holds.
func (q *FastReq) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 2, &q.Body)
	putList(b, 1, q.PAData)
	putBits(b, 0, uint32(q.Options))
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the request in octets of its own.
func (q *FastReq) Marshal() []byte { return marshal(q) }

// FastArmoredRep is the value of a PA-FX-FAST in an answer, RFC 6113 §5.4.3.
type FastArmoredRep struct {
	EncRep EncryptedData // FastResponse, UsageFastRep
}

func (a *FastArmoredRep) decode(r *ber.Reader) {
	outer := r.Enter(ber.ContextConstructed(0))
	seq := r.Enter(ber.Sequence)
	a.EncRep = field(r, 0, part[EncryptedData])
	r.Leave(seq)
	r.Leave(outer)
}

// ParseFastArmoredRep reads the value of a PA-FX-FAST in an answer.
func ParseFastArmoredRep(p []byte) (FastArmoredRep, error) {
	return parse[FastArmoredRep]("PA-FX-FAST-REPLY", p)
}

// Append writes the value in front of what b holds.
func (a FastArmoredRep) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 0, a.EncRep)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.ContextConstructed(0), end)
}

// Marshal returns the value in octets of its own.
func (a FastArmoredRep) Marshal() []byte { return marshal(a) }

// FastResponse is the answer inside the armor, RFC 6113 §5.4.3.
type FastResponse struct {
	PAData        PADataList
	StrengthenKey *EncryptionKey
	Finished      *FastFinished // with a ticket, and not with an error
	Nonce         int64         // of the inner body
}

func (a *FastResponse) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	a.PAData = field(r, 0, readPAData)
	a.StrengthenKey = optional(r, 1, pointer[EncryptionKey])
	a.Finished = optional(r, 2, pointer[FastFinished])
	a.Nonce = field(r, 3, readNonce)
	r.Leave(outer)
}

// ParseFastResponse reads a decrypted answer.
func ParseFastResponse(p []byte) (FastResponse, error) {
	return parse[FastResponse]("KrbFastResponse", p)
}

// Append writes the answer in front of what b holds.
func (a *FastResponse) Append(b *ber.Builder) {
	end := b.Len()
	putInt(b, 3, a.Nonce)
	putOpt(b, 2, a.Finished)
	putOpt(b, 1, a.StrengthenKey)
	putList(b, 0, a.PAData)
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the answer in octets of its own.
func (a *FastResponse) Marshal() []byte { return marshal(a) }

// FastFinished ties the ticket beside the armor to the answer inside, RFC 6113
// §5.4.3.
type FastFinished struct {
	Time           time.Time
	Usec           int32
	CRealm         Realm
	CName          PrincipalName
	TicketChecksum Checksum // over the ticket, UsageFastFinished
}

func (f *FastFinished) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	f.Time = field(r, 0, readTime)
	f.Usec = field(r, 1, readMicros)
	f.CRealm = field(r, 2, readRealm)
	f.CName = field(r, 3, readName)
	f.TicketChecksum = field(r, 4, part[Checksum])
	r.Leave(outer)
}

// Append writes the part in front of what b holds.
func (f FastFinished) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 4, f.TicketChecksum)
	put(b, 3, f.CName)
	putText(b, 2, string(f.CRealm))
	putInt(b, 1, int64(f.Usec))
	putTime(b, 0, f.Time)
	b.Wrap(ber.Sequence, end)
}
