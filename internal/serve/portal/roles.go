package portal

import (
	"slices"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

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

// rolesPage lists the directory roles of a person or a group, and gives them.
type rolesPage struct {
	link
	User   *userHead
	Group  *groupHead
	Roles  []holding
	Offer  []page.Option
	MayAdd bool
}

func showRoles(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	head := v.headOf(e, "/roles")
	return v.showRolesOf(e, rolesPage{User: &head})
}

func showGroupRoles(v *visit) error {
	e, err := v.group()
	if err != nil {
		return err
	}
	head := v.groupHeadOf(e, "/roles")
	return v.showRolesOf(e, rolesPage{Group: &head})
}

func (v *visit) showRolesOf(e *directory.Entry, p rolesPage) error {
	if err := v.as.MayReadLog(role.PortalRead); err != nil {
		return err
	}
	p.link, p.Roles, p.MayAdd = linkTo(e), v.holdingsOf(e), v.can(role.RoleAssign, nil)
	for _, d := range role.Builtin() {
		p.Offer = append(p.Offer, page.Option{Value: d.ID.String(), Label: d.Name, Help: d.Description})
	}
	name := page.Quote(e.Login)
	return v.show("roles.html", e.DisplayName()+": roles", p,
		page.Do{What: "Give a role", Command: "selfsame role assign 'Helpdesk Administrator' " + name, Method: "POST", Path: "/v1.0/roleManagement/directory/roleAssignments", Body: `{"roleDefinitionId": "` + role.HelpdeskAdministrator.String() + `", "principalId": "` + e.ID.String() + `", "directoryScopeId": "/"}`},
		page.Do{What: "Take it away", Command: "selfsame role remove 'Helpdesk Administrator' " + name, Method: "DELETE", Path: "/v1.0/roleManagement/directory/roleAssignments/{id}"})
}

func changeRoles(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	return v.changeRolesOf(e)
}

func changeGroupRoles(v *visit) error {
	e, err := v.group()
	if err != nil {
		return err
	}
	return v.changeRolesOf(e)
}

// changeRolesOf gives a role, or takes one away.
func (v *visit) changeRolesOf(e *directory.Entry) error {
	to := linkTo(e).Path + "/roles"
	id, err := ident.ParseID(v.field("role"))
	if err != nil {
		return err
	}
	if v.field("do") == "remove" {
		code := "unassigned"
		if e.Class == schema.Group {
			code = "groupUnassigned"
		}
		return v.after(v.as.Unassign(v.r.Context(), id), to, code, e.Name())
	}
	until, err := dayParam(v.field("until"), v.now())
	if err != nil {
		return err
	}
	_, err = v.as.Assign(v.r.Context(), e.ID, id, until)
	return v.after(err, to, "assigned", e.Name())
}
