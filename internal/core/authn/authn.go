// Package authn is where every door proves who is there: one function for all of
// them, so that lockout, account state, policy and the audit log are the same
// whatever the protocol.
//
// What always holds:
//
//   - An unknown name costs what a known one costs and hears what a wrong
//     password hears.
//   - A sign-in that was not recorded did not happen.
//   - A repeated right password is cheap only for its proof: state, policy,
//     lockout and record are the same each time.
//
// What a door does with the actor is not known here.
package authn

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/session"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Authenticator signs people and machines in.
type Authenticator struct {
	dir      *directory.Directory
	st       store.Store
	sessions *session.Sessions
	cheap    *cache
	gate     *gate
	log      *slog.Logger
}

// New returns an authenticator for the accounts of dir. st is where sessions are
// kept.
func New(dir *directory.Directory, st store.Store, log *slog.Logger) *Authenticator {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Authenticator{
		dir: dir, st: st, sessions: session.New(st, dir.Now), cheap: newCache(), gate: newGate(), log: log,
	}
}

// Sessions are the browsers' sessions.
func (a *Authenticator) Sessions() *session.Sessions { return a.sessions }

// SignIn tests a password against the account a name means, and returns the
// actor it may act as.
func (a *Authenticator) SignIn(ctx context.Context, at policy.Attempt, name string, pw credential.Password) (ident.Actor, error) {
	actor, _, err := a.signIn(ctx, at, name, pw, true)
	return actor, err
}

// signIn is the whole way: load, judge, record. tells says that the record may
// follow the answer to disk, as for what only tells; what gives something out
// records the sign-in itself, durably, with what it gives.
func (a *Authenticator) signIn(ctx context.Context, at policy.Attempt, name string, pw credential.Password, tells bool) (ident.Actor, *audit.Record, error) {
	now := a.dir.Now()
	s := a.dir.SignInState(name)
	rec := a.recordOf(&at, name, s.Entry)

	if dec := policy.Before(&at, s.Rules); dec.Verdict == policy.Deny {
		return ident.Actor{}, nil, a.refused(rec, dec)
	}
	if pw == "" {
		// RFC 4513 §5.1.2: a name without a password is nobody's sign-in.
		dec := policy.Decision{Rule: "proof", Reason: "empty password", Err: fault.New(fault.Unauthenticated, "the user name or the password is wrong")}
		return ident.Actor{}, nil, a.refused(rec, dec)
	}
	network := credential.Network(at.Source)
	proved, err := a.prove(ctx, &s, name, pw, network)
	if err != nil {
		return ident.Actor{}, nil, err
	}
	acct := accountOf(&s, network, now)
	dec := policy.Decide(&at, acct, proved)
	if dec.Verdict == policy.Deny {
		if dec.Counts && s.Entry != nil && s.Entry.Kind() == ident.KindUser {
			if err := a.dir.CountWrong(ctx, s.Entry.ID, s.Policy, network); err != nil {
				a.log.Warn("sign-in: a wrong password was not counted", "err", err)
			}
		}
		return ident.Actor{}, nil, a.refused(rec, dec)
	}
	// The account may have changed while the proof was tested.
	if !a.dir.Still(&s) {
		return a.signIn(ctx, at, name, pw, tells)
	}
	if len(countersOf(&s)) > 0 && s.Lockout.Lock(s.Policy, network, now) == nil {
		if err := a.dir.ForgetWrong(ctx, s.Entry.ID); err != nil {
			a.log.Warn("sign-in: wrong passwords were not forgotten", "err", err)
		}
	}
	proof := a.dir.ProofTime(s.Entry, now)
	proven := ident.Proven{
		Who: s.Entry.Ref(), Methods: []ident.Method{{Name: "pwd", At: proof}}, At: proof, Source: at.Source, Door: string(at.Door),
	}
	if dec.Verdict == policy.Limit {
		proven.Limit = ident.OnlyPassword
	}
	rec.Actor, rec.Methods, rec.Rule, rec.Result = s.Entry.Ref(), proven.Methods, dec.Rule, audit.Success
	if tells {
		if err := a.dir.Audit().Note(rec); err != nil {
			return ident.Actor{}, nil, err // unrecorded is unproved
		}
	}
	return ident.Mint(proven), rec, nil
}

func countersOf(s *directory.SignInState) []credential.Counter {
	if s.Lockout == nil {
		return nil
	}
	return s.Lockout.Networks
}

// recordOf begins the record of a sign-in.
func (a *Authenticator) recordOf(at *policy.Attempt, name string, e *directory.Entry) *audit.Record {
	r := &audit.Record{
		Kind: audit.SignIn, Action: "signIn", Door: string(at.Door), Client: string(at.Client), TLS: at.TLS, Source: at.Source, Scope: at.App,
		Target: ident.Ref{Kind: ident.KindUser, Name: nameOf(name)},
	}
	if e != nil {
		r.Target = e.Ref()
	}
	return r
}

// nameOf bounds what is recorded of a name that is nobody's.
func nameOf(name string) string {
	const most = 128
	if len(name) > most {
		return name[:most] + "…"
	}
	return name
}

