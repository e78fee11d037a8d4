package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// binds reports whether a person can sign in at the LDAP door.
func (l *lab) binds(name, password string) bool {
	l.t.Helper()
	c, err := ldap.DialURL("ldap://" + l.addrOf("ldap"))
	if err != nil {
		l.t.Fatal(err)
	}
	defer c.Close()
	return c.Bind(name+"@"+domain, password) == nil
}

// A backup, and the recovery key, are a whole domain; the backup alone tells
// nothing. After the restore no number comes twice, and who left stays out.
func TestBackupAndRestore(t *testing.T) {
	soak(t, 1)
	const pw = "Grey heron 41 fen"
	l := newLab(t, nil)
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin"} {
		l.user(name, pw)
	}
	l.run("group", "add", "Crew", "--member", "alice", "--member", "erin")
	l.run("role", "assign", "Helpdesk Administrator", "erin")
	backup := filepath.Join(l.dir, "monday.backup")
	l.run("backup", backup)
	l.run("backup", "verify", backup)

	raw, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"alice", "Crew", domain, "Helpdesk", pw} {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("the backup alone tells %q", secret)
		}
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)/2] },
		"flipped": func(b []byte) []byte { c := bytes.Clone(b); c[len(c)/2] ^= 1; return c },
		"nothing": func([]byte) []byte { return nil },
	} {
		bad := filepath.Join(l.dir, name)
		write(t, bad, string(spoil(raw)))
		if out, err := l.try("", "backup", "verify", bad); err == nil {
			t.Errorf("a backup that was %s is called whole: %s", name, out)
		}
	}

	// What happens after the backup.
	l.user("late", pw)
	lateUID := l.uid("late")
	l.run("user", "delete", "bob", "--yes")
	l.run("user", "disable", "carol")
	l.run("user", "reset-password", "dave")
	l.run("role", "remove", "Helpdesk Administrator", "erin")
	l.run("group", "member", "remove", "Crew", "erin")
	uids := map[int]string{lateUID: "late"}
	for _, name := range []string{"alice", "carol", "dave", "erin"} {
		uids[l.uid(name)] = name
	}
	l.stop()

	restored := &lab{t: t, dir: t.TempDir(), addr: "127.0.0.1"}
	restored.data = filepath.Join(restored.dir, "data")
	if out, err := restored.try("wrong-key\n", "restore", backup, "--recovery-key-file", "-"); err == nil {
		t.Errorf("a wrong recovery key restores: %s", out)
	}
	if _, err := os.Stat(filepath.Join(restored.data, "store")); err == nil {
		t.Error("a restore that failed left a store")
	}
	said := restored.run("restore", backup, "--recovery-key-file", filepath.Join(l.dir, "recovery"), "--surviving", l.data)
	for _, want := range []string{"bob is removed", "carol is disabled", "dave needs a new password", "erin no longer holds Helpdesk Administrator", "erin left Crew"} {
		if !strings.Contains(said, want) {
			t.Errorf("the restore does not say %q:\n%s", want, said)
		}
	}
	restored.onFreePorts()
	restored.start()
	t.Cleanup(restored.stop)
	for name, want := range map[string]bool{"alice": true, "bob": false, "carol": false, "dave": false, "erin": true} {
		if got := restored.binds(name, pw); got != want {
			t.Errorf("%s can sign in after the restore: %v, want %v", name, got, want)
		}
	}
	if out := restored.run("role", "list"); strings.Contains(out, "erin") {
		t.Errorf("erin has the role back:\n%s", out)
	}
	for i := range 3 {
		name := fmt.Sprintf("new%d", i)
		restored.user(name, pw)
		if who := uids[restored.uid(name)]; who != "" {
			t.Errorf("%s has the number that %s had", name, who)
		}
	}
	if out := restored.run("audit", "verify"); !strings.Contains(out, "whole and unaltered") {
		t.Errorf("audit verify: %s", out)
	}
	var s struct{ Epoch int }
	if err := json.Unmarshal([]byte(restored.run("status", "--json")), &s); err != nil || s.Epoch != 2 {
		t.Errorf("epoch: got %d, %v", s.Epoch, err)
	}
}

// The sealing key is rotated with the server stopped, and everything is still
// there; the old key opens nothing.
func TestSealKeyRotates(t *testing.T) {
	l := newLab(t, nil)
	l.user("alice", "Grey heron 41 fen")
	l.stop()
	key := l.data + ".seal.key"
	old, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	l.run("seal", "rotate")
	l.start()
	if !l.binds("alice", "Grey heron 41 fen") {
		t.Error("alice cannot sign in after the rotation")
	}
	l.stop()
	write(t, key, string(old))
	if out, err := l.try("", "serve"); err == nil || !strings.Contains(err.Error(), "sealing key") {
		t.Errorf("the old key opens the store: %s, %v", out, err)
	}
}
