package mem

import (
	"context"
	"sort"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// watch implements [store.Watch].
type watch struct {
	ch  chan store.Batch
	err error // written before ch is closed
}

func (w *watch) Changes() <-chan store.Batch { return w.ch }
func (w *watch) Err() error                  { return w.err }

// Watch implements [store.Store].
func (s *Store) Watch(ctx context.Context, prefix string, after store.Rev) store.Watch {
	w := &watch{ch: make(chan store.Batch)}
	if w.err = s.enter(ctx); w.err != nil {
		close(w.ch)
		return w
	}
	go func() {
		defer s.running.Done()
		defer close(w.ch)
		w.err = s.follow(ctx, prefix, after, w.ch)
	}()
	return w
}

// Hold stops every watch until release is called, so that a test can look at
// what happens while a local copy lags behind.
func (s *Store) Hold() (release func()) {
	gate := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = gate
	return func() { close(gate) }
}

// follow sends what comes after rev to ch until there is a reason to stop.
func (s *Store) follow(ctx context.Context, prefix string, rev store.Rev, ch chan<- store.Batch) error {
	for {
		batches, news, gate, err := s.since(rev)
		if err != nil {
			return err
		}
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return store.ErrClosed
		}
		for _, b := range batches {
			rev = b.Rev
			if b = under(prefix, b); len(b.Changes) == 0 {
				continue
			}
			select {
			case ch <- b:
			case <-ctx.Done():
				return ctx.Err()
			case <-s.done:
				return store.ErrClosed
			}
		}
		if len(batches) > 0 {
			continue
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return store.ErrClosed
		}
	}
}

// since returns the commits after rev, and what to wait for when there are none.
func (s *Store) since(rev store.Rev) (b []store.Batch, news, gate <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rev < s.kept {
		return nil, nil, nil, store.ErrCompacted
	}
	i := sort.Search(len(s.log), func(i int) bool { return s.log[i].Rev > rev })
	return append(b, s.log[i:]...), s.news, s.gate, nil
}

// under returns the part of b that is under prefix.
func under(prefix string, b store.Batch) store.Batch {
	if prefix == "" {
		return b
	}
	out := store.Batch{Rev: b.Rev}
	for _, c := range b.Changes {
		if strings.HasPrefix(c.Key, prefix) {
			out.Changes = append(out.Changes, c)
		}
	}
	return out
}
