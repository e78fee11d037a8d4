// Package txn is what optimistic engines share: a transaction that notes what
// it reads and keeps back what it writes, and the loop that tries again.
//
// What always holds:
//
//   - A transaction reads one snapshot, under its own writes.
//   - Every key got, every key seen by a scan and every range scanned is noted,
//     so that an engine can tell whether any of it has changed since.
//   - The limits of package store are kept here, the same for every engine.
//
// Where snapshots come from and how writes are committed is not known here.
package txn

import (
	"errors"
	"sort"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// Item is a key with its value and the revision it was last written at.
type Item struct {
	Key   string
	Value []byte
	Mod   store.Rev
}

// Snapshot is one state of a store, to read from.
type Snapshot interface {
	Rev() store.Rev
	// Get returns the item at key; an Item with Mod 0 if there is none.
	Get(key string) (Item, error)
	// Range calls fn for the items of r in order, until fn returns false.
	Range(r Range, fn func(Item) bool) error
}

// Range is the keys from From on that stand before To. An empty To is no bound.
type Range struct{ From, To string }

// Has reports whether key is in r.
func (r Range) Has(key string) bool { return key >= r.From && (r.To == "" || key < r.To) }

// Under returns the range of the keys under prefix from start on.
func Under(prefix, start string) Range {
	return Range{From: max(prefix, start), To: after(prefix)}
}

// after returns the first key behind all keys under prefix; empty if none is.
func after(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}

// Tx is a transaction over a snapshot. It implements [store.Tx].
type Tx struct {
	snap     Snapshot
	readOnly bool
	ended    bool

	keys   map[string]store.Rev // what was read, and when it was last written; 0: absent
	ranges []Range              // what was scanned
	writes map[string][]byte    // nil: delete
	bytes  int                  // in writes
}

var _ store.Tx = (*Tx)(nil)

// Begin starts a transaction that may write.
func Begin(s Snapshot) *Tx {
	return &Tx{snap: s, keys: make(map[string]store.Rev), writes: make(map[string][]byte)}
}

// View starts a transaction that only reads, and so need not note what.
func View(s Snapshot) *Tx { return &Tx{snap: s, readOnly: true} }

// errEnded tells of a Tx that was carried out of its function.
var errEnded = errors.New("store: a transaction used after its end")

// End makes t unusable.
func (t *Tx) End() { t.ended = true }

// Rev implements [store.Tx].
func (t *Tx) Rev() store.Rev { return t.snap.Rev() }

// Get implements [store.Tx].
func (t *Tx) Get(key string) ([]byte, error) {
	if err := t.check(key); err != nil {
		return nil, err
	}
	if v, ok := t.writes[key]; ok {
		return v, nil
	}
	it, err := t.snap.Get(key)
	if err != nil {
		return nil, err
	}
	if err := t.note(key, it.Mod); err != nil {
		return nil, err
	}
	return it.Value, nil
}

// Scan implements [store.Tx].
func (t *Tx) Scan(prefix, start string, fn func(key string, value []byte) bool) error {
	if t.ended {
		return errEnded
	}
	r := Under(prefix, start)
	if r.To != "" && r.From >= r.To {
		return nil
	}
	own := t.written(r)
	var noteErr error
	stopped := false
	emit := func(key string, value []byte) bool {
		if value != nil && !fn(key, value) {
			// What lies behind the last key seen was not read.
			r.To, stopped = key+"\x00", true
		}
		return !stopped
	}
	err := t.snap.Range(r, func(it Item) bool {
		for len(own) > 0 && own[0].Key < it.Key {
			if !emit(own[0].Key, own[0].Value) {
				return false
			}
			own = own[1:]
		}
		if noteErr = t.note(it.Key, it.Mod); noteErr != nil {
			return false
		}
		if len(own) > 0 && own[0].Key == it.Key {
			it.Value, own = own[0].Value, own[1:]
		}
		return emit(it.Key, it.Value)
	})
	if err == nil {
		err = noteErr
	}
	if err != nil {
		return err
	}
	for i := 0; i < len(own) && !stopped; i++ {
		emit(own[i].Key, own[i].Value)
	}
	if !t.readOnly {
		t.ranges = append(t.ranges, r)
	}
	return t.count()
}

// Put implements [store.Tx].
func (t *Tx) Put(key string, value []byte) error {
	if len(value) > store.MaxValue+store.SealRoom {
		return store.ErrTooLarge
	}
	if value == nil {
		value = []byte{}
	}
	return t.write(key, value)
}

// Delete implements [store.Tx].
func (t *Tx) Delete(key string) error { return t.write(key, nil) }

// Writes returns what t wrote, in key order.
func (t *Tx) Writes() []store.Change { return t.written(Range{}) }

// Bytes returns the size of what t wrote.
func (t *Tx) Bytes() int { return t.bytes }

// Ops returns how many reads and writes of t a commit has to look at.
func (t *Tx) Ops() int { return len(t.keys) + len(t.ranges) + len(t.writes) }

// Keys returns the keys t read, each with the revision it was last written at;
// 0 if it was absent. The caller must not change the map.
func (t *Tx) Keys() map[string]store.Rev { return t.keys }

// Ranges returns the ranges t scanned.
func (t *Tx) Ranges() []Range { return t.ranges }

// Read reports whether t read key, or would have seen it in a scan.
func (t *Tx) Read(key string) bool {
	if _, ok := t.keys[key]; ok {
		return true
	}
	for _, r := range t.ranges {
		if r.Has(key) {
			return true
		}
	}
	return false
}

func (t *Tx) check(key string) error {
	switch {
	case t.ended:
		return errEnded
	case key == "":
		return errors.New("store: an empty key")
	case len(key) > store.MaxKey:
		return store.ErrTooLarge
	}
	return nil
}

// note remembers that key was read.
func (t *Tx) note(key string, mod store.Rev) error {
	if t.readOnly {
		return nil
	}
	t.keys[key] = mod
	return t.count()
}

func (t *Tx) write(key string, value []byte) error {
	if err := t.check(key); err != nil {
		return err
	}
	if t.readOnly {
		return store.ErrReadOnly
	}
	if old, ok := t.writes[key]; ok {
		t.bytes -= len(key) + len(old)
	}
	t.writes[key] = value
	t.bytes += len(key) + len(value)
	return t.count()
}

// count holds t to the limits of a transaction.
func (t *Tx) count() error {
	if t.bytes > store.MaxWrite || t.Ops() > store.MaxOps {
		return store.ErrTooLarge
	}
	return nil
}

// written returns what t wrote in r, in key order.
func (t *Tx) written(r Range) []store.Change {
	var out []store.Change
	for k, v := range t.writes {
		if r.Has(k) {
			out = append(out, store.Change{Key: k, Value: v})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out
}
