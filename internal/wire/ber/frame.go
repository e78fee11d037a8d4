package ber

import "math"

// MaxHeader is the longest header this package reads: a tag, a count, and four
// octets of length.
const MaxHeader = 6

// FrameLen tells from its first octets how long an element is, header included.
//
// While the header is incomplete, total is 0 and need is how many octets more
// to read before asking again; reading just those never reads past the element.
// A listener compares total with its limit before it buffers anything, so that
// a claimed length costs nothing.
func FrameLen(head []byte) (total, need int, err error) {
	_, size, length, err := header(head)
	switch {
	case err == ErrTruncated:
		return 0, size - len(head), nil
	case err != nil:
		return 0, 0, &Error{Err: err}
	}
	return size + length, 0, nil
}

// header reads the tag and length at the start of p.
//
// It accepts lengths longer than they need be: Microsoft's clients write every
// length in four octets, which BER allows. On ErrTruncated, size is how long
// the header is as far as can be told.
func header(p []byte) (t Tag, size, length int, err error) {
	if len(p) == 0 {
		return 0, 2, 0, ErrTruncated
	}
	t = Tag(p[0])
	if t&numberMask == numberMask {
		return t, 0, 0, ErrHighTag
	}
	if len(p) == 1 {
		return t, 2, 0, ErrTruncated
	}
	if p[1] < 0x80 {
		return t, 2, int(p[1]), nil
	}
	return longHeader(t, p)
}

// longHeader reads a length in the long form, X.690 §8.1.3.5.
//
// Four octets at most, and 2³¹−1 at most, which is LDAP's maxInt and fits an
// int on every machine.
func longHeader(t Tag, p []byte) (_ Tag, size, length int, err error) {
	octets := int(p[1] & 0x7f)
	switch {
	case octets == 0:
		return t, 0, 0, ErrIndefinite
	case octets > MaxHeader-2:
		return t, 0, 0, ErrLength
	}
	size = 2 + octets
	if len(p) < size {
		return t, size, 0, ErrTruncated
	}
	var n uint32
	for _, c := range p[2:size] {
		n = n<<8 | uint32(c)
	}
	if n > math.MaxInt32-MaxHeader {
		return t, 0, 0, ErrLength
	}
	return t, size, int(n), nil
}
