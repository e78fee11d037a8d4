package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// realm is a KDC with everybody in it, in its own words.
type realm struct {
	*server
	title      string
	name       krb5.Realm
	enterprise bool // takes enterprise names
	person     func(i int) krb5.PrincipalName
	keyOf      func(i int) krb5.EncryptionKey
	machine    func(m int) krb5.PrincipalName // a service for whose tickets a PAC is made, if any is
	bare       krb5.PrincipalName             // one for whose tickets none is
}

func (r *realm) process() *server {
	if r == nil {
		return nil
	}
	return r.server
}

// conversation is with a KDC: over UDP, over one TCP connection, or over TCP with a
// connection for each request, as MIT's library has it.
type conversation struct {
	*realm
	kept   net.Conn // nil for none
	stream bool     // kept is TCP
	in     [16 << 10]byte
}

// over keeps a connection to the KDC.
func (r *realm) over(network string) (*conversation, error) {
	c, err := net.Dial(network, r.addr)
	return &conversation{realm: r, kept: c, stream: network == "tcp"}, err
}

// overTCP connects for each request.
func (r *realm) overTCP() *conversation { return &conversation{realm: r} }

func (c *conversation) close() {
	if c.kept != nil {
		c.kept.Close()
	}
}

// patience is how long an answer may take.
const patience = 10 * time.Second

func (c *conversation) ask(q []byte) ([]byte, error) {
	switch {
	case c.kept == nil:
		conn, err := net.Dial("tcp", c.addr)
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		return c.askTCP(conn, q)
	case c.stream:
		return c.askTCP(c.kept, q)
	}
	if _, err := c.kept.Write(q); err != nil {
		return nil, err
	}
	c.kept.SetReadDeadline(time.Now().Add(patience))
	n, err := c.kept.Read(c.in[:])
	return c.in[:n], err
}

func (c *conversation) askTCP(conn net.Conn, q []byte) ([]byte, error) {
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write(krb5.Framed(q)); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(conn, c.in[:4]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(c.in[:4]))
	if n > len(c.in) {
		return nil, fmt.Errorf("an answer of %d octets", n)
	}
	_, err := io.ReadFull(conn, c.in[:n])
	return c.in[:n], err
}

// ticket is a ticket with what its owner knows of it.
type ticket struct {
	krb5.Ticket
	key    krb5.EncryptionKey
	client krb5.PrincipalName
}

var offered = []krb5.EType{krb5.AES256SHA1, krb5.AES128SHA1}

func newNonce() int64 { return rand.Int64N(1 << 31) }

// initial is an AS-REQ.
func (r *realm) initial(client krb5.PrincipalName, options krb5.Options, pa ...krb5.PAData) *krb5.KDCReq {
	return &krb5.KDCReq{Type: krb5.TypeASReq, PAData: pa, Body: krb5.KDCReqBody{
		Options: options, CName: client, Realm: r.name, SName: krb5.TicketService(r.name), Till: time.Now().Add(24 * time.Hour), Nonce: newNonce(), ETypes: offered,
	}}
}

// ofPAC asks for PACs, or for none.
func ofPAC(wanted bool) krb5.PAData {
	return krb5.PAData{Type: krb5.PAPACRequest, Value: krb5.PACRequest{Include: wanted}.Marshal()}
}

// proof is the time, encrypted.
func proof(key krb5.EncryptionKey) (krb5.PAData, error) {
	now := time.Now()
	stamp := krb5.Timestamp{Time: now, Usec: krb5.Micros(now)}.Marshal()
	cipher, err := etype.Type(key.EType).Encrypt(key.Value, krb5.UsageASReqTimestamp, stamp)
	return krb5.PAData{Type: krb5.PAEncTimestamp, Value: krb5.EncryptedData{EType: key.EType, Cipher: cipher}.Marshal()}, err
}

// askProof sends an AS-REQ without proof, which asks for one.
func (c *conversation) askProof(client krb5.PrincipalName, options krb5.Options, pa ...krb5.PAData) error {
	out, err := c.ask(c.initial(client, options, pa...).Marshal())
	if err != nil {
		return err
	}
	e, err := krb5.ParseError(out)
	if err == nil && e.Code != krb5.ErrPreauthRequired {
		err = fmt.Errorf("the KDC says %v", e.Code)
	}
	return err
}

// prove sends an AS-REQ with the time encrypted, and opens the answer.
func (c *conversation) prove(client krb5.PrincipalName, key krb5.EncryptionKey, options krb5.Options, pa ...krb5.PAData) (*ticket, error) {
	p, err := proof(key)
	if err != nil {
		return nil, err
	}
	q := c.initial(client, options, append(pa, p)...)
	out, err := c.ask(q.Marshal())
	if err != nil {
		return nil, err
	}
	return opened(out, key, krb5.UsageASRepPart, &q.Body)
}

