package portal

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// accountPage is everybody's own: what one has, and why.
type accountPage struct {
	userPage
	Address  string
	LDAP     string
	Sessions []sessionRow
	SignIns  []recordRow
	Owned    []link
}

type sessionRow struct {
	ID, Agent, Source string
	At, Used, Ends    time.Time
	This              bool
}

func showAccount(v *visit) error {
	p := accountPage{userPage: v.summary(v.me), Address: v.s.cfg.Address, LDAP: v.s.cfg.LDAP}
	sessions, err := v.s.cfg.Authn.Sessions().Of(v.r.Context(), v.me.ID)
	if err != nil {
		return err
	}
	for _, x := range sessions {
		if x.At.Before(v.me.ValidFrom) {
			continue // it stands in the store, and holds no longer
		}
		row := sessionRow{ID: x.ID, Agent: browser(x.Agent), At: x.At, Used: x.Used, Ends: x.Ends(), This: x.ID == v.ses.ID}
		if x.Source.IsValid() {
			row.Source = x.Source.String()
		}
		p.Sessions = append(p.Sessions, row)
	}
	slices.SortFunc(p.Sessions, func(a, b sessionRow) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(a.ID, b.ID)) })
	recs, err := v.dir.Audit().Search(v.r.Context(), audit.Query{Kinds: signInKinds, Terms: []string{v.me.ID.String()}, Limit: 8})
	if err != nil {
		return err
	}
	for _, r := range recs {
		p.SignIns = append(p.SignIns, v.row(r, false))
	}
	owned, err := v.gather(schema.Group, "", v.owns)
	if err != nil {
		return err
	}
	for _, g := range owned {
		p.Owned = append(p.Owned, linkTo(g))
	}
	name := page.Quote(v.me.Login)
	return v.show("account.html", "My account", p,
		page.Do{What: "Who I am on a joined machine", Command: "id " + name, Method: "GET", Path: "/v1.0/me"},
		page.Do{What: "Sign out everywhere", Command: "selfsame user sign-out " + name, Method: "POST", Path: "/v1.0/users/" + v.me.Login + "/revokeSignInSessions"})
}

// endSession ends one of one's own sessions.
func endSession(v *visit) error {
	sessions, err := v.s.cfg.Authn.Sessions().Of(v.r.Context(), v.me.ID)
	if err != nil {
		return err
	}
	for _, x := range sessions {
		if x.ID == v.field("session") {
			return v.after(v.s.cfg.Authn.End(v.r.Context(), v.actor, x), "/account", "ended", v.me.Login)
		}
	}
	return fault.New(fault.NotFound, "there is no such session").WithHint("it may have ended already")
}

// browser says which browser on which system an agent's text means.
func browser(agent string) string {
	first := func(words ...[2]string) string {
		for _, w := range words {
			if strings.Contains(agent, w[0]) {
				return w[1]
			}
		}
		return ""
	}
	name := first([2]string{"Firefox/", "Firefox"}, [2]string{"Edg/", "Edge"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := first([2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Windows", "Windows"}, [2]string{"Mac OS X", "macOS"}, [2]string{"Linux", "Linux"})
	switch {
	case name != "" && system != "":
		return name + " on " + system
	case name != "":
		return name
	case agent == "":
		return "An unnamed browser"
	}
	return agent
}
