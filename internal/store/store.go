// Package store keeps ordered keys and values in transactions, with a watch.
//
// It is one contract for every engine; package storetest is the contract as a suite.
// Nothing above this package knows which engine it runs on.
//
// What always holds:
//
//   - A transaction sees one state of the store, and its writes become visible
//     together or not at all, to readers and across kill -9.
//   - Update returns nil only when its writes are durable.
//   - Two updates never both commit if one read what the other wrote. A key
//     read as absent, and a range read, count as read.
//   - A watch delivers every committed change once, in order, grouped as it was
//     committed, or says that it cannot.
//
// What a key or a value means is not known here.
package store

import (
	"context"
	"errors"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Rev numbers the states of a store. It rises with every commit that wrote.
type Rev int64

// Limits every engine keeps, so that what works on one works on all. They stand
// far above what one change of 10,000 members needs.
const (
	MaxKey   = 512       // bytes in a key; a key has at least one
	MaxValue = 1 << 20   // bytes in a value
	MaxWrite = 16 << 20  // bytes in all writes of a transaction
	MaxOps   = 32 * 1024 // writes and reads checked in a transaction; a scan reads each key it sees

	// SealRoom is what an engine accepts above MaxValue, so that a value of
	// MaxValue bytes can still be sealed. See [Sealed].
	SealRoom = 128
)

// The errors of every engine. Those that a caller may meet through no fault of
// the program are faults, so that each door can answer with them.
var (
	// ErrCompacted is what a watch ends with when the changes it would have to
	// tell next are no longer kept. Read everything again and watch from there.
	// A View that outlives its state meets it too.
	ErrCompacted = errors.New("store: the changes asked for are no longer kept")
	// ErrClosed is returned once the store is closed.
	ErrClosed error = fault.New(fault.Unavailable, "the server is stopping")
	// ErrReadOnly is returned for a write inside View.
	ErrReadOnly = errors.New("store: a write inside View")
	// ErrTooLarge is returned for a key, value or transaction over the limits.
	ErrTooLarge error = fault.New(fault.Limit, "the change is too large to be made at once")
	// ErrContended is returned when a transaction met a conflict too often.
	ErrContended error = fault.New(fault.Conflict, "others keep changing the same thing").
			WithHint("Try again in a moment.")
	// ErrInUse is returned when another process has the data folder open.
	ErrInUse error = fault.New(fault.Unavailable, "the data folder is in use by another server").
			WithHint("Stop the other server first, or give this one a data folder of its own.")
	// ErrNoSpace is returned for a write the disk has no room for. Reads go on.
	ErrNoSpace error = fault.New(fault.Unavailable, "the server's disk is full, so nothing was changed").
			WithHint("Ask an administrator to make room; changes work again as soon as there is some.")
	// ErrNoMajority is returned for a write while too few servers can be reached.
	// Reads go on. The write may yet take place once they are back.
	ErrNoMajority error = fault.New(fault.Unavailable, "too few servers can be reached, so no change can be made").
			WithHint("Bring the other servers back, or promote this one.")
)

// Store is an engine.
type Store interface {
	// View runs fn on one state of the store. Writes through its Tx fail.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn, and commits what it wrote if fn returns nil. It returns
	// the revision at which the writes can be seen; for a transaction that wrote
	// nothing, the revision it read.
	//
	// fn may run more than once: a commit that meets a conflict is tried again.
	// So fn reads and writes through tx and does nothing else: it does not send,
	// log, hash or sleep.
	//
	// If ctx ends while the commit is on its way, Update returns the context's
	// error, and whether the writes took place is not known.
	Update(ctx context.Context, fn func(Tx) error) (Rev, error)

	// Watch tells the changes under prefix that came after rev, until ctx ends.
	Watch(ctx context.Context, prefix string, after Rev) Watch

	// Close waits for running transactions and releases the engine.
	Close() error
}

// Tx is a transaction. It is valid only inside the function it was given to,
// and used by one goroutine.
type Tx interface {
	// Rev is the state this transaction reads.
	Rev() Rev
	// Get returns the value of key, or nil if there is none. It sees the
	// transaction's own writes. The caller must not change the slice.
	Get(key string) ([]byte, error)
	// Scan calls fn for the keys under prefix from start on, in order, until fn
	// returns false. An empty start begins at the prefix. Keys are compared as
	// bytes. It sees what the transaction wrote before Scan was called.
	Scan(prefix, start string, fn func(key string, value []byte) bool) error
	// Put sets key to value. The engine keeps the slice. An empty value is a
	// value: Get returns it as an empty slice, not nil.
	Put(key string, value []byte) error
	// Delete removes key, if it is there.
	Delete(key string) error
}

// Watch is a running watch.
type Watch interface {
	// Changes delivers one batch a commit. It is closed when the watch ends.
	Changes() <-chan Batch
	// Err says why the channel was closed: the context's error, ErrCompacted,
	// ErrClosed or the engine's.
	Err() error
}

// Batch is what one commit changed under a watched prefix, in key order.
type Batch struct {
	Rev     Rev
	Changes []Change
}

// Change is a key's new value; nil when the key was deleted.
type Change struct {
	Key   string
	Value []byte
}

// Backuper is an engine that can copy itself while it serves.
type Backuper interface {
	// Backup writes one consistent state to a file that the engine's restore
	// reads, and returns its revision.
	Backup(ctx context.Context, path string) (Rev, error)
}

// reserve is the key of the mark WithReserve leaves on a context.
type reserve struct{}

// WithReserve returns a context whose updates may use the part of the disk that
// is kept back from ordinary ones. It is for deletions, revocations and what
// administrators do to make room.
func WithReserve(ctx context.Context) context.Context {
	return context.WithValue(ctx, reserve{}, true)
}

// HasReserve reports whether ctx came from [WithReserve]. Engines ask it.
func HasReserve(ctx context.Context) bool { return ctx.Value(reserve{}) != nil }
