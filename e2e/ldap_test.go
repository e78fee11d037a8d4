package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The OpenLDAP tools do their work over StartTLS and over 636, with the root
// certificate checked.
func TestOpenLDAPTools(t *testing.T) {
	need(t, "ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapcompare", "ldapmodrdn", "ldappasswd", "ldapwhoami")
	n := newNetwork(t)
	dc := n.host("dc")
	client := n.host("cl")
	client.hosts(t, dc.addr+" dc1."+domain)
	l := newLab(t, dc)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pw"), adminPassword)

	for _, way := range []struct {
		name string
		args []string
	}{
		{"StartTLS", []string{"-ZZ", "-H", "ldap://dc1." + domain}},
		{"636", []string{"-H", "ldaps://dc1." + domain}},
	} {
		t.Run(way.name, func(t *testing.T) {
			as := func(who, pwFile string) func(stdin, tool string, args ...string) (string, int) {
				return func(stdin, tool string, args ...string) (string, int) {
					c := client.command(t.Context(), tool, append(append([]string{"-x", "-D", who, "-y", pwFile}, way.args...), args...)...)
					c.Env = append(os.Environ(), "LDAPTLS_CACERT="+filepath.Join(l.data, "ca.pem"), "LDAPTLS_REQCERT=hard")
					c.Stdin = strings.NewReader(stdin)
					return output(c)
				}
			}
			admin := as("administrator@"+domain, filepath.Join(dir, "pw"))
			ok := func(want, stdin, tool string, args ...string) {
				t.Helper()
				out, status := admin(stdin, tool, args...)
				if status != 0 || !strings.Contains(out, want) {
					t.Errorf("%s %q: exit %d, want 0 and %q:\n%s", tool, args, status, want, out)
				}
			}
			fails := func(status int, want, stdin, tool string, args ...string) {
				t.Helper()
				out, got := admin(stdin, tool, args...)
				if got != status || !strings.Contains(out, want) {
					t.Errorf("%s %q: exit %d, want %d and %q:\n%s", tool, args, got, status, want, out)
				}
			}
			const users = "OU=AADDC Users," + base
			ok(`u:LAB\administrator`, "", "ldapwhoami")
			ok("numEntries: 1", "", "ldapsearch", "-b", base, "(sAMAccountName=administrator)", "cn")
			ok("adding new entry", "dn: CN=carol,"+users+"\nobjectClass: user\nsAMAccountName: carol\ngivenName: Carol\nsn: Jones\n\n"+
				"dn: CN=Crew,"+users+"\nobjectClass: group\nsAMAccountName: Crew\nmember: CN=carol,"+users+"\n", "ldapadd")
			fails(68, "Already exists", "dn: CN=carol,"+users+"\nobjectClass: user\nsAMAccountName: carol\n", "ldapadd")
			fails(19, "", "dn: CN=sudo,"+users+"\nobjectClass: group\nsAMAccountName: sudo\n", "ldapadd")
			ok("memberOf: CN=Crew,"+users, "", "ldapsearch", "-LLL", "-b", base, "(cn=carol)", "memberOf")
			ok("modifying entry", "dn: CN=carol,"+users+"\nchangetype: modify\nreplace: department\ndepartment: Vision\n-\nadd: title\ntitle: Scientist\n", "ldapmodify")
			ok("department: Vision", "", "ldapsearch", "-LLL", "-b", base, "(&(department=vision)(title=sci*))", "department")
			fails(6, "TRUE", "", "ldapcompare", "CN=carol,"+users, "department:vision")
			fails(5, "FALSE", "", "ldapcompare", "CN=carol,"+users, "department:sound")
			ok("New password:", "", "ldappasswd", "CN=carol,"+users)
			write(t, filepath.Join(dir, "carol"), "Correct horse 11")
			ok("", "", "ldappasswd", "-T", filepath.Join(dir, "carol"), "CN=carol,"+users)
			carol := as("CN=carol,"+users, filepath.Join(dir, "carol"))
			if out, status := carol("", "ldapwhoami"); status != 0 || !strings.Contains(out, `u:LAB\carol`) {
				t.Errorf("carol signs in: exit %d: %s", status, out)
			}
			if out, status := carol("dn: CN=carol,"+users+"\nchangetype: modify\nreplace: department\ndepartment: Board\n", "ldapmodify"); status != 50 {
				t.Errorf("carol changes her department: exit %d: %s", status, out)
			}
			ok("", "", "ldapmodrdn", "-r", "CN=carol,"+users, "CN=caroline")
			ok("sAMAccountName: caroline", "", "ldapsearch", "-LLL", "-b", base, "(cn=caroline)", "sAMAccountName")
			ok("member: CN=caroline,"+users, "", "ldapsearch", "-LLL", "-b", base, "(cn=Crew)", "member")
			fails(32, "No such object", "", "ldapdelete", "CN=carol,"+users)
			ok("", "", "ldapdelete", "CN=caroline,"+users, "CN=Crew,"+users)
			write(t, filepath.Join(dir, "wrong"), "wrong")
			if out, status := as("administrator@"+domain, filepath.Join(dir, "wrong"))("", "ldapwhoami"); status != 49 || !strings.Contains(out, "data 52e") {
				t.Errorf("a wrong password: exit %d: %s", status, out)
			}
			ok("# numResponses", "", "ldapsearch", "-E", "pr=2/noprompt", "-b", base, "(objectClass=group)", "cn")
		})
	}
}

// python ldap3 reads the whole schema and refuses names it does not find there.
func TestLDAP3(t *testing.T) {
	need(t, "/usr/bin/python3")
	if err := exec.Command("/usr/bin/python3", "-c", "import ldap3").Run(); err != nil {
		missing(t, "python3-ldap3 is not installed; make test installs it")
	}
	n := newNetwork(t)
	dc := n.host("dc")
	client := n.host("cl")
	client.hosts(t, dc.addr+" dc1."+domain)
	l := newLab(t, dc)
	l.user("alice", "Correct horse 1", "--display-name", "Alice Liddell", "--group", "AAD DC Administrators")
	for _, mode := range []string{"starttls", "ldaps"} {
		c := client.command(t.Context(), "/usr/bin/python3", testdata(t, "ldap3_check.py"), "dc1."+domain, filepath.Join(l.data, "ca.pem"), mode, "alice", "Correct horse 1")
		if out, status := output(c); status != 0 || !strings.Contains(out, "all well") {
			t.Errorf("%s: exit %d:\n%s", mode, status, out)
		}
	}
}
