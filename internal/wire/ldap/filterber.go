package ldap

import (
	"slices"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// The choices of a filter, RFC 4511 §4.5.1.
var (
	tagAnd            = ber.ContextConstructed(0)
	tagOr             = ber.ContextConstructed(1)
	tagNot            = ber.ContextConstructed(2)
	tagEqual          = ber.ContextConstructed(3)
	tagSubstrings     = ber.ContextConstructed(4)
	tagGreaterOrEqual = ber.ContextConstructed(5)
	tagLessOrEqual    = ber.ContextConstructed(6)
	tagPresent        = ber.Context(7)
	tagApprox         = ber.ContextConstructed(8)
	tagExtensible     = ber.ContextConstructed(9)

	tagInitial = ber.Context(0)
	tagAny     = ber.Context(1)
	tagFinal   = ber.Context(2)

	tagRule    = ber.Context(1)
	tagType    = ber.Context(2)
	tagMatch   = ber.Context(3)
	tagDNAttrs = ber.Context(4)
)

// filterBounds counts depth and nodes of a filter that is being read.
type filterBounds struct{ depth, nodes int }

// enter counts one node, one level down. Its error is the input's.
func (n *filterBounds) enter() error {
	n.depth++
	if n.depth > MaxFilterDepth {
		return ErrFilterDepth
	}
	return n.add(1)
}

// add counts what costs whoever matches the filter as much as nodes do.
func (n *filterBounds) add(nodes int) error {
	n.nodes += nodes
	if n.nodes > MaxFilterNodes {
		return ErrFilterSize
	}
	return nil
}

func (n *filterBounds) leave() { n.depth-- }

func parseFilter(r *ber.Reader) Filter {
	var bounds filterBounds
	return parseFilterNode(r, &bounds)
}

func parseFilterNode(r *ber.Reader, n *filterBounds) Filter {
	if err := n.enter(); err != nil {
		r.Fail(err)
		return nil
	}
	defer n.leave()
	switch t := r.Peek(); t {
	case tagAnd:
		return And(parseFilterSet(r, n, t))
	case tagOr:
		return Or(parseFilterSet(r, n, t))
	case tagNot:
		outer := r.Enter(t)
		f := parseFilterNode(r, n)
		r.Done() // one filter, or the sense of the rest would be lost
		r.Leave(outer)
		return Not{f}
	case tagEqual:
		attr, value := parseAssertion(r, t)
		return Equal{attr, value}
	case tagSubstrings:
		return parseSubstrings(r, n)
	case tagGreaterOrEqual:
		attr, value := parseAssertion(r, t)
		return GreaterOrEqual{attr, value}
	case tagLessOrEqual:
		attr, value := parseAssertion(r, t)
		return LessOrEqual{attr, value}
	case tagPresent:
		return Present{r.Text(t)}
	case tagApprox:
		attr, value := parseAssertion(r, t)
		return Approx{attr, value}
	case tagExtensible:
		return parseExtensible(r)
	}
	r.Fail(ErrFilterKind)
	return nil
}

// parseFilterSet reads the filters of an and or an or.
func parseFilterSet(r *ber.Reader, n *filterBounds, t ber.Tag) []Filter {
	outer := r.Enter(t)
	count := r.Count()
	if count > MaxFilterNodes-n.nodes {
		r.Fail(ErrFilterSize)
		return nil
	}
	set := make([]Filter, 0, count)
	for r.More() {
		set = append(set, parseFilterNode(r, n))
	}
	r.Leave(outer)
	return set
}

// parseSubstrings reads a SubstringFilter: initial first, final last, and no
// part empty, for an empty one asks for nothing and has no text form.
func parseSubstrings(r *ber.Reader, n *filterBounds) Filter {
	var f Substrings
	outer := r.Enter(tagSubstrings)
	f.Attr = r.Text(ber.OctetString)
	parts := r.Enter(ber.Sequence)
	count := r.Count()
	for i := range count {
		t, part := r.Any()
		switch {
		case len(part) == 0:
			r.Fail(ErrSubstrings)
		case t == tagInitial && i == 0:
			f.Initial = part
		case t == tagAny:
			f.Any = append(f.Any, part)
		case t == tagFinal && i == count-1:
			f.Final = part
		default:
			r.Fail(ErrSubstrings)
		}
	}
	if count == 0 {
		r.Fail(ErrSubstrings)
	}
	if err := n.add(len(f.Any)); err != nil {
		r.Fail(err)
	}
	r.Leave(parts)
	r.Leave(outer)
	return f
}

func parseExtensible(r *ber.Reader) Filter {
	var f Extensible
	outer := r.Enter(tagExtensible)
	f.Rule = optionalText(r, tagRule)
	f.Attr = optionalText(r, tagType)
	f.Value = r.Octets(tagMatch)
	if r.Is(tagDNAttrs) {
		f.DNAttrs = r.Bool(tagDNAttrs)
	}
	if f.Rule == "" && f.Attr == "" {
		r.Fail(ErrFilterKind)
	}
	r.Leave(outer)
	return f
}

func (f And) encode(b *ber.Builder) { encodeFilterSet(b, tagAnd, f) }

func (f Or) encode(b *ber.Builder) { encodeFilterSet(b, tagOr, f) }

func encodeFilterSet(b *ber.Builder, t ber.Tag, set []Filter) {
	end := b.Len()
	for _, f := range slices.Backward(set) {
		f.encode(b)
	}
	b.Wrap(t, end)
}

func (f Not) encode(b *ber.Builder) {
	end := b.Len()
	f.Filter.encode(b)
	b.Wrap(tagNot, end)
}

func (f Equal) encode(b *ber.Builder) { encodeAssertion(b, tagEqual, f.Attr, f.Value) }

func (f GreaterOrEqual) encode(b *ber.Builder) {
	encodeAssertion(b, tagGreaterOrEqual, f.Attr, f.Value)
}

func (f LessOrEqual) encode(b *ber.Builder) { encodeAssertion(b, tagLessOrEqual, f.Attr, f.Value) }

func (f Approx) encode(b *ber.Builder) { encodeAssertion(b, tagApprox, f.Attr, f.Value) }

func (f Present) encode(b *ber.Builder) { b.Text(tagPresent, f.Attr) }

func (f Substrings) encode(b *ber.Builder) {
	end := b.Len()
	encodeOptional(b, tagFinal, f.Final)
	for _, part := range slices.Backward(f.Any) {
		b.Octets(tagAny, part)
	}
	encodeOptional(b, tagInitial, f.Initial)
	b.Wrap(ber.Sequence, end)
	b.Text(ber.OctetString, f.Attr)
	b.Wrap(tagSubstrings, end)
}

func (f Extensible) encode(b *ber.Builder) {
	end := b.Len()
	if f.DNAttrs {
		b.Bool(tagDNAttrs, true)
	}
	b.Octets(tagMatch, f.Value)
	encodeOptionalText(b, tagType, f.Attr)
	encodeOptionalText(b, tagRule, f.Rule)
	b.Wrap(tagExtensible, end)
}
