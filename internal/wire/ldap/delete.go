package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// DelRequest asks to remove an entry, RFC 4511 §4.8.
type DelRequest struct{ Entry string }

// Kind returns KindDelRequest.
func (*DelRequest) Kind() Kind { return KindDelRequest }

func parseDelRequest(r *ber.Reader) *DelRequest {
	return &DelRequest{Entry: r.Text(ber.Tag(KindDelRequest))}
}

func (q *DelRequest) encode(b *ber.Builder) { b.Text(ber.Tag(KindDelRequest), q.Entry) }
