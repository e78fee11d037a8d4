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
	"net/netip"
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
	decoy    decoy
	log      *slog.Logger
	witness  Witness
}

// Witness hears of machines that prove who they are.
type Witness interface {
	Seen(ctx context.Context, id ident.ID, source netip.Addr, door string)
}

// Tell names who hears of machines. It is called before the first sign-in.
func (a *Authenticator) Tell(w Witness) { a.witness = w }

// New returns an authenticator for the accounts of dir. st is where sessions are
// kept.
func New(dir *directory.Directory, st store.Store, log *slog.Logger) *Authenticator {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Authenticator{
		dir: dir, st: st, sessions: session.New(st, dir.Now), cheap: newCache(), gate: newGate(), decoy: newDecoy(), log: log,
	}
}

// Sessions are the browsers' sessions.
func (a *Authenticator) Sessions() *session.Sessions { return a.sessions }

// Proved is a sign-in that was proved: who, and the record that tells of it. What
// gives something out fills the record in and writes it with what it gives, so
// that both are one.
type Proved struct {
	Actor      ident.Actor
	Entry      *directory.Entry
	Credential *credential.Record
	Record     *audit.Record
}

// proof is what somebody offers: for which account, and how it is tested.
type proof struct {
	name   string // as it was given, for the record
	method string // of RFC 8176 where it has one
	at     time.Time
	until  time.Time
	state  func() directory.SignInState
	// test tests the proof. For an account that does not exist or has no such
	// credential it does the same work in vain.
	test func(ctx context.Context, s *directory.SignInState, network string) (bool, error)
	// guess says that a wrong proof counts to a lockout, and that one who is locked
	// out is refused: a password can be guessed, a ticket cannot.
	guess bool
}

// SignIn tests a password against the account a name means, and returns the
// actor it may act as.
func (a *Authenticator) SignIn(ctx context.Context, at policy.Attempt, name string, pw credential.Password) (ident.Actor, error) {
	p, err := a.password(ctx, &at, name, pw)
	if err != nil {
		return ident.Actor{}, err
	}
	return p.Actor, a.tell(p)
}

// tell records a sign-in that gives nothing out. The record may follow the answer
// to disk.
func (a *Authenticator) tell(p *Proved) error {
	return a.dir.Audit().Note(p.Record) // unrecorded is unproved
}

// password is the proof by a password.
func (a *Authenticator) password(ctx context.Context, at *policy.Attempt, name string, pw credential.Password) (*Proved, error) {
	return a.signIn(ctx, at, &proof{
		name: name, method: "pwd", guess: true,
		state: func() directory.SignInState { return a.dir.SignInState(name) },
		test: func(ctx context.Context, s *directory.SignInState, network string) (bool, error) {
			if pw == "" {
				return false, errEmpty
			}
			return a.prove(ctx, s, name, pw, network)
		},
	})
}

// errEmpty says that nothing was offered. RFC 4513 §5.1.2: a name without a
// password is nobody's sign-in.
var errEmpty = fault.New(fault.Unauthenticated, "the user name or the password is wrong")

// signIn is the whole way: load, judge, record.
func (a *Authenticator) signIn(ctx context.Context, at *policy.Attempt, p *proof) (*Proved, error) {
	for {
		now := a.dir.Now()
		s := p.state()
		rec := a.recordOf(at, p.name, s.Entry)
		if dec := policy.Before(at, s.Rules); dec.Verdict == policy.Deny {
			return nil, a.refused(rec, dec)
		}
		network := credential.Network(at.Source)
		proved, err := p.test(ctx, &s, network)
		if err == errEmpty {
			return nil, a.refused(rec, policy.Decision{Rule: "proof", Reason: "empty password", Err: err})
		}
		if err != nil {
			return nil, err
		}
		if s.Entry == nil {
			s.Lockout = a.dir.Lockout(a.decoyID(p.name))
		}
		acct := accountOf(&s, network, now)
		acct.Locked = acct.Locked && p.guess
		dec := policy.Decide(at, acct, proved)
		if dec.Verdict == policy.Deny {
			if dec.Counts && p.guess {
				a.countWrong(ctx, &s, p.name, network)
			}
			return nil, a.refused(rec, dec)
		}
		// The account may have changed while the proof was tested.
		if !a.dir.Still(&s) {
			continue
		}
		if p.guess {
			a.forgetWrong(ctx, &s, network, now)
		}
		if a.witness != nil && s.Entry.Kind() == ident.KindComputer {
			a.witness.Seen(ctx, s.Entry.ID, at.Source, string(at.Door))
		}
		return a.proven(at, p, &s, &dec, rec), nil
	}
}

