package zone

import (
	"context"
	"slices"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Update is a dynamic update, RFC 2136: if all the conditions hold, all the
// changes are made, or none is.
type Update struct {
	Zone       string
	Conditions []Condition
	Changes    []Change
}

// Condition is a prerequisite, RFC 2136 §2.4: that a name, with [Any], or a set is
// there or is not, or that a set is there with just these values.
type Condition struct {
	Name   string
	Type   Type
	Absent bool
	Values []Value // nil: whatever they are
}

// Op is what a change does.
type Op uint8

// The changes, RFC 2136 §2.5.
const (
	Add     Op = iota // add a record
	Drop              // remove a record
	DropSet           // remove a set, or with [Any] all sets of a name
)

// Change is one change of an update.
type Change struct {
	Op    Op
	Name  string
	Type  Type
	TTL   uint32
	Value Value
}

// What an update whose conditions do not hold is refused with, RFC 2136 §3.2.5.
var (
	ErrNoName   = fault.New(fault.NotFound, "the name is not there")
	ErrNameUsed = fault.New(fault.Exists, "the name is there")
	ErrNoSet    = fault.New(fault.NotFound, "the set is not there, or has other values")
	ErrSetUsed  = fault.New(fault.Exists, "the set is there")
	// ErrOutside is for a name that is not in the update's zone.
	ErrOutside = fault.New(fault.Invalid, "the name is not in the zone of the update")
)

// Update makes a dynamic update. An administrator may change whatever is not
// computed, a machine what is its own.
func (a As) Update(ctx context.Context, u Update) error {
	rule, m, err := a.mayUpdate()
	if err != nil {
		return err
	}
	for _, c := range u.Changes {
		if !below(c.Name, u.Zone) {
			return ErrOutside
		}
	}
	for _, c := range u.Conditions {
		if !below(c.Name, u.Zone) {
			return ErrOutside
		}
	}
	err = a.change(ctx, rule, func(d *draft) error {
		if err := d.test(u.Conditions); err != nil {
			return err
		}
		for _, c := range u.Changes {
			if err := d.apply(c, m); err != nil {
				return err
			}
		}
		return nil
	})
	if fault.Is(err, fault.Denied) {
		a.refused(u, err)
	}
	return err
}

// mayUpdate returns the rule an update rests on, and the machine that makes it;
// nil for an administrator.
func (a As) mayUpdate() (rule string, m *machine, err error) {
	who := a.by.Who()
	if who.Kind != ident.KindComputer || a.dir.Can(role.DNSUpdate, nil).Allowed {
		rule, err = a.dir.Require(role.DNSUpdate)
		return rule, nil, err
	}
	if err := a.dir.Valid(); err != nil {
		return "", nil, err
	}
	m, err = a.z.machineOf(who)
	return "self", m, err
}

// refused records that a machine reached for what is not its own.
func (a As) refused(u Update, err error) {
	r := (&audit.Record{Kind: audit.Refusal, Action: string(role.DNSUpdate), Result: audit.Failure, Reason: fault.Message(err)}).By(a.by)
	if len(u.Changes) > 0 {
		r.Target = ident.Ref{Name: clip(u.Changes[0].Name)}
	}
	if werr := a.z.dir.Audit().Note(r); werr != nil {
		a.z.cfg.Log.Warn("audit log: a refusal was not recorded", "err", werr)
	}
}

// test tests the conditions on the state of the transaction, RFC 2136 §3.2.
func (d *draft) test(conditions []Condition) error {
	for _, c := range conditions {
		sets, exists, err := d.stands(c.Name)
		if err != nil {
			return err
		}
		s := find(sets, c.Type)
		switch {
		case c.Type == Any && c.Absent && exists:
			return ErrNameUsed
		case c.Type == Any && !c.Absent && !exists:
			return ErrNoName
		case c.Type == Any:
		case c.Absent && s != nil:
			return ErrSetUsed
		case !c.Absent && s == nil, c.Values != nil && !sameValues(s.Values, c.Values):
			return ErrNoSet
		}
	}
	return nil
}

// stands returns the sets at a name: what the transaction reads of it, beside what
// is computed.
func (d *draft) stands(name string) ([]Set, bool, error) {
	n, err := d.node(name)
	if err != nil {
		return nil, false, err
	}
	d.z.m.mu.RLock()
	defer d.z.m.mu.RUnlock()
	var sets []Set
	if below(name, d.z.m.fixed.domain) {
		sets = slices.Concat(d.z.m.fixed.sets[name], n.Sets)
	} else {
		sets, _ = d.z.sets(name)
	}
	if zone, ok := d.z.m.zoneOf(name); ok && zone == name {
		sets = append(sets, d.z.apex(zone)[0])
	}
	return sets, len(sets) > 0, nil
}

func sameValues(a, b []Value) bool {
	within := func(a, b []Value) bool {
		return !slices.ContainsFunc(a, func(v Value) bool {
			return !slices.ContainsFunc(b, func(w Value) bool { return slices.Equal(v, w) })
		})
	}
	return within(a, b) && within(b, a)
}

// apply makes one change, RFC 2136 §3.4.2. m is the machine that makes it; nil for
// an administrator.
func (d *draft) apply(c Change, m *machine) error {
	if !below(c.Name, d.z.Domain()) {
		return d.applyPointer(c, m)
	}
	n, err := d.mayApply(&c, m)
	if err != nil {
		return err
	}
	if m != nil {
		m.touch(n, d.z.dir.Now())
	}
	switch c.Op {
	case Add:
		return n.add(c, m == nil)
	case Drop:
		n.remove(c, m == nil)
	case DropSet:
		n.Sets = slices.DeleteFunc(n.Sets, func(s Set) bool {
			return (c.Type == Any || s.Type == c.Type) && (m == nil || !s.Static)
		})
	}
	return nil
}

// mayApply checks a change and returns the node it is made on.
func (d *draft) mayApply(c *Change, m *machine) (*node, error) {
	d.z.m.mu.RLock()
	fixed := d.z.m.fixed.isComputed(c.Name, c.Type)
	d.z.m.mu.RUnlock()
	if fixed {
		return nil, followsServers(clip(c.Name))
	}
	if c.Op != DropSet || c.Type != Any {
		if !slices.Contains(settable, c.Type) {
			return nil, fault.New(fault.Denied, "records of type %s cannot be set", clip(string(c.Type)))
		}
	}
	if c.Op == Add {
		if !validName(c.Name) {
			return nil, fault.New(fault.Denied, "%q is not a name that can be set", clip(c.Name))
		}
		var err error
		if c.Value, err = checkValue(c.Type, c.Value); err != nil {
			return nil, err
		}
	}
	if m != nil {
		if err := m.may(c); err != nil {
			return nil, err
		}
	}
	n, err := d.node(c.Name)
	if err == nil && m != nil {
		err = d.z.mayTake(n, m, d.z.dir.Now())
	}
	return n, err
}

// add adds a record to a node. An alias beside other records, or they beside it,
// is left out in silence, as RFC 2136 §3.4.2.2 has it.
func (n *node) add(c Change, static bool) error {
	s, most := n.set(c.Type), maxValues
	if !static {
		most = maxOwn
	}
	switch {
	case n.mayStandBeside(c.Type) != nil:
		return nil
	case s == nil || c.Type == CNAME:
		n.put(Set{Type: c.Type, TTL: clampTTL(c.TTL), Values: []Value{c.Value}, Static: static})
		return nil
	case s.Static && !static:
		return fault.New(fault.Denied, "the %s record of %s was set by an administrator", c.Type, n.Name).WithHint("selfsame dns delete %s %s", n.Name, c.Type)
	case !s.has(c.Value) && len(s.Values) >= most:
		return fault.New(fault.Denied, "%s has as many %s records as it can", n.Name, c.Type)
	case !s.has(c.Value):
		s.Values = append(s.Values, c.Value)
	}
	s.TTL, s.Static = clampTTL(c.TTL), s.Static || static
	return nil
}

// remove removes a record from a node.
func (n *node) remove(c Change, static bool) {
	s := n.set(c.Type)
	if s == nil || s.Static && !static {
		return
	}
	s.Values = slices.DeleteFunc(s.Values, func(v Value) bool { return slices.Equal(v, c.Value) })
	if len(s.Values) == 0 {
		n.drop(c.Type)
	}
}
