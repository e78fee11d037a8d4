package authn

import (
	"sync"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

func TestCacheHoldsARightPasswordOnly(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	alice := &credential.Record{ID: ident.NewID(), Gen: 7}
	changed := &credential.Record{ID: alice.ID, Gen: 8}
	bob := &credential.Record{ID: ident.NewID(), Gen: 7}
	c := newCache()
	c.keep(alice, "seven grey herons", now)
	for _, x := range []struct {
		what string
		rec  *credential.Record
		pw   credential.Password
		at   time.Time
		want bool
	}{
		{"the same password", alice, "seven grey herons", now, true},
		{"again", alice, "seven grey herons", now.Add(cheapFor - 1), true},
		{"another", alice, "seven grey heron", now, false},
		{"a longer one", alice, "seven grey herons ", now, false},
		{"none", alice, "", now, false},
		{"the same of somebody else", bob, "seven grey herons", now, false},
		{"the same after a change", changed, "seven grey herons", now, false},
		{"too late", alice, "seven grey herons", now.Add(cheapFor), false},
		{"before, as the clock went back", alice, "seven grey herons", now.Add(-1), false},
	} {
		if got := c.holds(x.rec, x.pw, x.at); got != x.want {
			t.Errorf("%s: holds is %v, want %v", x.what, got, x.want)
		}
	}
}

// Hashes are used again by whoever comes next: what one leaves must not count for
// another.
func TestCacheUnderLoad(t *testing.T) {
	now := time.Now()
	c := newCache()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			r := &credential.Record{ID: ident.NewID(), Gen: 1}
			pw := credential.Password(r.ID.String())
			c.keep(r, pw, now)
			for range 1000 {
				if !c.holds(r, pw, now) || c.holds(r, pw+"x", now) {
					t.Error("a password was taken for another")
					return
				}
			}
		})
	}
	wg.Wait()
}
