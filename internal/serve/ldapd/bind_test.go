package ldapd_test

import (
	"strings"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
)

func TestBinds(t *testing.T) {
	b := newBench(t)
	lab(b)
	must := func(login string, n directory.NewUser) {
		t.Helper()
		n.Login, n.Password = login, password
		if _, err := b.admin.CreateUser(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	must("erin", directory.NewUser{Must: true})
	must("frank", directory.NewUser{UPN: "frank.o'hara@lab.internal"})
	const (
		success = 0
		wrong   = goldap.LDAPResultInvalidCredentials
	)
	tests := []struct {
		name, who, pw string
		code          uint16
		text          string
	}{
		{"a DN", "CN=alice," + users, password, success, ""},
		{"a DN in other spelling", "cn=Alice, ou=aaddc users, dc=lab, dc=INTERNAL", password, success, ""},
		{"a DN of a unit of one's own", `CN=dave,OU=Chemistry\, organic,` + base, password, success, ""},
		{"the alias of the template", "CN=dave," + users, password, success, ""},
		{"a login name", "alice", password, success, ""},
		{"a user name", "alice@lab.internal", password, success, ""},
		{"a user name in the realm", "alice@LAB.INTERNAL", password, success, ""},
		{"a user name with a quote", "frank.o'hara@lab.internal", password, success, ""},
		{"a user name on NetBIOS", "alice@LAB", password, success, ""},
		{"a NetBIOS name", `LAB\alice`, password, success, ""},
		{"a NetBIOS name of another domain", `OTHER\alice`, password, wrong, "data 52e"},
		{"a wrong password", "alice", "wrong", wrong, "80090308: LdapErr: DSID-0C090400, comment: AcceptSecurityContext error, data 52e, v2580"},
		{"nobody", "mallory", password, wrong, "data 52e"},
		{"a group", "CN=Physics," + users, password, wrong, "data 52e"},
		{"what is no DN", "CN=,", password, wrong, "data 52e"},
		{"a NUL behind the name", "alice\x00", password, wrong, "data 52e"},
		{"a star", "*", password, wrong, "data 52e"},
		{"an empty password", "alice", "", goldap.LDAPResultUnwillingToPerform, "signs nobody in"},
		{"nobody with a password", "", password, wrong, "data 52e"},
		{"disabled, right password", "carol", password, wrong, "data 533"},
		{"disabled, wrong password", "carol", "wrong", wrong, "data 52e"},
		{"expired, right password", "bob", password, wrong, "data 701"},
		{"expired, wrong password", "bob", "wrong", wrong, "data 52e"},
		{"must change, right password", "erin", password, wrong, "data 773"},
		{"must change, wrong password", "erin", "wrong", wrong, "data 52e"},
		{"a machine without a password", "DSVM1$", password, wrong, "data 52e"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := b.dial()
			err := c.Bind(tt.who, tt.pw)
			if tt.pw == "" {
				_, err = c.SimpleBind(&goldap.SimpleBindRequest{Username: tt.who, AllowEmptyPassword: true})
			}
			if codeOf(err) != tt.code || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want %d %s", err, tt.code, tt.text)
			}
		})
	}
}

func TestALockedAccountAnswersAsAWrongPassword(t *testing.T) {
	b := newBench(t)
	b.user("alice")
	c := b.dial()
	for range 6 {
		_ = c.Bind("alice", "wrong")
	}
	err := c.Bind("alice", password)
	if codeOf(err) != goldap.LDAPResultInvalidCredentials || !strings.Contains(err.Error(), "data 52e") {
		t.Errorf("got %v, want data 52e", err)
	}
}

func TestAFailedBindLeavesNobodyBound(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.bind("alice", password)
	if who, err := c.WhoAmI(nil); err != nil || who.AuthzID != `u:LAB\alice` {
		t.Fatalf("got %v, %v", who, err)
	}
	if err := c.Bind("alice", "wrong"); err == nil {
		t.Fatal("a wrong password was taken")
	}
	if who, err := c.WhoAmI(nil); err != nil || who.AuthzID != "" {
		t.Errorf("got %v, %v; want nobody", who, err)
	}
	_, err := c.Search(&goldap.SearchRequest{BaseDN: base, Filter: "(objectClass=*)"})
	if codeOf(err) != goldap.LDAPResultOperationsError {
		t.Errorf("got %v, want operationsError", err)
	}
}

