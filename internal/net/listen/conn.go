package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

const (
	// smallBuffer is what an idle connection keeps: most requests of LDAP and
	// Kerberos fit, so that one read fetches one.
	smallBuffer = 512

	// writeChunk is how much a peer must take within Config.Write. A long answer
	// over a slow line is fine, a peer that takes an octet a minute is not.
	writeChunk = 64 << 10
)

// Conn is one connection.
//
// One goroutine reads; any may write, pin and close.
type Conn struct {
	s      *Server
	source netip.AddrPort
	local  netip.AddrPort
	prefix netip.Prefix // of source, for the limit

	raw net.Conn

	// Of the reading goroutine.
	small    [smallBuffer]byte
	from, to int  // octets of small that were read and not used yet
	greeted  bool // it sent a message

	lastAnswer atomic.Int64 // when the last write ended, in Unix nanoseconds
	pinned     atomic.Bool

	// write is held for one whole answer, and before mu.
	write sync.Mutex

	mu       sync.Mutex
	nc       net.Conn  // raw, or the TLS connection over it
	tls      *tls.Conn // nil in clear
	waiting  bool      // for a message to begin
	shutdown bool
}

func newConn(s *Server, nc net.Conn) *Conn {
	source := addrPort(nc.RemoteAddr())
	return &Conn{s: s, raw: nc, nc: nc, source: source, local: addrPort(nc.LocalAddr()), prefix: prefixOf(source.Addr())}
}

// Source is the peer's address.
func (c *Conn) Source() netip.AddrPort { return c.source }

// Local is the address the peer connected to.
func (c *Conn) Local() netip.AddrPort { return c.local }

// TLS describes the encryption; nil in clear.
func (c *Conn) TLS() *tls.ConnectionState {
	c.mu.Lock()
	t := c.tls
	c.mu.Unlock()
	if t == nil {
		return nil
	}
	state := t.ConnectionState()
	return &state
}

// Pin says that the peer is authenticated: it is not closed to make room for a
// stranger.
func (c *Conn) Pin() { c.setPinned(true) }

// Unpin takes Pin back, as when a peer binds anonymously again.
func (c *Conn) Unpin() { c.setPinned(false) }

func (c *Conn) setPinned(pinned bool) {
	c.pinned.Store(pinned)
	c.s.table.pin(c, pinned)
}

// Close closes the connection at once. Whoever reads or writes is woken.
func (c *Conn) Close() error { return c.raw.Close() }

// finish closes the connection after its handler returned. Under TLS it first
// says that this is the end, RFC 8446 §6.1, to a peer that takes it.
func (c *Conn) finish() {
	c.mu.Lock()
	t := c.tls
	c.mu.Unlock()
	if t != nil {
		c.raw.SetWriteDeadline(time.Now().Add(time.Second))
		t.CloseWrite()
	}
	c.raw.Close()
}

// Write sends p whole or fails. A peer that does not take it is cut.
func (c *Conn) Write(p []byte) (int, error) {
	c.write.Lock()
	defer c.write.Unlock()
	nc, done := c.conn(), 0
	for done < len(p) {
		nc.SetWriteDeadline(time.Now().Add(c.s.cfg.Write))
		n, err := nc.Write(p[done:min(len(p), done+writeChunk)])
		done += n
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.s.cfg.Counters.Slow.Add(1)
				c.Close()
			}
			return done, err
		}
	}
	c.lastAnswer.Store(time.Now().UnixNano())
	return done, nil
}

// StartTLS answers a peer's handshake on the connection it has, RFC 4511 §4.14.
// The handler calls it between messages, after it has sent its consent.
//
// Octets that came in clear behind the request are refused: they would be taken
// for what was said under encryption, which is how commands were injected into
// other servers (CVE-2011-0411).
func (c *Conn) StartTLS(ctx context.Context, cfg *tls.Config) error {
	if c.from < c.to {
		return fault.New(fault.Invalid, "data followed the request for TLS in clear")
	}
	if c.TLS() != nil {
		return fault.New(fault.Invalid, "the connection is encrypted already")
	}
	return c.handshake(ctx, cfg)
}

// Cover puts what wrap makes of the connection over it: a protocol's own protection,
// RFC 4422 §3.7. The handler calls it between messages, and octets that came before
// are refused as StartTLS refuses them.
func (c *Conn) Cover(wrap func(net.Conn) net.Conn) error {
	if c.from < c.to {
		return fault.New(fault.Invalid, "data came before its protection began")
	}
	c.write.Lock()
	defer c.write.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nc = wrap(c.nc)
	return nil
}

func (c *Conn) handshake(ctx context.Context, cfg *tls.Config) error {
	c.write.Lock()
	defer c.write.Unlock()
	t := tls.Server(c.raw, cfg)
	c.raw.SetDeadline(time.Now().Add(c.s.cfg.FirstByte))
	if err := t.HandshakeContext(ctx); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.s.cfg.Counters.Slow.Add(1)
		}
		return fault.Wrap(fault.Invalid, err, "the TLS handshake failed")
	}
	c.raw.SetDeadline(time.Time{})
	c.mu.Lock()
	c.nc, c.tls = t, t
	c.mu.Unlock()
	return nil
}

func (c *Conn) conn() net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nc
}

// wake ends a wait for the next message, because the server shuts down. A
// message that is under way may still come in.
func (c *Conn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shutdown = true
	if c.waiting {
		c.raw.SetReadDeadline(time.Unix(1, 0))
	}
}

// readBy sets when the next read must be done. It reports false if the server
// shuts down and there is nothing to wait for.
func (c *Conn) readBy(at time.Time, underWay bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shutdown && !underWay {
		return false
	}
	c.waiting = !underWay
	c.raw.SetReadDeadline(at)
	return true
}

// closing reports whether the server shuts down.
func (c *Conn) closing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shutdown
}

// addrPort is a's address, an IPv4 one as such even on a socket for both.
func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.TCPAddr:
		ap = a.AddrPort()
	case *net.UDPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
