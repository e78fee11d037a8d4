package ldapd

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// The SASL mechanisms: RFC 4752, and [MS-ADTS] §5.1.1.1.2. SSSD insists on the
// second, adcli prefers it.
const (
	mechGSSAPI = "GSSAPI"
	mechSPNEGO = "GSS-SPNEGO"
)

// layer is how messages are protected by SASL.
type layer uint8

const (
	layerNone   layer = 1 << iota // of RFC 4752 §3.3, as it is sent
	layerSigned                   // others can read along
	layerSealed
)

// negotiation is a GSSAPI bind between its rounds, RFC 4752 §3.1.
type negotiation struct {
	ctx     *gss.Context
	offered bool // the layers were offered, and the client's choice comes next
}

// saslBind takes one round of a SASL bind. The layer begins behind its answer, with
// which the bind is done.
func (x *request) saslBind(ctx context.Context, q *ldap.BindRequest, a ldap.SASL) (ldap.Op, error) {
	c := x.conn
	state := c.sasl
	c.sasl = nil
	switch {
	case c.s.cfg.GSS == nil || a.Mechanism != mechGSSAPI && a.Mechanism != mechSPNEGO:
		return nil, refuse(ldap.AuthMethodNotSupported, "the mechanism %s is not served", clip(a.Mechanism))
	case q.Version != 3:
		return nil, refuse(ldap.ProtocolError, "only version 3 of LDAP is spoken here")
	case c.layer > layerNone:
		return nil, refuse(ldap.UnwillingToPerform, "the connection has a security layer already: open another")
	case a.Mechanism == mechGSSAPI && state != nil:
		return x.negotiate(state, a.Credentials)
	case a.Mechanism == mechSPNEGO && len(a.Credentials) == 0: // as Samba's tools begin
		return &ldap.BindResponse{Result: ldap.Result{Code: ldap.SaslBindInProgress}, ServerCreds: gss.Offer()}, nil
	}
	at := c.attempt()
	at.Client = policy.Ticket
	token, peer, err := c.s.cfg.GSS.Accept(ctx, at, c.nc.TLS(), a.Credentials)
	if err != nil {
		return &ldap.BindResponse{Result: resultOf(err), ServerCreds: token}, nil
	}
	if a.Mechanism == mechGSSAPI {
		c.sasl = &negotiation{ctx: peer}
		return &ldap.BindResponse{Result: ldap.Result{Code: ldap.SaslBindInProgress}, ServerCreds: token}, nil
	}
	chosen := layerNone
	if peer.Flags.Has(krb5.GSSConf) {
		chosen = layerSealed
	} else if peer.Flags.Has(krb5.GSSInteg) {
		chosen = layerSigned
	}
	return x.established(peer, chosen, token)
}

// negotiate agrees on a layer: an empty message of the client's, our offer, its
// choice.
func (x *request) negotiate(state *negotiation, token []byte) (ldap.Op, error) {
	if !state.offered {
		if len(token) != 0 {
			return nil, refuse(ldap.ProtocolError, "an empty message comes here")
		}
		x.conn.sasl = &negotiation{ctx: state.ctx, offered: true}
		offer := []byte{byte(layerNone | layerSigned | layerSealed), gss.MaxToken >> 16, gss.MaxToken >> 8 & 0xff, gss.MaxToken & 0xff}
		creds := state.ctx.Wrap(nil, offer, false)
		return &ldap.BindResponse{Result: ldap.Result{Code: ldap.SaslBindInProgress}, ServerCreds: creds}, nil
	}
	choice, _, err := state.ctx.Unwrap(bytes.Clone(token))
	if err != nil || len(choice) < 4 {
		return nil, refuse(ldap.InvalidCredentials, "the choice of a layer cannot be read")
	}
	if err := x.mayBe(state.ctx.Actor(), string(choice[4:])); err != nil {
		return nil, err
	}
	switch l := layer(choice[0]); l {
	case layerNone, layerSigned, layerSealed:
		return x.established(state.ctx, l, nil)
	}
	return nil, refuse(ldap.InvalidCredentials, "a layer that was not offered")
}

// mayBe tests an authorization identity, RFC 4513 §5.2.1.8: everybody may be
// themselves, and nobody anybody else.
func (x *request) mayBe(actor ident.Actor, authz string) error {
	if authz == "" {
		return nil
	}
	d := x.conn.s.cfg.Directory
	for _, prefix := range []string{"u:", "dn:", ""} {
		if name, ok := bytes.CutPrefix([]byte(authz), []byte(prefix)); ok {
			if e := d.Account(string(name)); e != nil && actor.Is(e.ID) {
				return nil
			}
		}
	}
	return refuse(ldap.InvalidCredentials, "nobody acts as somebody else here")
}

// established binds who was proved, and covers the connection. Without a layer the
// connection must be one on which nobody can put words in: inside TLS, or on this
// host.
func (x *request) established(peer *gss.Context, chosen layer, token []byte) (ldap.Op, error) {
	c := x.conn
	if chosen == layerNone && !c.private() {
		return nil, refuse(ldap.StrongerAuthRequired, "ask for integrity or encryption (minssf=1), or use TLS")
	}
	c.become(peer.Actor())
	x.as = c.as()
	if chosen != layerNone {
		c.cover = func(nc net.Conn) net.Conn { return peer.Layer(nc, chosen == layerSealed) }
	}
	c.layer = chosen
	return &ldap.BindResponse{ServerCreds: token}, nil
}

// raise begins the layer that a bind has agreed on, once its answer has left.
func (c *conn) raise() error {
	if c.cover == nil {
		return nil
	}
	cover := c.cover
	c.cover = nil
	if err := c.out.flush(); err != nil {
		return err
	}
	return c.nc.Cover(cover)
}

// GSS accepts tickets for this server.
type GSS interface {
	Accept(ctx context.Context, at policy.Attempt, state *tls.ConnectionState, token []byte) (reply []byte, c *gss.Context, err error)
}
