package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// shell runs a script on the machine, each line of which must succeed, and returns
// what it printed.
func (m *machine) shell(script string) string {
	m.t.Helper()
	return m.input(script).run("sh", "-e")
}

// said fails unless what a script prints holds what is wanted.
func (m *machine) said(script string, want ...string) {
	m.t.Helper()
	out := m.shell(script)
	for _, w := range want {
		if !strings.Contains(out, w) {
			m.t.Errorf("%s\ndoes not say %q:\n%s", script, w, out)
		}
	}
}

// refused fails unless a script fails and says why.
func (m *machine) refused(script string, want ...string) {
	m.t.Helper()
	out, status := m.input(script).try("sh", "-e")
	if status == 0 {
		m.t.Errorf("%s\nis not refused:\n%s", script, out)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			m.t.Errorf("%s\ndoes not say %q:\n%s", script, w, out)
		}
	}
}

// The tools people have, as they are, on machines that joined.
func TestDomainTools(t *testing.T) {
	e := newEstate(t)
	l := newLab(t, e.plain("dc1"))
	l.user("alice", alicePassword)
	l.user("bob", alicePassword, "--upn", "bob.builder@"+domain)
	all := e.machines("dsvm1", "dsvm2", "dsvm3") // the third does not join
	both := all[:2]
	for _, m := range both {
		join(m, domain, "")
	}
	for _, x := range []struct {
		name string
		step func(*testing.T, *lab, *machine, *machine)
	}{
		{"kinit and kvno", kinitAndKvno},
		{"kpasswd", kpasswdTool},
		{"ldapsearch", ldapsearchSASL},
		{"adcli", adcliVerbs},
		{"net ads", netAds},
		{"nsupdate", nsupdateTool},
		{"smbclient", smbclientTool},
	} {
		t.Run(x.name, func(t *testing.T) { x.step(t, l, both[0].under(t), both[1].under(t)) })
	}
	t.Run("adcli create-msa", func(t *testing.T) { serviceAccount(t, l, all[2].under(t)) })
}

func kinitAndKvno(_ *testing.T, _ *lab, m, _ *machine) {
	realm := strings.ToUpper(domain)
	m.said("echo '"+alicePassword+"' | kinit alice; klist", "alice@"+realm, "krbtgt/"+realm)
	m.said("echo '"+alicePassword+"' | kinit -C ALICE; klist", "principal: alice@"+realm)
	m.said("echo '"+alicePassword+"' | kinit -E -C bob.builder@"+domain+"; klist", "principal: bob@"+realm)
	m.said("kinit -k 'DSVM1$' -c /tmp/armor; echo '"+alicePassword+"' | kinit -T /tmp/armor -f -r 7d alice; klist -f; kinit -R; klist", "Flags: F", "renew until")
	m.said("kvno host/dsvm1."+domain+" cifs/dsvm2."+domain+" HTTP/portal."+domain+" ldap/dc1."+domain+" 'DSVM1$'", "kvno = ")
	m.refused("kvno host/nowhere."+domain, "not found in Kerberos database")
	m.refused("echo wrong | kinit alice", "Password incorrect")
	// A machine acts for alice, who has a ticket for it, and not for bob.
	m.said("kinit -k 'DSVM1$' -c /tmp/armor; kvno -c /tmp/armor -U alice 'DSVM1$'", "kvno = ")
	m.refused("kvno -c /tmp/armor -U bob 'DSVM1$'", "policy")
}

func kpasswdTool(_ *testing.T, _ *lab, m, _ *machine) {
	change := func(old, next string) string {
		return fmt.Sprintf("printf '%s\\n%[2]s\\n%[2]s\\n' | kpasswd bob\n", old, next)
	}
	m.refused(change(alicePassword, "short"), "Password change rejected", "shorter than 8")
	m.said(change(alicePassword, "Other crane 42 moor"), "Password changed")
	m.refused("echo '"+alicePassword+"' | kinit bob", "Password incorrect")
	m.said("echo 'Other crane 42 moor' | kinit bob; klist", "bob@")
}

func ldapsearchSASL(_ *testing.T, l *lab, m, _ *machine) {
	m.write("/root/ca.pem", l.rootPEM(), 0o644)
	search := "LDAPTLS_CACERT=/root/ca.pem ldapsearch -LLL -Q -b '" + base + "' "
	m.shell("echo '" + alicePassword + "' | kinit alice")
	for _, mech := range []string{"GSSAPI", "GSS-SPNEGO"} {
		for _, how := range []string{"-H ldap://dc1." + domain + " -O minssf=1,maxssf=1", "-H ldap://dc1." + domain + " -O minssf=256",
			"-H ldap://dc1." + domain + " -ZZ -O maxssf=0", "-H ldaps://dc1." + domain + " -O maxssf=0"} {
			m.said(search+"-Y "+mech+" "+how+" '(sAMAccountName=alice)' cn", "cn: alice")
		}
		m.refused(search+"-Y "+mech+" -H ldap://dc1."+domain+" -O maxssf=0 '(sAMAccountName=alice)' cn", "Strong")
	}
	// Long answers through the sealed layer.
	m.said(search+"-Y GSSAPI -H ldap://dc1."+domain+" -s base -b CN=Aggregate,CN=Schema,CN=Configuration,"+base+" attributeTypes | wc -c; ldapwhoami -Q -Y GSSAPI -H ldap://dc1."+domain, `\alice`)
}

