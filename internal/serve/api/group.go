package api

import (
	"net/http"
	"path"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

func listGroups(c *call) (int, any, error) { return c.list(schema.Group, "groups") }

func getGroup(c *call) (int, any, error) {
	e, err := c.find(ident.KindGroup, "id")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.selected(c.describe(e, c.as.Reader())), nil
}

func createGroup(c *call) (int, any, error) {
	o, err := c.readObject()
	if err != nil {
		return 0, nil, err
	}
	var n directory.NewGroup
	for _, step := range []func() error{
		func() (err error) { n.Name, _, err = take[string](o, "displayName"); return },
		func() error {
			on, there, err := take[bool](o, "securityEnabled")
			if err == nil && there && !on {
				err = fault.New(fault.Unsupported, "groups here are security groups").WithField("securityEnabled")
			}
			return err
		},
		func() error {
			on, _, err := take[bool](o, "mailEnabled")
			if err == nil && on {
				err = fault.New(fault.Unsupported, "groups here have no mailbox").WithField("mailEnabled")
			}
			return err
		},
		func() error { _, _, err := take[string](o, "mailNickname"); return err },
		func() error { _, _, err := take[[]any](o, "groupTypes"); return err },
		func() (err error) { n.Members, err = c.takePrincipals(o, "members", ""); return },
		func() (err error) { n.Owners, err = c.takePrincipals(o, "owners", ""); return },
		func() (err error) { n.Number, err = takeNumber(o, "gidNumber"); return },
		func() (err error) { n.Attrs, err = attributes(o, schema.Group); return },
	} {
		if err := step(); err != nil {
			return 0, nil, err
		}
	}
	e, err := c.as.CreateGroup(c.r.Context(), n)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, c.describe(e, c.as.Reader()), nil
}

func updateGroup(c *call) (int, any, error) {
	e, err := c.find(ident.KindGroup, "id")
	if err != nil {
		return 0, nil, err
	}
	o, err := c.readObject()
	if err != nil {
		return 0, nil, err
	}
	name, renamed, err := take[string](o, "displayName")
	if err != nil {
		return 0, nil, err
	}
	attrs, err := attributes(o, schema.Group)
	if err != nil {
		return 0, nil, err
	}
	var mods []directory.Mod
	for _, v := range attrs {
		mods = append(mods, directory.Mod{Op: directory.ModReplace, Attr: v.Attr, Vals: v.Vals})
	}
	if len(mods) > 0 {
		err = c.as.Modify(c.r.Context(), e.ID, mods)
	}
	if err == nil && renamed {
		err = c.as.Rename(c.r.Context(), e.ID, name, ident.ID{})
	}
	return http.StatusNoContent, nil, err
}

func deleteGroup(c *call) (int, any, error) {
	e, err := c.find(ident.KindGroup, "id")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, c.as.Delete(c.r.Context(), e.ID)
}

// members lists who stands in a group: itself, or people at any depth.
func members(deep bool) handler {
	return func(c *call) (int, any, error) {
		e, err := c.find(ident.KindGroup, "id")
		if err != nil {
			return 0, nil, err
		}
		if !deep {
			return c.objects(c.dir.Members(e.ID))
		}
		var out []*directory.Entry
		for _, m := range c.dir.AllMembers(e.ID) {
			out = append(out, m.Group)
		}
		return c.objects(out)
	}
}

func owners(c *call) (int, any, error) {
	e, err := c.find(ident.KindGroup, "id")
	if err != nil {
		return 0, nil, err
	}
	var out []*directory.Entry
	for _, id := range e.Links(schema.Owner) {
		if o, err := c.dir.ByID(id); err == nil {
			out = append(out, o)
		}
	}
	return c.objects(out)
}

func addMember(c *call) (int, any, error) {
	g, err := c.find(ident.KindGroup, "id")
	if err != nil {
		return 0, nil, err
	}
	var ref graph.Ref
	if err := c.read(&ref); err != nil {
		return 0, nil, err
	}
	m, err := c.dir.Find("", path.Base(ref.ID))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, c.as.AddMembers(c.r.Context(), g.ID, []ident.ID{m.ID})
}

func removeMember(c *call) (int, any, error) {
	g, err := c.find(ident.KindGroup, "id")
	if err != nil {
		return 0, nil, err
	}
	m, err := c.find("", "member")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, c.as.RemoveMembers(c.r.Context(), g.ID, []ident.ID{m.ID})
}

// changeMembers adds and removes many members in one change.
func changeMembers(c *call) (int, any, error) {
	g, err := c.find(ident.KindGroup, "id")
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Add    []string `json:"add"`
		Remove []string `json:"remove"`
	}
	if err := c.read(&body); err != nil {
		return 0, nil, err
	}
	var mods []directory.Mod
	for op, names := range map[directory.ModOp][]string{directory.ModAdd: body.Add, directory.ModDelete: body.Remove} {
		if len(names) == 0 {
			continue
		}
		mod := directory.Mod{Op: op, Attr: schema.Member}
		for _, n := range names {
			e, err := c.dir.Find("", n)
			if err != nil {
				return 0, nil, err
			}
			mod.Vals = append(mod.Vals, e.ID[:])
		}
		mods = append(mods, mod)
	}
	return http.StatusNoContent, nil, c.as.Modify(c.r.Context(), g.ID, mods)
}
