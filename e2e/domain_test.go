package e2e

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The mission's journey: a machine in another network joins with the tools it comes
// with, and people sign in to it.
func TestDomainJourney(t *testing.T) {
	e := newEstate(t)
	l := newLab(t, e.plain("dc1"))
	l.user("alice", alicePassword)
	both := e.machines("dsvm1", "dsvm2")
	t.Run("discover", func(t *testing.T) { discover(t, both[0].under(t)) })
	t.Run("join", func(t *testing.T) {
		// SSSD registers its name at a moment of its own in five minutes: here at once.
		join(both[0].under(t), domain, "dyndns_refresh_interval_offset = 0\n")
		join(both[1].under(t), "", "dyndns_refresh_interval_offset = 0\n")
	})
	if t.Failed() {
		return
	}
	for _, x := range []struct {
		name string
		step func(*testing.T, *lab, *machine, *machine)
	}{
		{"the same everywhere", sameEverywhere},
		{"the name is there by itself", nameByItself},
		{"ssh by password", sshByPassword},
		{"ssh on by ticket", sshOnByTicket},
		{"passwd", changeBySession},
		{"forced change at the first sign-in", forcedChange},
		{"who is refused", refusedAtTheDoor},
		{"realm permit", permitGroup},
		{"cut off", signInOffline},
		{"leave and join again", leaveAndJoin},
	} {
		t.Run(x.name, func(t *testing.T) { x.step(t, l, both[0].under(t), both[1].under(t)) })
	}
}

func discover(t *testing.T, m *machine) {
	out := m.run("realm", "discover", domain)
	for _, want := range []string{"type: kerberos", "realm-name: " + strings.ToUpper(domain), "server-software: active-directory", "configured: no"} {
		if !strings.Contains(out, want) {
			t.Errorf("realm discover does not say %q:\n%s", want, out)
		}
	}
}

// join joins a machine as the mission does, with or without the domain's name, and
// adds its two lines of sssd.conf, and more.
func join(m *machine, name, more string) {
	m.t.Helper()
	args := []string{"join", "--user=administrator"}
	if name != "" {
		args = append(args, name)
	}
	m.input(adminPassword+"\n").run("realm", args...)
	if out := m.run("realm", "list"); !strings.Contains(out, "configured: kerberos-member") {
		m.t.Errorf("realm list: %s", out)
	}
	conf := m.read("/etc/sssd/sssd.conf")
	conf = regexp.MustCompile(`(?m)^(use_fully_qualified_names|fallback_homedir).*\n`).ReplaceAllString(conf, "")
	conf = strings.TrimRight(conf, "\n") + "\nuse_fully_qualified_names = False\nfallback_homedir = /home/%u\n" + more
	m.write("/etc/sssd/sssd.conf", conf)
	m.restart("sssd")
}

// sameEverywhere: a person has the numbers the portal shows, on both machines.
func sameEverywhere(t *testing.T, l *lab, m, o *machine) {
	want := strconv.Itoa(l.uid("alice"))
	for _, x := range []*machine{m, o} {
		if got := strings.TrimSpace(x.run("id", "-u", "alice")); got != want {
			t.Errorf("on %s alice is %s, in the portal %s", x.Name, got, want)
		}
		if out := x.run("id", "alice"); !strings.Contains(out, "domain users") {
			t.Errorf("on %s: id alice: %s", x.Name, out)
		}
	}
	if a, b := m.run("getent", "passwd", "alice"), o.run("getent", "passwd", "alice"); a != b || !strings.Contains(a, "/home/alice") {
		t.Errorf("getent differs: %q, %q", a, b)
	}
}

// nameByItself: SSSD registers each machine's address, with the machine's ticket.
func nameByItself(t *testing.T, _ *lab, m, o *machine) {
	for _, x := range []*machine{m, o} {
		eventually(t, x.FQDN()+" has an address", time.Minute, func() bool {
			out, _ := m.try("dig", "+short", x.FQDN(), "A")
			return strings.TrimSpace(out) == x.Addr
		})
		if out := m.run("dig", "+short", "-x", x.Addr); strings.TrimSpace(out) != x.FQDN()+"." {
			t.Errorf("%s is called %s", x.Addr, out)
		}
	}
}

