package authn

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

// cheapFor is how long a right password is cheap to repeat. A look-up service
// binds thousands of times with one; deriving the Kerberos key each time would
// cost a thousand times the rest of the bind.
const cheapFor = 15 * time.Minute

// cheapMost bounds the cache: some 100 bytes each.
const cheapMost = 100_000

// cache remembers right passwords as a keyed hash under a secret of this process,
// in memory only. An entry is good for one generation of the credentials: any
// change of them, and it is as if it were not there.
type cache struct {
	macs sync.Pool // of *mac

	mu   sync.RWMutex
	held map[ident.ID]cheap
}

type cheap struct {
	gen   uint64
	mac   [32]byte
	until time.Time
}

// mac is a hash keyed with the cache's secret, and room to use it without
// allocating.
type mac struct {
	hash.Hash
	in  []byte
	sum [32]byte
}

func newCache() *cache {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	return &cache{
		macs: sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, secret)} }},
		held: make(map[ident.ID]cheap),
	}
}

// mac is the keyed hash of a password of one generation of an account's
// credentials.
func (c *cache) mac(r *credential.Record, pw credential.Password) [32]byte {
	m := c.macs.Get().(*mac)
	defer c.macs.Put(m)
	m.in = binary.BigEndian.AppendUint64(append(m.in[:0], r.ID[:]...), r.Gen)
	m.in = append(m.in, pw...)
	m.Write(m.in)
	m.Sum(m.sum[:0])
	clear(m.in) // the password
	m.Reset()   // and what the hash has of it
	return m.sum
}

func (c *cache) holds(r *credential.Record, pw credential.Password, now time.Time) bool {
	c.mu.RLock()
	e, ok := c.held[r.ID]
	c.mu.RUnlock()
	if !ok || e.gen != r.Gen || !now.Before(e.until) || e.until.Sub(now) > cheapFor {
		return false
	}
	got := c.mac(r, pw)
	return hmac.Equal(got[:], e.mac[:])
}

func (c *cache) keep(r *credential.Record, pw credential.Password, now time.Time) {
	mac := c.mac(r, pw)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.held) >= cheapMost {
		clear(c.held)
	}
	c.held[r.ID] = cheap{r.Gen, mac, now.Add(cheapFor)}
}
