package dnsd_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/serve/dnsd"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

// bench is a domain with a DNS door on loopback.
type bench struct {
	*testkit.Domain
	tb   testing.TB
	zone *zone.Zone
	dns  *dnsd.Server
	addr string
	acc  *acceptor
}

func newBench(tb testing.TB, change func(*dnsd.Config)) *bench {
	tb.Helper()
	b := &bench{Domain: testkit.New(tb), tb: tb}
	b.acc = &acceptor{b: b}
	var err error
	b.zone, err = zone.Open(tb.Context(), zone.Config{
		Store: b.Store, Directory: b.Directory, NameKey: []byte("names"),
		Servers: func() []zone.Server {
			return []zone.Server{{Name: "dc1", Addrs: []netip.Addr{netip.MustParseAddr("10.80.1.10"), netip.MustParseAddr("fd00:80:1::10")}}}
		},
		Ports: zone.Ports{LDAP: 389, GC: 3268, Kerberos: 88, Kpasswd: 464},
	})
	if err != nil {
		tb.Fatal(err)
	}
	cfg := dnsd.Config{Zone: b.zone, Acceptor: b.acc}
	if change != nil {
		change(&cfg)
	}
	b.dns = dnsd.New(cfg)
	tcp, err := listen.TCP(tb.Context(), listen.Config{Addr: "127.0.0.1:0"}, b.dns.ServeTCP)
	if err != nil {
		tb.Fatal(err)
	}
	b.addr = tcp.Addr().String()
	udp, err := listen.UDP(tb.Context(), listen.Config{Addr: b.addr}, listen.AtOnce(b.dns.ServeUDP))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		b.dns.Close()
		udp.Shutdown(ctx)
		tcp.Shutdown(ctx)
		b.zone.Close()
	})
	return b
}

// clock is the time, and how far it was set forward.
type clock struct{ by atomic.Int64 }

func (c *clock) read() time.Time         { return time.Now().Add(time.Duration(c.by.Load())) }
func (c *clock) forward(d time.Duration) { c.by.Add(int64(d)) }

func (b *bench) machine(login, host string) *directory.Entry {
	b.tb.Helper()
	e, err := b.Admin.CreateComputer(b.tb.Context(), directory.NewComputer{
		Login: login, Attrs: []directory.Value{{Attr: schema.DNSHostName, Vals: [][]byte{[]byte(host)}}},
	})
	if err != nil {
		b.tb.Fatal(err)
	}
	return e
}

func (b *bench) set(name string, t zone.Type, values ...string) {
	b.tb.Helper()
	if _, err := b.zone.As(b.Actor("administrator")).SetRecord(b.tb.Context(), name, t, 600, values); err != nil {
		b.tb.Fatal(err)
	}
}

func (b *bench) ask(network string, m *dns.Msg) *dns.Msg {
	b.tb.Helper()
	c := &dns.Client{Net: network, Timeout: 5 * time.Second}
	r, _, err := c.Exchange(m, b.addr)
	if err != nil {
		b.tb.Fatalf("%s %v: %v", network, m.Question, err)
	}
	return r
}

func query(name string, typ uint16) *dns.Msg {
	return new(dns.Msg).SetQuestion(name, typ)
}

// show is the sections of an answer, without white space that says nothing.
func show(rrs []dns.RR) string {
	var out []string
	for _, rr := range rrs {
		if rr.Header().Rrtype != dns.TypeOPT {
			out = append(out, strings.Join(strings.Fields(rr.String()), " "))
		}
	}
	return strings.Join(out, "; ")
}

