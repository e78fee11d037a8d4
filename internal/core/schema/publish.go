package schema

import (
	"slices"
	"strings"
)

// syntaxInfo is what the subschema says of a syntax: RFC 4517 §3.3, and
// [MS-ADTS] §3.1.1.2.2.2 for the large integer.
var syntaxInfo = map[Syntax]struct{ oid, name, equality, ordering, substring string }{
	Text:    {"1.3.6.1.4.1.1466.115.121.1.15", "Directory String", "caseIgnoreMatch", "", "caseIgnoreSubstringsMatch"},
	ASCII:   {"1.3.6.1.4.1.1466.115.121.1.26", "IA5 String", "caseIgnoreIA5Match", "", "caseIgnoreIA5SubstringsMatch"},
	Exact:   {"1.3.6.1.4.1.1466.115.121.1.40", "Octet String", "octetStringMatch", "", ""},
	Int:     {"1.3.6.1.4.1.1466.115.121.1.27", "INTEGER", "integerMatch", "integerOrderingMatch", ""},
	Int64:   {"1.2.840.113556.1.4.906", "Large Integer", "integerMatch", "integerOrderingMatch", ""},
	Bool:    {"1.3.6.1.4.1.1466.115.121.1.7", "Boolean", "booleanMatch", "", ""},
	Time:    {"1.3.6.1.4.1.1466.115.121.1.24", "Generalized Time", "generalizedTimeMatch", "generalizedTimeOrderingMatch", ""},
	OID:     {"1.3.6.1.4.1.1466.115.121.1.38", "OID", "objectIdentifierMatch", "", ""},
	Link:    {"1.3.6.1.4.1.1466.115.121.1.12", "DN", "distinguishedNameMatch", "", ""},
	SIDs:    {"1.3.6.1.4.1.1466.115.121.1.40", "Octet String", "octetStringMatch", "", ""},
	GUID:    {"1.3.6.1.4.1.1466.115.121.1.40", "Octet String", "octetStringMatch", "", ""},
	Phone:   {"1.3.6.1.4.1.1466.115.121.1.50", "Telephone Number", "telephoneNumberMatch", "", "telephoneNumberSubstringsMatch"},
	LinkBin: {"1.2.840.113556.1.4.903", "DN with binary", "", "", ""},
	Named:   {"1.3.6.1.4.1.1466.115.121.1.15", "Directory String", "caseIgnoreMatch", "", "caseIgnoreSubstringsMatch"},
	Cased:   {"1.3.6.1.4.1.1466.115.121.1.15", "Directory String", "caseExactMatch", "", "caseExactSubstringsMatch"},
}

// Published is the subschema, RFC 4512 §4.2, as clients read it.
type Published struct {
	AttributeTypes, ObjectClasses, Syntaxes, MatchingRules []string
}

// Publish writes the table in the words of RFC 4512 §4.1. Every attribute we
// serve is in it, and every one a client may ask for that nobody has: a client
// that reads a schema refuses, by itself, names it does not find there.
func Publish() Published {
	var p Published
	for _, a := range Attributes() {
		p.AttributeTypes = append(p.AttributeTypes, attributeType(&a))
	}
	seen := make(map[string]bool)
	for s := Text; s <= Named; s++ {
		i := syntaxInfo[s]
		if !seen[i.oid] {
			seen[i.oid] = true
			p.Syntaxes = append(p.Syntaxes, "( "+i.oid+" DESC '"+i.name+"' )")
		}
	}
	p.MatchingRules = slices.Clone(matchingRules)
	p.ObjectClasses = append(p.ObjectClasses,
		"( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass MAY ( "+names(everyEntry)+" ) )",
		"( 2.5.6.6 NAME 'person' SUP top ABSTRACT MUST cn MAY ( sn $ telephoneNumber $ description ) )",
		"( 2.5.6.7 NAME 'organizationalPerson' SUP person ABSTRACT MAY ( title $ ou $ st $ l ) )",
		"( 1.2.840.113556.1.5.66 NAME 'domain' SUP top ABSTRACT MAY ( dc ) )",
	)
	for c := User; c < classes; c++ {
		p.ObjectClasses = append(p.ObjectClasses, objectClass(&classTable[c]))
	}
	return p
}

func attributeType(a *Attr) string {
	s := syntaxInfo[a.Syntax]
	var b strings.Builder
	b.WriteString("( " + a.OID + " NAME '" + a.Name + "'")
	for _, part := range [][2]string{{" EQUALITY ", s.equality}, {" ORDERING ", s.ordering}, {" SUBSTR ", s.substring}} {
		if part[1] != "" {
			b.WriteString(part[0] + part[1])
		}
	}
	b.WriteString(" SYNTAX " + s.oid)
	if a.Single {
		b.WriteString(" SINGLE-VALUE")
	}
	if a.Write == Nobody {
		b.WriteString(" NO-USER-MODIFICATION USAGE directoryOperation")
	}
	b.WriteString(" )")
	return b.String()
}

func objectClass(c *ClassInfo) string {
	sup := "top"
	if n := len(c.Chain); n > 1 {
		sup = c.Chain[n-2]
	}
	var b strings.Builder
	b.WriteString("( " + c.OID + " NAME '" + c.Name + "' SUP " + sup + " STRUCTURAL MUST " + Of(c.RDN).Name)
	if len(c.May) > 0 {
		b.WriteString(" MAY ( " + names(c.May) + " )")
	}
	b.WriteString(" )")
	return b.String()
}

func names(ids []ID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = Of(id).Name
	}
	return strings.Join(out, " $ ")
}

// matchingRules are the rules named above, RFC 4517 §4.2, and Active
// Directory's, [MS-ADTS] §3.1.1.3.4.4.
var matchingRules = []string{
	"( 2.5.13.2 NAME 'caseIgnoreMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
	"( 2.5.13.4 NAME 'caseIgnoreSubstringsMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.58 )",
	"( 2.5.13.5 NAME 'caseExactMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
	"( 2.5.13.7 NAME 'caseExactSubstringsMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.58 )",
	"( 1.3.6.1.4.1.1466.109.114.2 NAME 'caseIgnoreIA5Match' SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )",
	"( 1.3.6.1.4.1.1466.109.114.3 NAME 'caseIgnoreIA5SubstringsMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.58 )",
	"( 2.5.13.17 NAME 'octetStringMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )",
	"( 2.5.13.14 NAME 'integerMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
	"( 2.5.13.15 NAME 'integerOrderingMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
	"( 2.5.13.13 NAME 'booleanMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 )",
	"( 2.5.13.27 NAME 'generalizedTimeMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 )",
	"( 2.5.13.28 NAME 'generalizedTimeOrderingMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 )",
	"( 2.5.13.0 NAME 'objectIdentifierMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )",
	"( 2.5.13.1 NAME 'distinguishedNameMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
	"( 2.5.13.20 NAME 'telephoneNumberMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.50 )",
	"( 2.5.13.21 NAME 'telephoneNumberSubstringsMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.58 )",
	"( 1.2.840.113556.1.4.803 NAME 'bitAnd' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
	"( 1.2.840.113556.1.4.804 NAME 'bitOr' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
	"( 1.2.840.113556.1.4.1941 NAME 'inChain' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
}
