package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// What the tools ask of a domain beyond the everyday: armour that may not be left
// out, long messages in the sealed layer, TLS around adcli, and Samba's own LDAP
// client.
func TestDomainToolsFurther(t *testing.T) {
	e := newEstate(t)
	l := newLab(t, e.plain("dc1"))
	l.user("alice", alicePassword)
	m := e.machines("dsvm1")[0]
	join(m, domain, "krb5_use_fast = demand\nkrb5_fast_principal = DSVM1$\n")
	m.write("/root/ca.pem", l.rootPEM(), 0o644)
	for _, x := range []struct {
		name string
		step func(*testing.T, *machine)
	}{
		{"SSSD signs in with armour alone", armourDemanded},
		{"tickets by their flags", ticketFlags},
		{"long messages through the sealed layer", longMessages},
		{"adcli over ldaps", adcliOverTLS},
		{"net ads as somebody", netAdsSignedIn},
		{"nsupdate of an address's name", nsupdateReverse},
	} {
		t.Run(x.name, func(t *testing.T) { x.step(t, m.under(t)) })
	}
}

func armourDemanded(t *testing.T, m *machine) {
	if out, status := m.ssh("alice", alicePassword, "localhost", "klist"); status != 0 || !strings.Contains(out, "alice@") {
		t.Errorf("exit %d: %s", status, out)
	}
	if out, status := m.ssh("alice", "not it", "localhost", "true"); status == 0 {
		t.Errorf("a wrong password signs in: %s", out)
	}
}

func ticketFlags(_ *testing.T, m *machine) {
	kinit := "echo '" + alicePassword + "' | kinit "
	m.said(kinit+"-f -p -r 2d -l 1h alice; klist -f", "renew until", "Flags: FPRIA")
	m.said("kinit -R; klist -f; kvno host/dsvm1."+domain, "Flags: FPRA", "kvno = ")
	m.said(kinit+"-F -P -l 1h alice; klist -f", "Flags: IA")
	m.refused("kinit -R", "KDC can't fulfill requested option")
	m.refused("kdestroy; kvno host/dsvm1."+domain, "No credentials cache found")
	m.said("kvno -k /etc/krb5.keytab host/dsvm1."+domain+" || true; "+kinit+"alice; kvno -k /etc/krb5.keytab host/dsvm1."+domain, "keytab entry valid")
}

// longMessages: a thousand entries in one answer, and one attribute of 900 kB in a
// request and in an answer; a token of the layer holds 32 kB.
func longMessages(t *testing.T, m *machine) {
	var crowd, long strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&crowd, "dn: CN=crowd%d,OU=AADDC Users,%s\nchangetype: add\nobjectClass: group\nsAMAccountName: crowd%[1]d\n\n", i, base)
	}
	fmt.Fprintf(&long, "dn: CN=long,OU=SUDOers,%s\nchangetype: add\nobjectClass: sudoRole\nsudoUser: alice\nsudoHost: ALL\n", base)
	for i := range 900 {
		fmt.Fprintf(&long, "sudoCommand: /bin/true %d%s\n", i, strings.Repeat("x", 985))
	}
	m.write("/root/crowd.ldif", crowd.String())
	m.write("/root/long.ldif", long.String())
	server := " -Q -H ldap://dc1." + domain + " -Y "
	m.shell("echo '" + adminPassword + "' | kinit administrator; ldapmodify" + server + "GSSAPI -f /root/crowd.ldif >/dev/null")
	for _, mech := range []string{"GSSAPI", "GSS-SPNEGO", "GSSAPI -O maxssf=1"} {
		m.shell("ldapmodify" + server + mech + " -f /root/long.ldif")
		search := "ldapsearch -LLL -o ldif-wrap=no -b " + base + server + mech
		if got := strings.Count(m.shell(search+" '(cn=crowd*)' cn"), "\ncn: crowd"); got != 1000 {
			t.Errorf("%s: %d entries, want 1000", mech, got)
		}
		if got := strings.Count(m.shell(search+" '(cn=long)' sudoCommand"), strings.Repeat("x", 985)+"\n"); got != 900 {
			t.Errorf("%s: %d values, want 900", mech, got)
		}
		m.shell("ldapdelete" + server + mech + " CN=long,OU=SUDOers," + base)
	}
}

func adcliOverTLS(_ *testing.T, m *machine) {
	a := func(verb, args string) string {
		return "printf '" + adminPassword + "' | LDAPTLS_CACERT=/root/ca.pem adcli " + verb + " -D " + domain + " -U administrator --stdin-password --use-ldaps " + args + "\n"
	}
	m.said(a("join", "-N WEB2 -H web2."+domain+" -K /tmp/web2 -v 2>&1"), "Using GSSAPI for SASL bind", "Added the entries to the keytab")
	m.said("kinit -k -t /tmp/web2 'WEB2$' -c /tmp/web2cc; klist -c /tmp/web2cc", "WEB2$@")
	m.shell(a("delete-computer", "WEB2"))
	m.refused("kinit -k -t /tmp/web2 'WEB2$' -c /tmp/web2cc")
	m.refused("printf '"+adminPassword+"' | LDAPTLS_CACERT=/etc/hostname adcli show-computer -D "+domain+" -U administrator --stdin-password --use-ldaps DSVM1", "TLS")
}

// netAdsSignedIn: net's own client asks which mechanisms there are before it says
// anything itself.
func netAdsSignedIn(_ *testing.T, m *machine) {
	m.write("/etc/samba/smb.conf", "[global]\nworkgroup = LAB\nrealm = "+strings.ToUpper(domain)+"\nsecurity = ads\n", 0o644)
	as := " -U 'administrator%" + adminPassword + "'\n"
	m.said("net ads search '(sAMAccountName=alice)' sAMAccountName"+as, "Got 1 replies", "sAMAccountName: alice")
	m.said("net ads user"+as, "alice")
	m.said("net ads dn 'CN=DSVM1,OU=AADDC Computers,"+base+"' dNSHostName"+as, "dNSHostName: dsvm1."+domain)
	m.refused("net ads search '(sAMAccountName=alice)' sAMAccountName -U 'administrator%wrong'\n")
}

func nsupdateReverse(t *testing.T, m *machine) {
	m.shell("kinit -k 'DSVM1$'")
	send := func(line string) string { return "printf '" + line + "\\nsend\\n' | nsupdate -g\n" }
	nameItself(m) // with a network's first address its reverse zone begins
	m.shell(send("update add 4.2.80.10.in-addr.arpa. 3600 PTR " + m.FQDN() + "."))
	if out := m.run("dig", "+short", "-x", m.Addr); out != m.FQDN()+".\n" {
		t.Errorf("%s is called %s", m.Addr, out)
	}
	m.refused(send("update add 4.1.80.10.in-addr.arpa. 3600 PTR "+m.FQDN()+"."), "REFUSED")
	// A person has no names of machines.
	m.shell("echo '" + alicePassword + "' | kinit alice")
	m.refused(send("update add "+m.FQDN()+". 3600 A 10.80.2.97"), "REFUSED")
	m.refused(send("update add alice."+domain+". 3600 A 10.80.2.97"), "REFUSED")
}
