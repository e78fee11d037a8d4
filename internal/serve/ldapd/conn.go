package ldapd

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// conn is one session, RFC 4511 §3.1.
//
// Its own goroutine reads, and answers what memory answers at once. What takes
// longer runs beside it, so that the client can ask on, or abandon it. What is
// here without a lock changes only while nothing runs beside.
type conn struct {
	s       *Server
	nc      *listen.Conn
	out     writer
	source  netip.Addr
	tls     bool
	catalog bool                    // it came to the port of the Global Catalog
	layer   layer                   // of SASL
	cover   func(net.Conn) net.Conn // the layer to begin behind the bind's answer
	sasl    *negotiation            // a bind between its rounds
	actor   ident.Actor             // who is bound; zero for nobody. It changes under the server's mu

	prev, next *conn // others on which the same one is bound; under the server's mu

	slots chan struct{} // one for each operation beside; made by the first
	ended sync.WaitGroup

	mu      sync.Mutex
	busy    int // operations that are not answered yet
	running map[int32]*request
	notice  *ldap.Message // why the session ends, once it is known
}

func newConn(s *Server, nc *listen.Conn) *conn {
	return &conn{s: s, nc: nc, out: writer{conn: nc}, source: nc.Source().Addr(), tls: nc.TLS() != nil}
}

// close ends the session. What runs beside has been told by its context.
func (c *conn) close() {
	c.nc.Close()
	c.ended.Wait()
	c.become(ident.Actor{})
}

// as is the directory as whoever is bound may see it.
func (c *conn) as() directory.As { return c.s.cfg.Directory.As(c.actor) }

// private reports whether nobody can read along.
func (c *conn) private() bool { return c.tls || c.source.IsLoopback() || c.layer == layerSealed }

// whole reports whether nobody can change what is said.
func (c *conn) whole() bool { return c.private() || c.layer == layerSigned }

// attempt is a sign-in over this connection.
func (c *conn) attempt() policy.Attempt {
	at := policy.Attempt{Door: policy.LDAP, Server: c.s.cfg.Directory.Server(), Source: c.source, Client: policy.Directory, TLS: c.tls}
	if at.Clear() {
		at.Client = policy.Legacy
	}
	return at
}

// limit is how long a message may be.
func (c *conn) limit() int {
	if c.actor.IsZero() {
		return ldap.MaxMessageUnbound
	}
	return ldap.MaxMessage
}

// serve reads and answers messages until the session ends. Answers leave when no
// other message waits, so that a client that asks much at once is answered in few
// writes.
func (c *conn) serve(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what runs beside has nobody to answer
	for {
		f, err := c.nc.ReadFrame(ldap.FrameLen, c.limit())
		if err != nil {
			c.left(err)
			return
		}
		if !c.receive(ctx, f) {
			_ = c.out.flush()
			return
		}
		if !c.nc.Buffered() && c.out.flush() != nil {
			return
		}
	}
}

// left says why the client is not listened to any more, if it can still be told.
func (c *conn) left(err error) {
	switch {
	case errors.Is(err, ldap.ErrTooLong), errors.Is(err, ldap.ErrNotLDAP), isEncoding(err):
		c.broken(err)
	case fault.Of(err) != nil: // the listener's: idle, slow, shutting down
		c.disconnect(ldap.Unavailable, fault.Message(err))
	}
}

// broken ends a session whose octets make no sense, RFC 4511 §4.1.1: where one
// message ends wrongly, nobody can say where the next begins.
func (c *conn) broken(err error) {
	c.s.stats.Broken.Add(1)
	c.s.cfg.Log.Debug("ldap: a message cannot be read", "source", c.source, "err", err)
	text := "the message cannot be read"
	if errors.Is(err, ldap.ErrTooLong) {
		text = "the message is too long"
	}
	c.disconnect(ldap.ProtocolError, text)
}

