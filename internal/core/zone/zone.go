// Package zone is the DNS names the domain publishes: those that follow from its
// servers, those administrators set, and those machines register for themselves.
//
// What always holds:
//
//   - Look-ups answer from memory: no disk, no network.
//   - What follows from the servers is computed and never stored, and nobody may
//     set or remove it.
//   - A machine writes the addresses and key fingerprints of its own host name and
//     nothing else. Wildcards, delegations and services are administrators'.
//   - A machine's name is nobody else's while its account lives, and for a week
//     after it is deleted.
//   - A change is whole or not at all, and on disk before it is answered.
//   - No name can be read from a key of the store.
//
// How a question reached us, and how records look on the wire, is not known here.
// Names are lower case and without the dot at the end.
package zone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

const (
	// staleAfter is how long a machine's records stay without being refreshed.
	// SSSD refreshes daily.
	staleAfter = 30 * 24 * time.Hour
	// holdFor is how long the name of a deleted machine stays its own, so that
	// nobody takes over what others still trust under it.
	holdFor = 7 * 24 * time.Hour
	// lookEvery is how often the list of servers is asked for.
	lookEvery = 2 * time.Second
)

// Server is a live server: its short name, and the addresses it answers on.
type Server struct {
	Name  string
	Addrs []netip.Addr
}

// Ports are where the doors really answer; 0 for one that is shut, which then is
// not announced.
type Ports struct {
	LDAP, GC, Kerberos, Kpasswd uint16
}

// Config says what a zone stands on.
type Config struct {
	Store     store.Store
	Directory *directory.Directory
	// NameKey keys the hashes under which names stand in the store.
	NameKey []byte
	// Servers lists the live servers, the first of them in front.
	Servers func() []Server
	Ports   Ports
	// Stale is how long a machine's records stay without being refreshed; 0 for
	// thirty days.
	Stale time.Duration
	Log   *slog.Logger
}

// Zone is an open zone. Its methods may be called by any goroutine.
type Zone struct {
	cfg Config
	dir *directory.Directory
	m   *model
	gen atomic.Uint64 // rises with whatever could change an answer

	stop  context.CancelFunc
	ended sync.WaitGroup
}

// Open reads the records and follows them from then on.
func Open(ctx context.Context, cfg Config) (*Zone, error) {
	if cfg.Stale == 0 {
		cfg.Stale = staleAfter
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	z := &Zone{cfg: cfg, dir: cfg.Directory, m: newModel()}
	if err := z.load(ctx); err != nil {
		return nil, err
	}
	z.Refresh()
	run, stop := context.WithCancel(context.Background())
	z.stop = stop
	z.ended.Go(func() { z.follow(run) })
	z.ended.Go(func() { z.attend(run) })
	return z, nil
}

// Close stops following the store.
func (z *Zone) Close() {
	z.stop()
	z.ended.Wait()
	z.m.seen.End()
}

// load reads one state of the store into the model.
func (z *Zone) load(ctx context.Context) error {
	changes, rev := []store.Change(nil), store.Rev(0)
	err := z.cfg.Store.View(ctx, func(tx store.Tx) error {
		changes, rev = nil, tx.Rev()
		return tx.Scan(nodes.Prefix, "", func(key string, value []byte) bool {
			changes = append(changes, store.Change{Key: key, Value: value})
			return true
		})
	})
	if err != nil {
		return fmt.Errorf("read the DNS records: %w", err)
	}
	if err := z.dir.Wait(ctx, rev); err != nil {
		return err
	}
	err = z.m.take(store.Batch{Rev: rev, Changes: changes}, true, z.lives)
	z.gen.Add(1)
	return err
}

// follow keeps the model up with the store, as the directory does.
func (z *Zone) follow(ctx context.Context) {
	for ctx.Err() == nil {
		w := z.cfg.Store.Watch(ctx, nodes.Prefix, z.m.seen.Rev())
		for batch := range w.Changes() {
			// Whose a name is can be told once the directory is as far.
			if err := z.dir.Wait(ctx, batch.Rev); err != nil {
				return
			}
			if err := z.m.take(batch, false, z.lives); err != nil {
				z.cfg.Log.Error("zone: a record cannot be read and is left out", "rev", batch.Rev, "err", err)
			}
			z.gen.Add(1)
		}
		err := w.Err()
		if ctx.Err() != nil || errors.Is(err, store.ErrClosed) {
			return
		}
		z.cfg.Log.Warn("zone: the watch ended and is begun again", "err", err)
		if err := z.load(ctx); err != nil {
			z.cfg.Log.Error("zone: cannot be read again", "err", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
}

// attend looks after what the store's watch does not tell: servers that come and
// go, and machines that are deleted.
func (z *Zone) attend(ctx context.Context) {
	gone, cancel := z.dir.Feed().Subscribe()
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			z.Refresh()
		case e, ok := <-gone:
			if !ok {
				return
			}
			if _, lives := z.lives(e.ID); !lives {
				z.m.forsake(e.ID)
				z.gen.Add(1)
			}
		}
	}
}

// Refresh asks for the servers again, and computes what follows from them if they
// have changed.
func (z *Zone) Refresh() {
	servers := slices.Clone(z.cfg.Servers())
	z.m.mu.Lock()
	defer z.m.mu.Unlock()
	if z.m.fixed != nil && slices.EqualFunc(servers, z.m.fixed.servers, func(a, b Server) bool {
		return a.Name == b.Name && slices.Equal(a.Addrs, b.Addrs)
	}) {
		return
	}
	z.m.fixed = compute(z.dir.Domain(), servers, z.cfg.Ports)
	z.gen.Add(1)
}

// Generation rises whenever an answer may have changed, for whoever keeps some.
func (z *Zone) Generation() uint64 { return z.gen.Load() }

// Domain is the name of the zone of the domain.
func (z *Zone) Domain() string { return z.dir.Domain().Name }

// Host is this server's full name: the one clients send updates to.
func (z *Zone) Host() string { return strings.ToLower(z.dir.Server()) + "." + z.Domain() }

// Serves reports whether an address is a server's own.
func (z *Zone) Serves(a netip.Addr) bool {
	z.m.mu.RLock()
	defer z.m.mu.RUnlock()
	_, ok := z.m.fixed.reverse[a.Unmap()]
	return ok
}

// MayForward decides whether an address may ask us for names outside our zones:
// one in a network that is named for it, or the server's own host. Who resolves
// for everybody is a weapon in the hands of whoever forges addresses.
func (z *Zone) MayForward(a netip.Addr) bool {
	if a.Unmap().IsLoopback() {
		return true
	}
	networks := z.dir.Rules().Networks
	for i := range networks {
		if n := &networks[i]; n.Resolve && n.Contains(a) {
			return true
		}
	}
	return false
}

// asFault gives the errors of a write their kinds.
func asFault(err error) error {
	if err == nil || fault.Of(err) != nil {
		return err
	}
	return fault.Wrap(fault.Unavailable, err, "the record cannot be changed now").WithHint("try again")
}
