package doctor

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

func TestAMachineThatIsWell(t *testing.T) {
	l := newLab(t)
	r := l.Examine(t.Context())
	if len(r.Findings) != 0 || !r.Well() || r.Machine != "dsvm1.lab.internal" || r.Domain != "lab.internal" || !r.Joined {
		t.Errorf("got %+v", r)
	}
	l.wait.Wait()
}

// ailment is something wrong with a machine that is well otherwise.
type ailment struct {
	name  string
	seed  func(*lab)
	check string
	what  string // a part of the finding
	fixed bool   // the doctor mends it
}

var faults = []ailment{
	// the network
	{"no name server", func(l *lab) { l.put("/etc/resolv.conf", "", 0o644) }, "resolver", "names no name server", false},
	{"a dead first name server", func(l *lab) { l.put("/etc/resolv.conf", "nameserver 10.80.1.9\nnameserver "+serverIP+"\n", 0o644) }, "resolver", "10.80.1.9 is silent", false},
	{"a name server that knows no domain", func(l *lab) { delete(l.names, "SOA lab.internal") }, "resolver", "does not know lab.internal", false},
	{"no SRV record", func(l *lab) { delete(l.names, "SRV _gc._tcp.lab.internal") }, "srv", "no SRV record _gc._tcp.lab.internal", false},
	{"a target without an address", func(l *lab) {
		l.names["SRV _kpasswd._udp.lab.internal"] = []string{"gone.lab.internal"}
	}, "srv", "gone.lab.internal has no address", false},
	{"no pointer, and Kerberos wants it", func(l *lab) {
		delete(l.names, "PTR 4.1.80.10.in-addr.arpa")
		l.swap("/etc/krb5.conf", "rdns = false", "rdns = true")
	}, "reverse", "has no name in DNS", true},
	{"a wrong pointer, and Kerberos wants it", func(l *lab) {
		l.names["PTR 4.1.80.10.in-addr.arpa"] = []string{"nat.example"}
		l.swap("/etc/krb5.conf", "\trdns = false\n", "")
	}, "reverse", "is named nat.example", true},
	{"464/udp dropped", func(l *lab) { l.ports["udp/464"] = nil }, "ports", "port 464/udp of dc1.lab.internal (10.80.1.4) is silent", false},
	{"464/tcp dropped", func(l *lab) { l.ports["tcp/464"] = nil }, "ports", "port 464/tcp of dc1.lab.internal (10.80.1.4) is silent", false},
	{"3268/tcp refused", func(l *lab) { l.ports["tcp/3268"] = refused }, "ports", "port 3268/tcp of dc1.lab.internal (10.80.1.4) is refused", false},
	{"88/udp refused", func(l *lab) { l.ports["udp/88"] = refused }, "ports", "port 88/udp of dc1.lab.internal (10.80.1.4) is refused", false},
	{"another name in the ping", func(l *lab) { l.host = "dc9.lab.internal" }, "ping", "calls itself dc9.lab.internal", false},
	{"a clock ten minutes behind", func(l *lab) { l.ahead = 10 * time.Minute }, "clock", "10m0s behind that of dc1.lab.internal", false},
	{"a clock six minutes ahead", func(l *lab) { l.ahead = -6 * time.Minute }, "clock", "6m0s ahead of that of dc1.lab.internal", false},
	{"a clock on its way out", func(l *lab) { l.ahead = 3 * time.Minute }, "clock", "3m0s behind", false},
	{"nothing keeps the clock", func(l *lab) { l.said["systemctl is-active systemd-timesyncd"] = "inactive\ninactive\n" }, "time-service", "nothing keeps the clock", false},
	// the machine's name
	{"localhost", func(l *lab) { l.Name = "localhost" }, "host-name", "called localhost", false},
	{"a short name alone", func(l *lab) { l.Name = "dsvm1"; l.put("/etc/hosts", "127.0.0.1 localhost\n", 0o644) }, "host-name", "no whole name", false},
	{"a name in another domain", func(l *lab) { l.Name = "dsvm1.example.org" }, "host-name", "its domain is lab.internal", false},
	{"a long name", func(l *lab) { l.Name = "data-science-vm-1.lab.internal" }, "host-name", "17 characters", false},
	{"the name on loopback", func(l *lab) { l.swap("/etc/hosts", ownIP, "127.0.1.1") }, "host-name", "127.0.1.1 to dsvm1.lab.internal", false},
	// Kerberos
	{"no realm", func(l *lab) { l.swap("/etc/krb5.conf", "\tdefault_realm = LAB.INTERNAL\n", "") }, "krb5-realm", "no default_realm", true},
	{"another realm", func(l *lab) { l.swap("/etc/krb5.conf", "LAB.INTERNAL", "ATHENA.MIT.EDU") }, "krb5-realm", "ATHENA.MIT.EDU", true},
	{"a realm in lower case", func(l *lab) { l.swap("/etc/krb5.conf", "LAB.INTERNAL", "lab.internal") }, "krb5-realm", "default_realm is lab.internal", true},
	{"no look-up of servers", func(l *lab) { l.swap("/etc/krb5.conf", "rdns = false", "rdns = false\n\tdns_lookup_kdc = false") }, "krb5-realm", "dns_lookup_kdc is off", true},
	{"RC4 alone", func(l *lab) {
		l.swap("/etc/krb5.conf", "rdns = false", "rdns = false\n\tpermitted_enctypes = rc4-hmac des3")
	}, "krb5-types", "leaves out AES", true},
	{"RC4 alone in an included file", func(l *lab) {
		l.put("/etc/krb5.conf.d/old", "[libdefaults]\ndefault_tkt_enctypes = rc4-hmac\n", 0o644)
		l.put("/etc/krb5.conf", "includedir /etc/krb5.conf.d/\n"+l.read("/etc/krb5.conf"), 0o644)
	}, "krb5-types", "default_tkt_enctypes in /etc/krb5.conf.d/old", true},
	{"UDP at any price", func(l *lab) { l.swap("/etc/krb5.conf", "rdns = false", "rdns = false\n\tudp_preference_limit = 32700") }, "krb5-transport", "32700", true},
	{"no keytab", func(l *lab) { l.remove(keytabPath) }, "keytab", "is not there", false},
	{"an open keytab", func(l *lab) { _ = os.Chmod(l.path(keytabPath), 0o644) }, "keytab", "has mode 0644", true},
	{"a broken keytab", func(l *lab) { l.put(keytabPath, "no keytab", 0o600) }, "keytab", "cannot be read", false},
	{"a keytab of RC4", func(l *lab) {
		e := keysOf(make([]byte, 16), 2, "DSVM1$", "host/dsvm1.lab.internal")
		for i := range e {
			e[i].EType = krb5.RC4HMAC
		}
		l.keytab(e...)
	}, "keytab", "no AES key", false},
	{"a keytab of another machine", func(l *lab) { l.keytab(keysOf(l.key, 2, "DSVM7$", "host/dsvm7.lab.internal")...) }, "keytab", "no key of DSVM1$, but of DSVM7$", false},
	{"a keytab without the host", func(l *lab) { l.keytab(keysOf(l.key, 2, "DSVM1$")...) }, "keytab", "no key of host/dsvm1.lab.internal", false},
	{"an old key", func(l *lab) { l.key = etype.AES256SHA1.NewKey() }, "machine-key", "does not accept the machine's key, version 2", false},
	{"another version", func(l *lab) { l.kvno = 5 }, "machine-key", "version 2, and the domain version 5", false},
	{"a buried machine", func(l *lab) {
		l.Name = "dsvm2.lab.internal"
		l.keytab(keysOf(l.key, 2, "DSVM2$", "host/dsvm2.lab.internal")...)
	}, "machine-key", "has no account DSVM2$", false},
	// SSSD
	{"no sssd.conf", func(l *lab) { l.remove("/etc/sssd/sssd.conf") }, "sssd-conf", "is not there", false},
	{"an open sssd.conf", func(l *lab) { _ = os.Chmod(l.path(sssdPath), 0o640) }, "sssd-conf", "has mode 0640", true},
	{"a line that is none", func(l *lab) { l.swap(sssdPath, "[nss]", "[nss]\noops") }, "sssd-conf", "oops", false},
	{"a domain without a section", func(l *lab) { l.swap(sssdPath, "domains = lab.internal", "domains = lab.example") }, "sssd-conf", "lists no domain", false},
	{"long names", func(l *lab) { l.swap(sssdPath, "names = False", "names = True") }, "sssd-domain", "alice@lab.internal", true},
	{"homes by domain", func(l *lab) { l.swap(sssdPath, "/home/%u", "/home/%u@%d") }, "sssd-domain", "/home/%u@%d", true},
	{"no homes", func(l *lab) { l.swap(sssdPath, "fallback_homedir = /home/%u\n", "") }, "sssd-domain", "nothing of homes", true},
	{"everybody let in", func(l *lab) { l.swap(sssdPath, "access_provider = ad", "access_provider = permit") }, "sssd-domain", "lets everybody in", true},
	{"no provider", func(l *lab) { l.swap(sssdPath, "id_provider = ad\n", "") }, "sssd-domain", "no id_provider", true},
	{"a shell that is not there", func(l *lab) {
		l.swap(sssdPath, "id_provider", "default_shell = /bin/tcsh\nid_provider")
		l.put("/bin/bash", "", 0o755)
	}, "sssd-domain", "/bin/tcsh", true},
	{"no sudo service", func(l *lab) { l.swap(sssdPath, ", sudo\n", "\n") }, "sssd-services", "does not serve sudo", true},
	{"keys by sss, and no ssh service", func(l *lab) {
		l.put("/etc/ssh/sshd_config.d/20-keys.conf", "AuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys\n", 0o644)
	}, "sssd-services", "does not serve ssh", true},
	{"a group that would be root", func(l *lab) { l.swap(sssdPath, "root, sudo, docker", "root, docker") }, "sssd-names", "in the domain too: sudo", true},
	{"no names kept back", func(l *lab) {
		l.swap(sssdPath, "[nss]\nfilter_users = root, daemon\nfilter_groups = root, sudo, docker\n", "")
	}, "sssd-names", "sudo and docker", true},
	{"SSSD is down", func(l *lab) {
		l.said["systemctl is-active sssd"] = "failed\n"
	}, "sssd", "does not run: it is failed", false}, // the fix starts it, for real
	{"SSSD is offline", func(l *lab) {
		l.said["systemctl is-active sssd"] = "active\n"
		l.said["sssctl domain-status"] = "Online status: Offline\n"
	}, "sssd", "offline", false},
	// what asks SSSD
	{"people not looked up", func(l *lab) { l.swap("/etc/nsswitch.conf", "passwd: files sss", "passwd: files") }, "nsswitch", "look for passwd", true},
	{"sudo rules not looked up", func(l *lab) { l.swap("/etc/nsswitch.conf", "sudoers: files sss\n", "") }, "nsswitch", "look for sudoers", true},
	{"a rule that ends the search", func(l *lab) {
		l.swap("/etc/nsswitch.conf", "group: files sss", "group: files [NOTFOUND=return] db # so")
	}, "nsswitch", "look for group", true},
	{"PAM asks nobody", func(l *lab) { l.put("/etc/pam.d/common-auth", "auth required pam_unix.so\n", 0o644) }, "pam", "for auth", false},
	{"no homes made", func(l *lab) { l.swap("/etc/pam.d/common-session", "session optional pam_mkhomedir.so\n", "") }, "pam", "makes no homes", false},
	{"no dictionary", func(l *lab) { l.remove("/var/cache/cracklib") }, "cracklib", "dictionary", false},
	{"cloud-init's file", func(l *lab) {
		l.put("/etc/ssh/sshd_config.d/50-cloud-init.conf", "PasswordAuthentication no\n", 0o600)
		l.put("/etc/ssh/sshd_config", l.read("/etc/ssh/sshd_config")+"PasswordAuthentication yes\n", 0o644)
	}, "sshd", "PasswordAuthentication no, by /etc/ssh/sshd_config.d/50-cloud-init.conf", true},
	{"no tickets", func(l *lab) { l.remove("/etc/ssh/sshd_config.d/10-lab.conf") }, "sshd", "GSSAPIAuthentication no, because no file", true},
	{"no PAM in sshd", func(l *lab) {
		l.put("/etc/ssh/sshd_config", "GSSAPIAuthentication=yes\nMatch User x\nUsePAM yes\n", 0o644)
	}, "sshd", "UsePAM no", true},
	{"a name with a dot in sudoers.d", func(l *lab) { l.put("/etc/sudoers.d/aad.admins", "%x ALL=ALL\n", 0o440) }, "sudoers", "passes over /etc/sudoers.d/aad.admins", false},
	{"sudoers.d not included", func(l *lab) { l.put("/etc/sudoers", "root ALL=(ALL) ALL\n", 0o440) }, "sudoers", "does not include", false},
	{"groups by name", func(l *lab) { l.remove("/etc/sudoers.d/selfsame") }, "sudoers", "compares groups by name", true},
	{"no folder of homes", func(l *lab) { l.remove("/home") }, "homes", "/home, which is not there", false},
	{"an open folder of homes", func(l *lab) { _ = os.Chmod(l.path("/home"), 0o777) }, "homes", "everybody may write", false},
	{"a name twice", func(l *lab) { l.said["getent -s sss passwd"] = "carol:*:500001:1::/:/bin/sh\n" }, "clashes", "account carol is in /etc/passwd and in the directory", false},
	{"a number in the range", func(l *lab) {
		l.said["getent"] = ""
		l.put("/etc/group", l.read("/etc/group")+"pool:x:200001:\n", 0o644)
	}, "clashes", "pool (200001)", false},
	{"no nsupdate", func(l *lab) { l.remove("/usr/bin/nsupdate") }, "dns-update", "not installed", false},
	{"no own record", func(l *lab) { delete(l.names, "A dsvm1.lab.internal") }, "own-record", "no address in DNS", false},
	{"another's record", func(l *lab) { l.names["A dsvm1.lab.internal"] = []string{"10.80.2.99"} }, "own-record", "DNS gives 10.80.2.99", false},
}

