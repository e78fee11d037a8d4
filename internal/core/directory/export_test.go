package directory

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// PutTestUsers writes bare people straight into the store, many at once.
func PutTestUsers(tx store.Tx, ids []ident.ID) error {
	dom, _, err := domainTable.Get(tx, "self")
	if err != nil {
		return err
	}
	for _, id := range ids {
		name := fmt.Sprintf("t%x", id[:8])
		if err := put(tx, &Entry{ID: id, Parent: dom.ID, Class: schema.User, RDN: name, Login: name}); err != nil {
			return err
		}
	}
	return nil
}

// Unmake takes an entry out of the store, with its names, as if it had never been.
func Unmake(d *Directory, tx store.Tx, id ident.ID) error {
	e, err := current(tx, id)
	if err != nil {
		return err
	}
	dom := d.Domain()
	if err := d.reclaim(tx, &dom, e, nil); err != nil {
		return err
	}
	return entries.Delete(tx, id.String())
}

// CheckGoldenEntry reads a shipped record and compares it with the entry it was
// made of.
func CheckGoldenEntry(path string, update bool) error {
	id, _ := ident.ParseID("5f3b6c0e-9d0a-4b27-8a63-2f7f0c1d9e11")
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	e := &Entry{
		ID: id, Parent: id, Class: schema.User, RDN: "alice", Login: "alice", RID: 1104, Control: ControlNoExpire, Number: 10001, Gid: 10002,
		Created: at, Changed: at.Add(time.Hour), ValidFrom: at.Add(time.Minute), System: true, USN: USN{7, 9},
		Attrs: []Value{
			{schema.UserPrincipalName, [][]byte{[]byte("alice@lab.internal")}},
			{schema.Owner, [][]byte{id[:]}},
			{schema.Description, [][]byte{[]byte("one"), []byte("two")}},
		},
	}
	if update {
		b, err := entries.Encode([]byte{entries.Version}, e)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(hex.EncodeToString(b)+"\n"), 0o644); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	got, err := entries.Read("entry/x", b)
	if err != nil || !reflect.DeepEqual(got, e) {
		return fmt.Errorf("got  %+v, %v\nwant %+v", got, err, e)
	}
	return nil
}

func FuzzEntry(f *testing.F) {
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = decodeEntry(1, data)
		_, _ = memberTable.Decode(1, data)
	})
}

// CheckPublished is checkPublished for the fuzzer.
func CheckPublished(id schema.ID, v []byte) ([]byte, error) { return checkPublished(schema.Of(id), v) }
