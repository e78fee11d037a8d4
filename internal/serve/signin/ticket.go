package signin

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
)

// Tickets opens the tickets that browsers and commands send, RFC 4559.
type Tickets interface {
	Show(at policy.Attempt, state *tls.ConnectionState, token []byte) (reply []byte, t authn.Ticket, err error)
	Accept(ctx context.Context, at policy.Attempt, state *tls.ConnectionState, token []byte) (reply []byte, c *gss.Context, err error)
}

// scheme is the name of HTTP's authentication by GSS-API, RFC 4559 §4.
const scheme = "Negotiate"

// sentTicket is the token a request carries.
func sentTicket(r *http.Request) (token []byte, ok bool) {
	name, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(name, scheme) {
		return nil, false
	}
	token, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	return token, err == nil && len(token) > 0
}

// byTicket signs a browser in with the ticket of the machine it runs on. A browser
// sends one when it is asked, and only to hosts its owner trusts with it.
func (s *Server) byTicket(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Tickets == nil {
		s.Fail(w, r, fault.New(fault.NotFound, "tickets are not taken here"))
		return
	}
	token, ok := sentTicket(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", scheme)
		s.Fail(w, r, fault.New(fault.Unauthenticated, "the browser sent no ticket").
			WithHint("get one (kinit), and name %s as trusted in the browser's settings; or sign in with the password", r.Host))
		return
	}
	at := s.attempt(r)
	reply, shown, err := s.cfg.Tickets.Show(at, r.TLS, token)
	if err != nil {
		s.Fail(w, r, err)
		return
	}
	session, actor, err := s.cfg.Authn.BeginWithTicket(r.Context(), at, shown, r.UserAgent())
	if err != nil {
		s.Fail(w, r, err)
		return
	}
	if reply != nil {
		w.Header().Set("WWW-Authenticate", scheme+" "+base64.StdEncoding.EncodeToString(reply))
	}
	s.end(r)
	httpd.SetCookie(w, sessionCookie, session, 0)
	httpd.ClearCookie(w, formCookie)
	httpd.SetActor(r, actor.Who().Name)
	s.goOn(w, r, actor, nil)
}

// Caller says who sent a request of the API: by a ticket that came with it, or by
// the browser's session.
func (s *Server) Caller(r *http.Request) (ident.Actor, error) {
	token, ok := sentTicket(r)
	if !ok || s.cfg.Tickets == nil {
		actor, _, err := s.Who(r)
		return actor, err
	}
	// A browser sends its owner's ticket to whoever makes it ask: only pages of this
	// host may.
	if from := r.Header.Get("Origin"); from != "" {
		if u, err := url.Parse(from); err != nil || !strings.EqualFold(u.Host, r.Host) {
			return ident.Actor{}, fault.New(fault.Denied, "the request was made by a page of another host")
		}
	}
	at := s.attempt(r)
	at.Door, at.Client = policy.API, policy.Ticket
	_, c, err := s.cfg.Tickets.Accept(r.Context(), at, r.TLS, token)
	if err != nil {
		return ident.Actor{}, err
	}
	httpd.SetActor(r, c.Actor().Who().Name)
	return c.Actor(), nil
}