func TestAnswers(t *testing.T) {
	b := newBench(t, nil)
	b.set("www", zone.A, "10.80.1.50")
	b.set("alias", zone.CNAME, "www")
	b.set("away", zone.CNAME, "host.example.org.")
	b.set("*.pages", zone.A, "10.80.1.60")
	b.set("text", zone.TXT, `said "so" \ é`)
	b.set("mail", zone.MX, "10 www")
	b.set("@", zone.CAA, "0 issue ca.example.org")
	b.set("www", zone.SSHFP, "4 2 "+strings.Repeat("ab", 32))
	soa := "lab.internal. 60 IN SOA dc1.lab.internal. hostmaster.lab.internal. "
	for _, c := range []struct {
		name   string
		typ    uint16
		rcode  int
		answer string
		extra  string
	}{
		{"_ldap._tcp.lab.internal.", dns.TypeSRV, 0, "_ldap._tcp.lab.internal. 300 IN SRV 0 100 389 dc1.lab.internal.", "dc1.lab.internal. 300 IN A 10.80.1.10; dc1.lab.internal. 300 IN AAAA fd00:80:1::10"},
		{"_KerBeros._UDP.LAB.Internal.", dns.TypeSRV, 0, "_KerBeros._UDP.LAB.Internal. 300 IN SRV 0 100 88 dc1.lab.internal.", "dc1.lab.internal. 300 IN A 10.80.1.10; dc1.lab.internal. 300 IN AAAA fd00:80:1::10"},
		{"www.lab.internal.", dns.TypeA, 0, "www.lab.internal. 600 IN A 10.80.1.50", ""},
		{"alias.lab.internal.", dns.TypeA, 0, "alias.lab.internal. 600 IN CNAME www.lab.internal.; www.lab.internal. 600 IN A 10.80.1.50", ""},
		{"away.lab.internal.", dns.TypeA, 0, "away.lab.internal. 600 IN CNAME host.example.org.", ""},
		{"x.y.pages.lab.internal.", dns.TypeA, 0, "x.y.pages.lab.internal. 600 IN A 10.80.1.60", ""},
		{"text.lab.internal.", dns.TypeTXT, 0, `text.lab.internal. 600 IN TXT "said \"so\" \\ \195\169"`, ""},
		{"mail.lab.internal.", dns.TypeMX, 0, "mail.lab.internal. 600 IN MX 10 www.lab.internal.", "www.lab.internal. 600 IN A 10.80.1.50"},
		{"lab.internal.", dns.TypeCAA, 0, `lab.internal. 600 IN CAA 0 issue "ca.example.org"`, ""},
		{"www.lab.internal.", dns.TypeSSHFP, 0, "www.lab.internal. 600 IN SSHFP 4 2 " + strings.Repeat("AB", 32), ""},
		{"dc1.lab.internal.", dns.TypeSSHFP, 0, "", ""},
		{"_tcp.lab.internal.", dns.TypeA, 0, "", ""},
		{"_kerberos.lab.internal.", dns.TypeURI, 0, "", ""},
		{"none.lab.internal.", dns.TypeA, dns.RcodeNameError, "", ""},
		{"10.1.80.10.in-addr.arpa.", dns.TypePTR, 0, "10.1.80.10.in-addr.arpa. 300 IN PTR dc1.lab.internal.", ""},
		{"www.lab.internal.", dns.TypeANY, 0, "www.lab.internal. 600 IN A 10.80.1.50", ""},
	} {
		for _, network := range []string{"udp", "udp", "tcp"} { // the second is from the answers at hand
			r := b.ask(network, query(c.name, c.typ))
			if r.Rcode != c.rcode || show(r.Answer) != c.answer || show(r.Extra) != c.extra || !r.Authoritative || r.Question[0].Name != c.name {
				t.Errorf("%s %s %s: got %s", network, c.name, dns.TypeToString[c.typ], r)
			}
			if c.answer == "" && !strings.HasPrefix(show(r.Ns), soa) {
				t.Errorf("%s %s: got authority %q", c.name, dns.TypeToString[c.typ], show(r.Ns))
			}
		}
	}
	if b.dns.Stats().Kept.Load() == 0 {
		t.Error("nothing was answered from the answers at hand")
	}
	b.set("www", zone.A, "10.80.1.51")
	if r := b.ask("udp", query("www.lab.internal.", dns.TypeA)); show(r.Answer) != "www.lab.internal. 600 IN A 10.80.1.51" {
		t.Errorf("after a change: got %s", r)
	}
}

