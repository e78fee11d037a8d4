package seal

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// A key file is one line: this word, the key, and four bytes of its hash, so
// that a file cut short is not taken for another key.
const (
	fileWord  = "selfsame-sealing-key-1 "
	fileCheck = 4
	fileMax   = 256 // bytes read at most; a key file has 72
)

// WriteKeyFile writes k to a new file of mode 0600. A file that is there is
// never replaced: with a sealing key goes everything it sealed.
func WriteKeyFile(path string, k Key) error {
	err := writeFile(path, formatKeyFile(k), os.Link)
	if errors.Is(err, fs.ErrExist) {
		return fault.Wrap(fault.Exists, err, "there is a file at %s already, and it is left alone", path).
			WithHint("If it is the sealing key of this installation, nothing needs to be done.")
	}
	return err
}

// ReplaceKeyFile writes k in place of the key in a file. Do it after the ring
// that k seals is stored, and keep the old key until then.
func ReplaceKeyFile(path string, k Key) error { return writeFile(path, formatKeyFile(k), os.Rename) }

// ReadKeyFile reads a sealing key. It refuses a file that others may read.
func ReadKeyFile(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, fault.Wrap(fault.NotFound, err, "the sealing key %s cannot be read", path).
			WithHint("Put the key file back, or recover the key from a backup with the recovery key.")
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return Key{}, fmt.Errorf("read the sealing key: %w", err)
	}
	if !st.Mode().IsRegular() {
		return Key{}, fault.New(fault.Invalid, "the sealing key %s is not a file", path)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return Key{}, fault.New(fault.Invalid, "the sealing key %s can be read by others (mode %04o)", path, st.Mode().Perm()).
			WithHint("Run: chmod 600 %s", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, fileMax))
	if err != nil {
		return Key{}, fmt.Errorf("read the sealing key: %w", err)
	}
	k, err := parseKeyFile(string(text))
	if err != nil {
		return Key{}, fault.Wrap(fault.Invalid, err, "the file %s holds no sealing key, or a damaged one", path).
			WithHint("Put the right file there, or recover the key from a backup with the recovery key.")
	}
	return k, nil
}

func formatKeyFile(k Key) string {
	sum := sha256.Sum256(k.b[:])
	return fileWord + base64.RawStdEncoding.EncodeToString(append(k.b[:], sum[:fileCheck]...)) + "\n"
}

func parseKeyFile(text string) (Key, error) {
	word, ok := strings.CutPrefix(strings.TrimSpace(text), fileWord)
	if !ok {
		return Key{}, errors.New("seal: not a key file")
	}
	b, err := base64.RawStdEncoding.Strict().DecodeString(word)
	if err != nil || len(b) != keySize+fileCheck {
		return Key{}, errors.New("seal: the key in the file is not whole") // and err may quote it
	}
	k := Key{secret{[keySize]byte(b)}}
	if sum := sha256.Sum256(b[:keySize]); string(sum[:fileCheck]) != string(b[keySize:]) {
		return Key{}, errors.New("seal: the key in the file is damaged")
	}
	return k, nil
}

// writeFile writes a file that is there whole or not at all, also after a power
// cut. place puts the written one at its path.
func writeFile(path, text string, place func(from, to string) error) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".seal-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write the sealing key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = place(f.Name(), path)
	}
	if err == nil {
		err = syncFolder(dir)
	}
	if err != nil {
		return fmt.Errorf("write the sealing key: %w", err)
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
