package ldapd

import (
	"context"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// bind proves who the client is, RFC 4511 §4.2. Whoever was bound before is not
// any more, whatever comes of it.
func (x *request) bind(ctx context.Context, q *ldap.BindRequest) (ldap.Op, error) {
	x.target = q.Name
	if a, ok := q.Auth.(ldap.SASL); ok {
		x.conn.become(ident.Actor{})
		x.as = x.conn.as()
		x.target = a.Mechanism
		return x.saslBind(ctx, q, a)
	}
	x.conn.sasl = nil
	actor, err := x.signIn(ctx, q)
	x.conn.become(actor)
	x.as = x.conn.as()
	return x.ok(), err
}

// signIn returns who a bind proves; the zero actor for nobody.
func (x *request) signIn(ctx context.Context, q *ldap.BindRequest) (ident.Actor, error) {
	if q.Version != 3 {
		return ident.Actor{}, refuse(ldap.ProtocolError, "only version 3 of LDAP is spoken here")
	}
	simple, ok := q.Auth.(ldap.Simple)
	switch {
	case !ok:
		return ident.Actor{}, refuse(ldap.AuthMethodNotSupported, "only simple binds and SASL are served")
	case q.Name == "" && len(simple.Password) == 0:
		return ident.Actor{}, nil // anonymous
	case len(simple.Password) == 0:
		// RFC 4513 §5.1.2: careless applications take its success for a sign-in.
		return ident.Actor{}, refuse(ldap.UnwillingToPerform, "a name without a password signs nobody in")
	}
	return x.conn.s.cfg.Authn.SignIn(ctx, x.conn.attempt(), q.Name, credential.Password(simple.Password))
}
