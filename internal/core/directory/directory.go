// Package directory holds who and what there is: people, groups, machines and
// organizational units, as one tree in memory, fed by the store.
//
// What always holds:
//
//   - Reads answer from memory. Entries are immutable and replaced whole, and a
//     change of any size is seen whole or not at all.
//   - A write returns once this copy has seen it; one that takes something away,
//     once every live server has, or with those named that have not.
//   - Names, numbers and SIDs are unique: each is claimed in the same
//     transaction that uses it. A RID is never given out twice.
//   - Whoever asks comes in by As; the check and the act are one call.
//   - Entries hold no secrets: credentials stand in a table of their own.
//
// How a request reached us, and in what protocol, is not known here.
package directory

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/feed"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Config says what a directory stands on.
type Config struct {
	Store  store.Store
	Audit  *audit.Log
	Server string
	// NameKey keys the hashes under which names stand in the store, so that no
	// name can be read there.
	NameKey []byte
	Now     func() time.Time
	Log     *slog.Logger
}

// Domain is what init fixed for good.
type Domain struct {
	Name     string    `json:"name"`    // lab.internal
	NetBIOS  string    `json:"netbios"` // LAB
	SID      ident.SID `json:"sid"`
	Tenant   ident.ID  `json:"tenant"`
	ID       ident.ID  `json:"id"` // of the domain's own entry
	Created  time.Time `json:"created"`
	Suffixes []string  `json:"suffixes"` // domains on which users can be made; the first is the default
	Epoch    int       `json:"epoch"`    // rises with every restore
	// ValidFrom is everybody's: what was proved before it no longer holds.
	ValidFrom time.Time `json:"validFrom,omitzero"`
}

// Realm is the Kerberos realm: the domain in capitals.
func (d *Domain) Realm() string { return strings.ToUpper(d.Name) }

// Base is the DN of the domain.
func (d *Domain) Base() ident.DN { return ident.DomainDN(d.Name) }

// Directory is an open directory.
type Directory struct {
	cfg  Config
	m    *model
	feed *feed.Broker
	rids ridBlock
	peer peers

	stop  context.CancelFunc
	ended sync.WaitGroup
}

// Open reads the whole directory and follows it from then on.
func Open(ctx context.Context, cfg Config) (*Directory, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	d := &Directory{cfg: cfg, feed: feed.New()}
	m, err := d.load(ctx)
	if err != nil {
		return nil, err
	}
	if m.domain.Name == "" {
		return nil, noDomain
	}
	d.m = m
	run, stop := context.WithCancel(context.Background())
	d.stop = stop
	d.ended.Go(func() { d.follow(run) })
	if err := d.peer.join(ctx, d); err != nil {
		stop()
		d.ended.Wait()
		return nil, err
	}
	return d, nil
}

// Close stops following the store.
func (d *Directory) Close() {
	d.rids.giveBack(d)
	d.peer.leave(d)
	d.stop()
	d.ended.Wait()
	d.m.seen.End()
	d.feed.Close()
}

