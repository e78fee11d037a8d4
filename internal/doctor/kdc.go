package doctor

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// The doctor signs in as the machine does, with the machine's own key. What SSSD
// says of such a sign-in stands in a log that nobody reads.

const portKDC, portPasswd = 88, 464

// asRequest is an AS-REQ for an account, RFC 4120 §5.4.1.
func asRequest(realm krb5.Realm, account string, now time.Time, pa ...krb5.PAData) (*krb5.KDCReq, int64) {
	var b [4]byte
	_, _ = rand.Read(b[:])
	nonce := int64(binary.BigEndian.Uint32(b[:]) >> 1)
	return &krb5.KDCReq{Type: krb5.TypeASReq, PAData: pa, Body: krb5.KDCReqBody{
		CName: krb5.Name(krb5.NamePrincipal, account), Realm: realm, SName: krb5.TicketService(realm),
		Till: now.Add(time.Hour), Nonce: nonce,
		ETypes: []krb5.EType{krb5.AES256SHA1, krb5.AES128SHA1, krb5.AES256SHA384, krb5.AES128SHA256},
	}}, nonce
}

// askKDC sends a request to a server: over TCP, and over UDP where that is closed. A
// refusal is a [*krb5.Error].
func (m *Machine) askKDC(ctx context.Context, at netip.Addr, request []byte) (*krb5.KDCRep, error) {
	to := netip.AddrPortFrom(at, portKDC)
	answer, _, err := m.exchange(ctx, "tcp", to, framed32, request)
	if err != nil {
		answer, _, err = m.exchange(ctx, "udp", to, framed32, request)
	}
	if err != nil {
		return nil, err
	}
	if krb5.TypeOf(answer) == krb5.TypeError {
		refusal, err := krb5.ParseError(answer)
		if err != nil {
			return nil, err
		}
		return nil, &refusal
	}
	rep, err := krb5.ParseKDCRep(answer)
	if err != nil {
		return nil, err
	}
	return &rep, nil
}

// kdcTime is a server's clock: it stands in the refusal that asks for a proof, RFC
// 4120 §5.9.1.
func (m *Machine) kdcTime(ctx context.Context, at netip.Addr, realm krb5.Realm, account string) (time.Time, error) {
	q, _ := asRequest(realm, account, m.Now())
	_, err := m.askKDC(ctx, at, q.Marshal())
	var refusal *krb5.Error
	if errors.As(err, &refusal) {
		return refusal.STime, nil
	}
	if err == nil {
		err = errNoTime
	}
	return time.Time{}, err
}

var errNoTime = errors.New("doctor: the server does not say what time it is")

// signIn proves an account with its key. kvno is the version of the key that the
// server knows.
func (m *Machine) signIn(ctx context.Context, at netip.Addr, realm krb5.Realm, account string, key krb5.EncryptionKey) (kvno uint32, err error) {
	now := m.Now()
	t := etype.Type(key.EType)
	stamp := krb5.Timestamp{Time: now, Usec: krb5.Micros(now)}.Marshal()
	cipher, err := t.Encrypt(key.Value, krb5.UsageASReqTimestamp, stamp)
	if err != nil {
		return 0, err
	}
	proof := krb5.EncryptedData{EType: key.EType, Cipher: cipher}.Marshal()
	q, nonce := asRequest(realm, account, now, krb5.PAData{Type: krb5.PAEncTimestamp, Value: proof})
	q.Body.ETypes = []krb5.EType{key.EType} // so that the answer comes under this very key
	rep, err := m.askKDC(ctx, at, q.Marshal())
	if err != nil {
		return 0, err
	}
	plain, err := etype.Type(rep.EncPart.EType).Decrypt(key.Value, krb5.UsageASRepPart, rep.EncPart.Cipher)
	if err != nil {
		return rep.EncPart.KVNO, errOtherKey
	}
	part, err := krb5.ParseEncKDCRepPart(plain)
	if err != nil || part.Nonce != nonce {
		return rep.EncPart.KVNO, errOtherKey
	}
	return rep.EncPart.KVNO, nil
}

// errOtherKey says that the answer was not made with the machine's key: it does not
// come from the domain.
var errOtherKey = errors.New("doctor: the answer is not made with the machine's key")
