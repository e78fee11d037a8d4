package ldapd

import (
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

var undefined = directory.Filter{Op: directory.Undefined}

// filterOf is a filter in core's words. An attribute or a matching rule that is
// not known is undefined, never an error, RFC 4511 §4.5.1.7.
func filterOf(f ldap.Filter) directory.Filter {
	switch f := f.(type) {
	case ldap.And:
		return directory.Filter{Op: directory.And, Children: filtersOf(f)}
	case ldap.Or:
		return directory.Filter{Op: directory.Or, Children: filtersOf(f)}
	case ldap.Not:
		return directory.Filter{Op: directory.Not, Children: []directory.Filter{filterOf(f.Filter)}}
	case ldap.Equal:
		return item(directory.Equal, f.Attr, f.Value)
	case ldap.Approx: // the server's own measure of nearness, which is equality
		return item(directory.Equal, f.Attr, f.Value)
	case ldap.GreaterOrEqual:
		return item(directory.GreaterOrEqual, f.Attr, f.Value)
	case ldap.LessOrEqual:
		return item(directory.LessOrEqual, f.Attr, f.Value)
	case ldap.Present:
		return item(directory.Present, f.Attr, nil)
	case ldap.Substrings:
		out := item(directory.Substrings, f.Attr, nil)
		out.Initial, out.Any, out.Final = f.Initial, f.Any, f.Final
		return out
	case ldap.Extensible:
		return extensible(f)
	}
	return undefined
}

func filtersOf(list []ldap.Filter) []directory.Filter {
	out := make([]directory.Filter, len(list))
	for i, f := range list {
		out[i] = filterOf(f)
	}
	return out
}

// item is a test of one attribute.
func item(op directory.FilterOp, name string, value []byte) directory.Filter {
	id, ok := attribute(name)
	if !ok {
		return undefined
	}
	return directory.Filter{Op: op, Attr: id, Value: value}
}

// extensible is a test by a matching rule. The attributes of an entry's name are
// the entry's own here, so there is nothing more to look at with :dn.
func extensible(f ldap.Extensible) directory.Filter {
	if f.Attr == "" || f.DNAttrs {
		return undefined
	}
	switch f.Rule {
	case "":
		return item(directory.Equal, f.Attr, f.Value)
	case ldap.OIDBitAnd:
		return item(directory.BitAnd, f.Attr, f.Value)
	case ldap.OIDBitOr:
		return item(directory.BitOr, f.Attr, f.Value)
	case ldap.OIDInChain:
		return item(directory.InChain, f.Attr, f.Value)
	}
	return undefined
}

// attribute finds an attribute by its description: a name or an OID, with options
// that are passed over, RFC 4512 §2.5.
func attribute(description string) (schema.ID, bool) {
	name, _, _ := strings.Cut(description, ";")
	return schema.Lookup(name)
}
