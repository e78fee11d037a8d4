package directory

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/btree"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/feed"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// model is the directory in memory: what the store held at one revision.
//
// mu guards all of it. It is held for a look-up or for gathering candidates, and
// never while a filter is tested or an answer written: entries are immutable, so
// what was gathered stays whole.
type model struct {
	mu     sync.RWMutex
	seen   *store.Seen
	domain Domain

	byID     map[ident.ID]*Entry
	tree     btree.Map[string, *Entry] // by DN key: a subtree is a range
	children map[ident.ID]map[ident.ID]struct{}
	login    map[string]*Entry
	upn      map[string]*Entry
	spn      map[string]*Entry
	sid      map[ident.SID]*Entry
	number   map[uint32][]*Entry
	mail     map[string][]*Entry
	named    map[string][]*Entry // by RDN, what is no principal
	byClass  map[schema.Class]map[ident.ID]*Entry
	grants   map[ident.ID]int // by principal: how many rules and machines name it

	members     map[ident.ID]*memberSet // by group
	groups      map[ident.ID][]ident.ID // the groups a member stands in itself, sorted
	credentials map[ident.ID]*credential.Record
	lockouts    map[ident.ID]*credential.Counters
	assignments map[ident.ID]*role.Assignment
	held        map[ident.ID][]*role.Assignment // by principal
	passwords   map[string]*credential.Policy
	networks    map[string]policy.NamedNetwork
	realm       *keyring.Realm // nil until there is one
	tickets     policy.Tickets
	rules       *policy.Rules // made of networks
	live        map[string]liveServer
	acks        map[string]string
}

type memberSet struct {
	bucket [buckets][]ident.ID
	size   int
}

func (s *memberSet) has(id ident.ID) bool {
	_, ok := slices.BinarySearchFunc(s.bucket[bucketOf(id)], id, compareIDs)
	return ok
}

func newModel() *model {
	m := &model{seen: store.NewSeen()}
	m.reset()
	return m
}

// reset empties the model; a reading that is begun again starts from nothing.
func (m *model) reset() {
	m.domain = Domain{}
	m.byID = make(map[ident.ID]*Entry)
	m.tree = btree.Map[string, *Entry]{}
	m.children = make(map[ident.ID]map[ident.ID]struct{})
	m.login = make(map[string]*Entry)
	m.upn = make(map[string]*Entry)
	m.spn = make(map[string]*Entry)
	m.sid = make(map[ident.SID]*Entry)
	m.number = make(map[uint32][]*Entry)
	m.mail = make(map[string][]*Entry)
	m.named = make(map[string][]*Entry)
	m.byClass = make(map[schema.Class]map[ident.ID]*Entry)
	m.grants = make(map[ident.ID]int)
	m.members = make(map[ident.ID]*memberSet)
	m.groups = make(map[ident.ID][]ident.ID)
	m.credentials = make(map[ident.ID]*credential.Record)
	m.lockouts = make(map[ident.ID]*credential.Counters)
	m.assignments = make(map[ident.ID]*role.Assignment)
	m.held = make(map[ident.ID][]*role.Assignment)
	m.passwords = make(map[string]*credential.Policy)
	m.networks = make(map[string]policy.NamedNetwork)
	m.rules, m.realm, m.tickets = new(policy.Rules), nil, policy.DefaultTickets
	m.live = make(map[string]liveServer)
	m.acks = make(map[string]string)
}

// replace takes over what a new reading holds.
func (m *model) replace(n *model) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.domain = n.domain
	m.byID, m.tree, m.children = n.byID, n.tree, n.children
	m.login, m.upn, m.spn, m.sid, m.number, m.mail, m.named, m.byClass = n.login, n.upn, n.spn, n.sid, n.number, n.mail, n.named, n.byClass
	m.grants, m.members, m.groups = n.grants, n.members, n.groups
	m.credentials, m.lockouts, m.assignments, m.held = n.credentials, n.lockouts, n.assignments, n.held
	m.passwords, m.networks, m.rules, m.realm, m.tickets, m.live, m.acks = n.passwords, n.networks, n.rules, n.realm, n.tickets, n.live, n.acks
	m.seen.Move(n.seen.Rev())
}

