package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// ParseSelection reads the value of a request's control OIDPreRead or
// OIDPostRead: the attributes to send, as in a search, RFC 4527 §3.
func ParseSelection(value []byte) ([]string, error) {
	r := ber.NewReader(value)
	list := parseTexts(&r, ber.Sequence)
	r.Done()
	return list, r.Err()
}

// EncodeSelection returns the value of a request's control OIDPreRead or
// OIDPostRead.
func EncodeSelection(attributes []string) []byte {
	var b ber.Builder
	encodeTexts(&b, ber.Sequence, attributes)
	return b.Bytes()
}

// ParseEntry reads the value of a response's control OIDPreRead or OIDPostRead:
// the entry before or after the change.
func ParseEntry(value []byte) (*SearchResultEntry, error) {
	r := ber.NewReader(value)
	e := parseSearchResultEntry(&r)
	r.Done()
	return e, r.Err()
}

// Encode returns the value of a response's control OIDPreRead or OIDPostRead.
func (e *SearchResultEntry) Encode() []byte {
	var b ber.Builder
	e.encode(&b)
	return b.Bytes()
}
