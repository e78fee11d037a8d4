package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// What transactions promise when there are many.

// crowd runs fn on n goroutines at once, and waits for them.
func crowd(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}

func number(tx store.Tx, key string) (int, error) {
	v, err := tx.Get(key)
	if v == nil || err != nil {
		return 0, err
	}
	return strconv.Atoi(string(v))
}

func setNumber(tx store.Tx, key string, n int) error {
	return tx.Put(key, strconv.AppendInt(nil, int64(n), 10))
}

func counters(t *testing.T, s store.Store) {
	const writers, each, keys = 16, 25, 3
	crowd(writers, func(w int) {
		for i := range each {
			key := fmt.Sprint("counter", (w+i)%keys)
			_, err := s.Update(context.Background(), func(tx store.Tx) error {
				n, err := number(tx, key)
				return errors.Join(err, setNumber(tx, key, n+1))
			})
			wantErr(t, "Update", err, nil)
		}
	})
	sum := 0
	err := s.View(t.Context(), func(tx store.Tx) error {
		for k := range keys {
			n, err := number(tx, fmt.Sprint("counter", k))
			wantErr(t, "counter", err, nil)
			sum += n
		}
		return nil
	})
	wantErr(t, "View", err, nil)
	want(t, "sum", sum, writers*each)
}

func claims(t *testing.T, s store.Store) {
	taken := errors.New("taken")
	for round := range 5 {
		key := fmt.Sprint("name/", round)
		var won atomic.Int32
		var winner atomic.Value
		crowd(64, func(i int) {
			me := fmt.Sprint(i)
			_, err := s.Update(context.Background(), func(tx store.Tx) error {
				switch v, err := tx.Get(key); {
				case err != nil:
					return err
				case v != nil:
					return taken
				}
				return errors.Join(tx.Put(key, []byte(me)), tx.Put("owner/"+me, []byte(key)))
			})
			switch {
			case err == nil:
				won.Add(1)
				winner.Store(me)
			case !errors.Is(err, taken):
				t.Errorf("Update: %v", err)
			}
		})
		want(t, "winners", won.Load(), int32(1))
		want(t, "the claim", dump(t, s, key), fmt.Sprint(key, "=", winner.Load()))
	}
}

// writeSkew: two doctors are on call, and each may leave if the other stays.
func writeSkew(t *testing.T, s store.Store) {
	for round := range 20 {
		put(t, s, "ann", "here", "bob", "here")
		crowd(2, func(i int) {
			me, other := "ann", "bob"
			if i == 1 {
				me, other = other, me
			}
			_, err := s.Update(context.Background(), func(tx store.Tx) error {
				v, err := tx.Get(other)
				if string(v) != "here" || err != nil {
					return err
				}
				return tx.Put(me, []byte("gone"))
			})
			wantErr(t, "Update", err, nil)
		})
		if got := dump(t, s, ""); got == "ann=gone bob=gone" {
			t.Fatalf("round %d: nobody is on call", round)
		}
	}
}

// phantoms: at most three seats, counted by a scan, each sold to one of many.
func phantoms(t *testing.T, s store.Store) {
	const seats = 3
	crowd(24, func(i int) {
		_, err := s.Update(context.Background(), func(tx store.Tx) error {
			n := 0
			err := tx.Scan("seat/", "", func(string, []byte) bool { n++; return true })
			if n >= seats || err != nil {
				return err
			}
			return tx.Put(fmt.Sprint("seat/", i), []byte("sold"))
		})
		wantErr(t, "Update", err, nil)
	})
	n := 0
	err := s.View(t.Context(), func(tx store.Tx) error {
		return tx.Scan("seat/", "", func(string, []byte) bool { n++; return true })
	})
	wantErr(t, "View", err, nil)
	want(t, "seats sold", n, seats)
}

// vanished: a key that a scan saw goes before the commit.
func vanished(t *testing.T, s store.Store) {
	put(t, s, "m/1", "x", "m/2", "x")
	runs := 0
	update(t, s, func(tx store.Tx) error {
		n := 0
		err := tx.Scan("m/", "", func(string, []byte) bool { n++; return true })
		if runs++; runs == 1 {
			remove(t, s, "m/1")
		}
		return errors.Join(err, setNumber(tx, "count", n))
	})
	want(t, "runs", runs, 2)
	want(t, "count", dump(t, s, "count"), "count=1")
}

func shortScan(t *testing.T, s store.Store) {
	put(t, s, "m/1", "x", "m/2", "x", "m/3", "x")
	runs := 0
	update(t, s, func(tx store.Tx) error {
		err := tx.Scan("m/", "", func(key string, _ []byte) bool { return key < "m/2" })
		if runs++; runs == 1 {
			put(t, s, "m/3", "y", "m/4", "y", "n", "y", "l", "y")
		}
		return errors.Join(err, tx.Put("done", nil))
	})
	want(t, "runs", runs, 1)
}