// rootPEM is the certificate of the installation.
func (l *lab) rootPEM() string {
	l.t.Helper()
	b, err := os.ReadFile(filepath.Join(l.data, "ca.pem"))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(b)
}

// adcli is a line of a script in which the administrator uses a verb of adcli.
func adcli(verb, args string) string {
	return "printf '" + adminPassword + "' | adcli " + verb + " -D " + domain + " -U administrator --stdin-password " + args + "\n"
}

// verbsOfAdcli are those that are tried here and in serviceAccount: all that adcli
// 0.9.1 has.
var verbsOfAdcli = []string{
	"info", "join", "update", "testjoin", "preset-computer", "reset-computer", "delete-computer", "show-computer", "create-msa",
	"create-user", "delete-user", "create-group", "delete-group", "add-member", "remove-member",
}

func adcliVerbs(t *testing.T, _ *lab, m, _ *machine) {
	a := adcli
	for line := range strings.Lines(m.shell("adcli --help")) {
		if f := strings.Fields(line); strings.HasPrefix(line, "  ") && len(f) > 1 && !slices.Contains(verbsOfAdcli, f[0]) {
			t.Errorf("adcli has a verb that is not tried: %s", line)
		}
	}
	m.said("adcli info "+domain, "domain-name = "+domain, "computer-site = ")
	m.said("adcli testjoin", "validated join")
	m.said("adcli update --computer-password-lifetime=0 --add-service-principal=HTTP/dsvm1."+domain+" -v", "kvno incremented to 2")
	m.said(a("show-computer", "DSVM1"), "HTTP/dsvm1."+domain)
	m.said(a("preset-computer", "--one-time-password=Heron-123456 DSVM7")+"adcli join -D "+domain+" --one-time-password=Heron-123456 -N DSVM7 -H dsvm7."+domain+" -K /tmp/k7 -v", "Added the entries to the keytab")
	m.shell(a("reset-computer", "DSVM7") + a("delete-computer", "DSVM7"))
	m.shell(a("create-user", "erin --display-name=Erin") + a("create-group", "Cranes") + a("add-member", "Cranes erin") + a("remove-member", "Cranes erin") +
		a("delete-group", "Cranes") + a("delete-user", "erin"))
	m.refused("printf '"+alicePassword+"' | adcli join -D "+domain+" -U alice --stdin-password -N DSVM9 -H dsvm9."+domain+" -K /tmp/k9", "Insufficient permissions")
	m.said(a("join", "-N DSVM1 -H dsvm1."+domain+" --use-ldaps -v 2>&1 || true"), "ldap")
	m.said(a("join", "-N DSVM1 -H dsvm1."+domain+" -v"), "Discovered which keytab salt to use")
}

// serviceAccount: a machine that is not joined reads the domain by a managed service
// account, by hand and by SSSD.
func serviceAccount(t *testing.T, l *lab, m *machine) {
	const keytab = "/etc/krb5.keytab." + domain
	m.said(adcli("create-msa", "--show-details -v"), "CN=Managed Service Accounts,"+base, "Added the entries to the keytab")
	name := strings.TrimSpace(m.shell("klist -k " + keytab + ` | sed -n 's/.* \(DSVM3![^ ]*\)\$@.*/\1/p' | sort -u`))
	kinit := "kdestroy -A; kinit -k -t " + keytab + " '" + name + "$@" + strings.ToUpper(domain) + "'\n"
	search := "ldapsearch -LLL -Q -Y GSSAPI -H ldap://dc1." + domain + " -b '" + base + "' "
	m.said(kinit+"klist", name+"$@"+strings.ToUpper(domain))
	m.said(search+"'(sAMAccountName=alice)' cn; ldapwhoami -Q -Y GSSAPI -H ldap://dc1."+domain, "cn: alice", name+"$")
	m.said(search+"'(sAMAccountName="+name+"$)' '*'", "objectClass: computer", "objectClass: msDS-ManagedServiceAccount",
		"sAMAccountType: 805306369", "userAccountControl: 69632", "primaryGroupID: 515", "dNSHostName: dsvm3."+domain)
	m.said("adcli testjoin -K "+keytab, "validated join")
	m.said("adcli update -K "+keytab+" --computer-password-lifetime=0 -v; "+kinit, "kvno incremented to 2")
	m.said(adcli("create-msa", "-v")+kinit, "Found service account", "Retrieved kvno '3'")
	m.refused("kvno 'host/"+m.FQDN()+"'", "not found in Kerberos database") // it names no host
	if out := l.run("machine", "list"); !strings.Contains(out, name+"  ") || !strings.Contains(out, "(service account)") {
		t.Errorf("machine list: %s", out)
	}
	m.write("/etc/sssd/sssd.conf", l.run("machine", "sssd-conf", name), 0o600)
	m.restart("sssd")
	if got := strings.TrimSpace(m.run("id", "-u", "alice")); got != strconv.Itoa(l.uid("alice")) {
		t.Errorf("by SSSD alice is %s", got)
	}
	m.shell(adcli("delete-computer", "'"+name+"'"))
	m.refused(kinit, "Preauthentication failed")
	if out := l.run("machine", "list"); strings.Contains(out, name) {
		t.Errorf("machine list still has it: %s", out)
	}
}

