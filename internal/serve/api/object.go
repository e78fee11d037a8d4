package api

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

// describe writes an entry as Graph shows it. Which properties there are, and
// under what names, the schema says; ours stand together under selfsame.
func (c *call) describe(e *directory.Entry, rd *directory.Reader) graph.Object {
	o := graph.Object{"id": e.ID.String(), "createdDateTime": e.Created.Truncate(time.Second), "displayName": e.DisplayName()}
	for _, a := range schema.Attributes() {
		if a.Graph == "" || a.Source != schema.Stored || !e.Class.Allows(a.ID) {
			continue
		}
		if _, done := o[a.Graph]; done || special[a.Graph] {
			continue
		}
		switch vals := rd.Values(e, a.ID); {
		case len(vals) > 0 && !a.Single:
			list := make([]string, len(vals))
			for i, v := range vals {
				list[i] = string(v)
			}
			o[a.Graph] = list
		case len(vals) > 0:
			o[a.Graph] = string(vals[0])
		case e.Class == schema.User:
			o[a.Graph] = nil
		}
	}
	own := graph.Object{"dn": e.DN(), "protected": c.dir.IsProtected(e.ID)}
	if e.SID() != "" {
		own["sid"] = e.SID().String()
	}
	n, numbered := e.UIDNumber()
	dom := c.dir.Domain()
	switch e.Class {
	case schema.User, schema.Computer, schema.ManagedServiceAccount:
		o["userPrincipalName"] = e.UPN(&dom)
		o["accountEnabled"] = !e.Disabled()
		o["onPremisesSamAccountName"] = e.Login
		o["mailNickname"] = e.Login
		o["businessPhones"] = phones(rd.Values(e, schema.TelephoneNumber))
		if numbered {
			own["uidNumber"] = n
		}
		if g := rd.Values(e, schema.GIDNumber); len(g) > 0 {
			own["gidNumber"] = jsonNumber(g[0])
		}
		own["imported"] = e.Number != 0
		c.describeSignIn(e, own)
	case schema.Group:
		o["displayName"] = e.Login
		o["mailNickname"] = strings.ReplaceAll(e.Login, " ", "-")
		o["securityEnabled"], o["mailEnabled"], o["groupTypes"] = true, false, []string{}
		if numbered {
			own["gidNumber"] = n
		}
		own["members"] = c.dir.MemberCount(e.ID)
	}
	o["selfsame"] = own
	return o
}

// special are Graph properties that the table does not write one to one.
var special = map[string]bool{"userPrincipalName": true, "businessPhone": true, "accountExpires": true, "onPremisesSecurityIdentifier": true}

func phones(vals [][]byte) []string {
	out := make([]string, 0, len(vals))
	for _, v := range vals {
		out = append(out, string(v))
	}
	return out
}

func jsonNumber(b []byte) any {
	var n int64
	if _, err := fmt.Sscan(string(b), &n); err != nil {
		return nil
	}
	return n
}

// describeSignIn tells what the helpdesk and the person may know of an account.
func (c *call) describeSignIn(e *directory.Entry, own graph.Object) {
	if !c.as.Can(role.SupportRead, e).Allowed {
		return
	}
	if _, until, locked := c.dir.Lockout(e.ID).Locked(c.dir.Now()); locked {
		own["lockedUntil"] = until
	}
	if cred := c.dir.Credential(e.ID); cred != nil {
		own["hasPassword"] = cred.Usable
		own["mustChangePassword"] = cred.Must
		if cred.Usable {
			own["passwordSet"] = cred.SetAt
		}
	}
	if t := e.Expires(); !t.IsZero() {
		own["accountExpires"] = t
	}
}

// selected keeps the properties that $select names.
func (c *call) selected(o graph.Object) graph.Object {
	s := c.r.URL.Query().Get("$select")
	if s == "" {
		return o
	}
	out := graph.Object{}
	for _, name := range strings.Split(s, ",") {
		name = strings.TrimSpace(name)
		if v, ok := o[name]; ok {
			out[name] = v
		}
	}
	return out
}

