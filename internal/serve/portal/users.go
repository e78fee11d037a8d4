package portal

import (
	"net/url"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// state is how an account is, in a word, with the class that draws it.
type state struct{ Key, Word, Class string }

// stateOf says how an account is. What only the helpdesk and oneself may know is
// left out for others.
func (v *visit) stateOf(e *directory.Entry) state {
	now := v.now()
	switch {
	case e.Disabled():
		return state{"disabled", "Disabled", "off"}
	case !e.Expires().IsZero() && !now.Before(e.Expires()):
		return state{"expired", "Expired", "off"}
	case !v.can(role.SupportRead, e):
		return state{"enabled", "Enabled", ""}
	}
	if _, _, locked := v.dir.Lockout(e.ID).Locked(now); locked {
		return state{"locked", "Locked out", "bad"}
	}
	c := v.dir.Credential(e.ID)
	switch {
	case c == nil || !c.Usable:
		return state{"nopassword", "No password", "warn"}
	case c.Must || v.dir.PasswordPolicy(e).Expired(c, now) && e.Control&directory.ControlNoExpire == 0:
		return state{"must", "Must change password", "warn"}
	}
	return state{"enabled", "Enabled", ""}
}

// states are what the list of people can be narrowed to.
var states = []page.Option{
	{Value: "", Label: "Any state"}, {Value: "enabled", Label: "Enabled"}, {Value: "must", Label: "Must change password"},
	{Value: "locked", Label: "Locked out"}, {Value: "disabled", Label: "Disabled"}, {Value: "expired", Label: "Expired"}, {Value: "nopassword", Label: "No password"},
}

// usersPage lists people.
type usersPage struct {
	Query, Sort string
	States      []page.Option
	Columns     []column
	Rows        []userRow
	Pager       pager
	Filtered    bool
	MayCreate   bool
	All         int
}

type userRow struct {
	link
	UPN, Department string
	State           state
	UID             uint32
	Protected       bool
}

func listUsers(v *visit) error {
	if err := v.as.MayReadLog(role.PortalRead); err != nil {
		return err
	}
	typed, want, sort := strings.TrimSpace(v.field("q")), v.field("state"), v.field("sort")
	keep := func(e *directory.Entry) bool { return want == "" || v.stateOf(e).Key == want }
	es, err := v.gather(schema.User, typed, keep)
	if err != nil {
		return err
	}
	if sort == "" {
		sort = "name"
	}
	dom := v.dir.Domain()
	sortUsers(es, sort, &dom)
	p := usersPage{
		Query: typed, Sort: v.field("sort"), Filtered: typed != "" || want != "", MayCreate: v.can(role.UserCreate, nil), All: v.dir.Count(schema.User),
		Columns: v.columns(sort, column{Key: "name", Name: "Name"}, column{Key: "upn", Name: "User name", Class: "wide"},
			column{Name: "State"}, column{Key: "department", Name: "Department", Class: "wide"}, column{Key: "uid", Name: "uid", Class: "num wide"}),
	}
	for _, o := range states {
		o.On = o.Value == want
		p.States = append(p.States, o)
	}
	var shown []*directory.Entry
	shown, p.Pager = paged(v, es)
	for _, e := range shown {
		n, _ := e.UIDNumber()
		p.Rows = append(p.Rows, userRow{
			link: linkTo(e), UPN: e.UPN(&dom), Department: e.First(schema.Department), State: v.stateOf(e), UID: n, Protected: v.dir.IsProtected(e.ID),
		})
	}
	do := page.Do{What: "List people", Command: "selfsame user list", Method: "GET", Path: "/v1.0/users"}
	if typed != "" {
		do.Command += " --search " + page.Quote(typed)
		do.Path += "?$search=" + url.QueryEscape(typed)
	}
	return v.show("users.html", "Users", p, do)
}

func sortUsers(es []*directory.Entry, by string, dom *directory.Domain) {
	key, down := sortOf(by)
	switch key {
	case "upn":
		sorted(es, down, func(e *directory.Entry) string { return ident.Fold(e.UPN(dom)) })
	case "department":
		sorted(es, down, func(e *directory.Entry) string { return ident.Fold(e.First(schema.Department)) })
	case "uid":
		sorted(es, down, func(e *directory.Entry) uint32 { n, _ := e.UIDNumber(); return n })
	default:
		sorted(es, down, byName)
	}
}
