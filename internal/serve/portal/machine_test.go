package portal_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
)

func TestAMachineJoinsAndIsBuried(t *testing.T) {
	b := newBench(t)
	b.group("Operators")
	admin := b.signIn("administrator")
	admin.page("/machines").has(t, "No machine has joined yet.")
	a := admin.submit(admin.page("/machines"), "/machines", url.Values{"name": {"web1"}})
	if a.code != http.StatusSeeOther || a.to != "/machines/web1/key" {
		t.Fatalf("preset: got %d %s: %s", a.code, a.to, a.text("main"))
	}
	sheet := admin.page(a.to)
	sheet.has(t, "realm join --one-time-password='")
	if again := admin.page(a.to); again.text("h1") != "The password was shown" || strings.Contains(again.text("main"), "one-time-password") {
		t.Errorf("a reload shows %q", again.text("main"))
	}
	e, err := b.Find(ident.KindComputer, "web1")
	check(t, err)
	b.machines.Seen(t.Context(), e.ID, netip.MustParseAddr("192.0.2.44"), "kerberos")
	admin.page("/machines?q=192.0").has(t, "web1.lab.internal")
	admin.page("/machines?state=silent").has(t, "No machine is so.")
	one := admin.page("/machines/web1")
	for _, s := range []string{"192.0.2.44", "over kerberos", "Version 1", "Joined by administrator", "host/web1.lab.internal", "Everybody whose account is enabled."} {
		one.has(t, s)
	}
	if a := admin.submit(one, "/machines/web1/access", url.Values{"who": {"Operators"}, "do": {""}}); a.to != "/machines/web1" {
		t.Fatalf("access: got %d: %s", a.code, a.text("main"))
	}
	admin.page("/machines/web1").has(t, "simple_allow_groups = Operators")
	if a := admin.submit(admin.page("/machines/web1"), "/machines/web1/access", url.Values{}); a.code != http.StatusBadRequest {
		t.Errorf("the last who may sign in is taken out: got %d", a.code)
	}
	one = admin.page("/machines/web1")
	if a := admin.submit(one, "/machines/web1/bury", url.Values{"confirm": {"web2"}}); a.code != http.StatusBadRequest {
		t.Errorf("with another name: got %d", a.code)
	}
	if a := admin.submit(one, "/machines/web1/bury", url.Values{"confirm": {"WEB1"}}); a.to != "/machines" {
		t.Errorf("bury: got %d: %s", a.code, a.text("main"))
	}
	admin.page("/machines").has(t, "WEB1 is buried.")
}

func TestAServiceAccountAmongTheMachines(t *testing.T) {
	b := newBench(t)
	_, err := b.admin.CreateComputer(t.Context(), directory.NewComputer{Login: "WEB1!x7q$", Service: true, Password: "drawn by adcli"})
	check(t, err)
	admin := b.signIn("administrator")
	admin.page("/machines").has(t, "service account")
	one := admin.page("/machines/web1%21x7q")
	one.has(t, "a machine reads the domain by it and is not joined")
	if f := one.forms(); f["/machines/web1%21x7q/reset"] || f["/machines/web1%21x7q/access"] || strings.Contains(one.text("main"), "Who may sign in") {
		t.Errorf("it offers %v", f)
	}
	if a := admin.submit(one, "/machines/web1%21x7q/bury", url.Values{"confirm": {"WEB1!x7q"}}); a.to != "/machines" {
		t.Errorf("bury: got %d: %s", a.code, a.text("main"))
	}
}

func TestAJoinerSeesMachinesAndNothingElse(t *testing.T) {
	b := newBench(t)
	b.user("joiner", "", role.DeviceJoinAdministrator)
	b.user("plain", "")
	_, err := b.machines.As(b.admin.Actor()).Preset(t.Context(), "web1", 0)
	check(t, err)
	joiner := b.signIn("joiner")
	if f := joiner.page("/machines/web1").forms(); f["/machines/web1/reset"] || f["/machines/web1/bury"] || f["/machines/web1/access"] {
		t.Errorf("an administrator's machine offers %v", f)
	}
	joiner.submit(joiner.page("/machines"), "/machines", url.Values{"name": {"web2"}})
	if f := joiner.page("/machines/web2").forms(); !f["/machines/web2/reset"] || !f["/machines/web2/bury"] || f["/machines/web2/access"] {
		t.Errorf("its own offers %v", f)
	}
	for _, path := range []string{"/users", "/groups", "/sudo", "/audit"} {
		if a := joiner.get(path); a.code != http.StatusForbidden {
			t.Errorf("%s: got %d", path, a.code)
		}
	}
	if a := b.signIn("plain").get("/machines"); a.code != http.StatusForbidden {
		t.Errorf("a person: got %d", a.code)
	}
}

func TestSSHKeysAndSudoRules(t *testing.T) {
	b := newBench(t)
	alice := b.user("alice", "")
	b.user("bob", "")
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqeIn7d8LyO4P+sVn9LJl5mMCbTv1S5V1oYkS0zH4oP alice@laptop"
	own := b.signIn("alice")
	if a := own.submit(own.page("/users/alice/keys"), "/users/alice/keys", url.Values{"key": {key}}); a.to != "/users/alice/keys" {
		t.Fatalf("add a key: got %d: %s", a.code, a.text("main"))
	}
	list := own.page("/users/alice/keys")
	list.has(t, "alice@laptop")
	list.has(t, "SHA256:")
	if f := b.signIn("bob").get("/users/alice/keys"); f.code != http.StatusForbidden && f.code != http.StatusNotFound {
		t.Errorf("another's keys: got %d", f.code)
	}
	if a := own.submit(list, "/users/alice/keys", url.Values{}); a.to != "/users/alice/keys" {
		t.Errorf("remove it: got %d: %s", a.code, a.text("main"))
	}
	if now, _ := b.ByID(alice.ID); len(now.Stored(schema.SSHPublicKey)) != 0 {
		t.Error("the key is still there")
	}
	admin := b.signIn("administrator")
	fill := url.Values{"name": {"web"}, "who": {"alice"}, "where": {"ALL"}, "what": {"/bin/sh *"}}
	if a := admin.submit(admin.page("/sudo"), "/sudo", fill); a.code != http.StatusBadRequest || b.Count(schema.SudoRole) != 0 {
		t.Errorf("a wildcard was taken: got %d", a.code)
	}
	fill.Set("what", "/usr/bin/systemctl restart nginx")
	if a := admin.submit(admin.page("/sudo"), "/sudo", fill); a.to != "/sudo" {
		t.Fatalf("add a rule: got %d: %s", a.code, a.text("main"))
	}
	rules := admin.page("/sudo")
	rules.has(t, "/usr/bin/systemctl restart nginx")
	if !b.IsProtected(alice.ID) {
		t.Error("who has root is not protected")
	}
	if a := admin.submit(rules, "/sudo", url.Values{}); a.to != "/sudo" || b.Count(schema.SudoRole) != 0 {
		t.Errorf("remove a rule: got %d: %s", a.code, a.text("main"))
	}
}
