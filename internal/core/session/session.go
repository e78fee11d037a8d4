// Package session keeps the sessions of browsers: who signed in, how and when,
// under a token that only the browser has.
//
// What always holds:
//
//   - The store holds a hash of the token, never the token.
//   - A session proves what its sign-in proved and nothing more; it is refused,
//     like any proof, once its owner's validFrom is later.
//   - It ends after a time without use and after a time in any case.
//
// How a browser carries the token is not known here.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// How long a session lasts: without use, and in any case. Administrators sign in
// anew each working day.
const (
	Idle = 2 * time.Hour
	Life = 12 * time.Hour
	// touchEvery is how old the last use on record may be: a write for every page
	// would be one for nothing.
	touchEvery = 5 * time.Minute
)

// Session is one browser's sign-in.
type Session struct {
	ID      string         `json:"id"` // hash of the token, in hexadecimal
	Who     ident.Ref      `json:"who"`
	Methods []ident.Method `json:"methods"`
	At      time.Time      `json:"at"` // of the proof
	Used    time.Time      `json:"used"`
	Source  netip.Addr     `json:"source"`
	Agent   string         `json:"agent,omitempty"` // what the browser calls itself
	Limit   ident.Limit    `json:"limit,omitempty"`
	CSRF    string         `json:"csrf"` // secret of this session's forms
}

// Ends is when the session ends at the latest.
func (s *Session) Ends() time.Time {
	if idle := s.Used.Add(Idle); idle.Before(s.At.Add(Life)) {
		return idle
	}
	return s.At.Add(Life)
}

// Table is the table of sessions.
var Table = store.JSON("session/", 1, func(s Session) string { return s.ID }, nil)

// Sessions keeps sessions in a store.
type Sessions struct {
	st  store.Store
	now func() time.Time

	mu   sync.Mutex
	seen map[string]Session // what was read lately, by id
}

// New returns the sessions kept in st.
func New(st store.Store, now func() time.Time) *Sessions {
	return &Sessions{st: st, now: now, seen: make(map[string]Session)}
}

// idOf is the hash under which a token's session stands.
func idOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// NewToken draws the token of a session: 256 bits.
func NewToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Prepare makes the record of a session for a token, to be put by the transaction
// that records its issue.
func (s *Sessions) Prepare(token string, a ident.Actor, agent string) Session {
	if len(agent) > 200 {
		agent = agent[:200]
	}
	return Session{
		ID: idOf(token), Who: a.Who(), Methods: a.Methods(), At: a.At(), Used: s.now().UTC(), Source: a.Source(),
		Agent: strings.ToValidUTF8(agent, ""), Limit: a.Limit(), CSRF: NewToken(),
	}
}

// Find returns the session of a token, if it has not ended.
func (s *Sessions) Find(ctx context.Context, token string) (Session, bool, error) {
	if token == "" || len(token) > 100 {
		return Session{}, false, nil
	}
	id, now := idOf(token), s.now()
	s.mu.Lock()
	x, ok := s.seen[id]
	s.mu.Unlock()
	if !ok || now.Sub(x.Used) > touchEvery {
		err := s.st.View(ctx, func(tx store.Tx) error {
			var err error
			x, ok, err = Table.Get(tx, id)
			return err
		})
		if err != nil {
			return Session{}, false, err
		}
	}
	if !ok || !now.Before(x.Ends()) {
		s.forget(id)
		return Session{}, false, nil
	}
	if now.Sub(x.Used) > touchEvery {
		x.Used = now.UTC()
		if _, err := s.st.Update(ctx, func(tx store.Tx) error {
			if _, there, err := Table.Get(tx, id); err != nil || !there {
				return err
			}
			return Table.Put(tx, x)
		}); err != nil {
			return Session{}, false, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) > 10_000 {
		clear(s.seen)
	}
	s.seen[id] = x
	return x, true, nil
}

func (s *Sessions) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.seen, id)
}

// End ends a session.
func (s *Sessions) End(ctx context.Context, id string) error {
	_, err := s.st.Update(ctx, func(tx store.Tx) error { return Table.Delete(tx, id) })
	s.forget(id)
	return err
}

// Of lists a principal's sessions that have not ended.
func (s *Sessions) Of(ctx context.Context, id ident.ID) ([]Session, error) {
	var out []Session
	err := s.st.View(ctx, func(tx store.Tx) error {
		out = nil
		return Table.Scan(tx, "", "", func(x Session) bool {
			if x.Who.ID == id && s.now().Before(x.Ends()) {
				out = append(out, x)
			}
			return true
		})
	})
	return out, err
}

// Sweep removes the sessions that have ended, and says how many.
func (s *Sessions) Sweep(ctx context.Context) (int, error) {
	var over []string
	err := s.st.View(ctx, func(tx store.Tx) error {
		over = nil
		return Table.Scan(tx, "", "", func(x Session) bool {
			if !s.now().Before(x.Ends()) {
				over = append(over, x.ID)
			}
			return len(over) < 1000
		})
	})
	if err != nil || len(over) == 0 {
		return 0, err
	}
	_, err = s.st.Update(ctx, func(tx store.Tx) error {
		for _, id := range over {
			if err := Table.Delete(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	for _, id := range over {
		s.forget(id)
	}
	return len(over), err
}
