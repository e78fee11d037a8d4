// Package portal is the web portal: pages for people who have signed in. Each
// page's handler and template stand side by side.
//
// What always holds:
//
//   - It decides nothing. What somebody may see and do, core says, by
//     directory.As; a page asks As.Can only for what to offer.
//   - A change is a form sent with the session's token, and ends in a redirect
//     or in the same page with what was typed and what is wrong with it.
//   - A generated password is shown by one answer, and by none after it.
//   - Pages work without scripts, and what is stored is text in them.
//
// How somebody proves who they are is not known here: the daemon brings Who.
package portal

import (
	"embed"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/session"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

//go:embed *.html
var pages embed.FS

// Config says what the door stands on.
type Config struct {
	Directory *directory.Directory
	Machines  *machine.Machines
	Authn     *authn.Authenticator // for one's own sessions
	// Who says who sent a request; a fault of kind Unauthenticated sends the
	// browser to /signin.
	Who     func(*http.Request) (ident.Actor, session.Session, error)
	Form    *httpd.Form
	Address string // where people sign in, such as https://portal.lab.internal
	LDAP    string // host name under which services reach LDAP; empty if they cannot
	Version string
	Log     *slog.Logger
}

// Server shows the portal.
type Server struct {
	cfg    Config
	pages  *page.Set
	assets *httpd.Assets
	mux    *http.ServeMux
	once   *once
	day    daily
}

// handler shows a page or makes a change. What it returns is shown as an error.
type handler func(*visit) error

func (s *Server) routes() map[string]handler {
	return map[string]handler{
		"GET /{$}":              overview,
		"POST /kept":            keepKey,
		"GET /search":           search,
		"GET /users":            listUsers,
		"GET /new/user":         askUser,
		"POST /new/user":        createUser,
		"GET /users/{user}":     showUser,
		"GET /users/{user}/key": handOver, // the password, once

		"GET /users/{user}/profile":         showProfile,
		"POST /users/{user}/profile":        saveProfile,
		"GET /users/{user}/account":         showUserAccount,
		"POST /users/{user}/account/name":   renameUser,
		"POST /users/{user}/account/end":    endUser,
		"GET /users/{user}/groups":          showUserGroups,
		"POST /users/{user}/groups":         changeUserGroups,
		"GET /users/{user}/roles":           showRoles,
		"POST /users/{user}/roles":          changeRoles,
		"GET /users/{user}/signins":         showUserSignIns,
		"POST /users/{user}/do/{action}":    doUser,
		"GET /groups":                       listGroups,
		"GET /new/group":                    askGroup,
		"POST /new/group":                   createGroup,
		"GET /groups/{group}":               showGroup,
		"GET /groups/{group}/all":           showAllMembers,
		"GET /groups/{group}/in":            showGroupIn,
		"GET /groups/{group}/owners":        showOwners,
		"GET /groups/{group}/roles":         showGroupRoles,
		"POST /groups/{group}/roles":        changeGroupRoles,
		"POST /groups/{group}/members":      changeMembers,
		"POST /groups/{group}/owners":       changeOwners,
		"POST /groups/{group}/description":  describeGroup,
		"POST /groups/{group}/delete":       deleteGroup,
		"GET /machines":                     listMachines,
		"POST /machines":                    presetMachine,
		"GET /machines/{machine}":           showMachine,
		"GET /machines/{machine}/key":       showTicket, // the password to join with, once
		"POST /machines/{machine}/reset":    resetMachine,
		"POST /machines/{machine}/bury":     buryMachine,
		"POST /machines/{machine}/access":   changeAccess,
		"GET /users/{user}/keys":            showKeys,
		"POST /users/{user}/keys":           changeKeys,
		"GET /sudo":                         listSudo,
		"POST /sudo":                        changeSudo,
		"GET /audit/signins":                listSignIns,
		"GET /audit":                        listChanges,
		"GET /audit/{record}":               showRecord,
		"GET /policies":                     showPolicies,
		"GET /policies/passwords/{policy}":  askPolicy,
		"POST /policies/passwords/{policy}": savePolicy,
		"GET /account":                      showAccount,
		"POST /account/sessions":            endSession,
	}
}

// New returns the portal.
func New(cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux(), once: newOnce(cfg.Directory.Now)}
	var err error
	if s.pages, err = page.New(pages, cfg.Directory.Now); err != nil {
		return nil, err
	}
	if s.assets, err = httpd.NewAssets(page.Files, "/assets/"); err != nil {
		return nil, err
	}
	s.mux.Handle("GET /assets/", s.assets)
	for pattern, h := range s.routes() {
		s.mux.HandleFunc(pattern, s.handle(h))
	}
	return s, nil
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.handle(func(*visit) error {
			return fault.New(fault.NotFound, "there is no page here").WithHint("the address is wrong, or what it named is gone: begin at the start")
		})(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// visit is one request under way.
type visit struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	dir   *directory.Directory
	as    directory.As
	actor ident.Actor
	ses   session.Session
	me    *directory.Entry
}

// handle finds out who asks, checks the form's token, and shows what went wrong.
func (s *Server) handle(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		actor, ses, err := s.cfg.Who(r)
		if err == nil && actor.Limit() == ident.OnlyPassword {
			toSignIn(w, r, "/signin/password")
			return
		}
		if fault.Is(err, fault.Unauthenticated) {
			toSignIn(w, r, "/signin")
			return
		}
		v := &visit{s: s, w: w, r: r, dir: s.cfg.Directory, actor: actor, ses: ses, as: s.cfg.Directory.As(actor)}
		if err == nil {
			v.me, err = v.dir.ByID(actor.Who().ID)
		}
		if err == nil {
			err = s.cfg.Form.Check(r, ses.CSRF)
		}
		if err == nil {
			err = h(v)
		}
		if err != nil {
			v.fail(err)
		}
	}
}