// apply makes one commit visible. A record that cannot be read is left out and
// told; the rest of the commit is not held up by it.
func (m *model) apply(b store.Batch) (events []feed.Event, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var moved []*Entry
	for _, c := range b.Changes {
		if id, ok := strings.CutPrefix(c.Key, entries.Prefix); ok {
			old := m.byID[idOf(id)]
			now, bad := m.putEntry(c.Key, c.Value)
			err = errors.Join(err, bad)
			switch {
			case now == nil && old != nil:
				events = append(events, feed.Event{ID: old.ID, From: forever})
			case now != nil && old != nil && now.ValidFrom.After(old.ValidFrom):
				events = append(events, feed.Event{ID: now.ID, From: now.ValidFrom})
			}
			if now != nil {
				moved = append(moved, now)
			}
			continue
		}
		err = errors.Join(err, m.put(c.Key, c.Value))
	}
	m.place(moved)
	m.seen.Move(b.Rev)
	return events, err
}

func idOf(s string) ident.ID {
	id, err := ident.ParseID(s)
	if err != nil {
		return ident.ID{}
	}
	return id
}

// put takes in one key of the store; a nil value removes it. Which records there
// are is listed here, once.
func (m *model) put(key string, value []byte) error {
	table, id, _ := strings.Cut(key, "/")
	switch table + "/" {
	case domainPrefix:
		if value == nil {
			return nil
		}
		d, err := domainTable.Read(key, value)
		if err == nil {
			m.domain = d
		}
		return err
	case entries.Prefix:
		_, err := m.putEntry(key, value)
		return err
	case memberPrefix:
		return m.putMembers(key, value)
	case credential.Prefix:
		return putRecord(credential.Table, m.credentials, idOf(id), key, value)
	case credential.LockoutTable.Prefix:
		return putRecord(credential.LockoutTable, m.lockouts, idOf(id), key, value)
	case role.Assignments.Prefix:
		return m.putAssignment(key, value)
	case credential.Policies.Prefix:
		return putRecord(credential.Policies, m.passwords, id, key, value)
	case policy.Networks.Prefix:
		return m.putNetwork(key, value)
	case policy.TicketTable.Prefix:
		if value == nil {
			return nil
		}
		t, err := policy.TicketTable.Read(key, value)
		if err == nil {
			m.tickets = t
		}
		return err
	case keyring.RealmTable.Prefix:
		return m.putRealm(key, value)
	case livePrefix:
		return m.putLive(id, value)
	case ackPrefix:
		m.acks[id] = string(value)
	}
	return nil
}

func putRecord[K comparable, T any](t store.Table[T], into map[K]*T, id K, key string, value []byte) error {
	if value == nil {
		delete(into, id)
		return nil
	}
	r, err := t.Read(key, value)
	if err != nil {
		return err
	}
	into[id] = &r
	return nil
}

func (m *model) putAssignment(key string, value []byte) error {
	id := idOf(strings.TrimPrefix(key, role.Assignments.Prefix))
	if old := m.assignments[id]; old != nil {
		left := slices.DeleteFunc(slices.Clone(m.held[old.Principal]), func(a *role.Assignment) bool { return a.ID == id })
		if len(left) == 0 {
			delete(m.held, old.Principal)
		} else {
			m.held[old.Principal] = left
		}
	}
	if err := putRecord(role.Assignments, m.assignments, id, key, value); err != nil {
		return err
	}
	if a := m.assignments[id]; a != nil {
		m.held[a.Principal] = append(slices.Clone(m.held[a.Principal]), a)
	}
	return nil
}

func (m *model) putRealm(key string, value []byte) error {
	r, err := keyring.RealmTable.Read(key, value)
	if err == nil {
		m.realm = &r
	}
	return err
}

func (m *model) putNetwork(key string, value []byte) error {
	name := strings.TrimPrefix(key, policy.Networks.Prefix)
	if value == nil {
		delete(m.networks, name)
	} else {
		n, err := policy.Networks.Read(key, value)
		if err != nil {
			return err
		}
		m.networks[name] = n
	}
	rules := new(policy.Rules)
	for _, n := range m.networks {
		rules.Networks = append(rules.Networks, n)
	}
	slices.SortFunc(rules.Networks, func(a, b policy.NamedNetwork) int { return strings.Compare(a.Name, b.Name) })
	m.rules = rules
	return nil
}

