package txn

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// ErrConflict is what a commit returns when something the transaction read has
// changed since. It never leaves an engine: [Retrier] turns it into another try.
var ErrConflict = errors.New("store: conflict")

const (
	// tries is how often a transaction is tried. A single hot key with 64
	// writers needs about ten; more means that somebody writes without pause.
	tries = 64
	// patience is the number of tries after which a transaction waits for its
	// turn in the lane, instead of racing with all the others.
	patience = 3
	maxPause = 20 * time.Millisecond
)

// Retrier tries transactions again that met a conflict.
//
// Those that keep losing go through one lane, one after the other, so that a
// hot key serves its writers in turn and none of them starves.
type Retrier struct{ lane chan struct{} }

// NewRetrier returns a Retrier with an empty lane.
func NewRetrier() *Retrier { return &Retrier{lane: make(chan struct{}, 1)} }

// Run calls try until it returns something other than [ErrConflict].
func (r *Retrier) Run(ctx context.Context, try func() (store.Rev, error)) (store.Rev, error) {
	for n := range tries {
		if n == patience {
			select {
			case r.lane <- struct{}{}:
				defer func() { <-r.lane }()
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}
		rev, err := try()
		if !errors.Is(err, ErrConflict) {
			return rev, err
		}
		if err := pause(ctx, n); err != nil {
			return 0, err
		}
	}
	return 0, store.ErrContended
}

// pause waits a random time that grows with the number of tries.
func pause(ctx context.Context, n int) error {
	limit := min(50*time.Microsecond<<min(n, 16), maxPause)
	t := time.NewTimer(rand.N(limit))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
