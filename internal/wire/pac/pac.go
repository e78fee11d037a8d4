// Package pac turns the privilege attribute certificate of a ticket into values
// and back, [MS-PAC].
//
// A PAC is a list of typed buffers, among them its own signatures. Who signs
// builds it with signatures of zeros and fills them in, in the order in which one
// covers another: ticket, full, server, KDC (§2.8).
//
// What always holds:
//
//   - No parser panics, or allocates more than in proportion to its input,
//     whatever the input.
//   - Of each type there is one buffer at most, and no buffer leaves the PAC or
//     meets the list. Readers that take the first and readers that take the last
//     of two then see the same.
//   - Octets of a parsed PAC are slices of the input.
//
// Which key signs, and who is in which group, is not known here.
package pac

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Type says what a buffer holds, [MS-PAC] §2.4.
type Type uint32

// The types of buffers.
const (
	Logon          Type = 1  // KERB_VALIDATION_INFO, §2.5
	Credentials    Type = 2  // PAC_CREDENTIAL_INFO, §2.6
	ServerChecksum Type = 6  // PAC_SIGNATURE_DATA with the service's key, §2.8.1
	KDCChecksum    Type = 7  // with the key of krbtgt, over the one before, §2.8.2
	Client         Type = 10 // PAC_CLIENT_INFO, §2.7
	Delegated      Type = 11 // S4U_DELEGATION_INFO, §2.9
	UPNDNS         Type = 12 // UPN_DNS_INFO, §2.10
	ClientClaims   Type = 13 // PAC_CLIENT_CLAIMS_INFO, §2.11
	Device         Type = 14 // PAC_DEVICE_INFO, §2.12
	DeviceClaims   Type = 15 // PAC_DEVICE_CLAIMS_INFO, §2.13
	TicketChecksum Type = 16 // with the key of krbtgt, over the ticket, §2.8.3
	Attributes     Type = 17 // PAC_ATTRIBUTES_INFO, §2.14
	Requestor      Type = 18 // PAC_REQUESTOR, §2.15
	FullChecksum   Type = 19 // with the key of krbtgt, over the PAC, §2.8.4
)

// What can be wrong with a PAC beside the encoding of a buffer.
var (
	ErrTruncated = errors.New("pac: ends too early")
	ErrVersion   = errors.New("pac: unknown version")
	ErrBuffers   = errors.New("pac: too many buffers, or two of one type")
	ErrOffset    = errors.New("pac: buffer out of place")
	ErrMissing   = errors.New("pac: no such buffer")
	ErrSID       = errors.New("pac: malformed SID")
	ErrLong      = errors.New("pac: too long for its length field")
)

// MaxBuffers bounds the buffers. There are nineteen types.
const MaxBuffers = 32

const (
	headSize  = 8  // count and version, §2.3
	entrySize = 16 // PAC_INFO_BUFFER, §2.4
	align     = 8  // of every buffer, §2.3
)

var le = binary.LittleEndian

// Buffer is one of the buffers of a PAC.
type Buffer struct {
	Type Type
	Data []byte
}

// PAC is a PAC, with its buffers as slices of it.
type PAC struct {
	Bytes   []byte
	Buffers []Buffer
}

// Find returns the buffer of a type, or [ErrMissing].
func (p PAC) Find(t Type) ([]byte, error) {
	for _, b := range p.Buffers {
		if b.Type == t {
			return b.Data, nil
		}
	}
	return nil, fmt.Errorf("%w of type %d", ErrMissing, t)
}

// Parse reads a PAC. It does not look into its buffers.
func Parse(p []byte) (PAC, error) {
	if len(p) < headSize {
		return PAC{}, ErrTruncated
	}
	n := le.Uint32(p)
	if n > MaxBuffers {
		return PAC{}, ErrBuffers
	}
	if le.Uint32(p[4:]) != 0 {
		return PAC{}, ErrVersion
	}
	list := headSize + int(n)*entrySize
	if len(p) < list {
		return PAC{}, ErrTruncated
	}
	out := PAC{Bytes: p, Buffers: make([]Buffer, 0, n)}
	for e := p[headSize:list]; len(e) > 0; e = e[entrySize:] {
		t, size, at := Type(le.Uint32(e)), uint64(le.Uint32(e[4:])), le.Uint64(e[8:])
		if at < uint64(list) || at%align != 0 || at > uint64(len(p)) || size > uint64(len(p))-at {
			return PAC{}, ErrOffset
		}
		if slices.ContainsFunc(out.Buffers, func(b Buffer) bool { return b.Type == t }) {
			return PAC{}, ErrBuffers
		}
		out.Buffers = append(out.Buffers, Buffer{t, p[at : at+size : at+size]})
	}
	return out, nil
}

// Build makes a PAC of buffers, in their order. [Unsigned] makes those of the
// signatures; [PAC.Signature] finds them again.
func Build(buffers ...Buffer) PAC {
	list := headSize + len(buffers)*entrySize
	size := list
	for _, b := range buffers {
		size += padded(len(b.Data))
	}
	out := PAC{Bytes: make([]byte, size), Buffers: make([]Buffer, 0, len(buffers))}
	le.PutUint32(out.Bytes, uint32(len(buffers)))
	at := list // a multiple of 8, as both parts of it are
	for i, b := range buffers {
		e := out.Bytes[headSize+i*entrySize:]
		le.PutUint32(e, uint32(b.Type))
		le.PutUint32(e[4:], uint32(len(b.Data)))
		le.PutUint64(e[8:], uint64(at))
		end := at + copy(out.Bytes[at:], b.Data)
		out.Buffers = append(out.Buffers, Buffer{b.Type, out.Bytes[at:end:end]})
		at += padded(len(b.Data))
	}
	return out
}

func padded(n int) int { return (n + align - 1) &^ (align - 1) }
