package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// UnbindRequest ends the session; nothing answers it, RFC 4511 §4.3.
type UnbindRequest struct{}

// Kind returns KindUnbindRequest.
func (*UnbindRequest) Kind() Kind { return KindUnbindRequest }

func parseUnbindRequest(r *ber.Reader) *UnbindRequest {
	r.Octets(ber.Tag(KindUnbindRequest))
	return new(UnbindRequest)
}

func (*UnbindRequest) encode(b *ber.Builder) { b.Null(ber.Tag(KindUnbindRequest)) }
