// Package ident holds the names of identities: object ids, SIDs and the numbers
// computed from them, login names, UPNs, SPNs and DNs, and Actor, who is asking.
//
// What always holds:
//
//   - A login name that parses is safe in a path, a shell, a filter and a log,
//     and is not the name of a system account or group.
//   - Two names that a reader could take for each other fold to one key.
//   - An Actor is made by the authenticator, the local socket or a test, and by
//     nobody else; house_test.go holds the list.
//
// Who exists is not known here.
package ident

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// ID is the object id of a principal or object: a UUID (RFC 9562) that never
// changes and is never reused.
type ID [16]byte

// NewID returns a random id, version 4.
func NewID() ID {
	var id ID
	_, _ = rand.Read(id[:]) // crypto/rand.Read never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the id as 8-4-4-4-12 lower-case hexadecimal digits.
func (id ID) String() string {
	var b [36]byte
	return string(id.AppendTo(b[:0]))
}

// AppendTo appends the text form of the id.
func (id ID) AppendTo(b []byte) []byte {
	b = append(hex.AppendEncode(b, id[0:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:16])
}

// ParseID reads the text form of an id, in any case.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, fault.New(fault.Invalid, "%q is not an object id", clip(s))
	}
	digits := s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:36]
	if _, err := hex.Decode(id[:], []byte(digits)); err != nil {
		return ID{}, fault.New(fault.Invalid, "%q is not an object id", clip(s))
	}
	return id, nil
}

// GUID returns the id as Active Directory stores an objectGUID: the first three
// fields little-endian, [MS-DTYP] §2.3.4.
func (id ID) GUID() []byte {
	return []byte{
		id[3], id[2], id[1], id[0], id[5], id[4], id[7], id[6],
		id[8], id[9], id[10], id[11], id[12], id[13], id[14], id[15],
	}
}

// IDFromGUID reads an objectGUID.
func IDFromGUID(b []byte) (ID, bool) {
	if len(b) != 16 {
		return ID{}, false
	}
	var id ID
	copy(id[:], b)
	id[0], id[1], id[2], id[3] = b[3], b[2], b[1], b[0]
	id[4], id[5] = b[5], b[4]
	id[6], id[7] = b[7], b[6]
	return id, true
}

// MarshalText is the JSON form of an id.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads the JSON form of an id.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	p, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*id = p
	return nil
}

// clip bounds what an error repeats of a caller's input.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
