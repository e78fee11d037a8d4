package httpd

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// room bounds how many connections are open. When it is full, the one that has
// waited longest without a request makes room for a newcomer.
type room struct {
	max int

	mu    sync.Mutex
	conns map[net.Conn]*list.Element // the element is nil while a request is under way
	quiet list.List                  // net.Conn, the longest waiting first
}

func newRoom(max int) *room { return &room{max: max, conns: make(map[net.Conn]*list.Element)} }

// state is for [http.Server.ConnState].
func (r *room) state(c net.Conn, s http.ConnState) {
	if drop := r.move(c, s); drop != nil {
		closeNow(drop)
	}
}

// closeNow closes the socket under a TLS connection: to say goodbye could take
// five seconds with a peer that does not listen, and nobody is accepted meanwhile.
func closeNow(c net.Conn) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	c.Close()
}

// move notes c's state, and returns the connection that must go to make room.
func (r *room) move(c net.Conn, s http.ConnState) (drop net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.conns[c]; e != nil {
		r.quiet.Remove(e)
	}
	switch s {
	case http.StateNew:
		if len(r.conns) >= r.max {
			if drop = r.oldest(); drop == nil {
				return c // everyone is at work, so the newcomer goes
			}
		}
		r.conns[c] = r.quiet.PushBack(c)
	case http.StateActive:
		r.conns[c] = nil
	case http.StateIdle:
		r.conns[c] = r.quiet.PushBack(c)
	case http.StateClosed, http.StateHijacked: // a hijacked one is its handler's
		delete(r.conns, c)
	}
	return drop
}

func (r *room) oldest() net.Conn {
	e := r.quiet.Front()
	if e == nil {
		return nil
	}
	c := r.quiet.Remove(e).(net.Conn)
	delete(r.conns, c)
	return c
}
