package directory

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/btree"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Scope is how far below its base a search looks, RFC 4511 §4.5.1.2.
type Scope uint8

// The scopes.
const (
	Base Scope = iota
	One
	Subtree
)

// Query is a search.
type Query struct {
	Base   *Entry
	Scope  Scope
	Filter Filter
	After  string // only entries whose DN key is greater: where a page ended
	// Through makes the entries that an attribute of the base names the ones to be
	// tested, in the base's stead, [MS-ADTS] §3.1.1.3.4.1.18; the scope is Base.
	Through schema.ID
}

// lookEvery is how many entries are tested between two looks at the context and
// at the actor's proof.
const lookEvery = 256

// Search calls fn for the entries that match, in the order of their names, until
// fn returns false. The entries are those of one moment.
func (a As) Search(ctx context.Context, q Query, fn func(*Entry) bool) error {
	f, err := a.Gather(&q)
	if err != nil {
		return err
	}
	return f.Each(ctx, fn)
}

// Found is a search that has gathered the entries it has to test, which are those
// of one moment. It is used once.
type Found struct {
	as     As
	q      *Query
	reader *Reader
	listed []*Entry
	tree   *btree.Map[string, *Entry] // what to walk, where no index helps
}

// Gather begins a search.
func (a As) Gather(q *Query) (Found, error) {
	r := a.Reader()
	if r.err != nil {
		return Found{}, r.err
	}
	if a.by.Limit() == ident.OnlyPassword {
		return Found{}, fault.New(fault.Denied, "the password must be changed first").WithCode(fault.CodeMustChange)
	}
	q.Filter.prepare(a.d)
	f := Found{as: a, q: q, reader: r}
	f.listed, f.tree = a.d.m.candidates(q)
	return f, nil
}

// Size is how many entries have to be tested; ok is false if no index helps, and
// everything in scope has to be.
func (f *Found) Size() (n int, ok bool) { return len(f.listed), f.tree == nil }

// Reader reads the entries found, as the actor may see them.
func (f *Found) Reader() *Reader { return f.reader }

// Each calls fn for the entries that match, in the order of their names, until fn
// returns false. It ends early when ctx does, or the actor's proof.
func (f *Found) Each(ctx context.Context, fn func(*Entry) bool) (err error) {
	tested := 0
	test := func(e *Entry) bool {
		if tested++; tested%lookEvery == 0 {
			if err = ctx.Err(); err == nil {
				err = f.as.Valid()
			}
		}
		return err == nil && (f.q.Filter.test(f.reader, e) != yes || fn(e))
	}
	if f.tree == nil {
		for _, e := range f.listed {
			if !test(e) {
				break
			}
		}
		return err
	}
	f.tree.Ascend(max(f.q.Base.key, f.q.After), func(key string, e *Entry) bool {
		return strings.HasPrefix(key, f.q.Base.key) && (!inScope(f.q, e) || test(e))
	})
	return err
}

// Test reports whether an entry matches a filter.
func (a As) Test(e *Entry, f Filter) bool {
	f.prepare(a.d)
	return f.test(a.Reader(), e) == yes
}

// candidates gathers the entries a search has to test: those an index names, or
// where none helps the tree as it is now, which costs nothing to keep: a change
// copies what it touches.
func (m *model) candidates(q *Query) ([]*Entry, *btree.Map[string, *Entry]) {
	m.mu.RLock()
	if list, ok := m.listed(q); ok {
		m.mu.RUnlock()
		return list, nil
	}
	m.mu.RUnlock()
	m.mu.Lock() // Copy marks both trees as shared
	defer m.mu.Unlock()
	return nil, m.tree.Copy()
}

// listed returns the entries in scope that an index names, in the order of their
// names; ok is false if no index helps. The caller holds mu.
func (m *model) listed(q *Query) (out []*Entry, ok bool) {
	if q.Through != 0 {
		out = slices.DeleteFunc(m.linked(q.Base, q.Through), func(e *Entry) bool { return q.After != "" && e.key <= q.After })
		slices.SortFunc(out, func(a, b *Entry) int { return strings.Compare(a.key, b.key) })
		return out, true
	}
	if q.Scope == Base {
		if e := m.byID[q.Base.ID]; e != nil && (q.After == "" || e.key > q.After) {
			out = []*Entry{e}
		}
		return out, true
	}
	list, ok := m.indexed(&q.Filter)
	if !ok {
		return nil, false
	}
	out = make([]*Entry, 0, len(list))
	for _, e := range list {
		if inScope(q, e) {
			out = append(out, e)
		}
	}
	if len(out) > 1 {
		slices.SortFunc(out, func(a, b *Entry) int { return strings.Compare(a.key, b.key) })
	}
	return out, true
}

// linked returns the entries that an attribute of one names. The caller holds mu.
func (m *model) linked(e *Entry, attr schema.ID) []*Entry {
	ids := e.Links(attr)
	switch attr {
	case schema.Member:
		return m.membersOf(e.ID)
	case schema.MemberOf:
		ids = m.groups[e.ID]
	}
	out := make([]*Entry, 0, len(ids))
	for _, id := range ids {
		if x := m.byID[id]; x != nil {
			out = append(out, x)
		}
	}
	return out
}

func inScope(q *Query, e *Entry) bool {
	if q.After != "" && e.key <= q.After {
		return false
	}
	if q.Scope == One {
		return e.Parent == q.Base.ID
	}
	return strings.HasPrefix(e.key, q.Base.key)
}

