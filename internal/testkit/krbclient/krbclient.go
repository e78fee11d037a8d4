// Package krbclient is a Kerberos client for tests: it says what a stock client
// says, and what one never would.
//
// It knows no transport: a KDC is a function from a request to an answer.
package krbclient

import (
	"errors"
	"fmt"
	"math/big"
	"time"

	crand "crypto/rand"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// KDC answers a request.
type KDC func(request []byte) (answer []byte)

// Client asks a KDC, as one account.
type Client struct {
	KDC   KDC
	Realm krb5.Realm
	Now   func() time.Time
	Name  krb5.PrincipalName
	// Types are the encryption types it offers; AES256 and AES128 if empty.
	Types []krb5.EType
	// Options are asked for on top.
	Options krb5.Options
	// PAC is what it asks of PACs; nil asks nothing.
	PAC *bool
	// Server is asked for; the ticket-granting service if empty.
	Server krb5.PrincipalName
	// Life and Renew are how long the ticket should last.
	Life, Renew time.Duration
}

// Ticket is a ticket with what its owner knows of it.
type Ticket struct {
	krb5.Ticket
	Key    krb5.EncryptionKey
	Part   krb5.EncKDCRepPart
	Client krb5.PrincipalName
	Realm  krb5.Realm
	Reply  krb5.KDCRep
}

// Refused is the error of a KDC that refuses.
type Refused struct {
	Code  krb5.ErrorCode
	Reply krb5.Error
}

func (r *Refused) Error() string { return r.Code.String() }

// CodeOf is the code of a refusal; ErrNone for no error, and -1 for another one.
func CodeOf(err error) krb5.ErrorCode {
	var r *Refused
	switch {
	case err == nil:
		return krb5.ErrNone
	case errors.As(err, &r):
		return r.Code
	}
	return -1
}

// Name is a client's name of one component.
func Name(s string) krb5.PrincipalName { return krb5.Name(krb5.NamePrincipal, s) }

func nonce() int64 {
	n, _ := crand.Int(crand.Reader, big.NewInt(1<<31))
	return n.Int64()
}

// Request is the AS-REQ the client would send.
func (c *Client) Request(pa ...krb5.PAData) *krb5.KDCReq {
	types, server, life := c.Types, c.Server, c.Life
	if types == nil {
		types = []krb5.EType{krb5.AES256SHA1, krb5.AES128SHA1, krb5.AES256SHA384, krb5.AES128SHA256}
	}
	if server.IsZero() {
		server = krb5.TicketService(c.Realm)
	}
	if life == 0 {
		life = 24 * time.Hour
	}
	q := &krb5.KDCReq{Type: krb5.TypeASReq, PAData: pa, Body: krb5.KDCReqBody{
		Options: c.Options, CName: c.Name, Realm: c.Realm, SName: server, Till: c.Now().Add(life), Nonce: nonce(), ETypes: types,
	}}
	if c.Renew > 0 {
		q.Body.RTime = c.Now().Add(c.Renew)
	}
	if c.PAC != nil {
		q.PAData = append(q.PAData, krb5.PAData{Type: krb5.PAPACRequest, Value: krb5.PACRequest{Include: *c.PAC}.Marshal()})
	}
	return q
}

// Salt asks how the client's key is made.
func (c *Client) Salt() (krb5.ETypeInfo2Entry, error) {
	_, err := c.ask(c.Request())
	var r *Refused
	if !errors.As(err, &r) || r.Code != krb5.ErrPreauthRequired {
		return krb5.ETypeInfo2Entry{}, fmt.Errorf("first answer: %w", err)
	}
	list, err := krb5.ParseMethodData(r.Reply.Data)
	if err != nil {
		return krb5.ETypeInfo2Entry{}, err
	}
	v, _ := list.Find(krb5.PAETypeInfo2)
	info, err := krb5.ParseETypeInfo2(v)
	if err != nil {
		return krb5.ETypeInfo2Entry{}, err
	}
	return info[0], nil
}

// Login gets a ticket with a password.
func (c *Client) Login(password string) (*Ticket, error) {
	info, err := c.Salt()
	if err != nil {
		return nil, err
	}
	key, err := etype.Type(info.EType).StringToKey(password, info.Salt)
	if err != nil {
		return nil, err
	}
	return c.LoginKey(krb5.EncryptionKey{EType: info.EType, Value: key})
}

// Proof is a timestamp encrypted with a key.
func Proof(key krb5.EncryptionKey, at time.Time) krb5.PAData {
	stamp := krb5.Timestamp{Time: at, Usec: krb5.Micros(at)}.Marshal()
	cipher, err := etype.Type(key.EType).Encrypt(key.Value, krb5.UsageASReqTimestamp, stamp)
	if err != nil {
		panic(err)
	}
	return krb5.PAData{Type: krb5.PAEncTimestamp, Value: krb5.EncryptedData{EType: key.EType, Cipher: cipher}.Marshal()}
}

// LoginKey gets a ticket with a key.
func (c *Client) LoginKey(key krb5.EncryptionKey) (*Ticket, error) {
	return c.Send(c.Request(Proof(key, c.Now())), key)
}

// Send sends an AS-REQ and opens the answer with the client's key.
func (c *Client) Send(q *krb5.KDCReq, key krb5.EncryptionKey) (*Ticket, error) {
	rep, err := c.ask(q)
	if err != nil {
		return nil, err
	}
	return Open(rep, key, krb5.UsageASRepPart, q.Body.Nonce)
}

func (c *Client) ask(q *krb5.KDCReq) (*krb5.KDCRep, error) { return Ask(c.KDC, q.Marshal()) }

// Ask sends a request of whatever octets.
func Ask(kdc KDC, request []byte) (*krb5.KDCRep, error) {
	out := kdc(request)
	if krb5.TypeOf(out) == krb5.TypeError {
		e, err := krb5.ParseError(out)
		if err != nil {
			return nil, err
		}
		return nil, &Refused{e.Code, e}
	}
	rep, err := krb5.ParseKDCRep(out)
	return &rep, err
}

// Open opens an answer with the key it came under.
func Open(rep *krb5.KDCRep, key krb5.EncryptionKey, usage uint32, nonce int64) (*Ticket, error) {
	plain, err := etype.Type(rep.EncPart.EType).Decrypt(key.Value, usage, rep.EncPart.Cipher)
	if err != nil {
		return nil, err
	}
	part, err := krb5.ParseEncKDCRepPart(plain)
	if err != nil {
		return nil, err
	}
	if part.Nonce != nonce {
		return nil, errors.New("the answer is to another request")
	}
	return &Ticket{Ticket: rep.Ticket, Key: part.Key, Part: part, Client: rep.CName, Realm: rep.CRealm, Reply: *rep}, nil
}

// Further is a TGS-REQ that can be changed before it is sent.
type Further struct {
	Server  krb5.PrincipalName
	Options krb5.Options
	Types   []krb5.EType
	Tickets []krb5.Ticket
	PAData  krb5.PADataList
	// Before changes the authenticator.
	Before func(*krb5.Authenticator)
	// After changes the body once it is signed.
	After func(*krb5.KDCReqBody)
}

// Get gets a ticket for a service with a ticket-granting ticket.
func (c *Client) Get(tgt *Ticket, f Further) (*Ticket, error) {
	q, subkey := c.FurtherRequest(tgt, f)
	rep, err := Ask(c.KDC, q)
	if err != nil {
		return nil, err
	}
	req, err := krb5.ParseKDCReq(q)
	if err != nil {
		return nil, err
	}
	return Open(rep, subkey, krb5.UsageTGSRepSubkey, req.Body.Nonce)
}

// FurtherRequest is the TGS-REQ, and the key its answer comes under.
func (c *Client) FurtherRequest(tgt *Ticket, f Further) ([]byte, krb5.EncryptionKey) {
	types := f.Types
	if types == nil {
		types = []krb5.EType{krb5.AES256SHA1, krb5.AES128SHA1}
	}
	body := krb5.KDCReqBody{
		Options: f.Options, Realm: c.Realm, SName: f.Server, Till: c.Now().Add(24 * time.Hour), Nonce: nonce(), ETypes: types, Tickets: f.Tickets,
	}
	session := etype.Type(tgt.Key.EType)
	sum, err := session.Checksum(tgt.Key.Value, krb5.UsageTGSReqChecksum, body.Marshal())
	if err != nil {
		panic(err)
	}
	now := c.Now()
	auth := krb5.Authenticator{
		CRealm: tgt.Realm, CName: tgt.Client, CTime: now, CUsec: krb5.Micros(now),
		Checksum: &krb5.Checksum{Type: krb5.CheckType(session.CheckType()), Value: sum},
		Subkey:   &krb5.EncryptionKey{EType: tgt.Key.EType, Value: session.NewKey()},
	}
	if f.Before != nil {
		f.Before(&auth)
	}
	if f.After != nil {
		f.After(&body)
	}
	ap := APReq(tgt, &auth, krb5.UsageTGSReqAuth)
	q := krb5.KDCReq{
		Type: krb5.TypeTGSReq, Body: body,
		PAData: append(krb5.PADataList{{Type: krb5.PATGSReq, Value: ap.Marshal()}}, f.PAData...),
	}
	subkey := tgt.Key
	if auth.Subkey != nil {
		subkey = *auth.Subkey
	}
	return q.Marshal(), subkey
}

// APReq shows a ticket with an authenticator.
func APReq(t *Ticket, auth *krb5.Authenticator, usage uint32) *krb5.APReq {
	cipher, err := etype.Type(t.Key.EType).Encrypt(t.Key.Value, usage, auth.Marshal())
	if err != nil {
		panic(err)
	}
	return &krb5.APReq{
		Options: krb5.APMutualRequired, Ticket: t.Ticket, Authenticator: krb5.EncryptedData{EType: t.Key.EType, Cipher: cipher},
	}
}

// Initiator is the client's end of a security context.
type Initiator struct {
	Token  []byte // the first one
	Subkey krb5.EncryptionKey
	Seq    uint32
}

// Initiate begins a security context, RFC 4121 §4.1.
func (c *Client) Initiate(t *Ticket, flags krb5.GSSFlags, bindings [16]byte) *Initiator {
	g := krb5.GSSChecksum{Flags: flags, Bindings: bindings}
	value, err := g.Marshal()
	if err != nil {
		panic(err)
	}
	now := c.Now()
	i := &Initiator{Subkey: krb5.EncryptionKey{EType: t.Key.EType, Value: etype.Type(t.Key.EType).NewKey()}, Seq: 77}
	auth := krb5.Authenticator{
		CRealm: t.Realm, CName: t.Client, CTime: now, CUsec: krb5.Micros(now), Subkey: &i.Subkey, SeqNo: i.Seq,
		Checksum: &krb5.Checksum{Type: krb5.CheckGSS, Value: value},
	}
	i.Token = krb5.ContextToken{OID: krb5.OIDKerberos, ID: krb5.TokenAPReq, Message: APReq(t, &auth, krb5.UsageAPReqAuth).Marshal()}.Marshal()
	return i
}
