package netlogon

import "strings"

// Names are written as in DNS, RFC 1035 §4.1.4: labels with a length, and in the
// place of an end that was there before, a pointer to it. Offsets count from the
// beginning of the answer, [MS-ADTS] §6.3.7.
const (
	maxLabel = 63
	maxName  = 255
	pointer  = 0xc0
	maxJump  = 0x3fff
)

// compressor writes names and remembers where each of their ends stands.
type compressor struct {
	buf  []byte
	ends []end
}

type end struct {
	name string
	at   int
}

// name writes a name.
func (c *compressor) name(s string) error {
	s = trimDot(s)
	if len(s) > maxName-2 {
		return ErrName
	}
	for s != "" {
		if at, ok := c.find(s); ok {
			c.buf = append(c.buf, pointer|byte(at>>8), byte(at))
			return nil
		}
		if len(c.buf) <= maxJump {
			c.ends = append(c.ends, end{s, len(c.buf)})
		}
		label, rest, more := strings.Cut(s, ".")
		if label == "" || len(label) > maxLabel || more && rest == "" {
			return ErrName
		}
		c.buf = append(c.buf, byte(len(label)))
		c.buf = append(c.buf, label...)
		s = rest
	}
	c.buf = append(c.buf, 0)
	return nil
}

// find compares octets, so that each name is read as it was written.
func (c *compressor) find(s string) (int, bool) {
	for _, e := range c.ends {
		if e.name == s {
			return e.at, true
		}
	}
	return 0, false
}

// name reads the name at a place and returns where the next one stands. A pointer
// leads before the part of the name it stands in, so each is followed once.
func name(p []byte, at int) (string, int, error) {
	var labels []string
	size, next, limit := 0, -1, at
	for {
		if at >= len(p) {
			return "", 0, ErrTruncated
		}
		n := int(p[at])
		switch {
		case n == 0:
			if next < 0 {
				next = at + 1
			}
			return strings.Join(labels, "."), next, nil
		case n >= pointer:
			if at+1 >= len(p) {
				return "", 0, ErrTruncated
			}
			to := (n&^pointer)<<8 | int(p[at+1])
			if to >= limit || to < fixed {
				return "", 0, ErrName
			}
			if next < 0 {
				next = at + 2
			}
			at, limit = to, to
		case n > maxLabel:
			return "", 0, ErrName
		default:
			if at+1+n > len(p) {
				return "", 0, ErrTruncated
			}
			label := string(p[at+1 : at+1+n])
			if size += n + 1; size >= maxName || strings.Contains(label, ".") {
				return "", 0, ErrName
			}
			labels = append(labels, label)
			at += 1 + n
		}
	}
}
