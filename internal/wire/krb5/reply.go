package krb5

import (
	"errors"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// KDCRep brings a ticket: an AS-REP or a TGS-REP, RFC 4120 §5.4.2.
type KDCRep struct {
	Type    MsgType // TypeASRep or TypeTGSRep
	PAData  PADataList
	CRealm  Realm
	CName   PrincipalName
	Ticket  Ticket
	EncPart EncryptedData // EncKDCRepPart
}

var errNotKDCRep = errors.New("neither AS-REP nor TGS-REP")

func (a *KDCRep) decode(r *ber.Reader) {
	a.Type = MsgType(r.Peek().Number())
	if a.Type != TypeASRep && a.Type != TypeTGSRep {
		r.Fail(errNotKDCRep)
		return
	}
	outer := r.Enter(ber.Application(uint8(a.Type)))
	seq := r.Enter(ber.Sequence)
	header(r, 0, a.Type)
	a.PAData = optional(r, 2, readPAData)
	a.CRealm = field(r, 3, readRealm)
	a.CName = field(r, 4, readName)
	a.Ticket = field(r, 5, part[Ticket])
	a.EncPart = field(r, 6, part[EncryptedData])
	r.Leave(seq)
	r.Leave(outer)
}

// ParseKDCRep reads an AS-REP or a TGS-REP.
func ParseKDCRep(p []byte) (KDCRep, error) { return parse[KDCRep]("KDC-REP", p) }

// Append writes the reply in front of what b holds.
func (a *KDCRep) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 6, a.EncPart)
	put(b, 5, a.Ticket)
	put(b, 4, a.CName)
	putText(b, 3, string(a.CRealm))
	putOptList(b, 2, a.PAData)
	putHeader(b, 0, a.Type)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(uint8(a.Type)), end)
}

// Marshal returns the reply in octets of its own.
func (a *KDCRep) Marshal() []byte { return marshal(a) }

// LastReq tells when something was last asked for, RFC 4120 §5.4.2.
type LastReq struct {
	Type LastReqType
	Time time.Time
}

func (l *LastReq) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	l.Type = LastReqType(field(r, 0, readInt32))
	l.Time = field(r, 1, readTime)
	r.Leave(outer)
}

// Append writes the entry in front of what b holds.
func (l LastReq) Append(b *ber.Builder) {
	end := b.Len()
	putTime(b, 1, l.Time)
	putInt(b, 0, int64(l.Type))
	b.Wrap(ber.Sequence, end)
}

// EncKDCRepPart is what a reply tells the client of its ticket, RFC 4120 §5.4.2.
type EncKDCRepPart struct {
	Type          MsgType // of the reply it is inside of
	Key           EncryptionKey
	LastReq       []LastReq
	Nonce         int64 // as in the request
	KeyExpiration time.Time
	Flags         Flags
	AuthTime      time.Time
	StartTime     time.Time
	EndTime       time.Time
	RenewTill     time.Time
	SRealm        Realm
	SName         PrincipalName
	CAddr         []HostAddress
	EncPAData     PADataList // encrypted-pa-data, RFC 6806 §11
}

func (e *EncKDCRepPart) decode(r *ber.Reader) {
	tag := ber.Application(appEncTGSRepPart)
	e.Type = TypeTGSRep
	if r.Is(ber.Application(appEncASRepPart)) {
		tag, e.Type = ber.Application(appEncASRepPart), TypeASRep
	}
	outer := r.Enter(tag)
	seq := r.Enter(ber.Sequence)
	e.Key = field(r, 0, part[EncryptionKey])
	e.LastReq = field(r, 1, readLastReq)
	e.Nonce = field(r, 2, readNonce)
	e.KeyExpiration = optional(r, 3, readTime)
	e.Flags = Flags(field(r, 4, readBits))
	e.AuthTime = field(r, 5, readTime)
	e.StartTime = optional(r, 6, readTime)
	e.EndTime = field(r, 7, readTime)
	e.RenewTill = optional(r, 8, readTime)
	e.SRealm = field(r, 9, readRealm)
	e.SName = field(r, 10, readName)
	e.CAddr = optional(r, 11, readAddresses)
	e.EncPAData = optional(r, 12, readPAData)
	r.Leave(seq)
	r.Leave(outer)
}

func readLastReq(r *ber.Reader) []LastReq { return list(r, MaxList, part[LastReq]) }

// ParseEncKDCRepPart reads the decrypted part of a reply. Some KDCs write the
// tag of a TGS-REP in an AS-REP too (RFC 4120 §5.4.2 allows it), so Type is a
// hint.
func ParseEncKDCRepPart(p []byte) (EncKDCRepPart, error) {
	return parse[EncKDCRepPart]("EncKDCRepPart", p)
}

// Append writes the part in front of what b holds.
func (e *EncKDCRepPart) Append(b *ber.Builder) {
	end := b.Len()
	putOptList(b, 12, e.EncPAData)
	putOptList(b, 11, e.CAddr)
	put(b, 10, e.SName)
	putText(b, 9, string(e.SRealm))
	putOptTime(b, 8, e.RenewTill)
	putTime(b, 7, e.EndTime)
	putOptTime(b, 6, e.StartTime)
	putTime(b, 5, e.AuthTime)
	putBits(b, 4, uint32(e.Flags))
	putOptTime(b, 3, e.KeyExpiration)
	putInt(b, 2, e.Nonce)
	putList(b, 1, e.LastReq)
	put(b, 0, e.Key)
	b.Wrap(ber.Sequence, end)
	tag := ber.Application(appEncTGSRepPart)
	if e.Type == TypeASRep {
		tag = ber.Application(appEncASRepPart)
	}
	b.Wrap(tag, end)
}

// Marshal returns the part in octets of its own.
func (e *EncKDCRepPart) Marshal() []byte { return marshal(e) }
