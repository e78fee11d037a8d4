package gss

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// Error is why a ticket or what came with it is not accepted, in Kerberos' own
// words.
type Error struct {
	Code   krb5.ErrorCode
	Reason string // for the log
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Reason) }

func refuse(code krb5.ErrorCode, format string, args ...any) error {
	return &Error{code, fmt.Sprintf(format, args...)}
}

// Opened is a ticket that was shown with its authenticator, both decrypted and
// fresh. Whose it is, the PAC has to say.
type Opened struct {
	Request krb5.APReq
	Ticket  krb5.EncTicketPart
	Auth    krb5.Authenticator
	Key     Key // what the ticket was encrypted with
}

// Key is a key of a service, with its type.
type Key struct {
	Type  etype.Type
	Value []byte
	Kept  *etype.Kept // the same, where it is used again and again; nil elsewhere
}

// Encrypt encrypts with the key.
func (k Key) Encrypt(usage uint32, plain []byte) ([]byte, error) {
	if k.Kept != nil {
		return k.Kept.Encrypt(usage, plain)
	}
	return k.Type.Encrypt(k.Value, usage, plain)
}

// Decrypt decrypts data, which stays as it is.
func (k Key) Decrypt(usage uint32, data []byte) ([]byte, error) {
	if k.Kept != nil {
		return k.Kept.Decrypt(usage, data)
	}
	return k.Type.Decrypt(k.Value, usage, data)
}

// Checksum signs data with the key.
func (k Key) Checksum(usage uint32, data []byte) ([]byte, error) {
	if k.Kept != nil {
		return k.Kept.Checksum(usage, data)
	}
	return k.Type.Checksum(k.Value, usage, data)
}

// Keys finds the key a ticket is encrypted with; ok is false if the service or the
// version is not known.
type Keys func(service krb5.PrincipalName, typ etype.Type, version uint32) (key Key, ok bool)

// ID is what the log calls a ticket: a digest of its ciphertext, which everybody
// who holds it can compute.
func ID(t krb5.Ticket) string {
	sum := sha256.Sum256(t.EncPart.Cipher)
	return hex.EncodeToString(sum[:12])
}

// Open decrypts an AP-REQ and tests what can be tested without knowing anybody,
// RFC 4120 §3.2.3. usage is that of the authenticator. Without replays it may come
// again: as armour it does, in each message of an exchange.
func Open(p []byte, keys Keys, usage uint32, replays *Replays, now time.Time) (*Opened, error) {
	req, err := krb5.ParseAPReq(p)
	if err != nil {
		return nil, refuse(krb5.ErrGeneric, "%v", err)
	}
	o := &Opened{Request: req}
	if o.Key, err = findKey(req.Ticket, keys); err != nil {
		return nil, err
	}
	plain, err := o.Key.Decrypt(krb5.UsageTicket, req.Ticket.EncPart.Cipher)
	if err != nil {
		return nil, refuse(krb5.ErrBadIntegrity, "the ticket cannot be decrypted")
	}
	if o.Ticket, err = krb5.ParseEncTicketPart(plain); err != nil {
		return nil, refuse(krb5.ErrBadIntegrity, "the ticket: %v", err)
	}
	session := etype.Type(o.Ticket.Key.EType)
	if plain, err = session.Decrypt(o.Ticket.Key.Value, usage, req.Authenticator.Cipher); err != nil {
		return nil, refuse(krb5.ErrBadIntegrity, "the authenticator cannot be decrypted")
	}
	if o.Auth, err = krb5.ParseAuthenticator(plain); err != nil {
		return nil, refuse(krb5.ErrBadIntegrity, "the authenticator: %v", err)
	}
	if !o.Auth.CName.Equal(o.Ticket.CName) || o.Auth.CRealm != o.Ticket.CRealm {
		return nil, refuse(krb5.ErrBadMatch, "the authenticator is %s's, the ticket %s's", o.Auth.CName, o.Ticket.CName)
	}
	if k := o.Auth.Subkey; k != nil && etype.Type(k.EType).KeySize() != len(k.Value) {
		return nil, refuse(krb5.ErrETypeNoSupport, "the subkey has type %d and %d bytes", k.EType, len(k.Value))
	}
	if err := o.fresh(now); err != nil {
		return nil, err
	}
	if replays != nil && !replays.First(req.Authenticator.Cipher, now) {
		return nil, refuse(krb5.ErrRepeat, "the authenticator was used before")
	}
	return o, nil
}

func findKey(t krb5.Ticket, keys Keys) (Key, error) {
	k, ok := keys(t.SName, etype.Type(t.EncPart.EType), t.EncPart.KVNO)
	if !ok {
		return Key{}, refuse(krb5.ErrBadKeyVersion, "no key of version %d, %s, for %s", t.EncPart.KVNO, etype.Type(t.EncPart.EType), t.SName)
	}
	return k, nil
}

// fresh tests the times.
func (o *Opened) fresh(now time.Time) error {
	made := o.Auth.CTime.Add(time.Duration(o.Auth.CUsec) * time.Microsecond)
	if d := now.Sub(made); d > Skew || d < -Skew {
		return refuse(krb5.ErrSkew, "the clocks are %s apart", d.Round(time.Second))
	}
	start := o.Ticket.StartTime
	if start.IsZero() {
		start = o.Ticket.AuthTime
	}
	switch {
	case start.Sub(now) > Skew || o.Ticket.Flags.Has(krb5.FlagInvalid):
		return refuse(krb5.ErrTicketNotYetValid, "the ticket begins at %s", start.Format(time.RFC3339))
	case !now.Before(o.Ticket.EndTime):
		return refuse(krb5.ErrTicketExpired, "the ticket ended at %s", o.Ticket.EndTime.Format(time.RFC3339))
	}
	return nil
}

// Shared is the key both ends know: the authenticator's subkey, or the ticket's own.
func (o *Opened) Shared() krb5.EncryptionKey {
	if o.Auth.Subkey != nil {
		return *o.Auth.Subkey
	}
	return o.Ticket.Key
}
