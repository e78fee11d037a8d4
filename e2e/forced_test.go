package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A group called sudo and a person called postgres, should they ever get into the
// store, gain nothing on a machine that is set up as we recommend.
func TestForcedNames(t *testing.T) {
	careless := carelessProgram(t)
	e := newEstate(t)
	l := newLab(t, e.plain("dc1"))
	l.user("alice", alicePassword)
	t.Run("the doors refuse them", func(t *testing.T) {
		for _, args := range [][]string{{"user", "add", "postgres"}, {"group", "add", "sudo"}} {
			if out, err := l.try("", args[0], args[1:]...); err == nil || !strings.Contains(err.Error(), "the name of a system") {
				t.Errorf("selfsame %q: %v: %s", args, err, out)
			}
		}
	})
	force(l, careless)
	all := e.machines("dsvm1", "dsvm2")
	recommended(l, all[0])
	join(all[1], domain, "")
	for _, x := range []struct {
		name string
		step func(*testing.T, *machine)
	}{
		{"a name that no machine's file has is nobody's", forcedUser},
		{"a local user stays the local one", forcedBesideLocal},
		{"the group gives no sudo", forcedGroup},
	} {
		t.Run(x.name, func(t *testing.T) { x.step(t, all[0].under(t)) })
	}
	// What it would be otherwise: the danger is real, and the test would see it.
	t.Run("a machine that is only joined is not safe", func(t *testing.T) {
		m := all[1].under(t)
		m.run("id", "postgres")
		if out, status := m.sudo("alice"); status != 0 || !strings.HasSuffix(out, "0\n") {
			t.Errorf("exit %d: %s", status, out)
		}
	})
}

// carelessProgram is ours, but for the one line that refuses names: no door lets
// them in otherwise.
func carelessProgram(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source, err := filepath.Abs("../internal/core/ident/refused.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	const check = "return refusedNames[folded]"
	changed := strings.Replace(string(text), check, `return ""`, 1)
	if changed == string(text) {
		t.Fatalf("%s has no line %q", source, check)
	}
	write(t, filepath.Join(dir, "refused.go"), changed)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{source: filepath.Join(dir, "refused.go")}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "overlay.json"), string(overlay))
	path := filepath.Join(dir, "selfsame")
	if out, status := output(exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", path, "../cmd/selfsame")); status != 0 {
		t.Fatal(out)
	}
	return path
}

// force puts the names into the store, by a server that does not refuse them.
func force(l *lab, careless string) {
	l.t.Helper()
	ours := program
	defer func() { program = ours }()
	l.stop()
	program = careless
	l.start()
	l.user("postgres", alicePassword)
	l.run("group", "add", "sudo", "--member", "alice")
	l.stop()
	program = ours
	l.start()
}

// sudo is what somebody gets who asks for root with their password.
func (m *machine) sudo(user string) (string, int) {
	m.t.Helper()
	return m.as(user).input(alicePassword+"\n").try("sudo", "-S", "-p", "", "id", "-u")
}

func forcedUser(t *testing.T, m *machine) {
	m.run("id", "alice") // the machine does know people
	if out, status := m.try("id", "postgres"); status == 0 {
		t.Errorf("the directory's is known: %s", out)
	}
	if out, status := m.ssh("postgres", alicePassword, "localhost", "id"); status == 0 {
		t.Errorf("the directory's signs in: %s", out)
	}
}

func forcedBesideLocal(t *testing.T, m *machine) {
	m.run("useradd", "--system", "--create-home", "--shell", "/bin/bash", "postgres")
	want := m.run("getent", "-s", "files", "passwd", "postgres")
	if got := m.run("getent", "passwd", "postgres"); got != want {
		t.Errorf("getent: got %q, want %q", got, want)
	}
	uid := strings.Split(want, ":")[2]
	if got := m.run("id", "-u", "postgres"); got != uid+"\n" {
		t.Errorf("id: got %q, want %s", got, uid)
	}
	if out, status := m.ssh("postgres", alicePassword, "localhost", "id"); status == 0 {
		t.Errorf("the directory's password signs in as the local user: %s", out)
	}
	if out, status := m.as("alice").input(alicePassword+"\n").try("su", "-c", "id", "postgres"); status == 0 {
		t.Errorf("the directory's password makes alice the local user: %s", out)
	}
}

func forcedGroup(t *testing.T, m *machine) {
	want := m.run("getent", "-s", "files", "group", "sudo")
	if got := m.run("getent", "group", "sudo"); got != want {
		t.Errorf("getent: got %q, want %q", got, want)
	}
	local := strings.Split(want, ":")[2]
	for _, gid := range strings.Fields(m.run("id", "-G", "alice")) {
		if gid == local {
			t.Errorf("alice has the local group's number")
		}
	}
	if out, status := m.sudo("alice"); status == 0 || !strings.Contains(out, "not allowed to run sudo") {
		t.Errorf("alice is not refused: exit %d: %s", status, out)
	}
	// And the local group works as ever.
	m.run("useradd", "--create-home", "--groups", "sudo", "lena")
	m.input("lena:" + alicePassword + "\n").run("chpasswd")
	if out, status := m.sudo("lena"); status != 0 || !strings.HasSuffix(out, "0\n") {
		t.Errorf("a local member: exit %d: %s", status, out)
	}
}
