package portal

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// searchPage answers the box on top of every page.
type searchPage struct {
	Query         string
	Users, Groups []searchRow
	MoreUsers     int
	MoreGroups    int
}

type searchRow struct {
	link
	State state
	Note  string
}

// searchMost is how many of each kind the search page shows.
const searchMost = 12

// search finds people and groups. One exact name goes to its page at once.
func search(v *visit) error {
	if err := v.as.MayReadLog(role.PortalRead); err != nil {
		return err
	}
	typed := strings.TrimSpace(v.field("q"))
	if e, err := v.dir.Find("", typed); err == nil && !e.Class.Machine() {
		http.Redirect(v.w, v.r, linkTo(e).Path, http.StatusSeeOther)
		return nil
	}
	p := searchPage{Query: typed}
	if typed != "" {
		users, err := v.gather(schema.User, typed, nil)
		if err != nil {
			return err
		}
		groups, err := v.gather(schema.Group, typed, nil)
		if err != nil {
			return err
		}
		sorted(users, false, byName)
		sorted(groups, false, byName)
		for _, e := range users[:min(len(users), searchMost)] {
			p.Users = append(p.Users, searchRow{link: linkTo(e), State: v.stateOf(e), Note: e.First(schema.Department)})
		}
		for _, e := range groups[:min(len(groups), searchMost)] {
			p.Groups = append(p.Groups, searchRow{link: linkTo(e), Note: page.Count(v.dir.MemberCount(e.ID), "member", "members")})
		}
		p.MoreUsers, p.MoreGroups = len(users)-len(p.Users), len(groups)-len(p.Groups)
	}
	sh := v.shell("Search")
	sh.Search = typed
	sh.Do = []page.Do{{What: "Search people", Command: "selfsame user list --search " + page.Quote(typed), Method: "GET", Path: "/v1.0/users?$search=" + url.QueryEscape(typed)}}
	v.render(http.StatusOK, "search.html", sh, p)
	return nil
}