// load reads one state of the store into a new model.
func (d *Directory) load(ctx context.Context) (*model, error) {
	m := newModel()
	err := d.cfg.Store.View(ctx, func(tx store.Tx) error {
		m.reset()
		m.seen.Move(tx.Rev())
		var bad error
		err := tx.Scan("", "", func(key string, value []byte) bool {
			bad = m.put(key, value)
			return bad == nil
		})
		return errors.Join(err, bad)
	})
	if err != nil {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	m.settle()
	return m, nil
}

// follow keeps the model up with the store. A watch that fell too far behind, or
// broke, is replaced by a new reading.
func (d *Directory) follow(ctx context.Context) {
	for ctx.Err() == nil {
		w := d.cfg.Store.Watch(ctx, "", d.m.seen.Rev())
		for batch := range w.Changes() {
			d.apply(batch)
		}
		err := w.Err()
		if ctx.Err() != nil || errors.Is(err, store.ErrClosed) {
			return
		}
		if !errors.Is(err, store.ErrCompacted) {
			d.cfg.Log.Warn("directory: the watch ended and is begun again", "err", err)
			continue
		}
		m, err := d.load(ctx)
		if err != nil {
			d.cfg.Log.Error("directory: cannot be read again", "err", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
			continue
		}
		d.m.replace(m)
	}
}

// apply makes one commit visible, whole, and tells who listens.
func (d *Directory) apply(b store.Batch) {
	events, err := d.m.apply(b)
	if err != nil {
		d.cfg.Log.Error("directory: a record cannot be read and is left out", "rev", b.Rev, "err", err)
	}
	d.peer.acknowledge(d, b)
	for _, e := range events {
		d.feed.Publish(e)
	}
}

// Domain returns what init fixed.
func (d *Directory) Domain() Domain {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.domain
}

// Feed tells whose validFrom rose, for whoever must end something.
func (d *Directory) Feed() *feed.Broker { return d.feed }

// Revision is the state this copy has seen.
func (d *Directory) Revision() store.Rev { return d.m.seen.Rev() }

// Server is this server's name.
func (d *Directory) Server() string { return d.cfg.Server }

// Audit is the log.
func (d *Directory) Audit() *audit.Log { return d.cfg.Audit }

// Now is the time.
func (d *Directory) Now() time.Time { return d.cfg.Now().UTC() }

// Wait returns once this copy has seen rev.
func (d *Directory) Wait(ctx context.Context, rev store.Rev) error { return d.m.seen.Wait(ctx, rev) }

// commit runs fn with its record, and returns once this copy has seen it. takes
// says that it takes something away, so that every live server must see it.
func (d *Directory) commit(ctx context.Context, takes bool, fn func(store.Tx) (*audit.Record, error)) error {
	barrier := ""
	rev, err := d.cfg.Audit.Commit(ctx, d.cfg.Store, takes, func(tx store.Tx) (*audit.Record, error) {
		rec, err := fn(tx)
		if err != nil || rec == nil {
			return rec, err
		}
		if takes {
			barrier, err = d.peer.raise(d, tx)
		}
		return rec, err
	})
	if err != nil {
		return asFault(err)
	}
	if err := d.m.seen.Wait(ctx, rev); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the change is stored, and this server has not caught up with it")
	}
	if barrier != "" {
		d.peer.await(ctx, d, barrier)
	}
	return nil
}

// asFault gives the store's errors their kinds.
func asFault(err error) error {
	if fault.Of(err) != nil {
		return err
	}
	switch {
	case errors.Is(err, store.ErrNoSpace):
		return fault.Wrap(fault.Unavailable, err, "the disk is full, and nothing was changed").WithHint("make room on the server's disk; no restart is needed")
	case errors.Is(err, store.ErrContended):
		return fault.Wrap(fault.Conflict, err, "too many changes of the same thing at once").WithHint("try again")
	case errors.Is(err, store.ErrTooLarge):
		return fault.Wrap(fault.Limit, err, "the change is too large").WithHint("split it")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(fault.Unavailable, err, "the change was given up")
	default:
		return fault.Wrap(fault.Unavailable, err, "the store cannot be written now")
	}
}

// claimPrefix is where names and numbers are claimed: claim/<keyed hash>, whose
// value is the id of the owner.
const claimPrefix = "claim/"

// claimKey is where a name of a kind is claimed.
func (d *Directory) claimKey(name string) string {
	m := hmac.New(sha256.New, d.cfg.NameKey)
	m.Write([]byte(name))
	return claimPrefix + hex.EncodeToString(m.Sum(nil)[:20])
}

// claim takes a name for id, in the transaction that uses it.
func (d *Directory) claim(tx store.Tx, id ident.ID, c claim) error {
	key := d.claimKey(c.name)
	owner, err := tx.Get(key)
	if err != nil {
		return err
	}
	if owner != nil {
		if string(owner) == string(id[:]) {
			return nil
		}
		return c.taken()
	}
	return tx.Put(key, id[:])
}

// release gives a name up, if it is id's.
func (d *Directory) release(tx store.Tx, id ident.ID, name string) error {
	key := d.claimKey(name)
	owner, err := tx.Get(key)
	if err != nil || string(owner) != string(id[:]) {
		return err
	}
	return tx.Delete(key)
}

// credentialOf returns an account's credentials from memory; nil if it has none.
func (d *Directory) credentialOf(id ident.ID) *credential.Record {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.credentials[id]
}