func TestFaultsAreFoundAndMended(t *testing.T) {
	for _, x := range faults {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			defer l.wait.Wait()
			x.seed(l)
			r := l.Examine(t.Context())
			i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Check == x.check && strings.Contains(f.What, x.what) })
			if i < 0 {
				t.Fatalf("%s does not find %q: %+v", x.check, x.what, r.Findings)
			}
			f := r.Findings[i]
			if f.Why == "" || f.Do == "" {
				t.Errorf("the finding does not say why, or what to do: %+v", f)
			}
			if !x.fixed {
				return
			}
			if f.Fix == nil {
				t.Fatalf("it has no fix: %+v", f)
			}
			l.said["sshd -t"], l.said["visudo -c"] = "", ""
			for _, f := range r.Findings {
				if f.Check != x.check || f.Fix == nil {
					continue
				}
				changes, err := l.Apply(t.Context(), f.Fix)
				if err != nil || len(changes) == 0 || len(changes[0].Lines()) == 0 {
					t.Fatalf("the fix: %v, %+v", err, changes)
				}
				l.Finish(t.Context(), []*Fix{f.Fix})
			}
			if left := l.Examine(t.Context()).Findings; slices.ContainsFunc(left, func(g Finding) bool { return g.Check == x.check && g.Severity > Note }) {
				t.Errorf("it is found again: %+v", left)
			}
		})
	}
}

