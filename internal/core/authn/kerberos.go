package authn

import (
	"context"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// SignInWithKey tests what was encrypted with an account's key. e is the account
// the client's name means, nil for none; test tries one set of keys, and gets a
// decoy's where there are no others. What it returns as an error is no wrong proof,
// and ends the sign-in without one being counted.
//
// The sign-in is not recorded: whoever issues the ticket writes the record with
// the ticket's id in it.
func (a *Authenticator) SignInWithKey(ctx context.Context, at policy.Attempt, e *directory.Entry, name string, test func(*credential.Set) (bool, error)) (*Proved, error) {
	return a.signIn(ctx, &at, &proof{
		name: name, method: "pwd", guess: true,
		state: func() directory.SignInState { return a.dir.SignInStateOf(e) },
		test: func(_ context.Context, s *directory.SignInState, _ string) (bool, error) {
			c := s.Credential
			if c == nil || !c.Usable {
				_, err := test(&a.decoy.keys) // the time it takes is all that counts
				return false, err
			}
			return test(&c.Current)
		},
	})
}

// Ticket is what a ticket that was opened and found genuine says of its owner.
type Ticket struct {
	ID    string    // of the ticket, for the record
	Owner ident.SID // as the KDC that made it knew the owner
	Name  string    // the name the owner went by
	At    time.Time // when the owner proved who it is
	Until time.Time // when the ticket ends
}

// Present decides a ticket: the account is looked at again each time one is
// shown, so that one who was disabled, removed or signed out everywhere is out.
// The record is the caller's to write.
func (a *Authenticator) Present(ctx context.Context, at policy.Attempt, t Ticket) (*Proved, error) {
	p, err := a.signIn(ctx, &at, &proof{
		name: t.Name, method: "ticket", at: t.At, until: t.Until,
		state: func() directory.SignInState { return a.dir.SignInStateOf(a.dir.BySID(t.Owner)) },
		test: func(context.Context, *directory.SignInState, string) (bool, error) {
			return true, nil
		},
	})
	if err != nil {
		return nil, err
	}
	p.Record.Parent = t.ID
	if err := a.dir.As(p.Actor).Valid(); err != nil {
		return nil, a.refused(p.Record, policy.Decision{Rule: "validFrom", Reason: "the ticket no longer holds", Err: err})
	}
	return p, nil
}

// SignInWithTicket is Present for a door that gives nothing out: the sign-in is
// recorded as it stands.
func (a *Authenticator) SignInWithTicket(ctx context.Context, at policy.Attempt, t Ticket) (ident.Actor, error) {
	p, err := a.Present(ctx, at, t)
	if err != nil {
		return ident.Actor{}, err
	}
	return p.Actor, a.tell(p)
}

// Reject records that something shown as a proof was none: forged, replayed, or
// meant for somebody else. It returns what the caller is told.
func (a *Authenticator) Reject(at policy.Attempt, name, reason string) error {
	err := fault.New(fault.Unauthenticated, "the ticket is not accepted").WithHint("get a new one: kinit")
	return a.refused(a.recordOf(&at, name, nil), policy.Decision{Rule: "proof", Reason: reason, Err: err})
}
