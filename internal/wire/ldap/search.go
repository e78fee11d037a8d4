package ldap

import (
	"strconv"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// SearchRequest asks for entries, RFC 4511 §4.5.1.
type SearchRequest struct {
	Base       string
	Scope      Scope
	Deref      Deref
	SizeLimit  int32 // 0 asks for no limit
	TimeLimit  int32 // seconds; 0 asks for no limit
	TypesOnly  bool
	Filter     Filter
	Attributes []string // none asks for all user attributes; see also AllUser, AllOperational, NoAttributes
}

// Words that stand among the attributes of a search, RFC 4511 §4.5.1.8 and
// RFC 3673.
const (
	AllUser        = "*"
	AllOperational = "+"
	NoAttributes   = "1.1"
)

// Scope says which entries below the base are searched. A number not listed
// here parses, and is the server's to refuse.
type Scope int32

// The scopes of RFC 4511 §4.5.1.2.
const (
	BaseObject   Scope = 0
	SingleLevel  Scope = 1
	WholeSubtree Scope = 2
)

// String returns the scope as an LDAP URL spells it, RFC 4516 §2.
func (s Scope) String() string {
	switch s {
	case BaseObject:
		return "base"
	case SingleLevel:
		return "one"
	case WholeSubtree:
		return "sub"
	}
	return "scope(" + strconv.Itoa(int(s)) + ")"
}

// Deref says when aliases are followed, RFC 4511 §4.5.1.3.
type Deref int32

// The ways to follow aliases.
const (
	NeverDeref       Deref = 0
	DerefInSearching Deref = 1
	DerefFindingBase Deref = 2
	DerefAlways      Deref = 3
)

const tagSearchRequest = ber.Tag(KindSearchRequest)

// Kind returns KindSearchRequest.
func (*SearchRequest) Kind() Kind { return KindSearchRequest }

func parseSearchRequest(r *ber.Reader) *SearchRequest {
	q := new(SearchRequest)
	outer := r.Enter(tagSearchRequest)
	q.Base = r.Text(ber.OctetString)
	q.Scope = Scope(r.Int32(ber.Enumerated))
	q.Deref = Deref(r.Int32(ber.Enumerated))
	q.SizeLimit = r.Int32(ber.Integer)
	q.TimeLimit = r.Int32(ber.Integer)
	q.TypesOnly = r.Bool(ber.Boolean)
	q.Filter = parseFilter(r)
	q.Attributes = parseTexts(r, ber.Sequence)
	r.Leave(outer)
	return q
}

func (q *SearchRequest) encode(b *ber.Builder) {
	end := b.Len()
	encodeTexts(b, ber.Sequence, q.Attributes)
	q.Filter.encode(b)
	b.Bool(ber.Boolean, q.TypesOnly)
	b.Int(ber.Integer, int64(q.TimeLimit))
	b.Int(ber.Integer, int64(q.SizeLimit))
	b.Int(ber.Enumerated, int64(q.Deref))
	b.Int(ber.Enumerated, int64(q.Scope))
	b.Text(ber.OctetString, q.Base)
	b.Wrap(tagSearchRequest, end)
}
