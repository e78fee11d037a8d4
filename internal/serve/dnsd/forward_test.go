package dnsd_test

import (
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/serve/dnsd"
)

// upstream is another resolver on loopback; it answers by what the name begins with.
type upstream struct {
	addr  netip.AddrPort
	asked atomic.Int64
	gate  chan struct{} // slow names wait for it
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{gate: make(chan struct{})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pc, err := net.ListenPacket("udp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	u.addr = netip.MustParseAddrPort(ln.Addr().String())
	for _, s := range []*dns.Server{{Listener: ln, Handler: u}, {PacketConn: pc, Handler: u}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go s.ActivateAndServe()
		<-started
		t.Cleanup(func() { s.Shutdown() })
	}
	return u
}

func (u *upstream) ServeDNS(w dns.ResponseWriter, m *dns.Msg) {
	u.asked.Add(1)
	r := new(dns.Msg).SetReply(m)
	r.RecursionAvailable = true
	name := m.Question[0].Name
	a, _ := dns.NewRR(name + " 100 IN A 192.0.2.80")
	soa, _ := dns.NewRR("example.org. 300 IN SOA ns.example.org. x.example.org. 1 2 3 4 60")
	_, udp := w.LocalAddr().(*net.UDPAddr)
	switch {
	case strings.HasPrefix(name, "none"):
		r.Rcode, r.Ns = dns.RcodeNameError, []dns.RR{soa}
	case strings.HasPrefix(name, "broken"):
		r.Rcode = dns.RcodeServerFailure
	case strings.HasPrefix(name, "silent"):
		return
	case strings.HasPrefix(name, "forged") && udp:
		bad := r.Copy()
		bad.Id++
		forged, _ := dns.NewRR(name + " 100 IN A 192.0.2.66")
		bad.Answer = []dns.RR{forged}
		w.WriteMsg(bad)
		other := r.Copy()
		other.Question[0].Name = "other.example.org."
		w.WriteMsg(other)
		r.Answer = []dns.RR{a}
	case strings.HasPrefix(name, "long") && udp:
		r.Truncated = true
	case strings.HasPrefix(name, "slow"):
		<-u.gate
		r.Answer = []dns.RR{a}
	default:
		r.Answer = []dns.RR{a}
	}
	w.WriteMsg(r)
}

func TestForwarding(t *testing.T) {
	u := newUpstream(t)
	var now clock
	b := newBench(t, func(c *dnsd.Config) {
		c.Upstreams, c.Timeout, c.Now = []netip.AddrPort{u.addr}, 200*time.Millisecond, now.read
	})
	b.set("away", zone.CNAME, "host.example.org.")
	at := func(name string) string { return name + " 100 IN A 192.0.2.80" }
	for _, c := range []struct {
		name, answer string
		rcode        int
		asked        int64
	}{
		{"www.example.org.", at("www.example.org."), 0, 1},
		{"WWW.example.org.", at("WWW.example.org."), 0, 0},
		{"none.example.org.", "", dns.RcodeNameError, 1},
		{"none.example.org.", "", dns.RcodeNameError, 0},
		{"broken.example.org.", "", dns.RcodeServerFailure, 2},
		{"broken.example.org.", "", dns.RcodeServerFailure, 0},
		{"silent.example.org.", "", dns.RcodeServerFailure, 2},
		{"forged.example.org.", at("forged.example.org."), 0, 1},
		{"long.example.org.", at("long.example.org."), 0, 2},
		{"away.lab.internal.", "away.lab.internal. 600 IN CNAME host.example.org.; " + at("host.example.org."), 0, 1},
		{"www.lab.internal.", "", dns.RcodeNameError, 0},
	} {
		before := u.asked.Load()
		r := b.ask("udp", query(c.name, dns.TypeA))
		if r.Rcode != c.rcode || show(r.Answer) != c.answer || !r.RecursionAvailable || u.asked.Load()-before != c.asked {
			t.Errorf("%s: got %s, asked %d times", c.name, r, u.asked.Load()-before)
		}
	}
	now.forward(40 * time.Second)
	if r := b.ask("udp", query("www.example.org.", dns.TypeA)); show(r.Answer) != "www.example.org. 60 IN A 192.0.2.80" {
		t.Errorf("forty seconds later: got %s", r)
	}
	before := u.asked.Load()
	now.forward(61 * time.Second)
	if b.ask("udp", query("www.example.org.", dns.TypeA)); u.asked.Load() != before+1 {
		t.Error("an answer outlives its time")
	}
	m := query("new.example.org.", dns.TypeA)
	m.RecursionDesired = false
	if r := b.ask("udp", m); r.Rcode != dns.RcodeRefused {
		t.Errorf("without recursion desired: got %s", r)
	}
	p, _ := query("www.example.org.", dns.TypeA).Pack()
	if got := b.dns.ServeUDP(t.Context(), netip.MustParseAddrPort("192.0.2.7:5353"), p); got[3]&15 != dns.RcodeRefused || got[3]&0x80 != 0 {
		t.Errorf("a stranger: got %x", got)
	}
}

// A dead upstream must not stand in the way of our own names: datagrams that find
// no place to wait come again by TCP.
func TestSlowUpstreamsHoldNobodyUp(t *testing.T) {
	u := newUpstream(t)
	b := newBench(t, func(c *dnsd.Config) { c.Upstreams = []netip.AddrPort{u.addr} })
	var all sync.WaitGroup
	var cut atomic.Int64
	for i := range 32 {
		all.Go(func() {
			c := &dns.Client{Timeout: 5 * time.Second}
			r, _, err := c.Exchange(query("slow"+string(rune('a'+i))+".example.org.", dns.TypeA), b.addr)
			if err == nil && r.Truncated {
				cut.Add(1)
			}
		})
	}
	for u.asked.Load() < 32 { // all of them are asked, however few wait
		if r := b.ask("udp", query("lab.internal.", dns.TypeA)); len(r.Answer) != 1 {
			t.Fatalf("got %s", r)
		}
	}
	close(u.gate)
	all.Wait()
	if cut.Load() != 24 {
		t.Errorf("%d of 32 were sent to TCP", cut.Load())
	}
	// The question goes on for whoever comes again. From the upstream's own address it
	// would look like a loop until the answer is there.
	c := &dns.Client{Timeout: 5 * time.Second, Dialer: &net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}}}
	if r, _, err := c.Exchange(query("slowz.example.org.", dns.TypeA), b.addr); err != nil || len(r.Answer) != 1 {
		t.Errorf("got %s, %v", r, err)
	}
}

