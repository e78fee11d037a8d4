package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

// below lists the entries of a class in a unit of the domain's own, or in an entry
// there, by name.
func (c *call) below(unit string, class schema.Class) ([]*directory.Entry, error) {
	dom := c.dir.Domain()
	base, err := c.dir.Resolve(dom.Base().Child("OU", unit))
	if err != nil {
		return nil, err
	}
	var out []*directory.Entry
	err = c.as.Search(c.r.Context(), directory.Query{Base: base, Scope: directory.Subtree, Filter: directory.Filter{
		Op: directory.Equal, Attr: schema.ObjectClass, Value: []byte(class.String()),
	}}, func(e *directory.Entry) bool {
		out = append(out, e)
		return true
	})
	slices.SortFunc(out, func(a, b *directory.Entry) int { return strings.Compare(a.RDN, b.RDN) })
	return out, err
}

// object finds one of them by its name.
func (c *call) object(unit string, class schema.Class, name string) (*directory.Entry, error) {
	all, err := c.below(unit, class)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if ident.Fold(e.RDN) == ident.Fold(name) {
			return e, nil
		}
	}
	return nil, fault.New(fault.NotFound, "there is no %s %q", class, name)
}

func (c *call) sudoRule(e *directory.Entry) graph.SudoRule {
	r := c.as.Reader()
	read := func(id schema.ID) []string { return texts(r.Values(e, id)) }
	out := graph.SudoRule{
		ID: e.ID.String(), Name: e.RDN, Description: e.First(schema.Description), Users: read(schema.SudoUser), Hosts: read(schema.SudoHost),
		Commands: read(schema.SudoCommand), Options: read(schema.SudoOption), RunAsUsers: read(schema.SudoRunAsUser), RunAsGroups: read(schema.SudoRunAsGroup),
	}
	out.NotBefore, _ = schema.ParseTime(e.First(schema.SudoNotBefore))
	out.NotAfter, _ = schema.ParseTime(e.First(schema.SudoNotAfter))
	out.Order, _ = strconv.Atoi(e.First(schema.SudoOrder))
	return out
}

func listSudo(c *call) (int, any, error) {
	all, err := c.below(directory.SudoersUnit, schema.SudoRole)
	if err != nil {
		return 0, nil, err
	}
	out := graph.List[graph.SudoRule]{Value: []graph.SudoRule{}}
	for _, e := range all {
		out.Value = append(out.Value, c.sudoRule(e))
	}
	return http.StatusOK, out, nil
}

