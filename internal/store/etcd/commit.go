package etcd

import (
	"context"
	"runtime"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/txn"
)

// What one transaction of etcd may hold of several of ours. More would keep
// readers and the log waiting for longer than it saves.
const (
	batchOps   = 4096
	batchBytes = 2 << 20
)

// commitTimeout is for a cluster that does not answer at all. One that has lost
// its majority says so after five seconds.
const commitTimeout = 10 * time.Second

// committer gathers transactions that want to commit while etcd is busy with
// the ones before, and gives it all of them at once that do not touch each
// other. That is where the speed of many writers comes from: each transaction
// of etcd costs a write to its log, whatever it holds.
type committer struct {
	client *clientv3.Client
	room   *room
	recent *recent // used by the committer's goroutine only
	wake   chan struct{}
	done   chan struct{}

	mu      sync.Mutex
	waiting []*pending
	closing bool
}

// pending is a transaction that waits for its commit.
type pending struct {
	tx      *txn.Tx
	writes  []store.Change
	reserve bool
	rev     store.Rev
	err     error
	done    chan struct{} // closed once rev and err are set
}

func startCommitter(client *clientv3.Client, r *room) *committer {
	c := &committer{
		client: client, room: r, recent: newRecent(),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go c.run()
	return c
}

// do commits t and returns the revision its writes can be seen at. It returns
// [txn.ErrConflict] if what t read has changed since.
func (c *committer) do(ctx context.Context, t *txn.Tx) (store.Rev, error) {
	p := &pending{tx: t, writes: t.Writes(), reserve: store.HasReserve(ctx), done: make(chan struct{})}
	c.mu.Lock()
	c.waiting = append(c.waiting, p)
	c.mu.Unlock()
	c.signal()
	select {
	case <-p.done:
		return p.rev, p.err
	case <-ctx.Done():
		// The committer still looks at what the transaction read, and that is
		// safe: nobody writes to it any more.
		return 0, ctx.Err()
	}
}

// stop waits for the commits that are on their way. None may follow.
func (c *committer) stop() {
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	c.signal()
	<-c.done
}

func (c *committer) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *committer) run() {
	defer close(c.done)
	for range c.wake {
		// Let the writers that the last commit woke come with their next: they
		// are runnable, and one commit for all beats two.
		runtime.Gosched()
		for {
			batch, closing := c.gather()
			if len(batch) == 0 {
				if closing {
					return
				}
				break
			}
			c.commit(batch)
			runtime.Gosched()
		}
	}
}

// gather takes from those that wait, in their order, all that fit into one
// transaction of etcd. Those that cannot commit any more are told so.
func (c *committer) gather() (batch []*pending, closing bool) {
	c.mu.Lock()
	waiting := c.waiting
	c.waiting, closing = nil, c.closing
	c.mu.Unlock()

	free := c.room.free()
	written := make(map[string]bool, 4*len(waiting))
	var later []*pending
	ops, size := 0, 0
	for _, p := range waiting {
		if !c.room.allows(free-amplified(p), p.reserve) {
			p.finish(0, store.ErrNoSpace)
			continue
		}
		if c.recent.overtook(p.tx) {
			p.finish(0, txn.ErrConflict)
			continue
		}
		full := len(batch) > 0 && (ops+p.tx.Ops() > batchOps || size+p.tx.Bytes() > batchBytes)
		if full || touches(p, written) {
			later = append(later, p)
			continue
		}
		for _, w := range p.writes {
			written[w.Key] = true
		}
		batch, ops, size = append(batch, p), ops+p.tx.Ops(), size+p.tx.Bytes()
		free -= amplified(p)
		c.room.spent(amplified(p))
	}
	if len(later) > 0 {
		c.mu.Lock()
		c.waiting = append(later, c.waiting...)
		c.mu.Unlock()
	}
	return batch, closing
}

// amplified returns the disk that a commit may take: its bytes stand in the log,
// in the database, and in pages that are copied to make place for them.
func amplified(p *pending) int64 { return 3 * int64(p.tx.Bytes()) }

// touches reports whether p read or wrote any of what those before it in the
// batch write. That they may have read what p writes does no harm: they stand
// before it.
func touches(p *pending, written map[string]bool) bool {
	if len(written) == 0 {
		return false
	}
	for _, w := range p.writes {
		if written[w.Key] {
			return true
		}
	}
	for key := range p.tx.Keys() {
		if written[key] {
			return true
		}
	}
	for _, r := range p.tx.Ranges() {
		for key := range written {
			if r.Has(key) {
				return true
			}
		}
	}
	return false
}

// commit commits the batch as one. If etcd refuses it, because another server
// changed what one of them read, halves are tried until the guilty stand alone.
func (c *committer) commit(batch []*pending) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	r, err := c.client.Do(ctx, request(batch))
	switch {
	case err != nil && ctx.Err() != nil:
		for _, p := range batch {
			p.finish(0, because{store.ErrNoMajority, ctx.Err()})
		}
	case err != nil:
		err = translate(err)
		c.room.noticed(err)
		for _, p := range batch {
			p.finish(0, err)
		}
	case r.Txn().Succeeded:
		rev := store.Rev(r.Txn().Header.Revision)
		c.recent.add(rev, batch)
		for _, p := range batch {
			p.finish(rev, nil)
		}
	case len(batch) == 1:
		batch[0].finish(0, txn.ErrConflict)
	default:
		c.commit(batch[:len(batch)/2])
		c.commit(batch[len(batch)/2:])
	}
}

func (p *pending) finish(rev store.Rev, err error) {
	p.rev, p.err = rev, err
	close(p.done)
}

// request returns the transaction of etcd for a batch.
func request(batch []*pending) clientv3.Op {
	var compares []clientv3.Cmp
	var writes []clientv3.Op
	for _, p := range batch {
		for key, mod := range p.tx.Keys() {
			compares = append(compares, unchanged(key, mod))
		}
		for _, r := range p.tx.Ranges() {
			compares = append(compares, nothingNew(r, p.tx.Rev()))
		}
		for _, w := range p.writes {
			if w.Value == nil {
				writes = append(writes, clientv3.OpDelete(w.Key))
			} else {
				writes = append(writes, clientv3.OpPut(w.Key, string(w.Value)))
			}
		}
	}
	return clientv3.OpTxn(compares, writes, nil)
}

// unchanged holds while key was last written at mod; 0: while it is absent.
func unchanged(key string, mod store.Rev) clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(key), "=", int64(mod))
}

// nothingNew holds while nothing in r was written after rev. It does not notice
// a key that went; the compare of each key seen does.
func nothingNew(r txn.Range, rev store.Rev) clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(orFirst(r.From)), "<", int64(rev)+1).WithRange(orEnd(r.To))
}
