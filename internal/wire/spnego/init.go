package spnego

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// NegTokenInit offers mechanisms, RFC 4178 §4.2.1. Octets that are absent are
// nil.
type NegTokenInit struct {
	Mechs    [][]byte // contents of object identifiers, best first
	RawMechs []byte   // MechTypeList as received: what mechListMIC signs
	Token    []byte   // the first token of the first mechanism
	MIC      []byte
	Hint     string // hintName of NegTokenInit2, which only acceptors send, [MS-SPNG] §2.2.1
}

// ParseInit reads an offer in its GSS-API frame.
func ParseInit(p []byte) (NegTokenInit, error) {
	body, err := frame(p)
	if err != nil {
		return NegTokenInit{}, err
	}
	r := ber.NewReader(body)
	if oid := r.Octets(ber.ObjectID); string(oid) != string(OID) {
		return NegTokenInit{}, ErrToken
	}
	n := parseInit(&r)
	r.Done()
	if r.Err() != nil {
		return NegTokenInit{}, fail("NegTokenInit", r.Err())
	}
	return n, nil
}

func parseInit(r *ber.Reader) NegTokenInit {
	var n NegTokenInit
	outer := r.Enter(tagInit)
	seq := r.Enter(ber.Sequence)
	field := r.Enter(tagField0)
	n.Mechs, n.RawMechs = parseMechs(r)
	r.Done()
	r.Leave(field)
	_ = optional(r, tagField1, ber.BitString) // reqFlags: deprecated, and nobody signs it
	n.Token = optional(r, tagField2, ber.OctetString)
	n.parseEnd(r)
	r.Leave(seq)
	r.Leave(outer)
	return n
}

// parseEnd reads what follows the token. In RFC 4178 the field 3 is the MIC; in
// NegTokenInit2 it is a sequence of hints, and the MIC is the field 4.
func (n *NegTokenInit) parseEnd(r *ber.Reader) {
	ahead := *r
	if !ahead.Is(tagField3) {
		n.MIC = optional(r, tagField4, ber.OctetString)
		return
	}
	_ = ahead.Enter(tagField3)
	if !ahead.Is(ber.Sequence) {
		n.MIC = optional(r, tagField3, ber.OctetString)
		return
	}
	field := r.Enter(tagField3)
	seq := r.Enter(ber.Sequence)
	n.Hint = string(optional(r, tagField0, ber.GeneralString))
	r.Leave(seq)
	r.Leave(field)
	n.MIC = optional(r, tagField4, ber.OctetString)
}

// Append writes the offer, framed, in front of what b holds. With a hint it has
// the form of NegTokenInit2.
func (n *NegTokenInit) Append(b *ber.Builder) {
	end := b.Len()
	if n.Hint == "" {
		put(b, tagField3, ber.OctetString, n.MIC)
	} else {
		put(b, tagField4, ber.OctetString, n.MIC)
		hint := b.Len()
		put(b, tagField0, ber.GeneralString, []byte(n.Hint))
		b.Wrap(ber.Sequence, hint)
		b.Wrap(tagField3, hint)
	}
	put(b, tagField2, ber.OctetString, n.Token)
	mechs := b.Len()
	putMechs(b, n.Mechs)
	b.Wrap(tagField0, mechs)
	b.Wrap(ber.Sequence, end)
	b.Wrap(tagInit, end)
	b.Octets(ber.ObjectID, OID)
	b.Wrap(ber.Application(0), end)
}

// Marshal returns the offer in octets of its own.
func (n *NegTokenInit) Marshal() []byte {
	var b ber.Builder
	n.Append(&b)
	return b.Bytes()
}

// MarshalMechs returns the list of mechanisms alone: what an initiator signs.
func (n *NegTokenInit) MarshalMechs() []byte {
	var b ber.Builder
	putMechs(&b, n.Mechs)
	return b.Bytes()
}