// receive takes one message in; more is false if it ends the session.
func (c *conn) receive(ctx context.Context, f listen.Frame) (more bool) {
	m, err := ldap.Parse(f.Bytes)
	if err != nil {
		return c.unreadable(err)
	}
	if m.ID == 0 {
		c.broken(ldap.ErrMessageID)
		return false
	}
	switch q := m.Op.(type) {
	case *ldap.UnbindRequest:
		return false
	case *ldap.AbandonRequest:
		c.abandon(q.Target)
		return true
	}
	if ldap.ResponseTo(m.Op.Kind(), ldap.Result{}) == nil {
		c.broken(ldap.ErrUnknownOp)
		return false
	}
	if !c.enter(m.ID) {
		res := ldap.Result{Code: ldap.ProtocolError, Text: "the message id is in use"}
		return c.send(ldap.Message{ID: m.ID, Op: ldap.ResponseTo(m.Op.Kind(), res)}) == nil
	}
	return c.operate(ctx, &request{conn: c, frame: f, message: m, began: time.Now()})
}

// operate answers a request, or has it answered beside.
func (c *conn) operate(ctx context.Context, x *request) (more bool) {
	if x.barrier() {
		c.ended.Wait()
	}
	if !c.renew() {
		return c.leave(x)
	}
	x.as = c.as()
	rest := x.begin(ctx)
	if rest == nil {
		if c.raise() != nil {
			c.leave(x)
			return false
		}
		return c.leave(x)
	}
	c.beside(ctx, x, rest)
	return true
}

// unreadable answers a message of which enough could be read to answer it, and
// otherwise ends the session.
func (c *conn) unreadable(err error) (more bool) {
	var bad *ldap.ParseError
	if errors.As(err, &bad) && bad.ID != 0 && !isEncoding(err) {
		if op := ldap.ResponseTo(bad.Kind, ldap.Result{Code: ldap.ProtocolError, Text: bad.Err.Error()}); op != nil {
			return c.send(ldap.Message{ID: bad.ID, Op: op}) == nil
		}
	}
	c.broken(err)
	return false
}

// send writes a message.
func (c *conn) send(m ldap.Message) error {
	b := builders.Get()
	defer builders.Put(b)
	m.AppendTo(b)
	return c.out.put(b.Bytes())
}

// enter counts an operation in, unless its id is that of another under way: the
// client could not tell their answers apart.
func (c *conn) enter(id int32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[id] != nil {
		return false
	}
	c.busy++
	return true
}

// leave ends an operation, after which nothing of its message is there any more;
// more is false if the session ends.
func (c *conn) leave(x *request) (more bool) {
	x.log()
	x.frame.Release()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
	if c.notice == nil {
		return true
	}
	if c.busy == 0 {
		c.part()
	}
	return false
}

// beside runs the rest of an operation beside the reading of messages.
func (c *conn) beside(ctx context.Context, x *request, rest func(context.Context)) {
	if c.slots == nil {
		c.slots = make(chan struct{}, c.s.cfg.Limits.Running)
	}
	c.slots <- struct{}{} // waits for an earlier one; each has its time limit
	ctx, x.cancel = context.WithTimeout(ctx, x.limit())
	c.mu.Lock()
	if c.running == nil {
		c.running = make(map[int32]*request)
	}
	c.running[x.message.ID] = x
	c.mu.Unlock()
	c.ended.Go(func() {
		defer func() { <-c.slots }()
		defer c.leave(x)
		defer c.retire(x) // if it was abandoned
		defer c.caught()
		defer x.cancel()
		rest(ctx)
		_ = c.out.flush()
	})
}

// retire frees the id of an operation that is about to be answered: the client may
// use it again as soon as it has the answer.
func (c *conn) retire(x *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[x.message.ID] == x {
		delete(c.running, x.message.ID)
	}
}

// caught keeps a mistake of ours in one session. The listener does the same for
// what its own goroutine runs.
func (c *conn) caught() {
	if v := recover(); v != nil {
		c.s.cfg.Log.Error("ldap: panic in an operation", "source", c.source, "panic", v, "stack", string(debug.Stack()))
		c.nc.Close()
	}
}

// abandon gives an operation up, which is not answered any more, RFC 4511 §4.11.
// One that changes something may be done already.
func (c *conn) abandon(id int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.running[id]; x != nil {
		x.abandoned.Store(true)
		x.cancel()
	}
}

// startTLS takes the connection over into TLS, RFC 4511 §4.14. Who is bound stays
// bound, RFC 4513 §3.1.4.
func (c *conn) startTLS(ctx context.Context) error {
	if err := c.out.flush(); err != nil {
		return err
	}
	if err := c.nc.StartTLS(ctx, c.s.cfg.TLS); err != nil {
		return err
	}
	c.tls = true
	return nil
}