// Every check finds something: one that never does looks at nothing.
func TestEveryCheckHasAFault(t *testing.T) {
	seen := make(map[string]bool)
	for _, x := range faults {
		seen[x.check] = true
	}
	for _, c := range MachineChecks() {
		if !seen[c.Name] {
			t.Errorf("no fault is seeded for %s", c.Name)
		}
	}
	if extra := len(slices.Collect(maps.Keys(seen))) - len(MachineChecks()); extra > 0 {
		t.Errorf("%d faults name checks that are not there", extra)
	}
}

func TestFindingsComeWorstFirst(t *testing.T) {
	l := newLab(t)
	l.swap(sssdPath, "names = False", "names = True")
	l.ports["tcp/464"] = refused
	var got []Severity
	for _, f := range l.Examine(t.Context()).Findings {
		got = append(got, f.Severity)
	}
	if !slices.Equal(got, []Severity{Error, Warning}) {
		t.Errorf("got %v", got)
	}
	l.wait.Wait()
}

// Five minutes are what Kerberos forgives: up to them a clock is a warning, and no
// sign-in is missed.
func TestAClockIsAnErrorWhereKerberosRefuses(t *testing.T) {
	for _, x := range []struct {
		ahead time.Duration
		want  []Severity
	}{
		{2 * time.Minute, nil},
		{-2 * time.Minute, nil},
		{4 * time.Minute, []Severity{Warning}},
		{5*time.Minute + time.Second, []Severity{Error}},
		{-5*time.Minute - time.Second, []Severity{Error}},
	} {
		l := newLab(t)
		l.ahead = x.ahead
		var got []Severity
		for _, f := range l.Examine(t.Context()).Findings {
			got = append(got, f.Severity)
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s ahead: got %v, want %v", x.ahead, got, x.want)
		}
		l.wait.Wait()
	}
}

func TestAMachineThatIsToJoin(t *testing.T) {
	l := newLab(t)
	l.remove(keytabPath)
	l.remove("/etc/sssd")
	r := l.Examine(t.Context())
	if !r.Well() || r.Joined || r.Domain != "lab.internal" || len(r.Findings) != 1 || r.Findings[0].Check != "keytab" {
		t.Errorf("got %+v", r)
	}
	l.wait.Wait()
}
