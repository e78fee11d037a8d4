// Package schema is the one table of attributes and object classes. LDAP, the
// API, the portal and the command line are views of the same entries, and this
// table says how each of them names, reads, checks and writes an attribute.
//
// What always holds:
//
//   - An attribute's ID is its number in stored records and never changes; the
//     table only grows, and a test holds it against a golden file.
//   - A secret attribute can be written and never read, filtered on, compared or
//     listed, by anybody.
//   - What is published as the subschema is what is enforced.
//
// Who may have which right is not known here: the table names classes of rights,
// and core/directory grants them.
package schema

import "strings"

// ID is an attribute's number, in memory and in stored records.
type ID uint16

// Syntax is how values are checked and compared.
type Syntax uint8

// The syntaxes, with their OIDs in [syntaxOIDs].
const (
	Text    Syntax = iota // directory string, compared without case
	ASCII                 // IA5 string, compared without case
	Exact                 // octet string, compared byte by byte
	Int                   // 32-bit signed integer
	Int64                 // large integer, [MS-ADTS] §3.1.1.2.2.2
	Bool                  // TRUE or FALSE
	Time                  // generalized time
	OID                   // object identifier or short name
	Link                  // a DN; kept as the object's id, so that renames follow
	SIDs                  // binary SID; S-1-… is understood in filters
	GUID                  // binary GUID; its text form is understood in filters
	Phone                 // telephone number, compared without case and spaces
	LinkBin               // B:32:<hex>:<DN>, wellKnownObjects
	Cased                 // directory string, compared with case: RFC 4517 §4.2.4
	Named                 // a name of somebody, kept as the object's id; directory writes and reads it
)

// Source says where an attribute's values come from.
type Source uint8

// The sources.
const (
	Stored   Source = iota // kept in the entry's record
	Computed               // made from the record when it is loaded
	Asked                  // made when asked for by name, and only then
	Secret                 // written only
)

// Right is a class of rights; directory grants them to roles.
type Right uint8

// The classes of rights to read and write.
const (
	Nobody    Right = iota // the server alone
	Anyone                 // readable without a sign-in
	Known                  // anyone who has signed in
	Support                // helpdesk, readers of security, and oneself
	Self                   // a person's own, besides those who manage people
	Profile                // who manages people or groups
	Account                // who may disable and expire accounts
	Naming                 // who may rename
	Members                // who may change a group's members
	Owners                 // who may change a group's owners
	Numbers                // Global Administrator: numbers of machines' files
	Machine                // a computer's own, and who manages computers
	Structure              // who manages organizational units
	Password               // who may set the password
	Keys                   // a person's own, and who may set the password
	Sudo                   // who may give root on machines
	Mounts                 // who manages the automounter's maps
	Access                 // who decides who signs in on machines
)

// Attr is one row of the table.
type Attr struct {
	ID     ID
	Name   string // as LDAP spells it
	OID    string
	Syntax Syntax
	Single bool
	Source Source
	Read   Right
	Write  Right
	Max    int    // longest value, bytes; 0 for the default
	Graph  string // name in Graph's JSON; empty if it has none
	Label  string // what people call it
}

// DefaultMax is the longest value where the table gives no limit.
const DefaultMax = 1024

// MaxLen returns the longest value, in bytes.
func (a *Attr) MaxLen() int {
	if a.Max > 0 {
		return a.Max
	}
	return DefaultMax
}

// Attributes are the rows, indexed by ID. The zero row is unused.
func Attributes() []Attr { return table[1:] }

// Of returns the row of id.
func Of(id ID) *Attr { return &table[id] }

var (
	byName  = make(map[string]ID, 2*len(table))
	byGraph = make(map[string]ID, len(table))
)

func index() bool {
	for i := 1; i < len(table); i++ {
		a := &table[i]
		if a.ID != ID(i) {
			panic("schema: row " + a.Name + " stands at the wrong place")
		}
		byName[strings.ToLower(a.Name)] = a.ID
		byName[a.OID] = a.ID
		if a.Graph != "" {
			byGraph[a.Graph] = a.ID
		}
	}
	for alias, name := range aliases {
		byName[alias] = byName[strings.ToLower(name)]
	}
	return true
}

var _ = index()

// aliases are other names under which clients ask for an attribute, RFC 4519 and
// RFC 4512 §4.2.
var aliases = map[string]string{
	"commonname": "cn", "surname": "sn", "localityname": "l", "stateorprovincename": "st",
	"organizationalunitname": "ou", "organizationname": "o", "countryname": "c",
	"domaincomponent": "dc", "rfc822mailbox": "mail", "mobiletelephonenumber": "mobile",
	"fax": "facsimileTelephoneNumber", "homephone": "homePhone",
}

// Lookup finds an attribute by LDAP name or OID, in any case. Options such as
// ;binary or ;range=… are the caller's.
func Lookup(name string) (ID, bool) {
	if id, ok := byName[name]; ok {
		return id, true
	}
	var buf [64]byte
	if len(name) > len(buf) {
		return 0, false
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buf[i] = c
	}
	id, ok := byName[string(buf[:len(name)])] // no allocation: the compiler knows this form
	return id, ok
}

// LookupGraph finds an attribute by its name in Graph's JSON.
func LookupGraph(name string) (ID, bool) {
	id, ok := byGraph[name]
	return id, ok
}
