package zone

import (
	"net/netip"
	"strconv"
	"strings"
)

const (
	arpa4 = ".in-addr.arpa"
	arpa6 = ".ip6.arpa"
)

// reverseName is the name under which an address is looked up, RFC 1035 §3.5 and
// RFC 3596 §2.5.
func reverseName(a netip.Addr) string {
	var b []byte
	if a.Is4() {
		p := a.As4()
		for i := 3; i >= 0; i-- {
			b = append(strconv.AppendUint(b, uint64(p[i]), 10), '.')
		}
		return string(b[:len(b)-1]) + arpa4
	}
	const digits = "0123456789abcdef"
	p := a.As16()
	for i := 15; i >= 0; i-- {
		b = append(b, digits[p[i]&15], '.', digits[p[i]>>4], '.')
	}
	return string(b[:len(b)-1]) + arpa6
}

// reverseZone is the reverse zone an address stands in: that of its /24 or /64.
func reverseZone(a netip.Addr) string {
	name := reverseName(a)
	if a.Is4() {
		_, zone, _ := strings.Cut(name, ".")
		return zone
	}
	return name[2*16:]
}

// zoneOfReverse is the /24 or /64 that a reverse name stands in or is; ok is false
// for a name above all of them, or one that is none.
func zoneOfReverse(name string) (zone string, ok bool) {
	labels := strings.Split(name, ".")
	keep := 5
	if strings.HasSuffix(name, arpa6) {
		keep = 18
	} else if !strings.HasSuffix(name, arpa4) {
		return "", false
	}
	if len(labels) < keep {
		return "", false
	}
	return strings.Join(labels[len(labels)-keep:], "."), true
}

// addrOf is the address a reverse name stands for, if it is a whole one.
func addrOf(name string) (netip.Addr, bool) {
	if rest, ok := strings.CutSuffix(name, arpa4); ok {
		l := strings.Split(rest, ".")
		if len(l) != 4 {
			return netip.Addr{}, false
		}
		a, err := netip.ParseAddr(l[3] + "." + l[2] + "." + l[1] + "." + l[0])
		return a, err == nil
	}
	rest, ok := strings.CutSuffix(name, arpa6)
	if !ok || len(rest) != 63 {
		return netip.Addr{}, false
	}
	var b strings.Builder
	for i := 62; i >= 0; i -= 2 {
		b.WriteByte(rest[i])
		if i%8 == 0 && i > 0 {
			b.WriteByte(':')
		}
	}
	a, err := netip.ParseAddr(b.String())
	return a, err == nil && reverseName(a) == name
}

// ours reports whether a machine's address may bring its reverse zone with it: one
// of a private network, RFC 1918, 4193 and 6598. A machine that registers an
// address of somebody's in the world must not make us speak for its neighbours.
func ours(a netip.Addr) bool {
	return a.IsPrivate() || sharedSpace.Contains(a)
}

var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")
