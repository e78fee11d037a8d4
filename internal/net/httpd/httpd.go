// Package httpd is the HTTPS listener that all web doors share. It routes by
// host name, and wraps every door in the same guards.
//
// What always holds:
//
//   - A request for a name that is not ours reaches no door.
//   - Every answer carries a correlation id and strict security headers, and is
//     not stored unless a door says it may be.
//   - A request that another site made a browser send changes nothing, except
//     where a door says that the way takes no cookie.
//   - Headers, bodies and time are bounded. A handler that panics answers 500
//     and ends nothing else.
//   - One line is logged a request, without query, cookie or body.
//
// Who is asking and what a page looks like is not known here: a door calls
// [SetActor], and brings a function that shows errors in its own way.
package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/net/listen"
)

// Limits of one request and one connection.
const (
	maxHeader = 64 << 10 // a Kerberos ticket with a large PAC in Authorization fits
	maxBody   = 4 << 20  // what the door's [Door.MaxBody] says otherwise
	maxConns  = 10_000

	headerTime = 10 * time.Second
	readTime   = 60 * time.Second
	writeTime  = 60 * time.Second // a stream sets its own, by http.ResponseController
	idleTime   = 2 * time.Minute
)

// Door is what answers under a host name.
type Door struct {
	Name    string // as the log calls it
	Handler http.Handler

	// Fail shows err to the person or program that asked. It writes the status
	// of [Status] and the id of [ID]. Nil means [Plain].
	Fail func(w http.ResponseWriter, r *http.Request, err error)

	// CrossOrigin lists patterns of http.ServeMux that pages of other sites may
	// send to, such as the token endpoint. What is listed must take no cookie.
	CrossOrigin []string

	MaxBody int64 // octets of a body; 4 MiB
}

// Config says where to listen and who answers.
type Config struct {
	Addr string
	TLS  *tls.Config // with GetCertificate set

	// Hosts are the doors by host name. "*.vault.lab.internal" stands for every
	// name one label longer.
	Hosts map[string]Door

	// Default answers for Apex, for localhost, and for the address the client
	// connected to, so that a first page is reachable before DNS is.
	Default Door
	Apex    string

	// Healthz, Readyz and Metrics answer under every name of ours, at /healthz,
	// /readyz and /metrics. One that is nil is left to the door.
	Healthz, Readyz, Metrics http.Handler

	Log *slog.Logger // nil: nowhere
}

// Server listens until Shutdown.
type Server struct {
	http *http.Server
	ln   net.Listener
	all  sync.WaitGroup
}

// New listens and serves.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	h, err := newHandler(cfg)
	if err != nil {
		return nil, err
	}
	ln, err := listen.Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, err
	}
	room := newRoom(maxConns)
	s := &Server{ln: ln, http: &http.Server{
		Handler:           h,
		TLSConfig:         secured(cfg.TLS),
		MaxHeaderBytes:    maxHeader,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		ConnState:         room.state,
		ErrorLog:          slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug),
	}}
	s.all.Go(func() {
		// Go answers a request in clear on this port with 400 and the reason.
		if err := s.http.ServeTLS(ln, "", ""); !errors.Is(err, http.ErrServerClosed) {
			cfg.Log.Error("HTTPS listener ended", "address", cfg.Addr, "error", err)
		}
	})
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() netip.AddrPort { return s.ln.Addr().(*net.TCPAddr).AddrPort() }

// OnShutdown has f called when Shutdown begins, for streams that would not end by
// themselves.
func (s *Server) OnShutdown(f func()) { s.http.RegisterOnShutdown(f) }

// Shutdown stops listening, waits for requests under way until ctx ends, and
// closes what is left.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.http.Close()
	}
	s.all.Wait()
	return err
}

// secured sets the least version; curves and suites are Go's, which follow what
// is known of them.
func secured(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12) // RFC 8996
	return c
}
