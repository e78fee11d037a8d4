package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// What a watch promises.

func watchAll(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	start := put(t, s, "before", "x")
	w := s.Watch(ctx, "", start)

	one := update(t, s, func(tx store.Tx) error {
		return errors.Join(tx.Put("b", []byte("1")), tx.Put("a", []byte("1")), tx.Put("c", []byte("1")), tx.Delete("before"))
	})
	want(t, "a commit of many, in key order", next(t, w), fmt.Sprintf("@%d a=1 b=1 before=nil c=1", one))

	// The keys each writer wrote come in its order, whoever came between; and a
	// state built from the changes is that of the store.
	const writers, each = 8, 25
	crowd(writers, func(i int) {
		for n := range each {
			_, err := s.Update(context.Background(), func(tx store.Tx) error {
				return errors.Join(setNumber(tx, fmt.Sprint("w", i), n), tx.Put(fmt.Sprintf("w%d/%d", i, n), nil))
			})
			wantErr(t, "Update", err, nil)
		}
	})
	last, changes := one, 0
	state := make(map[string]string)
	for changes < 2*writers*each {
		b, ok := <-w.Changes()
		if !ok {
			t.Fatalf("the watch ended: %v", w.Err())
		}
		if b.Rev <= last {
			t.Fatalf("revision %d came after %d", b.Rev, last)
		}
		last = b.Rev
		for _, c := range b.Changes {
			if old, ok := state[c.Key]; ok && len(c.Value) > 0 && atoi(string(c.Value)) != atoi(old)+1 {
				t.Fatalf("%s went from %s to %s", c.Key, old, c.Value)
			}
			state[c.Key] = string(c.Value)
			changes++
		}
	}
	want(t, "changes", changes, 2*writers*each)
	want(t, "last of w0", state["w0"], fmt.Sprint(each-1))
	select {
	case b := <-w.Changes():
		t.Errorf("told more than there was: %v", text(b))
	default:
	}
}

func atoi(s string) (n int) {
	fmt.Sscan(s, &n)
	return n
}

func watchPrefix(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := s.Watch(ctx, "in/", 0)
	put(t, s, "out", "1", "in", "1", "in0", "1")
	one := put(t, s, "in/a", "1", "out", "2")
	remove(t, s, "out")
	two := remove(t, s, "in/a")
	want(t, "first", next(t, w), fmt.Sprintf("@%d in/a=1", one))
	want(t, "second", next(t, w), fmt.Sprintf("@%d in/a=nil", two))
}

func watchResume(t *testing.T, s store.Store) {
	put(t, s, "a", "0")
	var revs []store.Rev
	for i := range 20 {
		revs = append(revs, put(t, s, "a", fmt.Sprint(i)))
	}
	for i, after := range revs[:19] {
		ctx, cancel := context.WithCancel(t.Context())
		w := s.Watch(ctx, "", after)
		want(t, fmt.Sprint("first after ", after), next(t, w), fmt.Sprintf("@%d a=%d", revs[i+1], i+1))
		cancel()
		wantErr(t, "the end", ends(t, w), context.Canceled)
	}
}

func watchCompacted(t *testing.T, s store.Store) {
	c, ok := s.(interface {
		Compact(context.Context, store.Rev) error
	})
	if !ok {
		t.Skip("this engine cannot be told to compact")
	}
	first := put(t, s, "a", "1")
	put(t, s, "a", "2")
	last := put(t, s, "a", "3")
	if err := c.Compact(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "a watch from before", ends(t, s.Watch(t.Context(), "", first)), store.ErrCompacted)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := s.Watch(ctx, "", last)
	rev := put(t, s, "a", "4")
	want(t, "a watch from after", next(t, w), fmt.Sprintf("@%d a=4", rev))
}

func watchEnds(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	w := s.Watch(ctx, "", 0)
	put(t, s, "a", "1") // and nobody takes it
	cancel()
	wantErr(t, "by context", ends(t, w), context.Canceled)
	w = s.Watch(t.Context(), "", 0)
	put(t, s, "a", "2")
	wantErr(t, "Close", s.Close(), nil)
	wantErr(t, "by Close", ends(t, w), store.ErrClosed)
}
