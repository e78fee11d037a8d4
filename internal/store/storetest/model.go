package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// model does to the store what it does to a map, in transactions of a few steps,
// some of which fail.
func model(t *testing.T, s store.Store) {
	fail := errors.New("fail")
	rapid.Check(t, func(r *rapid.T) {
		update(t, s, func(tx store.Tx) error { // each run begins with nothing
			var keys []string
			err := tx.Scan("", "", func(k string, _ []byte) bool { keys = append(keys, k); return true })
			for _, k := range keys {
				err = errors.Join(err, tx.Delete(k))
			}
			return err
		})
		truth := map[string]string{}
		key := rapid.StringOfN(rapid.RuneFrom([]rune("ab/")), 1, 3, -1)
		for range rapid.IntRange(1, 4).Draw(r, "transactions") {
			steps := rapid.IntRange(1, 6).Draw(r, "steps")
			doomed := rapid.Bool().Draw(r, "fails")
			draft := make(map[string]string, len(truth))
			for k, v := range truth {
				draft[k] = v
			}
			_, err := s.Update(context.Background(), func(tx store.Tx) error {
				for range steps {
					if err := step(r, tx, draft, key); err != nil {
						return err
					}
				}
				if doomed {
					return fail
				}
				return nil
			})
			switch {
			case err == nil:
				truth = draft
			case !errors.Is(err, fail):
				r.Fatal(err)
			}
			if got, want := dump(t, s, ""), flat(truth, "", ""); got != want {
				r.Fatalf("got %q, want %q", got, want)
			}
		}
	})
}

// step does one thing to both.
func step(r *rapid.T, tx store.Tx, m map[string]string, key *rapid.Generator[string]) error {
	k := key.Draw(r, "key")
	switch rapid.IntRange(0, 3).Draw(r, "what") {
	case 0:
		v := rapid.StringN(0, 4, -1).Draw(r, "value")
		m[k] = v
		return tx.Put(k, []byte(v))
	case 1:
		delete(m, k)
		return tx.Delete(k)
	case 2:
		got, err := tx.Get(k)
		if want, ok := m[k]; ok != (got != nil) || want != string(got) {
			r.Fatalf("get %q: got %q, want %q (%v)", k, got, want, ok)
		}
		return err
	default:
		start := rapid.SampledFrom([]string{"", "a", "b/"}).Draw(r, "start")
		got, err := scanned(tx, k[:1], start)
		if want := flat(m, k[:1], start); got != want {
			r.Fatalf("scan %q from %q: got %q, want %q", k[:1], start, got, want)
		}
		return err
	}
}

// flat writes a map as dump does a store.
func flat(m map[string]string, prefix, start string) string {
	var all []string
	for k := range m {
		if strings.HasPrefix(k, prefix) && k >= start {
			all = append(all, k)
		}
	}
	sort.Strings(all)
	for i, k := range all {
		all[i] = k + "=" + m[k]
	}
	return strings.Join(all, " ")
}

// op is a transaction as porcupine sees it: two registers, read together, and
// perhaps one set to a value that nobody else writes.
type op struct {
	set   int // register to set; -1: none
	value int
}

type registers [2]int

var registerModel = porcupine.Model{
	Init: func() any { return registers{} },
	Step: func(state, input, output any) (bool, any) {
		s, in := state.(registers), input.(op)
		ok := s == output.(registers)
		if in.set >= 0 {
			s[in.set] = in.value
		}
		return ok, s
	},
}

// linearizable has a few clients read and write two registers, notes when each
// call began and ended, and looks for an order that explains what they saw.
func linearizable(t *testing.T, s store.Store) {
	var mu sync.Mutex
	var history []porcupine.Operation
	begin := time.Now()
	crowd(6, func(client int) {
		rnd := rand.New(rand.NewPCG(7, uint64(client)))
		for i := range 25 {
			in := op{set: rnd.IntN(4) - 2, value: client*1000 + i + 1}
			in.set = max(in.set, -1)
			called := time.Since(begin)
			out, err := readAndSet(s, in)
			returned := time.Since(begin)
			if err != nil {
				t.Errorf("client %d: %v", client, err)
				return
			}
			mu.Lock()
			history = append(history, porcupine.Operation{
				ClientId: client, Input: in, Output: out, Call: int64(called), Return: int64(returned),
			})
			mu.Unlock()
		}
	})
	if got := porcupine.CheckOperationsTimeout(registerModel, history, 20*time.Second); got != porcupine.Ok {
		t.Errorf("the history is not linearizable: %v", got)
	}
}

func readAndSet(s store.Store, in op) (out registers, err error) {
	read := func(tx store.Tx) (err error) {
		for i := range out {
			if out[i], err = number(tx, fmt.Sprint("r", i)); err != nil {
				return err
			}
		}
		return nil
	}
	if in.set < 0 {
		return out, s.View(context.Background(), read)
	}
	_, err = s.Update(context.Background(), func(tx store.Tx) error {
		if err := read(tx); err != nil {
			return err
		}
		return setNumber(tx, fmt.Sprint("r", in.set), in.value)
	})
	return out, err
}
