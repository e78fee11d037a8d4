package keytab

// cursor reads what an entry consists of. After the first field that is not all
// there it is short, and every field is zero.
type cursor struct {
	rest  []byte
	short bool
}

func (c *cursor) take(n int) []byte {
	if c.short || n > len(c.rest) {
		c.short = true
		return nil
	}
	p := c.rest[:n:n]
	c.rest = c.rest[n:]
	return p
}

func (c *cursor) uint8() uint8 {
	if p := c.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (c *cursor) uint16() uint16 {
	if p := c.take(2); p != nil {
		return be.Uint16(p)
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if p := c.take(4); p != nil {
		return be.Uint32(p)
	}
	return 0
}

// counted reads octets behind their number.
func (c *cursor) counted() []byte { return c.take(int(c.uint16())) }
