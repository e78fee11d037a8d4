package directory_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// line is a public key as id_*.pub has it.
func line(t *testing.T, key any) string {
	t.Helper()
	pub, err := ssh.NewPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(pub)))
}

func edKey(t *testing.T) string {
	t.Helper()
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return line(t, pub)
}

func rsaKey(t *testing.T, bits int) string {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return line(t, &k.PublicKey)
}

// What machines put into passwd, authorized_keys, sudo and the automounter.
func TestWhatMachinesReadIsPlain(t *testing.T) {
	b := newBench(t)
	alice := b.user("alice")
	key := edKey(t)
	const dss = "ssh-dss AAAAB3NzaC1kc3MAAAAhAOjv9xqGAzPCzWZ7dqQd1WQTzh1xxmHnZ1g2mQY0mM4DAAAAFQC7Q1U="
	for _, c := range []struct {
		attr schema.ID
		in   string
		ok   bool
	}{
		{schema.LoginShell, "/bin/bash", true},
		{schema.LoginShell, "/usr/bin/zsh-5.9", true},
		{schema.LoginShell, "bash", false},
		{schema.LoginShell, "/bin/../tmp/x", false},
		{schema.LoginShell, "/bin//sh", false},
		{schema.LoginShell, "/bin/sh -c id", false},
		{schema.LoginShell, "/bin/sh:x", false},
		{schema.LoginShell, "/bin/$(id)", false},
		{schema.LoginShell, "/", false},
		{schema.UnixHomeDirectory, "/home/alice", true},
		{schema.UnixHomeDirectory, "/home/%u", false},
		{schema.UnixHomeDirectory, "/home/alice/..", false},
		{schema.Gecos, "Alice Liddell,Room 7", true},
		{schema.Gecos, "Alice:0:0:root:/:/bin/sh", false},
		{schema.SSHPublicKey, key + " alice@laptop", true},
		{schema.SSHPublicKey, rsaKey(t, 2048), true},
		{schema.SSHPublicKey, rsaKey(t, 1024), false},
		{schema.SSHPublicKey, dss, false},
		{schema.SSHPublicKey, `command="rm -rf /" ` + key, false},
		{schema.SSHPublicKey, "cert-authority " + key, false},
		{schema.SSHPublicKey, key + "\n" + key, false},
		{schema.SSHPublicKey, "ssh-ed25519 nonsense", false},
		{schema.AltSecurityIdentities, edKey(t), true},
		{schema.AltSecurityIdentities, "X509:<S>CN=alice", false},
	} {
		err := b.admin.Modify(t.Context(), alice.ID, replace(c.attr, c.in))
		if (err == nil) != c.ok {
			t.Errorf("%s: %q: got %v", schema.Of(c.attr).Name, c.in, err)
		}
	}
	rule, err := b.admin.CreateObject(t.Context(), schema.SudoRole, "web", ident.ID{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		attr schema.ID
		in   string
		ok   bool
	}{
		{schema.SudoCommand, "ALL", true},
		{schema.SudoCommand, "/usr/bin/systemctl restart nginx.service", true},
		{schema.SudoCommand, "sudoedit /etc/motd", true},
		{schema.SudoCommand, "systemctl", false},
		{schema.SudoCommand, "/bin/cat /var/log/*", false},
		{schema.SudoCommand, "!/bin/sh", false},
		{schema.SudoCommand, `/bin/echo \`, false},
		{schema.SudoCommand, `/bin/echo "x"`, false},
		{schema.SudoCommand, "/bin/echo x\nALL", false},
		{schema.SudoCommand, "/bin/echo ^.*$", false},
		{schema.SudoCommand, "/usr/bin/../bin/sh", false},
		{schema.SudoCommand, "/usr/bin/", false},
		{schema.SudoOption, "!authenticate", true},
		{schema.SudoOption, "timestamp_timeout=5", true},
		{schema.SudoOption, "timestamp_timeout=5,!env_reset", false},
		{schema.SudoOption, "setenv", false},
		{schema.SudoOption, "env_keep+=LD_PRELOAD", false},
		{schema.SudoOption, "timestamp_timeout=", false},
		{schema.SudoUser, "alice", true},
		{schema.SudoUser, "%AAD DC Administrators", true},
		{schema.SudoUser, "ALL", true},
		{schema.SudoUser, "%sudo", false},
		{schema.SudoUser, "%alice", false},
		{schema.SudoUser, "mallory", false},
		{schema.SudoUser, "#0", false},
		{schema.SudoUser, "alice\nroot", false},
		{schema.SudoUser, "!alice", false},
		{schema.SudoHost, "ALL", true},
		{schema.SudoHost, "nowhere", false},
		{schema.SudoRunAsUser, "postgres", true},
		{schema.SudoRunAsUser, "nobody-here", false},
		{schema.SudoNotAfter, "20270101000000Z", true},
		{schema.SudoNotAfter, "tomorrow", false},
		{schema.SudoOrder, "10", true},
	} {
		err := b.admin.Modify(t.Context(), rule.ID, replace(c.attr, c.in))
		if (err == nil) != c.ok {
			t.Errorf("%s: %q: got %v", schema.Of(c.attr).Name, c.in, err)
		}
	}
	for _, name := range []string{"defaults", "DEFAULTS", "a\"b", `a\b`, "a\nb", ""} {
		if _, err := b.admin.CreateObject(t.Context(), schema.SudoRole, name, ident.ID{}, nil); err == nil {
			t.Errorf("a rule called %q was made", name)
		}
	}
	auto, err := b.admin.CreateObject(t.Context(), schema.AutomountMap, "auto.home", ident.ID{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for in, ok := range map[string]bool{
		"-fstype=nfs4,sec=krb5p nas1.lab.internal:/home/&": true, "nas1:/data": true, "nas1:/../etc": false, "-fstype=bind :/etc;id": false, "a\nb": false,
	} {
		_, err := b.admin.CreateObject(t.Context(), schema.Automount, "k"+strings.ToLower(ident.NewID().String()[:8]), auto.ID, []directory.Value{{Attr: schema.AutomountInformation, Vals: vals(in)}})
		if (err == nil) != ok {
			t.Errorf("automount %q: got %v", in, err)
		}
	}
}

// A rule follows a rename, and what takes a name later takes nothing with it.
func TestARuleNamesWhoItNamed(t *testing.T) {
	b := newBench(t)
	alice, ops, batch := b.user("alice"), b.group("Ops"), b.user("batch-runner")
	vm, err := b.admin.CreateComputer(t.Context(), directory.NewComputer{Login: "WEB1$"})
	if err != nil {
		t.Fatal(err)
	}
	rule, err := b.admin.CreateObject(t.Context(), schema.SudoRole, "web", ident.ID{}, []directory.Value{
		{Attr: schema.SudoUser, Vals: vals("alice", "%ops")}, {Attr: schema.SudoHost, Vals: vals("web1")}, {Attr: schema.SudoCommand, Vals: vals("ALL")},
		{Attr: schema.SudoRunAsUser, Vals: vals("batch-runner")},
	})
	if err != nil {
		t.Fatal(err)
	}
	read := func(id schema.ID) []string {
		t.Helper()
		now, err := b.ByID(rule.ID)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, v := range b.admin.Reader().Values(now, id) {
			out = append(out, string(v))
		}
		return out
	}
	if got := read(schema.SudoUser); !slices.Equal(got, []string{"alice", "%Ops"}) {
		t.Errorf("who: got %q", got)
	}
	if got := read(schema.SudoHost); !slices.Equal(got, []string{"web1.lab.internal"}) {
		t.Errorf("where: got %q", got)
	}
	for what, err := range map[string]error{
		"rename a group": b.admin.Rename(t.Context(), ops.ID, "Operators", ident.ID{}), "remove a person": b.admin.Delete(t.Context(), alice.ID),
		"bury a machine": b.admin.Delete(t.Context(), vm.ID), "remove whom it runs as": b.admin.Delete(t.Context(), batch.ID),
	} {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	b.user("alice")
	b.group("Ops")
	if _, err := b.admin.CreateComputer(t.Context(), directory.NewComputer{Login: "WEB1$"}); err != nil {
		t.Fatal(err)
	}
	if got := read(schema.SudoUser); !slices.Equal(got, []string{"%Operators"}) {
		t.Errorf("who, later: got %q", got)
	}
	if got := read(schema.SudoRunAsUser); !slices.Equal(got, []string{"-gone-"}) { // not none, which means root
		t.Errorf("as whom, later: got %q", got)
	}
	if got := read(schema.SudoHost); !slices.Equal(got, []string{"-gone-"}) { // not none, which means every machine
		t.Errorf("where, later: got %q", got)
	}
}

// Whoever could change who stands in a group that a rule names would be root.
func TestWhoGetsRootIsProtected(t *testing.T) {
	b := newBench(t)
	grouper := b.user("grouper", role.ByID(role.GroupsAdministrator))
	b.user("helper", role.ByID(role.HelpdeskAdministrator))
	alice := b.user("alice")
	inner, ops, access := b.group("Inner"), b.group("Ops"), b.group("Access")
	add := func(g *directory.Entry) error {
		return b.as("grouper").AddMembers(t.Context(), g.ID, []ident.ID{grouper.ID})
	}
	if err := b.as("grouper").AddMembers(t.Context(), ops.ID, []ident.ID{inner.ID}); err != nil {
		t.Fatal(err)
	}
	rule, err := b.admin.CreateObject(t.Context(), schema.SudoRole, "ops", ident.ID{}, []directory.Value{{Attr: schema.SudoUser, Vals: vals("%Ops", "alice")}})
	if err != nil {
		t.Fatal(err)
	}
	vm, err := b.admin.CreateComputer(t.Context(), directory.NewComputer{Login: "WEB1$"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.admin.SetAccess(t.Context(), vm.ID, []ident.ID{access.ID}); err != nil {
		t.Fatal(err)
	}
	for _, g := range []*directory.Entry{ops, inner, access} {
		if err := add(g); !fault.Is(err, fault.Denied) {
			t.Errorf("a Groups Administrator enters %s: got %v", g.Name(), err)
		}
	}
	if err := b.as("helper").SetPassword(t.Context(), alice.ID, "Another horse 9", true); !fault.Is(err, fault.Denied) {
		t.Errorf("a helper resets who has root: got %v", err)
	}
	for name, do := range map[string]func(directory.As) error{
		"changes a rule": func(as directory.As) error {
			return as.Modify(t.Context(), rule.ID, replace(schema.SudoUser, "helper"))
		},
		"makes a rule": func(as directory.As) error {
			_, err := as.CreateObject(t.Context(), schema.SudoRole, "mine", ident.ID{}, nil)
			return err
		},
		"removes a rule":  func(as directory.As) error { return as.Delete(t.Context(), rule.ID) },
		"opens a machine": func(as directory.As) error { return as.SetAccess(t.Context(), vm.ID, nil) },
		"gives alice a key": func(as directory.As) error {
			return as.Modify(t.Context(), alice.ID, replace(schema.SSHPublicKey, edKey(t)))
		},
		"gives alice a shell": func(as directory.As) error {
			return as.Modify(t.Context(), alice.ID, replace(schema.LoginShell, "/bin/sh"))
		},
	} {
		if err := do(b.as("grouper")); !fault.Is(err, fault.Denied) {
			t.Errorf("a Groups Administrator %s: got %v", name, err)
		}
	}
	actor := b.as("alice")
	if err := b.admin.Modify(t.Context(), rule.ID, replace(schema.SudoUser, "%Ops")); err != nil {
		t.Fatal(err)
	}
	if actor.Valid() == nil {
		t.Error("what alice proved outlives her root")
	}
	if b.IsProtected(alice.ID) || !b.IsProtected(ops.ID) || len(b.Grants(ops.ID)) != 1 {
		t.Error("protection does not follow the rule")
	}
	if err := b.admin.Delete(t.Context(), rule.ID); err != nil {
		t.Fatal(err)
	}
	if err := add(ops); err != nil {
		t.Errorf("after the rule's end: %v", err)
	}
}

func TestSSHKeysAreOnesOwn(t *testing.T) {
	b := newBench(t)
	alice, bob := b.user("alice"), b.user("bob")
	key := edKey(t)
	if err := b.as("alice").Modify(t.Context(), alice.ID, replace(schema.SSHPublicKey, key+" alice@laptop")); err != nil {
		t.Fatal(err)
	}
	if err := b.as("bob").Modify(t.Context(), bob.ID, replace(schema.SSHPublicKey, key+" mine now")); !fault.Is(err, fault.Exists) {
		t.Errorf("another's key: got %v", err)
	}
	if err := b.as("bob").Modify(t.Context(), alice.ID, replace(schema.SSHPublicKey, edKey(t))); !fault.Is(err, fault.Denied) {
		t.Errorf("a key for another: got %v", err)
	}
	now, _ := b.ByID(alice.ID)
	for _, name := range []schema.ID{schema.SSHPublicKey, schema.AltSecurityIdentities} {
		if got := b.admin.Reader().Values(now, name); len(got) != 1 || string(got[0]) != key+" alice@laptop" {
			t.Errorf("%s: got %q", schema.Of(name).Name, got)
		}
	}
	remove := []directory.Mod{{Op: directory.ModDelete, Attr: schema.SSHPublicKey, Vals: vals(key)}}
	if err := b.as("alice").Modify(t.Context(), alice.ID, remove); err != nil {
		t.Errorf("by the key without its comment: %v", err)
	}
	if err := b.as("bob").Modify(t.Context(), bob.ID, replace(schema.SSHPublicKey, key)); err != nil {
		t.Errorf("a key that was given up: %v", err)
	}
}

func FuzzPublished(f *testing.F) {
	for _, s := range []string{"ssh-ed25519 AAAA", "/bin/sh", "/usr/bin/a b", "timestamp_timeout=5", "-a b:/c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, id := range []schema.ID{schema.LoginShell, schema.SSHPublicKey, schema.SudoCommand, schema.SudoOption, schema.AutomountInformation} {
			if v, err := directory.CheckPublished(id, []byte(s)); err == nil && strings.ContainsAny(string(v), "\n\r\x00") {
				t.Errorf("%s: %q ends a line", schema.Of(id).Name, v)
			}
		}
	})
}