func netAds(_ *testing.T, _ *lab, m, _ *machine) {
	m.write("/etc/samba/smb.conf", "[global]\nworkgroup = LAB\nrealm = "+strings.ToUpper(domain)+"\nsecurity = ads\n", 0o644)
	m.said("net ads lookup -S dc1."+domain, "Is running a KDC:", "Default-First-Site-Name")
	m.said("net ads info", "Realm: "+strings.ToUpper(domain), "KDC server")
}

// nameItself registers a machine's address at once, which SSSD does in its own time.
func nameItself(m *machine) {
	m.t.Helper()
	m.shell("kinit -k '" + strings.ToUpper(m.Name) + "$' -c /tmp/own; printf 'server dc1." + domain + "\\nupdate add " + m.FQDN() + ". 3600 A " + m.Addr +
		"\\nsend\\n' | KRB5CCNAME=/tmp/own nsupdate -g")
}

func nsupdateTool(t *testing.T, _ *lab, m, o *machine) {
	m.shell("kinit -k 'DSVM1$'")
	send := func(line string) string {
		return "printf 'server dc1." + domain + "\\n" + line + "\\nsend\\n' | nsupdate -g\n"
	}
	own := m.FQDN()
	m.shell(send("update delete "+own+". A") + send("update add "+own+". 3600 A "+m.Addr))
	if out := m.run("dig", "+short", own); strings.TrimSpace(out) != m.Addr {
		t.Errorf("%s is %s", own, out)
	}
	for _, line := range []string{
		"update add " + o.FQDN() + ". 3600 A 10.80.2.99", "update add *." + domain + ". 3600 A 10.80.2.99",
		"update add other." + domain + ". 3600 A 10.80.2.99", "update add wpad." + domain + ". 3600 A 10.80.2.99",
		"update add dc1." + domain + ". 3600 A 10.80.2.99", "update add " + own + ". 3600 TXT hello",
	} {
		m.refused(send(line), "REFUSED")
	}
	m.refused("printf 'server dc1."+domain+"\\nupdate add "+own+". 3600 A 10.80.2.98\\nsend\\n' | nsupdate", "REFUSED")
}

// smbclientTool: a share of Debian's Samba trusts our tickets, once its account
// wants no PAC; a file made by alice is alice's.
func smbclientTool(t *testing.T, l *lab, m, o *machine) {
	o.write("/etc/samba/smb.conf", `[global]
workgroup = LAB
realm = `+strings.ToUpper(domain)+`
security = user
server role = standalone server
kerberos method = dedicated keytab
dedicated keytab file = /etc/krb5.keytab
username map script = /usr/local/bin/plain
map to guest = never
disable netbios = yes
smb ports = 445
[share]
path = /srv/share
read only = no
`, 0o644)
	o.write("/usr/local/bin/plain", "#!/bin/sh\nn=${1%@*}\nprintf '%s\\n' \"${n##*\\\\}\"\n", 0o755)
	o.shell("mkdir -p /srv/share; chmod 1777 /srv/share; adcli update --add-service-principal=cifs/" + o.FQDN())
	m.shell("echo '" + adminPassword + "' | kinit -c /tmp/adm administrator; KRB5CCNAME=/tmp/adm ldapmodify -Q -Y GSSAPI -H ldap://dc1." + domain + ` <<END
dn: CN=DSVM2,OU=AADDC Computers,` + base + `
changetype: modify
replace: userAccountControl
userAccountControl: 33624064
END`)
	o.run("systemctl", "start", "smbd")
	nameItself(o)
	m.said("kdestroy; echo '"+alicePassword+"' | kinit alice; echo heron > /tmp/heron; smbclient --use-kerberos=required --use-krb5-ccache=/tmp/krb5cc_0 //"+
		o.FQDN()+"/share -c 'put /tmp/heron heron; ls'", "heron")
	if out := strings.TrimSpace(o.run("stat", "-c", "%u", "/srv/share/heron")); out != strconv.Itoa(l.uid("alice")) {
		t.Errorf("the file is %s's, alice is %d", out, l.uid("alice"))
	}
}
