package ldapd_test

import (
	"slices"
	"testing"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
)

// asAdcliAdds is the entry that adcli 0.9.2 adds, in its order.
func asAdcliAdds(stem, host string) []string {
	return []string{
		"objectClass: computer", "sAMAccountName: " + stem + "$", "userAccountControl: 69632", "msDS-supportedEncryptionTypes: 28",
		"dNSHostName: " + host, "operatingSystem: pc-linux-gnu", "servicePrincipalName: host/" + stem, "servicePrincipalName: host/" + host,
		"servicePrincipalName: RestrictedKrbHost/" + stem, "servicePrincipalName: RestrictedKrbHost/" + host,
	}
}

// A join, a second one and a leave, as adcli asks for them, by a delegated joiner.
func TestAJoinAsAdcliAsksForIt(t *testing.T) {
	b := newBench(t)
	b.user("joiner", role.DeviceJoinAdministrator)
	c := b.bind("joiner", password)
	const dn = "CN=DSVM1," + machines
	one := func(base, filter string, attributes ...string) *goldap.Entry {
		t.Helper()
		r, err := c.Search(&goldap.SearchRequest{BaseDN: base, Scope: goldap.ScopeWholeSubtree, SizeLimit: 1, Filter: filter, Attributes: attributes})
		if err != nil || len(r.Entries) > 1 {
			t.Fatalf("%s: got %v, %v", filter, r, err)
		}
		if len(r.Entries) == 0 {
			return nil
		}
		return r.Entries[0]
	}
	if e := one(base, "(&(objectClass=computer)(sAMAccountName=DSVM1$))", "objectClass", "CN"); e != nil {
		t.Fatalf("before the join: %v", e)
	}
	if got := one(base, "(objectClass=domain)", "ms-DS-MachineAccountQuota").GetAttributeValue("ms-DS-MachineAccountQuota"); got != "0" {
		t.Errorf("quota: got %q", got)
	}
	if err := c.Add(&goldap.AddRequest{DN: dn, Attributes: attrs(asAdcliAdds("DSVM1", "dsvm1.lab.internal")...)}); err != nil {
		t.Fatal(err)
	}
	back := func() *goldap.Entry {
		return one(dn, "(objectClass=*)", "sAMAccountName", "userPrincipalName", "msDS-KeyVersionNumber", "msDS-supportedEncryptionTypes", "dNSHostName",
			"servicePrincipalName", "operatingSystem", "operatingSystemVersion", "operatingSystemServicePack", "pwdLastSet", "userAccountControl", "description",
			"objectSid", "primaryGroupID", "objectCategory")
	}
	if e := back(); e.GetAttributeValue("msDS-KeyVersionNumber") != "0" || e.GetAttributeValue("pwdLastSet") != "0" {
		t.Errorf("a machine without a password: got %v", e)
	}
	set := goldap.NewModifyRequest(dn, nil)
	set.Replace("unicodePwd", []string{quoted("what adcli draws")})
	if err := c.Modify(set); err != nil {
		t.Fatal(err)
	}
	first := back()
	for name, want := range map[string]string{
		"sAMAccountName": "DSVM1$", "msDS-KeyVersionNumber": "1", "msDS-SupportedEncryptionTypes": "28", "dNSHostName": "dsvm1.lab.internal",
		"operatingSystem": "pc-linux-gnu", "userAccountControl": "69632", "primaryGroupID": "515",
		"objectCategory": "CN=Computer,CN=Schema,CN=Configuration," + base,
	} {
		if got := first.GetEqualFoldAttributeValue(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := first.GetAttributeValues("servicePrincipalName"); len(got) != 4 {
		t.Errorf("services: got %q", got)
	}
	// The second join finds it, sets the password and replaces what differs.
	again := goldap.NewModifyRequest(dn, nil)
	again.Replace("unicodePwd", []string{quoted("what adcli draws next")})
	differs := goldap.NewModifyRequest(dn, nil)
	differs.Replace("operatingSystem", []string{"redhat-linux-gnu"})
	differs.Replace("userAccountControl", []string{"69632"})
	differs.Replace("msDS-supportedEncryptionTypes", []string{"24"})
	for _, m := range []*goldap.ModifyRequest{again, differs} {
		if err := c.Modify(m); err != nil {
			t.Fatal(err)
		}
	}
	second := back()
	if second.GetAttributeValue("msDS-KeyVersionNumber") != "2" || !slices.Equal(second.GetRawAttributeValue("objectSid"), first.GetRawAttributeValue("objectSid")) {
		t.Errorf("after the second join: got %v", second)
	}
	// adcli update --add-service-principal, as the machine.
	m := b.bind("DSVM1$", "what adcli draws next")
	update := goldap.NewModifyRequest(dn, nil)
	update.Replace("servicePrincipalName", append(second.GetAttributeValues("servicePrincipalName"), "cifs/dsvm1.lab.internal"))
	if err := m.Modify(update); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"another's service": {"servicePrincipalName", "cifs/elsewhere.lab.internal"}, "LDAP": {"servicePrincipalName", "ldap/dsvm1.lab.internal"},
		"another host's name": {"dNSHostName", "dc1.lab.internal"}, "a server's switch": {"userAccountControl", "8192"}, "a display name": {"displayName", "x"},
	} {
		q := goldap.NewModifyRequest(dn, nil)
		q.Replace(change[0], []string{change[1]})
		if err := m.Modify(q); codeOf(err) != goldap.LDAPResultInsufficientAccessRights {
			t.Errorf("a machine takes %s: got %v", what, err)
		}
	}
	// adcli delete-computer.
	if err := c.Del(goldap.NewDelRequest(dn, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Search(&goldap.SearchRequest{BaseDN: base, Filter: "(objectClass=*)"}); err == nil {
		t.Error("the machine that left still reads")
	}
	if err := c.Add(&goldap.AddRequest{DN: dn, Attributes: attrs(asAdcliAdds("DSVM1", "dsvm1.lab.internal")...)}); err != nil {
		t.Errorf("its names are not free: %v", err)
	}
}

// create-msa, a second one and delete-computer, as adcli asks for them, by a delegated
// joiner.
func TestAServiceAccountAsAdcliAsksForIt(t *testing.T) {
	b := newBench(t)
	b.user("joiner", role.DeviceJoinAdministrator)
	c := b.bind("joiner", password)
	one := func(base, filter string, scope int, attributes ...string) *goldap.Entry {
		t.Helper()
		r, err := c.Search(&goldap.SearchRequest{BaseDN: base, Scope: scope, SizeLimit: 1, Filter: filter, Attributes: attributes})
		if err != nil || len(r.Entries) > 1 {
			t.Fatalf("%s: got %v, %v", filter, r, err)
		}
		if len(r.Entries) == 0 {
			return nil
		}
		return r.Entries[0]
	}
	const place = "CN=Managed Service Accounts," + base
	const dn = "CN=DSVM3!x7Q," + place
	if got := one(base, "(objectClass=*)", goldap.ScopeBaseObject, "otherWellKnownObjects").GetAttributeValues("otherWellKnownObjects"); !slices.Equal(got, []string{"B:32:1EB93889E40C45DF9F0C64D23BBB6237:" + place}) {
		t.Fatalf("where they stand: got %q", got)
	}
	add := func() error {
		return c.Add(&goldap.AddRequest{DN: dn, Attributes: attrs("objectClass: msDS-ManagedServiceAccount", "sAMAccountName: DSVM3!x7Q$",
			"userAccountControl: 69632", "msDS-supportedEncryptionTypes: 24", "dNSHostName: dsvm3.elsewhere.example", "operatingSystem: pc-linux-gnu")})
	}
	if err := add(); err != nil {
		t.Fatal(err)
	}
	set := goldap.NewModifyRequest(dn, nil)
	set.Replace("unicodePwd", []string{quoted("what adcli draws")})
	if err := c.Modify(set); err != nil {
		t.Fatal(err)
	}
	for _, filter := range []string{
		"(&(objectClass=msDS-ManagedServiceAccount)(dNSHostName=dsvm3.elsewhere.example))", "(&(objectClass=msDS-ManagedServiceAccount)(sAMAccountName=DSVM3!x7Q$))",
		"(&(objectClass=computer)(sAMAccountName=DSVM3!x7Q$))", // update and delete-computer
	} {
		if e := one(base, filter, goldap.ScopeWholeSubtree, "objectClass"); e == nil || e.DN != dn {
			t.Errorf("%s: got %v", filter, e)
		}
	}
	e := one(dn, "(objectClass=*)", goldap.ScopeBaseObject, "*", "msDS-KeyVersionNumber")
	if got := e.GetAttributeValues("objectClass"); !slices.Equal(got, []string{"top", "person", "organizationalPerson", "user", "computer", "msDS-ManagedServiceAccount"}) {
		t.Errorf("objectClass: got %q", got)
	}
	for name, want := range map[string]string{
		"sAMAccountName": "DSVM3!x7Q$", "sAMAccountType": "805306369", "userAccountControl": "69632", "primaryGroupID": "515", "msDS-KeyVersionNumber": "1",
		"dNSHostName": "dsvm3.elsewhere.example", "servicePrincipalName": "",
		"objectCategory": "CN=ms-DS-Managed-Service-Account,CN=Schema,CN=Configuration," + base,
	} {
		if got := e.GetEqualFoldAttributeValue(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	m := b.bind("DSVM3!x7Q$", "what adcli draws")
	services := goldap.NewModifyRequest(dn, nil)
	services.Replace("servicePrincipalName", []string{"host/dsvm3.elsewhere.example"})
	if err := m.Modify(services); codeOf(err) != goldap.LDAPResultObjectClassViolation {
		t.Errorf("a service of its own: got %v", err)
	}
	if err := c.Del(goldap.NewDelRequest(dn, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Search(&goldap.SearchRequest{BaseDN: base, Filter: "(objectClass=*)"}); err == nil {
		t.Error("an account that was deleted still reads")
	}
	if err := add(); err != nil {
		t.Errorf("its name is not free: %v", err)
	}
}

// preset-computer, reset-computer, create-user, create-group and members.
func TestTheOtherWordsOfAdcli(t *testing.T) {
	b := newBench(t)
	c := b.asAdmin()
	const dn = "CN=DSVM2," + machines
	add := func(dn string, lines ...string) {
		t.Helper()
		if err := c.Add(&goldap.AddRequest{DN: dn, Attributes: attrs(lines...)}); err != nil {
			t.Fatalf("%s: %v", dn, err)
		}
	}
	modify := func(dn string, fill func(*goldap.ModifyRequest)) {
		t.Helper()
		q := goldap.NewModifyRequest(dn, nil)
		fill(q)
		if err := c.Modify(q); err != nil {
			t.Fatalf("%s: %v", dn, err)
		}
	}
	add(dn, asAdcliAdds("DSVM2", "dsvm2.lab.internal")...)
	modify(dn, func(q *goldap.ModifyRequest) { q.Replace("unicodePwd", []string{quoted("dsvm2")}) }) // reset-computer
	b.bind("DSVM2$", "dsvm2")
	add("CN=DSVM4,"+machines, append(asAdcliAdds("DSVM4", "dsvm4.lab.internal"), "unicodePwd: "+quoted("what adcli draws"))...) // join --use-ldaps
	b.bind("DSVM4$", "what adcli draws")
	add("CN=ada,"+users, "objectClass: user", "sAMAccountName: ada", "userPrincipalName: ada@lab.internal", "userAccountControl: 514", "displayName: Ada")
	add("CN=Herons,"+users, "objectClass: group", "sAMAccountName: Herons", "cn: Herons", "name: Herons")
	modify("CN=Herons,"+users, func(q *goldap.ModifyRequest) { q.Add("member", []string{"CN=ada," + users}) })
	modify("CN=Herons,"+users, func(q *goldap.ModifyRequest) { q.Delete("member", []string{"CN=ada," + users}) })
	if e := b.dir.Account("ada"); e == nil || !e.Disabled() {
		t.Errorf("create-user: got %+v", e)
	}
	if _, err := b.dir.Find(ident.KindGroup, "Herons"); err != nil {
		t.Error(err)
	}
}

// What SSSD asks for rules and maps, and who may write them.
func TestRulesAndMaps(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.asAdmin()
	const sudoers, maps = "OU=SUDOers," + base, "OU=automount," + base
	add := func(dn string, lines ...string) error {
		return c.Add(&goldap.AddRequest{DN: dn, Attributes: attrs(lines...)})
	}
	for dn, lines := range map[string][]string{
		"CN=web," + sudoers: {
			"objectClass: top", "objectClass: sudoRole", "cn: web", "sudoUser: alice", "sudoUser: %Physics", "sudoHost: ALL",
			"sudoCommand: /usr/bin/systemctl restart nginx", "sudoOption: !authenticate", "sudoOrder: 3",
		},
		"automountMapName=auto.home," + maps: {"objectClass: automountMap", "automountMapName: auto.home"},
	} {
		if err := add(dn, lines...); err != nil {
			t.Fatalf("%s: %v", dn, err)
		}
	}
	if err := add("automountKey=*,automountMapName=auto.home,"+maps, "objectClass: automount", "automountKey: *", "automountInformation: -fstype=nfs4 nas1.lab.internal:/home/&"); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		dn    string
		lines []string
		code  uint16
	}{
		"a rule among people":     {"CN=x," + users, []string{"objectClass: sudoRole"}, goldap.LDAPResultObjectClassViolation},
		"a rule of a group sudo":  {"CN=x," + sudoers, []string{"objectClass: sudoRole", "sudoUser: %sudo"}, goldap.LDAPResultConstraintViolation},
		"a rule with a wildcard":  {"CN=x," + sudoers, []string{"objectClass: sudoRole", "sudoCommand: /bin/cat /var/*"}, goldap.LDAPResultInvalidAttributeSyntax},
		"a rule called defaults":  {"CN=defaults," + sudoers, []string{"objectClass: sudoRole"}, goldap.LDAPResultInvalidAttributeSyntax},
		"an entry without a map":  {"automountKey=x," + maps, []string{"objectClass: automount"}, goldap.LDAPResultObjectClassViolation},
		"a person in a map":       {"CN=x,automountMapName=auto.home," + maps, []string{"objectClass: user"}, goldap.LDAPResultObjectClassViolation},
		"a map with a program":    {"automountKey=y,automountMapName=auto.home," + maps, []string{"objectClass: automount", "automountInformation: |/bin/id"}, goldap.LDAPResultInvalidAttributeSyntax},
		"a key with an option":    {"CN=u1," + users, []string{"objectClass: user", `sshPublicKey: command="id" ssh-ed25519 AAAA`}, goldap.LDAPResultInvalidAttributeSyntax},
		"a shell with a space":    {"CN=u2," + users, []string{"objectClass: user", "loginShell: /bin/sh -i"}, goldap.LDAPResultInvalidAttributeSyntax},
		"a bare zero and an id":   {"CN=x," + sudoers, []string{"objectClass: sudoRole", "sudoUser: \x000123456789abcdef"}, goldap.LDAPResultConstraintViolation},
		"an option that is a key": {"CN=x," + sudoers, []string{"objectClass: sudoRole", "sudoOption: env_keep+=LD_PRELOAD"}, goldap.LDAPResultInvalidAttributeSyntax},
	} {
		if err := add(x.dn, x.lines...); codeOf(err) != x.code {
			t.Errorf("%s: got %v, want %d", name, err, x.code)
		}
	}
	// The filter of SSSD 2.8's refresh, as a machine.
	if err := add("CN=DSVM9,"+machines, asAdcliAdds("DSVM9", "dsvm9.lab.internal")...); err != nil {
		t.Fatal(err)
	}
	set := goldap.NewModifyRequest("CN=DSVM9,"+machines, nil)
	set.Replace("unicodePwd", []string{quoted("dsvm9")})
	if err := c.Modify(set); err != nil {
		t.Fatal(err)
	}
	m := b.bind("DSVM9$", "dsvm9")
	const refresh = "(&(objectCategory=sudoRole)(|(!(sudoHost=*))(sudoHost=ALL)(sudoHost=dsvm9.lab.internal)(sudoHost=dsvm9)(sudoHost=192.0.2.7)(sudoHost=192.0.2.0/24)(sudoHost=+*)))"
	r, err := m.SearchWithPaging(&goldap.SearchRequest{BaseDN: base, Scope: goldap.ScopeWholeSubtree, Filter: refresh, Attributes: []string{
		"objectClass", "objectCategory", "cn", "sudoCommand", "sudoHost", "sudoUser", "sudoOption", "sudoRunAs", "sudoRunAsUser", "sudoRunAsGroup", "sudoNotBefore", "sudoNotAfter", "sudoOrder", "entryUSN",
	}}, 1000)
	if err != nil || len(r.Entries) != 1 {
		t.Fatalf("the rules: got %v, %v", r, err)
	}
	rule := r.Entries[0]
	if got := rule.GetAttributeValues("sudoUser"); !slices.Equal(got, []string{"alice", "%Physics"}) || rule.GetAttributeValue("sudoOrder") != "3" {
		t.Errorf("a rule: got %q, %v", got, rule)
	}
	r, err = m.Search(&goldap.SearchRequest{BaseDN: "automountMapName=auto.home," + maps, Scope: goldap.ScopeSingleLevel, Filter: "(&(automountKey=*)(objectclass=automount))"})
	if err != nil || len(r.Entries) != 1 || r.Entries[0].GetAttributeValue("automountInformation") != "-fstype=nfs4 nas1.lab.internal:/home/&" {
		t.Errorf("a map: got %v, %v", r, err)
	}
	q := goldap.NewModifyRequest("CN=web,"+sudoers, nil)
	q.Add("sudoCommand", []string{"ALL"})
	if err := m.Modify(q); codeOf(err) != goldap.LDAPResultInsufficientAccessRights {
		t.Errorf("a machine writes a rule: got %v", err)
	}
	if err := c.Modify(q); err != nil {
		t.Error(err)
	}
	if err := c.Del(goldap.NewDelRequest("CN=web,"+sudoers, nil)); err != nil {
		t.Error(err)
	}
}
