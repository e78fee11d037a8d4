package etcd_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/etcd"
)

// within tries fn until it succeeds, for ten seconds.
func within(t *testing.T, what string, fn func() error) {
	t.Helper()
	var err error
	for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(20 * time.Millisecond) {
		if err = fn(); err == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// Promise 5: a full disk refuses writes and loses none, reads go on, and writes
// are back once there is room, without a restart.
func TestFullDiskRefusesAndRecovers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to mount a small tmpfs")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=160m"); err != nil {
		t.Skipf("a tmpfs cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	dir := filepath.Join(disk, "data")
	s := open(t, etcd.Config{Dir: dir})
	value := make([]byte, 256<<10)
	write := func(i int) error {
		_, err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put(fmt.Sprintf("k/%05d", i), value) })
		return err
	}
	// Something else fills the disk while the store writes.
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 40<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	n := 0
	var err error
	for err == nil && n < 5000 {
		if err = write(n); err == nil {
			n++
		}
	}
	if !errors.Is(err, store.ErrNoSpace) {
		t.Fatalf("after %d writes: got %v, want %v", n, err, store.ErrNoSpace)
	}
	if got := len(keys(t, s, "k/")); got != n {
		t.Errorf("%d keys can be read, %d writes were acknowledged", got, n)
	}
	if _, err := s.Update(store.WithReserve(t.Context()), func(tx store.Tx) error { return tx.Delete("k/00000") }); err != nil {
		t.Errorf("a deletion with the reserve: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	within(t, "a write with room again", func() error { return write(n) })
	s.Close()
	s = open(t, etcd.Config{Dir: dir})
	if got := len(keys(t, s, "k/")); got != n {
		t.Errorf("%d keys after a restart, want %d", got, n)
	}
}

// etcd's own limit: the database is full, something is deleted, and the store
// makes room by itself.
func TestFullDatabaseRecovers(t *testing.T) {
	s := open(t, etcd.Config{Dir: t.TempDir(), Quota: 24 << 20})
	value := make([]byte, 512<<10)
	n := 0
	var err error
	for err == nil && n < 500 {
		_, err = s.Update(t.Context(), func(tx store.Tx) error { return tx.Put(fmt.Sprintf("k/%05d", n), value) })
		n++
	}
	if !errors.Is(err, store.ErrNoSpace) {
		t.Fatalf("after %d writes: got %v, want %v", n, err, store.ErrNoSpace)
	}
	if got := len(keys(t, s, "k/")); got != n-1 {
		t.Errorf("%d keys can be read, want %d", got, n-1)
	}
	_, err = s.Update(t.Context(), func(tx store.Tx) error {
		for i := range n / 2 {
			if err := tx.Delete(fmt.Sprintf("k/%05d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("a deletion: %v", err)
	}
	within(t, "a write with room again", func() error {
		_, err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("again", value) })
		return err
	})
}