// attributes turns the properties of a document into values, leaving out those
// that handled takes care of. A property nobody knows is an error.
func attributes(o graph.Object, class schema.Class, handled ...string) ([]directory.Value, error) {
	var out []directory.Value
	for name, v := range o {
		if slices.Contains(handled, name) {
			continue
		}
		if name == "businessPhones" {
			name = "businessPhone"
		}
		id, ok := schema.LookupGraph(name)
		if !ok || !class.Allows(id) || schema.Of(id).Source != schema.Stored {
			return nil, fault.New(fault.Invalid, "a %s has no property %q", class, name).WithField(name)
		}
		vals, err := textsOf(name, v)
		if err != nil {
			return nil, err
		}
		out = append(out, directory.Value{Attr: id, Vals: vals})
	}
	slices.SortFunc(out, func(a, b directory.Value) int { return int(a.Attr) - int(b.Attr) })
	return out, nil
}

func textsOf(name string, v any) ([][]byte, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		if v == "" {
			return nil, nil
		}
		return [][]byte{[]byte(v)}, nil
	case []any:
		var out [][]byte
		for _, x := range v {
			s, ok := x.(string)
			if !ok {
				return nil, fault.New(fault.Invalid, "%s is a list of texts", name).WithField(name)
			}
			out = append(out, []byte(s))
		}
		return out, nil
	}
	return nil, fault.New(fault.Invalid, "%s is a text", name).WithField(name)
}

// take removes a property of a type from a document.
func take[T any](o graph.Object, name string) (v T, ok bool, err error) {
	raw, there := o[name]
	delete(o, name)
	if !there || raw == nil {
		return v, false, nil
	}
	if v, ok = raw.(T); !ok {
		return v, false, fault.New(fault.Invalid, "%s is not a %T", name, v).WithField(name)
	}
	return v, true, nil
}

// filter turns a $filter into a search filter.
func filter(e graph.Expr) (directory.Filter, error) {
	var f directory.Filter
	switch e.Op {
	case graph.And, graph.Or, graph.Not:
		f.Op = map[graph.Op]directory.FilterOp{graph.And: directory.And, graph.Or: directory.Or, graph.Not: directory.Not}[e.Op]
		for _, a := range e.Args {
			x, err := filter(a)
			if err != nil {
				return f, err
			}
			f.Children = append(f.Children, x)
		}
		return f, nil
	}
	if e.Field == "accountEnabled" {
		f = directory.Filter{Op: directory.BitAnd, Attr: schema.UserAccountControl, Value: []byte("2")}
		if e.Value == "true" == (e.Op == graph.Eq) {
			f = directory.Filter{Op: directory.Not, Children: []directory.Filter{f}}
		}
		return f, nil
	}
	id, ok := filterable(e.Field)
	if !ok {
		return f, fault.New(fault.Invalid, "$filter: there is no property %q to filter on", e.Field).WithField("$filter")
	}
	f.Attr, f.Value = id, []byte(e.Value)
	switch e.Op {
	case graph.Eq:
		f.Op = directory.Equal
	case graph.Ne:
		f.Op = directory.Equal
		return directory.Filter{Op: directory.Not, Children: []directory.Filter{f}}, nil
	case graph.Ge:
		f.Op = directory.GreaterOrEqual
	case graph.Le:
		f.Op = directory.LessOrEqual
	case graph.StartsWith:
		f.Op, f.Initial = directory.Substrings, []byte(e.Value)
	case graph.EndsWith:
		f.Op, f.Final = directory.Substrings, []byte(e.Value)
	case graph.Contains:
		f.Op, f.Any = directory.Substrings, [][]byte{[]byte(e.Value)}
	}
	return f, nil
}

// filterable finds the attribute behind a property in a $filter.
func filterable(name string) (schema.ID, bool) {
	switch name {
	case "id":
		return schema.ObjectGUID, true
	case "uidNumber", "selfsame/uidNumber":
		return schema.UIDNumber, true
	}
	return schema.LookupGraph(name)
}

// typed adds what tells objects of several kinds in one list apart.
func typed(o graph.Object, e *directory.Entry) graph.Object {
	o["@odata.type"] = map[ident.Kind]string{
		ident.KindUser: "#microsoft.graph.user", ident.KindGroup: "#microsoft.graph.group", ident.KindComputer: "#microsoft.graph.device",
	}[e.Kind()]
	return o
}

// token hides a DN key in a page's link.
func token(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

func untoken(s string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", fault.New(fault.Invalid, "$skiptoken is not one we gave").WithField("$skiptoken")
	}
	return string(b), nil
}
