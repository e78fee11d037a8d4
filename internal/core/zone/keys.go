package zone

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// node is what is stored at one name.
type node struct {
	Key  string `json:"key"` // the keyed hash of the name
	Name string `json:"name"`
	Sets []Set  `json:"sets"`
	// Owner is the machine that registered the name; zero for a name that is the
	// administrators' alone.
	Owner     ident.Ref `json:"owner,omitzero"`
	Refreshed time.Time `json:"refreshed,omitzero"` // when the owner last wrote it
	Gone      time.Time `json:"gone,omitzero"`      // since when the owner is known to be deleted

	lives bool // the owner does, as far as this copy knows
}

// nodes is the table of names.
var nodes = store.JSON("dns/", 1, func(n *node) string { return n.Key }, nil)

// key is the keyed hash under which a name stands.
func (z *Zone) key(name string) string {
	m := hmac.New(sha256.New, z.cfg.NameKey)
	m.Write([]byte("dns:" + name))
	return hex.EncodeToString(m.Sum(nil)[:20])
}

// shown returns the sets that are answered: those of a deleted machine are not.
func (n *node) shown() []Set {
	if n.Owner.ID.IsZero() || n.lives {
		return n.Sets
	}
	var out []Set
	for _, s := range n.Sets {
		if s.Static {
			out = append(out, s)
		}
	}
	return out
}

// set finds the set of a type; nil for none.
func (n *node) set(t Type) *Set { return find(n.Sets, t) }

// heldUntil is until when the name of a deleted machine is kept for nobody.
func (n *node) heldUntil(now time.Time) time.Time {
	if n.Gone.IsZero() {
		return now.Add(holdFor)
	}
	return n.Gone.Add(holdFor)
}
