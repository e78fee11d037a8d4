package portal

import (
	"net/url"
	"slices"
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

// holding is a role somebody holds, itself or by a group.
type holding struct {
	ID, Name, Description string
	By                    *link // the group it comes by; nil for itself
	Until                 string
	Ended                 bool
	Remove                bool
}

// holdingsOf lists the roles of a principal.
func (v *visit) holdingsOf(e *directory.Entry) []holding {
	may := v.can(role.RoleAssign, nil)
	var out []holding
	for _, a := range v.dir.Roles(e.ID) {
		h := holding{ID: a.ID.String(), Name: a.Name(), Remove: may && a.Principal == e.ID && !a.ID.IsZero()}
		if d := role.ByID(a.Role); d != nil {
			h.Description = d.Description
		}
		if a.Principal != e.ID {
			if g, err := v.dir.ByID(a.Principal); err == nil {
				l := v.linkFor(g)
				h.By = &l
			}
		}
		if !a.Until.IsZero() {
			h.Until, h.Ended = a.Until.UTC().Format("2 January 2006"), !v.now().Before(a.Until)
		}
		out = append(out, h)
	}
	slices.SortStableFunc(out, func(a, b holding) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// rolesPage lists a person's directory roles, and gives them.
type rolesPage struct {
	Head   userHead
	Roles  []holding
	Offer  []page.Option
	MayAdd bool
}

func showRoles(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	if err := v.as.MayReadLog(role.PortalRead); err != nil {
		return err
	}
	p := rolesPage{Head: v.headOf(e, "/roles"), Roles: v.holdingsOf(e), MayAdd: v.can(role.RoleAssign, nil)}
	for _, d := range role.Builtin() {
		p.Offer = append(p.Offer, page.Option{Value: d.ID.String(), Label: d.Name, Help: d.Description})
	}
	name := page.Quote(e.Login)
	return v.show("roles.html", e.DisplayName()+": roles", p,
		page.Do{What: "Give a role", Command: "selfsame role assign 'Helpdesk Administrator' " + name, Method: "POST", Path: "/v1.0/roleManagement/directory/roleAssignments", Body: `{"roleDefinitionId": "` + role.HelpdeskAdministrator.String() + `", "principalId": "` + e.ID.String() + `", "directoryScopeId": "/"}`},
		page.Do{What: "Take it away", Command: "selfsame role remove 'Helpdesk Administrator' " + name, Method: "DELETE", Path: "/v1.0/roleManagement/directory/roleAssignments/{id}"})
}

// changeRoles gives a role, or takes one away.
func changeRoles(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	to := linkTo(e).Path + "/roles"
	id, err := ident.ParseID(v.field("role"))
	if err != nil {
		return err
	}
	if v.field("do") == "remove" {
		return v.after(v.as.Unassign(v.r.Context(), id), to, "unassigned", e.Login)
	}
	until, err := dayParam(v.field("until"), v.now())
	if err != nil {
		return err
	}
	_, err = v.as.Assign(v.r.Context(), e.ID, id, until)
	return v.after(err, to, "assigned", e.Login)
}
