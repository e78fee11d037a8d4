package kdc

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

const (
	// recentFor is how long an answer is kept for a client that asks the same again:
	// MIT's libraries ask after one, two and four seconds.
	recentFor = 10 * time.Second
	// recentMost bounds what is kept, in octets.
	recentMost = 16 << 20
)

// recent keeps the answers given a moment ago.
type recent struct {
	mu    sync.Mutex
	size  int
	held  map[[16]byte]*kept
	first *kept // the oldest
	last  *kept
}

type kept struct {
	key  [16]byte
	out  []byte
	at   time.Time
	next *kept
}

func newRecent() *recent { return &recent{held: make(map[[16]byte]*kept)} }

// recentKey stands for a request and who sent it.
func recentKey(source netip.Addr, packet []byte) [16]byte {
	h := sha256.New()
	from := source.As16()
	h.Write(from[:])
	h.Write(packet)
	var sum [sha256.Size]byte
	return [16]byte(h.Sum(sum[:0])[:16])
}

func (r *recent) find(key [16]byte, now time.Time) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.held[key]
	if k == nil || now.Sub(k.at) > recentFor {
		return nil
	}
	return k.out
}

func (r *recent) keep(key [16]byte, out []byte, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := &kept{key: key, out: out, at: now}
	if r.last == nil {
		r.first = k
	} else {
		r.last.next = k
	}
	r.last, r.held[key] = k, k
	r.size += len(out)
	for r.first != nil && (r.size > recentMost || now.Sub(r.first.at) > recentFor) {
		r.size -= len(r.first.out)
		if r.held[r.first.key] == r.first {
			delete(r.held, r.first.key)
		}
		if r.first = r.first.next; r.first == nil {
			r.last = nil
		}
	}
}
