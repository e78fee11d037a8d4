package portal

import (
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// groupsPage lists groups.
type groupsPage struct {
	Query, Sort string
	Columns     []column
	Rows        []groupRow
	Pager       pager
	MayCreate   bool
}

type groupRow struct {
	link
	Description string
	Members     int
	GID         uint32
	Rights      bool
}

func listGroups(v *visit) error {
	if err := v.as.MayReadLog(role.PortalRead); err != nil {
		return err
	}
	typed, sort := strings.TrimSpace(v.field("q")), v.field("sort")
	es, err := v.gather(schema.Group, typed, nil)
	if err != nil {
		return err
	}
	if sort == "" {
		sort = "name"
	}
	switch key, down := sortOf(sort); key {
	case "members":
		sorted(es, down, func(e *directory.Entry) int { return v.dir.MemberCount(e.ID) })
	case "gid":
		sorted(es, down, func(e *directory.Entry) uint32 { n, _ := e.UIDNumber(); return n })
	default:
		sorted(es, down, byName)
	}
	p := groupsPage{
		Query: typed, Sort: v.field("sort"), MayCreate: v.can(role.GroupCreate, nil),
		Columns: v.columns(sort, column{Key: "name", Name: "Name"}, column{Name: "Description", Class: "wide"},
			column{Key: "members", Name: "Members", Class: "num"}, column{Key: "gid", Name: "gid", Class: "num wide"}),
	}
	shown, pg := paged(v, es)
	p.Pager = pg
	for _, e := range shown {
		n, _ := e.UIDNumber()
		p.Rows = append(p.Rows, groupRow{link: linkTo(e), Description: e.First(schema.Description), Members: v.dir.MemberCount(e.ID), GID: n, Rights: v.dir.IsProtected(e.ID)})
	}
	return v.show("groups.html", "Groups", p, page.Do{What: "List groups", Command: "selfsame group list", Method: "GET", Path: "/v1.0/groups"})
}
