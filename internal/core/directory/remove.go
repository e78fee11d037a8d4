package directory

import (
	"context"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// removeAction is the action that removing an entry of a class is.
func removeAction(c schema.Class) (role.Action, bool) {
	switch c {
	case schema.User:
		return role.UserDelete, true
	case schema.Group:
		return role.GroupDelete, true
	case schema.Computer, schema.ManagedServiceAccount:
		return role.ComputerDelete, true
	case schema.OrganizationalUnit:
		return role.UnitManage, true
	}
	return objectAction(c)
}

// Delete removes an entry, with its memberships, roles and credentials. Its
// object id, SID and numbers are never given out again.
func (a As) Delete(ctx context.Context, id ident.ID) error {
	e, err := a.d.ByID(id)
	if err != nil {
		return err
	}
	action, ok := removeAction(e.Class)
	if !ok || e.System && e.Login != Administrator {
		return fault.New(fault.Denied, "%s belongs to the domain and cannot be removed", e.Name())
	}
	rule, err := a.require(action, e)
	if err != nil {
		return err
	}
	if a.by.Is(id) {
		return fault.New(fault.Denied, "nobody removes their own account").WithHint("ask another administrator")
	}
	if a.d.Children(id) > 0 {
		return fault.New(fault.Invalid, "%s is not empty", e.Name()).WithCode(fault.CodeNotLeaf).WithHint("remove or move what is in it first")
	}
	dom := a.d.Domain()
	return a.d.commit(ctx, true, func(tx store.Tx) (*audit.Record, error) {
		old, err := current(tx, id)
		if err != nil {
			return nil, err
		}
		if err := a.d.keepAnAdministrator(tx, id); err != nil {
			return nil, err
		}
		if err := a.ungrant(tx, old, nil); err != nil {
			return nil, err
		}
		groups, err := a.d.detach(tx, old)
		if err != nil {
			return nil, err
		}
		if err := a.d.reclaim(tx, &dom, old, nil); err != nil {
			return nil, err
		}
		for _, del := range []func(store.Tx, string) error{entries.Delete, credential.Table.Delete, credential.LockoutTable.Delete} {
			if err := del(tx, id.String()); err != nil {
				return nil, err
			}
		}
		r := &audit.Record{Kind: audit.Change, Action: kindWord(e) + ".delete", Rule: rule, Target: e.Ref()}
		for _, v := range old.Attrs {
			r.Diffs = append(r.Diffs, audit.Diff{Attr: schema.Of(v.Attr).Name, Old: a.d.texts(v)})
		}
		if len(groups) > 0 {
			r.Diffs = append(r.Diffs, audit.Diff{Attr: "memberOf", Old: groups})
		}
		return r.By(a.by), nil
	})
}

// detach takes an entry out of its groups, ends its roles, and empties it if it
// is a group.
func (d *Directory) detach(tx store.Tx, e *Entry) (groups []string, err error) {
	d.m.mu.RLock()
	in := d.m.groups[e.ID]
	held := d.m.held[e.ID]
	d.m.mu.RUnlock()
	for _, g := range in {
		if _, _, err := changeMembers(tx, g, nil, []ident.ID{e.ID}); err != nil {
			return nil, err
		}
		groups = append(groups, d.logNames([]ident.ID{g})...)
	}
	for _, a := range held {
		if err := role.Assignments.Delete(tx, a.ID.String()); err != nil {
			return nil, err
		}
	}
	if e.Class != schema.Group {
		return groups, nil
	}
	if d.IsProtected(e.ID) {
		for _, m := range d.AllMembers(e.ID) {
			if err := d.endProofs(tx, m.Group.ID); err != nil {
				return nil, err
			}
		}
	}
	return groups, dropGroup(tx, e.ID)
}

// Rename gives an entry another name, another place, or both. A principal's login
// name follows its name. Empty arguments leave things as they are.
func (a As) Rename(ctx context.Context, id ident.ID, name string, parent ident.ID) error {
	e, err := a.d.ByID(id)
	if err != nil {
		return err
	}
	action, ok := renameAction(e.Class)
	if !ok || e.System {
		return fault.New(fault.Denied, "%s belongs to the domain and keeps its name", e.Name())
	}
	rule, err := a.require(action, e)
	if err != nil {
		return err
	}
	now := e.clone()
	if err := a.rename(now, name); err != nil {
		return err
	}
	if !parent.IsZero() {
		now.Parent = parent
	}
	if err := a.d.mayHold(now); err != nil {
		return err
	}
	if a.d.under(now.Parent, id) {
		return fault.New(fault.Invalid, "%s cannot be moved below itself", e.Name())
	}
	dom := a.d.Domain()
	return a.d.commit(ctx, true, func(tx store.Tx) (*audit.Record, error) {
		old, err := current(tx, id)
		if err != nil {
			return nil, err
		}
		if _, err := current(tx, now.Parent); err != nil {
			return nil, err
		}
		next := old.clone()
		next.RDN, next.Login, next.Parent, next.Changed = now.RDN, now.Login, now.Parent, a.d.Now()
		if next.Login != old.Login {
			next.ValidFrom = later(next.ValidFrom, a.d.Now())
			if upn := old.First(schema.UserPrincipalName); upn == old.Login+"@"+dom.Name {
				next.setText(schema.UserPrincipalName, next.Login+"@"+dom.Name)
			}
		}
		if err := a.d.reclaim(tx, &dom, old, next); err != nil {
			return nil, err
		}
		if err := put(tx, next); err != nil {
			return nil, err
		}
		r := &audit.Record{Kind: audit.Change, Action: kindWord(e) + ".rename", Rule: rule, Target: e.Ref()}
		if next.Name() != old.Name() {
			r.Diffs = append(r.Diffs, audit.Diff{Attr: "name", Old: []string{old.Name()}, New: []string{next.Name()}})
		}
		if next.Parent != old.Parent {
			r.Diffs = append(r.Diffs, audit.Diff{Attr: "parent", Old: a.d.logNames([]ident.ID{old.Parent}), New: a.d.logNames([]ident.ID{next.Parent})})
		}
		return r.By(a.by), nil
	})
}

func renameAction(c schema.Class) (role.Action, bool) {
	switch c {
	case schema.User:
		return role.UserRename, true
	case schema.Group:
		return role.GroupUpdate, true
	case schema.Computer, schema.ManagedServiceAccount:
		return role.ComputerRename, true
	case schema.OrganizationalUnit:
		return role.UnitManage, true
	}
	return objectAction(c)
}

// rename checks and sets the new name of an entry of its class.
func (a As) rename(e *Entry, name string) error {
	if name == "" {
		return nil
	}
	var err error
	switch e.Class {
	case schema.User:
		if name, err = ident.ParseLogin(name); err == nil {
			e.RDN, e.Login = name, name
		}
	case schema.Group:
		if name, err = ident.ParseGroupName(name); err == nil {
			e.RDN, e.Login = name, name
		}
	case schema.Computer, schema.ManagedServiceAccount:
		if name, err = parseMachine(e.Class, strings.TrimSuffix(name, "$")+"$"); err == nil {
			e.RDN, e.Login = strings.TrimSuffix(name, "$"), name
			err = a.d.checkMachineName(e)
		}
	default:
		var v []byte
		if v, err = schema.Of(e.Class.Info().RDN).Check([]byte(name)); err == nil {
			e.RDN = string(v)
		}
		if _, ok := objectAction(e.Class); ok && err == nil {
			err = checkObjectName(e.Class, name)
		}
	}
	return err
}

// under reports whether id stands at or below top.
func (d *Directory) under(id, top ident.ID) bool {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	for e := d.m.byID[id]; e != nil; e = d.m.byID[e.Parent] {
		if e.ID == top {
			return true
		}
	}
	return false
}
