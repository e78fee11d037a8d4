// Package keytab turns keytab files into values and back, in the format 0x502 of
// MIT krb5 that every program reads.
//
// What always holds:
//
//   - Parse never panics, and allocates no more than in proportion to its input,
//     whatever the input.
//   - Keys of a parsed file are slices of the input, and print as [secret].
//
// Which key is a principal's best, and where files lie, is not known here.
package keytab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// version is the number every file begins with: format 5, all numbers big-endian.
const version = 0x0502

// What can be wrong with a keytab.
var (
	ErrVersion   = errors.New("keytab: not a keytab of format 0x502")
	ErrTruncated = errors.New("keytab: ends too early")
	ErrName      = errors.New("keytab: name without components or with too many")
	ErrLong      = errors.New("keytab: too long for its length field")
)

// Entry is a key of a principal.
type Entry struct {
	Realm krb5.Realm
	Name  krb5.PrincipalName
	Time  time.Time // when it was written, in whole seconds; zero if unknown
	KVNO  uint32
	EType krb5.EType // 16 bits, signed
	Key   krb5.Secret
}

var be = binary.BigEndian

// Parse reads a file.
func Parse(p []byte) ([]Entry, error) {
	if len(p) < 2 || be.Uint16(p) != version {
		return nil, ErrVersion
	}
	var entries []Entry
	for p = p[2:]; len(p) > 0; {
		if len(p) < 4 {
			return nil, ErrTruncated
		}
		size := int64(int32(be.Uint32(p)))
		p = p[4:]
		if size == 0 { // MIT takes it for the end
			break
		}
		hole := size < 0 // a deleted entry
		if hole {
			size = -size
		}
		if size > int64(len(p)) {
			return nil, ErrTruncated
		}
		if !hole {
			e, err := parseEntry(p[:size:size])
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", len(entries), err)
			}
			entries = append(entries, e)
		}
		p = p[size:]
	}
	return entries, nil
}

func parseEntry(p []byte) (Entry, error) {
	c := cursor{rest: p}
	var e Entry
	parts := c.uint16()
	e.Realm = krb5.Realm(c.counted())
	if parts == 0 || parts > krb5.MaxNameParts {
		return e, ErrName
	}
	e.Name.Parts = make([]string, parts)
	for i := range e.Name.Parts {
		e.Name.Parts[i] = string(c.counted())
	}
	e.Name.Type = krb5.NameType(int32(c.uint32()))
	if seconds := c.uint32(); seconds != 0 {
		e.Time = time.Unix(int64(seconds), 0).UTC()
	}
	e.KVNO = uint32(c.uint8())
	e.EType = krb5.EType(int16(c.uint16()))
	e.Key = c.counted()
	if c.short {
		return Entry{}, ErrTruncated
	}
	// The octet before the type is too small for machines that live long. What
	// follows the key is the whole number, unless it is 0.
	if len(c.rest) >= 4 {
		if kvno := c.uint32(); kvno != 0 {
			e.KVNO = kvno
		}
	}
	return e, nil
}

// Marshal returns a file. It fails on a name, a realm or a key that is longer than
// its length field holds, and on a time or a type out of its range.
func Marshal(entries []Entry) ([]byte, error) {
	p := be.AppendUint16(nil, version)
	for i, e := range entries {
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		at := len(p)
		p = e.append(be.AppendUint32(p, 0))
		be.PutUint32(p[at:], uint32(len(p)-at-4))
	}
	return p, nil
}

func (e *Entry) check() error {
	if n := len(e.Name.Parts); n == 0 || n > krb5.MaxNameParts {
		return ErrName
	}
	longest := max(len(e.Realm), len(e.Key))
	for _, s := range e.Name.Parts {
		longest = max(longest, len(s))
	}
	if longest > math.MaxUint16 || int32(e.EType) != int32(int16(e.EType)) {
		return ErrLong
	}
	if s := e.Time.Unix(); !e.Time.IsZero() && (s < 0 || s > math.MaxUint32) {
		return ErrLong
	}
	return nil
}

func (e *Entry) append(p []byte) []byte {
	p = be.AppendUint16(p, uint16(len(e.Name.Parts)))
	p = appendCounted(p, string(e.Realm))
	for _, s := range e.Name.Parts {
		p = appendCounted(p, s)
	}
	p = be.AppendUint32(p, uint32(e.Name.Type))
	seconds := uint32(0)
	if !e.Time.IsZero() {
		seconds = uint32(e.Time.Unix())
	}
	p = be.AppendUint32(p, seconds)
	p = append(p, byte(e.KVNO))
	p = be.AppendUint16(p, uint16(e.EType))
	p = appendCounted(p, string(e.Key))
	return be.AppendUint32(p, e.KVNO)
}

func appendCounted(p []byte, s string) []byte {
	return append(be.AppendUint16(p, uint16(len(s))), s...)
}
