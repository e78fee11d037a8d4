package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

func me(c *call) (int, any, error) {
	if err := c.as.Valid(); err != nil {
		return 0, nil, err
	}
	who := c.as.Actor().Who()
	if who.ID.IsZero() {
		return http.StatusOK, graph.Object{"displayName": who.Name, "selfsame": graph.Object{"kind": who.Kind}}, nil
	}
	e, err := c.dir.ByID(who.ID)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.describe(e, c.as.Reader()), nil
}

func listUsers(c *call) (int, any, error) { return c.list(schema.User, "users") }

func getUser(c *call) (int, any, error) {
	e, err := c.find(ident.KindUser, "id")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.selected(c.describe(e, c.as.Reader())), nil
}

// createUser makes a person. Without a password one is generated and stands in
// the answer, once.
func createUser(c *call) (int, any, error) {
	o, err := c.readObject()
	if err != nil {
		return 0, nil, err
	}
	var n directory.NewUser
	generated := false
	for _, step := range []func() error{
		func() (err error) { n.UPN, _, err = take[string](o, "userPrincipalName"); return },
		func() (err error) { n.Login, _, err = take[string](o, "mailNickname"); return },
		func() error {
			on, there, err := take[bool](o, "accountEnabled")
			if there && !on {
				n.Control = directory.ControlDisabled
			}
			return err
		},
		func() error {
			p, there, err := takePassword(o)
			n.Password, n.Must = credential.Password(p.Password), p.Force
			if n.Password == "" {
				n.Password, generated = credential.Generate(), true
				n.Must = n.Must || !there
			}
			return err
		},
		func() (err error) { n.Groups, err = c.takePrincipals(o, "groups", ident.KindGroup); return },
		func() (err error) { n.Roles, err = takeRoles(o); return },
		func() (err error) { n.Number, err = takeNumber(o, "uidNumber"); return },
		func() (err error) { n.Attrs, err = attributes(o, schema.User); return },
	} {
		if err := step(); err != nil {
			return 0, nil, err
		}
	}
	e, err := c.as.CreateUser(c.r.Context(), n)
	if err != nil {
		return 0, nil, err
	}
	doc := c.describe(e, c.as.Reader())
	if generated {
		doc["passwordProfile"] = graph.PasswordProfile{Password: string(n.Password), Force: n.Must}
	}
	return http.StatusCreated, doc, nil
}

func takePassword(o graph.Object) (p graph.PasswordProfile, there bool, err error) {
	m, there, err := take[map[string]any](o, "passwordProfile")
	if err != nil || !there {
		return p, false, err
	}
	for k, v := range m {
		ok := true
		switch k {
		case "password":
			p.Password, ok = v.(string)
		case "forceChangePasswordNextSignIn", "forceChangePasswordNextSignInWithMfa":
			var b bool
			b, ok = v.(bool)
			p.Force = p.Force || b
		default:
			ok = false
		}
		if !ok && v != nil {
			return p, true, fault.New(fault.Invalid, "passwordProfile: %s is not understood", k).WithField("passwordProfile")
		}
	}
	return p, true, nil
}

// takePrincipals reads a list of names or ids of principals.
func (c *call) takePrincipals(o graph.Object, name string, kind ident.Kind) ([]ident.ID, error) {
	list, _, err := take[[]any](o, name)
	if err != nil {
		return nil, err
	}
	var out []ident.ID
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, fault.New(fault.Invalid, "%s is a list of names or ids", name).WithField(name)
		}
		e, err := c.dir.Find(kind, s)
		if err != nil {
			return nil, err
		}
		out = append(out, e.ID)
	}
	return out, nil
}

func takeRoles(o graph.Object) ([]ident.ID, error) {
	list, _, err := take[[]any](o, "roles")
	if err != nil {
		return nil, err
	}
	var out []ident.ID
	for _, v := range list {
		s, _ := v.(string)
		d, err := roleNamed(s)
		if err != nil {
			return nil, err
		}
		out = append(out, d.ID)
	}
	return out, nil
}

func roleNamed(s string) (*role.Definition, error) {
	if d := role.ByName(s); d != nil {
		return d, nil
	}
	var names []string
	for _, d := range role.Builtin() {
		names = append(names, d.Name)
	}
	return nil, fault.New(fault.NotFound, "there is no role %q", s).WithField("roles").WithHint("the roles are: %s", strings.Join(names, ", "))
}

