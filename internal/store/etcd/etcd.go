// Package etcd is the store that servers run on: etcd inside this process, or
// a cluster somebody else runs.
//
// What always holds:
//
//   - An update that returned nil is in etcd's log on disk, on a majority of
//     members where there are several.
//   - A transaction reads one revision from the nearest member. Whether that
//     was still true at its end is checked by etcd at the commit: each key read
//     must be as it was read, each range scanned must hold nothing newer.
//   - Updates that run at the same time and do not touch each other share one
//     transaction of etcd, and so one write to its log and one revision.
//   - Inside the process nothing listens on a network, and only one process at
//     a time has the data folder open.
//   - A commit never begins with less free disk than the reserve, because etcd
//     ends the process when it cannot write its log.
//
// Raft, the log, snapshots and membership are etcd's. Sealing is not known
// here: whoever reads the folder reads the values it was given.
package etcd

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/txn"
)

// Store is a store on etcd. Make one with [Open] or [Dial].
type Store struct {
	cfg    Config
	client *clientv3.Client
	server *embed.Etcd // nil after Dial
	folder *os.File    // the data folder, locked; nil after Dial

	retry  *txn.Retrier
	commit *committer
	room   *room // nil after Dial: the disk is another's

	seen    atomic.Int64 // the last revision known here
	ctx     context.Context
	stop    context.CancelFunc // ends watches
	running sync.WaitGroup     // transactions, watches and backups

	mu     sync.Mutex
	closed bool
}

var (
	_ store.Store    = (*Store)(nil)
	_ store.Backuper = (*Store)(nil)
)

// start is the part of Open and Dial that they share.
func (s *Store) start() *Store {
	s.retry = txn.NewRetrier()
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.commit = startCommitter(s.client, s.room)
	return s
}

// View implements [store.Store].
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.running.Done()
	snap, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	t := txn.View(snap)
	defer t.End()
	return fn(t)
}

// Update implements [store.Store].
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) (store.Rev, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.running.Done()
	return s.retry.Run(ctx, func() (store.Rev, error) { return s.try(ctx, fn) })
}

// try runs fn once and commits what it wrote.
func (s *Store) try(ctx context.Context, fn func(store.Tx) error) (store.Rev, error) {
	snap, err := s.snapshot(ctx)
	if err != nil {
		return 0, err
	}
	t := txn.Begin(snap)
	defer t.End()
	switch err := fn(t); {
	case errors.Is(err, store.ErrCompacted):
		return 0, txn.ErrConflict // it ran so long that its revision is gone
	case err != nil:
		return 0, err
	}
	if len(t.Writes()) == 0 {
		return t.Rev(), nil
	}
	rev, err := s.commit.do(ctx, t)
	if err == nil {
		s.saw(rev)
	}
	return rev, err
}

// Compact lets etcd forget the states before rev. It happens by itself; tests
// ask for it.
func (s *Store) Compact(ctx context.Context, rev store.Rev) error {
	_, err := s.client.Compact(ctx, int64(rev), clientv3.WithCompactPhysical())
	return translate(err)
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.running.Wait()
	if again {
		return nil
	}
	s.commit.stop()
	err := s.client.Close()
	if errors.Is(err, context.Canceled) {
		err = nil // the in-process client says so of itself
	}
	if s.server != nil {
		s.room.stop()
		s.server.Close()
		err = errors.Join(err, s.folder.Close()) // and with it the lock
	}
	return err
}

// enter counts one more transaction, watch or backup in, unless the store is
// closed.
func (s *Store) enter(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.running.Add(1)
	return nil
}

// saw raises the revision known here to rev.
func (s *Store) saw(rev store.Rev) {
	for {
		old := s.seen.Load()
		if int64(rev) <= old || s.seen.CompareAndSwap(old, int64(rev)) {
			return
		}
	}
}
