package directory

import (
	"slices"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// A sudo rule names people, groups and machines by name, and who takes such a name
// later must not take what the rule gives. So a name is kept as the object's id, and
// read as the name it has now: a rule follows a rename, and forgets who is gone.
//
// A value that names an object is a zero byte and the id; any other is text.

const namedLen = 1 + len(ident.ID{})

func asNamed(id ident.ID) []byte { return append([]byte{0}, id[:]...) }

// namedID returns the object a value of syntax Named names; ok is false for text.
func namedID(v []byte) (id ident.ID, ok bool) {
	if len(v) != namedLen || v[0] != 0 {
		return id, false
	}
	return ident.ID(v[1:]), true
}

// everything is the word for all users, hosts or accounts, sudoers(5).
const everything = "ALL"

// nameOf finds what a value of a sudo rule names, and returns it as it is stored.
func (d *Directory) nameOf(row *schema.Attr, v []byte) ([]byte, error) {
	s := string(v)
	if s == everything {
		return v, nil
	}
	kind, name := ident.KindUser, s
	system := false
	switch row.ID {
	case schema.SudoUser:
		if after, group := strings.CutPrefix(s, "%"); group {
			kind, name = ident.KindGroup, after
		}
	case schema.SudoRunAsGroup:
		kind, system = ident.KindGroup, true
	case schema.SudoRunAsUser:
		system = true
	case schema.SudoHost:
		e, err := d.Machine(s)
		if err == nil && e.Class != schema.Computer {
			err = fault.New(fault.Invalid, "%s is a service account, and nobody signs in on it", e.Name())
		}
		if err != nil {
			return nil, notThere(row, err)
		}
		return asNamed(e.ID), nil
	}
	if system && ident.IsSystemName(s) { // no name of the directory's can be one
		return v, nil
	}
	e, err := d.Find(kind, name)
	if err != nil || ident.Fold(e.Login) != ident.Fold(name) {
		if err == nil {
			err = fault.New(fault.NotFound, "there is no %s %q", kind, clip(name)).WithHint("a rule names login names and groups: alice, %%Admins")
		}
		return nil, notThere(row, err)
	}
	return asNamed(e.ID), nil
}

// notThere says which attribute names what there is not.
func notThere(row *schema.Attr, err error) error {
	return fault.New(fault.Invalid, "%s: %s", row.Name, fault.Message(err)).WithField(row.Name).WithHint("%s", fault.Hint(err))
}

// nameAll puts ids in the stead of names in values to be stored.
func (d *Directory) nameAll(row *schema.Attr, vals [][]byte) ([][]byte, error) {
	if row.Syntax != schema.Named {
		return vals, nil
	}
	out := make([][]byte, len(vals))
	for i, v := range vals {
		var err error
		if out[i], err = d.nameOf(row, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// named puts ids in the stead of names in modifications, and an SSH key in the stead
// of the same key with another comment where one is taken away.
func (d *Directory) named(target *Entry, mods []Mod) ([]Mod, error) {
	out := slices.Clone(mods)
	for i := range out {
		m := &out[i]
		if m.Attr == schema.AltSecurityIdentities { // another name of the same list
			m.Attr = schema.SSHPublicKey
		}
		var err error
		if m.Vals, err = d.nameAll(schema.Of(m.Attr), m.Vals); err != nil {
			return nil, err
		}
		if m.Attr != schema.SSHPublicKey {
			continue
		}
		m.Vals = slices.Clone(m.Vals)
		for j, v := range m.Vals {
			for _, have := range target.Stored(schema.SSHPublicKey) {
				if keyClaim(have) == keyClaim(v) && m.Op != ModReplace {
					m.Vals[j] = have
				}
			}
		}
	}
	return out, nil
}

// gone is what a rule reads where all it named are gone. An attribute that vanished
// would say more, not less: without sudoRunAsUser a command runs as root, and SSSD
// takes a rule without sudoHost for one of every machine. No person, group or
// machine can have this name.
const gone = "-gone-"

// namedValues are a rule's values as they read now.
func (d *Directory) namedValues(id schema.ID, vals [][]byte, dom *Domain) [][]byte {
	out := make([][]byte, 0, len(vals))
	for _, v := range vals {
		obj, ok := namedID(v)
		if !ok {
			out = append(out, v)
			continue
		}
		switch e := d.entryByID(obj); {
		case e == nil: // who is gone is no longer named
		case id == schema.SudoHost:
			out = append(out, []byte(hostNames(dom, e)[len(hostNames(dom, e))-1]))
		case id == schema.SudoUser && e.Class == schema.Group:
			out = append(out, []byte("%"+e.Login))
		default:
			out = append(out, []byte(e.Login))
		}
	}
	if len(out) == 0 && len(vals) > 0 {
		out = append(out, []byte(gone))
	}
	return out
}

// grantees are the principals that an entry gives rights on machines: those a sudo
// rule names, and those who may sign in on a machine.
func grantees(e *Entry) []ident.ID {
	switch e.Class {
	case schema.SudoRole:
		var out []ident.ID
		for _, v := range e.Stored(schema.SudoUser) {
			if id, ok := namedID(v); ok {
				out = append(out, id)
			}
		}
		return out
	case schema.Computer:
		return e.Links(schema.HostAccess)
	}
	return nil
}

// Grants lists what gives a principal rights on machines by naming it: sudo rules
// and machines.
func (d *Directory) Grants(id ident.ID) []*Entry {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	var out []*Entry
	for _, c := range []schema.Class{schema.SudoRole, schema.Computer} {
		for _, e := range d.m.byClass[c] {
			if slices.Contains(grantees(e), id) {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b *Entry) int { return strings.Compare(a.key, b.key) })
	return out
}
