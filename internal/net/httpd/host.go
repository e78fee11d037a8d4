package httpd

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// hosts finds the door for a request.
type hosts struct {
	named  map[string]http.Handler // by name in lower case
	below  map[string]http.Handler // by name, for the names one label longer
	other  http.Handler            // for the apex, localhost and our own address
	apex   string
	nobody http.Handler // for names that are not ours
}

// newHandler puts the doors behind their guards.
func newHandler(cfg Config) (http.Handler, error) {
	guard := func(d Door) (http.Handler, error) { return newGuard(d, cfg) }
	h := &hosts{named: make(map[string]http.Handler), below: make(map[string]http.Handler), apex: strings.ToLower(cfg.Apex)}
	for name, door := range cfg.Hosts {
		g, err := guard(door)
		if err != nil {
			return nil, err
		}
		if parent, ok := strings.CutPrefix(strings.ToLower(name), "*."); ok {
			h.below[parent] = g
		} else {
			h.named[strings.ToLower(name)] = g
		}
	}
	var err error
	if h.other, err = guard(cfg.Default); err != nil {
		return nil, err
	}
	h.nobody, err = newGuard(Door{Name: "none", Handler: http.HandlerFunc(misdirected)}, Config{Log: cfg.Log})
	return h, err
}

// ServeHTTP hands r to the door its Host names. A browser may send requests for
// several of our names over one connection, RFC 9113 §9.1.1, so the name in the
// TLS handshake does not decide.
func (h *hosts) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.find(r).ServeHTTP(w, r) }

func (h *hosts) find(r *http.Request) http.Handler {
	name := hostName(r.Host)
	if door, ok := h.named[name]; ok {
		return door
	}
	if _, parent, ok := strings.Cut(name, "."); ok && h.below[parent] != nil {
		return h.below[parent]
	}
	if name == h.apex || name == "localhost" || isLocal(name, r) {
		return h.other
	}
	return h.nobody
}

// hostName is a Host header's name: without port, brackets and final dot, in
// lower case.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// isLocal reports whether name is the address r came to. Any other address in a
// Host header belongs to somebody else.
func isLocal(name string, r *http.Request) bool {
	addr, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && local.AddrPort().Addr().Unmap() == addr.Unmap()
}

// misdirected answers for a name that is not ours, RFC 9110 §15.5.20. To answer
// as if it were would let a page at a name its owner points here (DNS rebinding)
// read ours.
func misdirected(w http.ResponseWriter, r *http.Request) {
	writePlain(w, r, http.StatusMisdirectedRequest,
		fault.New(fault.NotFound, "this server does not answer for the name in the request").
			WithHint("Use the server's own name; an administrator finds it with: selfsame doctor"))
}

// probes puts the handlers for /healthz, /readyz and /metrics before a door's.
func probes(next http.Handler, cfg Config) http.Handler {
	ours := map[string]http.Handler{"/healthz": cfg.Healthz, "/readyz": cfg.Readyz, "/metrics": cfg.Metrics}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := ours[r.URL.Path]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// crossOrigin refuses what another site made a browser send. It goes by
// Sec-Fetch-Site, and by Origin where a browser is too old for that; programs
// send neither and pass.
func crossOrigin(d Door) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	for _, pattern := range d.CrossOrigin {
		if err := bypass(p, pattern); err != nil {
			return nil, fmt.Errorf("door %s: %w", d.Name, err)
		}
	}
	return p, nil
}

// bypass turns the panic over a bad pattern, which is a mistake in a door, into
// an error that names the door.
func bypass(p *http.CrossOriginProtection, pattern string) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("pattern %q: %v", pattern, v)
		}
	}()
	p.AddInsecureBypassPattern(pattern)
	return nil
}
