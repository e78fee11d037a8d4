package ldapd

import (
	"context"
	"slices"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// modify changes an entry, RFC 4511 §4.6: all of the changes or none.
func (x *request) modify(ctx context.Context, q *ldap.ModifyRequest) (ldap.Op, error) {
	x.target = q.Entry
	e, err := x.before(q.Entry)
	if err != nil {
		return nil, err
	}
	p, err := passwordIn(q.Changes)
	if err != nil {
		return nil, err
	}
	if p != nil {
		return x.done(e, x.changePassword(ctx, e, p))
	}
	mods := make([]directory.Mod, 0, len(q.Changes))
	for _, c := range q.Changes {
		m, err := x.mod(e, c)
		if err != nil {
			return nil, err
		}
		mods = append(mods, m)
	}
	return x.done(e, x.as.Modify(ctx, e.ID, mods))
}

// before finds the entry that a request changes, tests what the client asserts of
// it and reads what it wants to see of it as it was.
func (x *request) before(name string) (*directory.Entry, error) {
	e, err := x.entry(name)
	if err != nil {
		return nil, err
	}
	if err := x.assert(e, x.controls.assertion); err != nil {
		return nil, err
	}
	if x.controls.pre {
		x.controls.answer(ldap.OIDPreRead, x.read(e, x.controls.preRead))
	}
	return e, nil
}

// done is the response to a change, with the entry as it is now if the client
// wants to see it.
func (x *request) done(e *directory.Entry, err error) (ldap.Op, error) {
	if err != nil {
		x.controls.answers = nil
		return nil, err
	}
	if x.controls.post {
		if now, err := x.conn.s.cfg.Directory.ByID(e.ID); err == nil {
			x.controls.answer(ldap.OIDPostRead, x.read(now, x.controls.postRead))
		}
	}
	return x.ok(), nil
}

// read is an entry for the pre-read and post-read controls, RFC 4527.
func (x *request) read(e *directory.Entry, names []string) []byte {
	w := entryWriter{s: x.conn.s, reader: x.as.Reader(), pick: selectionOf(names), base: true}
	out := &ldap.SearchResultEntry{DN: e.DN()}
	w.each(e, func(name string, vals [][]byte) {
		out.Attributes = append(out.Attributes, ldap.Attribute{Name: name, Values: vals})
	})
	slices.Reverse(out.Attributes)
	return out.Encode()
}

// mod is a change in core's words.
func (x *request) mod(e *directory.Entry, c ldap.Change) (directory.Mod, error) {
	m := directory.Mod{Vals: c.Attribute.Values}
	row, err := writable(e.Class, c.Attribute.Name)
	if err != nil {
		return m, err
	}
	m.Attr = row.ID
	switch c.Op {
	case ldap.AddValues:
		m.Op = directory.ModAdd
		if x.controls.permissive {
			m.Op = directory.ModEnsure
		}
	case ldap.DeleteValues:
		m.Op = directory.ModDelete
		if x.controls.permissive {
			m.Op = directory.ModRemove
		}
	case ldap.ReplaceValues:
		m.Op = directory.ModReplace
	case ldap.Increment:
		return m, refuse(ldap.UnwillingToPerform, "increment is not served: replace the value")
	default:
		return m, refuse(ldap.ProtocolError, "there is no such change as %d", c.Op)
	}
	switch {
	case row.ID == schema.ObjectClass:
		return m, refuse(ldap.ObjectClassModsProhibited, "an entry keeps its object class")
	case row.Write == schema.Naming && row.ID != schema.UserPrincipalName:
		return m, refuse(ldap.NotAllowedOnRDN, "%s is part of the entry's name: rename the entry", row.Name)
	case row.Syntax == schema.Link:
		m.Vals, err = x.links(row, m.Vals)
		if fault.Is(err, fault.NotFound) && c.Op == ldap.DeleteValues {
			return m, refuse(ldap.NoSuchAttribute, "%v", err)
		}
	}
	return m, err
}

// writable finds an attribute that an entry of the class could have.
func writable(c schema.Class, name string) (*schema.Attr, error) {
	id, ok := attribute(name)
	if !ok {
		return nil, refuse(ldap.UndefinedAttributeType, "there is no attribute %q", clip(name))
	}
	row := schema.Of(id)
	if !c.Allows(id) {
		return nil, refuse(ldap.ObjectClassViolation, "a %s has no %s", c, row.Name)
	}
	return row, nil
}

// links finds the entries that the values of a link name.
func (x *request) links(row *schema.Attr, vals [][]byte) ([][]byte, error) {
	out := make([][]byte, len(vals))
	for i, v := range vals {
		dn, err := ident.ParseDN(string(v))
		if err != nil {
			return nil, refuse(ldap.InvalidAttributeSyntax, "%s: %v", row.Name, err)
		}
		e, err := x.conn.s.cfg.Directory.Resolve(dn)
		if err != nil {
			return nil, err
		}
		out[i] = slices.Clone(e.ID[:])
	}
	return out, nil
}
