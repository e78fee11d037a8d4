package directory_test

import (
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// yard is a domain with a server, people who may join machines, and one machine
// by each of them.
type yard struct {
	*bench
	mine, theirs, bosses, roots *directory.Entry
}

func newYard(t *testing.T) *yard {
	y := &yard{bench: newBench(t)}
	y.Server()
	y.user("joiner", role.ByID(role.DeviceJoinAdministrator))
	y.user("other", role.ByID(role.DeviceJoinAdministrator))
	domain := y.user("domain")
	admins, _ := y.Find(ident.KindGroup, directory.DomainAdmins)
	if err := y.admin.AddMembers(t.Context(), admins.ID, []ident.ID{domain.ID}); err != nil {
		t.Fatal(err)
	}
	y.user("plain")
	y.mine = y.machine(y.as("joiner"), "MINE")
	y.theirs = y.machine(y.as("other"), "THEIRS")
	y.bosses = y.machine(y.admin, "BOSSES")
	y.roots = y.machine(y.Local(), "ROOTS")
	return y
}

// machine joins one as adcli does.
func (y *yard) machine(as directory.As, stem string) *directory.Entry {
	y.t.Helper()
	e, err := as.CreateComputer(y.t.Context(), directory.NewComputer{Login: stem + "$", Control: 69632, Attrs: []directory.Value{
		{Attr: schema.ServicePrincipalName, Vals: vals("host/"+stem, "RestrictedKrbHost/"+stem)},
	}})
	if err != nil {
		y.t.Fatal(err)
	}
	if err := as.SetPassword(y.t.Context(), e.ID, "machine password", false); err != nil {
		y.t.Fatal(err)
	}
	return e
}

// What the one who asks may do to a machine: takeovers by way of a name, a switch
// or somebody else's account among them.
func TestRightsOverMachines(t *testing.T) {
	set := func(id schema.ID, v ...string) func(*yard, directory.As) error {
		return func(y *yard, as directory.As) error { return as.Modify(y.t.Context(), y.mine.ID, replace(id, v...)) }
	}
	on := func(pick func(*yard) *directory.Entry, do func(*yard, directory.As, ident.ID) error) func(*yard, directory.As) error {
		return func(y *yard, as directory.As) error { return do(y, as, pick(y).ID) }
	}
	mine := func(y *yard) *directory.Entry { return y.mine }
	theirs := func(y *yard) *directory.Entry { return y.theirs }
	bosses := func(y *yard) *directory.Entry { return y.bosses }
	roots := func(y *yard) *directory.Entry { return y.roots }
	server := func(y *yard) *directory.Entry { return y.Server() }
	password := func(y *yard, as directory.As, id ident.ID) error {
		return as.SetPassword(y.t.Context(), id, "another password", false)
	}
	remove := func(y *yard, as directory.As, id ident.ID) error { return as.Delete(y.t.Context(), id) }
	system := func(y *yard, as directory.As, id ident.ID) error {
		return as.Modify(y.t.Context(), id, replace(schema.OperatingSystem, "pc-linux-gnu"))
	}
	create := func(login string, unit string, attrs ...directory.Value) func(*yard, directory.As) error {
		return func(y *yard, as directory.As) error {
			dom := y.Domain.Directory.Domain()
			p, err := y.Resolve(dom.Base().Child("OU", unit))
			if err != nil {
				return err
			}
			_, err = as.CreateComputer(y.t.Context(), directory.NewComputer{Login: login, Parent: p.ID, Attrs: attrs})
			return err
		}
	}
	spn := func(v ...string) directory.Value {
		return directory.Value{Attr: schema.ServicePrincipalName, Vals: vals(v...)}
	}
	const units = directory.ComputersUnit
	for _, x := range []struct {
		name string
		as   string
		may  bool
		do   func(*yard, directory.As) error
	}{
		{"a joiner makes a machine", "joiner", true, create("NEW$", units, spn("host/NEW"))},
		{"a person makes a machine", "plain", false, create("NEW$", units)},
		{"a machine makes a machine", "MINE$", false, create("NEW$", units)},
		{"a joiner makes a machine among the servers", "joiner", false, create("NEW$", "Domain Controllers")},
		{"a joiner makes a machine with another's service", "joiner", false, create("NEW$", units, spn("host/elsewhere"))},
		{"a joiner makes a machine with a server's service", "joiner", false, create("NEW$", units, spn("ldap/NEW"))},
		{"a joiner makes a machine with a display name", "joiner", false, create("NEW$", units, directory.Value{Attr: schema.DisplayName, Vals: vals("x")})},
		{"a joiner joins its machine again", "joiner", true, on(mine, password)},
		{"a joiner writes what joining writes", "joiner", true, on(mine, system)},
		{"a joiner sets its machine's switches", "joiner", true, set(schema.UserAccountControl, "69632")},
		{"a joiner removes its machine", "joiner", true, on(mine, remove)},
		{"a joiner takes another joiner's machine over", "joiner", false, on(theirs, password)},
		{"a joiner takes an administrator's machine over", "joiner", false, on(bosses, password)},
		{"a joiner takes a machine over that root made", "joiner", false, on(roots, password)},
		{"a joiner takes a server over", "joiner", false, on(server, password)},
		{"a joiner removes an administrator's machine", "joiner", false, on(bosses, remove)},
		{"a joiner writes another's machine", "joiner", false, on(theirs, system)},
		{"a joiner renames a machine", "joiner", false, on(mine, func(y *yard, as directory.As, id ident.ID) error {
			return as.Rename(y.t.Context(), id, "OTHERNAME", ident.ID{})
		})},
		{"a joiner moves a machine", "joiner", false, on(mine, func(y *yard, as directory.As, id ident.ID) error {
			users, _ := y.Resolve(ident.MustDN("OU=AADDC Users,DC=lab,DC=internal"))
			return as.Rename(y.t.Context(), id, "", users.ID)
		})},
		{"a joiner makes a person", "joiner", false, func(y *yard, as directory.As) error {
			_, err := as.CreateUser(y.t.Context(), directory.NewUser{Login: "new"})
			return err
		}},
		{"a joiner adds a machine to a group", "joiner", false, func(y *yard, as directory.As) error {
			return as.AddMembers(y.t.Context(), y.group("Team").ID, []ident.ID{y.mine.ID})
		}},
		{"a joiner makes a machine a server", "joiner", false, set(schema.UserAccountControl, "8192")},
		{"an administrator makes a machine a server", "administrator", false, set(schema.UserAccountControl, "73728")},
		{"a machine makes itself a server", "MINE$", false, set(schema.UserAccountControl, "8192")},
		{"a machine sets its switches", "MINE$", false, set(schema.UserAccountControl, "69632")},
		{"a machine ends its account later", "MINE$", false, set(schema.AccountExpires, "0")},
		{"a machine renames itself", "MINE$", false, on(mine, func(y *yard, as directory.As, id ident.ID) error {
			return as.Rename(y.t.Context(), id, "DC2", ident.ID{})
		})},
		{"a machine changes its password", "MINE$", true, on(mine, password)},
		{"a machine changes its password as people do", "MINE$", true, func(y *yard, as directory.As) error {
			return as.ChangePassword(y.t.Context(), "another password")
		}},
		{"a machine changes another's password", "MINE$", false, on(theirs, password)},
		{"a machine writes its system", "MINE$", true, on(mine, system)},
		{"a machine describes itself", "MINE$", true, set(schema.Description, "under the desk")},
		{"a machine writes another's system", "MINE$", false, on(theirs, system)},
		{"a machine removes itself", "MINE$", false, on(mine, remove)},
		{"a machine adds a service of its own", "MINE$", true, set(schema.ServicePrincipalName, "host/MINE", "cifs/mine", "nfs/MINE:2049")},
		{"a machine adds another's service", "MINE$", false, set(schema.ServicePrincipalName, "host/MINE", "cifs/elsewhere")},
		{"a machine takes the server's name", "MINE$", false, set(schema.ServicePrincipalName, "host/dc1.lab.internal")},
		{"a machine takes LDAP", "MINE$", false, set(schema.ServicePrincipalName, "ldap/MINE")},
		{"a machine takes the Global Catalog", "MINE$", false, set(schema.ServicePrincipalName, "gc/MINE")},
		{"a machine takes its own name with a service's behind it", "MINE$", false, set(schema.ServicePrincipalName, "HTTP/MINE/lab.internal")},
		{"a machine takes its host name", "MINE$", true, set(schema.DNSHostName, "mine.lab.internal")},
		{"a machine takes another host name", "MINE$", false, set(schema.DNSHostName, "mine2.lab.internal")},
		{"a machine takes a host name elsewhere", "MINE$", false, set(schema.DNSHostName, "mine.evil.example")},
		{"a machine takes the domain's name", "MINE$", false, set(schema.DNSHostName, "lab.internal")},
		{"a domain administrator gives a machine a service of another name", "domain", true, set(schema.ServicePrincipalName, "HTTP/wiki.lab.internal")},
		{"a domain administrator gives a machine a host name elsewhere", "domain", true, set(schema.DNSHostName, "mine.lab.example")},
		{"a domain administrator gives a machine LDAP", "domain", false, set(schema.ServicePrincipalName, "LDAP/mine.lab.internal")},
		{"a domain administrator gives a machine the realm's own", "domain", false, set(schema.ServicePrincipalName, "krbtgt/LAB.INTERNAL")},
		{"a domain administrator gives a machine password changes", "domain", false, set(schema.ServicePrincipalName, "kadmin/changepw")},
		{"a domain administrator gives a machine the portal", "domain", false, set(schema.ServicePrincipalName, "HTTP/portal.lab.internal")},
		{"a domain administrator gives a machine a vault", "domain", false, set(schema.ServicePrincipalName, "HTTP/keys.vault.lab.internal")},
		{"a domain administrator gives a machine wpad", "domain", false, set(schema.ServicePrincipalName, "HTTP/wpad")},
		{"a domain administrator gives a machine the server's name", "domain", false, set(schema.ServicePrincipalName, "cifs/dc1")},
		{"a domain administrator gives a machine the server's host name", "domain", false, set(schema.DNSHostName, "dc1.lab.internal")},
		{"a domain administrator takes an administrator's machine over", "domain", true, on(bosses, password)},
		{"a domain administrator renames a machine", "domain", true, on(mine, func(y *yard, as directory.As, id ident.ID) error {
			return as.Rename(y.t.Context(), id, "OTHERNAME", ident.ID{})
		})},
		{"User Administrator gives a person a service", "keeper", false, func(y *yard, as directory.As) error {
			plain, _ := y.Find("", "plain")
			return as.Modify(y.t.Context(), plain.ID, replace(schema.ServicePrincipalName, "HTTP/wiki.lab.internal"))
		}},
		{"User Administrator makes a person with a service", "keeper", false, func(y *yard, as directory.As) error {
			_, err := as.CreateUser(y.t.Context(), directory.NewUser{Login: "svc", Attrs: []directory.Value{spn("HTTP/wiki.lab.internal")}})
			return err
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			y := newYard(t)
			if x.as == "keeper" {
				y.user("keeper", role.ByID(role.UserAdministrator))
			}
			err := x.do(y, y.as(x.as))
			switch {
			case x.may && err != nil:
				t.Errorf("refused: %v", err)
			case !x.may && err == nil:
				t.Error("allowed")
			case !x.may && !fault.Is(err, fault.Denied):
				t.Errorf("failed for another reason: %v", err)
			}
		})
	}
}

// A machine whose maker no longer joins machines is anybody's who does.
func TestAMachineOutlivesItsMakersRole(t *testing.T) {
	y := newYard(t)
	other, _ := y.Find("", "other")
	for _, a := range y.Roles(other.ID) {
		if err := y.admin.Unassign(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := y.as("joiner").SetPassword(t.Context(), y.theirs.ID, "another password", false); err != nil {
		t.Error(err)
	}
}

func TestServicesBelongToOne(t *testing.T) {
	y := newYard(t)
	set := func(e *directory.Entry, v ...string) error {
		return y.admin.Modify(t.Context(), e.ID, replace(schema.ServicePrincipalName, v...))
	}
	if err := set(y.bosses, "host/BOSSES", "HTTP/wiki.lab.internal"); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		"host/bosses", "cifs/bosses", "CIFS/BOSSES", "nfs/bosses", "http/Bosses",
		"HTTP/WIKI.lab.internal", "host/wiki.lab.internal", "cifs/wiki.lab.internal",
	} {
		if err := set(y.mine, s); !fault.Is(err, fault.Exists) {
			t.Errorf("%s, which is another's: got %v", s, err)
		}
	}
	if err := set(y.bosses, "host/BOSSES", "cifs/bosses", "HTTP/bosses"); err != nil {
		t.Errorf("one's own: %v", err)
	}
	if err := set(y.mine, "host/wiki.lab.internal"); err != nil {
		t.Errorf("what was given up: %v", err)
	}
	if err := y.admin.Delete(t.Context(), y.bosses.ID); err != nil {
		t.Fatal(err)
	}
	if err := set(y.mine, "cifs/bosses"); err != nil {
		t.Errorf("after its end: %v", err)
	}
	if err := y.admin.Modify(t.Context(), y.mine.ID, replace(schema.DNSHostName, "theirs.lab.internal")); !fault.Is(err, fault.Exists) {
		t.Errorf("another machine's host name: got %v", err)
	}
}

func TestHostileMachineNames(t *testing.T) {
	y := newYard(t)
	y.group("Herons")
	for _, name := range []string{
		"wpad$", "ISATAP$", "localhost$", "portal$", "login$", "graph$", "management$", "vault$", "track$", "proxy$", "kerberos$", "LAB$",
		"12345$", "xn--a$", "plain$", "herons$", "MINE$", "DC1$", "a b$", "a;b$", "$", "-a$", "a.b$", "wpad", "averyveryverylongname$", "ａ$",
	} {
		if _, err := y.admin.CreateComputer(t.Context(), directory.NewComputer{Login: name}); err == nil {
			t.Errorf("a machine %s was made", name)
		} else if fault.Hint(err) == "" && !fault.Is(err, fault.Exists) {
			t.Errorf("%s: %v says not what to do", name, err)
		}
		if err := y.admin.Rename(t.Context(), y.mine.ID, name, ident.ID{}); err == nil && name != "MINE$" && name != "wpad" {
			t.Errorf("a machine was renamed %s", name)
		}
	}
	for _, name := range []string{"mine", "theirs", "dc1"} {
		if _, err := y.admin.CreateUser(t.Context(), directory.NewUser{Login: name}); !fault.Is(err, fault.Exists) {
			t.Errorf("a person called %s: got %v", name, err)
		}
		if _, err := y.admin.CreateGroup(t.Context(), directory.NewGroup{Name: name}); !fault.Is(err, fault.Exists) {
			t.Errorf("a group called %s: got %v", name, err)
		}
	}
}

func TestAMachineJoinsWithAPasswordOnce(t *testing.T) {
	y := newYard(t)
	once := directory.Once{Password: "one time only", Until: y.Now().Add(24 * time.Hour)}
	e, err := y.admin.CreateComputer(t.Context(), directory.NewComputer{Login: "NEW$", Once: once})
	if err != nil {
		t.Fatal(err)
	}
	at := policy.Attempt{Door: policy.LDAP, TLS: true, Client: policy.Directory}
	signIn := func(pw string) error {
		_, err := y.Authn.SignIn(t.Context(), at, "NEW$", credential.Password(pw))
		return err
	}
	if err := signIn("one time only"); err != nil {
		t.Fatal(err)
	}
	actor, _ := y.Authn.SignIn(t.Context(), at, "NEW$", "one time only")
	if err := y.Directory.As(actor).ChangePassword(t.Context(), "drawn by the machine"); err != nil {
		t.Fatal(err)
	}
	if err := signIn("one time only"); err == nil {
		t.Error("the password worked a second time")
	}
	y.Forward(48 * time.Hour)
	if err := signIn("drawn by the machine"); err != nil {
		t.Errorf("the machine's own password ended: %v", err)
	}
	if c := y.Credential(e.ID); c.Current.Version != 2 {
		t.Errorf("key version: got %d", c.Current.Version)
	}
	once.Until = y.Now().Add(time.Hour)
	if err := y.admin.SetOnce(t.Context(), e.ID, once); err != nil {
		t.Fatal(err)
	}
	if err := signIn("drawn by the machine"); err == nil {
		t.Error("the password before still works")
	}
	y.Forward(2 * time.Hour)
	if err := signIn("one time only"); err == nil {
		t.Error("the password worked after its end")
	}
}
