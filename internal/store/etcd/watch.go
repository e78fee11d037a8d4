package etcd

import (
	"context"
	"errors"
	"sort"

	clientv3 "go.etcd.io/etcd/client/v3"

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

// follow sends what comes after rev to ch until there is a reason to stop.
//
// Fragments stay off: with them etcd may cut a revision in two. Without, a
// response holds whole revisions, and one or several of them. Progress is asked
// for so that etcd's client, which reconnects by itself, can resume a quiet
// watch from a revision that is still kept.
func (s *Store) follow(ctx context.Context, prefix string, rev store.Rev, ch chan<- store.Batch) error {
	inner, stop := context.WithCancel(s.ctx)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	answers := s.client.Watch(inner, orFirst(prefix), under(prefix),
		clientv3.WithRev(int64(rev)+1), clientv3.WithProgressNotify())
	for a := range answers {
		if a.CompactRevision > 0 {
			return store.ErrCompacted
		}
		if err := a.Err(); err != nil {
			return s.why(ctx, translate(err))
		}
		for _, b := range batches(a.Events) {
			select {
			case ch <- b:
			case <-inner.Done():
				return s.why(ctx, inner.Err())
			}
		}
	}
	return s.why(ctx, errors.New("store: the watch was lost"))
}

// why says why a watch ended: because of its context, of Close, or of err.
func (s *Store) why(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.ctx.Err() != nil {
		return store.ErrClosed
	}
	return err
}

// under watches the keys under prefix; all keys if it is empty.
func under(prefix string) clientv3.OpOption {
	if prefix == "" {
		return clientv3.WithFromKey()
	}
	return clientv3.WithPrefix()
}

// batches groups the events of a response by their revision.
func batches(events []*clientv3.Event) []store.Batch {
	var out []store.Batch
	for _, e := range events {
		rev := store.Rev(e.Kv.ModRevision)
		if len(out) == 0 || out[len(out)-1].Rev != rev {
			out = append(out, store.Batch{Rev: rev})
		}
		c := store.Change{Key: string(e.Kv.Key)}
		if e.Type == clientv3.EventTypePut {
			c.Value = present(e.Kv.Value)
		}
		b := &out[len(out)-1]
		b.Changes = append(b.Changes, c)
	}
	for _, b := range out {
		sort.Slice(b.Changes, func(i, j int) bool { return b.Changes[i].Key < b.Changes[j].Key })
	}
	return out
}