func TestRefusals(t *testing.T) {
	b := newBench(t, nil)
	edns := func(m *dns.Msg, version uint8) *dns.Msg {
		m.SetEdns0(1232, true)
		m.IsEdns0().SetVersion(version)
		return m
	}
	chaos := query("version.bind.", dns.TypeTXT)
	chaos.Question[0].Qclass = dns.ClassCHAOS
	notify := query("lab.internal.", dns.TypeSOA)
	notify.Opcode = dns.OpcodeNotify
	two := query("lab.internal.", dns.TypeSOA)
	two.Question = append(two.Question, two.Question[0])
	extra := query("lab.internal.", dns.TypeSOA)
	extra.Extra = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: "x.", Rrtype: dns.TypeA, Class: dns.ClassINET}, A: []byte{1, 2, 3, 4}}}
	for name, c := range map[string]struct {
		m     *dns.Msg
		rcode int
	}{
		"a name outside":       {query("www.example.org.", dns.TypeA), dns.RcodeRefused},
		"the root":             {query(".", dns.TypeNS), dns.RcodeRefused},
		"a transfer":           {query("lab.internal.", dns.TypeAXFR), dns.RcodeRefused},
		"the version":          {chaos, dns.RcodeRefused},
		"a notification":       {notify, dns.RcodeNotImplemented},
		"two questions":        {two, dns.RcodeFormatError},
		"a section too many":   {extra, dns.RcodeFormatError},
		"a version of EDNS":    {edns(query("lab.internal.", dns.TypeA), 1), dns.RcodeBadVers},
		"a type of none":       {query("lab.internal.", dns.TypeOPT), dns.RcodeFormatError},
		"EDNS as it should be": {edns(query("lab.internal.", dns.TypeA), 0), dns.RcodeSuccess},
	} {
		r := b.ask("udp", c.m)
		if r.Rcode != c.rcode || r.Id != c.m.Id {
			t.Errorf("%s: got %s", name, r)
		}
		if opt := r.IsEdns0(); (opt != nil) != (c.m.IsEdns0() != nil) || opt != nil && (!opt.Do() || opt.Version() != 0) {
			t.Errorf("%s: got %v", name, opt)
		}
	}
	src := netip.MustParseAddrPort("192.0.2.1:5353")
	for name, p := range map[string][]byte{"nothing": nil, "half a header": make([]byte, 11), "an answer": {0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0}} {
		if got := b.dns.ServeUDP(t.Context(), src, p); got != nil {
			t.Errorf("%s: got %x", name, got)
		}
	}
}

// An answer over UDP is never much longer than its question, and what does not fit
// is there over TCP.
func TestAnswersOverUDPAreShort(t *testing.T) {
	b := newBench(t, nil)
	var many []string
	for i := range 60 {
		many = append(many, netip.AddrFrom4([4]byte{10, 80, 3, byte(i)}).String())
	}
	b.set("many", zone.A, many...)
	for _, size := range []uint16{0, 512, 4096} {
		m := query("many.lab.internal.", dns.TypeA)
		if size > 0 {
			m.SetEdns0(size, false)
		}
		p, _ := m.Pack()
		got := b.dns.ServeUDP(t.Context(), netip.MustParseAddrPort("192.0.2.1:5353"), p)
		r := new(dns.Msg)
		if err := r.Unpack(got); err != nil || len(got) > 10*len(p) || !r.Truncated || len(r.Answer) > 0 {
			t.Errorf("size %d: got %d octets for %d, %v", size, len(got), len(p), err)
		}
	}
	if r := b.ask("tcp", query("many.lab.internal.", dns.TypeA)); len(r.Answer) != 60 || r.Truncated {
		t.Errorf("over TCP: got %d records", len(r.Answer))
	}
}

