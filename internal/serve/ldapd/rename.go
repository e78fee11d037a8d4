package ldapd

import (
	"context"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// remove deletes an entry, RFC 4511 §4.8.
func (x *request) remove(ctx context.Context, q *ldap.DelRequest) (ldap.Op, error) {
	x.target = q.Entry
	e, err := x.before(q.Entry)
	if err != nil {
		return nil, err
	}
	return x.done(e, x.as.Delete(ctx, e.ID))
}

// rename gives an entry another name, another place, or both, RFC 4511 §4.9.
//
// The naming attribute has one value here, as it has in Active Directory, so the
// old name cannot stay as a second one.
func (x *request) rename(ctx context.Context, q *ldap.ModifyDNRequest) (ldap.Op, error) {
	x.target = q.Entry
	e, err := x.before(q.Entry)
	if err != nil {
		return nil, err
	}
	name, err := newName(e, q)
	if err != nil {
		return nil, err
	}
	var parent ident.ID
	if q.NewSuperior != nil {
		p, err := x.entry(*q.NewSuperior)
		if err != nil {
			return nil, err
		}
		parent = p.ID
	}
	return x.done(e, x.as.Rename(ctx, e.ID, name, parent))
}

// newName reads the new RDN; empty if the name stays as it is.
func newName(e *directory.Entry, q *ldap.ModifyDNRequest) (string, error) {
	dn, err := ident.ParseDN(q.NewRDN)
	if err != nil || len(dn) != 1 {
		return "", refuse(ldap.InvalidDNSyntax, "%q is not the name of an entry by itself", clip(q.NewRDN))
	}
	if want := schema.Of(e.Class.Info().RDN).Name; !strings.EqualFold(dn[0].Type, want) {
		return "", refuse(ldap.NamingViolation, "a %s is named by %s", e.Class, want)
	}
	if dn[0].Value == e.RDN {
		return "", nil
	}
	if !q.DeleteOldRDN {
		return "", refuse(ldap.UnwillingToPerform, "the old name cannot stay beside the new one: ask to delete it (ldapmodrdn -r)")
	}
	return dn[0].Value, nil
}
