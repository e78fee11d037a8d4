package ndr

import (
	"math"
	"unicode/utf16"
)

// Units returns how many units of UTF-16 a string has.
func Units(s string) int {
	n := 0
	for _, c := range s {
		n += utf16.RuneLen(c)
	}
	return n
}

// AppendUTF16 appends a string in UTF-16LE. What is not UTF-8 in it becomes
// U+FFFD.
func AppendUTF16(p []byte, s string) []byte {
	for _, c := range s {
		if hi, lo := utf16.EncodeRune(c); hi != '\uFFFD' {
			p = le.AppendUint16(p, uint16(hi))
			c = lo
		}
		p = le.AppendUint16(p, uint16(c))
	}
	return p
}

// DecodeUTF16 returns a string in UTF-16LE as UTF-8. An odd octet at the end is
// dropped.
func DecodeUTF16(p []byte) string {
	units := make([]uint16, len(p)/2)
	for i := range units {
		units[i] = le.Uint16(p[2*i:])
	}
	return string(utf16.Decode(units))
}

// StringHeader writes the fields of an RPC_UNICODE_STRING, [MS-DTYP] §2.3.10. An
// empty one has a pointer too, as Windows writes it.
func (w *Writer) StringHeader(s string) {
	n := 2 * Units(s)
	if n > math.MaxUint16 {
		w.err = ErrLong
		n = 0
	}
	w.Uint16(uint16(n))
	w.Uint16(uint16(n))
	w.Pointer(true)
}

// StringBody writes what the pointer of an RPC_UNICODE_STRING points to: an array
// that is conformant and varying.
func (w *Writer) StringBody(s string) {
	n := uint32(Units(s))
	w.Uint32(n)
	w.Uint32(0)
	w.Uint32(n)
	w.buf = AppendUTF16(w.buf, s)
}

// String is an RPC_UNICODE_STRING of which the fields are read, and not yet what
// they point to.
type String struct {
	length  uint16
	present bool
}

// StringHeader reads the fields of an RPC_UNICODE_STRING.
func (r *Reader) StringHeader() String {
	s := String{length: r.Uint16()}
	_ = r.Uint16() // the maximum: a hint to who wants to change it in place
	s.present = r.Pointer()
	if s.length%2 != 0 || !s.present && s.length != 0 {
		r.Fail(ErrCount)
	}
	return s
}

// StringBody reads what the pointer of an RPC_UNICODE_STRING points to.
func (r *Reader) StringBody(s String) string {
	if !s.present {
		return ""
	}
	maximum, offset, actual := r.Uint32(), r.Uint32(), r.Uint32()
	if offset != 0 || actual > maximum || actual != uint32(s.length/2) {
		r.Fail(ErrCount)
		return ""
	}
	return DecodeUTF16(r.Octets(int(s.length)))
}