func TestOneNetworkGetsABoundedNumberOfAnswers(t *testing.T) {
	second := time.Unix(1_800_000_000, 0)
	b := newBench(t, func(c *dnsd.Config) { c.Rate, c.Now = 20, func() time.Time { return second } })
	p, _ := query("lab.internal.", dns.TypeA).Pack()
	count := func(from func(i int) string) (full, cut, none int) {
		for i := range 60 {
			switch got := b.dns.ServeUDP(t.Context(), netip.MustParseAddrPort(from(i)), slices.Clone(p)); {
			case got == nil:
				none++
			case got[2]&2 != 0:
				cut++
			default:
				full++
			}
		}
		return full, cut, none
	}
	one := func(i int) string { return "192.0.2." + string(rune('1'+i%9)) + ":53" }
	if full, cut, none := count(one); full != 20 || cut != 20 || none != 20 {
		t.Errorf("got %d whole, %d cut, %d unanswered", full, cut, none)
	}
	if full, _, _ := count(func(int) string { return "127.0.0.1:5353" }); full != 60 {
		t.Errorf("the server's own host: got %d", full)
	}
	second = second.Add(time.Second)
	if full, _, _ := count(one); full != 20 {
		t.Errorf("a second later: got %d", full)
	}
}

// acceptor takes a machine's name as its proof, and signs with HMAC.
type acceptor struct{ b *bench }

type hmacContext struct {
	key   []byte
	actor ident.Actor
}

func (a *acceptor) Accept(_ context.Context, source netip.Addr, token []byte) ([]byte, dnsd.Context, error) {
	name, ok := strings.CutPrefix(string(token), "I am ")
	if !ok {
		return nil, nil, errors.New("no proof")
	}
	return []byte("you are " + name), hmacContext{[]byte("secret of " + name), a.b.Actor(name)}, nil
}

func mic(key []byte, from byte, data []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte{from})
	m.Write(data)
	return m.Sum(nil)
}

func (c hmacContext) MIC(data []byte) []byte { return mic(c.key, 's', data) }
func (c hmacContext) Actor() ident.Actor     { return c.actor }
func (c hmacContext) VerifyMIC(token, data []byte) error {
	if !bytes.Equal(token, mic(c.key, 'c', data)) {
		return errors.New("wrong signature")
	}
	return nil
}

// client is the other end of a context, for the codec.
type client string

func (c client) Generate(msg []byte, _ *dns.TSIG) ([]byte, error) {
	return mic([]byte("secret of "+string(c)), 'c', msg), nil
}

func (c client) Verify(msg []byte, t *dns.TSIG) error {
	mac, _ := hex.DecodeString(t.MAC)
	if !bytes.Equal(mac, mic([]byte("secret of "+string(c)), 's', msg)) {
		return dns.ErrSig
	}
	return nil
}

func tkeyQuery(keyName, token string) *dns.Msg {
	m := query(keyName, dns.TypeTKEY)
	m.Question[0].Qclass = dns.ClassANY
	m.Extra = []dns.RR{&dns.TKEY{
		Hdr:       dns.RR_Header{Name: keyName, Rrtype: dns.TypeTKEY, Class: dns.ClassANY},
		Algorithm: "gss-tsig.", Mode: 3, KeySize: uint16(len(token)), Key: hex.EncodeToString([]byte(token)),
	}}
	return m
}

// establish makes a key for a machine.
func (b *bench) establish(keyName, who string) {
	b.tb.Helper()
	c := &dns.Client{Net: "tcp", TsigProvider: client(who)}
	conn, err := c.Dial(b.addr)
	if err != nil {
		b.tb.Fatal(err)
	}
	defer conn.Close()
	m := tkeyQuery(keyName, "I am "+who)
	if err := conn.WriteMsg(m); err != nil {
		b.tb.Fatal(err)
	}
	raw, err := conn.ReadMsgHeader(nil)
	r := new(dns.Msg)
	if err != nil || r.Unpack(raw) != nil {
		b.tb.Fatal(err)
	}
	k, ok := r.Answer[0].(*dns.TKEY)
	if !ok || k.Error != 0 || k.Key != hex.EncodeToString([]byte("you are "+who)) {
		b.tb.Fatalf("got %s", r)
	}
	if err := dns.TsigVerifyWithProvider(raw, client(who), "", false); err != nil {
		b.tb.Fatalf("the signature of the new key: %v", err)
	}
}

// sign sends a message signed as who with a key, and verifies the answer's
// signature over the request's.
func (b *bench) sign(network, keyName, who string, m *dns.Msg, at time.Time) (*dns.Msg, error) {
	b.tb.Helper()
	m.SetTsig(keyName, "gss-tsig.", 300, at.Unix())
	c := &dns.Client{Net: network, TsigProvider: client(who), Timeout: 5 * time.Second}
	r, _, err := c.Exchange(m, b.addr)
	return r, err
}

