// Package ldap turns the octets of LDAP into messages and back, RFC 4511, and
// filters into text and back, RFC 4515.
//
// A [Message] carries one [Op], a request or a response, and controls. Both
// directions are here, because the proxy, the node and the tests stand at the
// other end.
//
// What always holds:
//
//   - [Parse] never panics, and allocates in proportion to its input, whatever
//     the input. Filters are bounded in depth and in number of nodes.
//   - Octet strings of a parsed message are slices of the input: who keeps them
//     keeps the input, and must not change it.
//   - Names and values are octets with a length. A NUL is an octet like others.
//   - What an unknown client may rightly send (another kind of bind, a number
//     not in the table) parses, so that a server can answer it by its result
//     code.
//   - A password prints as [secret].
//
// What a distinguished name means, which attributes exist and how their values
// match are not known here.
package ldap

import (
	"errors"
	"fmt"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Limits. Each protects memory or stack, and leaves room for what real peers
// send.
const (
	// MaxMessage is how long a request may be: MaxReceiveBuffer, a default of
	// Active Directory, [MS-ADTS] §3.1.1.3.4.6.
	MaxMessage = 10 << 20

	// MaxMessageUnbound is how long a request may be before anybody signed in:
	// the default of OpenLDAP's sockbuf_max_incoming. A ticket with a large PAC
	// in a bind needs 64 KiB.
	MaxMessageUnbound = 1<<18 - 1

	// MaxFilterDepth bounds how deep filters nest, and so the stack of whoever
	// walks them. SSSD nests four deep.
	MaxFilterDepth = 100

	// MaxFilterNodes bounds how many filters one filter consists of, each part
	// between two stars counted too. A message of ten megabytes could hold
	// millions. The largest real ones name each group of a user, and Windows
	// allows a user 1,024.
	MaxFilterNodes = 10_000

	// MaxControls bounds the controls of a message. Clients send four at most.
	MaxControls = 64
)

// What can be wrong with a message beside its encoding.
var (
	ErrMessageID   = errors.New("message id out of range")
	ErrUnknownOp   = errors.New("unknown operation")
	ErrNotLDAP     = errors.New("not an LDAP message")
	ErrTooLong     = errors.New("message longer than the limit")
	ErrControls    = errors.New("too many controls")
	ErrFilterKind  = errors.New("unknown kind of filter")
	ErrFilterDepth = errors.New("filter nested too deep")
	ErrFilterSize  = errors.New("filter has too many parts")
	ErrSubstrings  = errors.New("malformed substrings filter")
)

// ParseError says what is wrong with a message, and as much of its envelope as
// could be read.
//
// If ID is not 0, a server may answer that request with ProtocolError.
// Otherwise it can only send [Disconnection] and close, RFC 4511 §4.1.1.
type ParseError struct {
	ID   int32
	Kind Kind
	Err  error
}

// Error names the message and the mistake.
func (e *ParseError) Error() string {
	return fmt.Sprintf("ldap: message %d, %s: %v", e.ID, e.Kind, e.Err)
}

// Unwrap returns the mistake.
func (e *ParseError) Unwrap() error { return e.Err }

// FrameLen tells from its first octets how long a message is, as [ber.FrameLen]
// does, and refuses one longer than limit before any of it is buffered. It also
// refuses what does not begin as a message, such as a TLS handshake on the port
// for clear text.
func FrameLen(head []byte, limit int) (total, need int, err error) {
	if len(head) > 0 && ber.Tag(head[0]) != ber.Sequence {
		return 0, 0, ErrNotLDAP
	}
	total, need, err = ber.FrameLen(head)
	if total > limit {
		return 0, 0, ErrTooLong
	}
	return total, need, err
}
