package portal

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// group is the group the address names, if the actor may see its page.
func (v *visit) group() (*directory.Entry, error) {
	e, err := v.dir.Find(ident.KindGroup, v.r.PathValue("group"))
	if err == nil && v.owns(e) {
		return e, nil
	}
	if rerr := v.as.MayReadLog(role.PortalRead); rerr != nil {
		return nil, rerr
	}
	return e, err
}

// groupHead stands on top of all of a group's pages.
type groupHead struct {
	link
	Description string
	GID         uint32
	Imported    bool
	Rights      bool
	Listed      bool
	System      bool
	Everybody   bool // everybody's primary group, which lists nobody
	Tabs        []tab
	Actions     []action
	MayDescribe bool
	CSRF        string
}

func (v *visit) groupHeadOf(e *directory.Entry, at string) groupHead {
	h := groupHead{
		link: linkTo(e), Description: e.First(schema.Description), Imported: e.Number != 0, Rights: v.dir.IsProtected(e.ID), Listed: v.reads(),
		System: e.System, Everybody: e.System && e.RID == ident.RIDDomainUsers,
		MayDescribe: v.can(role.GroupUpdate, e), CSRF: v.s.cfg.Form.Token(v.ses.CSRF),
	}
	h.GID, _ = e.UIDNumber()
	for _, t := range []tab{{Name: "Members"}, {Name: "All members", Path: "/all"}, {Name: "Member of", Path: "/in"}, {Name: "Owners", Path: "/owners"}, {Name: "Roles", Path: "/roles"}} {
		if t.Path == "/roles" && !h.Listed {
			continue
		}
		h.Tabs = append(h.Tabs, tab{t.Name, h.Path + t.Path, t.Path == at})
	}
	if !e.System && v.can(role.GroupDelete, e) {
		h.Actions = append(h.Actions, action{
			Key: "delete", Verb: "Delete", Title: "Delete " + e.Name(), Danger: true, Confirm: e.Name(), Path: h.Path + "/delete", CSRF: h.CSRF,
			Before: "The group is lost for good, with who stands in it and what it gives. Its members stay. Files keep its number, which no other group gets.",
		})
	}
	return h
}

func shellForGroup(e *directory.Entry) []page.Do {
	name, at := page.Quote(e.Name()), url.PathEscape(e.Login)
	return []page.Do{
		{What: "Show " + e.Name(), Command: "selfsame group show " + name, Method: "GET", Path: "/v1.0/groups/" + at + "/members"},
		{What: "Add a member", Command: "selfsame group member add " + name + " alice", Method: "POST", Path: "/selfsame/v1/groups/" + at + "/members", Body: `{"add": ["alice"]}`},
		{What: "Remove a member", Command: "selfsame group member remove " + name + " alice", Method: "POST", Path: "/selfsame/v1/groups/" + at + "/members", Body: `{"remove": ["alice"]}`},
		{What: "Delete", Command: "selfsame group delete " + name, Method: "DELETE", Path: "/v1.0/groups/" + at},
	}
}

// groupPage lists who stands in a group, or looks after it, and adds to them.
type groupPage struct {
	Head    groupHead
	Rows    []memberRow
	Pager   pager
	Filter  string
	Query   string // who is to be added
	Found   []link
	MayEdit bool
	Do      string // where the forms go
	Owners  bool
}

type memberRow struct {
	link
	State state
	Way   string // the group by which it stands here; empty for itself
}

func showGroup(v *visit) error {
	e, err := v.group()
	if err != nil {
		return err
	}
	return v.showMembers(e, "", v.dir.Members(e.ID), "/members", v.can(role.GroupMembers, e))
}

func showOwners(v *visit) error {
	e, err := v.group()
	if err != nil {
		return err
	}
	var owners []*directory.Entry
	for _, id := range e.Links(schema.Owner) {
		if o, err := v.dir.ByID(id); err == nil {
			owners = append(owners, o)
		}
	}
	return v.showMembers(e, "/owners", owners, "/owners", v.can(role.GroupOwners, e))
}

// showMembers lists members or owners, and finds who can be added.
func (v *visit) showMembers(e *directory.Entry, at string, es []*directory.Entry, do string, may bool) error {
	p := groupPage{Head: v.groupHeadOf(e, at), Query: strings.TrimSpace(v.field("add")), MayEdit: may, Do: linkTo(e).Path + do, Owners: at == "/owners"}
	p.MayEdit = may && !(p.Head.Everybody && !p.Owners)
	sorted(es, false, byName)
	shown, pg := paged(v, es)
	p.Pager = pg
	for _, m := range shown {
		p.Rows = append(p.Rows, memberRow{link: v.linkFor(m), State: v.stateFor(m)})
	}
	if p.MayEdit && p.Query != "" {
		in := make(map[ident.ID]bool, len(es))
		for _, m := range es {
			in[m.ID] = true
		}
		found, err := v.toAdd(p.Query, p.Owners, func(m *directory.Entry) bool { return !in[m.ID] && m.ID != e.ID })
		if err != nil {
			return err
		}
		p.Found = found
	}
	title := e.Name()
	if p.Owners {
		title += ": owners"
	}
	return v.show("group.html", title, p, shellForGroup(e)...)
}

