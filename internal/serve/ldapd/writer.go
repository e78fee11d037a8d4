package ldapd

import (
	"net"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/net/listen"
)

const (
	// flushAt is how many octets of answers wait for company before they are sent.
	flushAt = 32 << 10
	// sendWhole is the length from which an answer is sent without a copy.
	sendWhole = 16 << 10
	// lastWord is how long a notice of disconnection may hold up its sender.
	lastWord = 100 * time.Millisecond
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, flushAt+sendWhole); return &b }}

// writer sends answers. Every operation of a connection uses it, and it holds its
// lock while it waits for the client: so a client that does not read stops its own
// operations, and nothing piles up.
type writer struct {
	conn *listen.Conn

	mu      sync.Mutex
	pending *[]byte
	err     error
}

// put sends an answer, or holds it back until flush.
func (w *writer) put(p []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(p) >= sendWhole {
		w.drain()
		w.send(p)
		return w.err
	}
	if w.pending == nil {
		w.pending = buffers.Get().(*[]byte)
	}
	*w.pending = append(*w.pending, p...)
	if len(*w.pending) >= flushAt {
		w.drain()
	}
	return w.err
}

// flush sends what was held back.
func (w *writer) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drain()
	return w.err
}

// drain sends what was held back. The caller holds mu.
func (w *writer) drain() {
	if w.pending == nil {
		return
	}
	w.send(*w.pending)
	*w.pending = (*w.pending)[:0]
	buffers.Put(w.pending)
	w.pending = nil
}

func (w *writer) send(p []byte) {
	if w.err == nil && len(p) > 0 {
		_, w.err = w.conn.Write(p)
	}
}

// last sends one more message, if the client takes it at once, and closes.
func (w *writer) last(p []byte) {
	cut := time.AfterFunc(lastWord, func() { w.conn.Close() })
	defer w.conn.Close()
	defer cut.Stop()
	if !w.mu.TryLock() {
		return // somebody waits for the client already
	}
	defer w.mu.Unlock()
	w.drain()
	w.send(p)
	if w.err == nil {
		w.err = net.ErrClosed
	}
}