func TestAnonymousReadsTheRootDSEOnly(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.dial()
	if err := c.UnauthenticatedBind(""); err != nil {
		t.Fatal(err)
	}
	res, err := c.Search(&goldap.SearchRequest{Filter: "(objectClass=*)"})
	if err != nil || len(res.Entries) != 1 {
		t.Fatalf("the root DSE: got %v, %v", res, err)
	}
	root := res.Entries[0]
	for name, want := range map[string]string{
		"defaultNamingContext": base, "configurationNamingContext": "CN=Configuration," + base, "supportedLDAPVersion": "3",
		"dnsHostName": "dc1.lab.internal", "ldapServiceName": "lab.internal:dc1$@LAB.INTERNAL", "subschemaSubentry": aggr,
		"domainControllerFunctionality": "7", "isSynchronized": "TRUE",
	} {
		if got := root.GetAttributeValue(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"supportedCapabilities": "1.2.840.113556.1.4.800", "supportedControl": goldap.ControlTypePaging, "supportedExtension": "1.3.6.1.4.1.1466.20037",
	} {
		if got := strings.Join(root.GetAttributeValues(name), " "); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %s among them", name, got, want)
		}
	}
	if got := root.GetAttributeValues("supportedSASLMechanisms"); len(got) > 0 {
		t.Errorf("mechanisms that are not served: %q", got)
	}
	for filter, want := range map[string]int{
		"(objectClass=*)": 1, "(!(objectClass=*))": 0, "(&(DnsDomain=lab.internal)(NtVer=\\06\\00\\00\\00))": 0, "(supportedLDAPVersion=3)": 1,
		"(|(penguin=1)(objectClass=top))": 1, "(!(penguin=1))": 0, "(&)": 1,
	} {
		res, err := c.Search(&goldap.SearchRequest{Filter: filter, Attributes: []string{"DEFAULTNAMINGCONTEXT"}})
		if err != nil || len(res.Entries) != want {
			t.Errorf("%s: got %v, %v; want %d", filter, res, err, want)
		}
	}

	refused := map[string]func() error{
		"search": func() error {
			_, err := c.Search(&goldap.SearchRequest{BaseDN: "CN=alice," + users, Filter: "(objectClass=*)"})
			return err
		},
		"search for nothing": func() error {
			_, err := c.Search(&goldap.SearchRequest{BaseDN: "CN=mallory", Scope: 2, Filter: "(cn=*)"})
			return err
		},
		"subschema": func() error {
			_, err := c.Search(&goldap.SearchRequest{BaseDN: aggr, Filter: "(objectClass=*)"})
			return err
		},
		"compare": func() error { _, err := c.Compare("CN=alice,"+users, "sn", "x"); return err },
		"add":     func() error { return c.Add(goldap.NewAddRequest("CN=x,"+users, nil)) },
		"modify":  func() error { return c.Modify(goldap.NewModifyRequest("CN=alice,"+users, nil)) },
		"delete":  func() error { return c.Del(goldap.NewDelRequest("CN=alice,"+users, nil)) },
		"rename":  func() error { return c.ModifyDN(goldap.NewModifyDNRequest("CN=alice,"+users, "CN=x", true, "")) },
		"password": func() error {
			_, err := c.PasswordModify(goldap.NewPasswordModifyRequest("alice", "", "Another horse 2"))
			return err
		},
	}
	for name, do := range refused {
		if err := do(); codeOf(err) != goldap.LDAPResultOperationsError || !strings.Contains(err.Error(), "00002020") {
			t.Errorf("%s: got %v, want operationsError 00002020", name, err)
		}
	}
}

func TestStartTLS(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.dial()
	if err := c.StartTLS(clientTLS); err != nil {
		t.Fatal(err)
	}
	if err := c.Bind("alice", password); err != nil {
		t.Fatal(err)
	}
	if err := c.StartTLS(clientTLS); err == nil {
		t.Error("TLS began twice")
	}
	over := b.bind("alice", password)
	if err := over.StartTLS(clientTLS); err == nil {
		t.Error("TLS began inside TLS")
	}
}

