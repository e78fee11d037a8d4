package ldapd

import (
	"context"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// sweepEvery is how often every bound connection is looked at, for what no event
// tells: the end of an account's own time, and events that were missed.
const sweepEvery = time.Second

// partWithin is how long a session whose proof ended is kept open for operations
// that were under way, so that whoever changes their own password hears that it
// is done.
const partWithin = 500 * time.Millisecond

// watch ends the sessions of those whose proofs end.
func (s *Server) watch(ctx context.Context) {
	events, cancel := s.cfg.Directory.Feed().Subscribe()
	defer cancel()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-events:
			if !ok {
				return
			}
			s.recheck(e.ID)
		case <-tick.C:
			s.recheck(ident.ID{})
		}
	}
}

// recheck ends the sessions of a principal, or of all with the zero id, whose
// proof no longer holds.
func (s *Server) recheck(id ident.ID) {
	for c, actor := range s.boundTo(id) {
		if err := s.cfg.Directory.As(actor).Valid(); err != nil {
			c.revoke(err)
		}
	}
}

func (s *Server) boundTo(id ident.ID) map[*conn]ident.Actor {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[*conn]ident.Actor)
	gather := func(c *conn) {
		for ; c != nil; c = c.next {
			out[c] = c.actor
		}
	}
	if !id.IsZero() {
		gather(s.bound[id])
		return out
	}
	for _, c := range s.bound {
		gather(c)
	}
	return out
}

// become makes actor the one who is bound; the zero actor is nobody. Nothing runs
// beside.
func (c *conn) become(actor ident.Actor) {
	was := !c.actor.IsZero()
	if !was && actor.IsZero() {
		return
	}
	c.s.mu.Lock()
	if was {
		c.s.forget(c)
	}
	if c.actor = actor; !actor.IsZero() {
		c.s.remember(c)
	}
	c.s.mu.Unlock()
	switch {
	case actor.IsZero():
		c.s.stats.Bound.Add(-1)
		c.nc.Unpin()
	case !was:
		c.s.stats.Bound.Add(1)
		c.nc.Pin()
	}
}

// remember puts a connection first among those of who is bound on it. The caller
// holds mu.
func (s *Server) remember(c *conn) {
	id := c.actor.Who().ID
	c.next = s.bound[id]
	if c.next != nil {
		c.next.prev = c
	}
	s.bound[id] = c
}

// forget takes that back. The caller holds mu.
func (s *Server) forget(c *conn) {
	id := c.actor.Who().ID
	if c.next != nil {
		c.next.prev = c.prev
	}
	switch {
	case c.prev != nil:
		c.prev.next = c.next
	case c.next != nil:
		s.bound[id] = c.next
	default:
		delete(s.bound, id)
	}
	c.prev, c.next = nil, nil
}

// renew asks whether the proof of whoever is bound still holds, and ends the
// session if it does not.
func (c *conn) renew() bool {
	if c.actor.IsZero() {
		return true
	}
	err := c.as().Valid()
	if err != nil {
		c.revoke(err)
	}
	return err == nil
}

func (c *conn) revoke(err error) {
	c.s.stats.Revoked.Add(1)
	c.disconnect(ldap.StrongerAuthRequired, fault.Message(err))
}

// disconnect ends the session with a notice, RFC 4511 §4.4.1, once what is under
// way is answered.
func (c *conn) disconnect(code ldap.ResultCode, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.notice != nil {
		return
	}
	m := ldap.Disconnection(code, text)
	c.notice = &m
	if c.busy == 0 {
		c.part()
		return
	}
	time.AfterFunc(partWithin, func() { c.nc.Close() })
}

// part says the last word and closes. The caller holds mu.
func (c *conn) part() { c.out.last(c.notice.Encode()) }
