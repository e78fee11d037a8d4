// Package listen is how doors listen: TCP connections that carry frames, UDP
// datagrams, and local sockets that know who is at the other end.
//
// What always holds:
//
//   - A stranger costs little and cannot stay: an idle connection holds no large
//     buffer, a message must be whole soon after its first octet, an answer must
//     be taken, and who says nothing is cut.
//   - A claimed length costs nothing. Buffers grow as octets arrive.
//   - Ten thousand strangers keep nobody out: at the limit the one that has been
//     silent longest makes room. A connection that was pinned stays.
//   - A handler that panics ends its connection and nothing else.
//   - After Shutdown no goroutine of ours is left.
//
// What a frame is and who is authenticated is not known here: the handler
// passes a [FrameLen] and calls [Conn.Pin].
package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Config says where to listen and what a peer may cost. Zero means the default.
type Config struct {
	Addr string
	TLS  *tls.Config // a handshake comes first, as on port 636

	MaxConns     int           // connections at once; 20,000
	MaxPerSource int           // of one address, or one /64 of IPv6; no limit
	FirstByte    time.Duration // until the handshake is done, and the first message begins; 30 s
	Idle         time.Duration // between messages; 15 min, as Active Directory's MaxConnIdleTime
	Frame        time.Duration // from a message's first octet to its last; 10 s
	Write        time.Duration // for a peer to take 64 KiB; 30 s

	Log      *slog.Logger // nil: nowhere
	Counters *Counters    // nil: nowhere
}

// Counters are what a listener counts, for the metrics page. Several listeners
// may share one.
type Counters struct {
	Open     atomic.Int64 // connections now
	Accepted atomic.Int64
	Refused  atomic.Int64 // over a limit, and closed at once
	Evicted  atomic.Int64 // made room for another
	Idle     atomic.Int64 // said nothing for too long
	Slow     atomic.Int64 // cut in the middle of a message or an answer
	Panics   atomic.Int64
	Packets  atomic.Int64 // datagrams that came in
}

func (c Config) withDefaults() Config {
	setDefault(&c.MaxConns, 20_000)
	setDefault(&c.FirstByte, 30*time.Second)
	setDefault(&c.Idle, 15*time.Minute)
	setDefault(&c.Frame, 10*time.Second)
	setDefault(&c.Write, 30*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Counters == nil {
		c.Counters = new(Counters)
	}
	return c
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Server listens on one TCP address.
type Server struct {
	cfg    Config
	ln     net.Listener
	handle func(context.Context, *Conn)
	cancel context.CancelFunc // ends the handlers' context
	table  table
	all    sync.WaitGroup // the accept loop and every connection
}

// TCP listens, and calls handle for each connection in a goroutine of its own.
// The connection is closed when handle returns. The context handle gets ends
// with ctx, and when Shutdown's patience does. Whoever calls TCP calls Shutdown.
func TCP(ctx context.Context, cfg Config, handle func(context.Context, *Conn)) (*Server, error) {
	ln, err := Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg.withDefaults(), ln: ln, handle: handle}
	s.table.init(s.cfg.MaxConns, s.cfg.MaxPerSource)
	ctx, s.cancel = context.WithCancel(ctx)
	s.all.Go(func() { s.accept(ctx) })
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() netip.AddrPort { return addrPort(s.ln.Addr()) }

// Shutdown stops listening and wakes handlers that wait for a message. It waits
// for handlers until ctx ends, then closes what is open, and returns ctx's error
// once all have returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.ln.Close()
	for _, c := range s.table.close() {
		c.wake()
	}
	done := make(chan struct{})
	go func() { s.all.Wait(); close(done) }()
	defer s.cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	for _, c := range s.table.list() {
		c.Close()
	}
	<-done
	return ctx.Err()
}

// accept takes connections until the listener is closed. When the process is out
// of descriptors it makes room and waits, and does not spin.
func (s *Server) accept(ctx context.Context) {
	const first, longest = 5 * time.Millisecond, time.Second
	pause := first
	for {
		nc, err := s.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.cfg.Log.Warn("accept", "address", s.cfg.Addr, "error", err)
			s.evict(s.table.oldest())
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			pause = min(2*pause, longest)
			continue
		}
		pause = first
		s.admit(ctx, nc)
	}
}

// admit starts a connection's goroutine, unless there is no room for it.
func (s *Server) admit(ctx context.Context, nc net.Conn) {
	c := newConn(s, nc)
	evict, ok := s.table.add(c)
	s.evict(evict)
	if !ok {
		s.cfg.Counters.Refused.Add(1)
		nc.Close()
		return
	}
	s.cfg.Counters.Accepted.Add(1)
	s.cfg.Counters.Open.Add(1)
	s.all.Go(func() {
		defer s.cfg.Counters.Open.Add(-1)
		defer s.table.remove(c)
		defer c.finish()
		defer s.recover(c)
		s.serve(ctx, c)
	})
}

func (s *Server) serve(ctx context.Context, c *Conn) {
	if s.cfg.TLS != nil {
		if err := c.handshake(ctx, s.cfg.TLS); err != nil {
			s.cfg.Log.Debug("TLS handshake", "source", c.Source(), "error", err)
			return
		}
	}
	s.handle(ctx, c)
}

func (s *Server) evict(c *Conn) {
	if c == nil {
		return
	}
	s.cfg.Counters.Evicted.Add(1)
	c.Close()
}

// recover keeps a mistake of ours in one connection.
func (s *Server) recover(c *Conn) {
	if v := recover(); v != nil {
		s.cfg.Counters.Panics.Add(1)
		s.cfg.Log.Error("panic in a connection", "source", c.Source(), "panic", v, "stack", string(debug.Stack()))
	}
}

// ErrClosing says that this server is shutting down. What is said to the peer
// before the connection is closed is the handler's choice.
var ErrClosing = fault.New(fault.Unavailable, "this server is shutting down")
