// Package mem is a store in memory, for tests.
//
// It keeps the whole contract of package store but one thing: what it holds
// dies with the process. [Store.Reopen] stands in for a restart.
package mem

import (
	"context"
	"sync"

	"github.com/tidwall/btree"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/txn"
)

// DefaultHistory is how many commits a store keeps for its watches.
const DefaultHistory = 10_000

// Config says how a store behaves. The zero value is good.
type Config struct {
	// History is how many commits are kept for watches and for conflicts. A
	// watch that falls further behind ends with [store.ErrCompacted].
	History int
}

// Store is a store in memory.
type Store struct {
	history int
	retry   *txn.Retrier
	done    chan struct{}  // closed by Close
	running sync.WaitGroup // transactions and watches

	mu     sync.Mutex
	closed bool
	tree   *btree.Map[string, txn.Item]
	rev    store.Rev
	log    []store.Batch // the last commits, oldest first
	kept   store.Rev     // every commit after this one is in log
	news   chan struct{} // closed and replaced at each commit
	gate   chan struct{} // closed when watches may run; see Hold
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New(c Config) *Store {
	return open(c.History, new(btree.Map[string, txn.Item]), 0)
}

func open(history int, tree *btree.Map[string, txn.Item], rev store.Rev) *Store {
	if history <= 0 {
		history = DefaultHistory
	}
	gate := make(chan struct{})
	close(gate)
	return &Store{
		history: history, retry: txn.NewRetrier(), done: make(chan struct{}),
		tree: tree, rev: rev, kept: rev, news: make(chan struct{}), gate: gate,
	}
}

// Reopen returns a new store with what a closed one held, as a restart of a
// real engine would.
func (s *Store) Reopen() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	return open(s.history, s.tree.Copy(), s.rev)
}

// View implements [store.Store].
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.running.Done()
	t := txn.View(s.snapshot())
	defer t.End()
	return fn(t)
}

// Update implements [store.Store].
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) (store.Rev, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.running.Done()
	return s.retry.Run(ctx, func() (store.Rev, error) {
		t := txn.Begin(s.snapshot())
		defer t.End()
		if err := fn(t); err != nil {
			return 0, err
		}
		return s.commit(t)
	})
}

// Compact forgets the changes up to rev: a watch that needs them ends.
func (s *Store) Compact(_ context.Context, rev store.Rev) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(min(rev, s.rev))
	return nil
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

// enter counts one more transaction or watch in, unless the store is closed.
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

// commit makes the writes of t visible, unless a later commit wrote what t read.
func (s *Store) commit(t *txn.Tx) (store.Rev, error) {
	writes := t.Writes()
	if len(writes) == 0 {
		return t.Rev(), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.Rev() < s.kept {
		return 0, txn.ErrConflict // what came since is forgotten, so nobody can tell
	}
	for i := len(s.log) - 1; i >= 0 && s.log[i].Rev > t.Rev(); i-- {
		for _, c := range s.log[i].Changes {
			if t.Read(c.Key) {
				return 0, txn.ErrConflict
			}
		}
	}
	s.apply(writes)
	return s.rev, nil
}

// apply is called with mu held.
func (s *Store) apply(writes []store.Change) {
	next := s.rev + 1
	told := writes[:0:0]
	for _, c := range writes {
		if c.Value != nil {
			s.tree.Set(c.Key, txn.Item{Key: c.Key, Value: c.Value, Mod: next})
		} else if _, was := s.tree.Delete(c.Key); !was {
			continue // nothing was there, so nothing changed
		}
		told = append(told, c)
	}
	if len(told) == 0 {
		return // no state but this one: a watch has nothing to tell
	}
	s.rev = next
	s.log = append(s.log, store.Batch{Rev: s.rev, Changes: told})
	if n := len(s.log) - s.history; n > 0 {
		s.forget(s.log[n-1].Rev)
	}
	close(s.news)
	s.news = make(chan struct{})
}

// forget drops the commits up to rev. It is called with mu held.
func (s *Store) forget(rev store.Rev) {
	for len(s.log) > 0 && s.log[0].Rev <= rev {
		s.log = s.log[1:]
	}
	s.kept = max(s.kept, rev)
}

// snapshot is one state of a store.
type snapshot struct {
	tree *btree.Map[string, txn.Item]
	rev  store.Rev
}

func (s *Store) snapshot() snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return snapshot{tree: s.tree.Copy(), rev: s.rev}
}

func (s snapshot) Rev() store.Rev { return s.rev }

func (s snapshot) Get(key string) (txn.Item, error) {
	it, _ := s.tree.Get(key)
	return it, nil
}

func (s snapshot) Range(r txn.Range, fn func(txn.Item) bool) error {
	s.tree.Ascend(r.From, func(key string, it txn.Item) bool {
		return r.Has(key) && fn(it)
	})
	return nil
}
