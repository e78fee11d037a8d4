package daemon

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/crypt/seal"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// A backup is a tar of two files: the manifest, and a snapshot of the store whose
// values are sealed. The manifest carries the sealing key wrapped to the recovery
// key; nothing else in it tells anything.
const (
	manifestName = "manifest.json"
	snapshotName = "store.snapshot"
	backupFormat = 1
)

// Manifest says what a backup is.
type Manifest struct {
	Format   int       `json:"format"`
	Created  time.Time `json:"created"`
	SealKey  []byte    `json:"sealKey"`  // wrapped to the recovery key
	Size     int64     `json:"size"`     // of the snapshot
	Snapshot string    `json:"snapshot"` // its SHA-256
}

// writeBackup writes a backup of an open store to a new file.
func writeBackup(ctx context.Context, v *vault, path string, now time.Time) (err error) {
	public, err := keyring.Get(ctx, v.sealed, keyring.Recovery)
	if err != nil {
		return err
	}
	wrapped, err := seal.WrapForRecovery(public, v.key)
	if err != nil {
		return fmt.Errorf("wrap the sealing key: %w", err)
	}
	if _, err := os.Lstat(path); err == nil {
		return fault.New(fault.Exists, "the file %s exists already", path).WithHint("name another one")
	}
	work, err := os.MkdirTemp(filepath.Dir(path), ".selfsame-backup-*")
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the backup cannot be written to %s", filepath.Dir(path))
	}
	defer os.RemoveAll(work)
	snap := filepath.Join(work, snapshotName)
	if _, err := v.engine.Backup(ctx, snap); err != nil {
		return err
	}
	m := Manifest{Format: backupFormat, Created: now.UTC(), SealKey: wrapped}
	if m.Size, m.Snapshot, err = sum(snap); err != nil {
		return err
	}
	out := filepath.Join(work, "backup")
	if err := pack(out, m, snap); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the backup cannot be written")
	}
	if err := os.Link(out, path); err != nil { // never over another file
		return fault.Wrap(fault.Invalid, err, "the backup cannot be written to %s", path)
	}
	return nil
}

func sum(path string) (size int64, hexSum string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return size, hex.EncodeToString(h.Sum(nil)), err
}

func pack(path string, m Manifest, snap string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	w := tar.NewWriter(f)
	if err := w.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(b))}); err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: snapshotName, Mode: 0o600, Size: m.Size}); err != nil {
		return err
	}
	in, err := os.Open(snap)
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := io.Copy(w, in); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Sync()
}

// readBackup checks a backup from end to end and hands its snapshot to dst.
func readBackup(path string, dst io.Writer) (Manifest, error) {
	damaged := func(format string, args ...any) (Manifest, error) {
		return Manifest{}, fault.New(fault.Invalid, "%s is not a whole backup: %s", path, fmt.Sprintf(format, args...))
	}
	f, err := os.Open(path)
	if err != nil {
		return Manifest{}, fault.Wrap(fault.NotFound, err, "the backup cannot be read")
	}
	defer f.Close()
	r := tar.NewReader(f)
	h, err := r.Next()
	if err != nil || h.Name != manifestName || h.Size > 1<<16 {
		return damaged("it does not begin with a manifest")
	}
	var m Manifest
	if err := json.NewDecoder(r).Decode(&m); err != nil {
		return damaged("its manifest cannot be read")
	}
	if m.Format > backupFormat {
		return Manifest{}, fault.New(fault.Unsupported, "the backup was written by a newer version").WithCode(fault.CodeNewer)
	}
	if h, err = r.Next(); err != nil || h.Name != snapshotName || h.Size != m.Size {
		return damaged("the store is missing or cut")
	}
	var sum hash.Hash = sha256.New()
	n, err := io.Copy(io.MultiWriter(dst, sum), r)
	if err != nil || n != m.Size {
		return damaged("the store is cut after %d of %d bytes", n, m.Size)
	}
	if hex.EncodeToString(sum.Sum(nil)) != m.Snapshot {
		return damaged("the store was altered")
	}
	return m, nil
}

// VerifyBackup checks that a backup is whole.
func VerifyBackup(path string) (Manifest, error) { return readBackup(path, io.Discard) }