func takeNumber(o graph.Object, name string) (uint32, error) {
	v, there, err := take[float64](o, name)
	if err != nil || !there {
		return 0, err
	}
	if v < 1 || v >= 1<<31 || v != float64(uint32(v)) {
		return 0, fault.New(fault.Invalid, "%s is a whole number", name).WithField(name)
	}
	return uint32(v), nil
}

// updateUser changes properties, the switches and the password of a person. The
// properties change together; a password is a change of its own, made last.
func updateUser(c *call) (int, any, error) {
	e, err := c.find(ident.KindUser, "id")
	if err != nil {
		return 0, nil, err
	}
	o, err := c.readObject()
	if err != nil {
		return 0, nil, err
	}
	var mods []directory.Mod
	set := func(id schema.ID, v string) {
		mods = append(mods, directory.Mod{Op: directory.ModReplace, Attr: id, Vals: [][]byte{[]byte(v)}})
	}
	if on, there, err := take[bool](o, "accountEnabled"); err != nil {
		return 0, nil, err
	} else if there {
		bits := e.Control | directory.ControlDisabled
		if on {
			bits = e.Control &^ directory.ControlDisabled
		}
		set(schema.UserAccountControl, strconv.Itoa(int(bits)))
	}
	if at, there, err := take[string](o, "accountExpires"); err != nil {
		return 0, nil, err
	} else if there {
		n, err := expiry(at)
		if err != nil {
			return 0, nil, err
		}
		set(schema.AccountExpires, strconv.FormatInt(n, 10))
	}
	if n, err := takeNumber(o, "uidNumber"); err != nil {
		return 0, nil, err
	} else if n != 0 {
		set(schema.UIDNumber, strconv.Itoa(int(n)))
	}
	p, reset, err := takePassword(o)
	if err != nil {
		return 0, nil, err
	}
	if upn, there, err := take[string](o, "userPrincipalName"); err != nil {
		return 0, nil, err
	} else if there {
		set(schema.UserPrincipalName, upn)
	}
	attrs, err := attributes(o, schema.User)
	if err != nil {
		return 0, nil, err
	}
	for _, v := range attrs {
		mods = append(mods, directory.Mod{Op: directory.ModReplace, Attr: v.Attr, Vals: v.Vals})
	}
	if len(mods) > 0 {
		if err := c.as.Modify(c.r.Context(), e.ID, mods); err != nil {
			return 0, nil, err
		}
	}
	if !reset {
		return http.StatusNoContent, nil, nil
	}
	pw := credential.Password(p.Password)
	if pw == "" {
		pw = credential.Generate()
	}
	if err := c.as.SetPassword(c.r.Context(), e.ID, pw, p.Force); err != nil {
		return 0, nil, err
	}
	if p.Password != "" {
		return http.StatusNoContent, nil, nil
	}
	return http.StatusOK, graph.Object{"passwordProfile": graph.PasswordProfile{Password: string(pw), Force: p.Force}}, nil
}

// expiry reads the end of an account: a time, or empty for never.
func expiry(s string) (int64, error) {
	if s == "" || s == "never" {
		return 0, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return directory.FileTime(t), nil
		}
	}
	return 0, fault.New(fault.Invalid, "%q is not a time", s).WithField("accountExpires").WithHint("it looks like 2026-12-31 or 2026-12-31T17:00:00Z; never takes it away")
}

func deleteUser(c *call) (int, any, error) {
	e, err := c.find(ident.KindUser, "id")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, c.as.Delete(c.r.Context(), e.ID)
}

func revoke(c *call) (int, any, error) {
	e, err := c.find(ident.KindUser, "id")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, graph.Object{"value": true}, c.as.Revoke(c.r.Context(), e.ID)
}

func unlock(c *call) (int, any, error) {
	e, err := c.find(ident.KindUser, "id")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, c.as.Unlock(c.r.Context(), e.ID)
}

// rename gives a person or group another login name.
func rename(c *call) (int, any, error) {
	var body struct {
		Name string `json:"name"`
	}
	e, err := c.find("", "id")
	if err != nil {
		return 0, nil, err
	}
	if err := c.read(&body); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, c.as.Rename(c.r.Context(), e.ID, body.Name, ident.ID{})
}

// memberOf lists the groups a person stands in: itself, or at any depth.
func memberOf(deep bool) handler {
	return func(c *call) (int, any, error) {
		e, err := c.find("", "id")
		if err != nil {
			return 0, nil, err
		}
		var out []*directory.Entry
		for _, m := range c.dir.Memberships(e.ID) {
			if deep || m.Through == nil && !m.Primary {
				out = append(out, m.Group)
			}
		}
		return c.objects(out)
	}
}
