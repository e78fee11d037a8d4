package ldap

import (
	"slices"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Attribute is an attribute description and its values, RFC 4511 §4.1.7. In
// what a server sends it may have no values.
type Attribute struct {
	Name   string
	Values [][]byte
}

// Text returns an attribute whose values are strings.
func Text(name string, values ...string) Attribute {
	a := Attribute{Name: name, Values: make([][]byte, len(values))}
	for i, v := range values {
		a.Values[i] = []byte(v)
	}
	return a
}

// Encode returns the attribute as it stands in a SearchResultEntry, for
// [EntryWriter.Encoded].
func (a Attribute) Encode() []byte {
	var b ber.Builder
	a.encode(&b)
	return slices.Clone(b.Bytes()) // without the room that a builder keeps in front
}

func (a Attribute) encode(b *ber.Builder) {
	end := b.Len()
	for _, v := range slices.Backward(a.Values) {
		b.Octets(ber.OctetString, v)
	}
	b.Wrap(ber.Set, end)
	b.Text(ber.OctetString, a.Name)
	b.Wrap(ber.Sequence, end)
}

func parseAttribute(r *ber.Reader) Attribute {
	var a Attribute
	outer := r.Enter(ber.Sequence)
	a.Name = r.Text(ber.OctetString)
	a.Values = parseValues(r, ber.Set)
	r.Leave(outer)
	return a
}

func parseValues(r *ber.Reader, t ber.Tag) [][]byte {
	outer := r.Enter(t)
	var list [][]byte
	if n := r.Count(); n > 0 {
		list = make([][]byte, 0, n)
	}
	for r.More() {
		list = append(list, r.Octets(ber.OctetString))
	}
	r.Leave(outer)
	return list
}

func parseAttributes(r *ber.Reader) []Attribute {
	outer := r.Enter(ber.Sequence)
	var list []Attribute
	if n := r.Count(); n > 0 {
		list = make([]Attribute, 0, n)
	}
	for r.More() {
		list = append(list, parseAttribute(r))
	}
	r.Leave(outer)
	return list
}

func encodeAttributes(b *ber.Builder, list []Attribute) {
	end := b.Len()
	for _, a := range slices.Backward(list) {
		a.encode(b)
	}
	b.Wrap(ber.Sequence, end)
}
