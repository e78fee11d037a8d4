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
	c := x.conn
	c.become(ident.Actor{})
	x.as = c.as()
	x.target = q.Name
	if q.Version != 3 {
		return nil, refuse(ldap.ProtocolError, "only version 3 of LDAP is spoken here")
	}
	simple, ok := q.Auth.(ldap.Simple)
	if !ok {
		return nil, refuse(ldap.AuthMethodNotSupported, "only simple binds are served")
	}
	switch {
	case q.Name == "" && len(simple.Password) == 0:
		return x.ok(), nil // anonymous
	case len(simple.Password) == 0:
		// RFC 4513 §5.1.2: careless applications take its success for a sign-in.
		return nil, refuse(ldap.UnwillingToPerform, "a name without a password signs nobody in")
	}
	actor, err := c.s.cfg.Authn.SignIn(ctx, c.attempt(), q.Name, credential.Password(simple.Password))
	if err != nil {
		return nil, err
	}
	c.become(actor)
	x.as = c.as()
	return x.ok(), nil
}
