package directory

import (
	"context"
	"slices"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// AddMembers adds principals to a group. Those already there are left as they
// are.
func (a As) AddMembers(ctx context.Context, group ident.ID, members []ident.ID) error {
	a.d.m.mu.RLock()
	set := a.d.m.members[group]
	a.d.m.mu.RUnlock()
	var vals [][]byte
	for _, m := range members {
		if set == nil || !set.has(m) {
			vals = append(vals, slices.Clone(m[:]))
		}
	}
	if len(vals) == 0 && len(members) > 0 {
		_, err := a.mayModifyGroup(group)
		return err
	}
	return a.Modify(ctx, group, []Mod{{ModAdd, schema.Member, vals}})
}

// RemoveMembers removes principals from a group.
func (a As) RemoveMembers(ctx context.Context, group ident.ID, members []ident.ID) error {
	var vals [][]byte
	for _, m := range members {
		vals = append(vals, slices.Clone(m[:]))
	}
	return a.Modify(ctx, group, []Mod{{ModDelete, schema.Member, vals}})
}

func (a As) mayModifyGroup(group ident.ID) (string, error) {
	e, err := a.d.ByID(group)
	if err != nil {
		return "", err
	}
	return a.require(role.GroupMembers, e)
}

// mayEnter checks who is to enter a group: principals only, never the group
// itself or one it stands in.
func (a As) mayEnter(group *Entry, m Mod) ([]*Entry, error) {
	if m.removes() {
		return nil, nil
	}
	if group.System && group.RID == ident.RIDDomainUsers {
		return nil, fault.New(fault.Invalid, "everybody stands in %s without being listed there", group.Name())
	}
	ids := make([]ident.ID, 0, len(m.Vals))
	for _, v := range m.Vals {
		if len(v) != len(ident.ID{}) {
			return nil, fault.New(fault.Invalid, "member names no entry").WithField("member").WithCode(fault.CodeSchema)
		}
		ids = append(ids, ident.ID(v))
	}
	es, err := a.d.principals(ids)
	if err != nil {
		return nil, err
	}
	for _, e := range es {
		if e.Class != schema.Group {
			continue
		}
		if e.ID == group.ID || slices.ContainsFunc(a.d.Memberships(group.ID), func(s Membership) bool { return s.Group.ID == e.ID }) {
			return nil, fault.New(fault.Invalid, "%s stands in %s: they cannot hold each other", group.Name(), e.Name()).WithField("member")
		}
	}
	return es, nil
}

// mayJoin checks that the actor may add a new member to each group.
func (a As) mayJoin(groups []ident.ID) ([]*Entry, error) {
	out := make([]*Entry, 0, len(groups))
	for _, id := range groups {
		g, err := a.d.ByID(id)
		if err != nil {
			return nil, err
		}
		if g.Class != schema.Group {
			return nil, fault.New(fault.Invalid, "%s is not a group", g.Name()).WithField("groups")
		}
		if _, err := a.require(role.GroupMembers, g); err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}
