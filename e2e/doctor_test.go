package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The doctor on a machine that boots and joins: each fault is seeded alone, named, and
// mended by the doctor or by whoever seeded it, after which all is well again.
func TestDoctorOnAMachine(t *testing.T) {
	static := staticProgram(t)
	e := newEstate(t)
	l := newLab(t, e.plain("dc1"))
	l.user("alice", alicePassword)
	m := e.machines("dsvm1")[0]
	m.write("/usr/local/bin/selfsame", static, 0o755)
	t.Run("before the join", func(t *testing.T) { doctorBeforeTheJoin(t, m.under(t)) })
	join(m, domain, "dyndns_refresh_interval_offset = 0\n")
	t.Run("set up as recommended", func(t *testing.T) { doctorSetsUp(t, m.under(t)) })
	if t.Failed() {
		return
	}
	for _, x := range ailments {
		t.Run(x.name, func(t *testing.T) { x.run(t, m.under(t)) })
	}
	t.Run("people still sign in", func(t *testing.T) {
		if out, status := m.under(t).ssh("alice", alicePassword, m.Addr, "pwd"); status != 0 || out != "/home/alice\n" {
			t.Errorf("exit %d: %s", status, out)
		}
	})
	t.Run("buried", func(t *testing.T) {
		l.run("machine", "bury", "dsvm1", "--yes")
		m.under(t).mustFind("machine-key", "does not accept the machine's key")
	})
}

