// Package ndr reads and writes the little of NDR a PAC needs: type serialization
// version 1, little-endian, [MS-RPCE] §2.2.6 and C706 chapter 14.
//
// A structure is written in two passes, as NDR has it: first its fields, with a
// referent for each pointer, then in the same order what they point to.
//
// What always holds:
//
//   - A Reader never reads past its input, never allocates more than in proportion
//     to it, and never panics, whatever the input.
//   - The first mistake sticks. Who reads or writes straight through looks at Err
//     once.
//
// Which structures there are is not known here.
package ndr

import (
	"encoding/binary"
	"errors"
)

// What can be wrong with an encoding.
var (
	ErrTruncated = errors.New("ndr: ends too early")
	ErrHeader    = errors.New("ndr: not type serialization version 1, little-endian")
	ErrCount     = errors.New("ndr: counts disagree")
	ErrLong      = errors.New("ndr: string too long for its length field")
)

// headers are the common header, [MS-RPCE] §2.2.6.1, and the private one of the
// type, §2.2.6.2: the length of what follows, and filler.
const headers = 16

var le = binary.LittleEndian

// first is the number of the first referent. Windows begins there, and nothing
// depends on it but that it is not 0.
const first = 0x00020000

// Writer writes one type. The zero value is not ready: use NewWriter.
type Writer struct {
	buf []byte
	ref uint32
	err error
}

// NewWriter begins a type, which is always the target of a pointer.
func NewWriter() *Writer {
	w := &Writer{buf: make([]byte, headers, 512), ref: first}
	copy(w.buf, []byte{1, 0x10, 8, 0, 0xcc, 0xcc, 0xcc, 0xcc})
	w.Pointer(true)
	return w
}

// Bytes ends the type and returns it with its headers, or the first mistake.
func (w *Writer) Bytes() ([]byte, error) {
	w.Align(8)
	le.PutUint32(w.buf[8:], uint32(len(w.buf)-headers))
	return w.buf, w.err
}

// Align fills up to a multiple of n octets.
func (w *Writer) Align(n int) {
	for len(w.buf)%n != 0 {
		w.buf = append(w.buf, 0)
	}
}

// Uint16 writes a number of 16 bits.
func (w *Writer) Uint16(v uint16) {
	w.Align(2)
	w.buf = le.AppendUint16(w.buf, v)
}

// Uint32 writes a number of 32 bits.
func (w *Writer) Uint32(v uint32) {
	w.Align(4)
	w.buf = le.AppendUint32(w.buf, v)
}

// Octets writes octets without a length.
func (w *Writer) Octets(p []byte) { w.buf = append(w.buf, p...) }

// Pointer writes a referent, or the null pointer.
func (w *Writer) Pointer(present bool) {
	if !present {
		w.Uint32(0)
		return
	}
	w.Uint32(w.ref)
	w.ref += 4
}

// Reader reads one type.
type Reader struct {
	buf []byte // without the headers
	pos int
	err error
}

// NewReader checks the headers of a type and steps to its first field.
func NewReader(p []byte) *Reader {
	r := new(Reader)
	if len(p) < headers || p[0] != 1 || p[1] != 0x10 || le.Uint16(p[2:]) != 8 {
		r.Fail(ErrHeader)
		return r
	}
	if n := le.Uint32(p[8:]); uint64(n) > uint64(len(p)-headers) {
		r.Fail(ErrTruncated)
		return r
	}
	r.buf = p[headers:]
	if !r.Pointer() {
		r.Fail(ErrHeader)
	}
	return r
}

// Err returns the first mistake found, or nil.
func (r *Reader) Err() error { return r.err }

// Fail records a mistake that only the caller can see. If there is one already,
// it stays.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.pos = len(r.buf)
}

// Octets reads n octets; nil if there are fewer.
func (r *Reader) Octets(n int) []byte {
	if n < 0 || n > len(r.buf)-r.pos {
		r.Fail(ErrTruncated)
		return nil
	}
	r.pos += n
	return r.buf[r.pos-n : r.pos : r.pos]
}

// Align steps to a multiple of n octets.
func (r *Reader) Align(n int) {
	if over := r.pos % n; over != 0 {
		_ = r.Octets(n - over)
	}
}

// Uint16 reads a number of 16 bits.
func (r *Reader) Uint16() uint16 {
	r.Align(2)
	if p := r.Octets(2); p != nil {
		return le.Uint16(p)
	}
	return 0
}

// Uint32 reads a number of 32 bits.
func (r *Reader) Uint32() uint32 {
	r.Align(4)
	if p := r.Octets(4); p != nil {
		return le.Uint32(p)
	}
	return 0
}

// Pointer reads a referent and reports whether it is not the null pointer.
func (r *Reader) Pointer() bool { return r.Uint32() != 0 }

// Count reads the count of an array of which each element has size octets at
// least. It must be want, and the elements must fit into what is left, so that
// the caller may allocate them.
func (r *Reader) Count(want, size int) int {
	n := r.Uint32()
	if r.err == nil && uint64(n) != uint64(want) {
		r.Fail(ErrCount)
		return 0
	}
	if uint64(n)*uint64(size) > uint64(len(r.buf)-r.pos) {
		r.Fail(ErrTruncated)
		return 0
	}
	return int(n)
}
