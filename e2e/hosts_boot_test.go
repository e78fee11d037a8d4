package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/e2e/hosts"
)

// Two machines and a place for a domain controller, the router between them: what
// every test of joined machines stands on.
func TestHostsBoot(t *testing.T) {
	var name string
	t.Run("boot", func(t *testing.T) {
		e := newEstate(t)
		name = strings.TrimSuffix(e.Router, "-router")
		dc := e.plain("dc1")
		all := e.machines("dsvm1", "dsvm2")
		t.Run("a machine is whole", func(t *testing.T) { wholeMachine(t, all[0].under(t)) })
		t.Run("the subnets reach each other", func(t *testing.T) { reachable(t, dc, all[0].under(t)) })
		t.Run("a local user signs in by ssh", func(t *testing.T) { signInByPassword(t, all[0].under(t), all[1].under(t)) })
		t.Run("a cable is cut and mended", func(t *testing.T) { cutAndMended(t, dc, all[0].under(t), all[1].under(t)) })
		t.Run("a disk outlives a power-off", func(t *testing.T) { offAndOn(t, all[1].under(t)) })
		t.Run("commands are the machine's own", func(t *testing.T) { commands(t, all[0].under(t)) })
	})
	if name != "" {
		gone(t, name)
	}
}

func wholeMachine(t *testing.T, m *machine) {
	if state, _ := m.try("systemctl", "is-system-running", "--wait"); state != "running\n" {
		failed := m.run("systemctl", "--failed", "--plain", "--no-legend")
		t.Logf("the machine is %s%s", state, failed)
		for line := range strings.Lines(failed) {
			// SSSD without a configuration: its sockets belong to nobody yet.
			if !strings.HasPrefix(line, "sssd") {
				t.Errorf("failed: %s", line)
			}
		}
	}
	m.run("systemctl", "is-active", "dbus", "systemd-logind", "ssh")
	if got := m.run("hostname", "-f"); got != "dsvm1.lab.internal\n" {
		t.Errorf("hostname -f: got %q", got)
	}
	if got, want := m.read("/etc/resolv.conf"), "search lab.internal\nnameserver 10.80.1.4\noptions timeout:2 attempts:2\n"; got != want {
		t.Errorf("resolv.conf: got %q, want %q", got, want)
	}
	if got := m.read("/etc/pam.d/common-session"); !strings.Contains(got, "pam_mkhomedir.so") {
		t.Errorf("homes are not made at the first sign-in:\n%s", got)
	}
	sshd := m.run("sshd", "-T")
	for _, want := range []string{"gssapiauthentication yes", "passwordauthentication yes"} {
		if !strings.Contains(sshd, want) {
			t.Errorf("sshd -T does not say %q", want)
		}
	}
}

func reachable(t *testing.T, dc *host, m *machine) {
	m.run("ping", "-c1", "-W2", dc.addr)
	if out, status := output(dc.command(t.Context(), "ping", "-c1", "-W2", m.Addr)); status != 0 {
		t.Errorf("from the domain's subnet: %s", out)
	}
}

func signInByPassword(t *testing.T, from, to *machine) {
	to.run("useradd", "--shell", "/bin/bash", "carol")
	to.input("carol:seven grey herons\n").run("chpasswd")
	ssh := func(password string) (string, int) {
		return from.try("sshpass", "-p", password, "ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
			"carol@"+to.Addr, "loginctl --no-legend list-sessions; pwd")
	}
	out, status := ssh("seven grey herons")
	if status != 0 || !strings.Contains(out, "carol") || !strings.HasSuffix(out, "/home/carol\n") {
		t.Errorf("exit %d, want a session of logind's and a home: %s", status, out)
	}
	if out, status := ssh("wrong"); status != 5 { // sshpass(1): invalid password
		t.Errorf("a wrong password: exit %d: %s", status, out)
	}
	if got := to.journal("ssh"); !strings.Contains(got, "Accepted password for carol from "+from.Addr) {
		t.Errorf("the journal does not know the sign-in:\n%s", got)
	}
}

func cutAndMended(t *testing.T, dc *host, cut, other *machine) {
	cut.cut()
	if out, status := cut.try("ping", "-c1", "-W1", dc.addr); status == 0 {
		t.Errorf("a cut machine reaches the domain: %s", out)
	}
	other.run("ping", "-c1", "-W2", dc.addr)
	cut.mend()
	eventually(t, "the mended machine reaches the domain", 5*time.Second, func() bool {
		_, status := cut.try("ping", "-c1", "-W1", dc.addr)
		return status == 0
	})
}

