package gss

import (
	"crypto/sha256"
	"sync"
	"time"
)

// Skew is how far a peer's clock may be off, RFC 4120 §8.2.
const Skew = 5 * time.Minute

// mostReplays bounds what a generation holds: some 160 MB for both, at 10,000
// proofs a second for as long as one lasts. Beyond that nothing is accepted: what
// is not remembered could come twice.
const mostReplays = 3_000_000

// Replays remembers proofs that were accepted, for as long as their time would let
// them be accepted again, RFC 4120 §3.2.3. Per-host services have keys of their
// own, so memory of one server is enough.
type Replays struct {
	mu    sync.Mutex
	since time.Time // when now was begun
	now   map[[16]byte]struct{}
	old   map[[16]byte]struct{}
}

// NewReplays returns an empty memory.
func NewReplays() *Replays {
	return &Replays{now: make(map[[16]byte]struct{}), old: make(map[[16]byte]struct{})}
}

// First reports whether the proof was not seen before, and remembers it. A proof
// lives for Skew before its time and Skew after, which two generations cover.
func (r *Replays) First(proof []byte, at time.Time) bool {
	sum := sha256.Sum256(proof)
	key := [16]byte(sum[:16])
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := at.Sub(r.since); age >= 2*Skew || age < -2*Skew {
		r.old, r.now, r.since = r.now, make(map[[16]byte]struct{}), at
	}
	if _, seen := r.now[key]; seen {
		return false
	}
	if _, seen := r.old[key]; seen || len(r.now) >= mostReplays {
		return false
	}
	r.now[key] = struct{}{}
	return true
}
