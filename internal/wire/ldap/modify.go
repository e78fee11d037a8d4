package ldap

import (
	"slices"
	"strconv"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// ModifyRequest asks for changes to an entry, in their order and all or none,
// RFC 4511 §4.6.
type ModifyRequest struct {
	Entry   string
	Changes []Change
}

// Change is one change to one attribute.
type Change struct {
	Op        ChangeOp
	Attribute Attribute
}

// ChangeOp says what a change does with its values. A number not listed here
// parses, and is the server's to refuse.
type ChangeOp int32

// The changes of RFC 4511 §4.6, and increment of RFC 4525.
const (
	AddValues     ChangeOp = 0
	DeleteValues  ChangeOp = 1
	ReplaceValues ChangeOp = 2
	Increment     ChangeOp = 3
)

// String returns the change as LDIF spells it, RFC 2849.
func (c ChangeOp) String() string {
	switch c {
	case AddValues:
		return "add"
	case DeleteValues:
		return "delete"
	case ReplaceValues:
		return "replace"
	case Increment:
		return "increment"
	}
	return "change(" + strconv.Itoa(int(c)) + ")"
}

// Kind returns KindModifyRequest.
func (*ModifyRequest) Kind() Kind { return KindModifyRequest }

func parseModifyRequest(r *ber.Reader) *ModifyRequest {
	q := new(ModifyRequest)
	outer := r.Enter(ber.Tag(KindModifyRequest))
	q.Entry = r.Text(ber.OctetString)
	list := r.Enter(ber.Sequence)
	if n := r.Count(); n > 0 {
		q.Changes = make([]Change, 0, n)
	}
	for r.More() {
		q.Changes = append(q.Changes, parseChange(r))
	}
	r.Leave(list)
	r.Leave(outer)
	return q
}

func parseChange(r *ber.Reader) Change {
	var c Change
	outer := r.Enter(ber.Sequence)
	c.Op = ChangeOp(r.Int32(ber.Enumerated))
	c.Attribute = parseAttribute(r)
	r.Leave(outer)
	return c
}

func (q *ModifyRequest) encode(b *ber.Builder) {
	end := b.Len()
	for _, c := range slices.Backward(q.Changes) {
		c.encode(b)
	}
	b.Wrap(ber.Sequence, end)
	b.Text(ber.OctetString, q.Entry)
	b.Wrap(ber.Tag(KindModifyRequest), end)
}

func (c Change) encode(b *ber.Builder) {
	end := b.Len()
	c.Attribute.encode(b)
	b.Int(ber.Enumerated, int64(c.Op))
	b.Wrap(ber.Sequence, end)
}
