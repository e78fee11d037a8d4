package gss

import (
	"crypto/hmac"
	"encoding/binary"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/pac"
)

// Granted is what the PAC of a ticket-granting ticket says.
type Granted struct {
	Owner     ident.SID
	At        time.Time // when the owner proved who it is
	Requested bool      // the owner wants PACs in tickets for services
}

// VerifyGranting tests that a ticket-granting ticket carries a PAC of ours, [MS-PAC]
// §2.8, and returns whose ticket it is. One without is refused: whoever can make
// the KDC leave it out could be anybody later (CVE-2020-25719).
func VerifyGranting(t *krb5.EncTicketPart, key Key) (Granted, error) {
	p, err := parsePAC(t)
	if err != nil {
		return Granted{}, err
	}
	if err := verifyServer(p, key); err != nil {
		return Granted{}, err
	}
	server, err := p.Signature(pac.ServerChecksum)
	if err != nil {
		return Granted{}, forged("%v", err)
	}
	if !signed(p, pac.KDCChecksum, key, server.Sum) {
		return Granted{}, forged("the KDC's signature is wrong")
	}
	var g Granted
	b, err := p.Find(pac.Requestor)
	if err != nil {
		return g, forged("it names no owner")
	}
	owner, err := pac.ParseRequestor(b)
	if err != nil {
		return g, forged("%v", err)
	}
	g.Owner = ident.SID(owner)
	if b, err = p.Find(pac.Attributes); err != nil {
		return g, forged("%v", err)
	}
	why, err := pac.ParseAttributesInfo(b)
	if err != nil {
		return g, forged("%v", err)
	}
	g.Requested = why != 0
	g.At, err = provedAt(p)
	return g, err
}

// proofTime is the buffer of ours that says to the microsecond when the owner proved
// who it is. A ticket's own time knows seconds only, and a password may change
// between two proofs of one. It stands in tickets for ourselves.
const proofTime pac.Type = 0x73656c66

// ProofTime is that buffer.
func ProofTime(at time.Time) pac.Buffer {
	return pac.Buffer{Type: proofTime, Data: binary.LittleEndian.AppendUint64(nil, uint64(at.UnixMicro()))}
}

func provedAt(p pac.PAC) (time.Time, error) {
	b, err := p.Find(proofTime)
	if err != nil || len(b) != 8 {
		return time.Time{}, forged("it does not say when its owner proved who it is")
	}
	return time.UnixMicro(int64(binary.LittleEndian.Uint64(b))).UTC(), nil
}

// Verify tests that a service's ticket carries a PAC of ours, with every signature
// there is, and returns whose ticket it is.
func Verify(o *Opened, realm *keyring.Realm) (authn.Ticket, error) {
	t := authn.Ticket{ID: ID(o.Request.Ticket), Name: o.Ticket.CName.String(), Until: o.Ticket.EndTime}
	p, owner, err := verify(o, realm)
	if err != nil {
		return t, err
	}
	t.Owner = owner
	t.At, err = provedAt(p)
	return t, err
}

// OwnerOf is Verify for a ticket of somebody else's service, which does not say to
// the microsecond when its owner proved who it is.
func OwnerOf(o *Opened, realm *keyring.Realm) (ident.SID, error) {
	_, owner, err := verify(o, realm)
	return owner, err
}

func verify(o *Opened, realm *keyring.Realm) (pac.PAC, ident.SID, error) {
	p, err := parsePAC(&o.Ticket)
	if err != nil {
		return p, "", err
	}
	if err := verifyServer(p, o.Key); err != nil {
		return p, "", err
	}
	if err := verifyKDC(p, &o.Ticket, realm); err != nil {
		return p, "", err
	}
	b, err := p.Find(pac.UPNDNS)
	if err != nil {
		return p, "", forged("it names no owner")
	}
	who, err := pac.ParseUPNInfo(b)
	if err != nil || len(who.SID) == 0 {
		return p, "", forged("it names no owner")
	}
	return p, ident.SID(who.SID), nil
}

func forged(format string, args ...any) error {
	return refuse(krb5.ErrModified, "the PAC: "+format, args...)
}

// parsePAC finds the PAC, which has to be this ticket's: of its client, at its
// time, [MS-PAC] §2.7.
func parsePAC(t *krb5.EncTicketPart) (pac.PAC, error) {
	raw := t.AuthData.PAC()
	if raw == nil {
		return pac.PAC{}, forged("there is none")
	}
	p, err := pac.Parse(raw)
	if err != nil {
		return p, forged("%v", err)
	}
	b, err := p.Find(pac.Client)
	if err != nil {
		return p, forged("%v", err)
	}
	client, err := pac.ParseClientInfo(b)
	if err != nil {
		return p, forged("%v", err)
	}
	if client.Name != t.CName.String() || !client.AuthTime.Equal(t.AuthTime) {
		return p, forged("it is of another ticket")
	}
	return p, nil
}

func verifyServer(p pac.PAC, key Key) error {
	if !signed(p, pac.ServerChecksum, key, p.Zeroed(pac.ServerChecksum, pac.KDCChecksum)) {
		return forged("the service's signature is wrong")
	}
	return nil
}

// verifyKDC tests the three signatures that only a KDC can make, of which a service
// could have changed nothing (CVE-2020-17049, CVE-2022-37967). The ticket does not
// say with which of the realm's keys they were made.
func verifyKDC(p pac.PAC, t *krb5.EncTicketPart, realm *keyring.Realm) error {
	server, err := p.Signature(pac.ServerChecksum)
	if err != nil {
		return forged("%v", err)
	}
	bare := TicketWithoutPAC(t)
	whole := p.Zeroed(pac.ServerChecksum, pac.KDCChecksum, pac.FullChecksum)
	for i := range realm.Versions {
		key := Key{Type: keyring.RealmType, Value: realm.Versions[i].Key}
		if signed(p, pac.KDCChecksum, key, server.Sum) && signed(p, pac.TicketChecksum, key, bare) && signed(p, pac.FullChecksum, key, whole) {
			return nil
		}
	}
	return forged("the KDC's signatures are wrong")
}

// TicketWithoutPAC is what the ticket's signature is over: the ticket with one zero
// octet in the PAC's place, [MS-PAC] §2.8.3.
func TicketWithoutPAC(t *krb5.EncTicketPart) []byte {
	bare := *t
	bare.AuthData = krb5.AuthorizationData{krb5.WithPAC([]byte{0})}
	return bare.Marshal()
}

func signed(p pac.PAC, t pac.Type, key Key, over []byte) bool {
	sig, err := p.Signature(t)
	if err != nil || sig.CheckType != key.Type.CheckType() {
		return false
	}
	sum, err := key.Checksum(krb5.UsagePAC, over)
	return err == nil && hmac.Equal(sum, sig.Sum)
}
