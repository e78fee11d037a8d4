package zone

import (
	"context"
	"slices"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/role"
)

// sweepMost bounds one sweep; the next goes on.
const sweepMost = 1000

// Sweep notes whose machines are gone, frees the names of those that are gone for
// long enough, and scavenges what was not refreshed for a month. It returns how
// many names it changed.
func (a As) Sweep(ctx context.Context, now time.Time) (int, error) {
	rule, err := a.dir.Require(role.DNSUpdate)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, name := range a.z.due(now) {
		err := a.change(ctx, rule, func(d *draft) error {
			n, err := d.node(name)
			if err == nil {
				a.z.age(n, now)
			}
			return err
		})
		if err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// due lists the names that a sweep would change.
func (z *Zone) due(now time.Time) []string {
	z.m.mu.RLock()
	defer z.m.mu.RUnlock()
	var out []string
	for _, n := range z.m.names {
		if len(out) == sweepMost {
			break
		}
		aged := *n
		aged.Sets = slices.Clone(n.Sets)
		if z.age(&aged, now) {
			out = append(out, n.Name)
		}
	}
	return out
}

// age does to a node what is due, and reports whether anything was.
func (z *Zone) age(n *node, now time.Time) bool {
	if n.Owner.ID.IsZero() {
		return false
	}
	_, lives := z.lives(n.Owner.ID)
	switch {
	case lives && now.Sub(n.Refreshed) < z.cfg.Stale:
		changed := !n.Gone.IsZero() // a restore brought its machine back
		n.Gone = time.Time{}
		return changed
	case !lives && n.Gone.IsZero():
		n.Gone = now
		return true
	case !lives && now.Before(n.heldUntil(now)):
		return false
	}
	n.Sets = slices.DeleteFunc(n.Sets, func(s Set) bool { return !s.Static })
	return true
}
