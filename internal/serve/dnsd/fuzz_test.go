package dnsd_test

import (
	"net/netip"
	"testing"

	"github.com/miekg/dns"

	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/serve/dnsd"
)

// Whatever comes in, the door answers with a message that can be read, at most ten
// times as long, and nothing unsigned changes anything.
func FuzzPacket(f *testing.F) {
	b := newBench(f, func(c *dnsd.Config) { c.Rate = 1 << 30 })
	b.set("www", zone.A, "10.80.1.50")
	signed := update("lab.internal.", "www.lab.internal. 60 IN A 10.80.2.66", "www.lab.internal. 0 IN A 0.0.0.0")
	signed.SetTsig("k.", "gss-tsig.", 300, 1_800_000_000)
	signed.Extra[0].(*dns.TSIG).MAC, signed.Extra[0].(*dns.TSIG).MACSize = "00ff", 2
	edns := query("_ldap._tcp.lab.internal.", dns.TypeSRV)
	edns.SetEdns0(1232, true)
	for _, m := range []*dns.Msg{
		query("www.LAB.internal.", dns.TypeA), edns, query("10.1.80.10.in-addr.arpa.", dns.TypePTR), query(".", dns.TypeNS),
		query(`a\.b.lab.internal.`, dns.TypeANY), update("lab.internal.", "www.lab.internal. 60 IN A 10.80.2.66", ""), signed,
		tkeyQuery("k.", "let me in"), query("lab.internal.", dns.TypeAXFR),
	} {
		p, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p)
	}
	gen := b.zone.Generation()
	source := netip.MustParseAddrPort("192.0.2.1:5353")
	f.Fuzz(func(t *testing.T, p []byte) {
		asked := append([]byte(nil), p...)
		got := b.dns.ServeUDP(t.Context(), source, p)
		if string(p) != string(asked) {
			t.Error("the packet was written to")
		}
		if got == nil {
			return
		}
		r := new(dns.Msg)
		if err := r.Unpack(got); err != nil || !r.Response || got[0] != p[0] || got[1] != p[1] {
			t.Errorf("%x: got %x, %v", p, got, err)
		}
		if len(got) > 10*len(p) {
			t.Errorf("%d octets for %d", len(got), len(p))
		}
		if b.zone.Generation() != gen {
			t.Error("something changed")
		}
	})
}
