package directory

import (
	"context"
	"slices"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Where the sudo rules and the automounter's maps stand. SSSD looks for the rules
// anywhere and for the maps below a base of its own; people look here.
const (
	SudoersUnit   = "SUDOers"
	AutomountUnit = "automount"
)

// objectAction is the action that making, changing or removing a rule or a map is.
func objectAction(c schema.Class) (role.Action, bool) {
	switch c {
	case schema.SudoRole:
		return role.SudoManage, true
	case schema.AutomountMap, schema.Automount:
		return role.MountManage, true
	}
	return "", false
}

// CreateObject makes what machines read besides accounts: a sudo rule, a map of the
// automounter, or an entry of one. Without a parent it goes where those stand.
func (a As) CreateObject(ctx context.Context, class schema.Class, name string, parent ident.ID, attrs []Value) (*Entry, error) {
	action, ok := objectAction(class)
	if !ok {
		return nil, fault.New(fault.Invalid, "a %s cannot be made", class)
	}
	rule, err := a.require(action, nil)
	if err != nil {
		return nil, err
	}
	v, err := schema.Of(class.Info().RDN).Check([]byte(name))
	if err == nil {
		err = checkObjectName(class, name)
	}
	if err != nil {
		return nil, err
	}
	e := a.d.newEntry(class, string(v), parent)
	if parent.IsZero() {
		unit := SudoersUnit
		if class != schema.SudoRole {
			unit = AutomountUnit
		}
		p, err := a.d.Resolve(a.d.domainDN().Child("OU", unit))
		if err != nil {
			return nil, err
		}
		e.Parent = p.ID
	}
	if err := a.setNamed(e, attrs); err != nil {
		return nil, err
	}
	return a.insert(ctx, e, kindWord(e)+".create", rule, nil)
}

// setNamed sets the attributes of a new entry whose values may name others.
func (a As) setNamed(e *Entry, attrs []Value) error {
	out := make([]Value, len(attrs))
	for i, v := range attrs {
		vals, err := a.d.nameAll(schema.Of(v.Attr), v.Vals)
		if err != nil {
			return err
		}
		out[i] = Value{v.Attr, vals}
	}
	return setAttrs(e, out)
}

// checkObjectName says why a rule or map may not have a name. The entry cn=defaults
// is options for every rule on every machine, sudoers.ldap(5): none is made, since
// what it says would hold for rules of others.
func checkObjectName(class schema.Class, name string) error {
	row := schema.Of(class.Info().RDN)
	if class == schema.SudoRole && ident.Fold(name) == "defaults" {
		return badValue(row, "a rule called defaults would change every other").WithHint("give each rule its options")
	}
	for _, c := range name {
		if c < ' ' || c == '\\' || c == '"' || c == '\'' || c == '%' || c == '$' || c == '`' {
			return badValue(row, "%s: %q holds a character that is not allowed", row.Name, clip(name))
		}
	}
	return nil
}

// mayHoldObject checks that a rule or a map stands where machines look for it and
// nothing else does.
func (m *model) mayHoldObject(parent, e *Entry) error {
	ok := true
	switch {
	case parent.Class == schema.AutomountMap, e.Class == schema.Automount:
		ok = parent.Class == schema.AutomountMap && e.Class == schema.Automount
	case e.Class == schema.SudoRole:
		ok = m.below(parent, SudoersUnit)
	case e.Class == schema.AutomountMap:
		ok = m.below(parent, AutomountUnit)
	}
	if !ok {
		return fault.New(fault.Invalid, "a %s does not stand below %s", e.Class, parent.dn).WithCode(fault.CodeSchema)
	}
	return nil
}

// below reports whether an entry is, or stands below, a unit of the domain's own.
// The caller holds mu.
func (m *model) below(e *Entry, unit string) bool {
	for ; e != nil; e = m.byID[e.Parent] {
		if e.System && e.Class == schema.OrganizationalUnit && e.RDN == unit {
			return true
		}
	}
	return false
}

// EnsureUnits makes the places in which rules, maps and service accounts stand, in a
// domain that is older than they are.
func (a As) EnsureUnits(ctx context.Context) error {
	for name, class := range map[string]schema.Class{
		SudoersUnit: schema.OrganizationalUnit, AutomountUnit: schema.OrganizationalUnit, ServiceAccounts: schema.Container,
	} {
		if _, err := a.d.Resolve(a.d.domainDN().Child(schema.Of(class.Info().RDN).Name, name)); err == nil {
			continue
		}
		rule, err := a.require(role.UnitManage, nil)
		if err != nil {
			return err
		}
		e := a.d.newEntry(class, name, a.d.Domain().ID)
		e.System = true
		if _, err := a.insert(ctx, e, "unit.create", rule, nil); err != nil {
			return err
		}
	}
	return nil
}

// SetAccess sets which groups and people may sign in on a machine; none, for
// everybody. Those who are named are protected from then on, with the groups on the
// way to them.
func (a As) SetAccess(ctx context.Context, id ident.ID, who []ident.ID) error {
	list, err := a.d.principals(who)
	if err != nil {
		return err
	}
	m := Mod{Op: ModReplace, Attr: schema.HostAccess}
	for _, e := range list {
		if e.Class.Machine() {
			return fault.New(fault.Invalid, "%s is a machine, and signs in nowhere", e.Name()).WithField(schema.Of(schema.HostAccess).Name)
		}
		m.Vals = append(m.Vals, slices.Clone(e.ID[:]))
	}
	return a.Modify(ctx, id, []Mod{m})
}

// ungrant ends what those proved whom an entry no longer gives rights. Whoever takes
// them away keeps working.
func (a As) ungrant(tx store.Tx, old, now *Entry) error {
	var left []ident.ID
	if now != nil {
		left = grantees(now)
	}
	for _, id := range grantees(old) {
		if slices.Contains(left, id) {
			continue
		}
		lost := []ident.ID{id}
		for _, m := range a.d.AllMembers(id) {
			lost = append(lost, m.Group.ID)
		}
		for _, id := range lost {
			if a.by.Is(id) {
				continue
			}
			if err := a.d.endProofs(tx, id); err != nil {
				return err
			}
		}
	}
	return nil
}
