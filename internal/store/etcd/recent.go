package etcd

import (
	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/txn"
)

// remembered is how many writes are remembered: a second's worth of many
// writers, and a transaction rarely takes that long.
const remembered = 8192

// recent remembers what this process wrote lately, so that a transaction that
// has lost need not go to etcd to hear it. It may forget, and it does not know
// what other servers wrote; etcd's compares decide.
type recent struct {
	ring [remembered]write
	next int
	at   map[string]store.Rev
}

type write struct {
	key string
	rev store.Rev
}

func newRecent() *recent { return &recent{at: make(map[string]store.Rev, remembered)} }

// add remembers what batch wrote at rev.
func (r *recent) add(rev store.Rev, batch []*pending) {
	for _, p := range batch {
		for _, w := range p.writes {
			slot := &r.ring[r.next%remembered]
			if r.at[slot.key] == slot.rev {
				delete(r.at, slot.key)
			}
			*slot = write{w.Key, rev}
			r.at[w.Key] = rev
			r.next++
		}
	}
}

// overtook reports whether something t read is known to have been written since.
func (r *recent) overtook(t *txn.Tx) bool {
	for key := range t.Keys() {
		if r.at[key] > t.Rev() {
			return true
		}
	}
	if len(t.Ranges()) == 0 {
		return false
	}
	for i := r.next - 1; i >= 0 && i >= r.next-remembered; i-- {
		w := r.ring[i%remembered]
		if w.rev <= t.Rev() {
			break
		}
		for _, in := range t.Ranges() {
			if in.Has(w.key) {
				return true
			}
		}
	}
	return false
}
