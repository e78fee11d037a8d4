package store_test

import (
	"errors"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/mem"
)

type shelf struct {
	Name  string `json:"name"`
	Books int    `json:"books"`
}

// shelves once counted pairs of books, in version 1.
var shelves = store.JSON("shelf/", 2, func(s shelf) string { return s.Name },
	func(_ byte, s *shelf) error { s.Books *= 2; return nil })

func TestTableKeepsRecords(t *testing.T) {
	s := mem.New(mem.Config{})
	defer s.Close()
	_, err := s.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(
			shelves.Put(tx, shelf{"north/a", 3}), shelves.Put(tx, shelf{"north/b", 4}),
			shelves.Put(tx, shelf{"south/a", 5}), shelves.Put(tx, shelf{"gone", 6}),
			tx.Put("shelg", []byte("not a shelf")), shelves.Delete(tx, "gone"))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx store.Tx) error {
		if got, ok, err := shelves.Get(tx, "north/b"); err != nil || !ok || got != (shelf{"north/b", 4}) {
			t.Errorf("Get: got %v, %v, %v", got, ok, err)
		}
		if _, ok, err := shelves.Get(tx, "gone"); err != nil || ok {
			t.Errorf("Get of a deleted record: got %v, %v", ok, err)
		}
		var names string
		err := shelves.Scan(tx, "north/", "", func(s shelf) bool { names += s.Name + " "; return true })
		if want := "north/a north/b "; names != want || err != nil {
			t.Errorf("Scan: got %q, %v; want %q", names, err, want)
		}
		names = ""
		err = shelves.Scan(tx, "", "north/b", func(s shelf) bool { names += s.Name + " "; return true })
		if want := "north/b south/a "; names != want || err != nil {
			t.Errorf("Scan from a start: got %q, %v; want %q", names, err, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTableReadsEveryVersionAndRefusesTheNext(t *testing.T) {
	for name, c := range map[string]struct {
		stored string
		want   shelf
		kind   fault.Kind
		fails  bool
	}{
		"the present version":      {stored: "\x02{\"name\":\"a\",\"books\":6}", want: shelf{"a", 6}},
		"an older version":         {stored: "\x01{\"name\":\"a\",\"books\":3}", want: shelf{"a", 6}},
		"a newer version":          {stored: "\x03{}", fails: true, kind: fault.Unsupported},
		"a record cut short":       {stored: "\x02{\"name\"", fails: true, kind: fault.Internal},
		"a record that is nothing": {stored: "", fails: true, kind: fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := shelves.Read("shelf/a", []byte(c.stored))
			if (err != nil) != c.fails || (c.fails && fault.KindOf(err) != c.kind) {
				t.Fatalf("got error %v (%v)", err, fault.KindOf(err))
			}
			if !c.fails && got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
