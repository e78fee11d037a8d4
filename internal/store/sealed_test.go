package store_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/mem"
	"github.com/selfsame-dev/selfsame/internal/store/storetest"
)

// stamp is a Sealer that seals nothing, but knows its own boxes: a hash of the
// password and of the key of the store stands before the value.
type stamp string

func (s stamp) mark(key string) []byte {
	h := sha256.Sum256([]byte(string(s) + "\x00" + key))
	return h[:]
}

func (s stamp) Seal(key string, plain []byte) []byte { return append(s.mark(key), plain...) }

func (s stamp) Open(key string, box []byte) ([]byte, error) {
	plain, ok := bytes.CutPrefix(box, s.mark(key))
	if !ok {
		return nil, errors.New("not my stamp")
	}
	return plain, nil
}

func put(t *testing.T, s store.Store, key, value string) store.Rev {
	t.Helper()
	rev, err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put(key, []byte(value)) })
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func get(t *testing.T, s store.Store, key string) (value string, err error) {
	t.Helper()
	err = s.View(t.Context(), func(tx store.Tx) error {
		b, err := tx.Get(key)
		value = string(b)
		return err
	})
	return value, err
}

func TestSealedKeepsValuesFromTheEngine(t *testing.T) {
	engine := mem.New(mem.Config{})
	defer engine.Close()
	sealed := store.Sealed(engine, stamp("p"))
	put(t, sealed, "a", "plain")
	if got, err := get(t, sealed, "a"); got != "plain" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, _ := get(t, engine, "a"); got != string(stamp("p").mark("a"))+"plain" {
		t.Errorf("the engine holds %q", got)
	}
}

func TestSealedNamesTheKeyThatDoesNotOpen(t *testing.T) {
	engine := mem.New(mem.Config{})
	defer engine.Close()
	sealed := store.Sealed(engine, stamp("p"))
	put(t, sealed, "a", "plain")
	moved, _ := get(t, engine, "a")
	put(t, engine, "b", moved)

	check := func(how string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), `"b"`) || !strings.Contains(err.Error(), "sealing key") {
			t.Errorf("%s: got %v", how, err)
		}
	}
	_, err := get(t, sealed, "b")
	check("Get", err)
	check("Scan", sealed.View(t.Context(), func(tx store.Tx) error {
		return tx.Scan("", "", func(string, []byte) bool { return true })
	}))
	w := sealed.Watch(t.Context(), "", 0)
	for range w.Changes() {
	}
	check("Watch", w.Err())
}

// Nobody above can tell a sealed store from another.
func TestSealedKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Opener {
		var engine *mem.Store
		return func(testing.TB) store.Store {
			if engine == nil {
				engine = mem.New(mem.Config{})
			} else {
				engine = engine.Reopen()
			}
			return store.Sealed(engine, stamp("p"))
		}
	})
}
