package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// What a transaction promises when it is alone.

func ownWrites(t *testing.T, s store.Store) {
	put(t, s, "a", "1", "b", "2", "c", "3")
	update(t, s, func(tx store.Tx) error {
		err := errors.Join(tx.Put("b", []byte("20")), tx.Delete("c"), tx.Put("d", []byte("4")), tx.Put("B", []byte("0")))
		all, scanErr := scanned(tx, "", "")
		want(t, "scan", all, "B=0 a=1 b=20 d=4")
		gone, getErr := tx.Get("c")
		want(t, "a deleted key", string(gone), "")
		err = errors.Join(err, scanErr, getErr, tx.Put("c", []byte("5")), tx.Delete("d"))
		back, getErr := tx.Get("c")
		want(t, "a key written again", string(back), "5")
		return errors.Join(err, getErr)
	})
	want(t, "afterwards", dump(t, s, ""), "B=0 a=1 b=20 c=5")
}

func scan(t *testing.T, s store.Store) {
	put(t, s, "a", "", "a/1", "x", "a/2", "y", "a/2/3", "z", "a\xff", "p", "a\xff\xff", "q", "b", "r", "\xff", "s", "\xff\xff", "t")
	for _, c := range []struct{ prefix, start, want string }{
		{"a/", "", "a/1=x a/2=y a/2/3=z"},
		{"a/", "a/2", "a/2=y a/2/3=z"},
		{"a/", "a/2\x00", "a/2/3=z"},
		{"a/", "A", "a/1=x a/2=y a/2/3=z"},
		{"a/", "b", ""},
		{"a\xff", "", "a\xff=p a\xff\xff=q"},
		{"\xff", "", "\xff=s \xff\xff=t"},
		{"", "a\xff\xff", "a\xff\xff=q b=r \xff=s \xff\xff=t"},
		{"nothing", "", ""},
	} {
		err := s.View(t.Context(), func(tx store.Tx) error {
			got, err := scanned(tx, c.prefix, c.start)
			want(t, fmt.Sprintf("scan %q from %q", c.prefix, c.start), got, c.want)
			return err
		})
		wantErr(t, "View", err, nil)
	}
	// More than any page an engine may read at once.
	update(t, s, func(tx store.Tx) (err error) {
		for i := range 5000 {
			err = errors.Join(err, tx.Put(fmt.Sprintf("many/%05d", i), []byte("v")))
		}
		return err
	})
	n := 0
	err := s.View(t.Context(), func(tx store.Tx) error {
		return tx.Scan("many/", "", func(key string, _ []byte) bool {
			want(t, "key", key, fmt.Sprintf("many/%05d", n))
			n++
			return n < 4500
		})
	})
	wantErr(t, "View", err, nil)
	want(t, "keys seen until told to stop", n, 4500)
}

func view(t *testing.T, s store.Store) {
	rev := put(t, s, "a", "1")
	err := s.View(t.Context(), func(tx store.Tx) error {
		want(t, "revision", tx.Rev(), rev)
		if later := put(t, s, "a", "2", "b", "2"); later <= rev {
			t.Errorf("revision %d follows %d", later, rev)
		}
		got, err := scanned(tx, "", "")
		want(t, "the state it began with", got, "a=1")
		wantErr(t, "Put in a view", tx.Put("a", nil), store.ErrReadOnly)
		wantErr(t, "Delete in a view", tx.Delete("a"), store.ErrReadOnly)
		return err
	})
	wantErr(t, "View", err, nil)
	want(t, "afterwards", dump(t, s, ""), "a=2 b=2")
}

func rollback(t *testing.T, s store.Store) {
	rev := put(t, s, "a", "1")
	mine := errors.New("mine")
	_, err := s.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.Put("a", []byte("2")), tx.Put("b", []byte("2")), mine)
	})
	wantErr(t, "Update", err, mine)
	wantErr(t, "View", s.View(t.Context(), func(store.Tx) error { return mine }), mine)
	want(t, "afterwards", dump(t, s, ""), "a=1")
	want(t, "the revision of an update that wrote nothing", update(t, s, func(store.Tx) error { return nil }), rev)
}

