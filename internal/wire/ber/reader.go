package ber

import "math"

// MaxDepth is how deep a Reader lets its caller enter. Filters may nest 100
// deep inside a message and Kerberos stays below 20; the bound keeps a
// recursive parser's stack small, whatever its author forgot.
const MaxDepth = 128

// Reader walks over the elements of its input.
//
// The first mistake in the input sticks: from then on every method returns a
// zero value, More returns false, and Err tells what was wrong. So a parser
// reads straight through and looks at Err once.
//
// An element is entered and left:
//
//	outer := r.Enter(ber.Sequence)
//	version := r.Int32(ber.Integer)
//	name := r.Text(ber.OctetString)
//	r.Leave(outer)
type Reader struct {
	buf   []byte
	text  string // copy of buf, once ShareText was called
	pos   int    // of the next element
	end   int    // of the element entered
	depth int
	err   error
}

// NewReader returns a reader over the elements in p.
func NewReader(p []byte) Reader { return Reader{buf: p, end: len(p)} }

// ShareText copies the input once, and lets Text return slices of that copy
// rather than allocate for each. It suits messages that are mostly short text:
// each string then keeps the whole copy alive.
func (r *Reader) ShareText() { r.text = string(r.buf) }

// Err returns the first mistake found, or nil.
func (r *Reader) Err() error { return r.err }

// Fail records a mistake that only the caller can see, at the present offset.
// If there is one already, it stays.
func (r *Reader) Fail(err error) { r.failAt(r.pos, err) }

// failAt also ends the element entered where the Reader stands, so that nothing
// can be read behind a mistake.
func (r *Reader) failAt(offset int, err error) {
	if r.err == nil {
		r.err = &Error{Offset: offset, Err: err}
	}
	r.end = r.pos
}

// More reports whether another element follows in the one entered.
func (r *Reader) More() bool { return r.pos < r.end }

// Peek returns the tag of the next element; 0, which is no element's tag, if
// there is none.
func (r *Reader) Peek() Tag {
	if !r.More() {
		return 0
	}
	return Tag(r.buf[r.pos])
}

// Is reports whether the next element has the tag t. It asks for what is
// optional.
func (r *Reader) Is(t Tag) bool { return r.More() && Tag(r.buf[r.pos]) == t }

// Done fails if another element follows.
func (r *Reader) Done() {
	if r.More() {
		r.Fail(ErrTrailing)
	}
}

// Mark remembers the element a Reader was in before Enter.
type Mark int

// Enter steps into the next element, which must have the tag t. The mark is for
// Leave.
func (r *Reader) Enter(t Tag) Mark {
	outer := Mark(r.end)
	if r.depth == MaxDepth {
		r.Fail(ErrDepth)
	}
	if start, end, ok := r.expect(t); ok {
		r.pos, r.end = start, end
		r.depth++
	}
	return outer
}

// Leave steps behind the element that Enter returned outer for. What was not
// read is passed over, because both protocols let a later version add elements
// at the end (RFC 4511 §4). Call Done first where that is not wanted.
func (r *Reader) Leave(outer Mark) {
	if r.err != nil {
		return
	}
	r.pos, r.end = r.end, int(outer)
	r.depth--
}

// Count returns how many elements follow in the one entered, without moving. It
// lets a parser allocate a list once and no longer than the input warrants.
func (r *Reader) Count() int {
	n := 0
	for pos := r.pos; pos < r.end; n++ {
		_, _, end, err := r.elementAt(pos)
		if err != nil {
			r.failAt(pos, err)
			return 0
		}
		pos = end
	}
	return n
}

// Any reads the next element, whatever its tag.
func (r *Reader) Any() (Tag, []byte) {
	t, start, end, ok := r.next()
	if !ok {
		return 0, nil
	}
	r.pos = end
	return t, r.buf[start:end:end]
}

// Element reads the next element and returns all of it, header included.
func (r *Reader) Element() []byte {
	begin := r.pos
	_, _, end, ok := r.next()
	if !ok {
		return nil
	}
	r.pos = end
	return r.buf[begin:end:end]
}

// Octets reads the contents of the next element, which must have the tag t. It
// is never nil but on error, so that empty and absent can be told apart.
func (r *Reader) Octets(t Tag) []byte {
	start, end, ok := r.expect(t)
	if !ok {
		return nil
	}
	r.pos = end
	return r.buf[start:end:end]
}

// Text reads the contents of the next element, which must have the tag t, as a
// string. Whether it is valid UTF-8 is the caller's question.
func (r *Reader) Text(t Tag) string {
	start, end, ok := r.expect(t)
	if !ok {
		return ""
	}
	r.pos = end
	if r.text != "" {
		return r.text[start:end]
	}
	return string(r.buf[start:end])
}

// Bool reads a boolean. Any octet but 0 is true, X.690 §8.2.2.
func (r *Reader) Bool(t Tag) bool {
	start, end, ok := r.expect(t)
	if !ok {
		return false
	}
	if end-start != 1 {
		r.Fail(ErrBoolean)
		return false
	}
	r.pos = end
	return r.buf[start] != 0
}

// Int64 reads an integer or an enumerated value. It accepts octets that repeat
// the sign, as every LDAP server does, as long as there are eight or fewer.
func (r *Reader) Int64(t Tag) int64 {
	start, end, ok := r.expect(t)
	if !ok {
		return 0
	}
	v, ok := ParseInt(r.buf[start:end])
	if !ok {
		r.Fail(ErrInteger)
		return 0
	}
	r.pos = end
	return v
}

// Int32 reads an integer or an enumerated value of 32 bits, as Int64 does.
func (r *Reader) Int32(t Tag) int32 {
	begin := r.pos
	v := r.Int64(t)
	if v < math.MinInt32 || v > math.MaxInt32 {
		r.failAt(begin, ErrInteger)
		return 0
	}
	return int32(v)
}

// ParseInt reads the contents of an integer; false if there are none or more
// than eight octets.
func ParseInt(p []byte) (int64, bool) {
	if len(p) == 0 || len(p) > 8 {
		return 0, false
	}
	v := int64(int8(p[0]))
	for _, c := range p[1:] {
		v = v<<8 | int64(c)
	}
	return v, true
}

// expect finds the contents of the next element, which must have the tag t.
//
// Nearly all headers have two octets, so those are read in place.
func (r *Reader) expect(t Tag) (start, end int, ok bool) {
	p := r.buf[r.pos:r.end]
	if len(p) >= 2 && Tag(p[0]) == t && t&numberMask != numberMask && p[1] < 0x80 && int(p[1]) <= len(p)-2 {
		start = r.pos + 2
		return start, start + int(p[1]), true
	}
	got, start, end, ok := r.next()
	if ok && got != t {
		r.Fail(ErrTag)
		return 0, 0, false
	}
	return start, end, ok
}

// next finds the contents of the next element, and does not move.
func (r *Reader) next() (t Tag, start, end int, ok bool) {
	t, start, end, err := r.elementAt(r.pos)
	if err != nil {
		r.Fail(err)
		return 0, 0, 0, false
	}
	return t, start, end, true
}

// elementAt finds the contents of the element at pos.
func (r *Reader) elementAt(pos int) (t Tag, start, end int, err error) {
	t, size, length, err := header(r.buf[pos:r.end])
	if err == nil && length > r.end-pos-size {
		err = ErrTruncated
	}
	start = pos + size
	return t, start, start + length, err
}
