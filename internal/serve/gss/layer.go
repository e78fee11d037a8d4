package gss

import (
	"encoding/binary"
	"io"
	"net"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

const (
	// wrapAt is how much goes into one token: half of what the clients' libraries
	// take in one, 64 KiB, so that the token fits with all around it.
	wrapAt = 32 << 10
	// longest is the longest token taken in: what three octets can name, RFC 4752
	// §3.1, and what surrounds it. Only GSSAPI names a size. With GSS-SPNEGO Cyrus
	// SASL knows none, and puts a whole message into one token.
	longest = 0xffffff + 1024
	// MaxToken is the most we ask a client to put into one token.
	MaxToken = 0xffff
)

// layer is a connection on which everything is wrapped: the security layer of RFC
// 4422 §3.7, each token behind its length in four octets.
//
// One goroutine reads; writes are kept apart by whoever writes.
type layer struct {
	net.Conn
	ctx   *Context
	seal  bool   // what we send is sealed, and what we take must be
	plain []byte // what was unwrapped and not read yet
	frame []byte
	out   []byte
}

// Layer covers a connection with the context's protection: sealed, or signed.
func (c *Context) Layer(nc net.Conn, seal bool) net.Conn {
	return &layer{Conn: nc, ctx: c, seal: seal}
}

// Read returns octets of the token at hand, or waits for the next.
func (l *layer) Read(p []byte) (int, error) {
	for len(l.plain) == 0 {
		if err := l.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, l.plain)
	l.plain = l.plain[n:]
	return n, nil
}

// next reads and opens one token. A read that breaks off at its deadline goes on
// where it was.
func (l *layer) next() error {
	need := 4
	for {
		if len(l.frame) >= 4 {
			n := binary.BigEndian.Uint32(l.frame)
			if n > longest {
				return fault.New(fault.Limit, "a wrapped message is too long")
			}
			need = 4 + int(n)
		}
		if len(l.frame) >= need && need > 4 {
			break
		}
		if need == 4 && len(l.frame) == 4 {
			return fault.Wrap(fault.Invalid, ErrToken, "a wrapped message is empty")
		}
		if cap(l.frame) < need {
			// Only as much as has come, twice: a claimed length costs nothing.
			grown := make([]byte, len(l.frame), min(need, max(1024, 2*len(l.frame))))
			copy(grown, l.frame)
			l.frame = grown
		}
		n, err := l.Conn.Read(l.frame[len(l.frame):min(need, cap(l.frame))])
		l.frame = l.frame[:len(l.frame)+n]
		if n == 0 && err != nil {
			if err == io.EOF && len(l.frame) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	plain, wasSealed, err := l.ctx.Unwrap(l.frame[4:])
	if err == nil && l.seal && !wasSealed {
		err = ErrToken
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "a wrapped message cannot be opened")
	}
	l.plain, l.frame = plain, nil
	return nil
}

// Write wraps p, in several tokens if it is long.
func (l *layer) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		part := p[done:min(len(p), done+wrapAt)]
		l.out = l.ctx.Wrap(append(l.out[:0], 0, 0, 0, 0), part, l.seal)
		binary.BigEndian.PutUint32(l.out, uint32(len(l.out)-4))
		if _, err := l.Conn.Write(l.out); err != nil {
			return done, err
		}
		done += len(part)
	}
	if cap(l.out) > 4096 {
		l.out = nil // an idle connection keeps little
	}
	return done, nil
}
