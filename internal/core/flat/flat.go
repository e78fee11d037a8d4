// Package flat encodes records as fields one after the other, each with its
// length where it has one. It is what the stored records of identities use:
// decoding a hundred thousand of them at start costs little more than reading
// them.
//
// What always holds: a decoder never reads outside its input and never makes
// room for more than its input could hold. After the first error every read
// returns a zero value, and Err tells it.
//
// What a field means is the caller's.
package flat

import (
	"encoding/binary"
	"errors"
	"time"
)

// ErrDamaged is what Err returns for a record that does not decode.
var ErrDamaged = errors.New("the record is damaged")

// Uint appends a number.
func Uint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// Int appends a signed number.
func Int(b []byte, v int64) []byte { return binary.AppendVarint(b, v) }

// Bool appends a truth value.
func Bool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// Bytes appends a byte string.
func Bytes(b, v []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// String appends a string.
func String(b []byte, v string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// Time appends a time, to the microsecond; the zero time stays zero.
func Time(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return Int(b, 0)
	}
	return Int(b, t.UnixMicro())
}

// Decoder reads what the functions above wrote.
type Decoder struct {
	b   []byte
	bad bool
}

// NewDecoder reads from b. Byte strings it returns are parts of b.
func NewDecoder(b []byte) *Decoder { return &Decoder{b: b} }

// Err reports whether a read went wrong.
func (d *Decoder) Err() error {
	if d.bad {
		return ErrDamaged
	}
	return nil
}

func (d *Decoder) fail() {
	d.bad, d.b = true, nil
}

// Uint reads a number.
func (d *Decoder) Uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

// Int reads a signed number.
func (d *Decoder) Int() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

// Len reads the number of items that follow, each at least one byte long.
func (d *Decoder) Len() int {
	n := d.Uint()
	if n > uint64(len(d.b)) {
		d.fail()
		return 0
	}
	return int(n)
}

// Bool reads a truth value.
func (d *Decoder) Bool() bool {
	if len(d.b) == 0 {
		d.fail()
		return false
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v == 1
}

// Bytes reads a byte string; nil if it is empty.
func (d *Decoder) Bytes() []byte {
	n := d.Len()
	if n == 0 {
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

// Fixed reads len(dst) bytes.
func (d *Decoder) Fixed(dst []byte) {
	if len(d.b) < len(dst) {
		d.fail()
		return
	}
	copy(dst, d.b)
	d.b = d.b[len(dst):]
}

// String reads a string.
func (d *Decoder) String() string { return string(d.Bytes()) }

// Time reads a time, in UTC.
func (d *Decoder) Time() time.Time {
	v := d.Int()
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}
