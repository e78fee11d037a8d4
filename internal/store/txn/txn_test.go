package txn_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/txn"
)

func TestUnder(t *testing.T) {
	for _, c := range []struct {
		prefix, start string
		want          txn.Range
	}{
		{"", "", txn.Range{}},
		{"", "b", txn.Range{From: "b"}},
		{"a/", "", txn.Range{From: "a/", To: "a0"}},
		{"a/", "a/x", txn.Range{From: "a/x", To: "a0"}},
		{"a\xff\xff", "", txn.Range{From: "a\xff\xff", To: "b"}},
		{"\xff", "", txn.Range{From: "\xff"}},
		{"é", "", txn.Range{From: "é", To: "\xc3\xaa"}},
		{"\x7f", "", txn.Range{From: "\x7f", To: "\x80"}}, // a byte, not a rune
	} {
		if got := txn.Under(c.prefix, c.start); got != c.want {
			t.Errorf("Under(%q, %q): got %q, want %q", c.prefix, c.start, got, c.want)
		}
	}
}

func TestRetrierGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		_, err := txn.NewRetrier().Run(t.Context(), func() (store.Rev, error) { runs++; return 0, txn.ErrConflict })
		if !errors.Is(err, store.ErrContended) || runs < 10 {
			t.Errorf("got %v after %d tries", err, runs)
		}
	})
}

// A transaction that waits for its turn in the lane still heeds its context.
func TestRetrierHeedsItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := txn.NewRetrier()
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error)
		tries := 0
		go func() {
			_, err := r.Run(t.Context(), func() (store.Rev, error) {
				if tries++; tries > 5 { // in the lane by now
					<-ctx.Done()
					return 1, nil
				}
				return 0, txn.ErrConflict
			})
			first <- err
		}()
		second := make(chan error)
		go func() {
			_, err := r.Run(ctx, func() (store.Rev, error) { return 0, txn.ErrConflict })
			second <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-first; err != nil {
			t.Errorf("the first: %v", err)
		}
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("the second: %v", err)
		}
	})
}
