package portal

import (
	"net/http"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// newGroupPage is the form of a group to be made.
type newGroupPage struct{ Name, Description page.Field }

func askGroup(v *visit) error {
	if err := v.as.MayReadLog(role.GroupCreate); err != nil {
		return err
	}
	return v.showNewGroup(http.StatusOK, nil)
}

func (v *visit) showNewGroup(status int, problem error) error {
	p := newGroupPage{
		Name: page.Field{Name: "name", Label: "Name", Value: v.field("name"), Max: ident.MaxGroupName, Required: true, Focus: true, Auto: "off", Placeholder: "Data Scientists",
			Help: "Machines know the group by this name and a gid that is computed."},
		Description: page.Field{Name: "description", Label: "Description", Value: v.field("description"), Max: 1024, Auto: "off", Help: "What the group is for."},
	}
	if f := fault.Of(problem); f != nil && (f.Field != "" || f.Kind == fault.Exists) {
		to := &p.Name
		if f.Field == "description" {
			to = &p.Description
		}
		to.Error, to.Hint, problem = page.Sentence(f.Text), page.Sentence(f.Hint), nil
	}
	return v.showWith(status, "newgroup.html", "New group", problem, p, page.Do{
		What: "Add a group", Command: `selfsame group add 'Data Scientists' --description 'Everybody who trains models'`,
		Method: "POST", Path: "/v1.0/groups", Body: `{"displayName": "Data Scientists", "securityEnabled": true, "mailEnabled": false}`,
	})
}

func createGroup(v *visit) error {
	n := directory.NewGroup{Name: strings.TrimSpace(v.field("name")), Owners: []ident.ID{v.me.ID}}
	n.Attrs = appendText(n.Attrs, schema.Description, v.field("description"))
	e, err := v.as.CreateGroup(v.r.Context(), n)
	if err != nil {
		return v.showNewGroup(httpd.Status(err), err)
	}
	return v.done(linkTo(e).Path, "made", e.Name())
}
