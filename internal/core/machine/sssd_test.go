package machine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

func TestWhoMaySignInOnAMachine(t *testing.T) {
	d := testkit.New(t)
	m := machine.New(d.Directory, d.Store, nil)
	ops, alice := d.Group("Ops Team"), d.User("alice")
	vm, err := m.As(d.Actor("administrator")).Preset(t.Context(), "web1", 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := func() []string {
		e, err := d.ByID(vm.Machine.ID)
		if err != nil {
			t.Fatal(err)
		}
		return machine.Access.Lines(m.AccessOf(e))
	}
	for _, c := range []struct {
		who  []ident.ID
		want []string
	}{
		{nil, []string{"access_provider = ad"}},
		{[]ident.ID{ops.ID}, []string{"access_provider = simple", "simple_allow_groups = Ops Team"}},
		{[]ident.ID{ops.ID, alice.ID}, []string{"access_provider = simple", "simple_allow_groups = Ops Team", "simple_allow_users = alice"}},
	} {
		if err := d.Admin.SetAccess(t.Context(), vm.Machine.ID, c.who); err != nil {
			t.Fatal(err)
		}
		if got := lines(); !slices.Equal(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	for _, id := range []ident.ID{ops.ID, alice.ID} {
		if err := d.Admin.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if got := lines(); !slices.Equal(got, []string{"access_provider = simple", "simple_allow_users = nobody"}) {
		t.Errorf("a rule whose people are gone lets in: %q", got)
	}
}

func TestTheConfigurationReadsByAServiceAccount(t *testing.T) {
	d := testkit.New(t)
	m := machine.New(d.Directory, d.Store, nil)
	e, err := d.Admin.CreateComputer(t.Context(), directory.NewComputer{Login: "WEB1!x7q$", Service: true})
	if err != nil {
		t.Fatal(err)
	}
	const keytab = "krb5_keytab = /etc/krb5.keytab.lab.internal\n"
	for _, want := range []string{"\nldap_sasl_authid = WEB1!x7q$\n", "\nldap_" + keytab, "\n" + keytab, "\ndyndns_update = False\n", "\naccess_provider = ad\n"} {
		if conf := m.SSSDConf(e); !strings.Contains(conf, want) {
			t.Errorf("the configuration has no %q:\n%s", want, conf)
		}
	}
	if strings.Contains(m.SSSDConf(nil), "ldap_sasl_authid") {
		t.Error("a machine that joins reads by another account")
	}
}

func TestTheConfigurationHidesNamesOfTheSystem(t *testing.T) {
	d := testkit.New(t)
	conf := machine.New(d.Directory, d.Store, nil).SSSDConf(nil)
	for _, want := range []string{
		"\nuse_fully_qualified_names = False\n", "\nfallback_homedir = /home/%u\n", "\npam_initgroups_scheme = always\n", "\nldap_id_mapping = True\n",
		"\nldap_sudo_search_base = OU=SUDOers,DC=lab,DC=internal\n", "\naccess_provider = ad\n",
	} {
		if !strings.Contains(conf, want) {
			t.Errorf("it lacks %q:\n%s", want, conf)
		}
	}
	for _, name := range []string{"sudo", "wheel", "docker", "root"} {
		for _, line := range strings.Split(conf, "\n") {
			if list, ok := strings.CutPrefix(line, "filter_groups = "); ok && !slices.Contains(strings.Split(list, ", "), name) {
				t.Errorf("a group called %s is not hidden", name)
			}
		}
	}
}
