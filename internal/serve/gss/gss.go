// Package gss accepts Kerberos: it opens tickets, proves this server to whoever
// showed one, and protects what is said afterwards (RFC 4121, RFC 4178). It is the
// one room that doors share, and it is not a door itself.
//
// What always holds:
//
//   - A ticket counts only with a PAC that this installation signed; its owner is
//     who the SID there says, and is looked at again by authn.
//   - A proof counts once, and for five minutes to either side of its time.
//   - A ticket for one service is no use at another.
//   - Nothing is done for NTLM.
//
// What its owner may do then is not known here.
package gss

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// Config says what an acceptor stands on.
type Config struct {
	Directory *directory.Directory
	Authn     *authn.Authenticator
	Account   ident.ID // this server's own
	// Services are the classes of the services it accepts for: ldap, HTTP, DNS.
	Services []string
	// Certificate returns what the server shows in TLS, for channel bindings; nil
	// where there is none.
	Certificate func() *x509.Certificate
}

// Acceptor accepts contexts for services of this server.
type Acceptor struct {
	cfg     Config
	replays *Replays
}

// New returns an acceptor.
func New(cfg Config) *Acceptor { return &Acceptor{cfg: cfg, replays: NewReplays()} }

// Accept takes a client's first token, of the Kerberos mechanism or of SPNEGO
// around it, and returns the context with the token to answer, if any. One round
// is all it takes.
func (a *Acceptor) Accept(ctx context.Context, at policy.Attempt, state *tls.ConnectionState, token []byte) (reply []byte, c *Context, err error) {
	reply, c, shown, err := a.show(at, state, token)
	if err != nil {
		return reply, nil, err
	}
	if c.actor, err = a.cfg.Authn.SignInWithTicket(ctx, at, shown); err != nil {
		return nil, nil, err
	}
	return reply, c, nil
}

// Show is Accept for a door that signs whoever it is in itself.
func (a *Acceptor) Show(at policy.Attempt, state *tls.ConnectionState, token []byte) (reply []byte, t authn.Ticket, err error) {
	reply, _, t, err = a.show(at, state, token)
	return reply, t, err
}

func (a *Acceptor) show(at policy.Attempt, state *tls.ConnectionState, token []byte) ([]byte, *Context, authn.Ticket, error) {
	var (
		reply []byte
		c     *Context
		shown authn.Ticket
	)
	inner, negotiated, err := unwrapSPNEGO(token)
	if err == nil {
		reply, c, shown, err = a.openKerberos(state, inner)
	}
	var bad *Error
	if errors.As(err, &bad) {
		return rejectSPNEGO(negotiated), nil, shown, a.cfg.Authn.Reject(at, "", bad.Error())
	}
	if err != nil {
		return rejectSPNEGO(negotiated), nil, shown, err
	}
	return wrapSPNEGO(negotiated, reply), c, shown, nil
}

// openKerberos opens a token of the mechanism, RFC 4121 §4.1.
func (a *Acceptor) openKerberos(state *tls.ConnectionState, token []byte) (reply []byte, c *Context, shown authn.Ticket, err error) {
	t, err := krb5.ParseContextToken(token)
	if err != nil || t.ID != krb5.TokenAPReq {
		return nil, nil, shown, refuse(krb5.ErrGeneric, "the token is no AP-REQ")
	}
	o, err := Open(t.Message, a.keys, krb5.UsageAPReqAuth, a.replays, a.cfg.Directory.Now())
	if err != nil {
		return nil, nil, shown, err
	}
	sum, bound, err := a.checksum(o, state)
	if err != nil {
		return nil, nil, shown, err
	}
	if shown, err = Verify(o, a.cfg.Directory.Realm()); err != nil {
		return nil, nil, shown, err
	}
	if reply, c, err = answer(o, sum.Flags); err != nil {
		return nil, nil, shown, err
	}
	c.Bound = bound
	return reply, c, shown, nil
}

// keys finds this server's own key of a version, for its services' names.
func (a *Acceptor) keys(name krb5.PrincipalName, typ etype.Type, version uint32) (Key, bool) {
	if len(name.Parts) < 2 || !slices.ContainsFunc(a.cfg.Services, func(s string) bool { return strings.EqualFold(s, name.Parts[0]) }) {
		return Key{}, false
	}
	return KeyOf(a.cfg.Directory, a.cfg.Account, typ, version)
}

