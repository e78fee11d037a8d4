// Package spnego turns the tokens with which peers choose a mechanism of GSS-API
// into values and back: RFC 4178, and the hints of [MS-SPNG].
//
// What always holds:
//
//   - No parser panics, or allocates more than in proportion to its input,
//     whatever the input.
//   - Octets of a parsed token are slices of the input.
//   - The list of mechanisms comes as it was received, because mechListMIC signs
//     its octets.
//
// Which mechanism is taken, and what its tokens mean, is not known here.
package spnego

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Object identifiers, as their contents are encoded.
var (
	OID     = []byte{0x2b, 0x06, 0x01, 0x05, 0x05, 0x02}                               // 1.3.6.1.5.5.2, RFC 4178 §1
	OIDNTLM = []byte{0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a}       // 1.3.6.1.4.1.311.2.2.10, [MS-SPNG] §1.9
	oidKrb5 = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02} // 1.2.840.113554.1.2.2, with its header
)

// MaxMechs bounds the mechanisms in an offer. Windows offers four.
const MaxMechs = 32

// What can be wrong with a token beside its encoding.
var (
	ErrToken = errors.New("spnego: not a negotiation token")
	ErrMechs = errors.New("spnego: list of mechanisms empty or too long")
	ErrState = errors.New("spnego: unknown state")
)

// Kind is what a token turns out to be before it is parsed.
type Kind uint8

// What a token can be. Some clients send a mechanism's own token where the
// protocol says SPNEGO, and Windows takes it.
const (
	Unknown Kind = iota
	Init         // NegTokenInit, in its GSS-API frame
	Resp         // NegTokenResp
	Krb5         // a token of Kerberos without SPNEGO
	NTLM         // a message of NTLM without SPNEGO
)

// ntlm begins every message of NTLM, [MS-NLMP] §2.2.1.
var ntlm = []byte("NTLMSSP\x00")

// Sniff tells from its first octets what a token is. It does not say that the
// token parses.
func Sniff(p []byte) Kind {
	if bytes.HasPrefix(p, ntlm) {
		return NTLM
	}
	if len(p) > 0 && ber.Tag(p[0]) == tagResp {
		return Resp
	}
	body, err := frame(p)
	switch {
	case err != nil:
		return Unknown
	case bytes.HasPrefix(body, oidKrb5):
		return Krb5
	case len(body) > len(OID)+2 && ber.Tag(body[0]) == ber.ObjectID && int(body[1]) == len(OID) && bytes.Equal(body[2:2+len(OID)], OID):
		return Init
	}
	return Unknown
}

// frame returns the contents of a GSS-API frame, RFC 2743 §3.1: an identifier,
// and what the mechanism defines.
func frame(p []byte) ([]byte, error) {
	r := ber.NewReader(p)
	t, body := r.Any()
	r.Done()
	if r.Err() != nil || t != ber.Application(0) {
		return nil, ErrToken
	}
	return body, nil
}

var (
	tagInit   = ber.ContextConstructed(0)
	tagResp   = ber.ContextConstructed(1)
	tagField0 = ber.ContextConstructed(0)
	tagField1 = ber.ContextConstructed(1)
	tagField2 = ber.ContextConstructed(2)
	tagField3 = ber.ContextConstructed(3)
	tagField4 = ber.ContextConstructed(4)
)

// optional reads the octets in a field if it is there.
func optional(r *ber.Reader, field, t ber.Tag) []byte {
	if !r.Is(field) {
		return nil
	}
	outer := r.Enter(field)
	p := r.Octets(t)
	r.Done()
	r.Leave(outer)
	return p
}

// put writes octets in a field, unless they are nil.
func put(b *ber.Builder, field, t ber.Tag, p []byte) {
	if p == nil {
		return
	}
	end := b.Len()
	b.Octets(t, p)
	b.Wrap(field, end)
}

// fail says what was parsed.
func fail(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("spnego: %s: %w", what, err)
}

// parseMechs reads a MechTypeList and returns it as it came too.
func parseMechs(r *ber.Reader) (mechs [][]byte, raw []byte) {
	ahead := *r
	raw = ahead.Element()
	outer := r.Enter(ber.Sequence)
	n := r.Count()
	if n == 0 || n > MaxMechs {
		r.Fail(ErrMechs)
		return nil, nil
	}
	mechs = make([][]byte, 0, n)
	for r.More() {
		mechs = append(mechs, r.Octets(ber.ObjectID))
	}
	r.Leave(outer)
	return mechs, raw
}

func putMechs(b *ber.Builder, mechs [][]byte) {
	end := b.Len()
	for _, m := range slices.Backward(mechs) {
		b.Octets(ber.ObjectID, m)
	}
	b.Wrap(ber.Sequence, end)
}
