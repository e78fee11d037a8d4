package seal

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// The layout of a box: version, id of the data key, nonce, sealed value.
const (
	boxVersion = 1
	boxHead    = 1 + 4
)

// The layout of a ring: version, id of the sealing key, nonce, and sealed: one
// entry a data key, of its id and its bytes, the present one last.
const (
	ringVersion = 1
	ringHead    = 1 + 8
	ringEntry   = 4 + keySize
)

// ringName is what a ring is sealed under.
var ringName = []byte("selfsame ring\x00")

// Ring holds the data keys. It seals with the newest and opens with any.
// It is safe for concurrent use.
//
// A data key may seal 2^32 boxes before their random nonces become a risk, NIST
// SP 800-38D §8.3: a year of 136 writes a second. Rotate it well before.
type Ring struct{ keys atomic.Pointer[[]dataKey] }

type dataKey struct {
	id  uint32
	key secret
	gcm cipher.AEAD
}

func newDataKey(id uint32, key secret) dataKey { return dataKey{id, key, newGCM(key.b[:])} }

func ringOf(keys []dataKey) *Ring {
	r := new(Ring)
	r.keys.Store(&keys)
	return r
}

// NewRing returns a ring with one new data key.
func NewRing() *Ring { return ringOf([]dataKey{newDataKey(1, newSecret())}) }

// Next returns the ring that follows r: with one more data key, which is the one
// it seals with. r itself stays as it is.
//
// Store what Next returned before [Ring.Adopt], or a crash between the two
// leaves values that no stored ring opens.
func (r *Ring) Next() *Ring {
	keys := slices.Clone(*r.keys.Load())
	return ringOf(append(keys, newDataKey(keys[len(keys)-1].id+1, newSecret())))
}

// Adopt makes r hold the keys of next.
func (r *Ring) Adopt(next *Ring) { r.keys.Store(next.keys.Load()) }

// Seal returns plain in a box that opens only under name.
func (r *Ring) Seal(name string, plain []byte) []byte {
	keys := *r.keys.Load()
	k := keys[len(keys)-1]
	box := make([]byte, 0, boxHead+k.gcm.NonceSize()+len(plain)+k.gcm.Overhead())
	box = append(box, boxVersion)
	box = binary.BigEndian.AppendUint32(box, k.id)
	return sealTo(box, k.gcm, plain, []byte(name))
}

// Open opens a box that was sealed under name.
func (r *Ring) Open(name string, box []byte) ([]byte, error) {
	if len(box) < boxHead {
		return nil, errors.New("seal: the box is cut short")
	}
	if box[0] != boxVersion {
		return nil, errors.New("seal: the box is of a version unknown here")
	}
	id := binary.BigEndian.Uint32(box[1:])
	for _, k := range *r.keys.Load() {
		if k.id != id {
			continue
		}
		if plain, ok := openFrom(k.gcm, box[boxHead:], []byte(name)); ok {
			return plain, nil
		}
		return nil, errors.New("seal: the box is damaged, or was sealed under another name")
	}
	return nil, errors.New("seal: the box was sealed with a data key that the ring does not hold")
}

// Marshal returns r sealed with the sealing key. To rotate the sealing key,
// marshal with the new one.
func (r *Ring) Marshal(k Key) []byte {
	var plain []byte
	for _, d := range *r.keys.Load() {
		plain = binary.BigEndian.AppendUint32(plain, d.id)
		plain = append(plain, d.key.b[:]...)
	}
	id := k.id()
	return sealTo(append([]byte{ringVersion}, id[:]...), newGCM(k.b[:]), plain, ringName)
}

// Unmarshal returns the ring in box.
func Unmarshal(k Key, box []byte) (*Ring, error) {
	damaged := fault.New(fault.Internal, "the ring of data keys is damaged").WithHint("Restore a backup.")
	if len(box) < ringHead {
		return nil, damaged
	}
	if box[0] != ringVersion {
		return nil, fault.New(fault.Unsupported, "the ring of data keys was written by a newer version").
			WithCode(fault.CodeNewer)
	}
	if id := k.id(); !bytes.Equal(box[1:ringHead], id[:]) {
		return nil, fault.New(fault.Invalid, "the data is sealed with key %x, and this is key %x", box[1:ringHead], id).
			WithHint("Start the server with the sealing key this data was written with, or recover it with the recovery key.")
	}
	plain, ok := openFrom(newGCM(k.b[:]), box[ringHead:], ringName)
	if !ok || len(plain) == 0 || len(plain)%ringEntry != 0 {
		return nil, damaged
	}
	var keys []dataKey
	for e := range slices.Chunk(plain, ringEntry) {
		keys = append(keys, newDataKey(binary.BigEndian.Uint32(e), secret{[keySize]byte(e[4:])}))
	}
	return ringOf(keys), nil
}