// KeyOf finds an account's key of a type and version.
func KeyOf(d *directory.Directory, id ident.ID, typ etype.Type, version uint32) (Key, bool) {
	rec := d.Credential(id)
	if rec == nil {
		return Key{}, false
	}
	set := rec.Of(version)
	if set == nil {
		return Key{}, false
	}
	v, ok := set.Key(typ)
	return Key{Type: typ, Value: v}, ok
}

// checksum reads what the initiator wants, and tests which TLS channel it believes
// itself in, if it says so: a token that somebody passes on from another channel
// names that one, RFC 4121 §4.1.1.2.
func (a *Acceptor) checksum(o *Opened, state *tls.ConnectionState) (krb5.GSSChecksum, bool, error) {
	c := o.Auth.Checksum
	if c == nil || c.Type != krb5.CheckGSS {
		return krb5.GSSChecksum{}, false, refuse(krb5.ErrInappropriateCheck, "the authenticator is none of GSS-API")
	}
	sum, err := krb5.ParseGSSChecksum(c.Value)
	if err != nil {
		return sum, false, refuse(krb5.ErrInappropriateCheck, "%v", err)
	}
	if sum.Flags.Has(krb5.GSSDCEStyle) {
		return sum, false, refuse(krb5.ErrGeneric, "DCE style is not served")
	}
	var none [16]byte
	if sum.Bindings == none || state == nil || a.cfg.Certificate == nil {
		return sum, false, nil
	}
	if sum.Bindings != bindings(a.cfg.Certificate()) {
		return sum, false, refuse(krb5.ErrModified, "the token is bound to another channel")
	}
	return sum, true, nil
}

// bindings is the digest of a TLS server's end point, RFC 5929 §4 in the form of
// RFC 4121 §4.1.1.2: MD5 is the standard's, and nothing rests on it alone.
func bindings(cert *x509.Certificate) [16]byte {
	digest := sha256.Sum256(cert.Raw)
	hash := digest[:]
	switch cert.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		d := sha512.Sum384(cert.Raw)
		hash = d[:]
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		d := sha512.Sum512(cert.Raw)
		hash = d[:]
	}
	app := append([]byte("tls-server-end-point:"), hash...)
	b := make([]byte, 16, 20+len(app)) // no addresses
	b = binary.LittleEndian.AppendUint32(b, uint32(len(app)))
	return md5.Sum(append(b, app...))
}

// answer proves this server, if the initiator wants that, and makes the context.
// No subkey of ours is needed: the initiator's is fresh.
func answer(o *Opened, flags krb5.GSSFlags) ([]byte, *Context, error) {
	shared := o.Shared()
	if !flags.Has(krb5.GSSMutual) {
		c, err := newContext(etype.Type(shared.EType), shared.Value, uint64(o.Auth.SeqNo), uint64(o.Auth.SeqNo))
		if err != nil {
			return nil, nil, refuse(krb5.ErrETypeNoSupport, "%v", err)
		}
		c.Flags = flags
		return nil, c, nil
	}
	var random [4]byte
	_, _ = rand.Read(random[:])
	seq := binary.BigEndian.Uint32(random[:])>>2 | 1 // some peers read it as signed, and 0 as absent
	part := krb5.EncAPRepPart{CTime: o.Auth.CTime, CUsec: o.Auth.CUsec, SeqNo: seq}
	session := o.Ticket.Key
	cipher, err := etype.Type(session.EType).Encrypt(session.Value, krb5.UsageAPRepPart, part.Marshal())
	if err != nil {
		return nil, nil, err
	}
	c, err := newContext(etype.Type(shared.EType), shared.Value, uint64(seq), uint64(o.Auth.SeqNo))
	if err != nil {
		return nil, nil, refuse(krb5.ErrETypeNoSupport, "%v", err)
	}
	c.Flags = flags
	rep := krb5.APRep{EncPart: krb5.EncryptedData{EType: session.EType, Cipher: cipher}}
	return krb5.ContextToken{OID: krb5.OIDKerberos, ID: krb5.TokenAPRep, Message: rep.Marshal()}.Marshal(), c, nil
}

// PasswordKey is the key of the service that changes passwords. It is made of the
// realm's, so that every server has it, and is not the realm's: a ticket for the
// one can never be shown as a ticket for the other (CVE-2022-2031).
func PasswordKey(v *keyring.RealmVersion) Key {
	k, err := etype.CF2(keyring.RealmType, v.Key, keyring.RealmType, v.Key, "kadmin", "changepw")
	if err != nil {
		panic("gss: the realm's key has a wrong length")
	}
	return Key{Type: keyring.RealmType, Value: k}
}
