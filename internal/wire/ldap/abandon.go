package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// AbandonRequest asks to give up the operation with the message id Target;
// nothing answers it, RFC 4511 §4.11.
type AbandonRequest struct{ Target int32 }

// Kind returns KindAbandonRequest.
func (*AbandonRequest) Kind() Kind { return KindAbandonRequest }

func parseAbandonRequest(r *ber.Reader) *AbandonRequest {
	return &AbandonRequest{Target: r.Int32(ber.Tag(KindAbandonRequest))}
}

func (q *AbandonRequest) encode(b *ber.Builder) {
	b.Int(ber.Tag(KindAbandonRequest), int64(q.Target))
}
