package zone

import (
	"strconv"
	"strings"
)

// Outcome is how a look-up ended.
type Outcome uint8

// The outcomes.
const (
	Foreign Outcome = iota // the name stands in no zone of ours
	NoName                 // there is no such name
	NoData                 // there is the name, and nothing of this type
	Found
)

// Named is the records of one type with their name.
type Named struct {
	Name string
	Set
}

// Answer is what a look-up found.
type Answer struct {
	Outcome Outcome
	Zone    string  // in which the name stands
	Sets    []Named // aliases on the way first
	Outside string  // the name that a chain of aliases leaves our zones by
}

// maxChain bounds a chain of aliases: longer ones are loops, or jokes.
const maxChain = 8

// ZoneOf returns the zone of ours that a name stands in or is.
func (z *Zone) ZoneOf(name string) (string, bool) {
	z.m.mu.RLock()
	defer z.m.mu.RUnlock()
	return z.m.zoneOf(name)
}

func (m *model) zoneOf(name string) (string, bool) {
	if below(name, m.fixed.domain) {
		return m.fixed.domain, true
	}
	if zone, ok := zoneOfReverse(name); ok && (m.fixed.zones[zone] || m.zones[zone] > 0) {
		return zone, true
	}
	return "", false
}

// below reports whether a name is, or stands below, another. A dot behind a
// backslash is part of a label.
func below(name, top string) bool {
	rest, ok := strings.CutSuffix(name, top)
	return ok && (rest == "" || strings.HasSuffix(rest, ".") && !strings.HasSuffix(rest, `\.`))
}

// Find looks a name up, RFC 1034 §4.3.2. Of [Any] it returns one set, as RFC 8482
// §4.1 has it.
func (z *Zone) Find(name string, t Type) Answer {
	z.m.mu.RLock()
	defer z.m.mu.RUnlock()
	var out Answer
	var ok bool
	if out.Zone, ok = z.m.zoneOf(name); !ok {
		return out
	}
	for range maxChain {
		sets, exists := z.sets(name)
		switch s := pick(sets, t); {
		case s != nil:
			out.Sets = append(out.Sets, Named{name, *s})
			out.Outcome = Found
			return out
		case find(sets, CNAME) != nil:
			alias := find(sets, CNAME)
			out.Sets = append(out.Sets, Named{name, *alias})
			name = alias.Values[0][0]
			if out.Zone, ok = z.m.zoneOf(name); !ok {
				out.Outcome, out.Outside = Found, name
				return out
			}
		case exists:
			out.Outcome = NoData
			return out
		default:
			out.Outcome = NoName
			return out
		}
	}
	out.Outcome = Found
	return out
}

func pick(sets []Set, t Type) *Set {
	if t == Any && len(sets) > 0 {
		return &sets[0]
	}
	return find(sets, t)
}

// sets returns what stands at a name of a zone of ours, and whether the name
// exists: one with names below it does, RFC 8020. The caller holds the model's
// lock.
func (z *Zone) sets(name string) (sets []Set, exists bool) {
	if below(name, z.m.fixed.domain) {
		if sets, exists = z.m.at(name); !exists {
			sets = z.m.wildcard(name)
		}
		exists = exists || sets != nil
	} else if addr, whole := addrOf(name); whole {
		if names := z.m.namesOf(addr); names != nil {
			sets = []Set{{Type: PTR, TTL: computedTTL, Values: names, Static: true}}
		}
		exists = sets != nil
	} else {
		// Above the addresses, each name has some below it. Which of them is not
		// worth an index.
		exists = true
	}
	if zone, ok := z.m.zoneOf(name); ok && zone == name {
		sets = append(z.apex(zone), sets...)
	}
	return sets, exists
}

// at returns what stands at a name itself.
func (m *model) at(name string) ([]Set, bool) {
	sets := m.fixed.sets[name]
	if n := m.names[name]; n != nil {
		sets = append(sets[:len(sets):len(sets)], n.shown()...)
	}
	return sets, len(sets) > 0 || m.fixed.under[name] || m.under[name] > 0
}

// wildcard returns what stands at the star below the closest name above that
// exists, and at no other, RFC 4592 §3.3.1.
func (m *model) wildcard(name string) []Set {
	for above, ok := parent(name); ok && below(above, m.fixed.domain); above, ok = parent(above) {
		if _, exists := m.at(above); exists {
			sets, _ := m.at("*." + above)
			return sets
		}
	}
	return nil
}

// apex is the start of authority and, for a reverse zone, its servers. The primary
// is the server that is asked: it takes updates, and clients ask for a ticket to
// its name.
func (z *Zone) apex(zone string) []Set {
	host := z.Host()
	soa := Value{
		host, "hostmaster." + z.m.fixed.domain, strconv.FormatUint(uint64(uint32(z.m.seen.Rev())), 10),
		"900", "600", "86400", "60", // the last is how long a missing name is remembered, RFC 2308 §5
	}
	out := []Set{{Type: SOA, TTL: computedTTL, Values: []Value{soa}, Static: true}}
	if zone != z.m.fixed.domain {
		ns := Set{Type: NS, TTL: computedTTL, Static: true}
		for _, s := range z.m.fixed.servers {
			ns.Values = append(ns.Values, Value{z.m.fixed.host(s)})
		}
		out = append(out, ns)
	}
	return out
}

// Authority is the start of authority of a zone, for answers that find nothing.
func (z *Zone) Authority(zone string) Named {
	z.m.mu.RLock()
	defer z.m.mu.RUnlock()
	return Named{zone, z.apex(zone)[0]}
}
