package ldapd_test

import (
	"slices"
	"strings"
	"testing"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/core/schema"
)

// TestFilters holds what a filter finds below OU=AADDC Users and the custom unit,
// by name. A star stands for everything in the lab.
func TestFilters(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.asAdmin()
	alice, _ := b.dir.Find("", "alice")
	physics, _ := b.dir.Find("", "Physics")
	guid := escape(alice.ID.GUID())
	sid := escape([]byte(alice.SID()))
	everything := "AAD DC Administrators AADDC Users DSVM1 Everything Physics Science administrator alice bob carol dave"
	tests := []struct{ name, filter, want string }{
		// equality
		{"a login name", "(sAMAccountName=alice)", "alice"},
		{"a login name in capitals", "(SAMACCOUNTNAME=ALICE)", "alice"},
		{"spaces around a value", "(sAMAccountName= alice )", "alice"},
		{"a login name nobody has", "(sAMAccountName=mallory)", ""},
		{"an attribute by its OID", "(1.2.840.113556.1.4.221=alice)", "alice"},
		{"an attribute by another of its names", "(surname=Builder)", "bob"},
		{"a machine", "(sAMAccountName=DSVM1$)", "DSVM1"},
		{"a machine by its plain name is nobody", "(sAMAccountName=DSVM1)", ""},
		{"a common name", "(cn=physics)", "Physics"},
		{"a common name of a machine", "(cn=dsvm1)", "DSVM1"},
		{"a unit by its ou", "(ou=aaddc users)", "AADDC Users"},
		{"the name of a unit", "(name=AADDC Users)", "AADDC Users"},
		{"a user name", "(userPrincipalName=alice@lab.internal)", "alice"},
		{"a user name in capitals", "(userPrincipalName=ALICE@LAB.INTERNAL)", "alice"},
		{"a mail address in other letters", "(mail=alice@LAB.internal)", "alice"},
		{"a class", "(objectClass=user)", "DSVM1 administrator alice bob carol dave"},
		{"a class in capitals", "(objectclass=GROUP)", "AAD DC Administrators Everything Physics Science"},
		{"a superclass", "(objectClass=person)", "DSVM1 administrator alice bob carol dave"},
		{"the class of machines", "(objectClass=computer)", "DSVM1"},
		{"top", "(objectClass=top)", "*"},
		{"a class by its OID", "(objectClass=1.2.840.113556.1.5.8)", "AAD DC Administrators Everything Physics Science"},
		{"a class there is not", "(objectClass=penguin)", ""},
		{"inetOrgPerson", "(&(objectClass=inetOrgPerson)(uid=alice))", "alice"},
		{"a category by its short name", "(&(objectCategory=person)(sn=*))", "alice bob"},
		{"a category by its DN", "(objectCategory=CN=Computer,CN=Schema,CN=Configuration,DC=lab,DC=internal)", "DSVM1"},
		{"a category nobody has", "(objectCategory=sudoRole)", ""},
		{"a SID as text", "(objectSid=" + alice.SID().String() + ")", "alice"},
		{"a SID in octets", "(objectSid=" + sid + ")", "alice"},
		{"a SID of nobody", "(objectSid=S-1-5-32-545)", ""},
		{"half a SID", `(objectSid=\01\05)`, ""},
		{"a GUID in octets", "(objectGUID=" + guid + ")", "alice"},
		{"a GUID as text", "(objectGUID=" + alice.ID.String() + ")", "alice"},
		{"an entryUUID", "(entryUUID=" + alice.ID.String() + ")", "alice"},
		{"a uid", "(uid=alice)", "alice"},
		{"a number", "(primaryGroupID=515)", "DSVM1"},
		{"a number with zeros in front", "(primaryGroupID=0515)", "DSVM1"},
		{"a word where a number stands", "(primaryGroupID=many)", ""},
		{"a telephone number", "(telephoneNumber=+41441234567)", "alice"},
		{"a telephone number with other dashes", "(telephoneNumber=+41-44 1234-567)", "alice"},
		{"a service name", "(servicePrincipalName=HOST/dsvm1)", "DSVM1"},
		{"a description with brackets and a star", `(description=a \28very\29 good \2a person)`, "alice"},
		{"a description with a backslash", `(description=back\5cslash)`, "alice"},
		{"text beyond ASCII", "(sn=Zürcher)", "alice"},
		{"text beyond ASCII in capitals", "(sn=ZÜRCHER)", "alice"},
		{"text beyond ASCII, composed", "(sn=Zu\u0308rcher)", "alice"},
		{"text that is no UTF-8", `(sn=Z\ffrcher)`, ""},
		{"a NUL behind a name", `(sAMAccountName=alice\00)`, ""},
		{"a NUL and more behind a name", `(sAMAccountName=alice\00\29\28)`, ""},
		{"a distinguished name", "(distinguishedName=CN=alice," + users + ")", "alice"},
		{"a distinguished name with spaces", "(distinguishedName=cn=ALICE, ou=aaddc users, dc=LAB, dc=internal)", "alice"},
		{"a distinguished name that is none", "(distinguishedName=alice)", ""},
		{"an escaped name", `(distinguishedName=CN=dave,OU=Chemistry\5c, organic,` + base + ")", "dave"},
		{"approximately", "(sAMAccountName~=Alice)", "alice"},

		// links
		{"members of a group", "(memberOf=CN=Physics," + users + ")", "alice bob"},
		{"members of a group, other spelling", "(memberOf=cn=physics,ou=AADDC USERS,dc=lab,dc=internal)", "alice bob"},
		{"the groups of a person", "(member=CN=alice," + users + ")", "Physics"},
		{"the groups of a person by the alias", "(member=CN=dave," + users + ")", ""},
		{"the groups of a group", "(member=" + physics.DN() + ")", "Science"},
		{"members of no group", "(memberOf=CN=nothing," + users + ")", ""},
		{"members of what is no DN", "(memberOf=physics)", ""},
		{"a group by its member and class", "(&(objectClass=group)(member=CN=bob," + users + "))", "Physics"},
		{"what JupyterHub asks", "(&(objectClass=group)(|(member=CN=bob," + users + ")(uniqueMember=CN=bob," + users + ")(memberUid=bob)))", "Physics"},

		// presence
		{"everybody with a surname", "(sn=*)", "alice bob"},
		{"everybody in a group", "(memberOf=*)", "Physics Science administrator alice bob carol"},
		{"groups with members", "(member=*)", "AAD DC Administrators Everything Physics Science"},
		{"everything", "(objectClass=*)", "*"},
		{"everything by its GUID", "(objectGUID=*)", "*"},
		{"no surname", "(&(objectClass=user)(!(sn=*)))", "DSVM1 administrator carol dave"},
		{"an attribute of the root DSE only", "(supportedControl=*)", ""},
		{"what nobody can read is neither there", "(unicodePwd=*)", ""},
		{"nor missing", "(!(unicodePwd=*))", ""},
		{"a security descriptor", "(nTSecurityDescriptor=*)", ""},

		// substrings
		{"a beginning", "(sAMAccountName=ali*)", "alice"},
		{"an end", "(sAMAccountName=*LICE)", "alice"},
		{"a middle", "(sAMAccountName=*lic*)", "alice"},
		{"all parts", "(sAMAccountName=a*i*e)", "alice"},
		{"parts in the wrong order", "(sAMAccountName=a*c*i*e)", ""},
		{"parts that overlap", "(sAMAccountName=alic*ce)", ""},
		{"a star in a part", `(description=*\2a*)`, "alice"},
		{"a bracket in a part", `(description=*\28VERY\29*)`, "alice"},
		{"a beginning of text beyond ASCII", "(sn=zür*)", "alice"},
		{"a part of a mail address", "(mail=*@LAB*)", "alice"},
		{"a part of a user name", "(userPrincipalName=*@lab.internal)", "administrator alice bob carol dave"},
		{"a part of a service name", "(servicePrincipalName=host/*)", "DSVM1"},
		{"a part of a SID is no question", `(objectSid=S-1-5*)`, ""},
		{"a part of a number is no question", "(primaryGroupID=5*)", ""},
		{"a part of a link is no question", "(memberOf=CN=Phys*)", ""},

		// order
		{"at least a number", "(&(objectClass=user)(primaryGroupID>=514))", "DSVM1"},
		{"at most a number", "(&(objectClass=user)(primaryGroupID<=513))", "administrator alice bob carol dave"},
		{"at most a large number", "(accountExpires<=133000000000000000)", "bob"},
		{"at least the largest number", "(accountExpires>=9223372036854775807)", "alice"},
		{"a time long past", "(&(objectClass=user)(whenCreated<=20000101000000.0Z))", ""},
		{"since a time long past", "(whenCreated>=20000101000000.0Z)", "*"},
		{"a time in another form", "(whenCreated>=20000101000000Z)", "*"},
		{"a time that is none", "(whenCreated>=yesterday)", ""},
		{"text in order", "(&(objectClass=user)(sn>=c))", "alice"},
		{"an order of SIDs is no question", "(objectSid>=S-1-5-21-1)", ""},
		{"since an update number", "(uSNChanged>=0)", "*"},

		// and, or, not
		{"both", "(&(sn=Builder)(sAMAccountName=bob))", "bob"},
		{"both, of which one is not", "(&(sn=Builder)(sAMAccountName=alice))", ""},
		{"either", "(|(sAMAccountName=bob)(sAMAccountName=alice))", "alice bob"},
		{"either, found twice", "(|(sAMAccountName=bob)(sn=Builder))", "bob"},
		{"not", "(&(objectClass=group)(!(cn=Physics)))", "AAD DC Administrators Everything Science"},
		{"not not", "(!(!(sAMAccountName=alice)))", "alice"},
		{"and of nothing is true", "(&)", "*"},
		{"or of nothing is false", "(|)", ""},
		{"not of a true one", "(!(&))", ""},
		{"not of a false one", "(!(|))", "*"},
		{"and of nothing on one entry", "(&(sAMAccountName=alice)(&))", "alice"},
		{"deep", strings.Repeat("(!", 98) + "(sAMAccountName=alice)" + strings.Repeat(")", 98), "alice"},

		// undefined
		{"an attribute there is not", "(penguin=1)", ""},
		{"not an attribute there is not", "(!(penguin=1))", ""},
		{"presence of an attribute there is not", "(penguin=*)", ""},
		{"no presence of an attribute there is not", "(!(penguin=*))", ""},
		{"either, of which one is undefined", "(|(penguin=1)(sAMAccountName=alice))", "alice"},
		{"both, of which one is undefined", "(&(penguin=1)(sAMAccountName=alice))", ""},
		{"neither, of which one is undefined", "(!(|(penguin=1)(sAMAccountName=alice)))", ""},
		{"not both, of which one is false", "(&(objectClass=user)(!(&(penguin=1)(sAMAccountName=alice)))(!(sAMAccountName=alice)))", "DSVM1 administrator bob carol dave"},
		{"a password is no question", "(unicodePwd=x)", ""},
		{"not a password either", "(!(userPassword=" + password + "))", ""},
		{"a trust nobody has", "(&(&(objectclass=trustedDomain)(trustType=2))(!(msDS-TrustForestTrustInfo=*)))", ""},
		{"an attribute option", "(cn;lang-de=alice)", "alice"},

		// matching rules
		{"bits that are set", "(userAccountControl:1.2.840.113556.1.4.803:=2)", "carol"},
		{"bits that are not set", "(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))", "DSVM1 administrator alice bob dave"},
		{"all of several bits", "(userAccountControl:1.2.840.113556.1.4.803:=66048)", "bob"},
		{"one of several bits", "(userAccountControl:1.2.840.113556.1.4.804:=65538)", "bob carol"},
		{"no bits", "(&(sn=*)(userAccountControl:1.2.840.113556.1.4.803:=0))", "alice bob"},
		{"bits that are no number", "(userAccountControl:1.2.840.113556.1.4.803:=two)", ""},
		{"bits of text", "(sn:1.2.840.113556.1.4.803:=1)", ""},
		{"bits of a negative number", "(groupType:1.2.840.113556.1.4.803:=2147483648)", "AAD DC Administrators Everything Physics Science"},
		{"members at any depth", "(memberOf:1.2.840.113556.1.4.1941:=CN=Science," + users + ")", "Physics alice bob"},
		{"members at more depth", "(memberOf:1.2.840.113556.1.4.1941:=CN=Everything," + users + ")", "Physics Science alice bob carol"},
		{"groups at any depth", "(member:1.2.840.113556.1.4.1941:=CN=alice," + users + ")", "Everything Physics Science"},
		{"members at any depth of nothing", "(memberOf:1.2.840.113556.1.4.1941:=CN=nothing," + users + ")", ""},
		{"in chain of an attribute that is no chain", "(sn:1.2.840.113556.1.4.1941:=CN=alice," + users + ")", ""},
		{"people at any depth", "(&(objectClass=user)(memberOf:1.2.840.113556.1.4.1941:=CN=Everything," + users + "))", "alice bob carol"},
		{"an extensible filter without a rule", "(cn:=alice)", "alice"},
		{"parts of the name", "(ou:dn:=AADDC Users)", ""},
		{"a rule without an attribute", "(:2.5.13.2:=alice)", ""},
		{"a rule there is not", "(cn:1.2.3.4:=alice)", ""},
		{"not a rule there is not", "(!(cn:1.2.3.4:=alice))", ""},

		// as SSSD asks
		{"a user", "(&(&(&(sAMAccountName=alice)(objectclass=user))(sAMAccountName=*))(objectSID=*))", "alice"},
		{"a user by a SID", "(&(&(&(objectSID=" + alice.SID().String() + ")(objectclass=user))(sAMAccountName=*))(objectSID=*))", "alice"},
		{"a group by a SID", "(&(&(objectSID=" + physics.SID().String() + ")(objectClass=group))(sAMAccountName=*))", "Physics"},
		{"a user by a user name", `(|(userPrincipalName=alice@lab.internal)(mail=alice@lab.internal)(userPrincipalName=alice\5c@lab.internal@LAB.INTERNAL))`, "alice"},
		{"sudo rules", "(&(objectCategory=sudoRole)(|(!(sudoHost=*))(sudoHost=ALL)(sudoHost=dsvm1)))", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want
			if want == "*" {
				want = everything
			}
			res, err := c.Search(&goldap.SearchRequest{BaseDN: base, Scope: goldap.ScopeWholeSubtree, Filter: tt.filter, Attributes: []string{"name"}})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(labNames(res), " "); got != want {
				t.Errorf("%s\n got %s\nwant %s", tt.filter, got, want)
			}
		})
	}
}