func offAndOn(t *testing.T, m *machine) {
	m.write("/etc/kept", "yes\n")
	id, key := m.read("/etc/machine-id"), m.read("/etc/ssh/ssh_host_ed25519_key.pub")
	m.stop()
	m.start()
	if got := m.read("/etc/kept") + m.read("/etc/machine-id") + m.read("/etc/ssh/ssh_host_ed25519_key.pub"); got != "yes\n"+id+key {
		t.Errorf("another disk: %s", got)
	}
}

func commands(t *testing.T, m *machine) {
	m.run("useradd", "dave")
	if got := m.as("dave").run("id", "-un"); got != "dave\n" {
		t.Errorf("as dave: got %q", got)
	}
	if got := m.input("one\ntwo\n").run("wc", "-l"); got != "2\n" {
		t.Errorf("standard input: got %q", got)
	}
	if out, status := m.try("false"); status != 1 {
		t.Errorf("false: exit %d: %s", status, out)
	}
	began := time.Now()
	if out, status := m.within(200*time.Millisecond).try("sleep", "300"); status == 0 || !strings.Contains(out, "ended after") || time.Since(began) > 5*time.Second {
		t.Errorf("a command past its time: exit %d after %s: %s", status, time.Since(began), out)
	}
	if out, status := m.try("pgrep", "-x", "sleep"); status == 0 {
		t.Errorf("a command past its time goes on, or its remains do: %s", out)
	}
	m.write("/srv/deep/file", "text\n", 0o644)
	if got := m.run("stat", "-c", "%a %U", "/srv/deep/file"); got != "644 root\n" {
		t.Errorf("a written file: got %q", got)
	}
	m.restart("ssh")
	m.run("systemctl", "is-active", "ssh")
}

// gone looks for whatever a network of that name may have left on the machine.
func gone(t *testing.T, name string) {
	t.Helper()
	if out, err := exec.Command("ip", "netns", "list").Output(); err != nil || strings.Contains(string(out), name+"-") {
		t.Errorf("namespaces: %v\n%s", err, out)
	}
	for _, pattern := range []string{filepath.Join(hosts.Cache, "run", name), "/sys/fs/cgroup/" + name, "/sys/fs/cgroup/unified/" + name} {
		if _, err := os.Stat(pattern); err == nil {
			t.Errorf("%s is still there", pattern)
		}
	}
	// A process of a host, whatever it did to hide, stands in a mount namespace of
	// the host's disk or below its folder.
	tables, _ := filepath.Glob("/proc/[0-9]*/mountinfo")
	for _, table := range tables {
		if b, err := os.ReadFile(table); err == nil && strings.Contains(string(b), "/"+name+"/") {
			t.Errorf("%s names its folder", table)
		}
	}
}

// A run that was killed leaves its hosts running; the next one removes them, and
// leaves those of a neighbour alone.
func TestHostsOfAKilledRunAreRemoved(t *testing.T) {
	if out := os.Getenv("SELFSAME_LEAVE_HOSTS"); out != "" {
		leaveHosts(t, out)
	}
	neighbour := newEstate(t)
	living := neighbour.plain("dc1")
	said := filepath.Join(t.TempDir(), "name")
	c := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	c.Env = append(os.Environ(), "SELFSAME_LEAVE_HOSTS="+said)
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	if err := c.Run(); err == nil {
		t.Fatal("it was not killed")
	}
	left, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(hosts.Cache, "run", string(left))); err != nil {
		t.Fatalf("the killed run left nothing to remove: %v", err)
	}
	newEstate(t)
	gone(t, string(left))
	if out, status := output(living.command(t.Context(), "ping", "-c1", "-W2", "10.80.1.1")); status != 0 {
		t.Errorf("the neighbour's host: %s", out)
	}
}

// leaveHosts boots a machine, starts a program on a plain host, writes down their
// network's name and dies.
func leaveHosts(t *testing.T, out string) {
	e := newEstate(t)
	if err := e.plain("dc1").command(t.Context(), "sleep", "600").Start(); err != nil {
		t.Fatal(err)
	}
	e.machines("dsvm1")
	write(t, out, strings.TrimSuffix(e.Router, "-router"))
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}