// proven is the actor of a sign-in that was decided, with its record.
func (a *Authenticator) proven(at *policy.Attempt, p *proof, s *directory.SignInState, dec *policy.Decision, rec *audit.Record) *Proved {
	when := p.at
	if when.IsZero() {
		when = a.dir.ProofTime(s.Entry, a.dir.Now())
	}
	proven := ident.Proven{
		Who: s.Entry.Ref(), Methods: []ident.Method{{Name: p.method, At: when}}, At: when, Until: p.until,
		Source: at.Source, Door: string(at.Door),
	}
	if dec.Verdict == policy.Limit {
		proven.Limit = ident.OnlyPassword
	}
	rec.Actor, rec.Methods, rec.Rule, rec.Result = s.Entry.Ref(), proven.Methods, dec.Rule, audit.Success
	return &Proved{Actor: ident.Mint(proven), Entry: s.Entry, Credential: s.Credential, Record: rec}
}

// countWrong counts a wrong password. Machines are not locked out: adcli tries salts
// until one fits. For a name that is nobody's it counts too, so that it takes as
// long, and goes on for as long.
func (a *Authenticator) countWrong(ctx context.Context, s *directory.SignInState, name, network string) {
	id := a.decoyID(name)
	if s.Entry != nil {
		id = s.Entry.ID
	}
	if s.Entry != nil && s.Entry.Kind() != ident.KindUser || s.Entry == nil && namesMachine(name) {
		return
	}
	if err := a.dir.CountWrong(ctx, id, s.Policy, network); err != nil {
		a.log.Warn("sign-in: a wrong password was not counted", "err", err)
	}
}

func (a *Authenticator) forgetWrong(ctx context.Context, s *directory.SignInState, network string, now time.Time) {
	if len(countersOf(s)) == 0 || s.Lockout.Lock(s.Policy, network, now) != nil {
		return
	}
	if err := a.dir.ForgetWrong(ctx, s.Entry.ID); err != nil {
		a.log.Warn("sign-in: wrong passwords were not forgotten", "err", err)
	}
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
		return policy.Account{Locked: s.Lockout.Lock(s.Policy, network, now) != nil}
	}
	e, c := s.Entry, s.Credential
	acct := policy.Account{
		Known:    true,
		Disabled: e.Disabled(),
		Expired:  !e.Expires().IsZero() && !now.Before(e.Expires()),
		Locked:   e.Kind() == ident.KindUser && s.Lockout.Lock(s.Policy, network, now) != nil,
	}
	if c != nil {
		acct.Expired = acct.Expired || c.Over(now)
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
	p, err := a.password(ctx, &at, name, pw)
	if err != nil {
		return "", ident.Actor{}, err
	}
	return a.begin(ctx, p, agent)
}

// BeginWithTicket is Begin for whoever shows a ticket.
func (a *Authenticator) BeginWithTicket(ctx context.Context, at policy.Attempt, t Ticket, agent string) (token string, actor ident.Actor, err error) {
	p, err := a.Present(ctx, at, t)
	if err != nil {
		return "", ident.Actor{}, err
	}
	return a.begin(ctx, p, agent)
}

// begin begins the session of a sign-in.
func (a *Authenticator) begin(ctx context.Context, p *Proved, agent string) (token string, actor ident.Actor, err error) {
	rec := p.Record
	token = session.NewToken()
	s := a.sessions.Prepare(token, p.Actor, agent)
	rec.Kind, rec.Token = audit.Issue, s.ID[:16]
	_, err = a.dir.Audit().Commit(ctx, a.st, false, func(tx store.Tx) (*audit.Record, error) {
		r := *rec
		return &r, session.Table.Put(tx, s)
	})
	if err != nil {
		return "", ident.Actor{}, err
	}
	return token, p.Actor, nil
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