// toAdd finds people, and groups unless owners are looked for, by what was typed.
func (v *visit) toAdd(typed string, owners bool, keep func(*directory.Entry) bool) ([]link, error) {
	people, err := v.gather(schema.User, typed, keep)
	if err != nil {
		return nil, err
	}
	sorted(people, false, byName)
	if !owners {
		groups, err := v.gather(schema.Group, typed, keep)
		if err != nil {
			return nil, err
		}
		sorted(groups, false, byName)
		people = append(people[:min(len(people), foundMost)], groups...)
	}
	var out []link
	for _, m := range people[:min(len(people), foundMost)] {
		out = append(out, v.linkFor(m))
	}
	return out, nil
}

func (v *visit) stateFor(e *directory.Entry) state {
	if e.Class != schema.User {
		return state{}
	}
	return v.stateOf(e)
}

func showAllMembers(v *visit) error {
	e, err := v.group()
	if err != nil {
		return err
	}
	p := groupPage{Head: v.groupHeadOf(e, "/all")}
	all := v.dir.AllMembers(e.ID)
	ways := make(map[ident.ID]string, len(all))
	es := make([]*directory.Entry, 0, len(all))
	for _, m := range all {
		es = append(es, m.Group)
		if m.Through != nil {
			ways[m.Group.ID] = m.Through.Name()
		}
	}
	sorted(es, false, byName)
	shown, pg := paged(v, es)
	p.Pager = pg
	for _, m := range shown {
		p.Rows = append(p.Rows, memberRow{link: v.linkFor(m), State: v.stateFor(m), Way: ways[m.ID]})
	}
	at := url.PathEscape(e.Login)
	return v.show("allmembers.html", e.Name()+": all members", p, page.Do{What: "List them", Command: "selfsame group show " + page.Quote(e.Name()), Method: "GET", Path: "/v1.0/groups/" + at + "/transitiveMembers"})
}

// groupInPage lists the groups a group stands in.
type groupInPage struct {
	Head   groupHead
	Groups []membership
	Roles  []holding
}

func showGroupIn(v *visit) error {
	e, err := v.group()
	if err != nil {
		return err
	}
	return v.show("groupin.html", e.Name()+": member of", groupInPage{v.groupHeadOf(e, "/in"), v.membershipsOf(e), v.holdingsOf(e)}, shellForGroup(e)...)
}

// changeMembers adds a member to a group, or removes one.
func changeMembers(v *visit) error {
	e, m, err := v.groupAnd()
	if err != nil {
		return err
	}
	if v.field("do") == "remove" {
		return v.after(v.as.RemoveMembers(v.r.Context(), e.ID, []ident.ID{m.ID}), linkTo(e).Path, "left", e.Name())
	}
	return v.after(v.as.AddMembers(v.r.Context(), e.ID, []ident.ID{m.ID}), linkTo(e).Path, "joined", e.Name())
}

// changeOwners makes somebody an owner of a group, or takes that back.
func changeOwners(v *visit) error {
	e, m, err := v.groupAnd()
	if err != nil {
		return err
	}
	mod, code := directory.Mod{Op: directory.ModEnsure, Attr: schema.Owner, Vals: [][]byte{m.ID[:]}}, "owned"
	if v.field("do") == "remove" {
		mod.Op, code = directory.ModDelete, "disowned"
	}
	return v.after(v.as.Modify(v.r.Context(), e.ID, []directory.Mod{mod}), linkTo(e).Path+"/owners", code, e.Name())
}

func (v *visit) groupAnd() (group, member *directory.Entry, err error) {
	if group, err = v.group(); err != nil {
		return nil, nil, err
	}
	member, err = v.named("member")
	return group, member, err
}

func describeGroup(v *visit) error {
	e, err := v.group()
	if err != nil {
		return err
	}
	mod := directory.Mod{Op: directory.ModReplace, Attr: schema.Description}
	if s := strings.TrimSpace(v.field("description")); s != "" {
		mod.Vals = [][]byte{[]byte(s)}
	}
	return v.after(v.as.Modify(v.r.Context(), e.ID, []directory.Mod{mod}), linkTo(e).Path, "described", e.Name())
}

func deleteGroup(v *visit) error {
	e, err := v.group()
	if err != nil {
		return err
	}
	if strings.TrimSpace(v.field("confirm")) != e.Name() {
		return fault.New(fault.Invalid, "the name typed is not %s, and nothing was deleted", strconv.Quote(e.Name())).WithHint("go back and type the name to delete the group")
	}
	return v.after(v.as.Delete(v.r.Context(), e.ID), "/groups", "deleted", e.Name())
}
