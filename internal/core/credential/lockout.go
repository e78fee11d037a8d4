package credential

import (
	"net/netip"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/flat"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Counters are an account's wrong passwords, by the network they came from: who
// guesses from outside does not lock the owner out at her desk.
type Counters struct {
	ID       ident.ID
	Networks []Counter
}

// Counter is the wrong passwords from one network.
type Counter struct {
	Network string // /24 or /64, or "*" for all
	Wrong   int
	First   time.Time // of those counted
	Until   time.Time // locked until; zero if not
}

// maxNetworks bounds how many networks are counted apart for an account; beyond
// it the oldest is forgotten. A guesser with many networks meets the derivation
// limit and the alarm on one name, not this.
const maxNetworks = 64

// Network returns the network a source counts as: an IPv4 /24, an IPv6 /64,
// "local" for this host.
func Network(a netip.Addr) string {
	a = a.Unmap()
	switch {
	case !a.IsValid(), a.IsLoopback():
		return "local"
	case a.Is4():
		p, _ := a.Prefix(24)
		return p.String()
	default:
		p, _ := a.Prefix(64)
		return p.String()
	}
}

// Lock returns the counter that locks a source out at now, or nil.
func (c *Counters) Lock(p *Policy, network string, now time.Time) *Counter {
	if c == nil || p.Threshold == 0 {
		return nil
	}
	for i := range c.Networks {
		n := &c.Networks[i]
		// A clock that went back must not lengthen a lock.
		if (p.Strict || n.Network == network || n.Network == anyNetwork) && now.Before(n.Until) && n.Until.Sub(now) <= p.Duration {
			return n
		}
	}
	return nil
}

// anyNetwork is the counter over all networks, under a strict policy.
const anyNetwork = "*"

// Locked reports whether any network is locked out, for people and lists.
func (c *Counters) Locked(now time.Time) (since, until time.Time, locked bool) {
	if c == nil {
		return
	}
	for _, n := range c.Networks {
		if now.Before(n.Until) && n.Until.After(until) {
			since, until, locked = n.First, n.Until, true
		}
	}
	return
}

// Wrong is how many wrong passwords are counted now.
func (c *Counters) Wrong() int {
	total := 0
	if c != nil {
		for _, n := range c.Networks {
			total += n.Wrong
		}
	}
	return total
}

// Fail returns c with one more wrong password from a network.
func (c Counters) Fail(p *Policy, network string, now time.Time) Counters {
	if p.Strict {
		network = anyNetwork
	}
	out := Counters{ID: c.ID}
	this := Counter{Network: network, First: now}
	for _, n := range c.Networks {
		switch {
		case n.Network == network:
			if now.Sub(n.First) < p.Window && now.After(n.First.Add(-p.Window)) {
				this = n
			}
		case now.Sub(n.First) < p.Window || now.Before(n.Until):
			out.Networks = append(out.Networks, n)
		}
	}
	this.Wrong++
	if p.Threshold > 0 && this.Wrong >= p.Threshold {
		this.Until = now.Add(p.Duration)
	}
	if len(out.Networks) >= maxNetworks {
		out.Networks = out.Networks[1:]
	}
	out.Networks = append(out.Networks, this)
	return out
}

// LockoutTable is the table of counters. An account without wrong passwords has
// no record.
var LockoutTable = store.Table[Counters]{
	Prefix: "lockout/", Version: 1,
	ID: func(c Counters) string { return c.ID.String() },
	Encode: func(b []byte, c Counters) ([]byte, error) {
		b = append(b, c.ID[:]...)
		b = flat.Uint(b, uint64(len(c.Networks)))
		for _, n := range c.Networks {
			b = flat.Uint(flat.String(b, n.Network), uint64(n.Wrong))
			b = flat.Time(flat.Time(b, n.First), n.Until)
		}
		return b, nil
	},
	Decode: func(_ byte, data []byte) (Counters, error) {
		d := flat.NewDecoder(data)
		var c Counters
		d.Fixed(c.ID[:])
		for range d.Len() {
			c.Networks = append(c.Networks, Counter{d.String(), int(d.Uint()), d.Time(), d.Time()})
		}
		return c, d.Err()
	},
}