// putEntry takes in one entry's record and returns the entry, which has no place
// in the tree until place is called.
func (m *model) putEntry(key string, value []byte) (*Entry, error) {
	id := idOf(strings.TrimPrefix(key, entries.Prefix))
	old := m.byID[id]
	if value == nil {
		if old != nil {
			m.unindex(old)
			delete(m.byID, id)
			m.dropChild(old)
		}
		return nil, nil
	}
	e, err := entries.Read(key, value)
	if err != nil {
		return nil, err
	}
	if old != nil {
		m.unindex(old)
		m.dropChild(old)
	}
	m.byID[id] = e
	if !e.Parent.IsZero() {
		set := m.children[e.Parent]
		if set == nil {
			set = make(map[ident.ID]struct{})
			m.children[e.Parent] = set
		}
		set[id] = struct{}{}
	}
	if old != nil && (old.Parent != e.Parent || old.RDN != e.RDN) {
		m.lift(id) // names below follow
	}
	return e, nil
}

func (m *model) dropChild(e *Entry) {
	if set := m.children[e.Parent]; set != nil {
		delete(set, e.ID)
		if len(set) == 0 {
			delete(m.children, e.Parent)
		}
	}
}

// lift takes the entries below id out of the index, and puts copies without a
// place in their stead, since entries are immutable.
func (m *model) lift(id ident.ID) {
	for child := range m.children[id] {
		e := m.byID[child]
		m.unindex(e)
		c := e.clone()
		c.dn, c.key = "", ""
		m.byID[child] = c
		m.lift(child)
	}
}

// place gives entries, and what was lifted below them, their names and indexes.
func (m *model) place(es []*Entry) {
	for _, e := range es {
		if e = m.byID[e.ID]; e != nil && e.key == "" {
			m.placeOne(e)
		}
	}
}

func (m *model) placeOne(e *Entry) {
	parent := m.byID[e.Parent]
	if parent != nil && parent.key == "" {
		m.placeOne(parent)
		if e.key != "" {
			return // placed with its parent's children
		}
	}
	e.derive(&m.domain, parent)
	m.index(e)
	for child := range m.children[e.ID] {
		if c := m.byID[child]; c != nil && c.key == "" {
			m.placeOne(c)
		}
	}
}

// settle places everything, after a whole reading.
func (m *model) settle() {
	for _, e := range m.byID {
		if e.key == "" {
			m.placeOne(e)
		}
	}
}

func (m *model) index(e *Entry) {
	m.tree.Set(e.key, e)
	set := m.byClass[e.Class]
	if set == nil {
		set = make(map[ident.ID]*Entry)
		m.byClass[e.Class] = set
	}
	set[e.ID] = e
	for _, id := range grantees(e) {
		m.grants[id]++
	}
	if e.Login == "" {
		k := ident.Fold(e.RDN)
		m.named[k] = append(m.named[k], e)
	} else {
		m.login[ident.Fold(e.Login)] = e
	}
	if e.sid != "" {
		m.sid[e.sid] = e
	}
	if v := e.UPN(&m.domain); v != "" {
		m.upn[ident.Fold(v)] = e
		m.upn[ident.Fold(e.Login+"@"+m.domain.Name)] = e
	}
	for _, v := range e.Stored(schema.ServicePrincipalName) {
		m.spn[ident.Fold(string(v))] = e
	}
	for _, v := range e.Stored(schema.Mail) {
		k := ident.Fold(string(v))
		m.mail[k] = append(m.mail[k], e)
	}
	if n, ok := e.UIDNumber(); ok {
		m.number[n] = append(m.number[n], e)
	}
}

func (m *model) unindex(e *Entry) {
	if e.key == "" {
		return
	}
	m.tree.Delete(e.key)
	delete(m.byClass[e.Class], e.ID)
	for _, id := range grantees(e) {
		if m.grants[id]--; m.grants[id] == 0 {
			delete(m.grants, id)
		}
	}
	if e.Login == "" {
		without(m.named, ident.Fold(e.RDN), e)
	} else if k := ident.Fold(e.Login); m.login[k] == e {
		delete(m.login, k)
	}
	if e.sid != "" {
		delete(m.sid, e.sid)
	}
	if v := e.UPN(&m.domain); v != "" {
		for _, k := range []string{ident.Fold(v), ident.Fold(e.Login + "@" + m.domain.Name)} {
			if m.upn[k] == e {
				delete(m.upn, k)
			}
		}
	}
	for _, v := range e.Stored(schema.ServicePrincipalName) {
		if k := ident.Fold(string(v)); m.spn[k] == e {
			delete(m.spn, k)
		}
	}
	for _, v := range e.Stored(schema.Mail) {
		without(m.mail, ident.Fold(string(v)), e)
	}
	if n, ok := e.UIDNumber(); ok {
		without(m.number, n, e)
	}
}

