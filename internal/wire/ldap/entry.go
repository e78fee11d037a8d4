package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// SearchResultEntry is one entry found, RFC 4511 §4.5.2. A server that sends
// many uses an [EntryWriter] instead.
type SearchResultEntry struct {
	DN         string
	Attributes []Attribute
}

const tagSearchResultEntry = ber.Tag(KindSearchResultEntry)

// Kind returns KindSearchResultEntry.
func (*SearchResultEntry) Kind() Kind { return KindSearchResultEntry }

func parseSearchResultEntry(r *ber.Reader) *SearchResultEntry {
	e := new(SearchResultEntry)
	outer := r.Enter(tagSearchResultEntry)
	e.DN = r.Text(ber.OctetString)
	e.Attributes = parseAttributes(r)
	r.Leave(outer)
	return e
}

func (e *SearchResultEntry) encode(b *ber.Builder) {
	end := b.Len()
	encodeAttributes(b, e.Attributes)
	b.Text(ber.OctetString, e.DN)
	b.Wrap(tagSearchResultEntry, end)
}

// EntryWriter writes a message with a SearchResultEntry straight into a builder
// and allocates nothing:
//
//	w := ldap.BeginEntry(b, nil)
//	w.Attribute("mail", mails)
//	w.Encoded(member)
//	w.Finish(id, dn)
//
// The builder goes backwards, so the attributes stand in the message in the
// reverse order of the calls. To clients their order means nothing; people like
// to see the important ones first.
type EntryWriter struct {
	b   *ber.Builder
	end int // of the message
	op  int // end of the operation
}

// BeginEntry begins a message in front of what b holds.
func BeginEntry(b *ber.Builder, controls []Control) EntryWriter {
	w := EntryWriter{b: b, end: b.Len()}
	encodeControls(b, controls)
	w.op = b.Len()
	return w
}

// Attribute writes an attribute with its values in the order given; with none,
// the name alone, as a search for types only asks.
func (w EntryWriter) Attribute(name string, values [][]byte) {
	Attribute{Name: name, Values: values}.encode(w.b)
}

// Text writes an attribute with one value.
func (w EntryWriter) Text(name, value string) {
	end := w.b.Len()
	w.b.Text(ber.OctetString, value)
	w.b.Wrap(ber.Set, end)
	w.b.Text(ber.OctetString, name)
	w.b.Wrap(ber.Sequence, end)
}

// Encoded writes an attribute that [Attribute.Encode] encoded before. So a
// group with ten thousand members costs a copy.
func (w EntryWriter) Encoded(attribute []byte) { w.b.Raw(attribute) }

// Finish writes the name of the entry and the envelope. The writer is spent.
func (w EntryWriter) Finish(id int32, dn string) {
	w.b.Wrap(ber.Sequence, w.op)
	w.b.Text(ber.OctetString, dn)
	w.b.Wrap(tagSearchResultEntry, w.op)
	w.b.Int(ber.Integer, int64(id))
	w.b.Wrap(ber.Sequence, w.end)
}
