package krb5

import (
	"errors"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// KDCReq asks a KDC for a ticket: an AS-REQ or a TGS-REQ, RFC 4120 §5.4.1.
type KDCReq struct {
	Type   MsgType // TypeASReq or TypeTGSReq
	PAData PADataList
	Body   KDCReqBody
	Raw    []byte // the message as received; PA-REQ-ENC-PA-REP signs it
}

// KDCReqBody is the part of a request that a checksum may cover, RFC 4120
// §5.4.1.
type KDCReqBody struct {
	Options   Options
	CName     PrincipalName // absent in a TGS-REQ
	Realm     Realm         // of the service, and in an AS-REQ of the client too
	SName     PrincipalName
	From      time.Time
	Till      time.Time // the Unix epoch asks for as long as possible
	RTime     time.Time
	Nonce     int64 // comes back as it was sent; some peers send negative ones
	ETypes    []EType
	Addresses []HostAddress
	EncAD     *EncryptedData // AuthorizationData
	Tickets   []Ticket       // additional-tickets
	Raw       []byte         // the body as received
}

var errNotKDCReq = errors.New("neither AS-REQ nor TGS-REQ")

func (q *KDCReq) decode(r *ber.Reader) {
	q.Type = MsgType(r.Peek().Number())
	if q.Type != TypeASReq && q.Type != TypeTGSReq {
		r.Fail(errNotKDCReq)
		return
	}
	outer := r.Enter(ber.Application(uint8(q.Type)))
	seq := r.Enter(ber.Sequence)
	header(r, 1, q.Type)
	q.PAData = optional(r, 3, readPAData)
	q.Body = field(r, 4, readBody)
	r.Leave(seq)
	r.Leave(outer)
}

// ParseKDCReq reads an AS-REQ or a TGS-REQ.
func ParseKDCReq(p []byte) (KDCReq, error) {
	q, err := parse[KDCReq]("KDC-REQ", p)
	if err == nil {
		q.Raw = p
	}
	return q, err
}

// Append writes the request in front of what b holds. Of the body it writes the
// fields, not Raw.
func (q *KDCReq) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 4, &q.Body)
	putOptList(b, 3, q.PAData)
	putHeader(b, 1, q.Type)
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.Application(uint8(q.Type)), end)
}

// Marshal returns the request in octets of its own.
func (q *KDCReq) Marshal() []byte { return marshal(q) }

// readBody reads a body with a reader of its own, whose strings share one copy.
func readBody(r *ber.Reader) KDCReqBody {
	var q KDCReqBody
	raw := r.Element()
	if raw == nil {
		return q
	}
	body := ber.NewReader(raw)
	if len(raw) <= shareText {
		body.ShareText()
	}
	q.decode(&body)
	if err := body.Err(); err != nil {
		r.Fail(err)
		return KDCReqBody{}
	}
	q.Raw = raw
	return q
}

// shareText is how long a body may be that is copied once for all its strings. A
// longer one carries tickets.
const shareText = 1024

func (q *KDCReqBody) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	q.Options = Options(field(r, 0, readBits))
	q.CName = optional(r, 1, readName)
	q.Realm = field(r, 2, readRealm)
	q.SName = optional(r, 3, readName)
	q.From = optional(r, 4, readTime)
	q.Till = field(r, 5, readTime)
	q.RTime = optional(r, 6, readTime)
	q.Nonce = field(r, 7, readNonce)
	q.ETypes = field(r, 8, readETypes)
	q.Addresses = optional(r, 9, readAddresses)
	q.EncAD = optional(r, 10, pointer[EncryptedData])
	q.Tickets = optional(r, 11, readTickets)
	r.Leave(outer)
}

func readETypes(r *ber.Reader) []EType { return list(r, MaxETypes, readEType) }
func readEType(r *ber.Reader) EType    { return EType(readInt32(r)) }

// Append writes the fields of the body in front of what b holds.
func (q *KDCReqBody) Append(b *ber.Builder) {
	end := b.Len()
	putOptList(b, 11, q.Tickets)
	putOpt(b, 10, q.EncAD)
	putOptList(b, 9, q.Addresses)
	putList(b, 8, q.ETypes)
	putInt(b, 7, q.Nonce)
	putOptTime(b, 6, q.RTime)
	putTime(b, 5, q.Till)
	putOptTime(b, 4, q.From)
	putOptName(b, 3, q.SName)
	putText(b, 2, string(q.Realm))
	putOptName(b, 1, q.CName)
	putBits(b, 0, uint32(q.Options))
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the fields of the body in octets of their own: what a client
// signs.
func (q *KDCReqBody) Marshal() []byte { return marshal(q) }

// Append writes the number in front of what b holds.
func (e EType) Append(b *ber.Builder) { b.Int(ber.Integer, int64(e)) }
