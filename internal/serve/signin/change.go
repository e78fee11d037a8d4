package signin

import (
	"net/http"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/core/session"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// changePage asks for a new password.
type changePage struct {
	Must            bool // the person can do nothing else before
	Login           string
	Old, New, Again page.Field
	Rules           rules
	Next            string
}

// rules are what a new password must be, for the list that turns true as one
// types.
type rules struct {
	MinLength, History int
	Complex            bool
	Names              string
}

// mayChange returns who changes a password; false if the request was answered.
func (s *Server) mayChange(w http.ResponseWriter, r *http.Request) (ident.Actor, session.Session, *directory.Entry, bool) {
	actor, ses, err := s.Who(r)
	if err != nil {
		s.dispatch(w, r)
		return actor, ses, nil, false
	}
	if actor.Limit() == ident.OnlyPassword && s.cfg.Directory.Now().Sub(ses.At) > changeWithin {
		s.end(r)
		httpd.ClearCookie(w, sessionCookie)
		s.showEnter(w, r, http.StatusUnauthorized, actor.Who().Name,
			fault.New(fault.State, "too much time has passed since you signed in").WithHint("Sign in again with the password you were given, then choose your own."))
		return actor, ses, nil, false
	}
	e, err := s.cfg.Directory.ByID(actor.Who().ID)
	if err != nil {
		s.Fail(w, r, err)
		return actor, ses, nil, false
	}
	return actor, ses, e, true
}

func (s *Server) askPassword(w http.ResponseWriter, r *http.Request) {
	if actor, ses, e, ok := s.mayChange(w, r); ok {
		s.showChange(w, r, http.StatusOK, actor, ses, e, nil)
	}
}

func (s *Server) showChange(w http.ResponseWriter, r *http.Request, status int, actor ident.Actor, ses session.Session, e *directory.Entry, err error) {
	pol := s.cfg.Directory.PasswordPolicy(e)
	must := actor.Limit() == ident.OnlyPassword
	p := changePage{
		Must: must, Login: e.Login, Next: httpd.Next(r),
		Old:   page.Field{Name: "old", Label: "Present password", Type: "password", Auto: "current-password", Max: 256, Required: true, Focus: true},
		New:   page.Field{Name: "new", Label: "New password", Type: "password", Auto: "new-password", Max: credential.MaxPassword, Required: true, Focus: must},
		Again: page.Field{Name: "again", Label: "New password again", Type: "password", Auto: "new-password", Max: credential.MaxPassword, Required: true},
		Rules: rules{pol.MinLength, pol.History, pol.Complex, e.Login + " " + e.First(schema.DisplayName)},
	}
	sh := s.shell(r, "Change your password", s.cfg.Form.Token(ses.CSRF))
	if f := fault.Of(err); f != nil && f.Field != "" {
		at := map[string]*page.Field{"old": &p.Old, "again": &p.Again}[f.Field]
		if at == nil {
			at = &p.New
		}
		at.Error, at.Hint = page.Sentence(f.Text), page.Sentence(f.Hint)
		p.Old.Focus, p.New.Focus, at.Focus = false, false, true
	} else if err != nil {
		sh.Note = page.Wrong(fault.Message(err), fault.Hint(err), httpd.ID(r))
	}
	s.show(w, r, status, "change.html", sh, p)
}

// change sets the new password and signs the person in anew: everything the old
// one proved has ended.
func (s *Server) change(w http.ResponseWriter, r *http.Request) {
	actor, ses, e, ok := s.mayChange(w, r)
	if !ok {
		return
	}
	pw := credential.Password(r.PostFormValue("new"))
	if err := s.setPassword(r, actor, ses, e, pw); err != nil {
		s.showChange(w, r, httpd.Status(err), actor, ses, e, err)
		return
	}
	next, err := s.begin(w, r, e.Login, pw)
	if err != nil {
		httpd.ClearCookie(w, sessionCookie)
		s.showEnter(w, r, httpd.Status(err), e.Login, fault.Wrap(fault.State, err, "your password is changed").WithHint("Sign in with it."))
		return
	}
	s.goOn(w, r, next, nil)
}

func (s *Server) setPassword(r *http.Request, actor ident.Actor, ses session.Session, e *directory.Entry, pw credential.Password) error {
	if err := s.cfg.Form.Check(r, ses.CSRF); err != nil {
		return err
	}
	if string(pw) != r.PostFormValue("again") {
		return fault.New(fault.Invalid, "the two are not the same").WithField("again")
	}
	if actor.Limit() == ident.OnlyPassword {
		return s.cfg.Directory.As(actor).ChangePassword(r.Context(), pw)
	}
	err := s.cfg.Authn.ChangePassword(r.Context(), s.attempt(r), e.Login, credential.Password(r.PostFormValue("old")), pw)
	if fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.Locked) {
		return fault.New(fault.KindOf(err), "this is not your present password").WithField("old")
	}
	return err
}
