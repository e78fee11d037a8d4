package signin

import (
	"net/http"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// enterPage asks for name and password.
type enterPage struct {
	Name, Password page.Field
	Next           string
	Tickets        bool // they are taken too
}

func (s *Server) askName(w http.ResponseWriter, r *http.Request) {
	if _, _, err := s.Who(r); err == nil {
		s.dispatch(w, r)
		return
	}
	s.showEnter(w, r, http.StatusOK, "", nil)
}

func (s *Server) showEnter(w http.ResponseWriter, r *http.Request, status int, name string, err error) {
	p := enterPage{
		Name:     page.Field{Name: "name", Label: "User name", Value: name, Auto: "username", Max: 128, Required: true, Focus: name == ""},
		Password: page.Field{Name: "password", Label: "Password", Type: "password", Auto: "current-password", Max: 256, Required: true, Focus: name != ""},
		Next:     httpd.Next(r),
		Tickets:  s.cfg.Tickets != nil,
	}
	sh := s.shell(r, "Sign in", s.cfg.Form.Token(formKey(w, r)))
	switch {
	case err == nil:
	case fault.Is(err, fault.Unauthenticated), fault.Is(err, fault.Locked):
		p.Password.Error = page.Sentence(fault.Message(err))
		p.Password.Hint = "If you forgot it, the helpdesk gives you a new one."
	default:
		sh.Note = page.Wrong(fault.Message(err), fault.Hint(err), httpd.ID(r))
	}
	s.show(w, r, status, "enter.html", sh, p)
}

// enter tests what was typed.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) {
	name, pw := strings.TrimSpace(r.PostFormValue("name")), credential.Password(r.PostFormValue("password"))
	err := s.cfg.Form.Check(r, httpd.Cookie(r, formCookie))
	var actor ident.Actor
	if err == nil {
		actor, err = s.begin(w, r, name, pw)
	}
	if err != nil {
		s.showEnter(w, r, httpd.Status(err), name, err)
		return
	}
	s.goOn(w, r, actor, nil)
}

// leave signs somebody out.
func (s *Server) leave(w http.ResponseWriter, r *http.Request) {
	_, ses, err := s.Who(r)
	if err == nil {
		if err := s.cfg.Form.Check(r, ses.CSRF); err != nil {
			s.Fail(w, r, err)
			return
		}
		s.end(r)
	}
	httpd.ClearCookie(w, sessionCookie)
	s.show(w, r, http.StatusOK, "out.html", s.shell(r, "Signed out", ""), nil)
}
