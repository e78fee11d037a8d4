package mem_test

import (
	"testing"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/mem"
)

// A held watch tells nothing, and everything once it is released.
func TestHold(t *testing.T) {
	s := mem.New(mem.Config{})
	defer s.Close()
	release := s.Hold()
	w := s.Watch(t.Context(), "", 0)
	rev, err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("a", []byte("1")) })
	if err != nil {
		t.Fatal(err)
	}
	select {
	case b := <-w.Changes():
		t.Fatalf("told %v while held", b)
	default:
	}
	release()
	if b := <-w.Changes(); b.Rev != rev {
		t.Errorf("got revision %d, want %d", b.Rev, rev)
	}
}
