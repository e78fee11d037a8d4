package directory_test

import (
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

func TestKerberosNames(t *testing.T) {
	d := testkit.New(t)
	dc := d.Server()
	alice, err := d.Admin.CreateUser(t.Context(), directory.NewUser{Login: "alice", UPN: "alice.liddell@lab.internal", Password: testkit.UserPassword})
	if err != nil {
		t.Fatal(err)
	}
	vm, err := d.Admin.CreateComputer(t.Context(), directory.NewComputer{Login: "DSVM1$", Attrs: []directory.Value{
		{Attr: schema.ServicePrincipalName, Vals: [][]byte{[]byte("host/DSVM1"), []byte("host/dsvm1.lab.internal")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	d.Group("Herons")
	for _, c := range []struct {
		name       string
		enterprise bool
		want       *directory.Entry
	}{
		{"alice", false, alice},
		{"ALICE", false, alice},
		{"alice@LAB.INTERNAL", true, alice},
		{"alice@lab.internal", true, alice},
		{"alice@LAB", true, alice},
		{"Alice.Liddell@lab.internal", true, alice},
		{"alice@elsewhere.example", true, nil},
		{"alice@lab.internal", false, nil},
		{"DSVM1$", false, vm},
		{"dsvm1$@LAB.INTERNAL", true, vm},
		{"dsvm1", false, nil},
		{"Herons", false, nil},
		{"CN=alice,OU=AADDC Users,DC=lab,DC=internal", false, nil},
		{alice.ID.String(), false, nil},
		{"", false, nil},
	} {
		if got := d.KerberosClient(c.name, c.enterprise); got != c.want && (got == nil || c.want == nil || got.ID != c.want.ID) {
			t.Errorf("client %q: got %v, want %v", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		name string
		want *directory.Entry
	}{
		{"host/dsvm1", vm},
		{"HOST/Dsvm1.Lab.Internal", vm},
		{"cifs/dsvm1", vm},
		{"nfs/dsvm1.lab.internal", vm},
		{"ldap/dsvm1", nil},
		{"DSVM1$", vm},
		{"dsvm1", vm},
		{"alice", nil}, // a ticket to a person could be guessed at
		{"ldap/dc1.lab.internal", dc},
		{"DNS/dc1.lab.internal", dc},
		{"HTTP/portal.lab.internal", dc},
		{"ldap/dc1.lab.internal/lab.internal", dc},
		{"host/", nil},
	} {
		if got := d.KerberosService(strings.Split(c.name, "/")); got != c.want && (got == nil || c.want == nil || got.ID != c.want.ID) {
			t.Errorf("service %q: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAServerFurnishesItself(t *testing.T) {
	d := testkit.New(t)
	dc := d.Server()
	if dc.SID() == "" || dc.Control&directory.ControlServer == 0 || !strings.HasPrefix(dc.DN(), "CN=DC1,OU=Domain Controllers,") {
		t.Errorf("%s, %#x", dc.DN(), dc.Control)
	}
	rec := d.Credential(dc.ID)
	if rec == nil || rec.Current.Version != 1 || len(rec.Current.Keys) == 0 {
		t.Fatal("the server has no keys")
	}
	if again := d.Server(); again.ID != dc.ID || d.Credential(dc.ID).Current.Version != 1 {
		t.Error("a second start makes another account, or other keys")
	}
	if err := d.Admin.RollServer(t.Context(), dc.ID); err != nil {
		t.Fatal(err)
	}
	rec = d.Credential(dc.ID)
	if rec.Current.Version != 2 || rec.Of(1) == nil || rec.Of(2) == nil || rec.Of(3) != nil {
		t.Errorf("after a roll: version %d", rec.Current.Version)
	}
	if err := d.Admin.Delete(t.Context(), dc.ID); err == nil {
		t.Error("a server's account can be deleted under it")
	}
	helper := d.User("helper", testkit.Role("Helpdesk Administrator"))
	if err := d.As(helper.Login).RollRealm(t.Context(), false); err == nil {
		t.Error("a helper rolls the realm's keys")
	}
	before := d.Realm().Making(d.Now()).Number
	if err := d.Admin.RollRealm(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if d.Realm().Version(before) == nil || d.Realm().Version(before+1) == nil {
		t.Error("the realm has not both keys after a roll")
	}
	d.Restart()
	if d.Realm().Version(before+1) == nil {
		t.Error("a restart forgets the realm's keys")
	}
	if _, err := ident.ParseLogin("krbtgt"); err == nil {
		t.Error("somebody could be called krbtgt")
	}
}
