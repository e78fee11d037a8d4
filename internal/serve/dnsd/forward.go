package dnsd

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const (
	// maxFlying bounds the questions that upstreams are asked at once.
	maxFlying = 512
	// maxWaiting bounds the datagrams that wait for an upstream: fewer than there
	// are workers, so that a dead upstream leaves some for our own names. Whoever
	// finds no place comes by TCP, where each waits by itself.
	maxWaiting = 8
	// patience is how long all the tries at all upstreams take at most: stub
	// resolvers ask again after five seconds.
	patience = 4500 * time.Millisecond

	maxAway     = 4096 // answers of upstreams at hand
	maxAwaySize = 4096 // octets of one of them

	longestTTL  = 24 * time.Hour
	longestMiss = 15 * time.Minute
	failedTTL   = 5 * time.Second
)

// forwarder asks upstreams for names outside our zones. Each question is asked
// once, however many want to know.
type forwarder struct {
	s      *Server
	up     []netip.AddrPort
	local  []netip.Addr
	wait   chan struct{}
	stop   context.CancelFunc
	ctx    context.Context // of what is asked: it outlives the request that began it
	flying sync.WaitGroup

	mu      sync.Mutex
	flights map[outside]*flight
	kept    map[outside]*away
}

// outside is a question about a name outside our zones.
type outside struct {
	name string
	typ  uint16
}

type flight struct {
	done chan struct{}
	got  *away // set before done is closed
}

// away is an upstream's answer.
type away struct {
	rcode       int
	answer, ns  []dns.RR
	from, until time.Time
}

func newForwarder(s *Server) *forwarder {
	f := &forwarder{
		s: s, up: s.cfg.Upstreams, wait: make(chan struct{}, maxWaiting),
		flights: make(map[outside]*flight), kept: make(map[outside]*away),
	}
	f.ctx, f.stop = context.WithCancel(context.Background())
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		s.cfg.Log.Warn("dnsd: the addresses of this host are not known", "err", err)
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			f.local = append(f.local, p.Addr().Unmap())
		}
	}
	return f
}

func (f *forwarder) close() {
	f.stop()
	f.flying.Wait()
}

// serves reports whether we look up names outside for an address.
func (f *forwarder) serves(a netip.Addr) bool { return len(f.up) > 0 && f.s.zone.MayForward(a) }

// forward answers a question about a name outside our zones, or about an alias of
// ours that leads there.
func (s *Server) forward(ctx context.Context, r *request, name string, ours *packed) []byte {
	isOurs := ours.outside != ""
	if r.flags()&bitRD == 0 || !s.away.serves(r.source) {
		if isOurs {
			return s.reply(r, ours)
		}
		return s.refuse(r)
	}
	q := outside{name, r.typ}
	if isOurs {
		q.name = ours.outside
	}
	got, later := s.away.ask(ctx, r, q)
	switch {
	case later:
		return r.write(bitQR|bitTC|bitRA|bitRD, [3]uint16{}, nil)
	case got == nil:
		return r.fail(dns.RcodeServerFailure)
	}
	m := got.message(s.cfg.Now())
	m.Question = []dns.Question{{Name: dns.Fqdn(name), Qtype: r.typ, Qclass: dns.ClassINET}}
	m.Answer = slices.Concat(ours.aliases, m.Answer)
	a := pack(m)
	return s.reply(r, a)
}

// message is the answer with what is left of its times to live.
func (a *away) message(now time.Time) *dns.Msg {
	m := &dns.Msg{Compress: true}
	m.Response, m.Rcode = true, a.rcode
	age := uint32(max(now.Sub(a.from), 0) / time.Second)
	for _, part := range []struct{ from, to *[]dns.RR }{{&a.answer, &m.Answer}, {&a.ns, &m.Ns}} {
		for _, rr := range *part.from {
			c := dns.Copy(rr)
			c.Header().Ttl -= min(c.Header().Ttl, age)
			*part.to = append(*part.to, c)
		}
	}
	return m
}

// ask returns an upstream's answer; nil if there is none. later tells a datagram
// that no worker can wait for it; the question is asked meanwhile.
func (f *forwarder) ask(ctx context.Context, r *request, q outside) (got *away, later bool) {
	f.mu.Lock()
	if a := f.kept[q]; a != nil && f.s.cfg.Now().Before(a.until) {
		f.mu.Unlock()
		return a, false
	}
	x := f.flights[q]
	switch {
	case x != nil && slices.ContainsFunc(f.up, func(u netip.AddrPort) bool { return u.Addr().Unmap() == r.source.Unmap() }):
		f.mu.Unlock() // it asks us what we ask it: a loop
		return nil, false
	case x == nil && len(f.flights) >= maxFlying:
		f.mu.Unlock()
		return nil, false
	case x == nil:
		x = &flight{done: make(chan struct{})}
		f.flights[q] = x
		f.s.stats.Forwarded.Add(1)
		f.flying.Go(func() { f.fly(q, x) })
	}
	f.mu.Unlock()
	if r.udp {
		select {
		case f.wait <- struct{}{}:
			defer func() { <-f.wait }()
		default:
			return nil, true
		}
	}
	select {
	case <-x.done:
		return x.got, false
	case <-ctx.Done():
		return nil, false
	}
}

