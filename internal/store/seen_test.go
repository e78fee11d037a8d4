package store

import (
	"context"
	"errors"
	"testing"
)

func TestSeen(t *testing.T) {
	s := NewSeen()
	s.Move(3)
	if err := s.Wait(t.Context(), 3); err != nil {
		t.Error(err)
	}
	done := make(chan error, 2)
	for range 2 {
		go func() { done <- s.Wait(t.Context(), 5) }()
	}
	s.Move(4)
	s.Move(7)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Wait(ctx, 8); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.End()
	if err := s.Wait(t.Context(), 8); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := s.Wait(t.Context(), 7); err != nil {
		t.Errorf("what was seen before the end: %v", err)
	}
}
