package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// SearchResultReference names servers that hold more of what was searched,
// RFC 4511 §4.5.3.
type SearchResultReference struct{ URIs []string }

// Kind returns KindSearchResultReference.
func (*SearchResultReference) Kind() Kind { return KindSearchResultReference }

func parseSearchResultReference(r *ber.Reader) *SearchResultReference {
	return &SearchResultReference{URIs: parseTexts(r, ber.Tag(KindSearchResultReference))}
}

func (s *SearchResultReference) encode(b *ber.Builder) {
	encodeTexts(b, ber.Tag(KindSearchResultReference), s.URIs)
}