func update(zoneName string, insert, remove string) *dns.Msg {
	m := new(dns.Msg).SetUpdate(zoneName)
	if remove != "" {
		rr, err := dns.NewRR(remove)
		if err != nil {
			panic(err)
		}
		m.RemoveRRset([]dns.RR{rr})
	}
	if insert != "" {
		rr, err := dns.NewRR(insert)
		if err != nil {
			panic(err)
		}
		m.Insert([]dns.RR{rr})
	}
	return m
}

func TestUpdatesAreSigned(t *testing.T) {
	b := newBench(t, nil)
	b.machine("DSVM1$", "dsvm1.lab.internal")
	b.machine("DSVM2$", "dsvm2.lab.internal")
	own := func(addr string) *dns.Msg {
		return update("lab.internal.", "dsvm1.lab.internal. 3600 IN A "+addr, "dsvm1.lab.internal. 0 IN A 0.0.0.0")
	}
	if r := b.ask("tcp", own("10.80.2.11")); r.Rcode != dns.RcodeRefused {
		t.Errorf("unsigned: got %s", r)
	}
	b.establish("1.sig-dc1.", "DSVM1$")
	b.establish("2.sig-dc1.", "DSVM2$")
	for _, network := range []string{"tcp", "udp"} {
		if r, err := b.sign(network, "1.sig-dc1.", "DSVM1$", own("10.80.2.11"), time.Now()); err != nil || r.Rcode != dns.RcodeSuccess {
			t.Fatalf("signed over %s: got %v, %v", network, r, err)
		}
	}
	if r := b.ask("udp", query("dsvm1.lab.internal.", dns.TypeA)); show(r.Answer) != "dsvm1.lab.internal. 3600 IN A 10.80.2.11" {
		t.Errorf("got %s", r)
	}
	ptr := update("2.80.10.in-addr.arpa.", "11.2.80.10.in-addr.arpa. 3600 IN PTR dsvm1.lab.internal.", "11.2.80.10.in-addr.arpa. 0 IN PTR x.")
	if r, err := b.sign("tcp", "1.sig-dc1.", "DSVM1$", ptr, time.Now()); err != nil || r.Rcode != dns.RcodeSuccess {
		t.Errorf("its pointer: got %v, %v", r, err)
	}
	if r := b.ask("udp", query("11.2.80.10.in-addr.arpa.", dns.TypePTR)); show(r.Answer) != "11.2.80.10.in-addr.arpa. 300 IN PTR dsvm1.lab.internal." {
		t.Errorf("got %s", r)
	}
	for name, c := range map[string]struct {
		key, who string
		m        *dns.Msg
		at       time.Time
		rcode    int
		tsig     uint16
	}{
		"another's name":       {"2.sig-dc1.", "DSVM2$", own("10.80.2.66"), time.Now(), dns.RcodeRefused, 0},
		"another's key":        {"2.sig-dc1.", "DSVM1$", own("10.80.2.66"), time.Now(), dns.RcodeNotAuth, dns.RcodeBadSig},
		"no such key":          {"3.sig-dc1.", "DSVM1$", own("10.80.2.66"), time.Now(), dns.RcodeNotAuth, dns.RcodeBadKey},
		"a clock that is slow": {"1.sig-dc1.", "DSVM1$", own("10.80.2.66"), time.Now().Add(-10 * time.Minute), dns.RcodeNotAuth, dns.RcodeBadTime},
		"no zone of ours":      {"1.sig-dc1.", "DSVM1$", update("example.org.", "x.example.org. 1 IN A 1.2.3.4", ""), time.Now(), dns.RcodeNotAuth, 0},
		"below a zone":         {"1.sig-dc1.", "DSVM1$", update("dsvm1.lab.internal.", "dsvm1.lab.internal. 1 IN A 1.2.3.4", ""), time.Now(), dns.RcodeNotAuth, 0},
		"out of the zone":      {"1.sig-dc1.", "DSVM1$", update("lab.internal.", "x.example.org. 1 IN A 1.2.3.4", ""), time.Now(), dns.RcodeNotZone, 0},
		"a wildcard":           {"1.sig-dc1.", "DSVM1$", update("lab.internal.", "*.lab.internal. 1 IN A 10.80.2.66", ""), time.Now(), dns.RcodeRefused, 0},
	} {
		r, err := b.sign("tcp", c.key, c.who, c.m, c.at)
		if r == nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sig := r.IsTsig()
		if r.Rcode != c.rcode || sig == nil || sig.Error != c.tsig {
			t.Errorf("%s: got %s", name, r)
		}
		if unsigned := c.tsig == dns.RcodeBadSig || c.tsig == dns.RcodeBadKey; sig != nil && unsigned != (sig.MACSize == 0) {
			t.Errorf("%s: the answer's signature has %d octets", name, sig.MACSize)
		}
		if c.tsig == dns.RcodeBadTime && (sig.OtherLen != 6 || sig.TimeSigned != uint64(c.at.Unix())) {
			t.Errorf("%s: got %v", name, sig)
		}
	}
	if r := b.ask("udp", query("dsvm1.lab.internal.", dns.TypeA)); show(r.Answer) != "dsvm1.lab.internal. 3600 IN A 10.80.2.11" {
		t.Errorf("what was refused changed something: %s", r)
	}
	if r, err := b.sign("tcp", "1.sig-dc1.", "DSVM1$", query("lab.internal.", dns.TypeSOA), time.Now()); err != nil || len(r.Answer) != 1 {
		t.Errorf("a signed query: got %v, %v", r, err)
	}
}

