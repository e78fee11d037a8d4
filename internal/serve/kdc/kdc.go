// Package kdc is the Kerberos door: it grants tickets, RFC 4120 on port 88, in the
// shape of Active Directory ([MS-KILE]).
//
// It translates and decides nothing: whether a proof is right and an account may
// sign in, authn says; whose the names and keys are, the directory does.
//
// What always holds:
//
//   - The proof is tested before anything of the account is told, and a name that
//     is nobody's is answered like one that is.
//   - Nothing is encrypted with DES or RC4, and nothing is given out without
//     pre-authentication.
//   - A ticket-granting ticket counts only with our own PAC in it: its owner is
//     found by the SID there, never by the name. The account is looked at again for
//     every ticket.
//   - What is issued is on record before it leaves.
//
// How tickets of services are opened stands in gss, which the KDC uses too.
package kdc

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/ber"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

const (
	// maxMessage bounds a request over TCP: a TGS-REQ with a PAC in its ticket and
	// armour is some 6 KiB, a PAC grows by 8 octets a group.
	maxMessage = 64 << 10
	// maxUDP is how long an answer over UDP may be, so that it is never cut into
	// pieces on the way.
	maxUDP = 1400
)

// Config says what the KDC stands on.
type Config struct {
	Directory *directory.Directory
	Authn     *authn.Authenticator
	Log       *slog.Logger
}

// Stats are the KDC's counters, for whoever shows them.
type Stats struct {
	AS      atomic.Int64 // tickets granted to a proof
	TGS     atomic.Int64 // tickets granted to a ticket
	Refused atomic.Int64
	Asked   atomic.Int64 // told to pre-authenticate
	Repeats atomic.Int64 // answered with the answer given before
}

// Server grants tickets.
type Server struct {
	dir      *directory.Directory
	authn    *authn.Authenticator
	log      *slog.Logger
	realm    krb5.Realm
	stats    Stats
	replays  *gss.Replays
	recent   *recent
	live     *live
	keys     atomic.Pointer[realmKeys]
	builders sync.Pool
}

// New returns a KDC.
func New(cfg Config) *Server {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	d := cfg.Directory.Domain()
	return &Server{
		dir: cfg.Directory, authn: cfg.Authn, log: cfg.Log, realm: krb5.Realm(d.Realm()),
		replays: gss.NewReplays(), recent: newRecent(), live: newLive(),
		builders: sync.Pool{New: func() any { return new(ber.Builder) }},
	}
}

// Stats returns the counters.
func (s *Server) Stats() *Stats { return &s.stats }

// ServeUDP answers one datagram. It is for [listen.UDP].
func (s *Server) ServeUDP(ctx context.Context, source netip.AddrPort, packet []byte, answer func([]byte)) {
	s.answer(ctx, source.Addr(), packet, maxUDP, answer)
}

// ServeTCP answers the messages of one connection, each behind its length in four
// octets, RFC 4120 §7.2.2. It is for [listen.TCP], which closes the connection.
func (s *Server) ServeTCP(ctx context.Context, nc *listen.Conn) {
	for {
		f, err := nc.ReadFrame(krb5.FrameLen, maxMessage+krb5.StreamHead)
		if err != nil {
			if errors.Is(err, krb5.ErrTooLong) {
				_, _ = nc.Write(krb5.Framed(s.refusal(krb5.KDCReq{}, krb5.ErrFieldTooLong, nil)))
			}
			return
		}
		out := s.Answer(ctx, nc.Source().Addr(), f.Bytes[krb5.StreamHead:])
		f.Release()
		if out == nil {
			return
		}
		if _, err := nc.Write(krb5.Framed(out)); err != nil {
			return
		}
	}
}

// Answer answers one request, of whatever length the answer is; nil for what is
// none.
func (s *Server) Answer(ctx context.Context, source netip.Addr, packet []byte) []byte {
	answer := make(chan []byte, 1)
	s.answer(ctx, source, packet, math.MaxInt, func(out []byte) { answer <- out })
	select {
	case out := <-answer:
		return out
	case <-ctx.Done():
		return nil
	}
}

