package directory

import (
	"context"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// SetPassword gives an account a new password; must says that its owner changes
// it at the next sign-in. Everything proved with the old one ends.
func (a As) SetPassword(ctx context.Context, id ident.ID, pw credential.Password, must bool) error {
	e, err := a.d.ByID(id)
	if err != nil {
		return err
	}
	action := role.UserPassword
	if e.Class.Machine() {
		action = role.ComputerPasswd
	}
	if !e.Class.Account() {
		return fault.New(fault.Invalid, "%s has no password", e.Name())
	}
	rule, err := a.require(action, e)
	if err != nil {
		return err
	}
	return a.storePassword(ctx, e, pw, must, kindWord(e)+".resetPassword", rule)
}

// ChangePassword gives the actor a new password. That the old one is known was
// proved by the sign-in this actor comes from, a moment ago.
func (a As) ChangePassword(ctx context.Context, pw credential.Password) error {
	if err := a.Valid(); err != nil {
		return err
	}
	e, err := a.d.ByID(a.by.Who().ID)
	if err != nil {
		return err
	}
	if e.Class.Machine() {
		return a.storePassword(ctx, e, pw, false, "computer.changePassword", "self") // by no policy: it draws its own
	}
	rec := a.d.credentialOf(e.ID)
	pol := a.d.PasswordPolicy(e)
	if rec == nil || e.Class != schema.User {
		return fault.New(fault.Invalid, "%s has no password to change", e.Name())
	}
	if err := pol.Accept(pw, e.Login, e.First(schema.DisplayName)); err != nil {
		return err
	}
	if err := pol.AcceptFor(rec, pw, a.d.Now()); err != nil {
		return err
	}
	return a.storePassword(ctx, e, pw, false, "user.changePassword", "self")
}

func (a As) storePassword(ctx context.Context, e *Entry, pw credential.Password, must bool, action, rule string) error {
	// A machine renews its own every month, in the middle of its work: nothing of what
	// it proved was somebody else's.
	renews := e.Class.Machine() && a.by.Is(e.ID)
	for {
		base := a.d.credentialOf(e.ID)
		if base == nil {
			base = &credential.Record{ID: e.ID}
		}
		next, err := a.prepare(e, pw, *base, must)
		if err != nil {
			return err
		}
		if renews {
			*next = next.Renewed(base)
		}
		raced := false
		err = a.d.commit(ctx, true, func(tx store.Tx) (*audit.Record, error) {
			now, _, err := credential.Table.Get(tx, e.ID.String())
			if err != nil {
				return nil, err
			}
			if raced = now.Gen != base.Gen; raced {
				return nil, nil // somebody set it meanwhile: the version has moved on
			}
			if err := credential.Table.Put(tx, *next); err != nil {
				return nil, err
			}
			if err := credential.LockoutTable.Delete(tx, e.ID.String()); err != nil {
				return nil, err
			}
			if !renews {
				if err := a.d.endProofs(tx, e.ID); err != nil {
					return nil, err
				}
			}
			r := &audit.Record{Kind: audit.Change, Action: action, Rule: rule, Target: e.Ref()}
			return r.By(a.by), nil
		})
		if err != nil || !raced {
			return err
		}
	}
}

// Revoke ends everything the account has proved: it is signed out everywhere.
func (a As) Revoke(ctx context.Context, id ident.ID) error {
	e, err := a.d.ByID(id)
	if err != nil {
		return err
	}
	rule := "self"
	if !a.by.Is(id) {
		if rule, err = a.require(role.UserRevoke, e); err != nil {
			return err
		}
	} else if err := a.Valid(); err != nil {
		return err
	}
	return a.d.commit(ctx, true, func(tx store.Tx) (*audit.Record, error) {
		r := &audit.Record{Kind: audit.Change, Action: kindWord(e) + ".revoke", Rule: rule, Target: e.Ref()}
		return r.By(a.by), a.d.endProofs(tx, id)
	})
}

// Unlock lets an account sign in again that wrong passwords locked out.
func (a As) Unlock(ctx context.Context, id ident.ID) error {
	return a.Modify(ctx, id, []Mod{{ModReplace, schema.LockoutTime, [][]byte{[]byte("0")}}})
}

// SetEnabled switches an account on or off.
func (a As) SetEnabled(ctx context.Context, id ident.ID, on bool) error {
	e, err := a.d.ByID(id)
	if err != nil {
		return err
	}
	if !e.Class.Account() {
		return fault.New(fault.Invalid, "%s cannot be switched off", e.Name())
	}
	bits := e.Control | ControlDisabled
	if on {
		bits = e.Control &^ ControlDisabled
	}
	return a.Modify(ctx, id, []Mod{{ModReplace, schema.UserAccountControl, [][]byte{itoa(int64(bits))}}})
}

// DropPassword makes an account one that no password signs in to, until it is
// given a new one: after a restore brought an old password back.
func (a As) DropPassword(ctx context.Context, id ident.ID) error {
	e, err := a.d.ByID(id)
	if err != nil {
		return err
	}
	rule, err := a.require(role.UserPassword, e)
	if err != nil {
		return err
	}
	return a.d.commit(ctx, true, func(tx store.Tx) (*audit.Record, error) {
		rec, ok, err := credential.Table.Get(tx, id.String())
		if err != nil || !ok || !rec.Usable {
			return nil, err
		}
		if err := credential.Table.Put(tx, rec.Drop()); err != nil {
			return nil, err
		}
		r := &audit.Record{Kind: audit.Change, Action: kindWord(e) + ".dropPassword", Rule: rule, Target: e.Ref()}
		return r.By(a.by), a.d.endProofs(tx, id)
	})
}

// ResetAdministrator makes the built-in account one that can sign in and
// administer everything, whatever was done to it.
func (a As) ResetAdministrator(ctx context.Context, pw credential.Password, must bool) (*Entry, error) {
	dom := a.d.Domain()
	a.d.m.mu.RLock()
	e := a.d.m.sid[dom.SID.With(ident.RIDAdministrator)]
	a.d.m.mu.RUnlock()
	if e == nil {
		return nil, fault.New(fault.NotFound, "the built-in administrator was removed").
			WithHint("make another: selfsame user add NAME --role \"Global Administrator\"")
	}
	if _, err := a.Assign(ctx, e.ID, role.GlobalAdministrator, time.Time{}); err != nil {
		return nil, err
	}
	if err := a.Modify(ctx, e.ID, []Mod{
		{ModReplace, schema.UserAccountControl, [][]byte{itoa(int64(e.Control &^ ControlDisabled))}},
		{ModReplace, schema.AccountExpires, [][]byte{itoa(0)}},
	}); err != nil {
		return nil, err
	}
	return e, a.SetPassword(ctx, e.ID, pw, must)
}

// CountWrong counts a wrong password to an account's lockout. Only the
// authenticator calls it; the sign-in's own record tells of it.
func (d *Directory) CountWrong(ctx context.Context, id ident.ID, pol *credential.Policy, network string) error {
	rev, err := d.cfg.Store.Update(ctx, func(tx store.Tx) error {
		c, _, err := credential.LockoutTable.Get(tx, id.String())
		if err != nil {
			return err
		}
		c.ID = id
		return credential.LockoutTable.Put(tx, c.Fail(pol, network, d.Now()))
	})
	if err != nil {
		return asFault(err)
	}
	return d.m.seen.Wait(ctx, rev)
}

// ForgetWrong forgets the wrong passwords of an account after a right one.
func (d *Directory) ForgetWrong(ctx context.Context, id ident.ID) error {
	rev, err := d.cfg.Store.Update(ctx, func(tx store.Tx) error {
		return credential.LockoutTable.Delete(tx, id.String())
	})
	if err != nil {
		return asFault(err)
	}
	return d.m.seen.Wait(ctx, rev)
}