func TestPrerequisites(t *testing.T) {
	b := newBench(t, nil)
	b.machine("DSVM1$", "dsvm1.lab.internal")
	b.establish("k.", "DSVM1$")
	rr := func(s string) []dns.RR {
		r, err := dns.NewRR(s)
		if err != nil {
			t.Fatal(err)
		}
		return []dns.RR{r}
	}
	dc1, none := rr("dc1.lab.internal. 0 IN A 10.80.1.10"), rr("none.lab.internal. 0 IN A 10.80.1.10")
	for _, c := range []struct {
		what  string
		add   func(*dns.Msg)
		rcode int
	}{
		{"name used", func(m *dns.Msg) { m.NameUsed(dc1) }, dns.RcodeSuccess},
		{"name used", func(m *dns.Msg) { m.NameUsed(none) }, dns.RcodeNameError},
		{"name not used", func(m *dns.Msg) { m.NameNotUsed(dc1) }, dns.RcodeYXDomain},
		{"set used", func(m *dns.Msg) { m.RRsetUsed(none) }, dns.RcodeNXRrset},
		{"set not used", func(m *dns.Msg) { m.RRsetNotUsed(dc1) }, dns.RcodeYXRrset},
		{"values", func(m *dns.Msg) { m.Used(dc1) }, dns.RcodeSuccess},
		{"values", func(m *dns.Msg) { m.Used(rr("dc1.lab.internal. 0 IN A 10.80.1.11")) }, dns.RcodeNXRrset},
		{"values with a time to live", func(m *dns.Msg) { m.Answer = rr("dc1.lab.internal. 5 IN A 10.80.1.10") }, dns.RcodeFormatError},
	} {
		m := update("lab.internal.", "dsvm1.lab.internal. 3600 IN A 10.80.2.11", "")
		c.add(m)
		if r, err := b.sign("tcp", "k.", "DSVM1$", m, time.Now()); err != nil || r.Rcode != c.rcode {
			t.Errorf("%s: got %v, %v, want %s", c.what, r, err, dns.RcodeToString[c.rcode])
		}
	}
}

