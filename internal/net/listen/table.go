package listen

import (
	"container/list"
	"net/netip"
	"sync"
)

// table is who is connected. It never holds more than max, and knows of the
// connections that were not pinned which has been silent longest.
type table struct {
	max, perSource int

	mu      sync.Mutex
	conns   map[*Conn]*list.Element // the element is nil once it is pinned
	sources map[netip.Prefix]int
	strange list.List // *Conn, the longest silent first
	closing bool
}

func (t *table) init(max, perSource int) {
	t.max, t.perSource = max, perSource
	t.conns = make(map[*Conn]*list.Element)
	t.sources = make(map[netip.Prefix]int)
}

// add takes c in if there is room. To make some, it drops a stranger, which the
// caller closes.
func (t *table) add(c *Conn) (evict *Conn, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing || t.perSource > 0 && t.sources[c.prefix] >= t.perSource {
		return nil, false
	}
	if len(t.conns) >= t.max {
		if evict = t.dropOldest(); evict == nil {
			return nil, false
		}
	}
	t.conns[c] = t.strange.PushBack(c)
	t.sources[c.prefix]++
	return evict, true
}

// oldest drops the longest silent stranger and returns it; nil if there is none.
func (t *table) oldest() *Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dropOldest()
}

func (t *table) dropOldest() *Conn {
	e := t.strange.Front()
	if e == nil {
		return nil
	}
	c := e.Value.(*Conn)
	t.drop(c)
	return c
}

// remove forgets c. It may have been dropped before.
func (t *table) remove(c *Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(c)
}

func (t *table) drop(c *Conn) {
	e, ok := t.conns[c]
	if !ok {
		return
	}
	if e != nil {
		t.strange.Remove(e)
	}
	delete(t.conns, c)
	if t.sources[c.prefix]--; t.sources[c.prefix] == 0 {
		delete(t.sources, c.prefix)
	}
}

// heard notes that c completed a message.
func (t *table) heard(c *Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.conns[c]; e != nil {
		t.strange.MoveToBack(e)
	}
}

// pin takes c from the strangers, or puts it back.
func (t *table) pin(c *Conn, pinned bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.conns[c]
	switch {
	case !ok:
	case pinned && e != nil:
		t.strange.Remove(e)
		t.conns[c] = nil
	case !pinned && e == nil:
		t.conns[c] = t.strange.PushBack(c)
	}
}

// close refuses whoever comes from now on, and returns who is there.
func (t *table) close() []*Conn {
	t.mu.Lock()
	t.closing = true
	t.mu.Unlock()
	return t.list()
}

func (t *table) list() []*Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]*Conn, 0, len(t.conns))
	for c := range t.conns {
		out = append(out, c)
	}
	return out
}

// prefixOf is what counts as one source: a host of IPv6 has a /64 to itself,
// RFC 4291 §2.5.1, and could come from a new address each time.
func prefixOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.WithZone("").Prefix(bits)
	return p
}
