package listen

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// upgrade consents to the first message, starts TLS, and echoes from then on.
func upgrade(server *tls.Config, ended chan<- error) func(context.Context, *Conn) {
	return func(ctx context.Context, c *Conn) {
		f, err := c.ReadFrame(lengthPrefixed, testLimit)
		if err != nil {
			return
		}
		c.Write(f.Bytes)
		f.Release()
		err = c.StartTLS(ctx, server)
		ended <- err
		if err == nil && c.TLS() != nil {
			echo(ctx, c)
		}
	}
}

func TestStartTLS(t *testing.T) {
	server, client := testTLS(t)
	ended := make(chan error, 1)
	s, _ := start(t, Config{}, upgrade(server, ended))
	c := dial(t, s)
	mustAsk(t, c, "start TLS, please")
	tc := tls.Client(c, client)
	mustAsk(t, tc, "under encryption")
	mustAsk(t, tc, string(make([]byte, 100_000)))
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestStartTLSRefusesWhatFollowedInClear(t *testing.T) {
	server, _ := testTLS(t)
	ended := make(chan error, 1)
	s, _ := start(t, Config{}, upgrade(server, ended))
	c := dial(t, s)
	c.Write(append(message([]byte("start TLS, please")), message([]byte("delete everything"))...))
	if err := <-ended; !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v, want invalid", err)
	}
}

func TestTLSFromTheFirstOctet(t *testing.T) {
	server, client := testTLS(t)
	s, counters := start(t, Config{TLS: server, FirstByte: 50 * time.Millisecond, Idle: time.Hour}, echo)
	tc := tls.Client(dial(t, s), client)
	mustAsk(t, tc, "hello")
	if silent := dial(t, s); !isCut(silent) {
		t.Error("who did not begin the handshake stayed")
	}
	if got := counters.Slow.Load(); got != 1 {
		t.Errorf("got %d slow, want 1", got)
	}
	clear := dial(t, s)
	clear.Write(message([]byte("in clear")))
	if !isCut(clear) {
		t.Error("who spoke in clear stayed")
	}
	tc.Close()
}

func TestShutdownSaysGoodbyeUnderTLS(t *testing.T) {
	server, client := testTLS(t)
	s, _ := start(t, Config{TLS: server}, echo)
	tc := tls.Client(dial(t, s), client)
	mustAsk(t, tc, "hello")
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n, err := tc.Read(make([]byte, 1)); n != 0 || err == nil || err.Error() != "EOF" {
		t.Errorf("got %d, %v; want a clean end", n, err)
	}
}

func TestIdleTLSConnectionsAreCheap(t *testing.T) {
	const n = 300
	server, client := testTLS(t)
	s, _ := start(t, Config{TLS: server}, echo)
	conns := make([]net.Conn, n)
	before := memory()
	for i := range conns {
		conns[i] = tls.Client(dial(t, s), client)
		mustAsk(t, conns[i], "hello, and then silence")
	}
	t.Logf("%d octets each, both ends", (memory()-before)/n)
}
