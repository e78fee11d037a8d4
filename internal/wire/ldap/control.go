package ldap

import (
	"slices"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Control asks for more than the operation itself does, or tells more, RFC 4511
// §4.1.11. Value is nil if absent.
//
// A server that does not know the OID of a critical control answers
// UnavailableCriticalExtension; one that is not critical it ignores.
type Control struct {
	OID      string
	Critical bool
	Value    []byte
}

var tagControls = ber.ContextConstructed(0)

// FindControl returns the first control with the OID.
func FindControl(controls []Control, oid string) (Control, bool) {
	for _, c := range controls {
		if c.OID == oid {
			return c, true
		}
	}
	return Control{}, false
}

func parseControls(r *ber.Reader) []Control {
	outer := r.Enter(tagControls)
	n := r.Count()
	if n > MaxControls {
		r.Fail(ErrControls)
		return nil
	}
	var list []Control
	if n > 0 {
		list = make([]Control, 0, n)
	}
	for r.More() {
		list = append(list, parseControl(r))
	}
	r.Leave(outer)
	return list
}

func parseControl(r *ber.Reader) Control {
	var c Control
	outer := r.Enter(ber.Sequence)
	c.OID = r.Text(ber.OctetString)
	if r.Is(ber.Boolean) {
		c.Critical = r.Bool(ber.Boolean)
	}
	c.Value = optional(r, ber.OctetString)
	r.Leave(outer)
	return c
}

func encodeControls(b *ber.Builder, list []Control) {
	if len(list) == 0 {
		return
	}
	end := b.Len()
	for _, c := range slices.Backward(list) {
		c.encode(b)
	}
	b.Wrap(tagControls, end)
}

func (c Control) encode(b *ber.Builder) {
	end := b.Len()
	encodeOptional(b, ber.OctetString, c.Value)
	if c.Critical {
		b.Bool(ber.Boolean, true)
	}
	b.Text(ber.OctetString, c.OID)
	b.Wrap(ber.Sequence, end)
}

// decodeValue reads the one element a control's or an extended operation's
// value consists of.
func decodeValue(p []byte, t ber.Tag, fields func(r *ber.Reader)) error {
	r := ber.NewReader(p)
	outer := r.Enter(t)
	fields(&r)
	r.Leave(outer)
	r.Done()
	return r.Err()
}

// encodeValue returns the one element a value consists of. The fields are
// written last first.
func encodeValue(t ber.Tag, fields func(b *ber.Builder)) []byte {
	var b ber.Builder
	fields(&b)
	b.Wrap(t, 0)
	return b.Bytes()
}
