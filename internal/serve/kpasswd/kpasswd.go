// Package kpasswd is the door for changing passwords with a ticket: RFC 3244 on port
// 464, over UDP and TCP, in both of its versions.
//
// It translates and decides nothing: whose ticket it is, gss says; whether a
// password is good enough and who may set whose, the directory does.
//
// What always holds:
//
//   - A person's own password takes a ticket that was got with the old one a moment
//     ago, not one that any unlocked terminal has.
//   - The new password holds everywhere before the answer leaves.
//   - What is answered to a ticket that counts is encrypted, a refusal too.
package kpasswd

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"
	"unicode/utf8"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// maxMessage bounds a request: a ticket and a password of 1,024 characters.
const maxMessage = 16 << 10

// Config says what the door stands on.
type Config struct {
	Directory *directory.Directory
	Authn     *authn.Authenticator
	Log       *slog.Logger
}

// Server changes passwords.
type Server struct {
	dir     *directory.Directory
	authn   *authn.Authenticator
	log     *slog.Logger
	replays *gss.Replays
}

// New returns the door.
func New(cfg Config) *Server {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{dir: cfg.Directory, authn: cfg.Authn, log: cfg.Log, replays: gss.NewReplays()}
}

// ServeUDP answers one datagram. It is for [listen.UDP].
func (s *Server) ServeUDP(ctx context.Context, source netip.AddrPort, packet []byte) []byte {
	return s.answer(ctx, source.Addr(), packet)
}

// ServeTCP answers the messages of one connection, each behind its length in four
// octets. It is for [listen.TCP], which closes the connection.
func (s *Server) ServeTCP(ctx context.Context, nc *listen.Conn) {
	for {
		f, err := nc.ReadFrame(krb5.FrameLen, maxMessage+krb5.StreamHead)
		if err != nil {
			return
		}
		out := s.answer(ctx, nc.Source().Addr(), f.Bytes[krb5.StreamHead:])
		f.Release() // and with it the password
		if out == nil {
			return
		}
		if _, err := nc.Write(krb5.Framed(out)); err != nil {
			return
		}
	}
}

// request is one change under way.
type request struct {
	s      *Server
	source netip.Addr
	opened *gss.Opened
	caller *authn.Proved
	target string
}

// answer answers one request; nil for what is none.
func (s *Server) answer(ctx context.Context, source netip.Addr, packet []byte) []byte {
	m, err := krb5.ParsePasswd(packet)
	if err != nil {
		s.log.Debug("kpasswd: a request cannot be read", "source", source, "err", err)
		return nil
	}
	x := &request{s: s, source: source}
	began := time.Now()
	if m.Version != krb5.PasswdChange && m.Version != krb5.PasswdSet {
		return s.unproved(krb5.ErrGeneric, krb5.PasswdResult{Code: krb5.PasswdBadVersion, Text: "the version is not served"})
	}
	if err := x.open(ctx, m); err != nil {
		x.log(began, err)
		return s.unproved(codeOf(err), krb5.PasswdResult{Code: krb5.PasswdAuthError, Text: "the ticket is not accepted"})
	}
	err = x.change(ctx, m)
	x.log(began, err)
	out, err := x.reply(resultOf(err))
	if err != nil {
		s.log.Error("kpasswd: an answer cannot be made", "err", err)
		return nil
	}
	return out
}

// open finds out who asks.
func (x *request) open(ctx context.Context, m krb5.PasswdMessage) (err error) {
	at := policy.Attempt{Door: policy.Kpasswd, Server: x.s.dir.Server(), Source: x.source, Client: policy.Ticket, Change: true}
	x.opened, err = gss.Open(m.AP, x.s.keys, krb5.UsageAPReqAuth, x.s.replays, x.s.dir.Now())
	if err != nil {
		_ = x.s.authn.Reject(at, "", err.Error())
		return err
	}
	shown, err := gss.Verify(x.opened, x.s.dir.Realm())
	if err != nil {
		_ = x.s.authn.Reject(at, x.opened.Ticket.CName.String(), err.Error())
		return err
	}
	x.caller, err = x.s.authn.Present(ctx, at, shown)
	return err
}