// fly asks the upstreams and keeps what they say.
func (f *forwarder) fly(q outside, x *flight) {
	ctx, cancel := context.WithTimeout(f.ctx, patience)
	defer cancel()
	m, err := f.askAll(ctx, q)
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.flights, q)
	now := f.s.cfg.Now()
	if err != nil {
		f.s.stats.Failed.Add(1)
		f.s.cfg.Log.Debug("dnsd: no upstream answered", "type", typeOf(q.typ), "err", err)
		x.got = &away{rcode: dns.RcodeServerFailure, from: now, until: now.Add(failedTTL)}
	} else {
		x.got = &away{rcode: m.Rcode, from: now}
		x.got.answer, x.got.ns = m.Answer, startOnly(m.Ns)
		x.got.until = now.Add(lifeOf(x.got))
	}
	if m == nil || m.Len() <= maxAwaySize {
		f.keep(q, x.got)
	}
	close(x.done)
}

// keep keeps an answer; a full cache loses what is over, or else half of it. The
// caller holds mu.
func (f *forwarder) keep(q outside, a *away) {
	if len(f.kept) >= maxAway {
		for k, old := range f.kept {
			if !a.from.Before(old.until) {
				delete(f.kept, k)
			}
		}
		for k := range f.kept {
			if len(f.kept) < maxAway {
				break
			}
			delete(f.kept, k)
			if len(f.kept) <= maxAway/2 {
				break
			}
		}
	}
	f.kept[q] = a
}

// startOnly keeps the start of authority, by which a miss is remembered.
func startOnly(ns []dns.RR) []dns.RR {
	return slices.DeleteFunc(ns, func(rr dns.RR) bool { return rr.Header().Rrtype != dns.TypeSOA })
}

// lifeOf is how long an answer can be kept, RFC 2308 §5.
func lifeOf(a *away) time.Duration {
	life := longestTTL
	if len(a.answer) == 0 {
		life = 30 * time.Second
		for _, rr := range a.ns {
			if soa, ok := rr.(*dns.SOA); ok {
				life = min(longestMiss, time.Duration(min(soa.Hdr.Ttl, soa.Minttl))*time.Second)
			}
		}
	}
	for _, rr := range a.answer {
		life = min(life, time.Duration(rr.Header().Ttl)*time.Second)
	}
	return life
}

var errUpstream = errors.New("no upstream that answers")

// askAll asks one upstream after the other, twice.
func (f *forwarder) askAll(ctx context.Context, q outside) (*dns.Msg, error) {
	last := errUpstream
	for range 2 {
		for _, u := range f.up {
			if f.isOurs(u) {
				continue
			}
			m, err := f.askOne(ctx, u, q)
			if err == nil && (m.Rcode == dns.RcodeSuccess || m.Rcode == dns.RcodeNameError) {
				return m, nil
			}
			if err != nil {
				last = err
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
	}
	return nil, last
}

// isOurs reports whether an upstream is a server of this domain: asking it would
// come back to us, and go round for ever.
func (f *forwarder) isOurs(u netip.AddrPort) bool {
	a := u.Addr().Unmap()
	return u.Port() == f.s.cfg.Port && (a.IsUnspecified() || slices.Contains(f.local, a) || f.s.zone.Serves(a))
}

// askOne asks one upstream by UDP, and by TCP if the answer did not fit. Each
// question has an id and a port that cannot be foreseen, RFC 5452 §9.2.
func (f *forwarder) askOne(ctx context.Context, u netip.AddrPort, q outside) (*dns.Msg, error) {
	m := new(dns.Msg)
	m.Id = uint16(randomSeed())
	m.RecursionDesired = true
	m.Question = []dns.Question{{Name: dns.Fqdn(q.name), Qtype: q.typ, Qclass: dns.ClassINET}}
	m.SetEdns0(maxUDP, false)
	packet, err := m.Pack()
	if err != nil {
		return nil, err
	}
	reply, err := f.exchange(ctx, "udp", u, packet, m)
	if err == nil && reply.Truncated {
		reply, err = f.exchange(ctx, "tcp", u, packet, m)
	}
	return reply, err
}

func (f *forwarder) exchange(ctx context.Context, network string, u netip.AddrPort, packet []byte, m *dns.Msg) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, f.s.cfg.Timeout)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, network, u.String())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	if network == "tcp" {
		packet = append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...)
	}
	if _, err := c.Write(packet); err != nil {
		return nil, err
	}
	buf := make([]byte, maxMessage)
	for {
		n, err := readMessage(c, network, buf)
		if err != nil {
			return nil, err
		}
		reply := new(dns.Msg)
		if reply.Unpack(buf[:n]) == nil && answers(reply, m) {
			return reply, nil
		}
		if network == "tcp" {
			return nil, errUpstream
		} // over UDP it may be somebody's forgery: the real one may follow
	}
}

func readMessage(c net.Conn, network string, buf []byte) (int, error) {
	if network == "udp" {
		return c.Read(buf)
	}
	if _, err := io.ReadFull(c, buf[:2]); err != nil {
		return 0, err
	}
	n := int(binary.BigEndian.Uint16(buf))
	return io.ReadFull(c, buf[:n])
}

// answers reports whether a message answers our question.
func answers(reply, m *dns.Msg) bool {
	return reply.Response && reply.Id == m.Id && len(reply.Question) == 1 && reply.Question[0].Qtype == m.Question[0].Qtype &&
		reply.Question[0].Qclass == dns.ClassINET && strings.EqualFold(reply.Question[0].Name, m.Question[0].Name)
}
