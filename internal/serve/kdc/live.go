package kdc

import (
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

// mostLive bounds how many sessions are remembered: 64 octets each.
const mostLive = 500_000

// live remembers who has proved themselves to which machine, by a ticket for it:
// sshd's when somebody comes with a ticket, SSSD's when it tests a password. While
// that ticket lasts the machine may act for them, and never for anybody else.
//
// It is memory of this server alone: after a restart people prove themselves again
// before a machine acts for them.
type live struct {
	mu   sync.Mutex
	held map[liveKey]liveProof
}

type liveKey struct{ machine, person ident.ID }

type liveProof struct{ at, until time.Time }

func newLive() *live { return &live{held: make(map[liveKey]liveProof)} }

// began notes a ticket that was issued.
func (l *live) began(machine, person ident.ID, at, until, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) >= mostLive {
		for k, p := range l.held {
			if !now.Before(p.until) {
				delete(l.held, k)
			}
		}
		if len(l.held) >= mostLive {
			return
		}
	}
	l.held[liveKey{machine, person}] = liveProof{at, until}
}

// proof returns when the person's proof was made, and until when it holds; ok is
// false if the machine has none.
func (l *live) proof(machine, person ident.ID, now time.Time) (p liveProof, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok = l.held[liveKey{machine, person}]
	return p, ok && now.Before(p.until)
}