// keys finds the service's key of a version.
func (s *Server) keys(name krb5.PrincipalName, typ etype.Type, version uint32) (gss.Key, bool) {
	if !name.Equal(krb5.ChangePassword()) {
		return gss.Key{}, false
	}
	v := s.dir.Realm().Version(version)
	if v == nil {
		return gss.Key{}, false
	}
	k := gss.PasswordKey(v)
	return k, k.Type == typ
}

// change does what is asked, RFC 3244 §2.
func (x *request) change(ctx context.Context, m krb5.PasswdMessage) error {
	data, err := x.decrypt(m.Message)
	if err != nil {
		return err
	}
	defer clear(data)
	self := x.caller.Entry
	if m.Version == krb5.PasswdChange {
		x.target = self.Name()
		return x.own(ctx, credential.Password(data))
	}
	d, err := krb5.ParseChangePasswdData(data)
	if err != nil {
		return malformed(err)
	}
	target := self
	if !d.Name.IsZero() {
		x.target = d.Name.String()
		if len(d.Name.Parts) == 1 {
			target = x.s.dir.KerberosClient(d.Name.Parts[0], d.Name.Type == krb5.NameEnterprise)
		} else {
			target = x.s.dir.KerberosService(d.Name.Parts)
		}
	}
	if target == nil {
		return fault.New(fault.NotFound, "there is no account %s", x.target)
	}
	if target.ID == self.ID {
		return x.own(ctx, credential.Password(d.Password))
	}
	if err := readable(credential.Password(d.Password)); err != nil {
		return err
	}
	return x.s.dir.As(x.caller.Actor).SetPassword(ctx, target.ID, credential.Password(d.Password), false)
}

// own changes the caller's own password.
func (x *request) own(ctx context.Context, pw credential.Password) error {
	if err := readable(pw); err != nil {
		return err
	}
	as := x.s.dir.As(x.caller.Actor)
	if x.caller.Entry.Kind() == ident.KindComputer { // with a ticket of its keytab, which only root has
		return as.SetPassword(ctx, x.caller.Entry.ID, pw, false)
	}
	if !x.opened.Ticket.Flags.Has(krb5.FlagInitial) {
		return errInitial
	}
	return as.ChangePassword(ctx, pw)
}

var errInitial = errors.New("kpasswd: the ticket is not an initial one")

// readable refuses what cannot be typed at another door.
func readable(pw credential.Password) error {
	if !utf8.ValidString(string(pw)) {
		return fault.New(fault.Invalid, "the password is not UTF-8").WithCode(fault.CodePolicy)
	}
	return nil
}

func malformed(err error) error {
	return fault.Wrap(fault.Invalid, err, "the request cannot be read").WithCode(fault.CodeSchema)
}

// decrypt opens the KRB-PRIV, RFC 4120 §3.5.
func (x *request) decrypt(message []byte) ([]byte, error) {
	p, err := krb5.ParsePriv(message)
	if err != nil {
		return nil, malformed(err)
	}
	k := x.opened.Shared()
	plain, err := etype.Type(k.EType).Decrypt(k.Value, krb5.UsagePriv, p.EncPart.Cipher)
	if err != nil {
		return nil, malformed(err)
	}
	part, err := krb5.ParseEncPrivPart(plain)
	if err != nil {
		return nil, malformed(err)
	}
	return part.UserData, nil
}

// log writes the request's line, at its end.
func (x *request) log(began time.Time, err error) {
	caller := ""
	if x.caller != nil {
		caller = x.caller.Entry.Name()
	}
	attrs := []any{"actor", caller, "target", x.target, "source", x.source, "took", time.Since(began)}
	if err != nil {
		attrs = append(attrs, "err", err)
	}
	x.s.log.Info("kpasswd", attrs...)
}
