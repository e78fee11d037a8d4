// Package daemon builds a server from its settings, starts it, and stops it in
// reverse. It alone names the store's engine and turns settings into parts.
//
// What always holds:
//
//   - A folder is made whole or not at all, and a folder of a newer version is
//     refused.
//   - The sealing key is outside the data folder.
//   - /readyz says yes only while every door answers.
package daemon

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/crypt/pki"
	"github.com/selfsame-dev/selfsame/internal/crypt/seal"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/etcd"
)

// The data folder.
const (
	markerFile = "selfsame.json" // what the folder is, and of which version
	rootFile   = "ca.pem"
	storeDir   = "store"
	auditDir   = "audit"
	runDir     = "run"
	socketFile = "selfsame.sock"
	publicFile = "audit.pub" // public key that verifies the audit log

	// FirstPasswordFile holds the administrator's first password where there was
	// no terminal to show it on. It is removed at the first sign-in.
	FirstPasswordFile = "administrator.password"

	folderVersion = 1
)

// marker says what a folder is.
type marker struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Created time.Time `json:"created"`
}

// Exists reports whether a folder holds a domain.
func Exists(data string) bool {
	_, err := os.Stat(filepath.Join(data, markerFile))
	return err == nil
}

// checkMarker refuses folders that are not ours, or are of a newer version.
func checkMarker(data string) error {
	b, err := os.ReadFile(filepath.Join(data, markerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, "there is no domain in %s", data).WithHint("make one: selfsame init --data %s --domain lab.example", data)
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the data folder %s cannot be read", data)
	}
	var m marker
	if err := json.Unmarshal(b, &m); err != nil || m.Format != "selfsame" {
		return fault.New(fault.Invalid, "%s is not a data folder of Selfsame", data)
	}
	if m.Version > folderVersion {
		return fault.New(fault.Unsupported, "the folder %s was written by a newer version", data).WithCode(fault.CodeNewer).
			WithHint("run that version, or a later one; this one knows formats up to %d, and the folder's is %d", folderVersion, m.Version)
	}
	return nil
}

func writeMarker(data string, now time.Time) error {
	b, err := json.MarshalIndent(marker{"selfsame", folderVersion, now.UTC()}, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(data, markerFile), append(b, '\n'), 0o600)
}

