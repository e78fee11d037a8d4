package etcd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	etcdbackup "go.etcd.io/etcd/etcdutl/v3/snapshot"

	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// revisionBump is how far a restore lifts the revision above the backup's, so
// that it stands above every revision anyone saw after the backup was taken.
const revisionBump = 1_000_000_000

// Backup implements [store.Backuper]. It copies while the store serves; the
// file is there whole or not at all, and was read back once.
func (s *Store) Backup(ctx context.Context, path string) (store.Rev, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.running.Done()
	stream, err := s.client.Snapshot(ctx)
	if err != nil {
		return 0, fmt.Errorf("back up: %w", translate(err))
	}
	defer stream.Close()
	rev, err := writeBackup(path, stream)
	if err != nil {
		return 0, fmt.Errorf("back up to %s: %w", path, err)
	}
	return rev, nil
}

func writeBackup(path string, from io.Reader) (store.Rev, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := io.Copy(f, from); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	rev, err := inspect(f.Name())
	if err != nil {
		return 0, err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return 0, err
	}
	return rev, syncFolder(filepath.Dir(path))
}

// Restore makes the data folder dir from a backup. The folder must be new or
// empty, and is there whole or not at all.
//
// The member made is a new one, which no member of the old cluster takes for
// its own, and revisions go on far above those of the backup: a watch from
// before ends with [store.ErrCompacted] instead of missing changes.
func Restore(ctx context.Context, path, dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fault.New(fault.Exists, "the folder %s is not empty", dir).
			WithHint("Name a folder that is not there yet.")
	}
	if _, err := inspect(path); err != nil {
		return fmt.Errorf("restore from %s: %w", path, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("restore into %s: %w", dir, err)
	}
	half, err := os.MkdirTemp(filepath.Dir(dir), ".restoring-*")
	if err != nil {
		return fmt.Errorf("restore into %s: %w", dir, err)
	}
	defer os.RemoveAll(half)
	if err := restoreInto(path, half); err != nil {
		return fmt.Errorf("restore into %s: %w", dir, err)
	}
	if err := os.Rename(half, dir); err != nil {
		return fmt.Errorf("restore into %s: %w", dir, err)
	}
	return syncFolder(filepath.Dir(dir))
}

func restoreInto(path, dir string) (err error) {
	defer func() { // what etcd does with a file it cannot read
		if r := recover(); r != nil {
			err = damaged(fmt.Errorf("%v", r))
		}
	}()
	setSegment()
	return etcdbackup.NewV3(bridge(slog.New(slog.DiscardHandler))).Restore(etcdbackup.RestoreConfig{
		SnapshotPath: path, OutputDataDir: dir,
		Name: memberName, PeerURLs: []string{peerURL}, InitialCluster: memberName + "=" + peerURL,
		InitialClusterToken: filepath.Base(dir), // random, so the ids made from it are new
		RevisionBump:        revisionBump, MarkCompacted: true,
	})
}

// inspect reads a whole backup, and returns its revision.
//
// The hash is checked before the database is looked at: opening a damaged one
// can end the process with a fault of memory.
func inspect(path string) (rev store.Rev, err error) {
	if err := checkHash(path); err != nil {
		return 0, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = damaged(fmt.Errorf("%v", r))
		}
	}()
	st, err := etcdbackup.NewV3(bridge(slog.New(slog.DiscardHandler))).Status(path)
	if err != nil {
		return 0, damaged(err)
	}
	return store.Rev(st.Revision), nil
}

// checkHash checks the SHA-256 that etcd puts at the end of a snapshot.
func checkHash(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	size := st.Size() - sha256.Size
	if size <= 0 || size%512 != 0 {
		return damaged(errors.New("its length is not that of a backup"))
	}
	h := sha256.New()
	if _, err := io.CopyN(h, f, size); err != nil {
		return err
	}
	want := make([]byte, sha256.Size)
	if _, err := io.ReadFull(f, want); err != nil {
		return err
	}
	if !bytes.Equal(h.Sum(nil), want) {
		return damaged(errors.New("its hash does not match what it holds"))
	}
	return nil
}

func damaged(cause error) error {
	return fault.Wrap(fault.Invalid, cause, "the backup is damaged or cut short").
		WithHint("Use another backup.")
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
