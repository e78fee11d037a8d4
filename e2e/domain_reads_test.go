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
	l.user("carol", alicePassword)
	l.run("group", "add", "Egrets")
	l.run("group", "add", "Ibises")
	all := e.machines("dsvm1", "dsvm2", "dsvm3")
	m, o, idle := all[0], all[1], all[2]
	for _, x := range all {
		recommended(l, x)
	}
	key := addKey(l, o, "alice")
	addKey(l, o, "bob")
	addKey(l, o, "carol")
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
	t.Run("the machine's keys roll", func(t *testing.T) { machineKeysRoll(t, l, m.under(t), o.under(t)) })
	t.Run("changes are felt", func(t *testing.T) {
		t.Parallel() // nearly all of it is waiting
		changesAreFelt(t, l, m.under(t), o.under(t), idle.under(t))
	})
	t.Run("names cannot be told by SSSD", func(t *testing.T) {
		t.Parallel()
		namesBySSSD(t, l, o.under(t))
	})
}

// recommended joins a machine and sets it up as we recommend.
func recommended(l *lab, m *machine) {
	m.t.Helper()
	m.input(adminPassword+"\n").run("realm", "join", "--user=administrator", domain)
	m.write("/etc/sudoers.d/selfsame", "Defaults match_group_by_gid\n", 0o440)
	m.write("/etc/ssh/sshd_config.d/20-selfsame.conf", "AuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys\nAuthorizedKeysCommandUser nobody\n", 0o644)
	m.restart("ssh")
	m.setSSSD(l.run("machine", "sssd-conf", m.Name))
}

// setSSSD makes SSSD begin anew with a configuration.
func (m *machine) setSSSD(conf string) {
	m.t.Helper()
	m.write("/etc/sssd/sssd.conf", conf)
	m.run("sh", "-c", "systemctl stop sssd; rm -rf /var/lib/sss/db/* /var/lib/sss/mc/*")
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
