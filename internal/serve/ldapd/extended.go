package ldapd

import (
	"context"

	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// extended does what an extended request's OID says, RFC 4511 §4.12.
func (x *request) extended(ctx context.Context, q *ldap.ExtendedRequest) func(context.Context) {
	switch q.Name {
	case ldap.OIDWhoAmI:
		x.finish(&ldap.ExtendedResponse{Value: []byte(x.whoAmI())}, nil)
	case ldap.OIDStartTLS:
		x.startTLS(ctx)
	case ldap.OIDPasswordModify:
		return x.slow(func(ctx context.Context) (ldap.Op, error) { return x.modifyPassword(ctx, q) })
	default:
		x.answerError(refuse(ldap.ProtocolError, "the extended operation %s is not served", clip(q.Name)))
	}
	return nil
}

// whoAmI names who is bound, RFC 4532, as Active Directory does; empty for
// nobody.
func (x *request) whoAmI() string {
	if x.conn.actor.IsZero() {
		return ""
	}
	return "u:" + x.conn.s.cfg.Directory.Domain().NetBIOS + `\` + x.conn.actor.Who().Name
}

// startTLS consents, and begins the handshake. If it fails the connection is of
// no use to anybody and is closed.
func (x *request) startTLS(ctx context.Context) {
	switch {
	case x.conn.s.cfg.TLS == nil:
		x.answerError(refuse(ldap.Unavailable, "TLS is not set up here"))
		return
	case x.conn.tls:
		x.answerError(refuse(ldap.OperationsError, "the connection is encrypted already"))
		return
	}
	x.finish(&ldap.ExtendedResponse{Name: ldap.OIDStartTLS}, nil)
	if err := x.conn.startTLS(ctx); err != nil {
		x.conn.s.cfg.Log.Debug("ldap: StartTLS failed", "source", x.conn.source, "err", err)
		x.conn.nc.Close()
	}
}