func getSudo(c *call) (int, any, error) {
	e, err := c.object(directory.SudoersUnit, schema.SudoRole, c.r.PathValue("name"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.sudoRule(e), nil
}

// createSudo makes a rule. One that names nobody, no machine or no command is
// refused: sudo reads a rule without a host as one for no host, and SSSD as one for
// every host.
func createSudo(c *call) (int, any, error) {
	var q graph.SudoRule
	if err := c.read(&q); err != nil {
		return 0, nil, err
	}
	for name, list := range map[string][]string{"users": q.Users, "hosts": q.Hosts, "commands": q.Commands} {
		if len(list) == 0 {
			return 0, nil, fault.New(fault.Invalid, "a rule says its %s", name).WithField(name).WithHint("ALL means all of them")
		}
	}
	var attrs []directory.Value
	add := func(id schema.ID, vals ...string) {
		if len(vals) == 0 {
			return
		}
		v := directory.Value{Attr: id}
		for _, s := range vals {
			v.Vals = append(v.Vals, []byte(s))
		}
		attrs = append(attrs, v)
	}
	add(schema.SudoUser, q.Users...)
	add(schema.SudoHost, q.Hosts...)
	add(schema.SudoCommand, q.Commands...)
	add(schema.SudoOption, q.Options...)
	add(schema.SudoRunAsUser, q.RunAsUsers...)
	add(schema.SudoRunAsGroup, q.RunAsGroups...)
	if q.Description != "" {
		add(schema.Description, q.Description)
	}
	if !q.NotBefore.IsZero() {
		add(schema.SudoNotBefore, schema.FormatTime(q.NotBefore))
	}
	if !q.NotAfter.IsZero() {
		add(schema.SudoNotAfter, schema.FormatTime(q.NotAfter))
	}
	if q.Order != 0 {
		add(schema.SudoOrder, strconv.Itoa(q.Order))
	}
	e, err := c.as.CreateObject(c.r.Context(), schema.SudoRole, q.Name, ident.ID{}, attrs)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, c.sudoRule(e), nil
}

func deleteSudo(c *call) (int, any, error) {
	e, err := c.object(directory.SudoersUnit, schema.SudoRole, c.r.PathValue("name"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, c.as.Delete(c.r.Context(), e.ID)
}

func listKeys(c *call) (int, any, error) {
	e, err := c.find(ident.KindUser, "id")
	if err != nil {
		return 0, nil, err
	}
	out := graph.List[graph.SSHKey]{Value: []graph.SSHKey{}}
	for _, v := range c.as.Reader().Values(e, schema.SSHPublicKey) {
		k := graph.SSHKey{Key: string(v)}
		k.Type, k.Fingerprint, k.Comment = directory.KeyOf(v)
		out.Value = append(out.Value, k)
	}
	return http.StatusOK, out, nil
}

func addKey(c *call) (int, any, error) {
	e, err := c.find(ident.KindUser, "id")
	if err != nil {
		return 0, nil, err
	}
	var q graph.SSHKey
	if err := c.read(&q); err != nil {
		return 0, nil, err
	}
	err = c.as.Modify(c.r.Context(), e.ID, []directory.Mod{{Op: directory.ModAdd, Attr: schema.SSHPublicKey, Vals: [][]byte{[]byte(strings.TrimSpace(q.Key))}}})
	return http.StatusNoContent, nil, err
}

func removeKey(c *call) (int, any, error) {
	e, err := c.find(ident.KindUser, "id")
	if err != nil {
		return 0, nil, err
	}
	want := c.r.URL.Query().Get("fingerprint")
	for _, v := range e.Stored(schema.SSHPublicKey) {
		if _, fingerprint, _ := directory.KeyOf(v); fingerprint == want {
			return http.StatusNoContent, nil, c.as.Modify(c.r.Context(), e.ID, []directory.Mod{{Op: directory.ModDelete, Attr: schema.SSHPublicKey, Vals: [][]byte{v}}})
		}
	}
	return 0, nil, fault.New(fault.NotFound, "%s has no SSH key %q", e.Name(), want).WithField("fingerprint").WithHint("list them: selfsame user ssh-key list %s", e.Name())
}

func (c *call) access(e *directory.Entry) graph.HostAccess {
	a, ruled := c.s.cfg.Machines.AccessOf(e)
	out := graph.HostAccess{Ruled: ruled, Groups: a.Groups, Users: a.Users, SSSD: a.Lines(ruled)}
	if ruled {
		out.Permits = a.Permits()
	}
	return out
}

func getAccess(c *call) (int, any, error) {
	x, err := c.machines().Find(c.r.Context(), c.r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.access(x.Entry), nil
}

func setAccess(c *call) (int, any, error) {
	e, err := c.dir.Machine(c.r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	var q graph.HostAccess
	if err := c.read(&q); err != nil {
		return 0, nil, err
	}
	var who []ident.ID
	for kind, names := range map[ident.Kind][]string{ident.KindGroup: q.Groups, ident.KindUser: q.Users} {
		for _, n := range names {
			x, err := c.dir.Find(kind, n)
			if err != nil {
				return 0, nil, err
			}
			who = append(who, x.ID)
		}
	}
	if err := c.as.SetAccess(c.r.Context(), e.ID, who); err != nil {
		return 0, nil, err
	}
	if e, err = c.dir.ByID(e.ID); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.access(e), nil
}

// hostFiles are the files we recommend, for one machine or for any.
func hostFiles(c *call) (int, any, error) {
	if err := c.as.Valid(); err != nil {
		return 0, nil, err
	}
	var e *directory.Entry
	if name := c.r.URL.Query().Get("machine"); name != "" {
		var err error
		if e, err = c.dir.Machine(name); err != nil {
			return 0, nil, err
		}
	}
	return http.StatusOK, graph.HostFiles{SSSD: c.s.cfg.Machines.SSSDConf(e), Sudoers: machine.Sudoers()}, nil
}

func listMaps(c *call) (int, any, error) {
	maps, err := c.below(directory.AutomountUnit, schema.AutomountMap)
	if err != nil {
		return 0, nil, err
	}
	entries, err := c.below(directory.AutomountUnit, schema.Automount)
	if err != nil {
		return 0, nil, err
	}
	out := graph.List[graph.AutomountMap]{Value: []graph.AutomountMap{}}
	for _, m := range maps {
		doc := graph.AutomountMap{Name: m.RDN, Entries: map[string]string{}}
		for _, e := range entries {
			if e.Parent == m.ID {
				doc.Entries[e.RDN] = e.First(schema.AutomountInformation)
			}
		}
		out.Value = append(out.Value, doc)
	}
	return http.StatusOK, out, nil
}

// setMount adds or replaces an entry of a map, and makes the map if there is none.
func setMount(c *call) (int, any, error) {
	var q struct {
		Key  string `json:"key"`
		Info string `json:"information"`
	}
	if err := c.read(&q); err != nil {
		return 0, nil, err
	}
	name := c.r.PathValue("map")
	m, err := c.object(directory.AutomountUnit, schema.AutomountMap, name)
	if fault.Is(err, fault.NotFound) {
		m, err = c.as.CreateObject(c.r.Context(), schema.AutomountMap, name, ident.ID{}, nil)
	}
	if err != nil {
		return 0, nil, err
	}
	info := [][]byte{[]byte(q.Info)}
	e, err := c.mount(m, q.Key)
	if err == nil {
		return http.StatusNoContent, nil, c.as.Modify(c.r.Context(), e.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.AutomountInformation, Vals: info}})
	}
	_, err = c.as.CreateObject(c.r.Context(), schema.Automount, q.Key, m.ID, []directory.Value{{Attr: schema.AutomountInformation, Vals: info}})
	return http.StatusNoContent, nil, err
}

func (c *call) mount(m *directory.Entry, key string) (*directory.Entry, error) {
	all, err := c.below(directory.AutomountUnit, schema.Automount)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if e.Parent == m.ID && ident.Fold(e.RDN) == ident.Fold(key) {
			return e, nil
		}
	}
	return nil, fault.New(fault.NotFound, "the map %s has no entry %q", m.RDN, key)
}

// deleteMount removes an entry of a map; without a key the map, which must be empty.
func deleteMount(c *call) (int, any, error) {
	e, err := c.object(directory.AutomountUnit, schema.AutomountMap, c.r.PathValue("map"))
	if key := c.r.URL.Query().Get("key"); key != "" && err == nil {
		e, err = c.mount(e, key)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, c.as.Delete(c.r.Context(), e.ID)
}
