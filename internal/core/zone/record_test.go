package zone

import (
	"net/netip"
	"strings"
	"testing"
)

func TestWhichHostAMachineMayWrite(t *testing.T) {
	for _, c := range []struct {
		stem, host, want string
		ok               bool
	}{
		{"dsvm1", "dsvm1.lab.internal", "dsvm1.lab.internal", true},
		{"dsvm1", "DSVM1.Lab.Internal.", "dsvm1.lab.internal", true},
		{"dsvm1", "", "dsvm1.lab.internal", true},
		{"averylonghostna", "averylonghostname17.lab.internal", "averylonghostname17.lab.internal", true},
		{"dsvm1", "dsvm2.lab.internal", "dsvm2.lab.internal", false},
		{"dsvm1", "dsvm12.lab.internal", "dsvm12.lab.internal", false},
		{"dsvm1", "dsvm1.x.lab.internal", "dsvm1.x.lab.internal", false},
		{"dsvm1", "dsvm1.example.org", "dsvm1.example.org", false},
		{"dsvm1", "dsvm1", "dsvm1", false},
		{"wpad", "wpad.lab.internal", "wpad.lab.internal", false},
		{"isatap", "isatap.lab.internal", "isatap.lab.internal", false},
		{"*", "*.lab.internal", "*.lab.internal", true}, // refused as an account
	} {
		if got, ok := hostOf(c.stem, c.host, "lab.internal"); got != c.want || ok != c.ok {
			t.Errorf("%s as %s: got %s, %v", c.stem, c.host, got, ok)
		}
	}
}

func TestReverseNames(t *testing.T) {
	for addr, want := range map[string][2]string{
		"10.80.2.11": {"11.2.80.10.in-addr.arpa", "2.80.10.in-addr.arpa"},
		"fd00::1": {
			"1." + strings.Repeat("0.", 27) + "0.0.d.f.ip6.arpa", strings.Repeat("0.", 12) + "0.0.d.f.ip6.arpa",
		},
	} {
		a := netip.MustParseAddr(addr)
		if got := reverseName(a); got != want[0] {
			t.Errorf("name of %s: got %s", addr, got)
		}
		if got := reverseZone(a); got != want[1] {
			t.Errorf("zone of %s: got %s", addr, got)
		}
		if got, ok := addrOf(reverseName(a)); !ok || got != a {
			t.Errorf("address of %s: got %s", reverseName(a), got)
		}
		if got, ok := zoneOfReverse(reverseName(a)); !ok || got != want[1] {
			t.Errorf("zone of %s: got %s", reverseName(a), got)
		}
	}
	for _, bad := range []string{"", "x", ".in-addr.arpa", "in-addr.arpa", "1.2.3.4.5.in-addr.arpa", "300.1.1.1.in-addr.arpa", "01.1.1.1.in-addr.arpa", strings.Repeat("x.", 32) + "ip6.arpa", strings.Repeat("::", 31) + ":.ip6.arpa"} {
		if a, ok := addrOf(bad); ok {
			t.Errorf("%q: got %s", bad, a)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"dsvm1.lab.internal", "*.lab.internal", "1.2.80.10.in-addr.arpa", `x\.lab.internal`, "..", "ip6.arpa"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, ok := addrOf(s); ok && reverseName(a) != s && a.Is6() {
			t.Errorf("%q: got %s", s, a)
		}
		zoneOfReverse(s)
		validName(s)
		for _, typ := range settable {
			if v, err := checkValue(typ, Value(strings.Fields(s))); err == nil {
				if again, err := checkValue(typ, v); err != nil || again.String() != v.String() {
					t.Errorf("%s %q: got %q, %v", typ, v, again, err)
				}
			}
		}
	})
}
