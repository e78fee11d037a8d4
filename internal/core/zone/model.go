package zone

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// model is the names in memory: what the store held at one revision, and what
// follows from the servers. Nodes in it are not changed: they are replaced.
type model struct {
	mu   sync.RWMutex
	seen *store.Seen

	fixed *computed
	byKey map[string]*node
	names map[string]*node
	under map[string]int                  // names by how many names below them show something
	addrs map[netip.Addr]map[string]*node // machines by address
	zones map[string]int                  // reverse zones by how many machines' addresses
}

func newModel() *model {
	m := &model{seen: store.NewSeen()}
	m.reset()
	return m
}

func (m *model) reset() {
	m.byKey, m.names = make(map[string]*node), make(map[string]*node)
	m.under, m.zones = make(map[string]int), make(map[string]int)
	m.addrs = make(map[netip.Addr]map[string]*node)
}

// take makes one commit, or with afresh a whole reading, visible at once. A record
// that cannot be read is left out and told.
func (m *model) take(b store.Batch, afresh bool, lives func(ident.ID) (string, bool)) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if afresh {
		m.reset()
	}
	for _, c := range b.Changes {
		if old := m.byKey[c.Key]; old != nil {
			m.index(old, -1)
			delete(m.byKey, c.Key)
			delete(m.names, old.Name)
		}
		if c.Value == nil {
			continue
		}
		n, bad := nodes.Read(c.Key, c.Value)
		if bad != nil {
			err = errors.Join(err, bad)
			continue
		}
		_, n.lives = lives(n.Owner.ID)
		m.byKey[c.Key], m.names[n.Name] = n, n
		m.index(n, 1)
	}
	m.seen.Move(b.Rev)
	return err
}

// forsake takes a deleted machine's records out of the answers.
func (m *model) forsake(owner ident.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, n := range m.byKey {
		if n.Owner.ID != owner || !n.lives {
			continue
		}
		m.index(n, -1)
		dead := *n
		dead.lives = false
		m.byKey[key], m.names[n.Name] = &dead, &dead
		m.index(&dead, 1)
	}
}

// index counts a node in, with by 1, or out again, with by -1. The caller holds mu.
func (m *model) index(n *node, by int) {
	sets := n.shown()
	if len(sets) == 0 {
		return
	}
	for above, ok := parent(n.Name); ok && above != ""; above, ok = parent(above) {
		if m.under[above] += by; m.under[above] == 0 {
			delete(m.under, above)
		}
	}
	for _, s := range sets {
		if s.Static || s.Type != A && s.Type != AAAA {
			continue
		}
		for _, v := range s.Values {
			if a, err := netip.ParseAddr(v[0]); err == nil {
				m.indexAddr(a, n, by)
			}
		}
	}
}

func (m *model) indexAddr(a netip.Addr, n *node, by int) {
	if by > 0 {
		if m.addrs[a] == nil {
			m.addrs[a] = make(map[string]*node)
		}
		m.addrs[a][n.Name] = n
	} else if delete(m.addrs[a], n.Name); len(m.addrs[a]) == 0 {
		delete(m.addrs, a)
	}
	if ours(a) {
		zone := reverseZone(a)
		if m.zones[zone] += by; m.zones[zone] == 0 {
			delete(m.zones, zone)
		}
	}
}

// namesOf lists the names of an address: a server's alone, or those of machines,
// the last refreshed in front, since addresses move on. The caller holds mu.
func (m *model) namesOf(a netip.Addr) []Value {
	if host := m.fixed.reverse[a]; host != "" {
		return []Value{{host}}
	}
	var of []*node
	for _, n := range m.addrs[a] {
		of = append(of, n)
	}
	slices.SortFunc(of, func(a, b *node) int {
		if c := b.Refreshed.Compare(a.Refreshed); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	var out []Value
	for _, n := range of {
		out = append(out, Value{n.Name})
	}
	return out
}

// lives reports whether a principal exists, and what it is called.
func (z *Zone) lives(id ident.ID) (string, bool) {
	if id.IsZero() {
		return "", false
	}
	e, err := z.dir.ByID(id)
	if err != nil {
		return "", false
	}
	return e.Name(), true
}
