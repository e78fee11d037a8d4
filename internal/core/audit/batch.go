package audit

import (
	"context"
	"runtime/debug"
	"time"
)

// batch is those who wait for one write and sync.
type batch struct {
	size int
	done chan struct{}
	err  error         // once done is closed
	then []func(error) // called after that
}

func newBatch() *batch { return &batch{done: make(chan struct{})} }

// batches gathers those who wait for their records, so that one sync is made for
// all of them. The log's mu guards it.
//
// Whoever was woken by the last sync is likely to come back with another record in
// a moment. A sync that began at once for the first to come would leave the others
// to the next one: two for what one could have done. So the first waits until as
// many are there as there were, and no longer than a few syncs take: under load the
// processors are what is short, not time. One who is always alone never waits.
type batches struct {
	next    *batch // to be synced
	expects int    // who will wait for it
	took    time.Duration
}

// mostPatience bounds how long a sync is put off: it is what a disk takes.
const mostPatience = time.Millisecond

// join adds one who waits to the next batch, and reports whether everybody who is
// expected is there.
func (g *batches) join() (b *batch, all bool) {
	g.next.size++
	return g.next, g.next.size >= g.expects
}

// begin returns the batch whose sync begins. Who comes from now on waits for
// another.
func (g *batches) begin() *batch {
	b := g.next
	g.next = newBatch()
	return b
}

// end notes how a batch's sync went, and lets those go on who wait.
func (g *batches) end(b *batch, took time.Duration, err error) {
	g.expects, g.took = b.size+g.next.size, took
	b.err = err
	close(b.done)
}

// patience is how long the first to wait should.
func (g *batches) patience() time.Duration { return min(2*g.took, mostPatience) }

// join adds the caller to those who wait for what is appended so far. The caller
// holds mu.
func (l *Log) join() *batch {
	b, all := l.batches.join()
	if all {
		signal(l.urgent)
	} else if b.size == 1 {
		signal(l.first)
	}
	return b
}

// tell calls those who did not wait. The caller holds no lock.
func (l *Log) tell(b *batch) {
	for _, then := range b.then {
		l.call(then, unwritable(b.err))
	}
}

// call outlives a panic of whom it calls: others wait for the log.
func (l *Log) call(then func(error), err error) {
	defer func() {
		if v := recover(); v != nil {
			l.cfg.Log.Error("panic after a record", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	then(err)
}

// wait returns once the batch is on disk.
func (b *batch) wait(ctx context.Context) error {
	select {
	case <-b.done:
		return unwritable(b.err)
	case <-ctx.Done():
		return ctx.Err()
	}
}
