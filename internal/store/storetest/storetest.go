// Package storetest is the contract of package store as a suite. An engine that
// fails a part of it is not an engine.
//
// What only one engine can do, such as dying with its process, is tested beside
// that engine.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// Opener opens a store: an empty one at first, and what the last one held once
// that was closed, as a restart does.
type Opener func(t testing.TB) store.Store

// Run runs the suite. A part that needs an empty store calls fresh for it.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	for _, part := range []struct {
		name string
		test func(t *testing.T, s store.Store)
	}{
		{"a transaction reads what it wrote", ownWrites},
		{"a scan is ordered and bounded", scan},
		{"a view is one state and does not write", view},
		{"a failed transaction leaves nothing", rollback},
		{"an empty value is not an absent one", emptyValue},
		{"limits are kept", limits},
		{"a transaction does not outlive its function", ended},
		{"counters lose no increment", counters},
		{"one of many claims wins", claims},
		{"two keys do not skew", writeSkew},
		{"a scan sees no phantom", phantoms},
		{"a scan notices what went", vanished},
		{"what a scan did not reach is not read", shortScan},
		{"a context ends a transaction", canceled},
		{"a watch tells all, once, in order", watchAll},
		{"a watch keeps to its prefix", watchPrefix},
		{"a watch resumes", watchResume},
		{"a watch says when changes are gone", watchCompacted},
		{"a watch ends with its context and its store", watchEnds},
		{"a map behaves the same", model},
		{"every history is linearizable", linearizable},
	} {
		t.Run(part.name, func(t *testing.T) {
			s := fresh(t)(t)
			t.Cleanup(func() { s.Close() })
			part.test(t, s)
		})
	}
	t.Run("a closed store refuses", func(t *testing.T) { closed(t, fresh(t)) })
	t.Run("a reopened store is as it was", func(t *testing.T) { reopened(t, fresh(t)) })
}

// The helpers below are what the parts are written in.

func update(t testing.TB, s store.Store, fn func(store.Tx) error) store.Rev {
	t.Helper()
	rev, err := s.Update(context.Background(), fn)
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	return rev
}

func put(t testing.TB, s store.Store, pairs ...string) store.Rev {
	t.Helper()
	return update(t, s, func(tx store.Tx) error {
		var err error
		for i := 0; i < len(pairs); i += 2 {
			err = errors.Join(err, tx.Put(pairs[i], []byte(pairs[i+1])))
		}
		return err
	})
}

func remove(t testing.TB, s store.Store, key string) store.Rev {
	t.Helper()
	return update(t, s, func(tx store.Tx) error { return tx.Delete(key) })
}

// dump returns all that s holds under prefix, as "k=v k=v".
func dump(t testing.TB, s store.Store, prefix string) string {
	t.Helper()
	var out string
	if err := s.View(context.Background(), func(tx store.Tx) (err error) {
		out, err = scanned(tx, prefix, "")
		return err
	}); err != nil {
		t.Fatalf("View: %v", err)
	}
	return out
}

func scanned(tx store.Tx, prefix, start string) (string, error) {
	var all []string
	err := tx.Scan(prefix, start, func(key string, value []byte) bool {
		all = append(all, key+"="+string(value))
		return true
	})
	return strings.Join(all, " "), err
}

// next returns the next batch of a watch as "@rev k=v k=nil".
func next(t testing.TB, w store.Watch) string {
	t.Helper()
	select {
	case b, ok := <-w.Changes():
		if !ok {
			t.Fatalf("the watch ended: %v", w.Err())
		}
		return text(b)
	case <-time.After(10 * time.Second):
		t.Fatal("the watch tells nothing")
	}
	return ""
}

func text(b store.Batch) string {
	out := fmt.Sprintf("@%d", b.Rev)
	for _, c := range b.Changes {
		v := "nil"
		if c.Value != nil {
			v = string(c.Value)
		}
		out += " " + c.Key + "=" + v
	}
	return out
}

// ends waits for the end of a watch and returns its error.
func ends(t testing.TB, w store.Watch) error {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case _, ok := <-w.Changes():
			if !ok {
				return w.Err()
			}
		case <-late:
			t.Fatal("the watch does not end")
		}
	}
}

func want(t testing.TB, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
