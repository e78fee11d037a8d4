package ldapd_test

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// quoted is a password as unicodePwd carries it.
func quoted(pw string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(`"` + pw + `"`)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// attrs is one attribute a line: name: value.
func attrs(lines ...string) []goldap.Attribute {
	var out []goldap.Attribute
	for _, l := range lines {
		name, v, _ := strings.Cut(l, ": ")
		i := slices.IndexFunc(out, func(a goldap.Attribute) bool { return a.Type == name })
		if i < 0 {
			out, i = append(out, goldap.Attribute{Type: name}), len(out)
		}
		out[i].Vals = append(out[i].Vals, v)
	}
	return out
}

var aUser = []string{"objectClass: top", "objectClass: person", "objectClass: organizationalPerson", "objectClass: user"}

func TestAdd(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.asAdmin()
	user := func(more ...string) []string { return append(slices.Clone(aUser), more...) }
	group := func(more ...string) []string { return append([]string{"objectClass: group"}, more...) }
	tests := []struct {
		name  string
		dn    string
		lines []string
		code  uint16
	}{
		{"a person with little", "CN=u1," + users, []string{"objectClass: user"}, 0},
		{"a person as Active Directory's tools send one", "CN=u2," + users, user(
			"cn: u2", "name: u2", "distinguishedName: CN=u2,"+users, "instanceType: 4", "sAMAccountName: u2", "sn: Two",
			"userPrincipalName: u2@lab.internal", "userAccountControl: 514", "unicodePwd: "+quoted(password), "pwdLastSet: 0", "displayName: User Two",
			"objectCategory: CN=Person,CN=Schema,CN=Configuration,"+base), 0},
		{"a person with a plain password", "CN=u3," + users, user("userPassword: "+password, "userAccountControl: 512"), 0},
		{"a person with a number", "CN=u4," + users, user("uidNumber: 5004"), 0},
		{"a person whose number is taken", "CN=u5," + users, user("uidNumber: 5004"), goldap.LDAPResultEntryAlreadyExists},
		{"a person with a manager", "CN=u6," + users, user("manager: CN=alice," + users), 0},
		{"a person with a manager who is nobody", "CN=u7," + users, user("manager: CN=mallory," + users), goldap.LDAPResultNoSuchObject},
		{"a person in a unit", `CN=u8,OU=Chemistry\, organic,` + base, user(), 0},
		{"a person there is already", "CN=alice," + users, user(), goldap.LDAPResultEntryAlreadyExists},
		{"a person of an alias", "CN=dave," + users, user(), goldap.LDAPResultEntryAlreadyExists},
		{"a person with a machine's name", "CN=dsvm1," + users, user(), goldap.LDAPResultEntryAlreadyExists},
		{"a person with another login name", "CN=Ursula Nine," + users, user("sAMAccountName: u9"), goldap.LDAPResultNamingViolation},
		{"a person with another cn", "CN=u9," + users, user("cn: u10"), goldap.LDAPResultNamingViolation},
		{"a person with a weak password", "CN=u9," + users, user("userPassword: short"), goldap.LDAPResultConstraintViolation},
		{"a person with a password without quotes", "CN=u9," + users, user("unicodePwd: hello world!"), goldap.LDAPResultConstraintViolation},
		{"a person with a strange attribute", "CN=u9," + users, user("penguin: 1"), goldap.LDAPResultUndefinedAttributeType},
		{"a person with members", "CN=u9," + users, user("member: CN=alice," + users), goldap.LDAPResultObjectClassViolation},
		{"a person with a SID of choice", "CN=u9," + users, user("objectSid: S-1-5-21-1-2-3-500"), goldap.LDAPResultInvalidAttributeSyntax},
		{"a person with two surnames", "CN=u9," + users, user("sn: a", "sn: b"), goldap.LDAPResultConstraintViolation},
		{"a person with a control character", "CN=u9," + users, user("sn: a\x01b"), goldap.LDAPResultInvalidAttributeSyntax},
		{"a person with a user name elsewhere", "CN=u9," + users, user("userPrincipalName: u9@other.example"), goldap.LDAPResultConstraintViolation},
		{"a person named by ou", "OU=u9," + users, user(), goldap.LDAPResultNamingViolation},
		{"a person below nothing", "CN=u9,OU=nothing," + base, user(), goldap.LDAPResultNoSuchObject},
		{"a person below a person", "CN=u9,CN=alice," + users, user(), goldap.LDAPResultObjectClassViolation},
		{"a person without a class", "CN=u9," + users, []string{"cn: u9"}, goldap.LDAPResultObjectClassViolation},
		{"a penguin", "CN=u9," + users, []string{"objectClass: top", "objectClass: penguin"}, goldap.LDAPResultObjectClassViolation},
		{"a person in capitals", "CN=Ursula," + users, user(), goldap.LDAPResultConstraintViolation},
		{"a person with a bracket", "CN=u(9)," + users, user(), goldap.LDAPResultConstraintViolation},
		{"a person with a slash", "CN=..\\2f..\\2fetc," + users, user(), goldap.LDAPResultConstraintViolation},
		{"a person with a NUL", `CN=u9\00,` + users, user(), goldap.LDAPResultConstraintViolation},
		{"a person with a comma", `CN=u\,9,` + users, user(), goldap.LDAPResultConstraintViolation},
		{"a person of two names", "CN=u9+SN=x," + users, user(), goldap.LDAPResultInvalidDNSyntax},
		{"what has no name", "", user(), goldap.LDAPResultInvalidDNSyntax},
		{"a group", "CN=G 1," + users, group("sAMAccountName: G 1", "groupType: -2147483646", "member: CN=alice,"+users, "member: CN=Physics,"+users, "description: one"), 0},
		{"a group with its type unsigned", "CN=G 2," + users, group("groupType: 2147483650"), 0},
		{"a distribution group", "CN=G 3," + users, group("groupType: 2"), goldap.LDAPResultUnwillingToPerform},
		{"a group with an owner", "CN=G 4," + users, group("owner: CN=alice,"+users, "managedBy: CN=alice,"+users), 0},
		{"a group with a member who is nobody", "CN=G 5," + users, group("member: CN=mallory," + users), goldap.LDAPResultNoSuchObject},
		{"a group with a number", "CN=G 6," + users, group("gidNumber: 6006"), 0},
		{"a group with a password", "CN=G 7," + users, group("userPassword: " + password), goldap.LDAPResultObjectClassViolation},
		{"a machine as adcli sends one", "CN=DSVM2," + machines, []string{
			"objectClass: computer", "sAMAccountName: DSVM2$", "userAccountControl: 69632", "msDS-supportedEncryptionTypes: 28", "dNSHostName: dsvm2.lab.internal",
			"operatingSystem: redhat-linux-gnu", "servicePrincipalName: host/DSVM2", "servicePrincipalName: host/dsvm2.lab.internal",
			"servicePrincipalName: RestrictedKrbHost/DSVM2"}, 0},
		{"a machine with another's service name", "CN=DSVM3," + machines, []string{"objectClass: computer", "servicePrincipalName: host/dsvm1"}, goldap.LDAPResultEntryAlreadyExists},
		{"a unit", "OU=Biology," + base, []string{"objectClass: organizationalUnit", "ou: Biology", "description: life"}, 0},
		{"a unit in a unit", "OU=Cells,OU=Biology," + base, []string{"objectClass: top", "objectClass: organizationalUnit"}, 0},
		{"a unit in a container", "OU=x,CN=Users," + base, []string{"objectClass: organizationalUnit"}, goldap.LDAPResultObjectClassViolation},
		{"a container", "CN=x," + base, []string{"objectClass: container"}, goldap.LDAPResultUnwillingToPerform},
		{"in the configuration", "CN=x,CN=Configuration," + base, user(), goldap.LDAPResultObjectClassViolation},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := c.Add(&goldap.AddRequest{DN: tt.dn, Attributes: attrs(tt.lines...)})
			if codeOf(err) != tt.code {
				t.Errorf("got %v, want %d", err, tt.code)
			}
		})
	}
	if err := b.dial().Bind("u3", password); err != nil {
		t.Errorf("a person with a password signs in: %v", err)
	}
	if err := b.dial().Bind("u2", password); err == nil || !strings.Contains(err.Error(), "data 533") {
		t.Errorf("a person made disabled: got %v", err)
	}
}

