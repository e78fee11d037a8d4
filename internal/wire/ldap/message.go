package ldap

import (
	"slices"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Message is the envelope of every operation, RFC 4511 §4.1.1.
type Message struct {
	ID       int32 // 0 only where the server speaks unasked, §4.4
	Op       Op
	Controls []Control
}

// Op is a request or a response: a pointer to one of the structs of this
// package that are named for a message of RFC 4511.
type Op interface {
	Kind() Kind
	encode(b *ber.Builder)
}

// shareText is how long a search may be that is copied once for all its strings.
// SSSD's have a kilobyte; in a longer one the values outweigh the names.
const shareText = 4096

// Parse reads exactly one message. An error is a [*ParseError], and the message
// is then empty.
func Parse(p []byte) (Message, error) {
	var m Message
	r := ber.NewReader(p)
	outer := r.Enter(ber.Sequence)
	id := r.Int32(ber.Integer)
	if id < 0 {
		id = 0
		r.Fail(ErrMessageID)
	}
	kind := Kind(r.Peek())
	if kind == KindSearchRequest && len(p) <= shareText {
		r.ShareText()
	}
	m.Op = parseOp(&r)
	if r.Is(tagControls) {
		m.Controls = parseControls(&r)
	}
	r.Leave(outer)
	r.Done()
	if err := r.Err(); err != nil {
		return Message{}, &ParseError{ID: id, Kind: kind, Err: err}
	}
	m.ID = id
	return m, nil
}

// parseOp reads the operation. Each has its own parser, in the file named for
// it.
func parseOp(r *ber.Reader) Op {
	switch Kind(r.Peek()) {
	case KindBindRequest:
		return parseBindRequest(r)
	case KindBindResponse:
		return parseBindResponse(r)
	case KindUnbindRequest:
		return parseUnbindRequest(r)
	case KindSearchRequest:
		return parseSearchRequest(r)
	case KindSearchResultEntry:
		return parseSearchResultEntry(r)
	case KindSearchResultReference:
		return parseSearchResultReference(r)
	case KindModifyRequest:
		return parseModifyRequest(r)
	case KindAddRequest:
		return parseAddRequest(r)
	case KindDelRequest:
		return parseDelRequest(r)
	case KindModifyDNRequest:
		return parseModifyDNRequest(r)
	case KindCompareRequest:
		return parseCompareRequest(r)
	case KindAbandonRequest:
		return parseAbandonRequest(r)
	case KindExtendedRequest:
		return parseExtendedRequest(r)
	case KindExtendedResponse:
		return parseExtendedResponse(r)
	case KindIntermediateResponse:
		return parseIntermediateResponse(r)
	case KindSearchResultDone, KindModifyResponse, KindAddResponse, KindDelResponse,
		KindModifyDNResponse, KindCompareResponse:
		return parseResponse(r)
	}
	r.Fail(ErrUnknownOp)
	return nil
}

// AppendTo writes the message in front of what b holds.
func (m Message) AppendTo(b *ber.Builder) {
	end := b.Len()
	encodeControls(b, m.Controls)
	m.Op.encode(b)
	b.Int(ber.Integer, int64(m.ID))
	b.Wrap(ber.Sequence, end)
}

// Encode returns the message in octets of its own.
func (m Message) Encode() []byte {
	var b ber.Builder
	m.AppendTo(&b)
	return b.Bytes()
}

// parseTexts reads a list of strings that are tagged t as a whole.
func parseTexts(r *ber.Reader, t ber.Tag) []string {
	outer := r.Enter(t)
	var list []string
	if n := r.Count(); n > 0 {
		list = make([]string, 0, n)
	}
	for r.More() {
		list = append(list, r.Text(ber.OctetString))
	}
	r.Leave(outer)
	return list
}

// encodeTexts writes a list of strings that is tagged t as a whole.
func encodeTexts(b *ber.Builder, t ber.Tag, list []string) {
	end := b.Len()
	for _, s := range slices.Backward(list) {
		b.Text(ber.OctetString, s)
	}
	b.Wrap(t, end)
}