// answer answers one request: it calls answer once the answer may leave, when the packet
// may be another's already. One longer than most is kept, and the client told to come
// again over TCP.
//
// The same octets again, from the same place, get the same answer: a datagram was
// lost, or the client comes again because the answer did not fit.
func (s *Server) answer(ctx context.Context, source netip.Addr, packet []byte, most int, answer func([]byte)) {
	req, err := krb5.ParseKDCReq(packet)
	if err != nil {
		s.log.Debug("kerberos: a request cannot be read", "source", source, "err", err)
		answer(nil)
		return
	}
	send := func(out []byte) {
		if len(out) > most {
			out = s.refusal(req, krb5.ErrResponseTooBig, nil)
		}
		answer(out)
	}
	now := s.dir.Now()
	key := recentKey(source, packet)
	if out := s.recent.find(key, now); out != nil {
		s.stats.Repeats.Add(1)
		send(out)
		return
	}
	x := &exchange{s: s, ctx: ctx, source: source, now: now, began: time.Now(), req: req, body: &req.Body, padata: req.PAData}
	if err := x.run(); err != nil {
		out := x.refuse(err)
		x.log(err)
		send(out)
		return
	}
	s.dir.Audit().WriteThen(x.record, func(err error) {
		var out []byte
		defer func() { send(out) }() // nobody is left waiting, whatever happens
		if err != nil {
			out = x.refuse(err)
		} else {
			x.issued()
			out = x.reply
			s.recent.keep(key, out, now)
		}
		x.log(err)
	})
}

// marshal builds a message in octets of its own.
func (s *Server) marshal(m interface{ Append(*ber.Builder) }) []byte {
	b := s.builders.Get().(*ber.Builder)
	defer func() {
		b.Reset()
		s.builders.Put(b)
	}()
	m.Append(b)
	return append(make([]byte, 0, b.Len()), b.Bytes()...)
}

// encrypt builds a message and encrypts it.
func (s *Server) encrypt(key gss.Key, usage uint32, m interface{ Append(*ber.Builder) }) ([]byte, error) {
	b := s.builders.Get().(*ber.Builder)
	defer func() {
		b.Reset()
		s.builders.Put(b)
	}()
	m.Append(b)
	return key.Encrypt(usage, b.Bytes())
}

// exchange is one request and its answer.
type exchange struct {
	s      *Server
	ctx    context.Context
	source netip.Addr
	now    time.Time
	began  time.Time
	req    krb5.KDCReq
	body   *krb5.KDCReqBody // the outer one, or the armoured
	padata krb5.PADataList
	armor  *armor // nil without FAST

	service *service
	cname   krb5.PrincipalName // as the ticket names the client
	proved  *authn.Proved

	// Of an AS exchange.
	client   *directory.Entry // nil for a name that is nobody's
	offered  []etype.Type     // types of a password's key
	replyKey gss.Key
	salt     string
	noPAC    bool // the client wants none in what comes of this ticket

	// Of a TGS exchange.
	tgt    *gss.Opened
	behalf *behalf // nil for a client that speaks for itself

	// What is given out, once the record is on disk.
	reply  []byte
	record *audit.Record
	until  time.Time // the ticket's end
}

func (x *exchange) run() error {
	if x.req.Type == krb5.TypeTGSReq {
		return x.grant()
	}
	return x.authenticate()
}

// log writes the request's line, at its end.
func (x *exchange) log(err error) {
	var e *gss.Error
	level, outcome := slog.LevelDebug, "issued"
	if errors.As(err, &e) {
		outcome = e.Code.String()
	} else if err != nil {
		outcome = fault.KindOf(err).String()
	}
	if !x.s.log.Enabled(x.ctx, level) {
		return
	}
	op := "as"
	if x.req.Type == krb5.TypeTGSReq {
		op = "tgs"
	}
	attrs := []slog.Attr{
		slog.String("op", op), slog.String("client", x.cname.String()), slog.String("service", x.body.SName.String()),
		slog.String("source", x.source.String()), slog.String("outcome", outcome), slog.Duration("took", time.Since(x.began)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("reason", err.Error()))
	}
	x.s.log.LogAttrs(x.ctx, level, "kerberos", attrs...)
}
