package etcd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/etcd"
)

func put(t testing.TB, s store.Store, key, value string) store.Rev {
	t.Helper()
	rev, err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put(key, []byte(value)) })
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func get(t testing.TB, s store.Store, key string) (value string) {
	t.Helper()
	if err := s.View(context.Background(), func(tx store.Tx) error {
		b, err := tx.Get(key)
		value = string(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestTwoServersOnOneFolderAreRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, etcd.Config{Dir: dir})
	if _, err := etcd.Open(t.Context(), etcd.Config{Dir: dir}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("got %v, want %v", err, store.ErrInUse)
	}
	put(t, s, "a", "1")
	s.Close()
	if got := get(t, open(t, etcd.Config{Dir: dir}), "a"); got != "1" {
		t.Errorf("got %q", got)
	}
}

// The sockets are in the folder, which only its owner enters, however long and
// odd its name is; and etcd made none of its own elsewhere.
func TestFolderMayBeDeepAndOddlyNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep ,=%41/", 15), "data")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := open(t, etcd.Config{Dir: dir})
	put(t, s, "a", "1")
	for _, name := range []string{"peer.sock", "client.sock"} {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Mode().Type() != os.ModeSocket {
			t.Errorf("%s: %v, %v", name, st, err)
		}
	}
	if st, _ := os.Stat(dir); st.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v", st.Mode())
	}
}

func TestDialSharesTheStoreOfAnother(t *testing.T) {
	dir := t.TempDir()
	s := open(t, etcd.Config{Dir: dir})
	d, err := etcd.Dial(t.Context(), []string{"unix://" + filepath.Join(dir, "client.sock")}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	w := d.Watch(t.Context(), "", 0)
	// Each server adds to one counter; neither knows of the other's commits but
	// through etcd's compares.
	done := make(chan error, 2)
	for _, side := range []store.Store{s, d} {
		go func() {
			var err error
			for i := 0; i < 50 && err == nil; i++ {
				_, err = side.Update(context.Background(), func(tx store.Tx) error {
					var n int
					b, err := tx.Get("n")
					fmt.Sscan(string(b), &n)
					return errors.Join(err, tx.Put("n", fmt.Append(nil, n+1)))
				})
			}
			done <- err
		}()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	if got := get(t, d, "n"); got != "100" {
		t.Errorf("got %s, want 100", got)
	}
	for i := 1; i <= 100; i++ {
		if b := <-w.Changes(); string(b.Changes[0].Value) != fmt.Sprint(i) {
			t.Fatalf("change %d: got %s", i, b.Changes[0].Value)
		}
	}
}

func TestBackupIsWholeAndRestores(t *testing.T) {
	tmp := t.TempDir()
	s := open(t, etcd.Config{Dir: filepath.Join(tmp, "data")})
	put(t, s, "a", "1")
	before := put(t, s, "b", "2")
	file := filepath.Join(tmp, "backup")
	rev, err := s.Backup(t.Context(), file)
	if err != nil || rev != before {
		t.Fatalf("got %d, %v; want %d", rev, err, before)
	}
	after := put(t, s, "b", "3")

	dir := filepath.Join(tmp, "restored")
	if err := etcd.Restore(t.Context(), file, dir); err != nil {
		t.Fatal(err)
	}
	r := open(t, etcd.Config{Dir: dir})
	if a, b := get(t, r, "a"), get(t, r, "b"); a != "1" || b != "2" {
		t.Errorf("got a=%s b=%s", a, b)
	}
	if rev := put(t, r, "c", "4"); rev <= after {
		t.Errorf("revision %d after the restore, %d before", rev, after)
	}
	w := r.Watch(t.Context(), "", before)
	for range w.Changes() {
	}
	if !errors.Is(w.Err(), store.ErrCompacted) {
		t.Errorf("a watch from before the restore ended with %v", w.Err())
	}
	if err := etcd.Restore(t.Context(), file, dir); fault.KindOf(err) != fault.Exists {
		t.Errorf("restored over a folder in use: %v", err)
	}
}

func TestDamagedBackupIsRefused(t *testing.T) {
	tmp := t.TempDir()
	s := open(t, etcd.Config{Dir: filepath.Join(tmp, "data")})
	put(t, s, "a", "1")
	file := filepath.Join(tmp, "backup")
	if _, err := s.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name string, b []byte) {
		t.Helper()
		bad, dir := filepath.Join(tmp, "bad"), filepath.Join(tmp, "restored")
		if err := os.WriteFile(bad, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := etcd.Restore(t.Context(), bad, dir); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a folder was left", name)
		}
	}
	for i := 0; i < len(whole); i += len(whole)/50 + 1 {
		flipped := append([]byte(nil), whole...)
		flipped[i] ^= 4
		refused(fmt.Sprint("bit flipped at ", i), flipped)
	}
	for _, n := range []int{0, 31, 32, 512, len(whole) / 2, len(whole) - 512, len(whole) - 1} {
		refused(fmt.Sprint("cut to ", n), whole[:n])
	}
}
