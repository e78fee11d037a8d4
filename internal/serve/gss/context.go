package gss

import (
	"crypto/hmac"
	"errors"
	"sync"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// What can be wrong with a token.
var (
	ErrToken = errors.New("gss: the token is malformed")
	ErrOrder = errors.New("gss: the token was seen already, or is out of order")
)

// Context is an established security context: who is at the other end, and the
// keys both ends share. Its methods may be called at once.
type Context struct {
	Flags krb5.GSSFlags
	// Bound says that the peer named the TLS channel it came over, and it is ours.
	Bound bool

	actor ident.Actor
	typ   etype.Type
	key   []byte

	mu      sync.Mutex
	send    uint64 // of our next token
	receive uint64 // of the peer's next wrap token
	seen    uint64 // MIC tokens among the last 64, the highest first
	highest uint64 // of those
	sealing *etype.Cipher
	unseal  *etype.Cipher
}

// Actor is who is at the other end. It ends when the ticket does.
func (c *Context) Actor() ident.Actor { return c.actor }

// newContext makes a context of the key both sides share. Our tokens are counted
// from send, the peer's from receive.
func newContext(typ etype.Type, key []byte, send, receive uint64) (*Context, error) {
	c := &Context{typ: typ, key: key, send: send, receive: receive, highest: receive - 1}
	var err error
	if c.sealing, err = typ.Cipher(key, krb5.UsageAcceptorSeal); err != nil {
		return nil, err
	}
	c.unseal, err = typ.Cipher(key, krb5.UsageInitiatorSeal)
	return c, err
}

// Wrap appends a token that carries plain, sealed or signed, RFC 4121 §4.2.6.2.
func (c *Context) Wrap(dst, plain []byte, seal bool) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := krb5.WrapHeader{Flags: krb5.SentByAcceptor, SeqNo: c.send}
	c.send++
	if seal {
		h.Flags |= krb5.Sealed
		header := h.Bytes()
		at := append(append(make([]byte, 0, len(plain)+len(header)), plain...), header[:]...)
		return c.sealing.Seal(append(dst, header[:]...), at)
	}
	header := h.Bytes()
	sum := c.sum(krb5.UsageAcceptorSeal, plain, header[:])
	h.EC = uint16(len(sum))
	header = h.Bytes()
	dst = append(dst, header[:]...)
	return append(append(dst, plain...), sum...)
}

// sum is the checksum over parts. The key's type and length were checked when the
// context was made.
func (c *Context) sum(usage uint32, parts ...[]byte) []byte {
	s, err := c.typ.Checksum(c.key, usage, parts...)
	if err != nil {
		panic("gss: a context has a key that is none")
	}
	return s
}

// Unwrap returns what a token of the peer carries, and whether it was sealed. It
// uses the token's octets. Tokens come in the order they were made, since what
// carries them does: one that is missing or comes twice is somebody's doing.
func (c *Context) Unwrap(token []byte) (plain []byte, sealed bool, err error) {
	h, body, err := krb5.ParseWrap(token)
	if err != nil || h.Flags&krb5.SentByAcceptor != 0 {
		return nil, false, ErrToken
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	body = rotateLeft(body, int(h.RRC))
	h.RRC = 0
	if sealed = h.Flags&krb5.Sealed != 0; sealed {
		plain, err = c.openSealed(h, body)
	} else {
		plain, err = c.openSigned(h, body)
	}
	if err != nil {
		return nil, false, err
	}
	if h.SeqNo != c.receive {
		return nil, false, ErrOrder
	}
	c.receive++
	return plain, sealed, nil
}

// openSealed decrypts; behind the plaintext stand filler octets and the header
// once more, RFC 4121 §4.2.4.
func (c *Context) openSealed(h krb5.WrapHeader, body []byte) ([]byte, error) {
	plain, err := c.unseal.Open(body)
	if err != nil {
		return nil, err
	}
	header := h.Bytes()
	n := len(plain) - len(header) - int(h.EC)
	if n < 0 || !hmac.Equal(plain[n+int(h.EC):], header[:]) {
		return nil, ErrToken
	}
	return plain[:n], nil
}

// openSigned tests the checksum behind the plaintext.
func (c *Context) openSigned(h krb5.WrapHeader, body []byte) ([]byte, error) {
	n := len(body) - c.typ.CheckSize()
	if n < 0 || int(h.EC) != c.typ.CheckSize() {
		return nil, ErrToken
	}
	h.EC = 0
	header := h.Bytes()
	if !hmac.Equal(c.sum(krb5.UsageInitiatorSeal, body[:n], header[:]), body[n:]) {
		return nil, etype.ErrIntegrity
	}
	return body[:n], nil
}

// rotateLeft undoes a sender's rotation to the right, RFC 4121 §4.2.5.
func rotateLeft(p []byte, by int) []byte {
	if len(p) == 0 || by%len(p) == 0 {
		return p
	}
	by %= len(p)
	return append(append(make([]byte, 0, len(p)), p[by:]...), p[:by]...)
}

// MIC returns a token that signs data, RFC 4121 §4.2.6.1.
func (c *Context) MIC(data []byte) []byte {
	c.mu.Lock()
	header := krb5.MICHeader{Flags: krb5.SentByAcceptor, SeqNo: c.send}.Bytes()
	c.send++
	c.mu.Unlock()
	return append(header[:], c.sum(krb5.UsageAcceptorSign, data, header[:])...)
}

// VerifyMIC tests the peer's signature over data. A token counts once, whatever
// the order they come in.
func (c *Context) VerifyMIC(token, data []byte) error {
	h, sum, err := krb5.ParseMIC(token)
	if err != nil || h.Flags&krb5.SentByAcceptor != 0 {
		return ErrToken
	}
	if !hmac.Equal(c.sum(krb5.UsageInitiatorSign, data, token[:krb5.TokenHeader]), sum) {
		return etype.ErrIntegrity
	}
	return c.once(h.SeqNo)
}

// once refuses a number that was seen, or that is too old to tell.
func (c *Context) once(seq uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	ahead := int64(seq - c.highest)
	switch {
	case ahead > 0:
		c.seen = c.seen<<min(uint64(ahead), 64) | 1
		c.highest = seq
	case ahead <= -64 || c.seen&(1<<uint64(-ahead)) != 0:
		return ErrOrder
	default:
		c.seen |= 1 << uint64(-ahead)
	}
	return nil
}
