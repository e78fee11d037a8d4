package directory

import (
	"context"
	"slices"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// mayAssign makes assignments of roles to a principal, if the actor may give
// them.
func (a As) mayAssign(roles []ident.ID, principal ident.ID) ([]role.Assignment, error) {
	var out []role.Assignment
	for _, id := range roles {
		if d := role.ByID(id); d == nil || d.ID == role.DomainAdministrators {
			return nil, fault.New(fault.NotFound, "there is no role %s", id).WithField("roles")
		}
		if _, err := a.require(role.RoleAssign, nil); err != nil {
			return nil, err
		}
		out = append(out, role.Assignment{ID: ident.NewID(), Principal: principal, Role: id, Scope: "/", Created: a.d.Now(), By: a.by.Who()})
	}
	return out, nil
}

// Assign gives a role to a principal, until a time if one is given. An
// assignment that is there already is returned as it is.
func (a As) Assign(ctx context.Context, principal, roleID ident.ID, until time.Time) (role.Assignment, error) {
	target, err := a.d.ByID(principal)
	if err != nil {
		return role.Assignment{}, err
	}
	if !target.Class.Principal() {
		return role.Assignment{}, fault.New(fault.Invalid, "%s can hold no role", target.Name())
	}
	made, err := a.mayAssign([]ident.ID{roleID}, principal)
	if err != nil {
		return role.Assignment{}, err
	}
	x := made[0]
	x.Until = until
	a.d.m.mu.RLock()
	for _, h := range a.d.m.held[principal] {
		if h.Role == roleID && h.Scope == x.Scope && h.Until.Equal(until) {
			x = *h
		}
	}
	a.d.m.mu.RUnlock()
	if x.ID != made[0].ID {
		return x, nil
	}
	rule, err := a.require(role.RoleAssign, nil)
	if err != nil {
		return role.Assignment{}, err
	}
	err = a.d.commit(ctx, false, func(tx store.Tx) (*audit.Record, error) {
		if _, err := current(tx, principal); err != nil {
			return nil, err
		}
		r := &audit.Record{Kind: audit.Change, Action: "role.assign", Rule: rule, Target: target.Ref(), Scope: x.Scope,
			Diffs: []audit.Diff{{Attr: "role", New: []string{role.ByID(roleID).Name}}}}
		return r.By(a.by), role.Assignments.Put(tx, x)
	})
	return x, err
}

// Unassign takes a role away. What its holder proved before no longer holds.
func (a As) Unassign(ctx context.Context, assignment ident.ID) error {
	a.d.m.mu.RLock()
	x := a.d.m.assignments[assignment]
	a.d.m.mu.RUnlock()
	if x == nil {
		return fault.New(fault.NotFound, "there is no role assignment %s", assignment)
	}
	target := a.d.entryByID(x.Principal)
	rule, err := a.require(role.RoleAssign, nil)
	if err != nil {
		return err
	}
	return a.d.commit(ctx, true, func(tx store.Tx) (*audit.Record, error) {
		if x.Role == role.GlobalAdministrator {
			if err := a.d.keepAnAdministrator(tx, x.Principal); err != nil {
				return nil, err
			}
		}
		if err := role.Assignments.Delete(tx, assignment.String()); err != nil {
			return nil, err
		}
		if err := a.d.endProofs(tx, x.Principal); err != nil {
			return nil, err
		}
		for _, m := range a.d.AllMembers(x.Principal) {
			if err := a.d.endProofs(tx, m.Group.ID); err != nil {
				return nil, err
			}
		}
		r := &audit.Record{Kind: audit.Change, Action: "role.remove", Rule: rule, Scope: x.Scope, Diffs: []audit.Diff{{Attr: "role", Old: []string{x.Name()}}}}
		if target != nil {
			r.Target = target.Ref()
		}
		return r.By(a.by), nil
	})
}

// guardKey is read and written by everything that could take the last
// administrator away, so that two such changes at once conflict.
const guardKey = "guard/administrators"

// keepAnAdministrator refuses a change that would leave nobody who can administer
// everything: no enabled person who is Global Administrator, can sign in, and is
// so without what is lost: a person, or a group on the way.
func (d *Directory) keepAnAdministrator(tx store.Tx, losing ident.ID) error {
	d.m.mu.RLock()
	lost, left := 0, 0
	for _, e := range d.m.byClass[schema.User] {
		switch now := d.cfg.Now(); {
		case d.m.administers(e, now, losing):
			left++
		case d.m.administers(e, now, ident.ID{}):
			lost++
		}
	}
	d.m.mu.RUnlock()
	if lost == 0 {
		return nil
	}
	if left == 0 {
		return fault.New(fault.Denied, "this would leave nobody who can administer the domain").
			WithHint("make another Global Administrator first: selfsame role assign \"Global Administrator\" NAME")
	}
	if _, err := tx.Get(guardKey); err != nil {
		return err
	}
	return tx.Put(guardKey, losing[:])
}

// administers reports whether a person is Global Administrator, for good and not
// by way of without, and could sign in. The caller holds mu.
func (m *model) administers(e *Entry, now time.Time, without ident.ID) bool {
	c := m.credentials[e.ID]
	if e.ID == without || e.Disabled() || c == nil || !c.Usable || !e.expires.IsZero() && !now.Before(e.expires) {
		return false
	}
	holds := func(id ident.ID) bool {
		return slices.ContainsFunc(m.held[id], func(a *role.Assignment) bool { return a.Role == role.GlobalAdministrator && a.Until.IsZero() })
	}
	seen := map[ident.ID]bool{e.ID: true, without: true}
	for queue := []ident.ID{e.ID}; len(queue) > 0; queue = queue[1:] {
		if holds(queue[0]) {
			return true
		}
		for _, g := range m.groups[queue[0]] {
			if !seen[g] {
				seen[g] = true
				queue = append(queue, g)
			}
		}
	}
	return false
}
