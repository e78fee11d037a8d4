package listen

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

func startUDP(t *testing.T, addr string, handle func(context.Context, netip.AddrPort, []byte) []byte) (*PacketServer, *Counters) {
	t.Helper()
	n := new(Counters)
	s, err := UDP(t.Context(), Config{Addr: addr, Counters: n}, AtOnce(handle))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(context.Background()) })
	return s, n
}

func echoPacket(_ context.Context, source netip.AddrPort, p []byte) []byte {
	return append([]byte(source.Addr().String()+" "), p...)
}

// askUDP uses a connected socket, which takes an answer only from the address
// it asked.
func askUDP(t *testing.T, to, body string) string {
	t.Helper()
	c, err := net.Dial("udp", to)
	if err != nil {
		t.Skipf("no way to %s here: %v", to, err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, maxDatagram)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatalf("ask %s: %v", to, err)
	}
	return string(buf[:n])
}

func TestDatagramIsAnsweredFromWhereItWasSentTo(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "127.0.0.2:0"} {
		t.Run(addr, func(t *testing.T) {
			s, _ := startUDP(t, addr, echoPacket)
			_, port, _ := net.SplitHostPort(s.Addr().String())
			if got := askUDP(t, "127.0.0.2:"+port, "hello"); !strings.HasPrefix(got, "127.0.0.") || !strings.HasSuffix(got, " hello") {
				t.Errorf("got %q", got)
			}
		})
	}
	t.Run("IPv6", func(t *testing.T) {
		ln, err := net.ListenPacket("udp", "[::1]:0")
		if err != nil {
			t.Skip("no IPv6 here")
		}
		ln.Close()
		s, _ := startUDP(t, ":0", echoPacket)
		_, port, _ := net.SplitHostPort(s.Addr().String())
		if got := askUDP(t, "[::1]:"+port, "hello"); got != "::1 hello" {
			t.Errorf("got %q", got)
		}
	})
}

func TestLargestDatagramIsWhole(t *testing.T) {
	s, _ := startUDP(t, "127.0.0.1:0", func(_ context.Context, _ netip.AddrPort, p []byte) []byte { return p })
	body := strings.Repeat("x", 65_507)
	if got := askUDP(t, s.Addr().String(), body); got != body {
		t.Errorf("got %d octets, want %d", len(got), len(body))
	}
}

// An answer may come when the datagram's octets and the worker are another's, and
// Shutdown waits for it. A second answer to one datagram is none.
func TestAnswersThatComeLater(t *testing.T) {
	release, handled := make(chan struct{}), make(chan struct{}, 2*udpWorkers)
	s, err := UDP(t.Context(), Config{Addr: "127.0.0.1:0", Counters: new(Counters)}, func(_ context.Context, _ netip.AddrPort, p []byte, answer func([]byte)) {
		reply := []byte("to " + string(p))
		go func() {
			<-release
			answer(reply)
			answer([]byte("again"))
		}()
		handled <- struct{}{}
	})
	if err != nil {
		t.Fatal(err)
	}
	clients := make([]net.Conn, 2*udpWorkers) // more than there are workers
	for i := range clients {
		if clients[i], err = net.Dial("udp", s.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer clients[i].Close()
		if _, err := clients[i].Write([]byte{byte('A' + i)}); err != nil {
			t.Fatal(err)
		}
		<-handled
	}
	down := make(chan struct{})
	go func() {
		s.Shutdown(context.Background())
		close(down)
	}()
	select {
	case <-down:
		t.Error("Shutdown left answers under way")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	<-down
	for i, c := range clients {
		c.SetDeadline(time.Now().Add(10 * time.Second))
		buf := make([]byte, 16)
		n, err := c.Read(buf)
		if want := "to " + string(rune('A'+i)); err != nil || string(buf[:n]) != want {
			t.Errorf("got %q, %v, want %q", buf[:n], err, want)
		}
	}
}

// An answer that does not come holds a shutdown up no longer than it may take.
func TestShutdownLeavesAnAnswerThatDoesNotCome(t *testing.T) {
	handled := make(chan func([]byte))
	s, err := UDP(t.Context(), Config{Addr: "127.0.0.1:0", Counters: new(Counters)}, func(_ context.Context, _ netip.AddrPort, _ []byte, answer func([]byte)) { handled <- answer })
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("udp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	late := <-handled
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Shutdown(ctx)
	late([]byte("too late"))
}

func TestPanicOverADatagramIsTheLastOfIt(t *testing.T) {
	s, n := startUDP(t, "127.0.0.1:0", func(_ context.Context, _ netip.AddrPort, p []byte) []byte {
		if len(p) == 0 {
			panic("a mistake")
		}
		return p
	})
	c, err := net.Dial("udp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 * udpWorkers { // more than there are workers to lose
		if _, err := c.Write(nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := askUDP(t, s.Addr().String(), "fine"); got != "fine" {
		t.Errorf("got %q", got)
	}
	s.Shutdown(context.Background())
	if n.Panics.Load() == 0 {
		t.Error("no panic was counted")
	}
}

func TestTakenUDPPortIsNamed(t *testing.T) {
	s, _ := startUDP(t, "127.0.0.1:0", echoPacket)
	_, err := UDP(t.Context(), Config{Addr: s.Addr().String()}, AtOnce(echoPacket))
	if !fault.Is(err, fault.Exists) || !strings.Contains(fault.Hint(err), "ss -lunp") {
		t.Errorf("got %v, want exists with a hint", err)
	}
}