// TestRights holds what whom may read and do, as far as LDAP shows it. The rules
// themselves are core's.
func TestRights(t *testing.T) {
	b := newBench(t)
	lab(b)
	b.user("hilda", helpdesk...)
	alice, hilda, admin := b.bind("alice", password), b.bind("hilda", password), b.asAdmin()
	read := func(c *goldap.Conn, who, attr string) string {
		res, err := c.Search(&goldap.SearchRequest{BaseDN: "CN=" + who + "," + users, Filter: "(objectClass=*)", Attributes: []string{attr}})
		if err != nil || len(res.Entries) != 1 {
			t.Fatalf("read %s: %v", who, err)
		}
		return res.Entries[0].GetAttributeValue(attr)
	}
	if read(alice, "dave", "badPwdCount") != "" || read(alice, "alice", "badPwdCount") != "0" || read(hilda, "dave", "badPwdCount") != "0" {
		t.Error("who reads wrong passwords: oneself and the helpdesk")
	}
	reset := func(c *goldap.Conn, who string) error {
		_, err := c.PasswordModify(goldap.NewPasswordModifyRequest("CN="+who+","+users, "", "Another horse 2"))
		return err
	}
	set := func(c *goldap.Conn, who, attr, v string) error {
		m := goldap.NewModifyRequest("CN="+who+","+users, nil)
		m.Replace(attr, []string{v})
		return c.Modify(m)
	}
	tests := []struct {
		name string
		err  error
		code uint16
	}{
		{"anybody changes their own phone", set(alice, "alice", "mobile", "+41 79 1"), 0},
		{"nobody changes their own name", set(alice, "alice", "sn", "Smith"), goldap.LDAPResultInsufficientAccessRights},
		{"nobody changes another's phone", set(alice, "dave", "mobile", "1"), goldap.LDAPResultInsufficientAccessRights},
		{"the helpdesk resets a password", reset(hilda, "dave"), 0},
		{"the helpdesk does not reset an administrator's", reset(hilda, "administrator"), goldap.LDAPResultInsufficientAccessRights},
		{"the helpdesk changes nobody's name", set(hilda, "dave", "sn", "Smith"), goldap.LDAPResultInsufficientAccessRights},
		{"an administrator changes a name", set(admin, "dave", "sn", "Smith"), 0},
		{"nobody sets a SID", set(admin, "dave", "objectSid", "S-1-5-21-1-2-3-4"), goldap.LDAPResultConstraintViolation},
		{"nobody sets a member of", set(admin, "dave", "memberOf", "CN=Physics,"+users), goldap.LDAPResultConstraintViolation},
		{"a person adds nobody", alice.Add(person("eve")), goldap.LDAPResultInsufficientAccessRights},
		{"a person removes nobody", alice.Del(goldap.NewDelRequest("CN=dave,"+users, nil)), goldap.LDAPResultInsufficientAccessRights},
		{"a person renames nobody", alice.ModifyDN(goldap.NewModifyDNRequest("CN=alice,"+users, "CN=eve", true, "")), goldap.LDAPResultInsufficientAccessRights},
	}
	for _, tt := range tests {
		if codeOf(tt.err) != tt.code {
			t.Errorf("%s: got %v, want %d", tt.name, tt.err, tt.code)
		}
	}
}

func person(login string) *goldap.AddRequest {
	r := goldap.NewAddRequest("CN="+login+","+users, nil)
	r.Attribute("objectClass", []string{"top", "person", "organizationalPerson", "user"})
	return r
}

func TestASessionEndsWithItsProof(t *testing.T) {
	b := newBench(t)
	lab(b)
	ends := map[string]func() error{
		"disabled":   func() error { e, _ := b.dir.Find("", "alice"); return b.admin.SetEnabled(t.Context(), e.ID, false) },
		"signed out": func() error { e, _ := b.dir.Find("", "alice"); return b.admin.Revoke(t.Context(), e.ID) },
		"password reset": func() error {
			e, _ := b.dir.Find("", "alice")
			return b.admin.SetPassword(t.Context(), e.ID, "Another horse 2", false)
		},
		"deleted": func() error { e, _ := b.dir.Find("", "alice"); return b.admin.Delete(t.Context(), e.ID) },
	}
	for _, why := range []string{"signed out", "password reset", "disabled", "deleted"} {
		t.Run(why, func(t *testing.T) {
			e, _ := b.dir.Find("", "alice")
			if err := b.admin.SetPassword(t.Context(), e.ID, password, false); err != nil {
				t.Fatal(err)
			}
			if err := b.admin.SetEnabled(t.Context(), e.ID, true); err != nil {
				t.Fatal(err)
			}
			c, other := b.bind("alice", password), b.bind("dave", password)
			began := time.Now()
			if err := ends[why](); err != nil {
				t.Fatal(err)
			}
			for !c.IsClosing() {
				if time.Since(began) > 20*time.Second {
					t.Fatal("the session goes on")
				}
				time.Sleep(time.Millisecond) // the client's own reader finds out
			}
			if _, err := other.WhoAmI(nil); err != nil {
				t.Errorf("another's session: %v", err)
			}
		})
	}
	if n := b.server.Stats().Revoked.Load(); n != 4 {
		t.Errorf("%d sessions were counted, want 4", n)
	}
}

func TestAnExpiredAccountsSessionEnds(t *testing.T) {
	b := newBench(t)
	e := b.user("alice")
	soon := directory.FileTime(b.dir.Now().Add(time.Minute))
	if err := b.admin.Modify(t.Context(), e.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.AccountExpires, Vals: value(schema.AccountExpires, itoa(soon)).Vals}}); err != nil {
		t.Fatal(err)
	}
	c := b.bind("alice", password)
	b.kit.Forward(2 * time.Minute)
	for began := time.Now(); !c.IsClosing(); time.Sleep(time.Millisecond) {
		if time.Since(began) > 3*time.Second {
			t.Fatal("the session goes on")
		}
	}
}
