// Package store keeps ordered keys and values in transactions, with a watch.
//
// It is one contract for every engine; [storetest] is the contract as a suite.
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
)

// Rev numbers the states of a store. It rises with every commit that wrote.
type Rev int64

// Limits every engine keeps, so that what works on one works on all. They stand
// far above what one change of 10,000 members needs.
const (
	MaxKey   = 512       // bytes in a key
	MaxValue = 1 << 20   // bytes in a value
	MaxWrite = 16 << 20  // bytes in all writes of a transaction
	MaxOps   = 32 * 1024 // writes and reads checked in a transaction
)

var (
	// ErrCompacted is what a watch ends with when the changes it would have to
	// tell next are no longer kept. Read everything again and watch from there.
	ErrCompacted = errors.New("store: the changes asked for are no longer kept")
	// ErrClosed is returned once the store is closed.
	ErrClosed = errors.New("store: closed")
	// ErrTooLarge is returned for a key, value or transaction over the limits.
	ErrTooLarge = errors.New("store: over a limit of size")
	// ErrContended is returned when a transaction met a conflict too often.
	ErrContended = errors.New("store: too many conflicting changes")
	// ErrInUse is returned when another process has the data folder open.
	ErrInUse = errors.New("store: the data folder is in use by another server")
	// ErrNoSpace is returned for a write the disk has no room for. Reads go on.
	ErrNoSpace = errors.New("store: no space left")
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
	// bytes. It sees the transaction's own writes.
	Scan(prefix, start string, fn func(key string, value []byte) bool) error
	// Put sets key to value. The engine keeps the slice.
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
