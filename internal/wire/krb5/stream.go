package krb5

import (
	"encoding/binary"
	"errors"
)

// ErrTooLong says that a message over TCP is longer than its reader takes.
var ErrTooLong = errors.New("krb5: the message is too long")

// StreamHead is the length of a message that stands before it over TCP, in octets.
const StreamHead = 4

// FrameLen tells from the first octets of a message over TCP how long it is with its
// length before it, RFC 4120 §7.2.2, and how many more octets it takes to tell. The
// first bit is reserved for extensions nobody uses: a length with it is too long.
func FrameLen(head []byte, limit int) (total, need int, err error) {
	if len(head) < StreamHead {
		return 0, StreamHead - len(head), nil
	}
	n := binary.BigEndian.Uint32(head)
	if uint64(n)+StreamHead > uint64(limit) {
		return 0, 0, ErrTooLong
	}
	return int(n) + StreamHead, 0, nil
}

// Framed is a message with its length before it.
func Framed(message []byte) []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, len(message)+StreamHead), uint32(len(message)))
	return append(out, message...)
}
