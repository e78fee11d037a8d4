package portal

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// keptCookie says that the recovery key is kept, at the word of who used this
// browser.
const keptCookie = "kept"

// overviewPage is where people who look after the domain begin.
type overviewPage struct {
	Steps       []step
	Left        int // steps to be done
	Fresh       bool
	AskKey      bool
	Users       int
	Groups      int
	Machines    int
	Disabled    int
	Locked      []lockedOut
	LockedAll   int
	SignIns     bool // may be shown
	Chart       page.Chart
	Good, Bad   int
	Cut         bool // only a part of the day's sign-ins is counted
	Changes     []recordRow
	ShowChanges bool
	Domain      string
}

// step is one of the first things to do, and whether it is done.
type step struct {
	Number             int
	Title, Text        string
	Done               bool
	Path, Button, Code string
}

type lockedOut struct {
	link
	Until time.Time
}

func overview(v *visit) error {
	if !v.reads() {
		http.Redirect(v.w, v.r, "/account", http.StatusSeeOther)
		return nil
	}
	p := overviewPage{
		Users: v.dir.Count(schema.User), Groups: v.dir.Count(schema.Group), Machines: v.dir.Count(schema.Machines...),
		Domain: v.dir.Domain().Name, SignIns: v.can(role.SignInsRead, nil), ShowChanges: v.can(role.AuditRead, nil),
	}
	p.Steps = v.steps()
	for _, s := range p.Steps {
		if !s.Done {
			p.Left++
		}
	}
	if p.Fresh = p.Users <= 1 && p.Left > 0; !p.Fresh {
		p.Steps = slices.DeleteFunc(p.Steps, func(s step) bool { return s.Done })
	}
	for i := range p.Steps {
		p.Steps[i].Number = i + 1
	}
	p.AskKey = v.can(role.BackupCreate, nil) && httpd.Cookie(v.r, keptCookie) == ""
	people, err := v.gather(schema.User, "", func(e *directory.Entry) bool {
		if e.Disabled() {
			p.Disabled++
		}
		_, _, locked := v.dir.Lockout(e.ID).Locked(v.now())
		return locked && v.can(role.SupportRead, e)
	})
	if err != nil {
		return err
	}
	p.LockedAll = len(people)
	for _, e := range people[:min(len(people), foundMost)] {
		_, until, _ := v.dir.Lockout(e.ID).Locked(v.now())
		p.Locked = append(p.Locked, lockedOut{linkTo(e), until})
	}
	if p.SignIns {
		day, err := v.s.day.of(v)
		if err != nil {
			return err
		}
		p.Chart, p.Cut = day.chart, day.cut
		p.Good, p.Bad = p.Chart.Totals()
	}
	if p.ShowChanges {
		for _, r := range v.dir.Audit().Recent(8, func(r *audit.Record) bool { return r.Kind == audit.Change }) {
			p.Changes = append(p.Changes, v.row(r, false))
		}
	}
	return v.show("overview.html", "Overview", p,
		page.Do{What: "How the server is", Command: "selfsame status", Method: "GET", Path: "/selfsame/v1/status"},
		page.Do{What: "What happens, as it happens", Command: "selfsame audit tail --follow", Method: "GET", Path: "/selfsame/v1/audit/export?follow=true&tail=true"})
}

// steps are what a new domain needs next, each with its state. What this person
// may not do is left out.
func (v *visit) steps() []step {
	dom := v.dir.Domain()
	var out []step
	if v.can(role.UserCreate, nil) {
		out = append(out, step{Title: "Add a person", Text: "One account, the same on every machine, with a password to hand over.",
			Done: v.dir.Count(schema.User) > 1, Path: "/new/user", Button: "New user"})
	}
	if v.s.cfg.LDAP != "" {
		bound := v.dir.Audit().Recent(1, func(r *audit.Record) bool { return r.Door == string(policy.LDAP) && r.Result == audit.Success })
		out = append(out, step{Title: "Connect JupyterHub", Text: "With release 2 of its LDAP authenticator, these lines in jupyterhub_config.py are enough. Done when the first person signs in there.",
			Done: len(bound) > 0,
			Code: "c.JupyterHub.authenticator_class = 'ldapauthenticator.LDAPAuthenticator'\n" +
				"c.LDAPAuthenticator.server_address = '" + v.s.cfg.LDAP + "'\n" +
				"c.LDAPAuthenticator.bind_dn_template = ['CN={username},OU=" + directory.UsersUnit + "," + dom.Base().String() + "']"})
	}
	if as, err := v.as.Assignments(); err == nil && v.can(role.RoleAssign, nil) {
		admins := 0
		for _, a := range as {
			if a.Role == role.GlobalAdministrator && a.Until.IsZero() {
				admins++
			}
		}
		out = append(out, step{Title: "Make a second administrator", Text: "So that one forgotten password locks nobody out. Give a person the role Global Administrator.",
			Done: admins > 1, Path: "/users", Button: "Choose a person"})
	}
	return out
}

// keepKey remembers that the recovery key is kept.
func keepKey(v *visit) error {
	httpd.SetCookie(v.w, keptCookie, "yes", 365*24*time.Hour)
	return v.done("/", "kept", "")
}

// The day's sign-ins are read from the log at most this often, and at most so
// many of them: the overview must not be what a busy server is busy with.
const (
	dayEvery = 30 * time.Second
	dayMost  = 20_000
)

// daily keeps the chart of the day's sign-ins.
type daily struct {
	mu    sync.Mutex // guards all below, and makes one of many read the log
	at    time.Time
	chart page.Chart
	cut   bool
}

type day struct {
	chart page.Chart
	cut   bool
}

func (d *daily) of(v *visit) (day, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := v.now()
	if now.Sub(d.at) < dayEvery && !now.Before(d.at) {
		return day{d.chart, d.cut}, nil
	}
	const step = 30 * time.Minute
	end := now.Truncate(step).Add(step)
	since := end.Add(-24 * time.Hour)
	recs, err := v.dir.Audit().Search(v.r.Context(), audit.Query{Kinds: signInKinds, Terms: []string{"signIn"}, Since: since, Limit: dayMost})
	if err != nil {
		return day{}, err
	}
	d.at, d.chart, d.cut = now, chartOf("day", recs, since, step, 48, 190), len(recs) == dayMost
	return day{d.chart, d.cut}, nil
}
