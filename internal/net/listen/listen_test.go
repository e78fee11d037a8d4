package listen

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

func TestFramesOfEverySizeComeBack(t *testing.T) {
	s, _ := start(t, Config{}, echo)
	c := dial(t, s)
	for _, n := range []int{0, 1, 507, 508, 509, 4091, 4092, 4093, 8192, 65_536, 1<<20 - 4, 1 << 20, 3_000_000} {
		go c.Write(message(bytes.Repeat([]byte{byte(n)}, n)))
		got := make([]byte, n+4)
		if _, err := io.ReadFull(c, got); err != nil {
			t.Fatalf("%d octets: %v", n, err)
		}
		if !bytes.Equal(got, message(bytes.Repeat([]byte{byte(n)}, n))) {
			t.Fatalf("%d octets came back changed", n)
		}
	}
}

func TestMessagesInOneSegmentAreToldApart(t *testing.T) {
	s, _ := start(t, Config{}, echo)
	c := dial(t, s)
	var all []byte
	for i := range 200 {
		all = append(all, message(bytes.Repeat([]byte{byte(i)}, i))...)
	}
	go c.Write(all)
	got := make([]byte, len(all))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, all) {
		t.Errorf("got %v, or other octets than sent", err)
	}
}

func TestOctetsOneByOneMakeAMessage(t *testing.T) {
	s, _ := start(t, Config{}, echo)
	c := dial(t, s)
	m := message([]byte("seven grey herons"))
	go func() {
		for i := range m {
			c.Write(m[i : i+1])
		}
	}()
	got := make([]byte, len(m))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, m) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestPeersThatAreCut(t *testing.T) {
	const soon, never = 20 * time.Millisecond, time.Hour
	tests := []struct {
		name  string
		cfg   Config
		do    func(t *testing.T, c net.Conn)
		count func(*Counters) int64
	}{
		{"says nothing", Config{FirstByte: soon, Idle: never, Frame: never}, func(*testing.T, net.Conn) {},
			func(n *Counters) int64 { return n.Idle.Load() }},
		{"falls silent", Config{FirstByte: never, Idle: soon, Frame: never}, func(t *testing.T, c net.Conn) { mustAsk(t, c, "hello") },
			func(n *Counters) int64 { return n.Idle.Load() }},
		{"sends half a length", Config{FirstByte: never, Idle: never, Frame: soon}, func(_ *testing.T, c net.Conn) { c.Write([]byte{0, 0}) },
			func(n *Counters) int64 { return n.Slow.Load() }},
		{"sends half a message", Config{FirstByte: never, Idle: never, Frame: soon}, func(_ *testing.T, c net.Conn) { c.Write(message(make([]byte, 9000))[:5000]) },
			func(n *Counters) int64 { return n.Slow.Load() }},
		{"does not take its answer", Config{FirstByte: never, Idle: never, Frame: never, Write: soon}, func(_ *testing.T, c net.Conn) {
			c.(*net.TCPConn).SetReadBuffer(4096)
			m := message(make([]byte, 3<<20))
			for { // until the server stops reading and closes
				if _, err := c.Write(m); err != nil {
					return
				}
			}
		}, func(n *Counters) int64 { return n.Slow.Load() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, counters := start(t, tt.cfg, echo)
			c := dial(t, s)
			tt.do(t, c)
			if !isCut(c) {
				t.Error("the peer is still there")
			}
			if got := tt.count(counters); got != 1 {
				t.Errorf("counted %d, want 1", got)
			}
		})
	}
}

func TestAnAnswerIsASignOfLife(t *testing.T) {
	const idle, answers = 300 * time.Millisecond, 20
	ended := make(chan error, 1)
	s, _ := start(t, Config{FirstByte: idle}, func(ctx context.Context, c *Conn) {
		go func() {
			for range answers {
				time.Sleep(idle / 15)
				c.Write([]byte{1})
			}
			c.Close()
		}()
		_, err := c.ReadFrame(lengthPrefixed, testLimit)
		ended <- err
	})
	c := dial(t, s)
	if got, _ := io.ReadAll(c); len(got) != answers {
		t.Errorf("got %d answers, want %d", len(got), answers)
	}
	if err := <-ended; err != net.ErrClosed {
		t.Errorf("got %v, want closed", err)
	}
}

