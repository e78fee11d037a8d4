package audit

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// keysFile holds the keys of the days that can still be read, sealed. It stands
// beside the segments and never in the store or a backup: who destroys a key
// here has destroyed it.
const keysFile = "days.keys"

// dayKeys are the keys of the days, on disk in one sealed file.
type dayKeys struct {
	path string
	seal store.Sealer

	mu     sync.Mutex
	secret map[string][]byte // by day: 32 bytes
	made   map[string]*dayKey
}

func openDayKeys(path string, seal store.Sealer) (*dayKeys, error) {
	k := &dayKeys{path: path, seal: seal, secret: make(map[string][]byte), made: make(map[string]*dayKey)}
	box, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the keys of the audit log: %w", err)
	}
	plain, err := seal.Open(keysFile, box)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the keys of the audit log in %s cannot be opened", path).
			WithHint("the file was sealed with another sealing key, or is damaged")
	}
	if err := json.Unmarshal(plain, &k.secret); err != nil {
		return nil, fmt.Errorf("read the keys of the audit log: %w", err)
	}
	return k, nil
}

// of returns the key of a day, and makes it, on disk first, if there is none.
func (k *dayKeys) of(day string) (*dayKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.made[day]; ok {
		return key, nil
	}
	secret, ok := k.secret[day]
	if !ok {
		secret = make([]byte, 32)
		_, _ = rand.Read(secret)
		k.secret[day] = secret
		if err := k.save(); err != nil {
			delete(k.secret, day)
			return nil, err
		}
	}
	return k.build(day, secret)
}

// existing returns the key of a day, or nil if it was destroyed.
func (k *dayKeys) existing(day string) (*dayKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.made[day]; ok {
		return key, nil
	}
	secret, ok := k.secret[day]
	if !ok {
		return nil, nil
	}
	return k.build(day, secret)
}

func (k *dayKeys) build(day string, secret []byte) (*dayKey, error) {
	derive := func(label string) ([]byte, error) {
		return hkdf.Key(sha256.New, secret, []byte(day), "selfsame audit "+label, 32)
	}
	enc, err := derive("records")
	if err != nil {
		return nil, err
	}
	mac, err := derive("index")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(enc)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	key := &dayKey{aead: aead, hashes: newHashes(mac)}
	k.made[day] = key
	return key, nil
}

// days lists the days whose keys are there.
func (k *dayKeys) days() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]string, 0, len(k.secret))
	for d := range k.secret {
		out = append(out, d)
	}
	return out
}

// destroy forgets the keys of days, in memory and on disk.
func (k *dayKeys) destroy(days []string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range days {
		clear(k.secret[d])
		delete(k.secret, d)
		delete(k.made, d)
	}
	return k.save()
}

// save writes the file anew: the whole of it, synced, then in place of the old,
// whose bytes are overwritten first so that a destroyed key is not left behind
// in the file it stood in. The caller holds mu.
func (k *dayKeys) save() error {
	plain, err := json.Marshal(k.secret)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(k.path), keysFile+".*")
	if err != nil {
		return fmt.Errorf("write the keys of the audit log: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(k.seal.Seal(keysFile, plain))
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	old, _ := os.OpenFile(k.path, os.O_WRONLY, 0)
	if err == nil {
		err = os.Rename(tmp.Name(), k.path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(k.path))
	}
	if old != nil {
		if st, serr := old.Stat(); serr == nil && err == nil {
			_, _ = old.WriteAt(make([]byte, st.Size()), 0)
			_ = old.Sync()
		}
		old.Close()
	}
	if err != nil {
		return fmt.Errorf("write the keys of the audit log: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