func TestNobodyGetsANameOfTheSystem(t *testing.T) {
	b := newBench(t)
	c := b.asAdmin()
	for _, name := range ident.RefusedNames() {
		if len(name) > 20 {
			continue
		}
		if err := c.Add(person(name)); err == nil {
			t.Errorf("a person called %s was made", name)
		}
		g := goldap.NewAddRequest("CN="+strings.ToUpper(name)+","+users, nil)
		g.Attribute("objectClass", []string{"group"})
		if err := c.Add(g); err == nil {
			t.Errorf("a group called %s was made", strings.ToUpper(name))
		}
	}
}

func TestModify(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.asAdmin()
	alice, physics := "CN=alice,"+users, "CN=Physics,"+users
	// Changes are op attribute values…
	type change struct {
		op   uint
		attr string
		vals []string
	}
	add := func(a string, v ...string) change { return change{goldap.AddAttribute, a, v} }
	del := func(a string, v ...string) change { return change{goldap.DeleteAttribute, a, v} }
	rep := func(a string, v ...string) change { return change{goldap.ReplaceAttribute, a, v} }
	tests := []struct {
		name       string
		dn         string
		permissive bool
		changes    []change
		code       uint16
		attr, want string // afterwards
	}{
		{"replace", alice, false, []change{rep("sn", "Smith")}, 0, "sn", "Smith"},
		{"add", alice, false, []change{add("title", "Dr")}, 0, "title", "Dr"},
		{"add a value that is there", alice, false, []change{add("title", "DR")}, goldap.LDAPResultAttributeOrValueExists, "title", "Dr"},
		{"the same, permissive", alice, true, []change{add("title", "DR")}, 0, "title", "Dr"},
		{"add a second value", alice, false, []change{add("title", "Prof")}, goldap.LDAPResultInvalidAttributeSyntax, "title", "Dr"},
		{"delete a value that is not there", alice, false, []change{del("title", "Prof")}, goldap.LDAPResultNoSuchAttribute, "title", "Dr"},
		{"the same, permissive", alice, true, []change{del("title", "Prof")}, 0, "title", "Dr"},
		{"delete a value", alice, false, []change{del("title", "dr")}, 0, "title", ""},
		{"delete an attribute that is not there", alice, false, []change{del("title")}, goldap.LDAPResultNoSuchAttribute, "title", ""},
		{"replace by nothing", alice, false, []change{rep("title")}, 0, "title", ""},
		{"several in order", alice, false, []change{add("title", "a"), rep("title", "b"), del("title", "b"), add("title", "c")}, 0, "title", "c"},
		{"all or none", alice, false, []change{rep("title", "d"), del("department", "x")}, goldap.LDAPResultNoSuchAttribute, "title", "c"},
		{"all or none, by the schema", alice, false, []change{rep("title", "d"), rep("penguin", "x")}, goldap.LDAPResultUndefinedAttributeType, "title", "c"},
		{"all or none, by the rights", alice, false, []change{rep("title", "d"), rep("objectSid", "x")}, goldap.LDAPResultConstraintViolation, "title", "c"},
		{"an attribute with an option", alice, false, []change{rep("title;lang-de", "e")}, 0, "title", "e"},
		{"an attribute by its OID", alice, false, []change{rep("2.5.4.12", "f")}, 0, "title", "f"},
		{"the common name", alice, false, []change{rep("cn", "eve")}, goldap.LDAPResultNotAllowedOnRDN, "cn", "alice"},
		{"the login name", alice, false, []change{rep("sAMAccountName", "eve")}, goldap.LDAPResultNotAllowedOnRDN, "sAMAccountName", "alice"},
		{"the object class", alice, false, []change{add("objectClass", "computer")}, goldap.LDAPResultObjectClassModsProhibited, "cn", "alice"},
		{"increment", alice, false, []change{{3, "uidNumber", []string{"1"}}}, goldap.LDAPResultUnwillingToPerform, "cn", "alice"},
		{"a change there is not", alice, false, []change{{7, "sn", []string{"1"}}}, goldap.LDAPResultProtocolError, "sn", "Smith"},
		{"a number that is none", alice, false, []change{rep("userAccountControl", "many")}, goldap.LDAPResultInvalidAttributeSyntax, "userAccountControl", "512"},
		{"disable", alice, false, []change{rep("userAccountControl", "514")}, 0, "userAccountControl", "514"},
		{"enable", alice, false, []change{rep("userAccountControl", "512")}, 0, "userAccountControl", "512"},
		{"a switch that is not offered", alice, false, []change{rep("userAccountControl", "4194816")}, goldap.LDAPResultInvalidAttributeSyntax, "userAccountControl", "512"},
		{"text of control characters", alice, false, []change{rep("sn", "a\x00b")}, goldap.LDAPResultInvalidAttributeSyntax, "sn", "Smith"},
		{"text too long", alice, false, []change{rep("sn", strings.Repeat("x", 65))}, goldap.LDAPResultInvalidAttributeSyntax, "sn", "Smith"},
		{"a member", physics, false, []change{add("member", "CN=dave,"+users)}, 0, "member", "3"},
		{"a member twice", physics, false, []change{add("member", "CN=dave,"+users)}, goldap.LDAPResultAttributeOrValueExists, "member", "3"},
		{"a member twice, permissive", physics, true, []change{add("member", "CN=dave,"+users)}, 0, "member", "3"},
		{"a member taken out", physics, false, []change{del("member", "CN=bob,"+users)}, 0, "member", "2"},
		{"a member taken out twice", physics, false, []change{del("member", "CN=bob,"+users)}, goldap.LDAPResultNoSuchAttribute, "member", "2"},
		{"a member taken out twice, permissive", physics, true, []change{del("member", "CN=bob,"+users)}, 0, "member", "2"},
		{"a member who is nobody", physics, false, []change{add("member", "CN=mallory,"+users)}, goldap.LDAPResultNoSuchObject, "member", "2"},
		{"nobody taken out", physics, false, []change{del("member", "CN=mallory,"+users)}, goldap.LDAPResultNoSuchAttribute, "member", "2"},
		{"a member that is no name", physics, false, []change{add("member", "dave")}, goldap.LDAPResultInvalidAttributeSyntax, "member", "2"},
		{"groups that hold each other", physics, false, []change{add("member", "CN=Everything,"+users)}, goldap.LDAPResultConstraintViolation, "member", "2"},
		{"a unit as a member", physics, false, []change{add("member", machines)}, goldap.LDAPResultNoSuchObject, "member", "2"},
		{"all members replaced", physics, false, []change{rep("member", "CN=bob,"+users)}, 0, "member", "1"},
		{"a manager", alice, false, []change{rep("manager", "CN=bob,"+users)}, 0, "manager", "CN=bob," + users},
		{"an entry there is not", "CN=mallory," + users, false, []change{rep("sn", "x")}, goldap.LDAPResultNoSuchObject, "", ""},
		{"the domain", base, false, []change{rep("description", "x")}, goldap.LDAPResultInsufficientAccessRights, "", ""},
		{"a password and more", alice, false, []change{rep("unicodePwd", quoted("Another horse 2")), rep("sn", "x")}, goldap.LDAPResultUnwillingToPerform, "sn", "Smith"},
		{"a password taken away", alice, false, []change{del("unicodePwd")}, goldap.LDAPResultUnwillingToPerform, "", ""},
		{"a password added", alice, false, []change{add("unicodePwd", quoted("Another horse 2"))}, goldap.LDAPResultUnwillingToPerform, "", ""},
		{"two passwords", alice, false, []change{rep("unicodePwd", quoted("Another horse 2"), quoted("Another horse 3"))}, goldap.LDAPResultUnwillingToPerform, "", ""},
		{"a weak password", alice, false, []change{rep("unicodePwd", quoted("short"))}, goldap.LDAPResultConstraintViolation, "", ""},
		{"a password of a group", physics, false, []change{rep("unicodePwd", quoted("Another horse 2"))}, goldap.LDAPResultConstraintViolation, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := goldap.NewModifyRequest(tt.dn, nil)
			if tt.permissive {
				m.Controls = []goldap.Control{goldap.NewControlString("1.2.840.113556.1.4.1413", true, "")}
			}
			for _, ch := range tt.changes {
				m.Changes = append(m.Changes, goldap.Change{Operation: ch.op, Modification: goldap.PartialAttribute{Type: ch.attr, Vals: ch.vals}})
			}
			err := c.Modify(m)
			if codeOf(err) != tt.code {
				t.Errorf("got %v, want %d", err, tt.code)
			}
			if tt.attr == "" {
				return
			}
			res, err := c.Search(&goldap.SearchRequest{BaseDN: tt.dn, Filter: "(objectClass=*)", Attributes: []string{tt.attr}})
			if err != nil {
				t.Fatal(err)
			}
			got := res.Entries[0].GetAttributeValue(tt.attr)
			if tt.attr == "member" {
				got = strconv.Itoa(len(res.Entries[0].GetAttributeValues("member")))
			}
			if got != tt.want {
				t.Errorf("%s is %q afterwards, want %q", tt.attr, got, tt.want)
			}
		})
	}
}

