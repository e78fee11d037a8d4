package listen

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// udpWorkers bounds how many datagrams are handled at once. More wait in the
	// kernel's queue, which drops what does not fit: their senders ask again.
	udpWorkers = 16

	// maxDatagram is the most UDP carries, so that none is ever cut short.
	maxDatagram = 65_535
)

// PacketServer listens on one UDP address.
type PacketServer struct {
	cfg    Config
	conn   *net.UDPConn
	out    sender
	handle PacketHandler
	cancel context.CancelFunc
	all    sync.WaitGroup // the workers
	due    sync.WaitGroup // the answers
}

// PacketHandler answers one datagram: it calls answer once, with nil for no answer,
// before it returns or later. To answer waits for nothing. The packet is the
// handler's until it returns.
type PacketHandler func(ctx context.Context, source netip.AddrPort, packet []byte, answer func([]byte))

// AtOnce is the handler that answers what f returns.
func AtOnce(f func(ctx context.Context, source netip.AddrPort, packet []byte) []byte) PacketHandler {
	return func(ctx context.Context, source netip.AddrPort, packet []byte, answer func([]byte)) {
		answer(f(ctx, source, packet))
	}
}

// UDP listens, and calls handle for each datagram, of several at a time. Of cfg it
// uses Addr, Log and Counters.
//
// An answer leaves from the address the question was sent to. On a host with
// several addresses the kernel would choose another, and the peer drop it.
func UDP(ctx context.Context, cfg Config, handle PacketHandler) (*PacketServer, error) {
	pc, err := new(net.ListenConfig).ListenPacket(ctx, "udp", cfg.Addr)
	if err != nil {
		return nil, refused(err, "udp", cfg.Addr)
	}
	s := &PacketServer{cfg: cfg.withDefaults(), conn: pc.(*net.UDPConn), handle: handle}
	if s.out, err = newSender(s.conn); err == nil {
		err = askDestination(s.out.raw)
	}
	if err != nil {
		pc.Close()
		return nil, err
	}
	ctx, s.cancel = context.WithCancel(ctx)
	for range udpWorkers {
		s.all.Go(func() { s.work(ctx) })
	}
	return s, nil
}

// Addr is where the server listens.
func (s *PacketServer) Addr() netip.AddrPort { return addrPort(s.conn.LocalAddr()) }

// Shutdown stops reading, and waits for the answers under way. When ctx ends it
// ends their context, and waits for the handlers only, which obey it.
func (s *PacketServer) Shutdown(ctx context.Context) error {
	s.conn.SetReadDeadline(time.Unix(1, 0))
	stop := context.AfterFunc(ctx, s.cancel)
	s.all.Wait()
	answered := make(chan struct{})
	go func() {
		s.due.Wait()
		close(answered)
	}()
	select {
	case <-answered:
	case <-ctx.Done():
	}
	stop()
	s.cancel()
	s.conn.Close()
	return nil
}

func (s *PacketServer) work(ctx context.Context) {
	packet, oob := make([]byte, maxDatagram), make([]byte, controlSpace)
	for {
		n, oobn, _, source, err := s.conn.ReadMsgUDPAddrPort(packet, oob)
		if errors.Is(err, net.ErrClosed) || isTimeout(err) {
			return
		}
		if err != nil {
			continue // an ICMP error for an answer of ours
		}
		s.cfg.Counters.Packets.Add(1)
		s.answer(ctx, source, packet[:n], oob[:oobn])
	}
}

// question is one datagram that waits for its answer.
type question struct {
	server   *PacketServer
	source   netip.AddrPort
	back     [64]byte // the control message that leads back, of len octets
	len      int
	answered atomic.Bool
}

func (s *PacketServer) answer(ctx context.Context, source netip.AddrPort, packet, oob []byte) {
	source = netip.AddrPortFrom(source.Addr().Unmap(), source.Port())
	q := &question{server: s, source: source}
	q.len = copy(q.back[:], fromDestination(oob))
	s.due.Add(1)
	defer func() {
		if v := recover(); v != nil {
			s.cfg.Counters.Panics.Add(1)
			s.cfg.Log.Error("panic over a datagram", "source", source, "panic", v, "stack", string(debug.Stack()))
			q.answer(nil)
		}
	}()
	s.handle(ctx, source, packet, q.answer)
}

// answer sends the first answer there is.
func (q *question) answer(reply []byte) {
	if q.answered.Swap(true) {
		return
	}
	defer q.server.due.Done()
	if reply == nil {
		return
	}
	if err := q.server.out.send(reply, q.back[:q.len], q.source); err != nil {
		q.server.cfg.Log.Debug("answer a datagram", "source", q.source, "error", err)
	}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