// writeFile writes a whole file, synced, in place of the old one.
func writeFile(path string, b []byte, mode fs.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	if err == nil {
		err = tmp.Chmod(mode)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	return err
}

// ringKey is where the ring of data keys stands in the store, wrapped by the
// sealing key. It is the one value that is not sealed with the ring.
const ringKey = "seal/ring"

// vault is an open store, with what opens it.
type vault struct {
	engine *etcd.Store
	sealed store.Store
	ring   *seal.Ring
	key    seal.Key
}

func (v *vault) Close() error { return v.sealed.Close() }

// openStore opens the store of a folder with its sealing key. fresh makes a new
// ring in a new store.
func openStore(ctx context.Context, data, keyFile string, fresh bool, log *slog.Logger) (*vault, error) {
	key, err := seal.ReadKeyFile(keyFile)
	if err != nil {
		return nil, err
	}
	engine, err := etcd.Open(ctx, etcd.Config{Dir: filepath.Join(data, storeDir), Logger: log})
	if err != nil {
		return nil, err
	}
	v := &vault{engine: engine, key: key}
	if v.ring, err = v.loadRing(ctx, keyFile, fresh); err != nil {
		engine.Close()
		return nil, err
	}
	v.sealed = store.Sealed(engine, v.sealer())
	return v, nil
}

// sealer seals with the ring, and leaves the ring's own box as it is: it is
// sealed with the sealing key.
func (v *vault) sealer() store.Sealer { return ringSealer{v.ring} }

type ringSealer struct{ *seal.Ring }

func (s ringSealer) Open(key string, box []byte) ([]byte, error) {
	if key == ringKey {
		return box, nil
	}
	return s.Ring.Open(key, box)
}

func (v *vault) loadRing(ctx context.Context, keyFile string, fresh bool) (*seal.Ring, error) {
	var box []byte
	if err := v.engine.View(ctx, func(tx store.Tx) (err error) { box, err = tx.Get(ringKey); return }); err != nil {
		return nil, err
	}
	if box != nil {
		ring, err := seal.Unmarshal(v.key, box)
		if err != nil {
			if ring := v.finishRotation(keyFile, box); ring != nil {
				return ring, nil
			}
			return nil, fault.Wrap(fault.Denied, err, "the store cannot be opened with this sealing key").
				WithHint("it was sealed with another one: name that with seal_key: in the settings")
		}
		return ring, nil
	}
	if !fresh {
		return nil, fault.New(fault.Invalid, "the store holds no keys: it was not made by init")
	}
	ring := seal.NewRing()
	return ring, v.storeRing(ctx, ring, v.key)
}

// stagedSuffix is where a rotation puts the next sealing key until it is in
// force.
const stagedSuffix = ".new"

// finishRotation takes over a sealing key whose rotation was cut off after the
// ring was wrapped with it.
func (v *vault) finishRotation(keyFile string, box []byte) *seal.Ring {
	next, err := seal.ReadKeyFile(keyFile + stagedSuffix)
	if err != nil {
		return nil
	}
	ring, err := seal.Unmarshal(next, box)
	if err != nil || os.Rename(keyFile+stagedSuffix, keyFile) != nil {
		return nil
	}
	v.key = next
	return ring
}

func (v *vault) storeRing(ctx context.Context, ring *seal.Ring, key seal.Key) error {
	_, err := v.engine.Update(ctx, func(tx store.Tx) error { return tx.Put(ringKey, ring.Marshal(key)) })
	return err
}

// ensureSealKey reads the sealing key of a folder, or makes it.
func ensureSealKey(path string) (seal.Key, error) {
	key, err := seal.ReadKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) && !fault.Is(err, fault.NotFound) {
		return key, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return key, fault.Wrap(fault.Invalid, err, "the folder of the sealing key cannot be made")
	}
	key = seal.NewKey()
	return key, seal.WriteKeyFile(path, key)
}

// keys are the keys of an installation.
type keys struct {
	names     []byte
	authority *pki.Authority
	audit     ed25519.PrivateKey
}

// loadKeys reads the keys, and makes those that are missing.
func loadKeys(ctx context.Context, st store.Store, domain string, now time.Time) (*keys, error) {
	var k keys
	var err error
	if k.names, err = ensureNames(ctx, st, now); err != nil {
		return nil, err
	}
	if k.authority, err = ensureAuthority(ctx, st, domain, now); err != nil {
		return nil, err
	}
	seed, err := keyring.Ensure(ctx, st, keyring.AuditSign, now, random)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	k.audit = ed25519.NewKeyFromSeed(seed)
	return &k, nil
}

// ensureNames is the key of the hashes under which names stand in the store.
func ensureNames(ctx context.Context, st store.Store, now time.Time) ([]byte, error) {
	b, err := keyring.Ensure(ctx, st, keyring.Names, now, random)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	return b, nil
}

// random draws a key: 32 bytes, which is also the size of an Ed25519 seed.
func random() ([]byte, error) {
	b := make([]byte, ed25519.SeedSize)
	_, err := rand.Read(b)
	return b, err
}

// pemPair is how a certificate and its key are kept.
type pemPair struct {
	Cert []byte `json:"cert"`
	Key  []byte `json:"key"`
}

func ensureAuthority(ctx context.Context, st store.Store, domain string, now time.Time) (*pki.Authority, error) {
	b, err := keyring.Ensure(ctx, st, keyring.Authority, now, func() ([]byte, error) {
		root, err := pki.NewRoot(domain, now)
		if err != nil {
			return nil, err
		}
		key, err := root.KeyPEM()
		if err != nil {
			return nil, err
		}
		return json.Marshal(pemPair{root.CertPEM(), key})
	})
	if err != nil {
		return nil, fmt.Errorf("read the root certificate: %w", err)
	}
	var p pemPair
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("read the root certificate: %w", err)
	}
	return pki.Parse(p.Cert, p.Key)
}