func TestKeys(t *testing.T) {
	var now clock
	b := newBench(t, func(c *dnsd.Config) { c.Now = now.read })
	b.machine("DSVM1$", "dsvm1.lab.internal")
	good := func(keyName string) bool {
		// An answer of a server whose clock was set forward does not verify.
		r, _ := b.sign("tcp", keyName, "DSVM1$", query("lab.internal.", dns.TypeSOA), time.Now())
		return r != nil && r.Rcode == dns.RcodeSuccess
	}
	tkeyError := func(m *dns.Msg) uint16 {
		t.Helper()
		r := b.ask("tcp", m)
		if len(r.Answer) != 1 || r.Rcode != 0 || r.IsTsig() != nil {
			t.Fatalf("got %s", r)
		}
		return r.Answer[0].(*dns.TKEY).Error
	}
	b.establish("a.", "DSVM1$")
	if got := tkeyError(tkeyQuery("A.", "I am DSVM1$")); got != dns.RcodeBadName {
		t.Errorf("a name that is taken: got %d", got)
	}
	if got := tkeyError(tkeyQuery("b.", "let me in")); got != dns.RcodeBadKey {
		t.Errorf("no proof: got %d", got)
	}
	if good("b.") {
		t.Error("a key without a proof is good")
	}
	m := tkeyQuery("c.", "I am DSVM1$")
	m.Extra[0].(*dns.TKEY).Mode = 1
	if got := tkeyError(m); got != dns.RcodeBadMode {
		t.Errorf("another mode: got %d", got)
	}
	m = tkeyQuery("c.", "I am DSVM1$")
	m.Extra[0].(*dns.TKEY).Algorithm = "hmac-md5.sig-alg.reg.int."
	if got := tkeyError(m); got != dns.RcodeBadAlg {
		t.Errorf("another algorithm: got %d", got)
	}
	for i := range 17 { // one more than an address has
		now.forward(time.Millisecond)
		b.establish("k"+string(rune('a'+i))+".", "DSVM1$")
	}
	if good("a.") || good("ka.") || !good("kb.") || !good("kq.") {
		t.Error("the longest idle keys of the address should make room")
	}
	m = tkeyQuery("kb.", "")
	m.Extra[0].(*dns.TKEY).Mode = 5
	if r, err := b.sign("tcp", "kb.", "DSVM1$", m, time.Now()); err != nil || r.Rcode != 0 || good("kb.") {
		t.Errorf("delete a key: got %v, %v", r, err)
	}
	now.forward(59 * time.Minute)
	if !good("kq.") {
		t.Error("a key is not good for an hour")
	}
	now.forward(time.Minute)
	if good("kq.") {
		t.Error("a key is good after an hour")
	}
	without := newBench(t, func(c *dnsd.Config) { c.Acceptor = nil })
	if r := without.ask("tcp", tkeyQuery("a.", "I am DSVM1$")); r.Rcode != dns.RcodeRefused {
		t.Errorf("without an acceptor: got %s", r)
	}
}

// A refusal has the code that says most, and the actor is asked for again at each
// update.
func TestTheActorIsAskedForAtEachUpdate(t *testing.T) {
	b := newBench(t, nil)
	e := b.machine("DSVM1$", "dsvm1.lab.internal")
	b.establish("k.", "DSVM1$")
	if err := b.Admin.SetEnabled(t.Context(), e.ID, false); err != nil {
		t.Fatal(err)
	}
	own := func(v string) *dns.Msg { return update("lab.internal.", "dsvm1.lab.internal. 3600 IN "+v, "") }
	if r, err := b.sign("tcp", "k.", "DSVM1$", own("A 10.80.2.11"), time.Now()); err != nil || r.Rcode != dns.RcodeRefused {
		t.Errorf("a machine that was disabled since: got %v, %v", r, err)
	}
	if err := b.Admin.SetEnabled(t.Context(), e.ID, true); err != nil {
		t.Fatal(err)
	}
	b.establish("k2.", "DSVM1$")
	for value, rcode := range map[string]int{"SSHFP 1 1 00": dns.RcodeFormatError, "NS x.": dns.RcodeRefused, "A 127.0.0.1": dns.RcodeRefused, "A 10.80.2.11": dns.RcodeSuccess} {
		if r, err := b.sign("tcp", "k2.", "DSVM1$", own(value), time.Now()); err != nil || r.Rcode != rcode {
			t.Errorf("%s: got %v, %v", value, r, err)
		}
	}
}