// without takes an entry out of an index that may hold several under a key.
// Lists are replaced, never changed: a search may be reading one.
func without[K comparable](index map[K][]*Entry, k K, e *Entry) {
	left := slices.DeleteFunc(slices.Clone(index[k]), func(x *Entry) bool { return x == e })
	if len(left) == 0 {
		delete(index, k)
	} else {
		index[k] = left
	}
}

// putMembers takes in one bucket of a group's members.
func (m *model) putMembers(key string, value []byte) error {
	var b bucket
	if value != nil {
		var err error
		if b, err = memberTable.Read(key, value); err != nil {
			return err
		}
	} else {
		group, n, _ := strings.Cut(strings.TrimPrefix(key, memberPrefix), "/")
		b.Group = idOf(group)
		b.Number = int(hexByte(n))
	}
	set := m.members[b.Group]
	if set == nil {
		set = new(memberSet)
	} else {
		c := *set // readers may hold the old one
		set = &c
	}
	old := set.bucket[b.Number]
	set.bucket[b.Number] = b.Members
	set.size += len(b.Members) - len(old)
	// Both lists are sorted: walk them side by side.
	for i, j := 0, 0; i < len(old) || j < len(b.Members); {
		switch {
		case j == len(b.Members) || i < len(old) && bytes.Compare(old[i][:], b.Members[j][:]) < 0:
			m.leaves(old[i], b.Group)
			i++
		case i == len(old) || bytes.Compare(old[i][:], b.Members[j][:]) > 0:
			m.joins(b.Members[j], b.Group)
			j++
		default:
			i, j = i+1, j+1
		}
	}
	if set.size == 0 {
		delete(m.members, b.Group)
	} else {
		m.members[b.Group] = set
	}
	return nil
}

func hexByte(s string) byte {
	var n byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | (c - '0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | (c - 'a' + 10)
		}
	}
	return n & (buckets - 1)
}

func (m *model) joins(member, group ident.ID) {
	list := m.groups[member]
	if i, have := slices.BinarySearchFunc(list, group, compareIDs); !have {
		m.groups[member] = slices.Insert(slices.Clone(list), i, group)
	}
}

func (m *model) leaves(member, group ident.ID) {
	list := m.groups[member]
	if i, have := slices.BinarySearchFunc(list, group, compareIDs); have {
		if len(list) == 1 {
			delete(m.groups, member)
		} else {
			m.groups[member] = slices.Delete(slices.Clone(list), i, i+1)
		}
	}
}

// above calls fn for every group that id stands in, itself or through others,
// each once, with the group it stands in on the way (zero for itself). The caller
// holds mu.
func (m *model) above(id ident.ID, fn func(group, through ident.ID) bool) {
	seen := make(map[ident.ID]bool, 16)
	type step struct{ at, through ident.ID }
	queue := []step{{id, ident.ID{}}}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for _, g := range m.groups[s.at] {
			if seen[g] || m.byID[g] == nil {
				continue
			}
			seen[g] = true
			if !fn(g, s.through) {
				return
			}
			queue = append(queue, step{g, g})
		}
		if e := m.byID[s.at]; e != nil && s.through.IsZero() {
			// Everybody stands in the primary group without being listed there.
			if g := m.primaryGroup(e); g != nil && !seen[g.ID] {
				seen[g.ID] = true
				if !fn(g.ID, ident.ID{}) {
					return
				}
				queue = append(queue, step{g.ID, g.ID})
			}
		}
	}
}

func primaryRID(e *Entry) ident.RID {
	switch e.Class {
	case schema.User:
		return ident.RIDDomainUsers
	case schema.Computer, schema.ManagedServiceAccount:
		if e.Serves() {
			return ident.RIDDomainControllers
		}
		return ident.RIDDomainComputers
	}
	return 0
}

func (m *model) primaryGroup(e *Entry) *Entry {
	rid := primaryRID(e)
	if rid == 0 {
		return nil
	}
	return m.sid[m.domain.SID.With(rid)]
}
