package ldapd

import (
	"context"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// addition is an entry to be made, as an add request describes it, RFC 4511 §4.7.
type addition struct {
	*request
	parent  *directory.Entry
	class   schema.Class
	name    string // of the RDN
	login   string // sAMAccountName; empty if not given
	upn     string
	pw      credential.Password
	must    bool
	control uint32
	number  uint32
	members []ident.ID
	owners  []ident.ID
	attrs   []directory.Value
}

// add makes a new entry.
func (x *request) add(ctx context.Context, q *ldap.AddRequest) (ldap.Op, error) {
	x.target = q.Entry
	n := &addition{request: x}
	if err := n.place(q); err != nil {
		return nil, err
	}
	for _, a := range q.Attributes {
		if err := n.take(a); err != nil {
			return nil, err
		}
	}
	e, err := n.create(ctx)
	if err != nil {
		return nil, err
	}
	return x.done(e, nil)
}

// place finds the class of the entry, its name and the entry above it.
func (n *addition) place(q *ldap.AddRequest) error {
	dn, err := ident.ParseDN(q.Entry)
	if err != nil || len(dn) == 0 {
		return refuse(ldap.InvalidDNSyntax, "%q is not a distinguished name", clip(q.Entry))
	}
	var classes []string
	for _, a := range q.Attributes {
		if id, _ := attribute(a.Name); id == schema.ObjectClass {
			for _, v := range a.Values {
				classes = append(classes, string(v))
			}
		}
	}
	var ok bool
	if n.class, ok = schema.ClassOf(classes); !ok {
		return refuse(ldap.ObjectClassViolation, "objectClass names no class of entry that there is here: user, group, computer, msDS-ManagedServiceAccount or organizationalUnit")
	}
	if want := schema.Of(n.class.Info().RDN).Name; !strings.EqualFold(dn[0].Type, want) {
		return refuse(ldap.NamingViolation, "a %s is named by %s", n.class, want)
	}
	n.name = dn[0].Value
	d := n.conn.s.cfg.Directory
	if n.parent, err = d.Resolve(dn.Parent()); err != nil {
		return at(d.Nearest(dn), err)
	}
	return nil
}

// take takes in one attribute.
func (n *addition) take(a ldap.Attribute) (err error) {
	row, err := writable(n.class, a.Name)
	if err != nil {
		return err
	}
	if len(a.Values) == 0 {
		return refuse(ldap.ProtocolError, "%s has no value", row.Name) // RFC 4511 §4.7
	}
	if row.Syntax == schema.Link {
		return n.takeLinks(row, a.Values)
	}
	if row.Single && len(a.Values) > 1 {
		return refuse(ldap.ConstraintViolation, "%s has one value", row.Name)
	}
	v := a.Values[0]
	switch row.ID {
	case schema.ObjectClass: // taken by place
	case schema.CN, schema.OU, schema.Name, schema.AutomountMapName, schema.AutomountKey:
		return n.same(row, v, n.name)
	case schema.DistinguishedName:
		return n.same(row, v, schema.Of(n.class.Info().RDN).Name+"="+ident.EscapeDNValue(n.name)+","+n.parent.DN())
	case schema.InstanceType:
		return n.same(row, v, "4")
	case schema.ObjectCategory: // follows from the class
	case schema.SAMAccountName:
		n.login = string(v)
	case schema.UserPrincipalName:
		n.upn = string(v)
	case schema.UnicodePwd, schema.UserPassword:
		n.pw, err = passwordOf(row.ID, v)
	case schema.PwdLastSet:
		n.must = string(v) == "0"
	case schema.UserAccountControl:
		n.control, err = n.uint32(row, v)
	case schema.UIDNumber, schema.GIDNumber:
		if (row.ID == schema.UIDNumber) != (n.class == schema.User) {
			return refuse(ldap.UnwillingToPerform, "a %s has no %s of its own", n.class, row.Name)
		}
		n.number, err = n.uint32(row, v)
	case schema.GroupType:
		return n.globalSecurity(v)
	default:
		n.attrs = append(n.attrs, directory.Value{Attr: row.ID, Vals: a.Values})
	}
	return err
}

func (n *addition) takeLinks(row *schema.Attr, vals [][]byte) error {
	ids, err := n.links(row, vals)
	if err != nil {
		return err
	}
	switch row.ID {
	case schema.Member:
		n.members = asIDs(ids)
	case schema.Owner:
		n.owners = asIDs(ids)
	default:
		n.attrs = append(n.attrs, directory.Value{Attr: row.ID, Vals: ids})
	}
	return nil
}

func asIDs(vals [][]byte) []ident.ID {
	out := make([]ident.ID, len(vals))
	for i, v := range vals {
		out[i] = ident.ID(v)
	}
	return out
}

// same accepts what follows from the entry's name anyway, which Active
// Directory's tools send along.
func (n *addition) same(row *schema.Attr, v []byte, want string) error {
	if ident.Fold(string(v)) == ident.Fold(want) {
		return nil
	}
	return refuse(ldap.NamingViolation, "%s is %q, for it follows from the entry's name", row.Name, clip(want))
}

// uint32 reads a number that may be written as a negative one of 32 bits.
func (n *addition) uint32(row *schema.Attr, v []byte) (uint32, error) {
	i, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil || i < -1<<31 || i >= 1<<32 {
		return 0, refuse(ldap.InvalidAttributeSyntax, "%s is a whole number of 32 bits", row.Name)
	}
	return uint32(i), nil
}

// globalSecurity accepts the one type of group there is: global and security,
// [MS-ADTS] §2.2.12.
func (n *addition) globalSecurity(v []byte) error {
	const global, security = 0x2, 0x80000000
	t, err := n.uint32(schema.Of(schema.GroupType), v)
	if err == nil && t != global|security {
		err = refuse(ldap.UnwillingToPerform, "groups here are global security groups: groupType -2147483646")
	}
	return err
}

// create makes the entry. People, groups and machines have one name: what the
// RDN says and what they sign in with cannot differ.
func (n *addition) create(ctx context.Context) (*directory.Entry, error) {
	if want := n.sam(); n.login != "" && ident.Fold(n.login) != ident.Fold(want) {
		return nil, refuse(ldap.NamingViolation, "sAMAccountName and the entry's name are one here: use %q for both, and displayName for the rest", clip(n.login))
	}
	if n.pw != "" && !n.class.Account() {
		return nil, refuse(ldap.UnwillingToPerform, "a %s is made without a password", n.class)
	}
	switch n.class {
	case schema.User:
		return n.as.CreateUser(ctx, directory.NewUser{
			Login: n.name, UPN: n.upn, Parent: n.parent.ID, Attrs: n.attrs, Password: n.pw, Must: n.must, Control: n.control, Number: n.number,
		})
	case schema.Group:
		return n.as.CreateGroup(ctx, directory.NewGroup{
			Name: n.name, Parent: n.parent.ID, Attrs: n.attrs, Number: n.number, Members: n.members, Owners: n.owners,
		})
	case schema.Computer, schema.ManagedServiceAccount:
		if n.upn != "" { // adcli sends it where --user-principal asks, and goes on without
			return nil, refuse(ldap.UnwillingToPerform, "a %s signs in by its own name, and has no userPrincipalName", n.class)
		}
		return n.as.CreateComputer(ctx, directory.NewComputer{
			Login: n.sam(), Service: n.class == schema.ManagedServiceAccount, Parent: n.parent.ID, Attrs: n.attrs, Control: n.control,
			Password: n.pw, // as adcli 0.9.2 over LDAPS has it
		})
	case schema.OrganizationalUnit:
		return n.as.CreateUnit(ctx, n.parent.ID, n.name, n.attrs)
	case schema.SudoRole, schema.AutomountMap, schema.Automount:
		return n.as.CreateObject(ctx, n.class, n.name, n.parent.ID, n.attrs)
	}
	return nil, refuse(ldap.UnwillingToPerform, "a %s cannot be added", n.class)
}

// sam is the sAMAccountName that goes with the entry's name.
func (n *addition) sam() string {
	switch n.class {
	case schema.Computer, schema.ManagedServiceAccount:
		return n.name + "$"
	case schema.User, schema.Group:
		return n.name
	}
	return n.login
}