// ssh runs a command on another machine as somebody with a password.
func (m *machine) ssh(user, password, to, command string) (string, int) {
	m.t.Helper()
	return m.within(45*time.Second).try("env", append([]string{"SSHPASS=" + password, "sshpass", "-e"}, sshTo(user, to, command)...)...)
}

func sshTo(user, to string, more ...string) []string {
	return append([]string{"ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
		"-o", "PreferredAuthentications=keyboard-interactive,password", "-o", "NumberOfPasswordPrompts=1", user + "@" + to}, more...)
}

// typeChange signs in by a terminal as one who must change the password, and types
// what is asked for.
const typeChange = `import os, pty, re, sys
old, new, argv = sys.argv[1], sys.argv[2], sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
seen = ""
while True:
    try:
        part = os.read(fd, 1024).decode(errors="replace")
    except OSError:
        break
    if not part:
        break
    sys.stdout.write(part)
    seen += part
    if re.search(r"(?i)password[^\n]*: $", seen):
        asked = seen.rsplit("\n", 1)[-1]
        os.write(fd, ((new if re.search(r"(?i)new|retype|reenter", asked) else old) + "\n").encode())
        seen = ""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

// onByTicket is a command line that goes on to another machine with a ticket alone.
func onByTicket(to, command string) string {
	return "ssh -K -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o PreferredAuthentications=gssapi-with-mic " +
		to + " '" + command + "'"
}

func sshByPassword(t *testing.T, _ *lab, m, o *machine) {
	out, status := o.ssh("alice", alicePassword, "dsvm1", "id -un; pwd; klist")
	if status != 0 || !strings.HasPrefix(out, "alice\n/home/alice\n") || !strings.Contains(out, "krbtgt/"+strings.ToUpper(domain)) {
		t.Errorf("exit %d: %s", status, out)
	}
}

func sshOnByTicket(t *testing.T, l *lab, m, o *machine) {
	out, status := o.ssh("alice", alicePassword, "dsvm1", onByTicket("dsvm2.lab.internal", "id -u; klist"))
	if status != 0 || !strings.HasPrefix(out, strconv.Itoa(l.uid("alice"))+"\n") || !strings.Contains(out, "krbtgt/") {
		t.Errorf("exit %d: %s", status, out)
	}
}

// changeBySession: passwd in a session, and the old password is dead.
func changeBySession(t *testing.T, l *lab, m, o *machine) {
	l.user("bob", "Grey heron 41 fen")
	out, status := o.ssh("bob", "Grey heron 41 fen", "dsvm1", `printf 'Grey heron 41 fen\nOther crane 42 moor\nOther crane 42 moor\n' | passwd`)
	if status != 0 {
		t.Fatalf("exit %d: %s", status, out)
	}
	if out, status := o.ssh("bob", "Grey heron 41 fen", "dsvm2", "true"); status == 0 {
		t.Errorf("the old password still signs in: %s", out)
	}
	if out, status := o.ssh("bob", "Other crane 42 moor", "dsvm2", "true"); status != 0 {
		t.Errorf("the new password does not sign in: %s", out)
	}
}

// forcedChange: a new person's password is changed on the way in, at a terminal.
func forcedChange(t *testing.T, l *lab, m, o *machine) {
	if _, err := l.try("Temporary 1 fen\n", "user", "add", "carol", "--password-file", "-"); err != nil {
		t.Fatal(err)
	}
	o.write("/root/change.py", typeChange)
	out, status := o.within(45*time.Second).try("python3", append([]string{"/root/change.py", "Temporary 1 fen", "Lasting crane 2 moor"}, sshTo("carol", "dsvm1")...)...)
	if !strings.Contains(out, "updated successfully") {
		t.Errorf("exit %d: %s", status, out)
	}
	if out, status := o.ssh("carol", "Lasting crane 2 moor", "dsvm1", "id -un"); status != 0 {
		t.Errorf("the new password does not sign in: %s", out)
	}
}

// refusedAtTheDoor: whom a machine lets in no more.
func refusedAtTheDoor(t *testing.T, l *lab, m, o *machine) {
	for _, x := range []struct {
		login    string
		password string
		before   func(login string)
	}{
		{"wrongpw", "not it", func(string) {}},
		{"disabled", alicePassword, func(s string) { l.run("user", "disable", s) }},
		{"expired", alicePassword, func(s string) { l.run("user", "set", s, "accountExpires=2020-01-01") }},
		{"locked", alicePassword, func(s string) {
			for range 6 {
				_, _ = m.input("guess\n").try("kinit", s)
			}
		}},
	} {
		l.user(x.login, alicePassword)
		if out, status := o.ssh(x.login, alicePassword, "dsvm1", "true"); status != 0 {
			t.Errorf("%s is refused before anything happened: %s", x.login, out)
		}
		x.before(x.login)
		if out, status := o.ssh(x.login, x.password, "dsvm1", "true"); status == 0 {
			t.Errorf("%s is let in: %s", x.login, out)
		}
	}
}

// permitGroup: only a group signs in, and who joins it is let in.
func permitGroup(t *testing.T, l *lab, m, o *machine) {
	l.run("group", "add", "Herons", "--member", "alice")
	m.run("realm", "permit", "-g", "Herons")
	defer m.run("realm", "permit", "--all")
	if out, status := o.ssh("alice", alicePassword, "dsvm1", "id -Gn"); status != 0 || !strings.Contains(out, "herons") {
		t.Errorf("a member: exit %d: %s", status, out)
	}
	l.user("dave", alicePassword)
	if out, status := o.ssh("dave", alicePassword, "dsvm1", "true"); status == 0 {
		t.Errorf("one who is no member is let in: %s", out)
	}
	l.run("group", "member", "add", "Herons", "dave")
	// By nothing but signing in. With SSSD's own times it takes a ticket's word on
	// groups for five minutes; a new password sign-in brings a new ticket.
	felt(t, &change{what: "one who became a member is let in", at: time.Now(), within: 5*time.Minute + moment, seen: func() bool {
		out, status := o.ssh("dave", alicePassword, "dsvm1", "id -Gn")
		return status == 0 && slices.Contains(strings.Fields(out), "herons")
	}})
}

// signInOffline: with the domain out of reach, who signed in before signs in.
func signInOffline(t *testing.T, _ *lab, m, o *machine) {
	if out, status := m.ssh("alice", alicePassword, "localhost", "id -un"); status != 0 {
		t.Fatalf("exit %d: %s", status, out)
	}
	m.cut()
	defer m.mend()
	if out, status := m.ssh("alice", alicePassword, "localhost", "id -un"); status != 0 || !strings.HasSuffix(out, "alice\n") {
		t.Errorf("exit %d: %s", status, out)
	}
	if out, status := m.ssh("alice", "not it", "localhost", "true"); status == 0 {
		t.Errorf("a wrong password is let in: %s", out)
	}
}

// leaveAndJoin: a machine that joins again is the same one.
func leaveAndJoin(t *testing.T, l *lab, m, o *machine) {
	sid := func() string {
		return regexp.MustCompile(`"sid": *"[^"]+"`).FindString(l.run("machine", "show", "dsvm2", "--json"))
	}
	before := sid()
	o.run("realm", "leave")
	if out := o.run("realm", "list"); strings.Contains(out, domain) {
		t.Errorf("after leaving, realm list: %s", out)
	}
	join(o, domain, "")
	if after := sid(); before == "" || after != before {
		t.Errorf("it was %s and is %s", before, after)
	}
	if got := strings.TrimSpace(o.run("id", "-u", "alice")); got != strconv.Itoa(l.uid("alice")) {
		t.Errorf("after joining again alice is %s", got)
	}
	o.input(adminPassword+"\n").run("realm", "leave", "--remove", "-U", "administrator")
	if out, err := l.try("", "machine", "show", "dsvm2"); err == nil {
		t.Errorf("after realm leave --remove the account is there: %s", out)
	}
}
