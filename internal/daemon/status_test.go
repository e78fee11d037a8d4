package daemon

import (
	"net/netip"
	"testing"
)

func TestAddressesArePlain(t *testing.T) {
	for addr, want := range map[string]string{
		"[::]:389":            "ldap://localhost",
		"127.0.0.1:10389":     "ldap://localhost:10389",
		"192.0.2.7:389":       "ldap://192.0.2.7",
		"[2001:db8::7]:389":   "ldap://[2001:db8::7]",
		"[2001:db8::7]:10389": "ldap://[2001:db8::7]:10389",
	} {
		if got := url("ldap", netip.MustParseAddrPort(addr), 389); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}