// labNames are the names of what stands in the lab itself, sorted.
func labNames(res *goldap.SearchResult) (names []string) {
	for _, e := range res.Entries {
		n := e.GetAttributeValue("name")
		in := strings.HasSuffix(e.DN, users) || strings.HasSuffix(e.DN, machines) || strings.HasPrefix(e.DN, "CN=dave")
		if in && n != "AADDC Computers" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

func escape(p []byte) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range p {
		b.WriteByte('\\')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

func TestAFilterMayBeTooDeepOrTooLong(t *testing.T) {
	b := newBench(t)
	c := b.asAdmin()
	for _, f := range []string{
		strings.Repeat("(!", 101) + "(cn=a)" + strings.Repeat(")", 101),
		"(|" + strings.Repeat("(cn=a)", 10_001) + ")",
	} {
		_, err := c.Search(&goldap.SearchRequest{BaseDN: base, Filter: f})
		if !goldap.IsErrorWithCode(err, goldap.LDAPResultProtocolError) {
			t.Errorf("got %v, want protocolError", err)
		}
	}
	if _, err := c.WhoAmI(nil); err != nil {
		t.Errorf("the session went on: %v", err)
	}
}

// TestSelection holds which attributes of an entry a search returns.
func TestSelection(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.asAdmin()
	tests := []struct {
		name  string
		base  string
		types bool
		ask   []string
		want  string // attribute names; +x: x is among them, -x: it is not
	}{
		{"by name", "CN=alice," + users, false, []string{"sn"}, "sn"},
		{"in the schema's spelling", "CN=alice," + users, false, []string{"SAMACCOUNTNAME", "OBJECTSID"}, "sAMAccountName objectSid"},
		{"by OID", "CN=alice," + users, false, []string{"2.5.4.4"}, "sn"},
		{"twice", "CN=alice," + users, false, []string{"sn", "SN", "2.5.4.4"}, "sn"},
		{"unknown", "CN=alice," + users, false, []string{"penguin", "sn"}, "sn"},
		{"only unknown", "CN=alice," + users, false, []string{"penguin"}, ""},
		{"none", "CN=alice," + users, false, []string{"1.1"}, ""},
		{"what the entry does not have", "CN=bob," + users, false, []string{"mail"}, ""},
		{"all", "CN=alice," + users, false, nil, "+objectClass +cn +sn +memberOf +objectSid -createTimestamp -tokenGroups -unicodePwd"},
		{"a star", "CN=alice," + users, false, []string{"*"}, "+objectClass +cn -entryUUID"},
		{"operational", "CN=alice," + users, false, []string{"+"}, "+createTimestamp +entryUUID -cn -tokenGroups"},
		{"both", "CN=alice," + users, false, []string{"*", "+"}, "+createTimestamp +cn"},
		{"a star and one of its", "CN=alice," + users, false, []string{"*", "cn", "tokenGroups"}, "+cn +tokenGroups"},
		{"with an option", "CN=alice," + users, false, []string{"userCertificate;binary", "sn;lang-de"}, "sn"},
		{"a secret", "CN=alice," + users, false, []string{"unicodePwd", "userPassword", "nTSecurityDescriptor"}, ""},
		{"names only", "CN=alice," + users, true, []string{"sn"}, "sn"},
		{"a range", "CN=Physics," + users, false, []string{"member;range=0-0"}, "member;range=0-0"},
		{"the last range", "CN=Physics," + users, false, []string{"member;range=1-*"}, "member;range=1-*"},
		{"a range beyond", "CN=Physics," + users, false, []string{"member;range=0-1499"}, "member;range=0-*"},
		{"a range that is none", "CN=Physics," + users, false, []string{"member;range=x"}, ""},
		{"the subschema by name", aggr, false, []string{"attributeTypes"}, "attributeTypes"},
		{"the subschema by a star", aggr, false, nil, "+attributeTypes +objectClasses +cn"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := c.Search(&goldap.SearchRequest{BaseDN: tt.base, Filter: "(objectClass=*)", TypesOnly: tt.types, Attributes: tt.ask})
			if err != nil || len(res.Entries) != 1 {
				t.Fatalf("got %v, %v", res, err)
			}
			var got []string
			for _, a := range res.Entries[0].Attributes {
				got = append(got, a.Name)
				if (len(a.Values) == 0) != tt.types {
					t.Errorf("%s has %d values", a.Name, len(a.Values))
				}
			}
			if !strings.HasPrefix(tt.want, "+") {
				if strings.Join(got, " ") != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				return
			}
			for _, w := range strings.Fields(tt.want) {
				if slices.Contains(got, w[1:]) != (w[0] == '+') {
					t.Errorf("got %q, want %s", got, w)
				}
			}
			slices.Sort(got)
			if len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Errorf("an attribute twice: %q", got)
			}
		})
	}
}

func TestScopesAndBases(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.asAdmin()
	tests := []struct {
		name    string
		base    string
		scope   int
		filter  string
		code    uint16
		matched string
		want    string
	}{
		{"the entry", "CN=alice," + users, goldap.ScopeBaseObject, "(objectClass=*)", 0, "", "alice"},
		{"the entry by the alias", "CN=dave," + users, goldap.ScopeBaseObject, "(objectClass=*)", 0, "", "dave"},
		{"the entry in other spelling", " cn = ALICE ; OU=aaddc users, dc=lab,DC=internal", goldap.ScopeBaseObject, "(objectClass=*)", 0, "", "alice"},
		{"below an entry without children", "CN=alice," + users, goldap.ScopeSingleLevel, "(objectClass=*)", 0, "", ""},
		{"one level", "OU=Chemistry\\, organic," + base, goldap.ScopeSingleLevel, "(objectClass=*)", 0, "", "dave"},
		{"a subtree holds its base", "OU=Chemistry\\2c organic," + base, goldap.ScopeWholeSubtree, "(objectClass=*)", 0, "", "Chemistry, organic dave"},
		{"one level does not hold its base", base, goldap.ScopeSingleLevel, "(objectClass=domain)", 0, "", ""},
		{"a subtree elsewhere", machines, goldap.ScopeWholeSubtree, "(sAMAccountName=alice)", 0, "", ""},
		{"nothing there", "CN=mallory," + users, goldap.ScopeBaseObject, "(objectClass=*)", 32, users, ""},
		{"nothing above either", "CN=a,OU=b,OU=c," + base, goldap.ScopeBaseObject, "(objectClass=*)", 32, base, ""},
		{"another domain", "DC=other,DC=example", goldap.ScopeWholeSubtree, "(objectClass=*)", 32, "", ""},
		{"the empty name with a subtree", "", goldap.ScopeWholeSubtree, "(objectClass=*)", 32, "", ""},
		{"what is no name", "alice", goldap.ScopeBaseObject, "(objectClass=*)", 34, "", ""},
		{"an unfinished escape", `CN=alice\,` + users + `\`, goldap.ScopeBaseObject, "(objectClass=*)", 34, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := c.Search(&goldap.SearchRequest{BaseDN: tt.base, Scope: tt.scope, Filter: tt.filter, Attributes: []string{"name"}})
			if code := codeOf(err); code != tt.code {
				t.Fatalf("got %d %v, want %d", code, err, tt.code)
			}
			if err != nil {
				if got := err.(*goldap.Error).MatchedDN; got != tt.matched {
					t.Errorf("matched %q, want %q", got, tt.matched)
				}
				return
			}
			var got []string
			for _, e := range res.Entries {
				got = append(got, e.GetAttributeValue("name"))
			}
			slices.Sort(got)
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func codeOf(err error) uint16 {
	if err == nil {
		return 0
	}
	if e, ok := err.(*goldap.Error); ok {
		return e.ResultCode
	}
	return 9999
}

func TestLimits(t *testing.T) {
	b := newBench(t)
	lab(b)
	for i := range 30 {
		b.group("Group " + string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	c := b.asAdmin()
	res, err := c.Search(&goldap.SearchRequest{BaseDN: base, Scope: 2, SizeLimit: 5, Filter: "(objectClass=group)"})
	if codeOf(err) != goldap.LDAPResultSizeLimitExceeded || len(res.Entries) != 5 {
		t.Errorf("got %d entries and %v, want 5 and sizeLimitExceeded", len(res.Entries), err)
	}
	if res, err = c.Search(&goldap.SearchRequest{BaseDN: base, Scope: 2, SizeLimit: 1, Filter: "(sAMAccountName=alice)"}); err != nil || len(res.Entries) != 1 {
		t.Errorf("a limit that is just met: got %v", err)
	}
}

func TestTheSubschemaSaysWhatIsServed(t *testing.T) {
	b := newBench(t)
	c := b.asAdmin()
	res, err := c.Search(&goldap.SearchRequest{BaseDN: aggr, Filter: "(objectClass=subschema)", Attributes: []string{"attributeTypes", "objectClasses", "ldapSyntaxes", "matchingRules", "*", "+"}})
	if err != nil || len(res.Entries) != 1 {
		t.Fatalf("got %v, %v", res, err)
	}
	if got, want := len(res.Entries[0].GetAttributeValues("attributeTypes")), len(schema.Attributes()); got != want {
		t.Errorf("got %d attribute types, want %d", got, want)
	}
	if got := res.Entries[0].GetAttributeValues("objectClasses"); len(got) < 15 {
		t.Errorf("got %d object classes", len(got))
	}
}
