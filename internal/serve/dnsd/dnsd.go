// Package dnsd is the DNS door: it answers questions from core/zone, takes dynamic
// updates signed by GSS-TSIG, and asks other servers for those who may.
//
// What always holds:
//
//   - An answer over UDP is at most ten times as long as its question, and a source
//     network gets a bounded number of them: nobody is flooded by our hand.
//   - An update without a signature changes nothing. Who may change what, core
//     says, at each update.
//   - A key of TKEY is kept only for a peer that has proved who it is.
//   - Names outside our zones are looked up for the networks that core names, never
//     at ourselves, and never in the way of those inside.
//
// What names there are, and whose they are, is not known here.
package dnsd

import (
	"context"
	"encoding/binary"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
)

// Acceptor establishes security contexts, RFC 3645 §3.1. It returns a context only
// for a peer that has proved who it is; what is to be continued is refused.
type Acceptor interface {
	Accept(ctx context.Context, source netip.Addr, token []byte) (reply []byte, c Context, err error)
}

// Context is an established security context.
type Context interface {
	MIC(data []byte) []byte
	VerifyMIC(token, data []byte) error
	Actor() ident.Actor
}

// Config says what the door stands on. Zero means the default.
type Config struct {
	Zone     *zone.Zone
	Acceptor Acceptor // nil: no updates

	Upstreams []netip.AddrPort // asked for names outside our zones, in this order
	Port      uint16           // where we answer: no upstream is one of ours; 53
	Rate      int              // answers a second to one source network over UDP; 1,000
	Timeout   time.Duration    // for one try at an upstream; 2 s

	Now func() time.Time
	Log *slog.Logger
}

// Stats are what the door counts, for the metrics page.
type Stats struct {
	Queries   atomic.Int64 // messages that were read
	Kept      atomic.Int64 // answered from the answers at hand
	Refused   atomic.Int64 // names outside, updates without a key
	Limited   atomic.Int64 // not answered, since too many came from one network
	Forwarded atomic.Int64 // asked of an upstream
	Failed    atomic.Int64 // of those, without an answer
	Updates   atomic.Int64 // dynamic updates that were made
	Contexts  atomic.Int64 // keys that were established
}

// Server answers DNS. Its methods may be called by any goroutine.
type Server struct {
	cfg   Config
	zone  *zone.Zone
	kept  keptAnswers
	rate  limiter
	tkeys limiter
	keys  keyTable
	away  *forwarder
	stats Stats
}

// New returns a door. Whoever calls it calls Close.
func New(cfg Config) *Server {
	if cfg.Port == 0 {
		cfg.Port = 53
	}
	if cfg.Rate == 0 {
		cfg.Rate = 1000
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 2 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, zone: cfg.Zone}
	s.rate.init(cfg.Rate)
	s.tkeys.init(tkeyRate)
	s.keys.of = make(map[string]*key)
	s.away = newForwarder(s)
	return s
}

// Close gives up what is asked of upstreams, and waits for it.
func (s *Server) Close() { s.away.close() }

// Stats are the door's counters.
func (s *Server) Stats() *Stats { return &s.stats }

// maxMessage is the longest message over TCP, RFC 1035 §4.2.2.
const maxMessage = 65_535

// frameLen reads the two octets of length before a message over TCP.
func frameLen(head []byte, _ int) (total, need int, err error) {
	if len(head) < 2 {
		return 0, 2 - len(head), nil
	}
	return 2 + int(binary.BigEndian.Uint16(head)), 0, nil
}

// ServeUDP answers one datagram; nil for one that gets no answer.
func (s *Server) ServeUDP(ctx context.Context, source netip.AddrPort, packet []byte) []byte {
	r := request{source: source.Addr(), packet: packet, udp: true}
	if !source.Addr().IsLoopback() { // whose address cannot be forged
		if n := s.rate.over(source.Addr(), s.cfg.Now()); n > 0 {
			s.stats.Limited.Add(1)
			if n%2 == 0 { // a real client among them comes again by TCP
				return s.truncated(&r)
			}
			return nil
		}
	}
	return s.answer(ctx, &r)
}

// ServeTCP answers the messages of one connection, in order.
func (s *Server) ServeTCP(ctx context.Context, c *listen.Conn) {
	var out []byte
	for {
		f, err := c.ReadFrame(frameLen, maxMessage+2)
		if err != nil {
			return
		}
		r := request{source: c.Source().Addr(), packet: f.Bytes[2:]}
		reply := s.answer(ctx, &r)
		f.Release()
		if r.proved {
			c.Pin()
		}
		if reply == nil || len(reply) > maxMessage {
			return
		}
		out = append(binary.BigEndian.AppendUint16(out[:0], uint16(len(reply))), reply...)
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

// limiter bounds what one source network gets in a second. Networks that fall into
// one slot share it, so that it takes as much room whoever asks.
type limiter struct {
	most uint32
	seed uint64
	slot [8192]atomic.Uint64 // the second, and how many in it
}

func (l *limiter) init(most int) {
	l.most, l.seed = uint32(most), randomSeed()
}

// over counts one more, and returns by how much the network is over its bound.
func (l *limiter) over(a netip.Addr, now time.Time) uint32 {
	slot := &l.slot[networkHash(a, l.seed)%uint64(len(l.slot))]
	second := uint64(uint32(now.Unix())) << 32
	for {
		have := slot.Load()
		next := have + 1
		if have>>32<<32 != second {
			next = second | 1
		}
		if slot.CompareAndSwap(have, next) {
			if n := uint32(next); n > l.most {
				return n - l.most
			}
			return 0
		}
	}
}

// networkHash hashes the /24 or /56 an address stands in: what one holder of
// addresses has at least.
func networkHash(a netip.Addr, seed uint64) uint64 {
	a = a.Unmap()
	b := a.As16()
	from, to := 0, 7
	if a.Is4() {
		from, to = 12, 15
	}
	h := seed
	for _, c := range b[from:to] {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h ^ h>>29
}
