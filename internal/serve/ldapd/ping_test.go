package ldapd_test

import (
	"net/netip"
	"strings"
	"testing"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/testkit"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
	"github.com/selfsame-dev/selfsame/internal/wire/netlogon"
)

// What realmd, adcli, SSSD and Samba ask to find a server, anonymously.
func TestPing(t *testing.T) {
	b := newBench(t)
	c := b.dial()
	for filter, found := range map[string]bool{
		`(&(NtVer=\06\00\00\00)(AAC=\00\00\00\00))`:            true,
		`(&(DnsDomain=lab.internal)(NtVer=\06\00\00\00))`:      true,
		`(&(DnsDomain=LAB.Internal.)(NtVer=\14\00\00\00))`:     true,
		`(&(DnsDomain=elsewhere.example)(NtVer=\06\00\00\00))`: false,
	} {
		res, err := c.Search(&goldap.SearchRequest{Scope: 0, Filter: filter, Attributes: []string{"nETLOGON"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Entries) == 0 {
			if found {
				t.Errorf("%s finds nothing", filter)
			}
			continue
		}
		a := res.Entries[0].Attributes[0]
		r, err := netlogon.Parse(a.ByteValues[0])
		if !found || err != nil || a.Name != "nETLOGON" || r.Domain != testkit.DomainName || r.Host != "dc1.lab.internal" || r.ClientSite == "" ||
			r.Flags&(netlogon.LDAP|netlogon.KDC|netlogon.Writable) != netlogon.LDAP|netlogon.KDC|netlogon.Writable || r.Flags&netlogon.TimeServ != 0 {
			t.Errorf("%s: %s %+v, %v", filter, a.Name, r, err)
		}
	}
}

// Over UDP a ping is answered, and nothing that is longer than its question many
// times over.
func TestPingOverUDP(t *testing.T) {
	b := newBench(t)
	ask := func(base string, attrs ...string) []byte {
		f, err := ldap.ParseFilter("(DnsDomain=lab.internal)")
		if err != nil {
			t.Fatal(err)
		}
		q := ldap.Message{ID: 7, Op: &ldap.SearchRequest{Base: base, Scope: ldap.BaseObject, Filter: f, Attributes: attrs}}
		return b.server.ServeUDP(t.Context(), netip.MustParseAddrPort("192.0.2.7:1"), q.Encode())
	}
	out := ask("", "NetLogon")
	n, _, err := ldap.FrameLen(out, 1<<16)
	if err != nil || n >= len(out) {
		t.Fatalf("one message of %d octets, %d in all: %v", n, len(out), err)
	}
	for i, want := range []ldap.Kind{ldap.KindSearchResultEntry, ldap.KindSearchResultDone} {
		m, err := ldap.Parse([][]byte{out[:n], out[n:]}[i])
		if err != nil || m.ID != 7 || m.Op.Kind() != want {
			t.Errorf("message %d: %v, %v", i, m.Op, err)
		}
	}
	for _, c := range [][]string{{"", "*"}, {"", "supportedSASLMechanisms"}, {"DC=lab,DC=internal", "NetLogon"}} {
		if out := ask(c[0], c[1:]...); out != nil {
			t.Errorf("%q is answered with %d octets", c, len(out))
		}
	}
	if out := b.server.ServeUDP(t.Context(), netip.AddrPort{}, []byte(strings.Repeat("\x30", 100))); out != nil {
		t.Error("rubbish is answered")
	}
}

// A query scoped by an attribute: the members of a group in one question, [MS-ADTS]
// §3.1.1.3.4.1.18.
func TestAttributeScopedQuery(t *testing.T) {
	b := newBench(t)
	for _, n := range []string{"ada", "bea", "cleo"} {
		b.user(n)
	}
	g := b.group("Herons")
	c := b.asAdmin()
	for _, n := range []string{"ada", "bea"} {
		mod := goldap.NewModifyRequest(g.DN(), nil)
		mod.Add("member", []string{"CN=" + n + "," + users})
		if err := c.Modify(mod); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(scope int, attr, filter string) ([]string, error) {
		res, err := c.Search(&goldap.SearchRequest{
			BaseDN: g.DN(), Scope: scope, Filter: filter, Attributes: []string{"sAMAccountName"},
			Controls: []goldap.Control{raw(ldap.OIDASQ, true, ldap.EncodeASQ(attr))},
		})
		var names []string
		if res != nil {
			for _, e := range res.Entries {
				names = append(names, e.GetAttributeValue("sAMAccountName"))
			}
		}
		return names, err
	}
	if got, err := ask(0, "member", "(objectClass=user)"); err != nil || strings.Join(got, " ") != "ada bea" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := ask(0, "member", "(sAMAccountName=bea)"); err != nil || strings.Join(got, " ") != "bea" {
		t.Errorf("with a filter: %q, %v", got, err)
	}
	if _, err := ask(0, "cn", "(objectClass=*)"); !goldap.IsErrorWithCode(err, goldap.LDAPResultNoSuchAttribute) {
		t.Errorf("by an attribute that names nobody: %v", err)
	}
	if _, err := ask(2, "member", "(objectClass=*)"); !goldap.IsErrorWithCode(err, goldap.LDAPResultUnwillingToPerform) {
		t.Errorf("with another scope: %v", err)
	}
}
