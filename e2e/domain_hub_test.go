package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// pamLines sign people in as the machine does. A session, which JupyterHub does not
// open by itself, makes the home.
const pamLines = `c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.open_sessions = True
`

// A hub on a machine that joined signs people in by PAM and by the mission's LDAP
// lines. Whichever way, they are the same person with the same numbers.
func TestDomainJupyterHub(t *testing.T) {
	e := newEstate(t)
	l := newLab(t, e.plain("dc1"))
	l.user("alice", alicePassword)
	l.run("group", "add", "Data Scientists", "--member", "alice")
	l.run("policy", "legacy-bind", "allow", "--network", "10.80.2.0/24") // the mission's lines send passwords in clear
	m := e.machines("dsvm1")[0]
	join(m, domain, "")
	for _, name := range []string{"ldapauth.py", "hub_check.py"} {
		text, err := os.ReadFile(testdata(t, name))
		if err != nil {
			t.Fatal(err)
		}
		m.write("/srv/hub/"+name, string(text), 0o644)
	}
	// JupyterHub 3.0 gives a notebook the groups it finds by listing all groups, which
	// SSSD does not do: of the process count user and group, of the name all groups.
	want := fmt.Sprintf("cell: %d %s | %s", l.uid("alice"), strings.TrimSpace(m.run("id", "-g", "alice")), strings.TrimSpace(m.run("id", "-G", "alice")))
	if n := len(strings.Fields(want)); n < 6 {
		t.Fatalf("the machine does not know alice's groups: %s", want)
	}
	seen := make(map[string]string)
	for i, way := range []struct{ name, lines string }{
		{"by PAM", pamLines},
		{"by the mission's lines", ldapLines("/srv/hub", releases("dc1." + domain)[0].config)},
	} {
		t.Run(way.name, func(t *testing.T) {
			m, port := m.under(t), 8000+10*i
			m.hub(fmt.Sprintf("hub%d", i), way.lines, port)
			if got := m.hubSignIn(port, "wrong"); got != "refused" {
				t.Errorf("a wrong password: got %q", got)
			}
			seen[way.name] = m.hubSignIn(port, alicePassword)
			if got, _, _ := strings.Cut(seen[way.name], " ; "); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	if a, b := seen["by PAM"], seen["by the mission's lines"]; a != b {
		t.Errorf("by PAM %q, by LDAP %q", a, b)
	}
}

// hub starts a hub on the machine, and waits until it answers.
func (m *machine) hub(unit, lines string, port int) {
	m.t.Helper()
	m.write("/srv/"+unit+"/jupyterhub_config.py", lines+hubLines("/usr/bin/configurable-http-proxy", port, "/srv/"+unit), 0o644)
	m.run("systemd-run", "--unit="+unit, "--working-directory=/srv/"+unit, "jupyterhub", "-f", "jupyterhub_config.py")
	m.t.Cleanup(func() { _, _ = m.try("systemctl", "stop", unit) })
	eventually(m.t, "the hub answers", 60*time.Second, func() bool {
		_, status := m.try("curl", "-sf", fmt.Sprintf("http://127.0.0.1:%d/hub/login", port))
		return status == 0
	})
}

// hubSignIn signs alice in and runs a cell, which says who runs it: the process's
// user and group, the groups of its name, and behind a semicolon the process's own.
func (m *machine) hubSignIn(port int, password string) string {
	m.t.Helper()
	return strings.TrimSpace(m.run("/usr/bin/python3", "/srv/hub/hub_check.py", fmt.Sprintf("http://127.0.0.1:%d", port), hubToken, "alice", password,
		"import os, pwd\nname = pwd.getpwuid(os.getuid()).pw_name\n"+
			"print(os.getuid(), os.getgid(), '|', os.popen('id -G ' + name).read().strip(), ';', name, sorted(os.getgroups()), os.getcwd())"))
}