func TestWhatReadFrameReturns(t *testing.T) {
	tests := []struct {
		name string
		send []byte
		want error
	}{
		{"closed between messages", nil, io.EOF},
		{"closed within a length", []byte{0}, io.ErrUnexpectedEOF},
		{"closed within a message", message(make([]byte, 5000))[:4500], io.ErrUnexpectedEOF},
		{"longer than the limit", []byte{0x7f, 0xff, 0xff, 0xff}, errTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := make(chan error, 1)
			s, _ := start(t, Config{}, func(ctx context.Context, c *Conn) {
				_, err := c.ReadFrame(lengthPrefixed, testLimit)
				got <- err
			})
			c := dial(t, s)
			c.Write(tt.send)
			c.(*net.TCPConn).CloseWrite()
			if err := <-got; err != tt.want {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestClaimedLengthCostsNothing(t *testing.T) {
	const claims, length = 40, 1 << 30
	held := make(chan struct{}, claims)
	s, _ := start(t, Config{}, func(ctx context.Context, c *Conn) {
		c.ReadFrame(func(head []byte, _ int) (int, int, error) {
			total, need, err := lengthPrefixed(head, 2*length)
			if total > 0 {
				held <- struct{}{}
			}
			return total, need, err
		}, 2*length)
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range claims {
		dial(t, s).Write(append(binary.BigEndian.AppendUint32(nil, length), make([]byte, 1000)...))
	}
	for range claims {
		<-held
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("%d claims of %d octets allocated %d", claims, length, got)
	}
}

func TestStrangersMakeRoom(t *testing.T) {
	s, counters := start(t, Config{MaxConns: 3}, func(ctx context.Context, c *Conn) {
		f, err := c.ReadFrame(lengthPrefixed, testLimit)
		if err != nil {
			return
		}
		if strings.Contains(string(f.Bytes), "pin") {
			c.Pin()
		}
		c.Write(f.Bytes)
		f.Release()
		echo(ctx, c)
	})
	admin, first, second := dial(t, s), dial(t, s), dial(t, s)
	mustAsk(t, admin, "pin")
	mustAsk(t, first, "a")
	mustAsk(t, second, "b")
	mustAsk(t, first, "c") // now second has been silent longest

	third := dial(t, s)
	if !isCut(second) {
		t.Error("the longest silent stranger stayed")
	}
	mustAsk(t, third, "pin")
	mustAsk(t, first, "pin, but as a later message")
	mustAsk(t, admin, "still here")

	fourth := dial(t, s)
	if !isCut(first) {
		t.Error("the last stranger stayed")
	}
	mustAsk(t, fourth, "pin")
	if fifth := dial(t, s); !isCut(fifth) {
		t.Error("there was room beside three pinned connections")
	}
	if e, r := counters.Evicted.Load(), counters.Refused.Load(); e != 2 || r != 1 {
		t.Errorf("got %d evicted, %d refused; want 2, 1", e, r)
	}
}

func TestOneSourceHasAShare(t *testing.T) {
	s, counters := start(t, Config{MaxPerSource: 2}, echo)
	a, b := dial(t, s), dial(t, s)
	mustAsk(t, a, "a")
	mustAsk(t, b, "b")
	if !isCut(dial(t, s)) {
		t.Error("a third connection was taken")
	}
	if got := counters.Refused.Load(); got != 1 {
		t.Errorf("got %d refused, want 1", got)
	}
	other := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	c, err := other.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	mustAsk(t, c, "from elsewhere")
}

func TestPrefixOf(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := prefixOf(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}

func TestPanicEndsOneConnection(t *testing.T) {
	s, counters := start(t, Config{}, func(ctx context.Context, c *Conn) {
		f, err := c.ReadFrame(lengthPrefixed, testLimit)
		if err != nil {
			return
		}
		if f.Bytes[4] == '!' {
			panic("a mistake")
		}
		c.Write(f.Bytes)
	})
	bad, good := dial(t, s), dial(t, s)
	bad.Write(message([]byte("!")))
	if !isCut(bad) {
		t.Error("the connection is still there")
	}
	mustAsk(t, good, "fine")
	if got := counters.Panics.Load(); got != 1 {
		t.Errorf("got %d panics, want 1", got)
	}
}

func TestShutdownWakesWhoWaitsAndLetsOthersFinish(t *testing.T) {
	working, finish, ended := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	s, _ := start(t, Config{}, func(ctx context.Context, c *Conn) {
		f, err := c.ReadFrame(lengthPrefixed, testLimit)
		if err == nil {
			close(working)
			<-finish
			c.Write(f.Bytes)
			_, err = c.ReadFrame(lengthPrefixed, testLimit)
		}
		ended <- err
	})
	idle, busy := dial(t, s), dial(t, s)
	busy.Write(message([]byte("work")))
	<-working
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(context.Background()) }()
	if !isCut(idle) {
		t.Error("the idle connection is still there")
	}
	close(finish)
	if got, err := io.ReadAll(busy); err != nil || string(got) != string(message([]byte("work"))) {
		t.Errorf("got %q, %v; want the answer", got, err)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	for range 2 {
		if err := <-ended; err != ErrClosing {
			t.Errorf("got %v, want ErrClosing", err)
		}
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("it still listens")
	}
}

func TestShutdownLosesPatience(t *testing.T) {
	working := make(chan struct{})
	s, _ := start(t, Config{}, func(ctx context.Context, c *Conn) {
		close(working)
		<-ctx.Done()
	})
	c := dial(t, s)
	<-working
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
	if !isCut(c) {
		t.Error("the connection is still there")
	}
}

func TestTakenPortIsNamed(t *testing.T) {
	s, _ := start(t, Config{}, echo)
	_, port, _ := net.SplitHostPort(s.Addr().String())
	_, err := TCP(t.Context(), Config{Addr: s.Addr().String()}, echo)
	if !fault.Is(err, fault.Exists) || !strings.Contains(fault.Message(err), port) {
		t.Errorf("got %v, want exists with the port", err)
	}
	if want := "See which one: ss -ltnp 'sport = :" + port + "'"; fault.Hint(err) != want {
		t.Errorf("got %q, want %q", fault.Hint(err), want)
	}
}

func TestPort(t *testing.T) {
	if got := portFor(389, true); got != 389 {
		t.Errorf("with the capability: got %d", got)
	}
	if got := portFor(389, false); got != 10389 {
		t.Errorf("without: got %d", got)
	}
}

// TestIdleConnectionsAreCheap counts both ends, so a server alone pays less.
func TestIdleConnectionsAreCheap(t *testing.T) {
	const n, most = 2000, 20 << 10
	s, counters := start(t, Config{}, echo)
	conns := make([]net.Conn, n)
	before := memory()
	for i := range conns {
		conns[i] = dial(t, s)
		mustAsk(t, conns[i], "hello, and then silence")
	}
	each := (memory() - before) / n
	t.Logf("%d octets each, both ends", each)
	if each > most {
		t.Errorf("got %d octets each, want at most %d", each, most)
	}
	mustAsk(t, conns[0], "still answering")
	if got := counters.Open.Load(); got != n {
		t.Errorf("got %d open, want %d", got, n)
	}
}

func memory() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

func BenchmarkFrame(b *testing.B) {
	s, _ := start(b, Config{}, echo)
	c := dial(b, s)
	c.SetDeadline(time.Time{})
	m := message(make([]byte, 200))
	got := make([]byte, len(m))
	b.ReportAllocs()
	for b.Loop() {
		c.Write(m)
		io.ReadFull(c, got)
	}
}
