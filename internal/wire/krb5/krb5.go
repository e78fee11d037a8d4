// Package krb5 turns the octets of Kerberos into messages and back: RFC 4120,
// armor (RFC 6113), canonical names (RFC 6806), Microsoft's additions ([MS-KILE],
// [MS-SFU]), password changes (RFC 3244) and GSS-API tokens (RFC 4121).
//
// Both directions of every message are here, because the node, the load
// generator and the tests stand at the other end.
//
// What always holds:
//
//   - No parser panics, or allocates more than in proportion to its input,
//     whatever the input. Lists are bounded by number.
//   - Octet strings of a parsed message are slices of the input: who keeps them
//     keeps the input, and must not change it.
//   - What a checksum is computed over comes as it was received, in the fields
//     named Raw. Encoding it anew might give other octets.
//   - What is optional and absent is the zero value, and the zero value is not
//     written. An absent time is [time.Time.IsZero].
//   - Unknown elements at the end of a sequence are passed over, because a later
//     version may add some. Unknown numbers are kept.
//   - A key prints as [secret].
//
// What keys encrypt, which principal exists and what time it is are not known
// here.
package krb5

import (
	"errors"
	"fmt"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Version is the version of the protocol in every message, RFC 4120 §5.
const Version = 5

// Limits on lists. Each leaves room for what real peers send, and keeps what
// walks a list short.
const (
	// MaxNameParts bounds the components of a name. Services have three at most
	// (GC/host/forest); the rest is room for what a site makes up.
	MaxNameParts = 8

	// MaxPAData bounds pre-authentication data. MIT sends five.
	MaxPAData = 32

	// MaxETypes bounds the encryption types asked for. MIT and Windows send
	// eight.
	MaxETypes = 32

	// MaxAddresses bounds addresses. A host with addresses in a ticket lists its
	// own.
	MaxAddresses = 64

	// MaxTickets bounds tickets in a request or a KRB-CRED. Delegation sends one,
	// S4U2Proxy one.
	MaxTickets = 8

	// MaxAuthData bounds elements of one level of authorization data.
	MaxAuthData = 32

	// MaxList bounds every other list.
	MaxList = 64
)

// What can be wrong with a message beside its encoding.
var (
	ErrVersion   = errors.New("unknown protocol version")
	ErrType      = errors.New("unexpected message type")
	ErrTime      = errors.New("malformed time")
	ErrMicros    = errors.New("microseconds out of range")
	ErrBitString = errors.New("malformed bit string")
	ErrList      = errors.New("list empty or too long")
	ErrName      = errors.New("name without components or with too many")
	ErrNumber    = errors.New("number out of range")
	ErrLength    = errors.New("length field disagrees with the message")
	ErrToken     = errors.New("unknown token")
)

// decoder is a message or a part of one.
type decoder interface{ decode(r *ber.Reader) }

// appender is a message or a part of one that can be written.
type appender interface{ Append(b *ber.Builder) }

// parse reads exactly one element. what names it in the error.
func parse[T any, P interface {
	*T
	decoder
}](what string, p []byte) (T, error) {
	var v T
	r := ber.NewReader(p)
	P(&v).decode(&r)
	r.Done()
	if err := r.Err(); err != nil {
		var zero T
		return zero, fmt.Errorf("krb5: %s: %w", what, err)
	}
	return v, nil
}

// marshal returns a message in octets of its own.
func marshal(v appender) []byte {
	var b ber.Builder
	v.Append(&b)
	return b.Bytes()
}