func TestPasswords(t *testing.T) {
	b := newBench(t)
	lab(b)
	admin := b.asAdmin()
	signsIn := func(who, pw string) bool { return b.dial().Bind(who, pw) == nil }
	change := func(c *goldap.Conn, who, old, pw string) error {
		m := goldap.NewModifyRequest("CN="+who+","+users, nil)
		m.Delete("unicodePwd", []string{quoted(old)})
		m.Add("unicodePwd", []string{quoted(pw)})
		return c.Modify(m)
	}

	t.Run("a reset, to be changed", func(t *testing.T) {
		m := goldap.NewModifyRequest("CN=alice,"+users, nil)
		m.Replace("unicodePwd", []string{quoted("Another hörse 2")})
		m.Replace("pwdLastSet", []string{"0"})
		if err := admin.Modify(m); err != nil {
			t.Fatal(err)
		}
		if err := b.dial().Bind("alice", "Another hörse 2"); err == nil || !strings.Contains(err.Error(), "data 773") {
			t.Errorf("got %v, want data 773", err)
		}
	})
	t.Run("who must change does so with the old one as proof", func(t *testing.T) {
		if _, err := b.dial().PasswordModify(goldap.NewPasswordModifyRequest("CN=alice,"+users, "Another hörse 2", "Third horse 3")); err != nil {
			t.Fatal(err)
		}
		if !signsIn("alice", "Third horse 3") || signsIn("alice", "Another hörse 2") {
			t.Error("the new password holds, and the old one does not")
		}
	})
	t.Run("one's own change hears that it is done", func(t *testing.T) {
		c := b.bind("alice", "Third horse 3")
		if err := change(c, "alice", "Third horse 3", "Fourth horse 4"); err != nil {
			t.Fatal(err)
		}
		if !signsIn("alice", "Fourth horse 4") {
			t.Error("the new password does not hold")
		}
	})
	for name, tt := range map[string]struct {
		old, pw string
		code    uint16
		text    string
	}{
		"a wrong old one":   {"wrong", "Fifth horse 5", goldap.LDAPResultConstraintViolation, "old password is wrong"},
		"one used before":   {"Fourth horse 4", "Third horse 3", goldap.LDAPResultConstraintViolation, "used before"},
		"one too short":     {"Fourth horse 4", "x", goldap.LDAPResultConstraintViolation, "shorter than 8"},
		"one with the name": {"Fourth horse 4", "Alice123456!", goldap.LDAPResultConstraintViolation, "holds the person's name"},
	} {
		t.Run(name, func(t *testing.T) {
			err := change(b.bind("alice", "Fourth horse 4"), "alice", tt.old, tt.pw)
			if codeOf(err) != tt.code || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want %d %s", err, tt.code, tt.text)
			}
		})
	}
	t.Run("a password is made where none is given", func(t *testing.T) {
		res, err := admin.PasswordModify(goldap.NewPasswordModifyRequest("CN=dave,"+users, "", ""))
		if err != nil || res.GeneratedPassword == "" {
			t.Fatalf("got %v, %v", res, err)
		}
		if !signsIn("dave", res.GeneratedPassword) {
			t.Error("it does not hold")
		}
	})
	t.Run("a wrong old one at the extended operation", func(t *testing.T) {
		_, err := b.dial().PasswordModify(goldap.NewPasswordModifyRequest("dave", "wrong", "Fifth horse 5"))
		if codeOf(err) != goldap.LDAPResultInvalidCredentials {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a machine's may be anything", func(t *testing.T) {
		m := goldap.NewModifyRequest("CN=DSVM1,"+machines, nil)
		m.Replace("unicodePwd", []string{quoted("dsvm1")})
		if err := admin.Modify(m); err != nil || !signsIn("DSVM1$", "dsvm1") {
			t.Errorf("got %v", err)
		}
	})
}

