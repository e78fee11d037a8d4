package ldap

import (
	"slices"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// SortKey is one attribute to sort by, RFC 2891 §1.1. Without a rule the
// attribute's own order holds.
type SortKey struct {
	Attr    string
	Rule    string
	Reverse bool
}

var (
	tagSortRule    = ber.Context(0)
	tagSortReverse = ber.Context(1)
	tagSortAttr    = ber.Context(0)
)

// ParseSortKeys reads the value of a control OIDSortRequest.
func ParseSortKeys(value []byte) ([]SortKey, error) {
	var keys []SortKey
	err := decodeValue(value, ber.Sequence, func(r *ber.Reader) {
		for r.More() {
			keys = append(keys, parseSortKey(r))
		}
	})
	return keys, err
}

func parseSortKey(r *ber.Reader) SortKey {
	var k SortKey
	outer := r.Enter(ber.Sequence)
	k.Attr = r.Text(ber.OctetString)
	k.Rule = optionalText(r, tagSortRule)
	if r.Is(tagSortReverse) {
		k.Reverse = r.Bool(tagSortReverse)
	}
	r.Leave(outer)
	return k
}

// EncodeSortKeys returns the value of a control OIDSortRequest.
func EncodeSortKeys(keys []SortKey) []byte {
	return encodeValue(ber.Sequence, func(b *ber.Builder) {
		for _, k := range slices.Backward(keys) {
			k.encode(b)
		}
	})
}

func (k SortKey) encode(b *ber.Builder) {
	end := b.Len()
	if k.Reverse {
		b.Bool(tagSortReverse, true)
	}
	encodeOptionalText(b, tagSortRule, k.Rule)
	b.Text(ber.OctetString, k.Attr)
	b.Wrap(ber.Sequence, end)
}

// SortResult is the value of a control OIDSortResponse, RFC 2891 §1.2. Attr
// names the attribute that could not be sorted by, if one is at fault.
type SortResult struct {
	Code ResultCode
	Attr string
}

// ParseSortResult reads the value of a control OIDSortResponse.
func ParseSortResult(value []byte) (SortResult, error) {
	var v SortResult
	err := decodeValue(value, ber.Sequence, func(r *ber.Reader) {
		v.Code = ResultCode(r.Int32(ber.Enumerated))
		if r.Is(tagSortAttr) {
			v.Attr = r.Text(tagSortAttr)
		}
	})
	return v, err
}

// Encode returns the value of a control OIDSortResponse.
func (v SortResult) Encode() []byte {
	return encodeValue(ber.Sequence, func(b *ber.Builder) {
		if v.Attr != "" {
			b.Text(tagSortAttr, v.Attr)
		}
		b.Int(ber.Enumerated, int64(v.Code))
	})
}
