package directory_test

import (
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// service makes a managed service account as adcli create-msa does.
func (y *yard) service(as directory.As, login, host string) (*directory.Entry, error) {
	return as.CreateComputer(y.t.Context(), directory.NewComputer{Login: login, Service: true, Control: 69632, Attrs: []directory.Value{
		{Attr: schema.DNSHostName, Vals: vals(host)},
	}})
}

func TestAServiceAccountHostsNothing(t *testing.T) {
	y := newYard(t)
	e, err := y.service(y.as("joiner"), "MINE!x7Q$", "theirs.lab.internal")
	if err != nil {
		t.Fatal(err)
	}
	if e.Kind() != ident.KindComputer || e.DN() != "CN=MINE!x7Q,CN=Managed Service Accounts,DC=lab,DC=internal" || e.Login != "MINE!x7Q$" {
		t.Errorf("got %s %s, %s", e.Kind(), e.Login, e.DN())
	}
	if got := y.KerberosService([]string{"MINE!x7Q$"}); got != e { // SSSD proves the KDC with its key
		t.Errorf("a ticket to itself: got %v", got)
	}
	// The host it names stays another machine's.
	if err := y.admin.Modify(t.Context(), y.theirs.ID, replace(schema.DNSHostName, "theirs.lab.internal")); err != nil {
		t.Errorf("the host's own name: %v", err)
	}
	for _, id := range []schema.ID{schema.ServicePrincipalName, schema.MsDSAllowedToDelegateTo} {
		if err := y.admin.Modify(t.Context(), e.ID, replace(id, "cifs/MINE")); fault.CodeOf(err) != fault.CodeSchema {
			t.Errorf("%s: got %v", schema.Of(id).Name, err)
		}
	}
	if err := y.admin.SetAccess(t.Context(), e.ID, []ident.ID{y.group("Herons").ID}); fault.CodeOf(err) != fault.CodeSchema {
		t.Errorf("who may sign in on it: got %v", err)
	}
	if err := y.admin.SetOnce(t.Context(), e.ID, directory.Once{Password: "x", Until: y.Now()}); !fault.Is(err, fault.Invalid) || fault.Hint(err) == "" {
		t.Errorf("a password to join with: got %v", err)
	}
	_, err = y.admin.CreateObject(t.Context(), schema.SudoRole, "web", ident.ID{}, []directory.Value{{Attr: schema.SudoHost, Vals: vals("MINE!x7Q")}})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("a sudo rule for it: got %v", err)
	}
}

func TestRightsOverServiceAccounts(t *testing.T) {
	y := newYard(t)
	own, err := y.service(y.as("joiner"), "MINE!x7Q$", "mine.elsewhere.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := y.as("joiner").SetPassword(t.Context(), own.ID, "a password", false); err != nil {
		t.Fatal(err)
	}
	units, _ := y.Resolve(ident.MustDN("OU=AADDC Computers,DC=lab,DC=internal"))
	for _, c := range []struct {
		name string
		do   func() error
		may  bool
	}{
		{"a person makes one", func() error { _, err := y.service(y.as("plain"), "NEW!abc$", "new.lab.internal"); return err }, false},
		{"one makes another", func() error { _, err := y.service(y.as("MINE!x7Q$"), "NEW!abc$", "new.lab.internal"); return err }, false},
		{"a joiner makes one of a server's name", func() error { _, err := y.service(y.as("joiner"), "NEW!abc$", "dc1.lab.internal"); return err }, false},
		{"a joiner makes one among the machines", func() error {
			_, err := y.as("joiner").CreateComputer(t.Context(), directory.NewComputer{Login: "NEW!abc$", Service: true, Parent: units.ID})
			return err
		}, false},
		{"another joiner takes it over", func() error { return y.as("other").SetPassword(t.Context(), own.ID, "another", false) }, false},
		{"a joiner takes an administrator's over", func() error {
			e, err := y.service(y.admin, "BOSSES!abc$", "bosses.lab.internal")
			if err != nil {
				t.Fatal(err)
			}
			return y.as("joiner").SetPassword(t.Context(), e.ID, "another", false)
		}, false},
		{"it renews its password", func() error { return y.as("MINE!x7Q$").ChangePassword(t.Context(), "drawn by itself") }, true},
		{"it makes itself a server", func() error {
			return y.as("MINE!x7Q$").Modify(t.Context(), own.ID, replace(schema.UserAccountControl, "8192"))
		}, false},
		{"it writes a machine", func() error {
			return y.as("MINE!x7Q$").Modify(t.Context(), y.mine.ID, replace(schema.Description, "x"))
		}, false},
		{"its maker removes it", func() error { return y.as("joiner").Delete(t.Context(), own.ID) }, true},
	} {
		if err := c.do(); c.may && err != nil || !c.may && !fault.Is(err, fault.Denied) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestNamesOfServiceAccounts(t *testing.T) {
	y := newYard(t)
	if _, err := y.service(y.admin, "MINE!x7q$", "mine.lab.internal"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"MINE!X7Q$", "MINE$", "plain$", "DC1$"} {
		if _, err := y.service(y.admin, name, "new.lab.internal"); !fault.Is(err, fault.Exists) {
			t.Errorf("a second %s: got %v", name, err)
		}
	}
	if _, err := y.admin.CreateComputer(t.Context(), directory.NewComputer{Login: "NEW!x7q$"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a machine of such a name: got %v", err)
	}
}

// A domain that is older than the places has them after a start.
func TestPlacesAreMadeInAnOlderDomain(t *testing.T) {
	y := newYard(t)
	at := ident.MustDN("CN=Managed Service Accounts,DC=lab,DC=internal")
	made, err := y.Resolve(at)
	if err != nil || made.Class != schema.Container {
		t.Fatalf("a new domain: %v", err)
	}
	if err := y.admin.Delete(t.Context(), made.ID); !fault.Is(err, fault.Denied) {
		t.Errorf("it can be removed: %v", err)
	}
	if _, err := y.Store.Update(t.Context(), func(tx store.Tx) error { return directory.Unmake(y.Directory, tx, made.ID) }); err != nil {
		t.Fatal(err)
	}
	y.Restart()
	if _, err := y.Resolve(at); err == nil {
		t.Fatal("it is there without having been made")
	}
	for range 2 {
		if err := y.Local().EnsureUnits(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if e, err := y.Resolve(at); err != nil || e.Class != schema.Container || !e.System {
		t.Errorf("an older domain: got %v, %v", e, err)
	}
}
