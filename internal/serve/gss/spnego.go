package gss

import (
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/spnego"
)

// unwrapSPNEGO returns the Kerberos token in an offer, RFC 4178 §4.2.1, and the
// mechanism's name as it was offered; nil for a token that came without an offer
// around it. What is offered first must be Kerberos: nothing else is served, and a
// client that would rather speak NTLM has no ticket.
func unwrapSPNEGO(token []byte) (inner, mech []byte, err error) {
	switch spnego.Sniff(token) {
	case spnego.Krb5:
		return token, nil, nil
	case spnego.NTLM:
		return nil, nil, refuse(krb5.ErrGeneric, "NTLM is not served")
	}
	offer, err := spnego.ParseInit(token)
	if err != nil {
		return nil, nil, refuse(krb5.ErrGeneric, "%v", err)
	}
	mech = offer.Mechs[0]
	if !krb5.IsKerberosOID(mech) || offer.Token == nil {
		return nil, mech, refuse(krb5.ErrGeneric, "Kerberos is not what the client offers first")
	}
	return offer.Token, mech, nil
}

// Offer is what a server says to a client that asks first which mechanisms there
// are, [MS-SPNG] §3.2.5.2.
func Offer() []byte {
	o := spnego.NegTokenInit{Mechs: [][]byte{krb5.OIDKerberos}, Hint: "not_defined_in_RFC4178@please_ignore"}
	return o.Marshal()
}

// wrapSPNEGO answers an offer. One whose first mechanism is taken needs no MIC of
// the list, RFC 4178 §5.
func wrapSPNEGO(mech, reply []byte) []byte {
	if mech == nil {
		return reply
	}
	r := spnego.NegTokenResp{State: spnego.AcceptCompleted, Mech: mech, Token: reply}
	return r.Marshal()
}

func rejectSPNEGO(mech []byte) []byte {
	if mech == nil {
		return nil
	}
	r := spnego.NegTokenResp{State: spnego.Reject}
	return r.Marshal()
}
