package directory

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
)

// FilterOp is what a filter tests.
type FilterOp uint8

// The tests, RFC 4511 §4.5.1.7, with [MS-ADTS] §3.1.1.3.4.4's matching rules.
const (
	And FilterOp = iota // of nothing: true, RFC 4526
	Or                  // of nothing: false
	Not
	Equal
	Substrings
	GreaterOrEqual
	LessOrEqual
	Present
	BitAnd
	BitOr
	InChain
	Undefined // an attribute or rule that is not known
)

// Filter is a search filter whose attributes are known.
type Filter struct {
	Op       FilterOp
	Attr     schema.ID
	Value    []byte
	Initial  []byte
	Any      [][]byte
	Final    []byte
	Children []Filter

	// Made once by prepare.
	key   string
	keyed bool
	id    ident.ID // the entry a link's value names; zero for none
	bits  int64
}

// truth is three-valued, RFC 4511 §4.5.1.7: what cannot be tested is neither.
type truth uint8

const (
	no truth = iota
	yes
	undefined
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// prepare reads the values of a filter once, for all entries it is tested on.
func (f *Filter) prepare(d *Directory) {
	for i := range f.Children {
		f.Children[i].prepare(d)
	}
	if f.Attr == 0 {
		return
	}
	row := schema.Of(f.Attr)
	switch f.Op {
	case Equal, InChain:
		if row.Syntax == schema.Link {
			if dn, err := ident.ParseDN(string(f.Value)); err == nil {
				if e, err := d.Resolve(dn); err == nil {
					f.id = e.ID
				}
			}
			return
		}
		if f.Attr == schema.ObjectCategory && !bytes.ContainsRune(f.Value, '=') {
			f.key, f.keyed = ident.Fold(string(f.Value)), true
			return
		}
		if isName(f.Attr) {
			if dn, err := ident.ParseDN(string(f.Value)); err == nil {
				f.key, f.keyed = dn.Key(), true
			}
			return
		}
		f.key, f.keyed = row.Key(f.Value)
	case BitAnd, BitOr:
		n, err := strconv.ParseInt(string(f.Value), 10, 64)
		f.bits, f.keyed = n, err == nil
	case Substrings:
		f.keyed = row.HasSubstrings()
		f.Initial, f.Final = foldBytes(row, f.Initial), foldBytes(row, f.Final)
		for i := range f.Any {
			f.Any[i] = foldBytes(row, f.Any[i])
		}
	}
}

// isName reports whether an attribute's values are DNs kept as text.
func isName(id schema.ID) bool {
	return id == schema.DistinguishedName || id == schema.EntryDN || id == schema.ObjectCategory
}

func foldBytes(row *schema.Attr, v []byte) []byte {
	if len(v) == 0 {
		return v
	}
	// The ends of a part are not the ends of the value: spaces there count.
	head, tail := "", ""
	if v[0] == ' ' {
		head = " "
	}
	if len(v) > 1 && v[len(v)-1] == ' ' {
		tail = " "
	}
	k, _ := row.Key(v)
	if k == "" {
		return []byte(head)
	}
	return []byte(head + strings.Trim(k, " ") + tail)
}

// test says whether an entry matches.
func (f *Filter) test(r *Reader, e *Entry) truth {
	switch f.Op {
	case And:
		out := yes
		for i := range f.Children {
			switch f.Children[i].test(r, e) {
			case no:
				return no
			case undefined:
				out = undefined
			}
		}
		return out
	case Or:
		out := no
		for i := range f.Children {
			switch f.Children[i].test(r, e) {
			case yes:
				return yes
			case undefined:
				out = undefined
			}
		}
		return out
	case Not:
		switch f.Children[0].test(r, e) {
		case yes:
			return no
		case no:
			return yes
		}
		return undefined
	case Undefined:
		return undefined
	}
	row := schema.Of(f.Attr)
	// What may not be read can be neither true nor false, so that no filter tells
	// anything of it.
	if !r.May(e, row) {
		return undefined
	}
	switch f.Op {
	case Present:
		return truthOf(r.Has(e, f.Attr))
	case Equal:
		return f.equal(r, e, row)
	case InChain:
		return f.inChain(r, e)
	case BitAnd, BitOr:
		return f.testBits(r, e)
	case Substrings:
		return f.substrings(r, e, row)
	default:
		for _, v := range r.Values(e, f.Attr) {
			if order, ok := row.Compare(v, f.Value); ok && (f.Op == GreaterOrEqual && order >= 0 || f.Op == LessOrEqual && order <= 0) {
				return yes
			}
		}
		return no
	}
}

func (f *Filter) equal(r *Reader, e *Entry, row *schema.Attr) truth {
	switch {
	case f.Attr == schema.ObjectClass:
		return truthOf(e.Class.IsA(string(f.Value)))
	case f.Attr == schema.Member:
		return truthOf(!f.id.IsZero() && r.d.isMember(f.id, e.ID))
	case f.Attr == schema.MemberOf:
		return truthOf(!f.id.IsZero() && r.d.isMember(e.ID, f.id))
	case row.Syntax == schema.Link:
		for _, id := range e.Links(f.Attr) {
			if id == f.id {
				return yes
			}
		}
		return no
	case !f.keyed:
		return undefined
	case f.Attr == schema.DistinguishedName || f.Attr == schema.EntryDN:
		return truthOf(e.key == f.key)
	case f.Attr == schema.ObjectCategory && !bytes.ContainsRune(f.Value, '='):
		return truthOf(f.key == ident.Fold(category(e.Class)) || f.key == ident.Fold(e.Class.String()))
	}
	for _, v := range r.Values(e, f.Attr) {
		if isName(f.Attr) {
			if dn, err := ident.ParseDN(string(v)); err == nil && dn.Key() == f.key {
				return yes
			}
			continue
		}
		if k, ok := row.Key(v); ok && k == f.key {
			return yes
		}
	}
	return no
}

// inChain follows member or memberOf to any depth, [MS-ADTS] §3.1.1.3.4.4.3.
func (f *Filter) inChain(r *Reader, e *Entry) truth {
	if f.id.IsZero() {
		return no
	}
	member, group := e.ID, f.id
	if f.Attr == schema.Member {
		member, group = f.id, e.ID
	} else if f.Attr != schema.MemberOf {
		return undefined
	}
	r.d.m.mu.RLock()
	defer r.d.m.mu.RUnlock()
	found := no
	r.d.m.above(member, func(g, _ ident.ID) bool {
		if g == group {
			found = yes
		}
		return found == no
	})
	return found
}

func (f *Filter) testBits(r *Reader, e *Entry) truth {
	if !f.keyed {
		return undefined
	}
	for _, v := range r.Values(e, f.Attr) {
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil {
			return undefined
		}
		if f.Op == BitAnd && n&f.bits == f.bits || f.Op == BitOr && n&f.bits != 0 {
			return yes
		}
	}
	return no
}

func (f *Filter) substrings(r *Reader, e *Entry, row *schema.Attr) truth {
	if !f.keyed {
		return undefined
	}
	for _, v := range r.Values(e, f.Attr) {
		k, ok := row.Key(v)
		if ok && f.within(k) {
			return yes
		}
	}
	return no
}

func (f *Filter) within(k string) bool {
	if !strings.HasPrefix(k, string(f.Initial)) {
		return false
	}
	k = k[len(f.Initial):]
	for _, a := range f.Any {
		i := strings.Index(k, string(a))
		if i < 0 {
			return false
		}
		k = k[i+len(a):]
	}
	return strings.HasSuffix(k, string(f.Final)) && len(k) >= len(f.Final)
}

// isMember reports whether one entry stands in a group itself. Everybody's
// primary group lists nobody.
func (d *Directory) isMember(member, group ident.ID) bool {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	s := d.m.members[group]
	return s != nil && s.has(member)
}
