package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

// keptTerms bounds how many terms of a day are kept hashed: some 100 bytes each.
// Most words of a record are those of the record before it, and its ids those of
// the few thousand who sign in all day.
const keptTerms = 8192

// hashes are the keyed hashes under which the terms of one day stand in the
// index. It keeps those it made lately; they go where the day's key goes.
type hashes struct {
	mu      sync.Mutex
	mac     hash.Hash
	sum     [32]byte
	text    []byte
	words   map[string]uint64
	objects map[ident.ID]uint64
}

func newHashes(key []byte) *hashes {
	return &hashes{mac: hmac.New(sha256.New, key), words: make(map[string]uint64), objects: make(map[ident.ID]uint64)}
}

// word is the hash of a word, in any case.
func (h *hashes) word(s string) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if sum, ok := h.words[s]; ok {
		return sum
	}
	sum := h.of(append(h.text[:0], ident.Fold(s)...))
	keep(h.words, s, sum)
	return sum
}

// token is word for what few records hold: a ticket's id, a session's.
func (h *hashes) token(s string) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of(append(h.text[:0], ident.Fold(s)...))
}

// object is the hash of an id: that of its text form.
func (h *hashes) object(id ident.ID) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if sum, ok := h.objects[id]; ok {
		return sum
	}
	sum := h.of(id.AppendTo(h.text[:0]))
	keep(h.objects, id, sum)
	return sum
}

// once is object for an id that does not come again: a record's own.
func (h *hashes) once(id ident.ID) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of(id.AppendTo(h.text[:0]))
}

// of hashes a folded term. The caller holds mu.
func (h *hashes) of(folded []byte) uint64 {
	h.text = folded
	h.mac.Reset()
	h.mac.Write(folded)
	return binary.BigEndian.Uint64(h.mac.Sum(h.sum[:0]))
}

func keep[K comparable](m map[K]uint64, k K, sum uint64) {
	if len(m) >= keptTerms {
		clear(m)
	}
	m[k] = sum
}