func TestCompareIsNoOracle(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.bind("alice", password)
	tests := []struct {
		name, dn, attr, value string
		want                  bool
		code                  uint16
	}{
		{"equal", "CN=alice," + users, "sn", "zürcher", true, 0},
		{"not equal", "CN=alice," + users, "sn", "x", false, 0},
		{"a member", "CN=Physics," + users, "member", "CN=alice," + users, true, 0},
		{"a SID", "CN=alice," + users, "primaryGroupID", "513", true, 0},
		{"an attribute the entry has not", "CN=carol," + users, "sn", "x", false, goldap.LDAPResultNoSuchAttribute},
		{"an attribute there is not", "CN=alice," + users, "penguin", "x", false, goldap.LDAPResultUndefinedAttributeType},
		{"a right password", "CN=alice," + users, "userPassword", password, false, goldap.LDAPResultNoSuchAttribute},
		{"a wrong password", "CN=alice," + users, "userPassword", "x", false, goldap.LDAPResultNoSuchAttribute},
		{"a right password of another", "CN=dave," + users, "unicodePwd", quoted(password), false, goldap.LDAPResultNoSuchAttribute},
		{"what is the helpdesk's to read", "CN=dave," + users, "badPwdCount", "0", false, goldap.LDAPResultNoSuchAttribute},
		{"an entry there is not", "CN=mallory," + users, "sn", "x", false, goldap.LDAPResultNoSuchObject},
	}
	for _, tt := range tests {
		got, err := c.Compare(tt.dn, tt.attr, tt.value)
		if got != tt.want || codeOf(err) != tt.code {
			t.Errorf("%s: got %v, %v; want %v, %d", tt.name, got, err, tt.want, tt.code)
		}
	}
}