func TestNoUpstreamIsOurselves(t *testing.T) {
	var self netip.AddrPort
	b := newBench(t, func(c *dnsd.Config) {
		c.Port = 53
		self = netip.MustParseAddrPort("127.0.0.1:53")
		c.Upstreams = []netip.AddrPort{self, netip.MustParseAddrPort("10.80.1.10:53")} // dc1's own
	})
	if r := b.ask("udp", query("www.example.org.", dns.TypeA)); r.Rcode != dns.RcodeServerFailure {
		t.Errorf("got %s", r)
	}
}

// Two servers that forward to each other end it when the question comes back.
func TestALoopEnds(t *testing.T) {
	u := newUpstream(t)
	back := &dns.Client{Timeout: 3 * time.Second}
	b := newBench(t, func(c *dnsd.Config) { c.Upstreams, c.Timeout = []netip.AddrPort{u.addr}, 3*time.Second })
	var got atomic.Value
	var all sync.WaitGroup
	all.Go(func() { b.ask("tcp", query("slow.example.org.", dns.TypeA)) })
	for u.asked.Load() == 0 {
		b.ask("udp", query("lab.internal.", dns.TypeA))
	}
	r, _, err := back.Exchange(query("slow.example.org.", dns.TypeA), b.addr)
	got.Store(r)
	if err != nil || r.Rcode != dns.RcodeServerFailure {
		t.Errorf("got %v, %v", r, err)
	}
	close(u.gate)
	all.Wait()
}
