package authn

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
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
	secret [32]byte
	mu     sync.RWMutex
	held   map[ident.ID]cheap
}

type cheap struct {
	gen   uint64
	mac   [32]byte
	until time.Time
}

func newCache() *cache {
	c := &cache{held: make(map[ident.ID]cheap)}
	_, _ = rand.Read(c.secret[:])
	return c
}

func (c *cache) mac(r *credential.Record, pw credential.Password) (out [32]byte) {
	m := hmac.New(sha256.New, c.secret[:])
	m.Write(r.ID[:])
	var gen [8]byte
	binary.BigEndian.PutUint64(gen[:], r.Gen)
	m.Write(gen[:])
	m.Write([]byte(pw))
	m.Sum(out[:0])
	return out
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