func emptyValue(t *testing.T, s store.Store) {
	w := s.Watch(t.Context(), "", put(t, s, "z", "1"))
	rev := update(t, s, func(tx store.Tx) error { return errors.Join(tx.Put("a", nil), tx.Put("b", []byte{})) })
	want(t, "watch", next(t, w), fmt.Sprintf("@%d a= b=", rev))
	err := s.View(t.Context(), func(tx store.Tx) error {
		for key, there := range map[string]bool{"a": true, "b": true, "c": false} {
			v, err := tx.Get(key)
			want(t, key+" is there", v != nil, there)
			wantErr(t, key, err, nil)
		}
		return nil
	})
	wantErr(t, "View", err, nil)
}

func limits(t *testing.T, s store.Store) {
	key, value := strings.Repeat("k", store.MaxKey), make([]byte, store.MaxValue)
	update(t, s, func(tx store.Tx) error { return tx.Put(key, value) })
	err := s.View(t.Context(), func(tx store.Tx) error {
		got, err := tx.Get(key)
		want(t, "the size of the largest value", len(got), store.MaxValue)
		return err
	})
	wantErr(t, "View", err, nil)

	for name, fn := range map[string]func(tx store.Tx) error{
		"a longer key":   func(tx store.Tx) error { return tx.Put(key+"k", nil) },
		"a larger value": func(tx store.Tx) error { return tx.Put("a", make([]byte, store.MaxValue+store.SealRoom+1)) },
		"too much at once": func(tx store.Tx) (err error) {
			for i := 0; i <= store.MaxWrite/store.MaxValue && err == nil; i++ {
				err = tx.Put(fmt.Sprint(i), value)
			}
			return err
		},
		"too many at once": func(tx store.Tx) (err error) {
			for i := 0; i <= store.MaxOps && err == nil; i++ {
				err = tx.Put(fmt.Sprint(i), nil)
			}
			return err
		},
	} {
		_, err := s.Update(t.Context(), fn)
		wantErr(t, name, err, store.ErrTooLarge)
	}
	if _, err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("", nil) }); err == nil {
		t.Error("an empty key was taken")
	}
	// A transaction may be as large as promised: half of it reads, half writes.
	update(t, s, func(tx store.Tx) (err error) {
		for i := 0; i < store.MaxOps/2 && err == nil; i++ {
			k := fmt.Sprintf("%032d", i)
			if _, err = tx.Get(k); err == nil {
				err = tx.Put(k, value[:256])
			}
		}
		return err
	})
}

func ended(t *testing.T, s store.Store) {
	var kept store.Tx
	update(t, s, func(tx store.Tx) error { kept = tx; return nil })
	if err := kept.Put("a", nil); err == nil {
		t.Error("a transaction wrote after its end")
	}
	if _, err := kept.Get("a"); err == nil {
		t.Error("a transaction read after its end")
	}
}

func canceled(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never := func(store.Tx) error { t.Error("fn ran"); return nil }
	_, err := s.Update(ctx, never)
	wantErr(t, "Update", err, context.Canceled)
	wantErr(t, "View", s.View(ctx, never), context.Canceled)
}

func closed(t *testing.T, open Opener) {
	s := open(t)
	w := s.Watch(t.Context(), "", 0)
	wantErr(t, "Close", s.Close(), nil)
	wantErr(t, "a watch", ends(t, w), store.ErrClosed)
	_, err := s.Update(t.Context(), func(store.Tx) error { return nil })
	wantErr(t, "Update", err, store.ErrClosed)
	wantErr(t, "View", s.View(t.Context(), func(store.Tx) error { return nil }), store.ErrClosed)
	wantErr(t, "a later watch", ends(t, s.Watch(t.Context(), "", 0)), store.ErrClosed)
	wantErr(t, "Close again", s.Close(), nil)
}

func reopened(t *testing.T, open Opener) {
	s := open(t)
	rev := put(t, s, "a", "1", "b", "2")
	wantErr(t, "Close", s.Close(), nil)
	s = open(t)
	defer s.Close()
	want(t, "what it holds", dump(t, s, ""), "a=1 b=2")
	if again := put(t, s, "c", "3"); again <= rev {
		t.Errorf("revision %d follows %d", again, rev)
	}
}
