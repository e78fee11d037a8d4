package dnsd_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/miekg/dns"
)

func BenchmarkSRV(b *testing.B) {
	x := newBench(b, nil)
	m := query("_ldap._tcp.lab.internal.", dns.TypeSRV)
	m.SetEdns0(1232, false)
	p, _ := m.Pack()
	source := netip.MustParseAddrPort("127.0.0.1:5353")
	b.ReportAllocs()
	for b.Loop() {
		x.dns.ServeUDP(b.Context(), source, p)
	}
}

// A name that is not there is looked up each time.
func BenchmarkNoName(b *testing.B) {
	x := newBench(b, nil)
	p, _ := query("_kerberos.dsvm1.lab.internal.", dns.TypeTXT).Pack()
	source := netip.MustParseAddrPort("127.0.0.1:5353")
	b.ReportAllocs()
	for b.Loop() {
		x.dns.ServeUDP(b.Context(), source, p)
	}
}

// BenchmarkWire is a question and its answer over loopback, and the bare echo beside
// it that it is measured by.
func BenchmarkWire(b *testing.B) {
	x := newBench(b, nil)
	m := query("_ldap._tcp.lab.internal.", dns.TypeSRV)
	p, _ := m.Pack()
	echo, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		b.Fatal(err)
	}
	defer echo.Close()
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := echo.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			echo.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	for name, addr := range map[string]string{"echo": echo.LocalAddr().String(), "dns": x.addr} {
		b.Run(name, func(b *testing.B) {
			c, err := net.Dial("udp", addr)
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			buf := make([]byte, 1500)
			for b.Loop() {
				c.Write(p)
				if _, err := c.Read(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
