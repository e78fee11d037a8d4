package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// optional reads octets with the tag t, or returns nil if something else comes.
func optional(r *ber.Reader, t ber.Tag) []byte {
	if !r.Is(t) {
		return nil
	}
	return r.Octets(t)
}

// encodeOptional writes octets unless they are nil.
func encodeOptional(b *ber.Builder, t ber.Tag, p []byte) {
	if p != nil {
		b.Octets(t, p)
	}
}

// optionalText reads text with the tag t, or returns "" if something else comes.
// It is for fields whose emptiness means no more than their absence.
func optionalText(r *ber.Reader, t ber.Tag) string {
	if !r.Is(t) {
		return ""
	}
	return r.Text(t)
}

// encodeOptionalText writes text unless it is empty.
func encodeOptionalText(b *ber.Builder, t ber.Tag, s string) {
	if s != "" {
		b.Text(t, s)
	}
}