// indexed returns a list that holds every entry the filter can match, if an index
// gives one. The caller holds mu.
func (m *model) indexed(f *Filter) ([]*Entry, bool) {
	switch f.Op {
	case And:
		var best []*Entry
		found := false
		for i := range f.Children {
			if list, ok := m.indexed(&f.Children[i]); ok && (!found || len(list) < len(best)) {
				if best, found = list, true; len(best) <= 1 {
					break
				}
			}
		}
		return best, found
	case Or:
		var all []*Entry
		for i := range f.Children {
			list, ok := m.indexed(&f.Children[i])
			if !ok {
				return nil, false
			}
			for _, e := range list {
				if len(f.Children) == 1 || !slices.Contains(all, e) {
					all = append(all, e)
				}
			}
			if len(all) > 1000 {
				return nil, false
			}
		}
		return all, len(f.Children) > 0
	case Equal:
		return m.indexedEqual(f)
	case InChain:
		if f.Attr == schema.MemberOf && !f.id.IsZero() {
			return m.everyMember(f.id), true
		}
		if f.Attr == schema.Member {
			var out []*Entry
			m.above(f.id, func(g, _ ident.ID) bool { out = append(out, m.byID[g]); return true })
			return out, true
		}
	}
	return nil, false
}

func (m *model) indexedEqual(f *Filter) ([]*Entry, bool) {
	single := func(e *Entry) ([]*Entry, bool) {
		if e == nil {
			return nil, true
		}
		return []*Entry{e}, true
	}
	if schema.Of(f.Attr).Syntax == schema.Link {
		switch {
		case f.Attr == schema.Member:
			var out []*Entry
			for _, g := range m.groups[f.id] {
				if e := m.byID[g]; e != nil {
					out = append(out, e)
				}
			}
			return out, true
		case f.Attr == schema.MemberOf:
			return m.membersOf(f.id), true
		}
		return nil, false
	}
	if !f.keyed {
		return nil, false
	}
	switch f.Attr {
	case schema.SAMAccountName:
		return single(m.login[f.key])
	case schema.UserPrincipalName:
		return single(m.upn[f.key])
	case schema.ServicePrincipalName:
		return single(m.spn[f.key])
	case schema.ObjectSID:
		return single(m.sid[ident.SID(f.key)])
	case schema.ObjectGUID:
		id, _ := ident.IDFromGUID([]byte(f.key))
		return single(m.byID[id])
	case schema.DistinguishedName:
		e, _ := m.tree.Get(f.key)
		return single(e)
	case schema.Mail:
		return m.mail[f.key], true
	case schema.ObjectCategory, schema.ObjectClass: // SSSD asks for the rules of a machine by their class
		if f.key == "sudorole" || f.key == "automountmap" || f.key == "automount" {
			return m.ofClass(f.key), true
		}
		return nil, false
	case schema.CN, schema.Name:
		out := slices.Clone(m.named[f.key])
		for _, k := range []string{f.key, f.key + "$"} {
			if e := m.login[k]; e != nil {
				out = append(out, e)
			}
		}
		return out, true
	case schema.UIDNumber, schema.GIDNumber:
		if f.Attr == schema.GIDNumber {
			return nil, false // everybody's primary group's number is everybody's
		}
		var n uint32
		for _, c := range f.key {
			if c < '0' || c > '9' || n > 1<<30 {
				return nil, true
			}
			n = n*10 + uint32(c-'0')
		}
		return m.number[n], true
	}
	return nil, false
}

// ofClass lists the entries of one of the classes that have few. The caller holds
// mu.
func (m *model) ofClass(folded string) (out []*Entry) {
	for _, c := range []schema.Class{schema.SudoRole, schema.AutomountMap, schema.Automount} {
		if ident.Fold(c.String()) == folded {
			for _, e := range m.byClass[c] {
				out = append(out, e)
			}
		}
	}
	return out
}

// everyMember lists what stands in a group at any depth, groups too. The caller
// holds mu.
func (m *model) everyMember(group ident.ID) []*Entry {
	seen := map[ident.ID]bool{group: true}
	var out []*Entry
	queue := []ident.ID{group}
	for len(queue) > 0 {
		for _, e := range m.membersOf(queue[0]) {
			if !seen[e.ID] {
				seen[e.ID] = true
				out = append(out, e)
				if e.Class == schema.Group {
					queue = append(queue, e.ID)
				}
			}
		}
		queue = queue[1:]
	}
	if g := m.byID[group]; g != nil && g.System {
		// Everybody stands in the primary group without being listed there.
		for _, c := range append([]schema.Class{schema.User}, schema.Machines...) {
			for id, e := range m.byClass[c] {
				if m.primaryGroup(e) == g && !seen[id] {
					out = append(out, e)
				}
			}
		}
	}
	return out
}

// AnyName is the filter of a search box: what was typed begins a name by which
// people know the entry, or is its number.
func AnyName(typed string) Filter {
	f := Filter{Op: Or}
	for _, a := range []schema.ID{
		schema.SAMAccountName, schema.DisplayName, schema.UserPrincipalName, schema.GivenName, schema.SN, schema.Mail, schema.Department,
	} {
		f.Children = append(f.Children, Filter{Op: Substrings, Attr: a, Initial: []byte(typed)})
	}
	// A later word of a name may begin with it too.
	f.Children = append(f.Children, Filter{Op: Substrings, Attr: schema.DisplayName, Any: [][]byte{[]byte(" " + typed)}})
	if _, err := strconv.ParseUint(typed, 10, 32); err == nil {
		f.Children = append(f.Children, Filter{Op: Equal, Attr: schema.UIDNumber, Value: []byte(typed)})
	}
	return f
}
