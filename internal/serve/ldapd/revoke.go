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
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if was := c.actor.Who().ID; !c.actor.IsZero() {
		delete(c.s.bound[was], c)
		if len(c.s.bound[was]) == 0 {
			delete(c.s.bound, was)
		}
		c.s.stats.Bound.Add(-1)
	}
	c.actor = actor
	if actor.IsZero() {
		c.nc.Unpin()
		return
	}
	c.nc.Pin()
	id := actor.Who().ID
	if c.s.bound[id] == nil {
		c.s.bound[id] = make(map[*conn]ident.Actor)
	}
	c.s.bound[id][c] = actor
	c.s.stats.Bound.Add(1)
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
