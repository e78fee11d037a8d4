package zone_test

import (
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

type bench struct {
	*testkit.Domain
	t       *testing.T
	zone    *zone.Zone
	servers []zone.Server
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{Domain: testkit.New(t), t: t}
	b.servers = []zone.Server{{Name: "dc1", Addrs: []netip.Addr{netip.MustParseAddr("10.80.1.10"), netip.MustParseAddr("fd00:80:1::10")}}}
	b.open()
	t.Cleanup(func() { b.zone.Close() })
	return b
}

func (b *bench) open() {
	b.t.Helper()
	var err error
	b.zone, err = zone.Open(b.t.Context(), zone.Config{
		Store: b.Store, Directory: b.Directory, NameKey: []byte("names"), Servers: func() []zone.Server { return b.servers },
		Ports: zone.Ports{LDAP: 10389, GC: 13268, Kerberos: 10088, Kpasswd: 10464},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) machine(login, host string) *directory.Entry {
	b.t.Helper()
	e, err := b.Admin.CreateComputer(b.t.Context(), directory.NewComputer{
		Login: login, Attrs: []directory.Value{{Attr: schema.DNSHostName, Vals: [][]byte{[]byte(host)}}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// as is the zone as somebody who signed in just now.
func (b *bench) as(name string) zone.As { return b.zone.As(b.Actor(name)) }

// find looks a name up, as "type: values" of each set, or how the look-up ended.
func (b *bench) find(name string, t zone.Type) string {
	a := b.zone.Find(name, t)
	if len(a.Sets) == 0 {
		return [...]string{"foreign", "no name", "no data", "found"}[a.Outcome]
	}
	var out []string
	for _, s := range a.Sets {
		var vs []string
		for _, v := range s.Values {
			vs = append(vs, v.String())
		}
		slices.Sort(vs)
		out = append(out, string(s.Type)+" "+strings.Join(vs, ", "))
	}
	return strings.Join(out, "; ")
}

func (b *bench) finds(name string, t zone.Type, want string) {
	b.t.Helper()
	if got := b.find(name, t); got != want {
		b.t.Errorf("%s %s: got %q, want %q", name, t, got, want)
	}
}

func add(name string, t zone.Type, v ...string) zone.Change {
	return zone.Change{Op: zone.Add, Name: name, Type: t, TTL: 3600, Value: v}
}

func drop(name string, t zone.Type) zone.Change {
	return zone.Change{Op: zone.DropSet, Name: name, Type: t}
}

func (b *bench) update(who string, changes ...zone.Change) error {
	return b.as(who).Update(b.t.Context(), zone.Update{Zone: "lab.internal", Changes: changes})
}

func TestTheZoneFollowsFromTheServers(t *testing.T) {
	b := newBench(t)
	srv := func(port string) string { return "SRV 0 100 " + port + " dc1.lab.internal" }
	for name, port := range map[string]string{
		"_ldap._tcp": "10389", "_kerberos._tcp": "10088", "_kerberos._udp": "10088", "_kpasswd._tcp": "10464", "_kpasswd._udp": "10464",
		"_gc._tcp": "13268", "_kerberos-master._tcp": "10088", "_kerberos-master._udp": "10088",
		"_ldap._tcp.default-first-site-name._sites": "10389", "_kerberos._tcp.default-first-site-name._sites": "10088",
		"_gc._tcp.default-first-site-name._sites": "13268", "_ldap._tcp.dc._msdcs": "10389", "_kerberos._tcp.dc._msdcs": "10088",
		"_ldap._tcp.pdc._msdcs": "10389", "_ldap._tcp.gc._msdcs": "13268",
		"_ldap._tcp.default-first-site-name._sites.dc._msdcs": "10389", "_ldap._tcp.default-first-site-name._sites.gc._msdcs": "13268",
		"_kerberos._tcp.default-first-site-name._sites.dc._msdcs": "10088",
	} {
		b.finds(name+".lab.internal", zone.SRV, srv(port))
	}
	for _, host := range []string{"lab.internal", "dc1.lab.internal", "portal.lab.internal", "vault.lab.internal", "any.vault.lab.internal"} {
		b.finds(host, zone.A, "A 10.80.1.10")
		b.finds(host, zone.AAAA, "AAAA fd00:80:1::10")
	}
	for _, c := range []struct {
		name string
		typ  zone.Type
		want string
	}{
		{"_kerberos.lab.internal", zone.TXT, "TXT LAB.INTERNAL"},
		{"_kerberos.lab.internal", "URI", "no data"},
		{"_tcp.lab.internal", zone.A, "no data"}, // an empty non-terminal
		{"dc1.lab.internal", zone.SSHFP, "no data"},
		{"none.lab.internal", zone.A, "no name"},
		{"a.b.none.lab.internal", zone.A, "no name"},
		{"lab.internal", zone.NS, "NS dc1.lab.internal"},
		{"xlab.internal", zone.A, "foreign"},
		{`x\.lab.internal`, zone.A, "foreign"},
		{"com", zone.TXT, "foreign"},
		{"10.1.80.10.in-addr.arpa", zone.PTR, "PTR dc1.lab.internal"},
		{"11.1.80.10.in-addr.arpa", zone.PTR, "no name"},
		{"1.80.10.in-addr.arpa", zone.NS, "NS dc1.lab.internal"},
		{"80.10.in-addr.arpa", zone.SOA, "foreign"},
		{"0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.8.0.0.0.0.d.f.ip6.arpa", zone.PTR, "PTR dc1.lab.internal"},
		{"11.2.80.10.in-addr.arpa", zone.SOA, "foreign"},
	} {
		b.finds(c.name, c.typ, c.want)
	}
	before := b.zone.Generation()
	b.servers = append(b.servers, zone.Server{Name: "DC2", Addrs: []netip.Addr{netip.MustParseAddr("10.80.2.10")}})
	b.zone.Refresh()
	b.finds("portal.lab.internal", zone.A, "A 10.80.1.10, 10.80.2.10")
	b.finds("_ldap._tcp.pdc._msdcs.lab.internal", zone.SRV, srv("10389"))
	b.finds("10.2.80.10.in-addr.arpa", zone.PTR, "PTR dc2.lab.internal")
	if b.zone.Generation() == before {
		t.Error("a new server and the same generation")
	}
}

func TestAnAdministratorsRecords(t *testing.T) {
	b := newBench(t)
	admin := b.as("administrator")
	for _, c := range []struct {
		name   string
		typ    zone.Type
		values []string
		kind   fault.Kind
	}{
		{"www", zone.A, []string{"10.80.1.50", "10.80.1.51"}, 0},
		{"WWW2.Lab.Internal.", zone.AAAA, []string{"FD00::0:1"}, 0},
		{"@", zone.MX, []string{"10 mail"}, 0},
		{"alias", zone.CNAME, []string{"www"}, 0},
		{"away", zone.CNAME, []string{"host.example.org."}, 0},
		{"loop", zone.CNAME, []string{"loop"}, 0},
		{"*.pages", zone.A, []string{"10.80.1.60"}, 0},
		{"deep.below.pages", zone.TXT, []string{`said "so" \ twice`}, 0},
		{"_http._tcp", zone.SRV, []string{"1 2 8080 www"}, 0},
		{"www", zone.SSHFP, []string{"4 2 " + strings.Repeat("AB", 32)}, 0},
		{"@", zone.CAA, []string{"0 issue ca.example.org"}, 0},
		{"www", zone.CNAME, []string{"dc1"}, fault.Conflict},
		{"alias", zone.A, []string{"10.80.1.1"}, fault.Conflict},
		{"www", zone.A, []string{"fd00::1"}, fault.Invalid},
		{"www", zone.A, []string{"10.1.2.03"}, fault.Invalid},
		{"www", zone.TXT, []string{"a\x1b[2J"}, fault.Invalid},
		{"www", zone.TXT, nil, fault.Invalid},
		{"www", zone.SRV, []string{"1 2 70000 x"}, fault.Invalid},
		{"www", zone.SSHFP, []string{"4 2 zz"}, fault.Invalid},
		{"www", zone.CAA, []string{"0 issue"}, fault.Invalid},
		{"sub", zone.NS, []string{"ns.example.org."}, fault.Invalid},
		{"www.example.org.", zone.A, []string{"10.1.1.1"}, fault.Invalid},
		{"bad name", zone.A, []string{"10.1.1.1"}, fault.Invalid},
		{"a.*", zone.A, []string{"10.1.1.1"}, fault.Invalid},
		{"@", zone.A, []string{"10.1.1.1"}, fault.Denied},
		{"dc1", zone.TXT, []string{"x"}, fault.Denied},
		{"portal", zone.A, []string{"10.1.1.1"}, fault.Denied},
		{"x.vault", zone.A, []string{"10.1.1.1"}, fault.Denied},
		{"_ldap._tcp", zone.SRV, []string{"0 0 1 evil"}, fault.Denied},
		{"_ldap._tcp.evil._sites", zone.SRV, []string{"0 0 1 evil"}, fault.Denied},
		{"x._msdcs", zone.A, []string{"10.1.1.1"}, fault.Denied},
	} {
		_, err := admin.SetRecord(t.Context(), c.name, c.typ, 600, c.values)
		if got := fault.KindOf(err); (err == nil) != (c.kind == 0) || err != nil && got != c.kind {
			t.Errorf("set %s %s %q: got %v, want %v", c.name, c.typ, c.values, err, c.kind)
		}
	}
	for _, c := range []struct {
		name string
		typ  zone.Type
		want string
	}{
		{"www.lab.internal", zone.A, "A 10.80.1.50, 10.80.1.51"},
		{"www2.lab.internal", zone.AAAA, "AAAA fd00::1"},
		{"alias.lab.internal", zone.A, "CNAME www.lab.internal; A 10.80.1.50, 10.80.1.51"},
		{"alias.lab.internal", zone.CNAME, "CNAME www.lab.internal"},
		{"alias.lab.internal", zone.AAAA, "CNAME www.lab.internal"},
		{"away.lab.internal", zone.A, "CNAME host.example.org"},
		{"any.pages.lab.internal", zone.A, "A 10.80.1.60"},
		{"a.b.pages.lab.internal", zone.A, "A 10.80.1.60"},
		{"below.pages.lab.internal", zone.A, "no data"},   // exists, so no wildcard
		{"x.below.pages.lab.internal", zone.A, "no name"}, // nor below it
		{"lab.internal", zone.MX, "MX 10 mail.lab.internal"},
		{"_http._tcp.lab.internal", zone.SRV, "SRV 1 2 8080 www.lab.internal"},
		{"50.1.80.10.in-addr.arpa", zone.PTR, "no name"}, // only machines' follow
	} {
		b.finds(c.name, c.typ, c.want)
	}
	if a := b.zone.Find("away.lab.internal", zone.A); a.Outside != "host.example.org" {
		t.Errorf("outside: got %+v", a)
	}
	if a := b.zone.Find("loop.lab.internal", zone.A); len(a.Sets) > 10 {
		t.Errorf("a loop of aliases: %d sets", len(a.Sets))
	}
	recs, err := b.Log.Search(t.Context(), audit.Query{Terms: []string{"dns.update", "www.lab.internal"}})
	if err != nil || len(recs) != 2 || recs[1].Rule != "role:Global Administrator" || recs[1].Diffs[0].Attr != "A" {
		t.Errorf("the records: got %+v, %v", recs, err)
	}
	if err := admin.DeleteRecord(t.Context(), "www", zone.A); err != nil {
		t.Error(err)
	}
	b.finds("www.lab.internal", zone.A, "no data")
	if err := admin.DeleteRecord(t.Context(), "www", zone.Any); err != nil {
		t.Error(err)
	}
	b.finds("www.lab.internal", zone.A, "no name")
	for name, want := range map[string]fault.Kind{"www": fault.NotFound, "dc1": fault.Denied, "_kerberos": fault.Denied} {
		if err := admin.DeleteRecord(t.Context(), name, zone.Any); !fault.Is(err, want) {
			t.Errorf("delete %s: got %v", name, err)
		}
	}
	b.User("alice")
	if _, err := b.as("alice").SetRecord(t.Context(), "x", zone.A, 0, []string{"10.1.1.1"}); !fault.Is(err, fault.Denied) {
		t.Errorf("a person without a role: got %v", err)
	}
	if _, err := b.zone.As(ident.Actor{}).SetRecord(t.Context(), "x", zone.A, 0, []string{"10.1.1.1"}); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("nobody: got %v", err)
	}
	b.Restart()
	b.zone.Close()
	b.open()
	b.finds("alias.lab.internal", zone.CNAME, "CNAME www.lab.internal")
}

func TestAMachineWritesItsOwnNameOnly(t *testing.T) {
	b := newBench(t)
	b.machine("DSVM1$", "dsvm1.lab.internal")
	b.machine("AVERYLONGHOSTNA$", "averylonghostname17.lab.internal")
	b.machine("EVIL$", "evil.lab.internal")
	b.machine("PORTAL2$", "portal2.lab.internal")
	b.machine("BARE$", "bare.elsewhere.internal")
	b.Server()
	for _, c := range []struct {
		who     string
		ok      bool
		changes []zone.Change
	}{
		{"DSVM1$", true, []zone.Change{drop("dsvm1.lab.internal", zone.A), add("dsvm1.lab.internal", zone.A, "10.80.2.11")}},
		{"DSVM1$", true, []zone.Change{drop("dsvm1.lab.internal", zone.AAAA), add("dsvm1.lab.internal", zone.AAAA, "fd00:80:2::11")}},
		{"DSVM1$", true, []zone.Change{add("dsvm1.lab.internal", zone.SSHFP, "4", "2", strings.Repeat("ab", 32))}},
		{"AVERYLONGHOSTNA$", true, []zone.Change{add("averylonghostname17.lab.internal", zone.A, "10.80.2.17")}},
		{"DSVM1$", false, []zone.Change{add("dsvm1.lab.internal", zone.A, "10.80.2.99"), add("dsvm2.lab.internal", zone.A, "10.80.2.99")}},
		{"DSVM1$", false, []zone.Change{add("*.lab.internal", zone.A, "10.80.2.11")}},
		{"DSVM1$", false, []zone.Change{add("lab.internal", zone.A, "10.80.2.11")}},
		{"DSVM1$", false, []zone.Change{add("lab.internal", zone.MX, "1", "dsvm1.lab.internal")}},
		{"DSVM1$", false, []zone.Change{drop("dc1.lab.internal", zone.Any)}},
		{"DSVM1$", false, []zone.Change{add("dsvm1.lab.internal", zone.NS, "dsvm1.lab.internal")}},
		{"DSVM1$", false, []zone.Change{add("dsvm1.lab.internal", zone.SRV, "0", "0", "1", "dsvm1.lab.internal")}},
		{"DSVM1$", false, []zone.Change{add("dsvm1.lab.internal", zone.CNAME, "dc1.lab.internal")}},
		{"DSVM1$", false, []zone.Change{add("dsvm1.lab.internal", zone.TXT, "x")}},
		{"DSVM1$", false, []zone.Change{add("x.dsvm1.lab.internal", zone.A, "10.80.2.11")}},
		{"DSVM1$", false, []zone.Change{add("dsvm1.lab.internal", zone.A, "127.0.0.1")}},
		{"DSVM1$", false, []zone.Change{add("dsvm1.lab.internal", zone.AAAA, "fe80::1")}},
		{"DSVM1$", false, []zone.Change{add("_ldap._tcp.lab.internal", zone.SRV, "0", "0", "1", "dsvm1.lab.internal")}},
		{"EVIL$", false, []zone.Change{add("dsvm1.lab.internal", zone.A, "10.80.2.66")}},
		{"PORTAL2$", false, []zone.Change{add("portal.lab.internal", zone.A, "10.80.2.66")}},
		{"BARE$", false, []zone.Change{add("bare.lab.internal", zone.A, "10.80.2.66")}},
		{"DC1$", false, []zone.Change{add("dc1.lab.internal", zone.A, "10.80.2.66")}},
	} {
		if err := b.update(c.who, c.changes...); (err == nil) != c.ok {
			t.Errorf("%s %+v: got %v", c.who, c.changes, err)
		}
	}
	b.finds("dsvm1.lab.internal", zone.A, "A 10.80.2.11") // whole or not at all
	b.finds("dsvm1.lab.internal", zone.AAAA, "AAAA fd00:80:2::11")
	b.finds("11.2.80.10.in-addr.arpa", zone.PTR, "PTR dsvm1.lab.internal")
	b.finds("2.80.10.in-addr.arpa", zone.NS, "NS dc1.lab.internal")
	recs, _ := b.Log.Search(t.Context(), audit.Query{Terms: []string{"directory/dns/records/update", "refusal"}})
	if len(recs) < 10 {
		t.Errorf("%d refusals on record", len(recs))
	}
	for key, value := range all(t, b.Store) {
		if strings.HasPrefix(key, "dns/") && (strings.Contains(key, "dsvm1") || len(value) == 0) {
			t.Errorf("a name can be read in the key %q", key)
		}
	}
}

// A service account says whose it is by a host name, and registers none, whatever it
// is called.
func TestAServiceAccountRegistersNothing(t *testing.T) {
	b := newBench(t)
	for _, login := range []string{"WEB1!x7q$", "WEB1$"} {
		e, err := b.Admin.CreateComputer(t.Context(), directory.NewComputer{
			Login: login, Service: true, Attrs: []directory.Value{{Attr: schema.DNSHostName, Vals: [][]byte{[]byte("web1.lab.internal")}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.update(e.Login, zone.Change{Op: zone.Add, Name: "web1.lab.internal", Type: zone.A, TTL: 3600, Value: zone.Value{"10.80.2.11"}}); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: got %v", login, err)
		}
	}
}

// A machine that was renamed keeps what it registered, though another is called so
// now.
func TestANameOfALivingMachineIsNobodyElses(t *testing.T) {
	b := newBench(t)
	old := b.machine("DSVM1$", "dsvm1.lab.internal")
	if err := b.update("DSVM1$", add("dsvm1.lab.internal", zone.A, "10.80.2.11")); err != nil {
		t.Fatal(err)
	}
	if err := b.Admin.Modify(t.Context(), old.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.DNSHostName, Vals: [][]byte{[]byte("dsvm9.lab.internal")}}}); err != nil {
		t.Fatal(err)
	}
	if err := b.Admin.Rename(t.Context(), old.ID, "DSVM9", ident.ID{}); err != nil {
		t.Fatal(err)
	}
	b.machine("DSVM1$", "dsvm1.lab.internal")
	b.Forward(8 * 24 * time.Hour)
	err := b.update("DSVM1$", add("dsvm1.lab.internal", zone.A, "10.80.2.12"))
	if !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), "belongs to") {
		t.Errorf("got %v", err)
	}
	b.finds("dsvm1.lab.internal", zone.A, "A 10.80.2.11")
}

func all(t *testing.T, st store.Store) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	if err := st.View(t.Context(), func(tx store.Tx) error {
		return tx.Scan("", "", func(k string, v []byte) bool { out[k] = v; return true })
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPointersFollowTheAddresses(t *testing.T) {
	b := newBench(t)
	b.machine("DSVM1$", "dsvm1.lab.internal")
	b.machine("DSVM2$", "dsvm2.lab.internal")
	for _, who := range []string{"dsvm1", "dsvm2"} {
		if err := b.update(strings.ToUpper(who)+"$", add(who+".lab.internal", zone.A, "10.80.2.1"+who[4:])); err != nil {
			t.Fatal(err)
		}
	}
	ptr := func(who string, changes ...zone.Change) error {
		return b.as(who).Update(t.Context(), zone.Update{Zone: "2.80.10.in-addr.arpa", Changes: changes})
	}
	own, other := "11.2.80.10.in-addr.arpa", "12.2.80.10.in-addr.arpa"
	if err := ptr("DSVM1$", drop(own, zone.PTR), add(own, zone.PTR, "dsvm1.lab.internal")); err != nil {
		t.Errorf("its own pointer: got %v", err)
	}
	for _, c := range []zone.Change{
		drop(other, zone.PTR), add(other, zone.PTR, "dsvm1.lab.internal"), add(own, zone.PTR, "dc1.lab.internal"),
		add(own, zone.TXT, "x"), add("2.80.10.in-addr.arpa", zone.NS, "dsvm1.lab.internal"), add("99.2.80.10.in-addr.arpa", zone.PTR, "dsvm1.lab.internal"),
	} {
		if err := ptr("DSVM1$", c); !fault.Is(err, fault.Denied) {
			t.Errorf("%+v: got %v", c, err)
		}
	}
	if err := b.update("DSVM1$", add(own, zone.PTR, "dsvm1.lab.internal")); err != zone.ErrOutside {
		t.Errorf("outside the zone of the update: got %v", err)
	}
	// An address of somebody's in the world brings no reverse zone with it.
	if err := b.update("DSVM1$", add("dsvm1.lab.internal", zone.A, "8.8.8.8")); err != nil {
		t.Fatal(err)
	}
	b.finds("8.8.8.8.in-addr.arpa", zone.PTR, "foreign")
	// An address that moved on belongs first to whom it moved to.
	b.Forward(2 * time.Hour)
	if err := b.update("DSVM2$", add("dsvm2.lab.internal", zone.A, "10.80.2.11")); err != nil {
		t.Fatal(err)
	}
	if got := b.zone.Find(own, zone.PTR).Sets[0].Values[0].String(); got != "dsvm2.lab.internal" {
		t.Errorf("an address that moved on: got %s in front", got)
	}
}

func TestANameOfADeletedMachineIsHeldForAWeek(t *testing.T) {
	b := newBench(t)
	old := b.machine("DSVM1$", "dsvm1.lab.internal")
	local := b.zone.As(b.Local().Actor())
	if err := b.update("DSVM1$", add("dsvm1.lab.internal", zone.A, "10.80.2.11")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.as("administrator").SetRecord(t.Context(), "dsvm1", zone.TXT, 0, []string{"bought 2026"}); err != nil {
		t.Fatal(err)
	}
	gen := b.zone.Generation()
	if err := b.Admin.Delete(t.Context(), old.ID); err != nil {
		t.Fatal(err)
	}
	for b.zone.Generation() == gen { // told by the feed
		runtime.Gosched()
	}
	b.finds("dsvm1.lab.internal", zone.A, "no data")
	b.finds("dsvm1.lab.internal", zone.TXT, "TXT bought 2026")
	b.finds("11.2.80.10.in-addr.arpa", zone.PTR, "foreign")
	b.machine("DSVM1$", "dsvm1.lab.internal")
	take := func() error { return b.update("DSVM1$", add("dsvm1.lab.internal", zone.A, "10.80.2.12")) }
	if err := take(); !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), "held until") || !strings.Contains(fault.Hint(err), "dns delete") {
		t.Errorf("a held name: got %v", err)
	}
	if n, err := local.Sweep(t.Context(), b.Now()); n != 1 || err != nil {
		t.Errorf("first sweep: got %d, %v", n, err)
	}
	b.Forward(6 * 24 * time.Hour)
	if n, err := local.Sweep(t.Context(), b.Now()); n != 0 || err != nil {
		t.Errorf("after six days: got %d, %v", n, err)
	}
	if err := take(); err == nil {
		t.Error("taken after six days")
	}
	b.Forward(25 * time.Hour)
	if n, err := local.Sweep(t.Context(), b.Now()); n != 1 || err != nil {
		t.Errorf("after a week: got %d, %v", n, err)
	}
	if err := take(); err != nil {
		t.Errorf("a free name: got %v", err)
	}
	b.finds("dsvm1.lab.internal", zone.A, "A 10.80.2.12")
	b.finds("dsvm1.lab.internal", zone.TXT, "TXT bought 2026")
}

func TestRecordsThatAreNotRefreshedAreScavenged(t *testing.T) {
	b := newBench(t)
	b.machine("DSVM1$", "dsvm1.lab.internal")
	local := b.zone.As(b.Local().Actor())
	register := func() {
		t.Helper()
		if err := b.update("DSVM1$", drop("dsvm1.lab.internal", zone.A), add("dsvm1.lab.internal", zone.A, "10.80.2.11")); err != nil {
			t.Fatal(err)
		}
	}
	changes := func() int {
		recs, err := b.Log.Search(t.Context(), audit.Query{Terms: []string{"dns.update"}})
		if err != nil {
			t.Fatal(err)
		}
		return len(recs)
	}
	register()
	b.Forward(29 * 24 * time.Hour)
	register()
	if changes() != 1 {
		t.Errorf("a refresh is on record: %d", changes())
	}
	b.Forward(29 * 24 * time.Hour)
	if n, err := local.Sweep(t.Context(), b.Now()); n != 0 || err != nil {
		t.Errorf("refreshed: got %d, %v", n, err)
	}
	b.finds("dsvm1.lab.internal", zone.A, "A 10.80.2.11")
	b.Forward(2 * 24 * time.Hour)
	if n, err := local.Sweep(t.Context(), b.Now()); n != 1 || err != nil {
		t.Errorf("stale: got %d, %v", n, err)
	}
	b.finds("dsvm1.lab.internal", zone.A, "no name")
	b.User("alice")
	if _, err := b.as("alice").Sweep(t.Context(), b.Now()); !fault.Is(err, fault.Denied) {
		t.Errorf("anybody sweeps: got %v", err)
	}
}

func TestConditionsOfAnUpdate(t *testing.T) {
	b := newBench(t)
	if _, err := b.as("administrator").SetRecord(t.Context(), "www", zone.A, 0, []string{"10.1.1.1", "10.1.1.2"}); err != nil {
		t.Fatal(err)
	}
	vs := func(s ...string) (out []zone.Value) {
		for _, v := range s {
			out = append(out, zone.Value{v})
		}
		return out
	}
	for _, c := range []struct {
		if_  zone.Condition
		want error
	}{
		{zone.Condition{Name: "www.lab.internal", Type: zone.Any}, nil},
		{zone.Condition{Name: "dc1.lab.internal", Type: zone.Any}, nil},
		{zone.Condition{Name: "lab.internal", Type: zone.SOA}, nil},
		{zone.Condition{Name: "none.lab.internal", Type: zone.Any}, zone.ErrNoName},
		{zone.Condition{Name: "none.lab.internal", Type: zone.Any, Absent: true}, nil},
		{zone.Condition{Name: "www.lab.internal", Type: zone.Any, Absent: true}, zone.ErrNameUsed},
		{zone.Condition{Name: "www.lab.internal", Type: zone.A}, nil},
		{zone.Condition{Name: "www.lab.internal", Type: zone.MX}, zone.ErrNoSet},
		{zone.Condition{Name: "www.lab.internal", Type: zone.A, Absent: true}, zone.ErrSetUsed},
		{zone.Condition{Name: "www.lab.internal", Type: zone.A, Values: vs("10.1.1.2", "10.1.1.1")}, nil},
		{zone.Condition{Name: "www.lab.internal", Type: zone.A, Values: vs("10.1.1.2")}, zone.ErrNoSet},
		{zone.Condition{Name: "www.example.org", Type: zone.A}, zone.ErrOutside},
	} {
		err := b.as("administrator").Update(t.Context(), zone.Update{Zone: "lab.internal", Conditions: []zone.Condition{c.if_}})
		if err != c.want {
			t.Errorf("%+v: got %v, want %v", c.if_, err, c.want)
		}
	}
}

func TestWhoMayAskForNamesOutside(t *testing.T) {
	b := newBench(t)
	for _, n := range []policy.NamedNetwork{
		{Name: "lab", Ranges: []netip.Prefix{netip.MustParsePrefix("10.80.0.0/16")}, Resolve: true},
		{Name: "guests", Ranges: []netip.Prefix{netip.MustParsePrefix("10.90.0.0/16")}},
	} {
		if err := b.Admin.SetNetwork(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	for addr, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "::ffff:127.0.0.1": true, "10.80.2.3": true, "::ffff:10.80.2.3": true, "10.90.0.1": false, "192.0.2.1": false, "fd00::1": false,
	} {
		if got := b.zone.MayForward(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: got %v", addr, got)
		}
	}
}

func TestAnUpdateAsksForTheActorAgain(t *testing.T) {
	b := newBench(t)
	e := b.machine("DSVM1$", "dsvm1.lab.internal")
	as := b.as("DSVM1$")
	if err := b.Admin.SetEnabled(t.Context(), e.ID, false); err != nil {
		t.Fatal(err)
	}
	err := as.Update(t.Context(), zone.Update{Zone: "lab.internal", Changes: []zone.Change{add("dsvm1.lab.internal", zone.A, "10.80.2.11")}})
	if !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a disabled machine: got %v", err)
	}
}
