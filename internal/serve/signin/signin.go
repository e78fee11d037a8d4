// Package signin is where people sign in at a browser: the page that asks for
// name and password, the one that changes a password, and signing out.
//
// What always holds:
//
//   - A browser's token is new after each sign-in and each change of a password,
//     and the session before it has ended: nobody can plant one (session
//     fixation).
//   - Who must change the password can do that, and nothing else.
//   - What is shown of a refusal is what core said of it, which tells a guesser
//     nothing.
//   - The pages send a browser on to paths of this host only.
//
// Steps do not call each other: each ends in one dispatcher, which decides the
// next from the session. Whether somebody may sign in is core's to say.
package signin

import (
	"crypto/rand"
	"embed"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/session"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

//go:embed *.html
var pages embed.FS

// Names of the cookies.
const (
	sessionCookie = "session"
	formCookie    = "form" // ties the sign-in form to the browser it was sent to
)

// changeWithin is how old a sign-in may be that a password is changed by without
// the old one: the browser may stand open on a desk.
const changeWithin = 15 * time.Minute

// Config says what the door stands on.
type Config struct {
	Directory *directory.Directory
	Authn     *authn.Authenticator
	Form      *httpd.Form
	Tickets   Tickets // nil: none are taken
	Log       *slog.Logger
}

// Server shows the sign-in pages, all below /signin.
type Server struct {
	cfg    Config
	pages  *page.Set
	assets *httpd.Assets
	mux    *http.ServeMux
}

// New returns the sign-in pages.
func New(cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	var err error
	if s.pages, err = page.New(pages, cfg.Directory.Now); err != nil {
		return nil, err
	}
	if s.assets, err = httpd.NewAssets(page.Files, "/assets/"); err != nil {
		return nil, err
	}
	s.mux.Handle("GET /assets/", s.assets)
	s.mux.HandleFunc("GET /signin", s.askName)
	s.mux.HandleFunc("POST /signin", s.enter)
	s.mux.HandleFunc("GET /signin/ticket", s.byTicket)
	s.mux.HandleFunc("GET /signin/password", s.askPassword)
	s.mux.HandleFunc("POST /signin/password", s.change)
	s.mux.HandleFunc("GET /signin/out", s.dispatch)
	s.mux.HandleFunc("POST /signin/out", s.leave)
	return s, nil
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.Fail(w, r, fault.New(fault.NotFound, "there is nothing at %s", r.URL.Path))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Who says who sent a request, by its cookie.
func (s *Server) Who(r *http.Request) (ident.Actor, session.Session, error) {
	actor, ses, ok, err := s.cfg.Authn.Resume(r.Context(), httpd.Cookie(r, sessionCookie))
	if err == nil && !ok {
		err = fault.New(fault.Unauthenticated, "nobody has signed in").WithHint("sign in first")
	}
	if err != nil {
		return ident.Actor{}, session.Session{}, err
	}
	httpd.SetActor(r, actor.Who().Name)
	return actor, ses, nil
}

// dispatch decides what comes next, from what is stored.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request) {
	actor, _, err := s.Who(r)
	s.goOn(w, r, actor, err)
}

// goOn sends the browser to the next step: nobody signs in, who must changes the
// password, everybody else goes where they wanted to.
func (s *Server) goOn(w http.ResponseWriter, r *http.Request, actor ident.Actor, err error) {
	next := httpd.Next(r)
	switch {
	case err != nil && fault.KindOf(err) != fault.Unauthenticated:
		s.Fail(w, r, err)
	case err != nil:
		redirect(w, r, "/signin", next)
	case actor.Limit() == ident.OnlyPassword:
		redirect(w, r, "/signin/password", next)
	default:
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

func redirect(w http.ResponseWriter, r *http.Request, to, next string) {
	if next != "/" {
		to += "?" + url.Values{"next": {next}}.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// Fail shows an error.
func (s *Server) Fail(w http.ResponseWriter, r *http.Request, err error) {
	status := httpd.Status(err)
	if status >= http.StatusInternalServerError {
		s.cfg.Log.Error("sign-in pages", "path", r.URL.Path, "id", httpd.ID(r), "err", err)
	}
	sh := s.shell(r, "It did not work", "")
	sh.Note = page.Wrong(fault.Message(err), fault.Hint(err), httpd.ID(r))
	s.show(w, r, status, "fail.html", sh, nil)
}

func (s *Server) shell(r *http.Request, title, csrf string) *page.Shell {
	return &page.Shell{Title: title, Domain: s.cfg.Directory.Domain().Name, CSRF: csrf, Asset: s.assets.URL, Nonce: httpd.Nonce(r)}
}

func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, name string, sh *page.Shell, data any) {
	if err := s.pages.RenderBare(w, status, name, sh, data); err != nil {
		s.cfg.Log.Error("sign-in pages", "page", name, "id", httpd.ID(r), "err", err)
	}
}

// attempt is a sign-in by this door.
func (s *Server) attempt(r *http.Request) policy.Attempt {
	at := policy.Attempt{Door: policy.Portal, Server: s.cfg.Directory.Server(), Client: policy.Interactive, TLS: true}
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		at.Source = a.Addr().Unmap()
	}
	return at
}

// begin signs somebody in, ends the session the browser had before, and gives it
// the new one's token.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, name string, pw credential.Password) (ident.Actor, error) {
	token, actor, err := s.cfg.Authn.Begin(r.Context(), s.attempt(r), name, pw, r.UserAgent())
	if err != nil {
		return ident.Actor{}, err
	}
	s.end(r)
	httpd.SetCookie(w, sessionCookie, token, 0)
	httpd.ClearCookie(w, formCookie)
	httpd.SetActor(r, actor.Who().Name)
	return actor, nil
}

// end ends the session a request came with, if it has one.
func (s *Server) end(r *http.Request) {
	actor, ses, ok, err := s.cfg.Authn.Resume(r.Context(), httpd.Cookie(r, sessionCookie))
	if err == nil && ok {
		err = s.cfg.Authn.End(r.Context(), actor, ses)
	}
	if err != nil {
		s.cfg.Log.Warn("sign-in pages: a session was not ended", "id", httpd.ID(r), "err", err)
	}
}

// formKey is what the form of somebody who has not signed in is tied to.
func formKey(w http.ResponseWriter, r *http.Request) string {
	if key := httpd.Cookie(r, formCookie); len(key) >= 26 {
		return key
	}
	key := rand.Text()
	httpd.SetCookie(w, formCookie, key, 0)
	return key
}
