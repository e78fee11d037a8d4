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

// userGroupsPage lists the groups a person stands in, and adds to them.
type userGroupsPage struct {
	Head   userHead
	Groups []membership
	MayAdd bool
	Query  string
	Found  []link
	Asked  bool
}

// foundMost is how many are offered to be added.
const foundMost = 10

func showUserGroups(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	p := userGroupsPage{Head: v.headOf(e, "/groups"), Groups: v.membershipsOf(e), Query: strings.TrimSpace(v.field("add"))}
	if v.reads() {
		in := make(map[ident.ID]bool)
		for _, m := range v.dir.Memberships(e.ID) {
			in[m.Group.ID] = m.Through == nil
		}
		open, err := v.gather(schema.Group, p.Query, func(g *directory.Entry) bool {
			return !in[g.ID] && forPeople(g) && v.can(role.GroupMembers, g)
		})
		if err != nil {
			return err
		}
		p.MayAdd, p.Asked = len(open) > 0 || p.Query != "", p.Query != ""
		sorted(open, false, byName)
		for _, g := range open[:min(len(open), foundMost)] {
			p.Found = append(p.Found, linkTo(g))
		}
	}
	name := page.Quote(e.Login)
	return v.show("usergroups.html", e.DisplayName()+": groups", p,
		page.Do{What: "List the groups", Command: "selfsame user show " + name, Method: "GET", Path: "/v1.0/users/" + url.PathEscape(e.Login) + "/transitiveMemberOf"},
		page.Do{What: "Join a group", Command: "selfsame group member add 'Data Scientists' " + name, Method: "POST", Path: "/selfsame/v1/groups/Data%20Scientists/members", Body: `{"add": ["` + e.Login + `"]}`})
}

// changeUserGroups puts a person into a group, or takes her out.
func changeUserGroups(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	g, err := v.named("group")
	if err != nil {
		return err
	}
	to := linkTo(e).Path + "/groups"
	if v.field("do") == "remove" {
		return v.after(v.as.RemoveMembers(v.r.Context(), g.ID, []ident.ID{e.ID}), to, "left", g.Name())
	}
	return v.after(v.as.AddMembers(v.r.Context(), g.ID, []ident.ID{e.ID}), to, "joined", g.Name())
}

// named is the entry whose object id a form's field holds.
func (v *visit) named(field string) (*directory.Entry, error) {
	id, err := ident.ParseID(v.field(field))
	if err != nil {
		return nil, err
	}
	return v.dir.ByID(id)
}