// staticProgram is the program as it is copied to a machine: it needs nothing there.
func staticProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "selfsame")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, "../cmd/selfsame")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, status := output(build); status != 0 {
		t.Fatal(out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// finding is one of the doctor's, as a script reads it.
type finding struct {
	Check, Severity, What, Why, Do string
	Fixable                        bool
}

// doctor examines the machine, and returns what it finds that is not a note.
func (m *machine) doctor(args ...string) (findings []finding, status int) {
	m.t.Helper()
	out, status := m.try("selfsame", append([]string{"doctor", "--json"}, args...)...)
	var r struct{ Findings []finding }
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&r); err != nil {
		m.t.Fatalf("exit %d: %v: %s", status, err, out)
	}
	findings = slices.DeleteFunc(r.Findings, func(f finding) bool { return f.Severity == "note" })
	if want := min(len(findings), 1); status != want {
		m.t.Errorf("exit %d with %d findings", status, len(findings))
	}
	return findings, status
}

// mustFind is the finding of a check that says what.
func (m *machine) mustFind(check, what string, args ...string) finding {
	m.t.Helper()
	all, _ := m.doctor(args...)
	i := slices.IndexFunc(all, func(f finding) bool { return f.Check == check && strings.Contains(f.What, what) })
	if i < 0 {
		m.t.Fatalf("%s does not find %q: %+v", check, what, all)
	}
	return all[i]
}

func (m *machine) mustBeWell(args ...string) {
	m.t.Helper()
	if all, _ := m.doctor(args...); len(all) > 0 {
		m.t.Errorf("not well: %+v", all)
	}
}

// firewall seeds a rule of nftables, in a chain of the test's own.
func firewall(hook, rule string) string {
	return "nft add table inet doctor; nft add chain inet doctor c '{ type filter hook " + hook + " priority 0; }'; nft add rule inet doctor c " + rule
}

const noFirewall = "nft delete table inet doctor"

// A port that is dropped on the way is named before the join fails by it.
func doctorBeforeTheJoin(t *testing.T, m *machine) {
	m.mustBeWell()
	m.run("sh", "-c", firewall("input", "udp sport 464 drop"))
	m.mustFind("ports", "port 464/udp of dc1."+domain+" (10.80.1.4) is silent")
	m.run("sh", "-c", noFirewall)
	m.mustBeWell()
}

// What a join leaves is not yet what is recommended: the doctor adds the rest, and
// keeps what it replaces.
func doctorSetsUp(t *testing.T, m *machine) {
	m.mustFind("sssd-names", "sudo")
	before := m.read("/etc/sssd/sssd.conf")
	out, _ := m.try("selfsame", "doctor", "--fix", "--yes")
	if !strings.Contains(out, "+ Defaults match_group_by_gid") {
		t.Errorf("it does not show what it changes:\n%s", out)
	}
	if got := m.read("/etc/sssd/sssd.conf.bak"); got != before {
		t.Errorf("what was replaced is not kept: %q, want %q", got, before)
	}
	eventually(t, "the machine is well", 45*time.Second, func() bool {
		all, _ := m.doctor()
		return len(all) == 0
	})
}

// ailment is a fault that is seeded on a machine that is well.
type ailment struct {
	name, seed  string // seed: a command line for a shell
	check, what string
	undo        string // empty: the doctor mends it
}

func (x *ailment) run(t *testing.T, m *machine) {
	m.run("sh", "-ec", x.seed)
	f := m.mustFind(x.check, x.what)
	switch {
	case x.undo != "":
		m.run("sh", "-ec", x.undo)
	case !f.Fixable:
		t.Fatalf("no fix: %+v", f)
	default:
		if out, status := m.try("selfsame", "doctor", "--fix", "--yes"); status != 0 || !strings.Contains(out, "Mended: "+f.What) {
			t.Fatalf("exit %d: %s", status, out)
		}
	}
	m.mustBeWell()
}

const (
	sssdConf = "/etc/sssd/sssd.conf"
	// renew gives the machine a new password, and puts the keytab of before in its
	// place: the machine is a copy of itself that was made earlier.
	renew = "cp -p /etc/krb5.keytab /root/old.keytab; adcli update --domain=" + domain + " --computer-password-lifetime=0; " +
		"mv /etc/krb5.keytab /root/new.keytab; mv /root/old.keytab /etc/krb5.keytab"
	machineTicket = "kinit -k 'DSVM1$'; printf 'zone " + domain + "\\nupdate delete dsvm1." + domain + " A\\nupdate add dsvm1." + domain + " 3600 A %s\\nsend\\n' "
)

var ailments = []ailment{
	{"464/udp dropped on the way", firewall("input", "udp sport 464 drop"), "ports", "port 464/udp of dc1." + domain + " (10.80.1.4) is silent", noFirewall},
	{"464/tcp kept back here", firewall("output", "tcp dport 464 drop"), "ports", "port 464/tcp of dc1." + domain + " (10.80.1.4) is silent", noFirewall},
	{"3268/tcp refused", firewall("output", "tcp dport 3268 reject with tcp reset"), "ports", "port 3268/tcp of dc1." + domain + " (10.80.1.4) is refused", noFirewall},
	{"a dead first name server", "cp /etc/resolv.conf /root; sed -i '1a nameserver 10.80.1.99' /etc/resolv.conf", "resolver", "name server 10.80.1.99 is", "cp /root/resolv.conf /etc/resolv.conf"},
	{"the name on loopback", "cp /etc/hosts /root; echo 127.0.1.1 dsvm1." + domain + " dsvm1 >>/etc/hosts", "host-name", "127.0.1.1 to dsvm1." + domain, "cp /root/hosts /etc/hosts"},
	{"a name of another domain", "hostname dsvm1.example.org", "host-name", "dsvm1.example.org", "hostname dsvm1." + domain},
	{"another realm", "sed -i 's/default_realm = .*/default_realm = ATHENA.MIT.EDU/' /etc/krb5.conf", "krb5-realm", "ATHENA.MIT.EDU", ""},
	{"no look-up of servers", "sed -i '/default_realm/a dns_lookup_kdc = false' /etc/krb5.conf", "krb5-realm", "dns_lookup_kdc is off", ""},
	{"RC4 alone", "sed -i '/default_realm/a permitted_enctypes = rc4-hmac' /etc/krb5.conf", "krb5-types", "leaves out AES", ""},
	{"UDP at any price", "sed -i '/default_realm/a udp_preference_limit = 32700' /etc/krb5.conf", "krb5-transport", "32700", ""},
	{"an open keytab", "chmod 644 /etc/krb5.keytab", "keytab", "mode 0644", ""},
	{"no keytab", "mv /etc/krb5.keytab /root/away", "keytab", "is not there", "mv /root/away /etc/krb5.keytab"},
	{"an old key", renew, "machine-key", "does not accept the machine's key", "mv /root/new.keytab /etc/krb5.keytab; systemctl restart sssd"},
	{"an open sssd.conf", "chmod 644 " + sssdConf, "sssd-conf", "mode 0644", ""},
	{"long names", "sed -i 's/^use_fully.*/use_fully_qualified_names = True/' " + sssdConf, "sssd-domain", "alice@" + domain, ""},
	{"homes by domain", "sed -i 's/^fallback_homedir.*/fallback_homedir = \\/home\\/%u@%d/' " + sssdConf, "sssd-domain", "/home/%u@%d", ""},
	{"everybody let in", "sed -i 's/^access_provider.*/access_provider = permit/' " + sssdConf, "sssd-domain", "lets everybody in", ""},
	{"a group that would be root", "sed -i '/^filter_groups/s/sudo, //' " + sssdConf, "sssd-names", "in the domain too: sudo", ""},
	{"SSSD is stopped", "systemctl stop sssd", "sssd", "does not run: it is inactive", ""},
	{"people not looked up", "sed -i '/^passwd:/s/ sss//' /etc/nsswitch.conf", "nsswitch", "look for passwd", ""},
	{"sudo rules not looked up", "sed -i '/^sudoers:/s/ sss//' /etc/nsswitch.conf", "nsswitch", "look for sudoers", ""},
	{"no homes made", "pam-auth-update --package --remove mkhomedir", "pam", "PAM makes no homes", ""},
	{"no dictionary", "mv /var/cache/cracklib /root/", "cracklib", "dictionary that is not there", "mv /root/cracklib /var/cache/"},
	{"cloud-init's file", "echo 'PasswordAuthentication no' >/etc/ssh/sshd_config.d/05-cloud-init.conf", "sshd", "PasswordAuthentication no, by /etc/ssh/sshd_config.d/05-cloud-init.conf", ""},
	{"no tickets at sshd", "rm /etc/ssh/sshd_config.d/00-selfsame.conf /etc/ssh/sshd_config.d/05-cloud-init.conf; sed -i '/GSSAPI/d' /etc/ssh/sshd_config.d/10-bench.conf", "sshd", "GSSAPIAuthentication no, because no file", ""},
	{"a name with a dot in sudoers.d", "echo '%x ALL=(ALL) ALL' >/etc/sudoers.d/aad.admins", "sudoers", "passes over /etc/sudoers.d/aad.admins", "rm /etc/sudoers.d/aad.admins"},
	{"groups by name", "rm /etc/sudoers.d/selfsame", "sudoers", "compares groups by name", ""},
	{"no folder of homes", "mv /home /root/", "homes", "/home, which is not there", "mv /root/home /"},
	{"a name twice", "echo alice:x:1500:1500::/:/bin/sh >>/etc/passwd", "clashes", "the account alice is in /etc/passwd and in the directory", "sed -i /^alice:/d /etc/passwd"},
	{"a number in the range", "groupadd -g 200001 pool", "clashes", "pool (200001)", "groupdel pool"},
	{"no nsupdate", "mv /usr/bin/nsupdate /root/", "dns-update", "nsupdate is not installed", "mv /root/nsupdate /usr/bin/"},
	{"another's address", machineTicket + "10.80.2.99 | nsupdate -g", "own-record", "DNS gives 10.80.2.99", machineTicket + "$(hostname -I) | nsupdate -g"},
}

// The doctor on a server looks at what is the server's.
func TestDoctorOnAServer(t *testing.T) {
	needRoot(t)
	l := newLab(t, nil)
	doctor := func(args ...string) string {
		out, _ := l.try("", "doctor", args...)
		return out
	}
	if out := doctor(); !strings.Contains(out, "all is well") {
		t.Errorf("a new server: %s", out)
	}
	key := l.data + ".seal.key"
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if out := doctor("--fix", "--yes"); !strings.Contains(out, "Mended: "+key+" has mode 0644") || !strings.Contains(out, "all is well") {
		t.Errorf("an open sealing key: %s", out)
	}
	l.stop()
	if out := doctor(); !strings.Contains(out, "no server answers") {
		t.Errorf("a server that is down: %s", out)
	}
}
