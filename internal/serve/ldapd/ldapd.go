// Package ldapd is the LDAP door: RFC 4511 with StartTLS on port 389 and inside
// TLS on 636, in the shape of Active Directory where that has one.
//
// It translates and decides nothing: a message becomes a call of core, and what
// core answers becomes entries and a result code.
//
// What always holds:
//
//   - Nobody who has not signed in reads more than the root DSE, and whoever has
//     is asked again at each operation whether the proof still holds.
//   - Nothing is written, and no password taken, over a connection that others
//     can read.
//   - Memory is bounded: what comes in by the limits of a message, what goes out
//     by the reader, who waits for the client and does not gather for it.
//   - Answers to one connection never mix, and a bind or StartTLS stands between
//     what came before it and what comes after.
//
// What an entry is, who may do what and which password is right are not known
// here.
package ldapd

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
)

// Config says what the server stands on.
type Config struct {
	Directory *directory.Directory
	Authn     *authn.Authenticator
	TLS       *tls.Config // for StartTLS; nil offers none
	GSS       GSS         // for SASL; nil offers none
	Host      string      // this server's full name, dc1.lab.internal
	Version   string      // of the program, for the root DSE
	Log       *slog.Logger
	Limits    Limits
}

// Limits bound what a client can ask for; how long it may take to ask is the
// listener's. Zero values mean the defaults, which are Active Directory's where it
// has one, [MS-ADTS] §3.1.1.3.4.6.
type Limits struct {
	// Search is the longest a search may take: MaxQueryDuration, 120 s.
	Search time.Duration
	// Entries is how many entries a search, or a page, returns at most:
	// MaxPageSize, 1,000.
	Entries int
	// Running is how many operations of one connection may be under way.
	Running int
}

func (l *Limits) fill() {
	if l.Search == 0 {
		l.Search = 2 * time.Minute
	}
	if l.Entries == 0 {
		l.Entries = 1000
	}
	if l.Running == 0 {
		l.Running = 16
	}
}

// Stats are the server's counters, for whoever shows them.
type Stats struct {
	Open     atomic.Int64 // connections
	Bound    atomic.Int64 // connections on which somebody has signed in
	Revoked  atomic.Int64 // connections ended because a proof did
	Broken   atomic.Int64 // connections ended because of what they sent
	Entries  atomic.Int64 // sent
	Searches atomic.Int64
	Binds    atomic.Int64
	Refused  atomic.Int64 // binds that proved nothing
	Writes   atomic.Int64
	Others   atomic.Int64
}

// Server answers LDAP.
type Server struct {
	cfg    Config
	stats  Stats
	secret [32]byte // under which cookies are signed
	base   string   // DN of the domain, where most searches begin
	domain ident.ID // of its entry
	root   []rootAttribute
	schema published

	mu    sync.Mutex
	bound map[ident.ID]*conn // by who signed in: the first of a list

	stop  context.CancelFunc
	ended sync.WaitGroup
}

// New returns a server, which watches from then on for proofs that end.
func New(cfg Config) *Server {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Limits.fill()
	s := &Server{cfg: cfg, bound: make(map[ident.ID]*conn), schema: publish()}
	_, _ = rand.Read(s.secret[:])
	d := cfg.Directory.Domain()
	s.base, s.domain = d.Base().String(), d.ID
	s.root = s.rootDSE(&d)
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.ended.Go(func() { s.watch(ctx) })
	return s
}

// Close stops watching. Connections are ended by whoever serves them, through
// their context.
func (s *Server) Close() {
	s.stop()
	s.ended.Wait()
}

// Stats returns the counters.
func (s *Server) Stats() *Stats { return &s.stats }

// Serve answers one connection until the client leaves, the proof ends or ctx
// does. It is for [listen.TCP], which closes the connection.
func (s *Server) Serve(ctx context.Context, nc *listen.Conn) { s.serve(ctx, newConn(s, nc)) }

// ServeCatalog is Serve for the ports of the Global Catalog, [MS-ADTS] §3.1.1.3.1.10:
// the same directory, in which a search may begin at the empty name. SSSD looks
// members of groups up here, and has no groups for anybody if nobody answers.
func (s *Server) ServeCatalog(ctx context.Context, nc *listen.Conn) {
	c := newConn(s, nc)
	c.catalog = true
	s.serve(ctx, c)
}

func (s *Server) serve(ctx context.Context, c *conn) {
	s.stats.Open.Add(1)
	defer s.stats.Open.Add(-1)
	defer c.close()
	c.serve(ctx)
}
