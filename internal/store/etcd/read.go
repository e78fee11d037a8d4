package etcd

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/txn"
)

// The pages of a scan grow from the first to the last size: most scans want a
// few keys, and some want all.
const (
	firstPage = 64
	lastPage  = 4096
)

// snapshot is one revision of the store.
type snapshot struct {
	ctx    context.Context // of the View or Update it was made for
	client *clientv3.Client
	rev    store.Rev
}

// snapshot returns the present state, or one not older than what this store
// has been told of.
func (s *Store) snapshot(ctx context.Context) (snapshot, error) {
	if s.server != nil {
		return snapshot{ctx, s.client, store.Rev(s.server.Server.KV().Rev())}, nil
	}
	rev, err := s.ask(ctx)
	return snapshot{ctx, s.client, rev}, err
}

// ask asks the cluster for its revision: the nearest member first, and all of
// them if that one lags behind.
func (s *Store) ask(ctx context.Context) (store.Rev, error) {
	const nowhere = "\x00" // a key nobody writes; only the header is wanted
	r, err := s.client.Get(ctx, nowhere, clientv3.WithSerializable(), clientv3.WithCountOnly())
	if err == nil && r.Header.Revision < s.seen.Load() {
		r, err = s.client.Get(ctx, nowhere, clientv3.WithCountOnly())
	}
	if err != nil {
		return 0, translate(err)
	}
	s.saw(store.Rev(r.Header.Revision))
	return store.Rev(r.Header.Revision), nil
}

func (s snapshot) Rev() store.Rev { return s.rev }

func (s snapshot) Get(key string) (txn.Item, error) {
	r, err := s.read(key)
	if err != nil || len(r.Kvs) == 0 {
		return txn.Item{}, err
	}
	return item(r, 0), nil
}

func (s snapshot) Range(r txn.Range, fn func(txn.Item) bool) error {
	from, size := r.From, int64(firstPage)
	for {
		page, err := s.read(orFirst(from), clientv3.WithRange(orEnd(r.To)), clientv3.WithLimit(size))
		if err != nil {
			return err
		}
		for i := range page.Kvs {
			if !fn(item(page, i)) {
				return nil
			}
		}
		if !page.More {
			return nil
		}
		from = string(page.Kvs[len(page.Kvs)-1].Key) + "\x00"
		size = min(size*4, lastPage)
	}
}

// read reads at the revision of the snapshot, from the nearest member.
func (s snapshot) read(key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	opts = append(opts, clientv3.WithRev(int64(s.rev)))
	r, err := s.client.Get(s.ctx, key, append(opts, clientv3.WithSerializable())...)
	if errors.Is(err, rpctypes.ErrFutureRev) {
		// The nearest member has not come so far. Reading through the leader
		// waits until it has.
		r, err = s.client.Get(s.ctx, key, opts...)
	}
	return r, translate(err)
}

// item returns the i-th item of a page. An empty value is not an absent one.
func item(r *clientv3.GetResponse, i int) txn.Item {
	kv := r.Kvs[i]
	return txn.Item{Key: string(kv.Key), Value: present(kv.Value), Mod: store.Rev(kv.ModRevision)}
}

func present(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// In etcd, the first key is "\x00" and the end behind the last is written so too.

func orFirst(from string) string {
	if from == "" {
		return "\x00"
	}
	return from
}

func orEnd(to string) string {
	if to == "" {
		return "\x00"
	}
	return to
}

// translate turns etcd's errors into those of package store.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, rpctypes.ErrCompacted):
		return store.ErrCompacted
	case errors.Is(err, rpctypes.ErrNoSpace):
		return store.ErrNoSpace
	case errors.Is(err, rpctypes.ErrRequestTooLarge), errors.Is(err, rpctypes.ErrTooManyOps):
		return store.ErrTooLarge
	case errors.Is(err, rpctypes.ErrNoLeader), errors.Is(err, rpctypes.ErrTimeout),
		errors.Is(err, rpctypes.ErrTimeoutDueToLeaderFail), errors.Is(err, rpctypes.ErrTimeoutDueToConnectionLost),
		errors.Is(err, rpctypes.ErrLeaderChanged), errors.Is(err, rpctypes.ErrTooManyRequests),
		status.Code(err) == codes.Unavailable:
		return because{store.ErrNoMajority, err}
	}
	return err
}

// because is a known error that keeps its cause for the log.
type because struct{ error, cause error }

func (b because) Error() string   { return b.error.Error() + ": " + b.cause.Error() }
func (b because) Unwrap() []error { return []error{b.error, b.cause} }