// refused counts a refusal and returns what the caller is told.
func (a *Authenticator) refused(rec *audit.Record, dec policy.Decision) error {
	rec.Result, rec.Rule, rec.Reason = audit.Failure, dec.Rule, dec.Reason
	if hint := fault.Hint(dec.Err); hint != "" && dec.Rule == "legacy-bind" {
		a.log.Warn("sign-in refused: the password came in clear", "name", rec.Target.Name, "source", rec.Source, "do", hint)
	}
	a.dir.Audit().Refuse(rec)
	return dec.Err
}

// accountOf is what the decision needs to know.
func accountOf(s *directory.SignInState, network string, now time.Time) policy.Account {
	if s.Entry == nil {
		return policy.Account{}
	}
	e, c := s.Entry, s.Credential
	acct := policy.Account{
		Known:    true,
		Disabled: e.Disabled(),
		Expired:  !e.Expires().IsZero() && !now.Before(e.Expires()),
		Locked:   e.Kind() == ident.KindUser && s.Lockout.Lock(s.Policy, network, now) != nil,
	}
	if c != nil {
		acct.MustChange = c.Must || s.Policy.Expired(c, now) && e.Control&directory.ControlNoExpire == 0
	}
	return acct
}

// prove tests the password. For an unknown name, and an account that has none, it
// does the same work on a decoy.
func (a *Authenticator) prove(ctx context.Context, s *directory.SignInState, name string, pw credential.Password, network string) (bool, error) {
	if len(pw) > 1024 {
		pw = pw[:1024] // of no account; the work is bounded
	}
	if s.Credential != nil && a.cheap.holds(s.Credential, pw, a.dir.Now()) {
		return true, nil
	}
	leave, err := a.gate.enter(ctx, network)
	if err != nil {
		return false, err
	}
	defer leave()
	if s.Credential == nil || !s.Credential.Usable {
		credential.Burn(pw, a.dir.Decoy(name))
		return false, nil
	}
	if !s.Credential.Verify(pw) {
		return false, nil
	}
	a.cheap.keep(s.Credential, pw, a.dir.Now())
	return true, nil
}

// ChangePassword changes an account's password with the present one as proof, at
// any door: it is a sign-in like any other, and works for one that must change.
func (a *Authenticator) ChangePassword(ctx context.Context, at policy.Attempt, name string, old, pw credential.Password) error {
	at.Change = true
	actor, err := a.SignIn(ctx, at, name, old)
	if err != nil {
		return err
	}
	return a.dir.As(actor).ChangePassword(ctx, pw)
}

// Begin signs a person in at a browser and begins a session, whose token it
// returns. The sign-in and the issue are one record, on disk before the token
// leaves.
func (a *Authenticator) Begin(ctx context.Context, at policy.Attempt, name string, pw credential.Password, agent string) (token string, actor ident.Actor, err error) {
	actor, rec, err := a.signIn(ctx, at, name, pw, false)
	if err != nil {
		return "", ident.Actor{}, err
	}
	token = session.NewToken()
	s := a.sessions.Prepare(token, actor, agent)
	rec.Kind, rec.Token = audit.Issue, s.ID[:16]
	_, err = a.dir.Audit().Commit(ctx, a.st, false, func(tx store.Tx) (*audit.Record, error) {
		r := *rec
		return &r, session.Table.Put(tx, s)
	})
	if err != nil {
		return "", ident.Actor{}, err
	}
	return token, actor, nil
}

// Resume returns the actor of a browser's session; ok is false if it has ended
// or its proof no longer holds.
func (a *Authenticator) Resume(ctx context.Context, token string) (actor ident.Actor, s session.Session, ok bool, err error) {
	s, ok, err = a.sessions.Find(ctx, token)
	if err != nil || !ok {
		return ident.Actor{}, session.Session{}, false, err
	}
	who := s.Who
	if e, err := a.dir.ByID(who.ID); err == nil {
		who = e.Ref() // renamed since
	}
	actor = ident.Mint(ident.Proven{
		Who: who, Methods: s.Methods, At: s.At, Until: s.Ends(), Source: s.Source,
		Door: string(policy.Portal), Session: s.ID[:16], Limit: s.Limit,
	})
	return actor, s, a.dir.As(actor).Valid() == nil, nil
}

// End ends a session, at its owner's wish.
func (a *Authenticator) End(ctx context.Context, actor ident.Actor, s session.Session) error {
	r := (&audit.Record{Kind: audit.SignIn, Action: "signOut", Target: s.Who, Token: s.ID[:16]}).By(actor)
	_, err := a.dir.Audit().Commit(ctx, a.st, true, func(tx store.Tx) (*audit.Record, error) {
		c := *r
		return &c, session.Table.Delete(tx, s.ID)
	})
	if ferr := a.sessions.End(ctx, s.ID); err == nil {
		err = ferr
	}
	return err
}

// Local is the actor of root at a server's local socket. login is who root was
// before, if the system knows.
func Local(host, login string, now time.Time) ident.Actor {
	return ident.Mint(ident.Proven{
		Who: ident.Ref{Kind: ident.KindLocal, Name: "local:" + strings.TrimSpace(host)},
		At:  now, Door: string(policy.Local), Login: login,
	})
}
