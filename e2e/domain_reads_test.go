package e2e

import (
	"strings"
	"testing"
	"time"
)

// What machines read of the directory beside who there is: SSH keys, sudo rules, and
// who is out, with the sssd.conf we recommend.
func TestDomainMachinesRead(t *testing.T) {
	e := newEstate(t)
	l := newLab(t, e.plain("dc1"))
	l.user("alice", alicePassword)
	l.user("bob", alicePassword)
	l.run("sudo", "add", "who", "--user", "alice", "--host", "ALL", "--command", "/usr/bin/id", "--option", "!authenticate")
	both := e.machines("dsvm1", "dsvm2")
	m, o := both[0], both[1]
	recommended(l, m)
	key := addKey(l, o, "alice")
	addKey(l, o, "bob")
	t.Run("a key of the directory signs in", func(t *testing.T) {
		m, o := m.under(t), o.under(t)
		if out, status := o.sshKey("alice", m.Addr, "id -un"); status != 0 || out != "alice\n" {
			t.Fatalf("exit %d: %s", status, out)
		}
		l.run("user", "ssh-key", "remove", "bob", key("bob"))
		if out, status := o.sshKey("bob", m.Addr, "true"); status == 0 {
			t.Errorf("a key that was taken away signs in: %s", out)
		}
	})
	t.Run("sudo by a rule", func(t *testing.T) {
		o := o.under(t)
		if out, status := o.sshKey("alice", m.Addr, "sudo -n /usr/bin/id -u"); status != 0 || out != "0\n" {
			t.Errorf("exit %d: %s", status, out)
		}
		if out, status := o.sshKey("alice", m.Addr, "sudo -n /bin/cat /etc/shadow"); status == 0 {
			t.Errorf("more than the rule allows: %s", out)
		}
	})
	t.Run("one who is disabled is out", func(t *testing.T) { disabledIsOut(t, l, m.under(t), o.under(t)) })
}

// recommended joins a machine and sets it up as we recommend.
func recommended(l *lab, m *machine) {
	m.t.Helper()
	m.input(adminPassword+"\n").run("realm", "join", "--user=administrator", domain)
	m.write("/etc/sssd/sssd.conf", l.run("machine", "sssd-conf", m.Name))
	m.write("/etc/sudoers.d/selfsame", "Defaults match_group_by_gid\n", 0o440)
	m.write("/etc/ssh/sshd_config.d/20-selfsame.conf", "AuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys\nAuthorizedKeysCommandUser nobody\n", 0o644)
	m.restart("ssh")
	m.run("sh", "-c", "systemctl stop sssd; rm -rf /var/lib/sss/db/*")
	m.restart("sssd")
}

// addKey makes a key pair on a machine and gives the directory its public half. It
// returns what the directory calls the key of somebody.
func addKey(l *lab, m *machine, user string) func(user string) string {
	m.t.Helper()
	m.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/"+user)
	public := m.read("/root/" + user + ".pub")
	if _, err := l.try(public, "user", "ssh-key", "add", user, "--key-file", "-"); err != nil {
		m.t.Fatal(err)
	}
	return func(user string) string {
		out := m.run("ssh-keygen", "-lf", "/root/"+user+".pub")
		return strings.Fields(out)[1]
	}
}

// sshKey runs a command on another machine by a key.
func (m *machine) sshKey(user, to, command string) (string, int) {
	m.t.Helper()
	return m.within(45*time.Second).try("ssh", "-i", "/root/"+user, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
		"-o", "LogLevel=ERROR", "-o", "PreferredAuthentications=publickey", "-o", "IdentitiesOnly=yes", user+"@"+to, command)
}

// longestIn is how long somebody who is disabled can still come in to a machine set
// up as we recommend, by a key that never asks the domain: as long as SSSD takes a
// ticket's word for who somebody is (pac_lifetime), and a moment.
const longestIn = 65 * time.Second

// disabledIsOut measures it, after the sign-in that lets SSSD ask least: with a
// password, which brings a ticket.
func disabledIsOut(t *testing.T, l *lab, m, o *machine) {
	if out, status := o.ssh("alice", alicePassword, m.Addr, "true"); status != 0 {
		t.Fatalf("exit %d: %s", status, out)
	}
	l.run("user", "disable", "alice")
	began := time.Now()
	if out, status := o.ssh("alice", alicePassword, m.Addr, "true"); status == 0 {
		t.Errorf("by password at once: %s", out)
	}
	eventually(t, "the key of one who is disabled is refused", longestIn, func() bool {
		_, status := o.sshKey("alice", m.Addr, "true")
		return status != 0
	})
	t.Logf("out after %s", time.Since(began).Round(time.Second))
}
