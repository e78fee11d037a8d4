package policy

import (
	"net/netip"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

func TestDecide(t *testing.T) {
	known := func(set func(*Account)) Account {
		a := Account{Known: true}
		set(&a)
		return a
	}
	for _, c := range []struct {
		name    string
		client  Client
		acct    Account
		proved  bool
		verdict Verdict
		kind    fault.Kind
		rule    string
		counts  bool
	}{
		{"a right password", Directory, known(func(*Account) {}), true, Allow, 0, "password", false},
		{"a wrong password", Directory, known(func(*Account) {}), false, Deny, fault.Unauthenticated, "proof", true},
		{"nobody", Directory, Account{}, true, Deny, fault.Unauthenticated, "account", true},
		{"locked, with a right password", Directory, known(func(a *Account) { a.Locked = true }), true, Deny, fault.Locked, "lockout", false},
		{"locked and disabled", Directory, known(func(a *Account) { a.Locked, a.Disabled = true, true }), true, Deny, fault.Locked, "lockout", false},
		{"disabled, with a wrong password", Directory, known(func(a *Account) { a.Disabled = true }), false, Deny, fault.Unauthenticated, "proof", true},
		{"disabled, with a right password", Directory, known(func(a *Account) { a.Disabled = true }), true, Deny, fault.State, "account", false},
		{"expired, with a right password", Directory, known(func(a *Account) { a.Expired = true }), true, Deny, fault.State, "account", false},
		{"must change, at a browser", Interactive, known(func(a *Account) { a.MustChange = true }), true, Limit, 0, "must-change", false},
		{"must change, from a program", Directory, known(func(a *Account) { a.MustChange = true }), true, Deny, fault.State, "must-change", false},
	} {
		d := Decide(&Attempt{Client: c.client}, c.acct, c.proved)
		if d.Verdict != c.verdict || d.Rule != c.rule || d.Counts != c.counts || c.kind != 0 && fault.KindOf(d.Err) != c.kind || c.kind == 0 && d.Err != nil {
			t.Errorf("%s: got %+v", c.name, d)
		}
	}
}

func TestBefore(t *testing.T) {
	rules := &Rules{Networks: []NamedNetwork{
		{Name: "office", Ranges: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}},
		{Name: "hub", Ranges: []netip.Prefix{netip.MustParsePrefix("10.2.0.9/32")}, LegacyBind: true},
	}}
	for _, c := range []struct {
		door   Door
		source string
		tls    bool
		want   Verdict
	}{
		{LDAP, "10.1.0.1", true, Allow},
		{LDAP, "10.1.0.1", false, Deny},
		{LDAP, "10.2.0.9", false, Allow},
		{LDAP, "10.2.0.10", false, Deny},
		{LDAP, "::ffff:10.2.0.9", false, Allow},
		{LDAP, "127.0.0.1", false, Allow},
		{LDAP, "::1", false, Allow},
		{Portal, "10.1.0.1", true, Allow},
	} {
		at := &Attempt{Door: c.door, Source: netip.MustParseAddr(c.source), TLS: c.tls}
		if d := Before(at, rules); d.Verdict != c.want {
			t.Errorf("%+v: got %+v", c, d)
		}
	}
}
