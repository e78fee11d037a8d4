package ldapd

import (
	"maps"
	"slices"

	"github.com/selfsame-dev/selfsame/internal/core/schema"
)

// published is the subschema, RFC 4512 §4.2, which clients such as ldap3 read on
// every connection: it is written once.
type published struct {
	values map[schema.ID][][]byte
	ids    []schema.ID
}

func publish() published {
	p := schema.Publish()
	out := published{values: map[schema.ID][][]byte{
		schema.AttributeTypes: octets(p.AttributeTypes),
		schema.ObjectClasses:  octets(p.ObjectClasses),
		schema.LdapSyntaxes:   octets(p.Syntaxes),
		schema.MatchingRules:  octets(p.MatchingRules),
	}}
	out.ids = slices.Sorted(maps.Keys(out.values))
	return out
}

func octets(texts []string) [][]byte {
	out := make([][]byte, len(texts))
	for i, t := range texts {
		out[i] = []byte(t)
	}
	return out
}
