package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// Filter says which entries a search finds, RFC 4511 §4.5.1.7. It is one of the
// types below, as a value:
//
//	switch f := filter.(type) {
//	case ldap.And:
//		for _, sub := range f {
//
// String gives the text form of RFC 4515. It is fit for a log whatever the
// filter holds, and [ParseFilter] reads it back if the filter's attribute
// descriptions are well-formed.
type Filter interface {
	String() string
	encode(b *ber.Builder)
	appendText(p []byte) []byte
}

// And is true if all its filters are; an empty one always is, RFC 4526.
type And []Filter

// Or is true if one of its filters is; an empty one never is, RFC 4526.
type Or []Filter

// Not is true if its filter is false, and undefined if it is undefined.
type Not struct{ Filter Filter }

// Equal asks for a value that matches by the attribute's equality rule.
type Equal struct {
	Attr  string
	Value []byte
}

// Substrings asks for a value that begins with Initial, goes on with each of
// Any in order, and ends with Final. Initial and Final are nil if absent; at
// least one part is there, and none is empty.
type Substrings struct {
	Attr    string
	Initial []byte
	Any     [][]byte
	Final   []byte
}

// GreaterOrEqual asks for a value that is not below Value in the attribute's
// order.
type GreaterOrEqual struct {
	Attr  string
	Value []byte
}

// LessOrEqual asks for a value that is not above Value in the attribute's order.
type LessOrEqual struct {
	Attr  string
	Value []byte
}

// Present asks for any value.
type Present struct{ Attr string }

// Approx asks for a value that is near by the server's own measure.
type Approx struct {
	Attr  string
	Value []byte
}

// Extensible asks for a value that matches by the rule Rule. Rule or Attr may
// be empty, not both. With DNAttrs the values in the entry's name count too.
//
// It carries Active Directory's bit and chain rules, [MS-ADTS] §3.1.1.3.4.4.
type Extensible struct {
	Rule    string
	Attr    string
	Value   []byte
	DNAttrs bool
}

func (f And) String() string            { return text(f) }
func (f Or) String() string             { return text(f) }
func (f Not) String() string            { return text(f) }
func (f Equal) String() string          { return text(f) }
func (f Substrings) String() string     { return text(f) }
func (f GreaterOrEqual) String() string { return text(f) }
func (f LessOrEqual) String() string    { return text(f) }
func (f Present) String() string        { return text(f) }
func (f Approx) String() string         { return text(f) }
func (f Extensible) String() string     { return text(f) }

func text(f Filter) string { return string(f.appendText(nil)) }

// DecodeFilter reads a filter from its octets, as a control of RFC 4528 carries
// one.
func DecodeFilter(p []byte) (Filter, error) {
	r := ber.NewReader(p)
	f := parseFilter(&r)
	r.Done()
	if err := r.Err(); err != nil {
		return nil, err
	}
	return f, nil
}

// EncodeFilter returns the octets of a filter.
func EncodeFilter(f Filter) []byte {
	var b ber.Builder
	f.encode(&b)
	return b.Bytes()
}
