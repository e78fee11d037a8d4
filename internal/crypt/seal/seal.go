// Package seal is envelope encryption for what rests in the store.
//
// Three keys stand above each other. A data key seals values; it is kept in the
// store, in a [Ring] that is sealed with the sealing key. The sealing key is in
// a file outside the data folder. The recovery key is on paper: what a backup
// carries is the sealing key, wrapped so that only the paper opens it.
//
// What always holds:
//
//   - A box opens only under the name it was sealed with, so a value cannot be
//     moved to another key of the store.
//   - No input makes a decoder panic or return what was not sealed.
//   - A key prints as [secret] wherever it is printed; only Text of a recovery
//     key and the writers of the key file show one.
//   - A server that makes backups need not know the recovery key.
//
// Where ring and wrapped key are stored, and when keys are rotated, is not known
// here.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const keySize = 32

// secret is the bytes of a key. It never prints them.
type secret struct{ b [keySize]byte }

const hidden = "[secret]"

// Format implements [fmt.Formatter], for every verb.
func (secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// String implements [fmt.Stringer].
func (secret) String() string { return hidden }

// LogValue implements [slog.LogValuer].
func (secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText keeps a key out of JSON.
func (secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// equal compares in constant time.
func (s secret) equal(o secret) bool { return subtle.ConstantTimeCompare(s.b[:], o.b[:]) == 1 }

func newSecret() (s secret) {
	_, _ = rand.Read(s.b[:]) // never fails: it ends the program instead
	return s
}

// Key is a sealing key.
type Key struct{ secret }

// NewKey returns a new sealing key.
func NewKey() Key { return Key{newSecret()} }

// Equal reports whether two keys are the same, in constant time.
func (k Key) Equal(o Key) bool { return k.equal(o.secret) }

// ID names k without telling anything of it.
func (k Key) ID() string { id := k.id(); return fmt.Sprintf("%x", id[:]) }

func (k Key) id() (id [8]byte) {
	h := sha256.Sum256(append([]byte("selfsame sealing key id\x00"), k.b[:]...))
	copy(id[:], h[:])
	return id
}

// newGCM returns AES-256-GCM with key, NIST SP 800-38D.
func newGCM(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for a wrong size
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // not with AES
	}
	return gcm
}

// sealTo appends a random nonce and the sealed plain to dst.
func sealTo(dst []byte, a cipher.AEAD, plain, name []byte) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, a.NonceSize())...)
	_, _ = rand.Read(dst[at:])
	return a.Seal(dst, dst[at:], plain, name)
}

// openFrom opens what sealTo appended.
func openFrom(a cipher.AEAD, box, name []byte) ([]byte, bool) {
	if len(box) < a.NonceSize()+a.Overhead() {
		return nil, false
	}
	plain, err := a.Open([]byte{}, box[:a.NonceSize()], box[a.NonceSize():], name)
	return plain, err == nil
}
