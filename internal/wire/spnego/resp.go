package spnego

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// State is how a negotiation stands, RFC 4178 §4.2.2.
type State int8

// How a negotiation stands.
const (
	NoState          State = -1 // absent, as in an initiator's answer
	AcceptCompleted  State = 0
	AcceptIncomplete State = 1
	Reject           State = 2
	RequestMIC       State = 3
)

// NegTokenResp answers an offer, or another answer, RFC 4178 §4.2.2. Octets that
// are absent are nil.
type NegTokenResp struct {
	State State
	Mech  []byte // contents of an object identifier; in the first answer only
	Token []byte
	MIC   []byte
}

// ParseResp reads an answer.
func ParseResp(p []byte) (NegTokenResp, error) {
	r := ber.NewReader(p)
	n := NegTokenResp{State: NoState}
	outer := r.Enter(tagResp)
	seq := r.Enter(ber.Sequence)
	if r.Is(tagField0) {
		n.State = parseState(&r)
	}
	n.Mech = optional(&r, tagField1, ber.ObjectID)
	n.Token = optional(&r, tagField2, ber.OctetString)
	n.MIC = optional(&r, tagField3, ber.OctetString)
	r.Leave(seq)
	r.Leave(outer)
	r.Done()
	if r.Err() != nil {
		return NegTokenResp{}, fail("NegTokenResp", r.Err())
	}
	return n, nil
}

func parseState(r *ber.Reader) State {
	outer := r.Enter(tagField0)
	v := r.Int32(ber.Enumerated)
	if v < int32(AcceptCompleted) || v > int32(RequestMIC) {
		r.Fail(ErrState)
	}
	r.Done()
	r.Leave(outer)
	return State(v)
}

// Append writes the answer in front of what b holds.
func (n *NegTokenResp) Append(b *ber.Builder) {
	end := b.Len()
	put(b, tagField3, ber.OctetString, n.MIC)
	put(b, tagField2, ber.OctetString, n.Token)
	put(b, tagField1, ber.ObjectID, n.Mech)
	if n.State != NoState {
		state := b.Len()
		b.Int(ber.Enumerated, int64(n.State))
		b.Wrap(tagField0, state)
	}
	b.Wrap(ber.Sequence, end)
	b.Wrap(tagResp, end)
}

// Marshal returns the answer in octets of its own.
func (n *NegTokenResp) Marshal() []byte {
	var b ber.Builder
	n.Append(&b)
	return b.Bytes()
}
