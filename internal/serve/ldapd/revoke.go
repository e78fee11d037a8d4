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
	for who, conns := range s.bound {
		if id.IsZero() || who == id {
			for c, actor := range conns {
				out[c] = actor
			}
		}
	}
	return out
}

// become makes actor the one who is bound; the zero actor is nobody. Nothing runs
// beside.
func (c *conn) become(actor ident.Actor) {
	was := c.actor
	if was.IsZero() && actor.IsZero() {
		return
	}
	c.s.mu.Lock()
	c.s.forget(was, c)
	c.s.remember(actor, c)
	c.s.mu.Unlock()
	c.actor = actor
	switch {
	case actor.IsZero():
		c.s.stats.Bound.Add(-1)
		c.nc.Unpin()
	case was.IsZero():
		c.s.stats.Bound.Add(1)
		c.nc.Pin()
	}
}

// remember notes that actor is bound. The caller holds mu.
func (s *Server) remember(actor ident.Actor, c *conn) {
	if actor.IsZero() {
		return
	}
	id := actor.Who().ID
	if s.bound[id] == nil {
		s.bound[id] = make(map[*conn]ident.Actor)
	}
	s.bound[id][c] = actor
}

// forget takes that back. The caller holds mu.
func (s *Server) forget(actor ident.Actor, c *conn) {
	id := actor.Who().ID
	delete(s.bound[id], c)
	if len(s.bound[id]) == 0 {
		delete(s.bound, id)
	}
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
