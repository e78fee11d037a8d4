package krb5

import "encoding/binary"

// TokenHeader is how long the header of a token with a message is.
const TokenHeader = 16

// TokenFlags say how a token with a message is made, RFC 4121 §4.2.2.
type TokenFlags uint8

// How a token with a message is made.
const (
	SentByAcceptor TokenFlags = 1
	Sealed         TokenFlags = 2 // in wrap tokens only
	AcceptorSubkey TokenFlags = 4
)

// WrapHeader begins a token that carries a message, RFC 4121 §4.2.6.2.
type WrapHeader struct {
	Flags TokenFlags
	EC    uint16 // sealed: octets of filler; signed: octets of checksum
	RRC   uint16 // by how much what follows is rotated to the right
	SeqNo uint64
}

// ParseWrap reads the header of a wrap token and returns what follows it.
func ParseWrap(p []byte) (WrapHeader, []byte, error) {
	if len(p) < TokenHeader || TokenID(binary.BigEndian.Uint16(p)) != TokenWrap || p[3] != 0xff {
		return WrapHeader{}, nil, ErrToken
	}
	return WrapHeader{
		Flags: TokenFlags(p[2]), EC: binary.BigEndian.Uint16(p[4:]), RRC: binary.BigEndian.Uint16(p[6:]),
		SeqNo: binary.BigEndian.Uint64(p[8:]),
	}, p[TokenHeader:], nil
}

// Bytes returns the header. Encrypted or signed with the message, it has an RRC
// of 0, RFC 4121 §4.2.4.
func (h WrapHeader) Bytes() [TokenHeader]byte {
	var p [TokenHeader]byte
	binary.BigEndian.PutUint16(p[:], uint16(TokenWrap))
	p[2], p[3] = byte(h.Flags), 0xff
	binary.BigEndian.PutUint16(p[4:], h.EC)
	binary.BigEndian.PutUint16(p[6:], h.RRC)
	binary.BigEndian.PutUint64(p[8:], h.SeqNo)
	return p
}

// MICHeader begins a token that carries a checksum only, RFC 4121 §4.2.6.1.
type MICHeader struct {
	Flags TokenFlags
	SeqNo uint64
}

// micFiller stands where a wrap token has its lengths.
const micFiller = 0xffffffffff

// ParseMIC reads the header of a MIC token and returns the checksum that follows
// it.
func ParseMIC(p []byte) (MICHeader, []byte, error) {
	if len(p) < TokenHeader || TokenID(binary.BigEndian.Uint16(p)) != TokenMIC ||
		binary.BigEndian.Uint64(p)&micFiller != micFiller {
		return MICHeader{}, nil, ErrToken
	}
	return MICHeader{Flags: TokenFlags(p[2]), SeqNo: binary.BigEndian.Uint64(p[8:])}, p[TokenHeader:], nil
}

// Bytes returns the header, which is signed with the message.
func (h MICHeader) Bytes() [TokenHeader]byte {
	var p [TokenHeader]byte
	binary.BigEndian.PutUint64(p[:], uint64(TokenMIC)<<48|uint64(h.Flags)<<40|micFiller)
	binary.BigEndian.PutUint64(p[8:], h.SeqNo)
	return p
}
