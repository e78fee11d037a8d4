package zone

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// As is the zone as one actor may change it.
type As struct {
	z   *Zone
	by  ident.Actor
	dir directory.As
}

// As returns the zone as actor may change it.
func (z *Zone) As(actor ident.Actor) As { return As{z, actor, z.dir.As(actor)} }

// Record is a set of records with whose it is, for people.
type Record struct {
	Name      string    `json:"name"`
	Type      Type      `json:"type"`
	TTL       uint32    `json:"ttl"`
	Values    []string  `json:"values"`
	Source    Source    `json:"source"`
	Owner     ident.Ref `json:"owner,omitzero"` // the machine that registered it
	Refreshed time.Time `json:"refreshed,omitzero"`
	// HeldUntil is until when the name of a deleted machine is kept for nobody.
	HeldUntil time.Time `json:"heldUntil,omitzero"`
}

// Source is where a record comes from.
type Source string

// The sources.
const (
	Computed      Source = "computed"
	Administrator Source = "administrator"
	Machine       Source = "machine"
)

// Records lists everything the domain's zone holds, by name.
func (a As) Records() ([]Record, error) {
	if _, err := a.dir.Require(role.PortalRead); err != nil {
		return nil, err
	}
	a.z.m.mu.RLock()
	defer a.z.m.mu.RUnlock()
	var out []Record
	for name, sets := range a.z.m.fixed.sets {
		for i := range sets {
			out = append(out, Record{Name: name, Type: sets[i].Type, TTL: sets[i].TTL, Values: sets[i].texts(), Source: Computed})
		}
	}
	now := a.z.dir.Now()
	for _, n := range a.z.m.names {
		for i := range n.Sets {
			out = append(out, n.describe(&n.Sets[i], now))
		}
	}
	slices.SortFunc(out, func(a, b Record) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(string(a.Type), string(b.Type))
	})
	return out, nil
}

func (n *node) describe(s *Set, now time.Time) Record {
	r := Record{Name: n.Name, Type: s.Type, TTL: s.TTL, Values: s.texts(), Source: Administrator}
	if !s.Static {
		r.Source, r.Owner, r.Refreshed = Machine, n.Owner, n.Refreshed
		if !n.lives {
			r.HeldUntil = n.heldUntil(now)
		}
	}
	return r
}

// Name writes a name as people give it, relative to the domain or whole, in its
// one form.
func (z *Zone) Name(s string) (string, error) {
	domain := z.Domain()
	name := strings.ToLower(s)
	switch whole, isWhole := strings.CutSuffix(name, "."); {
	case name == "@":
		name = domain
	case isWhole:
		name = whole
	case !below(name, domain):
		name += "." + domain
	}
	if !below(name, domain) || !validName(name) {
		return "", fault.New(fault.Invalid, "%q is not a name in %s", clip(s), domain).WithField("name").
			WithHint("a name is made of letters, digits, dashes and underscores, such as www")
	}
	return name, nil
}

// SetRecord makes or replaces the records of a type at a name, and returns them.
func (a As) SetRecord(ctx context.Context, name string, t Type, ttl uint32, values []string) (Record, error) {
	rule, err := a.dir.Require(role.DNSUpdate)
	if err != nil {
		return Record{}, err
	}
	if name, err = a.z.mayHold(name, t); err != nil {
		return Record{}, err
	}
	if ttl == 0 {
		ttl = defaultTTL
	}
	set := Set{Type: t, TTL: clampTTL(ttl), Static: true}
	for _, s := range values {
		v, err := a.z.ParseValue(t, s)
		if err != nil {
			return Record{}, err
		}
		if !set.has(v) {
			set.Values = append(set.Values, v)
		}
	}
	if n := len(set.Values); n == 0 || n > maxValues || t == CNAME && n > 1 {
		return Record{}, fault.New(fault.Invalid, "a set of type %s cannot have %d values", t, n).WithField("values")
	}
	err = a.change(ctx, rule, func(d *draft) error {
		n, err := d.node(name)
		if err != nil {
			return err
		}
		if err := n.mayStandBeside(t); err != nil {
			return err
		}
		n.put(set)
		return nil
	})
	return Record{Name: name, Type: t, TTL: set.TTL, Values: set.texts(), Source: Administrator}, err
}

// mayHold checks that records of a type can be set at a name at all.
func (z *Zone) mayHold(name string, t Type) (string, error) {
	name, err := z.Name(name)
	if err != nil {
		return "", err
	}
	if !slices.Contains(settable, t) {
		return "", fault.New(fault.Invalid, "records of type %q cannot be set", clip(string(t))).WithField("type").WithHint("types are %s", typeList())
	}
	z.m.mu.RLock()
	defer z.m.mu.RUnlock()
	if z.m.fixed.isComputed(name, t) {
		return "", followsServers(name)
	}
	return name, nil
}

func followsServers(name string) error {
	return fault.New(fault.Denied, "%s follows from the servers and cannot be set", name).WithField("name")
}

// mayStandBeside checks that an alias stands alone, RFC 1034 §3.6.2.
func (n *node) mayStandBeside(t Type) error {
	for _, s := range n.Sets {
		if s.Type != t && (s.Type == CNAME || t == CNAME) {
			return fault.New(fault.Conflict, "%s has records of type %s, and an alias stands alone", n.Name, s.Type).
				WithField("type").WithHint("delete them first")
		}
	}
	return nil
}