// toSignIn sends a browser to sign in, and back to the page it asked for. A form
// is not sent again: who signed in meanwhile may be somebody else.
func toSignIn(w http.ResponseWriter, r *http.Request, to string) {
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// Fail shows an error that came before the portal was reached.
func (s *Server) Fail(w http.ResponseWriter, r *http.Request, err error) {
	v := &visit{s: s, w: w, r: r, dir: s.cfg.Directory}
	if actor, ses, werr := s.cfg.Who(r); werr == nil && actor.Limit() == ident.Unlimited {
		if me, merr := v.dir.ByID(actor.Who().ID); merr == nil {
			v.actor, v.ses, v.as, v.me = actor, ses, v.dir.As(actor), me
		}
	}
	v.fail(err)
}

// failPage says what to do after an error.
type failPage struct {
	Title string
	Back  string
}

func (v *visit) fail(err error) {
	status := httpd.Status(err)
	if status >= http.StatusInternalServerError {
		v.s.cfg.Log.Error("portal", "path", v.r.URL.Path, "id", httpd.ID(v.r), "err", err)
	}
	p := failPage{Title: "It did not work", Back: "/"}
	switch status {
	case http.StatusNotFound:
		p.Title = "Not found"
	case http.StatusForbidden:
		p.Title = "You may not do this"
	}
	sh := v.shell(p.Title)
	sh.Note = page.Wrong(fault.Message(err), fault.Hint(err), httpd.ID(v.r))
	v.render(status, "fail.html", sh, p)
}

// can reports whether core would allow an action, for what a page offers.
func (v *visit) can(a role.Action, target *directory.Entry) bool { return v.as.Can(a, target).Allowed }

// reads reports whether the person may look around in the directory.
func (v *visit) reads() bool { return v.can(role.PortalRead, nil) }

func (v *visit) shell(title string) *page.Shell {
	sh := &page.Shell{Title: title, Domain: v.dir.Domain().Name, Asset: v.s.assets.URL, Nonce: httpd.Nonce(v.r)}
	if v.me == nil {
		return sh
	}
	sh.Person = &page.Person{Name: v.me.DisplayName(), Login: v.me.Login}
	sh.Places, sh.Finds = v.places(), v.reads()
	if v.s.cfg.Version != "" {
		sh.About = "Selfsame " + v.s.cfg.Version
	}
	sh.CSRF = v.s.cfg.Form.Token(v.ses.CSRF)
	sh.Note = v.takeNote()
	return sh
}

// places are those this person may see.
func (v *visit) places() []page.Place {
	at := v.r.URL.Path
	under := func(p string) bool { return at == p || len(at) > len(p) && at[:len(p)+1] == p+"/" }
	var out []page.Place
	if v.reads() {
		out = append(out,
			page.Place{Name: "Overview", Path: "/", Icon: "overview", Here: at == "/"},
			page.Place{Name: "Users", Path: "/users", Icon: "users", Here: under("/users") || at == "/new/user"},
			page.Place{Name: "Groups", Path: "/groups", Icon: "groups", Here: under("/groups") || at == "/new/group"})
	} else {
		out = append(out, page.Place{Name: "My account", Path: "/account", Icon: "users", Here: under("/account") || under("/users")})
	}
	if v.joins() {
		p := page.Place{Name: "Machines", Path: "/machines", Icon: "machines", Here: under("/machines")}
		if v.reads() {
			p.Below = []page.Place{{Name: "Sudo rules", Path: "/sudo", Here: under("/sudo")}}
		}
		out = append(out, p)
	}
	if below := v.logs(at); len(below) > 0 {
		out = append(out, page.Place{Name: "Audit", Path: below[0].Path, Icon: "audit", Here: under("/audit") && at != "/audit" && at != "/audit/signins", Below: below})
	}
	if v.can(role.PolicyRead, nil) {
		out = append(out, page.Place{Name: "Policies", Path: "/policies", Icon: "policies", Here: under("/policies")})
	}
	return out
}

// logs are the views of the log this person may see.
func (v *visit) logs(at string) []page.Place {
	var out []page.Place
	if v.can(role.SignInsRead, nil) {
		out = append(out, page.Place{Name: "Sign-ins", Path: "/audit/signins", Here: at == "/audit/signins"})
	}
	if v.can(role.AuditRead, nil) {
		out = append(out, page.Place{Name: "Changes", Path: "/audit", Here: at == "/audit"})
	}
	return out
}

// show writes a page with what does the same from the shell.
func (v *visit) show(name, title string, data any, do ...page.Do) error {
	return v.showWith(http.StatusOK, name, title, nil, data, do...)
}

// showWith is show for a form that has to be sent again: err stands on top if it
// belongs to no field.
func (v *visit) showWith(status int, name, title string, err error, data any, do ...page.Do) error {
	sh := v.shell(title)
	sh.Do = do
	if err != nil {
		sh.Note = page.Wrong(fault.Message(err), fault.Hint(err), httpd.ID(v.r))
	}
	v.render(status, name, sh, data)
	return nil
}

func (v *visit) render(status int, name string, sh *page.Shell, data any) {
	if err := v.s.pages.Render(v.w, status, name, sh, data); err != nil {
		v.s.cfg.Log.Error("portal", "page", name, "id", httpd.ID(v.r), "err", err)
	}
}

// field is the value of a form's field, or of a parameter.
func (v *visit) field(name string) string { return v.r.FormValue(name) }

func (v *visit) now() time.Time { return v.dir.Now() }
