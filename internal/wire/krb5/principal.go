package krb5

import (
	"slices"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Realm is the name of a realm. Ours is upper case, and peers may write it
// otherwise.
type Realm string

// PrincipalName is a name within a realm, RFC 4120 §5.2.2. Without parts it
// stands for an absent name.
type PrincipalName struct {
	Type  NameType
	Parts []string
}

// Name makes a name.
func Name(t NameType, parts ...string) PrincipalName { return PrincipalName{t, parts} }

// TicketService is the name of the service that grants tickets in a realm.
func TicketService(r Realm) PrincipalName { return Name(NameService, "krbtgt", string(r)) }

// ChangePassword is the name of the service that changes passwords, RFC 3244 §2.
func ChangePassword() PrincipalName { return Name(NameService, "kadmin", "changepw") }

// Anonymous is the name of nobody in particular, RFC 8062 §3. A client that does not
// say whose it is has [AnonymousRealm] too.
func Anonymous() PrincipalName { return Name(NameWellKnown, "WELLKNOWN", "ANONYMOUS") }

// AnonymousRealm is the realm of nobody in particular, RFC 8062 §3.
const AnonymousRealm Realm = "WELLKNOWN:ANONYMOUS"

// IsZero reports whether the name is absent.
func (n PrincipalName) IsZero() bool { return len(n.Parts) == 0 }

// Equal reports whether both names have the same parts. The type is a hint and
// does not count, RFC 4120 §6.2.
func (n PrincipalName) Equal(m PrincipalName) bool { return slices.Equal(n.Parts, m.Parts) }

// quote makes a part of a name readable and unambiguous, RFC 1964 §2.1.1.
var quote = strings.NewReplacer(`\`, `\\`, `/`, `\/`, `@`, `\@`, "\n", `\n`, "\t", `\t`, "\b", `\b`, "\x00", `\0`)

// String returns the name in one line, its parts quoted and set apart by slashes.
func (n PrincipalName) String() string {
	quoted := make([]string, len(n.Parts))
	for i, p := range n.Parts {
		quoted[i] = quote.Replace(p)
	}
	return strings.Join(quoted, "/")
}

// In returns the name in one line with its realm behind an at sign.
func (n PrincipalName) In(r Realm) string { return n.String() + "@" + quote.Replace(string(r)) }

func (n *PrincipalName) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	n.Type = NameType(field(r, 0, readInt32))
	n.Parts = field(r, 1, readParts)
	r.Leave(outer)
}

func readParts(r *ber.Reader) []string { return list(r, MaxNameParts, readText) }

func readName(r *ber.Reader) PrincipalName { return part[PrincipalName](r) }

// Append writes the name in front of what b holds.
func (n PrincipalName) Append(b *ber.Builder) {
	end := b.Len()
	for _, s := range slices.Backward(n.Parts) {
		b.Text(ber.GeneralString, s)
	}
	b.Wrap(ber.Sequence, end)
	b.Wrap(ber.ContextConstructed(1), end)
	putInt(b, 0, int64(n.Type))
	b.Wrap(ber.Sequence, end)
}

// AddressType is the type of a network address, RFC 4120 §7.5.3.
type AddressType int32

// The types of addresses.
const (
	AddressIPv4    AddressType = 2
	AddressNetBIOS AddressType = 20
	AddressIPv6    AddressType = 24
)

// HostAddress is a network address, RFC 4120 §5.2.5.
type HostAddress struct {
	Type    AddressType
	Address []byte
}

func (a *HostAddress) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	a.Type = AddressType(field(r, 0, readInt32))
	a.Address = field(r, 1, readOctets)
	r.Leave(outer)
}

// readAddresses reads addresses. RFC 4120 §5.2.5 says that there should be one at
// least, and Heimdal writes a list of none.
func readAddresses(r *ber.Reader) []HostAddress {
	return listOrNone(r, MaxAddresses, part[HostAddress])
}

// Append writes the address in front of what b holds.
func (a HostAddress) Append(b *ber.Builder) {
	end := b.Len()
	putOctets(b, 1, a.Address)
	putInt(b, 0, int64(a.Type))
	b.Wrap(ber.Sequence, end)
}
