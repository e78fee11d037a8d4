package listen

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// FrameLen tells from a message's first octets how long it is, and refuses one
// longer than limit. While it cannot tell yet, total is 0 and need is how many
// octets more it wants at least.
type FrameLen func(head []byte, limit int) (total, need int, err error)

// Frame is one message. Its octets are the caller's until Release.
type Frame struct {
	Bytes []byte
	buf   *[]byte
}

// Release gives the buffer back. Nothing may keep a slice of it. A frame that is
// not released costs the next one an allocation, and nothing else.
func (f Frame) Release() {
	if f.buf != nil {
		clear(f.Bytes) // a bind has a password in it
		putBuffer(f.buf)
	}
}

// Why a peer is cut.
var (
	errIdle = fault.New(fault.Limit, "the connection was idle for too long")
	errSlow = fault.New(fault.Limit, "the message did not arrive in time")
	errSize = fault.New(fault.Limit, "the message is too long")
)

// Buffered reports whether octets of a further message are here already, so that
// an answer may wait for the next one's and leave in the same write. It belongs to
// the reading goroutine.
func (c *Conn) Buffered() bool { return c.from < c.to }

// ReadFrame returns the next message, of at most limit octets.
//
// It waits for the first octet as long as the peer may be idle, and for the rest
// as long as a message may take; most come whole. The error is io.EOF if the peer closed between
// messages, [ErrClosing] if the server shuts down, and frameLen's own as it is.
func (c *Conn) ReadFrame(frameLen FrameLen, limit int) (Frame, error) {
	if c.from == c.to {
		if err := c.await(); err != nil {
			return Frame{}, err
		}
	}
	total, _, err := frameLen(c.small[c.from:c.to], limit)
	if whole := err == nil && total > 0 && total <= min(limit, c.to-c.from); !whole {
		c.readBy(time.Now().Add(c.s.cfg.Frame), true)
		if total, err = c.readHead(frameLen, limit); err != nil {
			return Frame{}, c.midway(err)
		}
	}
	f, err := c.readBody(total)
	if err != nil {
		return Frame{}, c.midway(err)
	}
	c.greeted = true
	if !c.pinned.Load() {
		c.s.table.heard(c)
	}
	return f, nil
}

// await waits for a message to begin. An answer that is being sent counts as a
// sign of life: a watcher of changes may have nothing to say for days.
func (c *Conn) await() error {
	patience := c.s.cfg.Idle
	if !c.greeted {
		patience = c.s.cfg.FirstByte
	}
	since := time.Now()
	for {
		if !c.readBy(since.Add(patience), false) {
			return ErrClosing
		}
		err := c.fill()
		switch {
		case c.from < c.to:
			return nil
		case c.closing() && errors.Is(err, os.ErrDeadlineExceeded):
			return ErrClosing
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return closed(err)
		}
		answered := time.Unix(0, c.lastAnswer.Load())
		if !answered.After(since) {
			c.s.cfg.Counters.Idle.Add(1)
			return errIdle
		}
		since = answered
	}
}

// readHead reads until frameLen can tell the length. What it reads beyond a
// message is the beginning of the next.
func (c *Conn) readHead(frameLen FrameLen, limit int) (int, error) {
	for {
		total, need, err := frameLen(c.small[c.from:c.to], limit)
		switch {
		case err != nil:
			return 0, err
		case total > limit:
			return 0, errSize
		case total > 0:
			return total, nil
		case c.to-c.from+max(need, 1) > smallBuffer:
			return 0, errSize
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
}

// fill reads once into the small buffer, behind what is there.
func (c *Conn) fill() error {
	if c.from > 0 {
		c.to = copy(c.small[:], c.small[c.from:c.to])
		c.from = 0
	}
	n, err := c.conn().Read(c.small[c.to:])
	c.to += n
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// readBody gathers a message of total octets, beginning with what the small
// buffer has of it. The buffer doubles when it is full, so that it is never more
// than twice what has really arrived, or firstBuffer.
func (c *Conn) readBody(total int) (Frame, error) {
	buf := getBuffer(min(total, max(firstBuffer, c.to-c.from)))
	have := copy((*buf)[:min(total, cap(*buf))], c.small[c.from:c.to])
	c.from += have
	for have < total {
		if have == len(*buf) {
			buf = grow(buf, min(total, 2*have))
		}
		n, err := c.conn().Read((*buf)[have:min(total, len(*buf))])
		have += n
		if err != nil && have < total {
			putBuffer(buf)
			return Frame{}, err
		}
	}
	return Frame{Bytes: (*buf)[:total:total], buf: buf}, nil
}

// midway says why a message broke off.
func (c *Conn) midway(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.s.cfg.Counters.Slow.Add(1)
		return errSlow
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return closed(err)
}

// closed makes one error of the ways in which a connection we closed reads.
func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return net.ErrClosed
	}
	return err
}