// get sends a TGS-REQ with a fresh authenticator and a subkey, and opens the
// answer.
func (c *conversation) get(tgt *ticket, service krb5.PrincipalName) (*ticket, error) {
	body := krb5.KDCReqBody{
		Options: krb5.OptCanonicalize, Realm: c.name, SName: service, Till: time.Now().Add(24 * time.Hour), Nonce: newNonce(), ETypes: offered,
	}
	session := etype.Type(tgt.key.EType)
	sum, err := session.Checksum(tgt.key.Value, krb5.UsageTGSReqChecksum, body.Marshal())
	if err != nil {
		return nil, err
	}
	subkey := krb5.EncryptionKey{EType: tgt.key.EType, Value: session.NewKey()}
	ap, err := c.show(tgt, krb5.UsageTGSReqAuth, 0, &krb5.Authenticator{
		Checksum: &krb5.Checksum{Type: krb5.CheckType(session.CheckType()), Value: sum}, Subkey: &subkey,
	})
	if err != nil {
		return nil, err
	}
	q := krb5.KDCReq{Type: krb5.TypeTGSReq, Body: body, PAData: krb5.PADataList{{Type: krb5.PATGSReq, Value: ap.Marshal()}}}
	out, err := c.ask(q.Marshal())
	if err != nil {
		return nil, err
	}
	return opened(out, subkey, krb5.UsageTGSRepSubkey, &body)
}

// show is an AP-REQ: the ticket with an authenticator of now.
func (r *realm) show(t *ticket, usage uint32, options krb5.APOptions, auth *krb5.Authenticator) (*krb5.APReq, error) {
	now := time.Now()
	auth.CRealm, auth.CName, auth.CTime, auth.CUsec = r.name, t.client, now, krb5.Micros(now)
	cipher, err := etype.Type(t.key.EType).Encrypt(t.key.Value, usage, auth.Marshal())
	return &krb5.APReq{Options: options, Ticket: t.Ticket, Authenticator: krb5.EncryptedData{EType: t.key.EType, Cipher: cipher}}, err
}

// opened opens an answer and tests that it is one to the request: a KDC that
// answers something else has done no work that counts.
func opened(out []byte, key krb5.EncryptionKey, usage uint32, asked *krb5.KDCReqBody) (*ticket, error) {
	if krb5.TypeOf(out) == krb5.TypeError {
		e, err := krb5.ParseError(out)
		return nil, errors.Join(fmt.Errorf("the KDC says %v", e.Code), err)
	}
	rep, err := krb5.ParseKDCRep(out)
	if err != nil {
		return nil, err
	}
	plain, err := etype.Type(rep.EncPart.EType).Decrypt(key.Value, usage, rep.EncPart.Cipher)
	if err != nil {
		return nil, err
	}
	part, err := krb5.ParseEncKDCRepPart(plain)
	switch {
	case err != nil:
		return nil, err
	case part.Nonce != asked.Nonce || !part.SName.Equal(asked.SName) || !part.Flags.Has(krb5.FlagPreAuthent) || !part.EndTime.After(time.Now()):
		return nil, fmt.Errorf("the answer is none to this request: %s, flags %x", part.SName, part.Flags)
	}
	t := &ticket{Ticket: rep.Ticket, key: part.Key, client: rep.CName}
	t.key.Value = append(krb5.Secret(nil), part.Key.Value...)
	t.EncPart.Cipher = append([]byte(nil), rep.Ticket.EncPart.Cipher...) // out is overwritten by the next answer
	return t, nil
}

// side is the KDC's half of a row, over UDP or TCP.
func (r *realm) side(network string, op func(c *conversation, i int) (func(*rand.Rand) error, error)) side {
	return side{r.title, r.pid, func(i int) (client, error) {
		c, err := r.over(network)
		if err != nil {
			return client{}, err
		}
		do, err := op(c, i)
		return client{do, c.close}, err
	}}
}

func asked(c *conversation, _ int) (func(*rand.Rand) error, error) {
	return func(rnd *rand.Rand) error { return c.askProof(c.person(rnd.IntN(keyed)), 0) }, nil
}

func proved(c *conversation, _ int) (func(*rand.Rand) error, error) {
	return func(rnd *rand.Rand) error {
		i := rnd.IntN(keyed)
		_, err := c.prove(c.person(i), c.keyOf(i), krb5.OptForwardable, ofPAC(false))
		return err
	}, nil
}

// owners are how many people's tickets a client of TGS rows uses in turn.
const owners = 16

// furtherFor asks for tickets for a service.
func furtherFor(c *conversation, i int, service krb5.PrincipalName, pac bool) (func(*rand.Rand) error, error) {
	tgts := make([]*ticket, owners)
	for n := range tgts {
		var err error
		who := i*owners + n
		if tgts[n], err = c.prove(c.person(who), c.keyOf(who), krb5.OptForwardable, ofPAC(pac)); err != nil {
			return nil, err
		}
	}
	return func(rnd *rand.Rand) error {
		_, err := c.get(tgts[rnd.IntN(owners)], service)
		return err
	}, nil
}

func further(c *conversation, i int) (func(*rand.Rand) error, error) {
	return furtherFor(c, i, c.bare, true)
}

func furtherWithPAC(c *conversation, i int) (func(*rand.Rand) error, error) {
	return furtherFor(c, i, c.machine(i), true)
}
