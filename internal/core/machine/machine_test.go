package machine_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

var somewhere = netip.MustParseAddr("192.0.2.44")

func TestAPresetMachineJoinsOnce(t *testing.T) {
	d := testkit.New(t)
	m := machine.New(d.Directory, d.Store, nil)
	as := m.As(d.Actor("administrator"))
	got, err := as.Preset(t.Context(), "dsvm1.lab.internal", 0)
	if err != nil {
		t.Fatal(err)
	}
	if got.Machine.Login != "DSVM1$" || got.Machine.First(schema.DNSHostName) != "dsvm1.lab.internal" || len(got.Machine.Stored(schema.ServicePrincipalName)) != 4 {
		t.Errorf("the account: got %+v", got.Machine)
	}
	if life := got.Until.Sub(d.Now()); life < machine.Lives-2*time.Second || life > machine.Lives {
		t.Errorf("it lives %s", life)
	}
	signIn := func(pw credential.Password) error {
		_, err := d.Authn.SignIn(t.Context(), policy.Attempt{Door: policy.LDAP, TLS: true, Client: policy.Directory}, "DSVM1$", pw)
		return err
	}
	if err := signIn(got.Password); err != nil {
		t.Errorf("the password to join with: %v", err)
	}
	if _, err := as.Preset(t.Context(), "dsvm1", 0); !fault.Is(err, fault.Exists) || fault.Hint(err) == "" {
		t.Errorf("a second preset: got %v", err)
	}
	again, err := as.Reset(t.Context(), "DSVM1", time.Hour)
	if err != nil || signIn(again.Password) != nil || signIn(got.Password) == nil {
		t.Errorf("a reset: got %v", err)
	}
	d.Forward(time.Hour)
	if signIn(again.Password) == nil {
		t.Error("the password works after its time")
	}
	for _, lives := range []time.Duration{-1, time.Second, 31 * 24 * time.Hour} {
		if _, err := as.Reset(t.Context(), "dsvm1", lives); !fault.Is(err, fault.Invalid) {
			t.Errorf("a life of %s: got %v", lives, err)
		}
	}
}

func TestContactsAreWrittenOnceAnHour(t *testing.T) {
	d := testkit.New(t)
	m := machine.New(d.Directory, d.Store, nil)
	admin := m.As(d.Actor("administrator"))
	vm, err := admin.Preset(t.Context(), "dsvm1", 0)
	if err != nil {
		t.Fatal(err)
	}
	alice := d.User("alice")
	written := func() time.Time {
		t.Helper()
		other, err := machine.New(d.Directory, d.Store, nil).As(d.Actor("administrator")).Find(t.Context(), "dsvm1")
		if err != nil {
			t.Fatal(err)
		}
		return other.Contact.At
	}
	see := func() { m.Seen(t.Context(), vm.Machine.ID, somewhere, "ldap") }
	see()
	m.Seen(t.Context(), alice.ID, somewhere, "ldap")
	if err := m.Write(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	first := written()
	if first.IsZero() {
		t.Fatal("the first contact was not written")
	}
	d.Forward(10 * time.Minute)
	see()
	if err := m.Write(t.Context(), time.Hour); err != nil || !written().Equal(first) {
		t.Errorf("after ten minutes it was written again: %v", err)
	}
	now, err := admin.Find(t.Context(), "dsvm1")
	if err != nil || !now.Contact.At.After(first) || now.Contact.Source != somewhere || now.Contact.Door != "ldap" {
		t.Errorf("in memory: got %+v, %v", now.Contact, err)
	}
	d.Forward(time.Hour)
	see()
	if err := m.Write(t.Context(), time.Hour); err != nil || written().Equal(first) {
		t.Errorf("after an hour it was not: %v", err)
	}
}

func TestSilentMachinesAreListedAndBuried(t *testing.T) {
	d := testkit.New(t)
	d.Server()
	m := machine.New(d.Directory, d.Store, nil)
	for _, n := range []string{"alive", "silent", "never"} {
		vm, err := m.As(d.Actor("administrator")).Preset(t.Context(), n, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n != "never" {
			m.Seen(t.Context(), vm.Machine.ID, somewhere, "kerberos")
		}
	}
	d.Forward(29 * 24 * time.Hour)
	alive, _ := m.As(d.Actor("administrator")).Find(t.Context(), "alive")
	m.Seen(t.Context(), alive.Entry.ID, somewhere, "kerberos")
	d.Forward(2 * 24 * time.Hour)
	admin := m.As(d.Actor("administrator"))
	list, err := admin.List(t.Context(), machine.Stale)
	if err != nil || len(list) != 2 || list[0].Entry.Login != "NEVER$" || list[1].Entry.Login != "SILENT$" {
		t.Errorf("silent: got %v, %v", list, err)
	}
	if all, err := admin.List(t.Context(), 0); err != nil || len(all) != 4 {
		t.Errorf("all: got %d, %v", len(all), err)
	}
	d.User("plain")
	if _, err := m.As(d.Actor("plain")).List(t.Context(), 0); !fault.Is(err, fault.Denied) {
		t.Errorf("a person reads where machines stand: got %v", err)
	}
	if _, err := m.As(d.Actor("plain")).Bury(t.Context(), "silent"); !fault.Is(err, fault.Denied) {
		t.Errorf("a person buries: got %v", err)
	}
	if _, err := admin.Bury(t.Context(), "silent"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Find(t.Context(), "silent"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a buried machine: got %v", err)
	}
	d.User("joiner", role.DeviceJoinAdministrator)
	if _, err := m.As(d.Actor("joiner")).Preset(t.Context(), "silent", 0); err != nil {
		t.Errorf("its names are not free: %v", err)
	}
	if _, err := admin.Bury(t.Context(), "dc1"); !fault.Is(err, fault.Denied) {
		t.Errorf("a server is buried: got %v", err)
	}
}