func TestDeleteAndRename(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.asAdmin()
	chem := `OU=Chemistry\, organic,` + base
	rename := func(dn, rdn string, del bool, sup string) error {
		return c.ModifyDN(goldap.NewModifyDNRequest(dn, rdn, del, sup))
	}
	remove := func(dn string) error { return c.Del(goldap.NewDelRequest(dn, nil)) }
	tests := []struct {
		name string
		err  error
		code uint16
	}{
		{"a new name", rename("CN=alice,"+users, "CN=alicia", true, ""), 0},
		{"a new place", rename("CN=alicia,"+users, "CN=alicia", false, chem), 0},
		{"both", rename("CN=alicia,"+chem, "CN=alice", true, users), 0},
		{"the old name kept", rename("CN=alice,"+users, "CN=alicia", false, ""), goldap.LDAPResultUnwillingToPerform},
		{"a name that is taken", rename("CN=alice,"+users, "CN=bob", true, ""), goldap.LDAPResultEntryAlreadyExists},
		{"a name of the system", rename("CN=alice,"+users, "CN=root", true, ""), goldap.LDAPResultConstraintViolation},
		{"another naming attribute", rename("CN=alice,"+users, "OU=alicia", true, ""), goldap.LDAPResultNamingViolation},
		{"two parts", rename("CN=alice,"+users, "CN=a,OU=b", true, ""), goldap.LDAPResultInvalidDNSyntax},
		{"below nothing", rename("CN=alice,"+users, "CN=alice", false, "OU=nothing,"+base), goldap.LDAPResultNoSuchObject},
		{"below a person", rename("CN=alice,"+users, "CN=alice", false, "CN=bob,"+users), goldap.LDAPResultObjectClassViolation},
		{"what the domain needs", rename(users, "OU=People", true, ""), goldap.LDAPResultInsufficientAccessRights},
		{"a unit and what is in it", rename(chem, "OU=Chemistry", true, ""), 0},
		{"a machine", rename("CN=DSVM1,"+machines, "CN=DSVM7", true, ""), 0},
		{"a unit that is not empty", remove("OU=Chemistry," + base), goldap.LDAPResultNotAllowedOnNonLeaf},
		{"a person in it", remove("CN=dave,OU=Chemistry," + base), 0},
		{"the unit", remove("OU=Chemistry," + base), 0},
		{"a person twice", remove("CN=dave,OU=Chemistry," + base), goldap.LDAPResultNoSuchObject},
		{"oneself", remove("CN=administrator," + users), goldap.LDAPResultInsufficientAccessRights},
		{"the domain", remove(base), goldap.LDAPResultInsufficientAccessRights},
		{"a group", remove("CN=Physics," + users), 0},
	}
	for _, tt := range tests {
		if codeOf(tt.err) != tt.code {
			t.Errorf("%s: got %v, want %d", tt.name, tt.err, tt.code)
		}
	}
	res, err := c.Search(&goldap.SearchRequest{BaseDN: base, Scope: 2, Filter: "(sAMAccountName=DSVM7$)", Attributes: []string{"cn"}})
	if err != nil || len(res.Entries) != 1 || res.Entries[0].DN != "CN=DSVM7,"+machines {
		t.Errorf("the machine: got %v, %v", res, err)
	}
}