// DeleteRecord removes the records of a type at a name, or of every type for
// [Any]; whoever had registered the name loses it.
func (a As) DeleteRecord(ctx context.Context, name string, t Type) error {
	rule, err := a.dir.Require(role.DNSUpdate)
	if err != nil {
		return err
	}
	if name, err = a.z.Name(name); err != nil {
		return err
	}
	a.z.m.mu.RLock()
	fixed := find(a.z.m.fixed.sets[name], t) != nil || t == Any && name != a.z.m.fixed.domain && a.z.m.fixed.sets[name] != nil
	a.z.m.mu.RUnlock()
	if fixed {
		return followsServers(name)
	}
	return a.change(ctx, rule, func(d *draft) error {
		n, err := d.node(name)
		if err != nil {
			return err
		}
		if len(n.Sets) == 0 || t != Any && n.set(t) == nil {
			return fault.New(fault.NotFound, "there is no such record at %s", name)
		}
		n.drop(t)
		return nil
	})
}

// draft is a change under way: the nodes it has touched, within a transaction.
type draft struct {
	z     *Zone
	tx    store.Tx
	order []string
	was   map[string]*node
	now   map[string]*node
}

// node returns the node of a name, to be changed.
func (d *draft) node(name string) (*node, error) {
	if n := d.now[name]; n != nil {
		return n, nil
	}
	key := d.z.key(name)
	was, ok, err := nodes.Get(d.tx, key)
	if err != nil {
		return nil, err
	}
	if !ok {
		was = &node{Key: key, Name: name}
	}
	now := *was
	now.Sets = nil
	for _, s := range was.Sets {
		s.Values = slices.Clone(s.Values)
		now.Sets = append(now.Sets, s)
	}
	d.order = append(d.order, name)
	d.was[name], d.now[name] = was, &now
	return &now, nil
}

// put replaces the set of a type.
func (n *node) put(s Set) {
	n.drop(s.Type)
	n.Sets = append(n.Sets, s)
	slices.SortFunc(n.Sets, func(a, b Set) int { return strings.Compare(string(a.Type), string(b.Type)) })
}

// drop removes the set of a type, or every set.
func (n *node) drop(t Type) {
	n.Sets = slices.DeleteFunc(n.Sets, func(s Set) bool { return t == Any || s.Type == t })
}

// change runs fn on a draft, stores it with its record, and returns once this copy
// has seen it.
func (a As) change(ctx context.Context, rule string, fn func(*draft) error) error {
	var wrote bool
	rev, err := a.z.dir.Audit().Commit(ctx, a.z.cfg.Store, false, func(tx store.Tx) (*audit.Record, error) {
		d := &draft{z: a.z, tx: tx, was: make(map[string]*node), now: make(map[string]*node)}
		if err := fn(d); err != nil {
			return nil, err
		}
		var rec *audit.Record
		var err error
		wrote, rec, err = d.write(rule)
		if rec == nil {
			return nil, err
		}
		return rec.By(a.by), err
	})
	if err == nil && wrote {
		err = a.z.m.seen.Wait(ctx, rev)
	}
	return asFault(err)
}

// write puts what changed, and says it in a record. A refresh alone is written
// without one: it would be a record a day and machine that says nothing.
func (d *draft) write(rule string) (wrote bool, rec *audit.Record, err error) {
	rec = &audit.Record{Kind: audit.Change, Action: "dns.update", Rule: rule}
	for _, name := range d.order {
		was, now := d.was[name], d.now[name]
		diffs := diff(was, now, len(d.order) > 1)
		if none := len(was.Sets) == 0 && len(now.Sets) == 0; none || len(diffs) == 0 && now.Refreshed.Equal(was.Refreshed) && now.Gone.Equal(was.Gone) {
			continue // removing what was not there is no change, and none would come to wait for
		}
		wrote = true
		if len(diffs) > 0 && rec.Target.Name == "" {
			rec.Target = ident.Ref{Name: name}
		}
		rec.Diffs = append(rec.Diffs, diffs...)
		if err := now.store(d.tx); err != nil {
			return false, nil, err
		}
	}
	if len(rec.Diffs) == 0 {
		rec = nil
	}
	return wrote, rec, nil
}

// store puts a node, or deletes one with nothing left to answer.
func (n *node) store(tx store.Tx) error {
	if !slices.ContainsFunc(n.Sets, func(s Set) bool { return !s.Static }) {
		n.Owner, n.Refreshed, n.Gone = ident.Ref{}, time.Time{}, time.Time{}
	}
	if len(n.Sets) == 0 {
		return nodes.Delete(tx, n.Key)
	}
	return nodes.Put(tx, n)
}

// diff is what changed at a name, by type.
func diff(was, now *node, named bool) []audit.Diff {
	var out []audit.Diff
	for _, t := range settable {
		old, new := was.set(t), now.set(t)
		if slices.Equal(old.texts(), new.texts()) && (old == nil || new == nil || old.TTL == new.TTL && old.Static == new.Static) {
			continue
		}
		d := audit.Diff{Attr: string(t), Old: old.texts(), New: new.texts()}
		if named {
			d.Attr = now.Name + " " + d.Attr
		}
		out = append(out, d)
	}
	return out
}
