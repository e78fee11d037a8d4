package store

import (
	"context"
	"sync"
)

// Seen is the revision that somebody who follows a store has come to. Its methods may
// be called by any goroutine.
type Seen struct {
	mu    sync.Mutex
	rev   Rev
	moved chan struct{} // closed and replaced at every move
	ended chan struct{}
}

// NewSeen returns one that has seen nothing.
func NewSeen() *Seen { return &Seen{moved: make(chan struct{}), ended: make(chan struct{})} }

// Rev is the last revision seen.
func (s *Seen) Rev() Rev {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rev
}

// Move says that rev was seen, and wakes whoever waits.
func (s *Seen) Move(rev Rev) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rev = rev
	close(s.moved)
	s.moved = make(chan struct{})
}

// End says that nothing more will be seen. It is called once.
func (s *Seen) End() { close(s.ended) }

// Moved is closed at the next move.
func (s *Seen) Moved() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.moved
}

// Wait returns once rev was seen, or [ErrClosed] if it will not be.
func (s *Seen) Wait(ctx context.Context, rev Rev) error {
	for {
		s.mu.Lock()
		seen, moved := s.rev, s.moved
		s.mu.Unlock()
		if seen >= rev {
			return nil
		}
		select {
		case <-moved:
		case <-s.ended:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
