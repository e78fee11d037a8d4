// Package feed tells whoever keeps something open for a principal that it must
// end: a bound connection, a session, a lease.
//
// What always holds: there is one reason to end something, that a principal's
// validFrom is later than the proof it rests on. An event is a wake-up, not the
// truth: a subscriber that misses one still refuses at the next use.
//
// What changed, and who keeps what open, is not known here.
package feed

import (
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

// Event says that proofs of a principal made before From no longer hold.
type Event struct {
	ID   ident.ID
	From time.Time
}

// Broker hands events to subscribers.
type Broker struct {
	mu     sync.Mutex
	subs   map[*subscriber]struct{}
	closed bool
}

type subscriber struct{ ch chan Event }

// New returns a broker without subscribers.
func New() *Broker { return &Broker{subs: make(map[*subscriber]struct{})} }

// backlog is how many events a subscriber may be behind. It holds the members of
// a large group that lose something at once; who is slower misses wake-ups.
const backlog = 16 * 1024

// Subscribe returns the events from now on, until cancel is called or the broker
// is closed.
func (b *Broker) Subscribe() (events <-chan Event, cancel func()) {
	s := &subscriber{make(chan Event, backlog)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		close(s.ch)
		return s.ch, func() {}
	}
	b.subs[s] = struct{}{}
	return s.ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if _, ok := b.subs[s]; ok {
			delete(b.subs, s)
			close(s.ch)
		}
	}
}

// Publish hands an event to every subscriber that has room.
func (b *Broker) Publish(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.subs {
		select {
		case s.ch <- e:
		default:
		}
	}
}

// Close ends every subscription.
func (b *Broker) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for s := range b.subs {
		delete(b.subs, s)
		close(s.ch)
	}
}
