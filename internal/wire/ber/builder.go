package ber

// keepBuffer is the largest buffer that Reset keeps: an entry with ten thousand
// members has half a megabyte, and one larger should not stay in a pool.
const keepBuffer = 1 << 20

// firstBuffer is the size of the first buffer: most entries fit.
const firstBuffer = 1024

// Builder writes elements from the last to the first, and each from its end to
// its beginning. The contents of an element are there when its header is
// written, so no length is computed twice and nothing moves:
//
//	end := b.Len()
//	b.Text(ber.OctetString, name) // the second
//	b.Int(ber.Integer, version)   // the first
//	b.Wrap(ber.Sequence, end)
//
// The zero value is ready. A Builder may be used again after Reset; once its
// buffer has grown it does not allocate.
type Builder struct {
	buf []byte
	at  int // what is written is buf[at:]
}

// Reset forgets what was written.
func (b *Builder) Reset() {
	if len(b.buf) > keepBuffer {
		b.buf = nil
	}
	b.at = len(b.buf)
}

// Bytes returns what was written, first element first. It is valid until the
// next write or Reset.
func (b *Builder) Bytes() []byte { return b.buf[b.at:] }

// Len returns how many octets are written. Wrap takes it as the end of the
// element to come.
func (b *Builder) Len() int { return len(b.buf) - b.at }

// Wrap makes everything written since Len was end the contents of one element.
func (b *Builder) Wrap(t Tag, end int) { b.header(t, b.Len()-end) }

// Raw writes octets that are encoded already.
func (b *Builder) Raw(p []byte) { copy(b.grow(len(p)), p) }

// Octets writes an element with the contents p.
func (b *Builder) Octets(t Tag, p []byte) {
	copy(b.grow(len(p)), p)
	b.header(t, len(p))
}

// Text writes an element with the contents s.
func (b *Builder) Text(t Tag, s string) {
	copy(b.grow(len(s)), s)
	b.header(t, len(s))
}

// Null writes an element without contents.
func (b *Builder) Null(t Tag) { b.header(t, 0) }

// Bool writes a boolean; true is FF, RFC 4511 §5.1.
func (b *Builder) Bool(t Tag, v bool) {
	p := b.grow(1)
	p[0] = 0
	if v {
		p[0] = 0xff
	}
	b.header(t, 1)
}

// Int writes an integer or an enumerated value in as few octets as hold it.
func (b *Builder) Int(t Tag, v int64) {
	n := 1
	for x := v; x > 0x7f || x < -0x80; x >>= 8 {
		n++
	}
	p := b.grow(n)
	for i := n - 1; i >= 0; i-- {
		p[i] = byte(v)
		v >>= 8
	}
	b.header(t, n)
}

// header writes a tag and the length n.
func (b *Builder) header(t Tag, n int) {
	if n < 0x80 {
		p := b.grow(2)
		p[0], p[1] = byte(t), byte(n)
		return
	}
	octets := 0
	for x := n; x > 0; x >>= 8 {
		octets++
	}
	p := b.grow(2 + octets)
	p[0], p[1] = byte(t), 0x80|byte(octets)
	for i := 1 + octets; i > 1; i-- {
		p[i] = byte(n)
		n >>= 8
	}
}

// grow makes room for n octets in front of what is written and returns it.
func (b *Builder) grow(n int) []byte {
	if b.at < n {
		b.enlarge(n)
	}
	b.at -= n
	return b.buf[b.at : b.at+n]
}

// enlarge doubles the buffer, or more if n octets need it.
func (b *Builder) enlarge(n int) {
	used := b.Len()
	buf := make([]byte, max(firstBuffer, 2*len(b.buf), used+n))
	copy(buf[len(buf)-used:], b.buf[b.at:])
	b.buf, b.at = buf, len(buf)-used
}
