// Package ber reads and builds BER, the encoding of LDAP, and its strict form
// DER, the encoding of Kerberos.
//
// A [Reader] walks over bytes somebody sent. A [Builder] writes from the last
// byte to the first, so that every length is known when its turn comes.
//
// What always holds:
//
//   - A Reader never reads past the element it stands in, never allocates more
//     than its input is long, and never panics, whatever the input.
//   - Octets it hands out are slices of the input. Who keeps them keeps the
//     input, and must not change it.
//   - A Builder writes the shortest lengths and integers there are, as X.690
//     §10.1 asks of DER.
//
// Only definite lengths and tag numbers up to 30 are known: LDAP forbids the
// indefinite form (RFC 4511 §5.1), DER too, and neither protocol has a higher
// number. What an element means is not known here.
package ber

import (
	"errors"
	"fmt"
)

// Tag is the identifier octet of an element: class, constructed bit and number,
// X.690 §8.1.2.
type Tag uint8

// The universal tags that LDAP and Kerberos use.
const (
	Boolean         Tag = 0x01
	Integer         Tag = 0x02
	BitString       Tag = 0x03
	OctetString     Tag = 0x04
	Null            Tag = 0x05
	ObjectID        Tag = 0x06
	Enumerated      Tag = 0x0a
	UTF8String      Tag = 0x0c
	GeneralizedTime Tag = 0x18
	GeneralString   Tag = 0x1b
	Sequence        Tag = 0x30
	Set             Tag = 0x31
)

const (
	constructed Tag = 0x20
	application Tag = 0x40
	context     Tag = 0x80
	numberMask  Tag = 0x1f
)

// Application returns the tag [APPLICATION n] of a constructed element.
func Application(n uint8) Tag { return application | constructed | Tag(n)&numberMask }

// Context returns the tag [n] of a primitive element.
func Context(n uint8) Tag { return context | Tag(n)&numberMask }

// ContextConstructed returns the tag [n] of a constructed element, and of
// whatever is tagged explicitly.
func ContextConstructed(n uint8) Tag { return context | constructed | Tag(n)&numberMask }

// Number returns the number of the tag within its class.
func (t Tag) Number() int { return int(t & numberMask) }

// String returns the tag as two hexadecimal digits, as packet dumps show it.
func (t Tag) String() string { return fmt.Sprintf("%02x", uint8(t)) }

// What can be wrong with an encoding.
var (
	ErrTruncated  = errors.New("element ends before its length")
	ErrIndefinite = errors.New("indefinite length")
	ErrLength     = errors.New("length out of range")
	ErrHighTag    = errors.New("tag number above 30")
	ErrTag        = errors.New("unexpected tag")
	ErrInteger    = errors.New("integer out of range")
	ErrBoolean    = errors.New("boolean is not one octet")
	ErrDepth      = errors.New("elements nested too deep")
	ErrTrailing   = errors.New("octets after the last element")
)

// Error says where in the input an encoding is wrong.
type Error struct {
	Offset int
	Err    error
}

// Error returns the reason and the offset.
func (e *Error) Error() string { return fmt.Sprintf("ber: %v at offset %d", e.Err, e.Offset) }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }
