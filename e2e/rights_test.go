package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"golang.org/x/text/encoding/unicode"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

// caller is somebody who is signed in at both doors.
type caller struct {
	t    *testing.T
	name string
	ldap *ldap.Conn
	web  *http.Client
	base string
}

// signIn signs somebody in at the LDAP door and at the portal, over TLS that is
// checked against the installation's root.
func (l *lab) signIn(name, password string) *caller {
	l.t.Helper()
	roots := l.roots()
	c := &caller{t: l.t, name: name}
	var err error
	if c.ldap, err = ldap.DialURL("ldap://" + l.addrOf("ldap")); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { c.ldap.Close() })
	if err := c.ldap.StartTLS(&tls.Config{RootCAs: roots, ServerName: "dc1." + domain}); err != nil {
		l.t.Fatal(err)
	}
	if err := c.ldap.Bind(name+"@"+domain, password); err != nil {
		l.t.Fatalf("%s at LDAP: %v", name, err)
	}
	jar, _ := cookiejar.New(nil)
	c.base = "https://" + l.addrOf("https")
	c.web = &http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "portal." + domain}}}
	page := c.body("GET", "/signin", nil)
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		l.t.Fatalf("the sign-in page has no token:\n%s", page)
	}
	resp, err := c.web.PostForm(c.base+"/signin", url.Values{"csrf": {token[1]}, "name": {name}, "password": {password}})
	if err != nil {
		l.t.Fatal(err)
	}
	resp.Body.Close()
	if status, body := c.call("GET", "/v1.0/me", nil); status != http.StatusOK || !strings.Contains(body, `"`+name+`"`) {
		l.t.Fatalf("%s at the API: %d %s", name, status, body)
	}
	return c
}

func (c *caller) body(method, path string, in io.Reader) string {
	c.t.Helper()
	req, err := http.NewRequest(method, c.base+path, in)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.web.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

func (c *caller) call(method, path string, doc any) (int, string) {
	c.t.Helper()
	var in io.Reader
	if doc != nil {
		b, err := json.Marshal(doc)
		if err != nil {
			c.t.Fatal(err)
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, c.base+path, in)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.web.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

// quoted is a password as unicodePwd carries it, [MS-ADTS] §3.1.1.3.1.5.
func quoted(t *testing.T, pw string) string {
	t.Helper()
	s, err := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(`"` + pw + `"`)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The same rights at both doors. Cases that begin with "escalates" are ways by
// which others have become administrators.
func TestRightsAtBothDoors(t *testing.T) {
	const pw, next = "Grey heron 41 fen", "Other heron 42 fen"
	l := newLab(t, nil)
	roles := map[string]string{"helper": "Helpdesk Administrator", "keeper": "User Administrator", "grouper": "Groups Administrator", "reader": "Global Reader", "boss": "Global Administrator"}
	for _, name := range []string{"plain", "other", "target", "helper", "keeper", "grouper", "reader", "boss", "domadm"} {
		args := []string{}
		if r := roles[name]; r != "" {
			args = append(args, "--role", r)
		}
		l.user(name, pw, args...)
	}
	l.run("group", "member", "add", "AAD DC Administrators", "domadm")
	l.run("group", "add", "Team", "--owner", "plain")
	l.run("group", "add", "Rights", "--owner", "plain")
	l.run("role", "assign", "User Administrator", "Rights")
	l.run("group", "add", "Nested", "--owner", "plain")
	l.run("group", "member", "add", "Rights", "Nested")

	callers := make(map[string]*caller)
	as := func(name string) *caller {
		if callers[name] == nil {
			callers[name] = l.signIn(name, pw)
		}
		return callers[name]
	}
	const users = "OU=AADDC Users," + base
	dn := func(name string) string { return "CN=" + name + "," + users }
	modify := func(target string, set func(*ldap.ModifyRequest)) func(*caller) error {
		return func(c *caller) error {
			m := ldap.NewModifyRequest(dn(target), nil)
			set(m)
			return c.ldap.Modify(m)
		}
	}
	replace := func(target, attr, value string) func(*caller) error {
		return modify(target, func(m *ldap.ModifyRequest) { m.Replace(attr, []string{value}) })
	}
	join := func(group, member string) func(*caller) error {
		return modify(group, func(m *ldap.ModifyRequest) { m.Add("member", []string{dn(member)}) })
	}
	add := func(name string) func(*caller) error {
		return func(c *caller) error {
			a := ldap.NewAddRequest(dn(name), nil)
			a.Attribute("objectClass", []string{"user"})
			return c.ldap.Add(a)
		}
	}
	reset := func(target string) (func(*caller) error, apiCall) {
		return replace(target, "unicodePwd", quoted(t, next)), patch(target, "passwordProfile", map[string]any{"password": next})
	}
	resetPlain, apiResetPlain := reset("target")
	resetBoss, apiResetBoss := reset("boss")
	resetDom, apiResetDom := reset("domadm")
	for _, x := range []struct {
		name string
		who  string
		may  bool
		ldap func(*caller) error
		api  apiCall
	}{
		{"a person adds a user", "plain", false, add("n1"), create("m1")},
		{"Helpdesk adds a user", "helper", false, add("n2"), create("m2")},
		{"Global Reader adds a user", "reader", false, add("n3"), create("m3")},
		{"User Administrator adds a user", "keeper", true, add("n4"), create("m4")},
		{"a domain administrator adds a user", "domadm", false, add("n5"), create("m5")},
		{"Groups Administrator adds a user", "grouper", false, add("n6"), create("m6")},
		{"Helpdesk resets a person", "helper", true, resetPlain, apiResetPlain},
		{"a person resets another", "plain", false, resetPlain, apiResetPlain},
		{"Groups Administrator resets a person", "grouper", false, resetPlain, apiResetPlain},
		{"escalates: Helpdesk resets a Global Administrator", "helper", false, resetBoss, apiResetBoss},
		{"escalates: User Administrator resets a Global Administrator", "keeper", false, resetBoss, apiResetBoss},
		{"escalates: Helpdesk resets a domain administrator", "helper", false, resetDom, apiResetDom},
		{"escalates: a domain administrator resets a Global Administrator", "domadm", false, resetBoss, apiResetBoss},
		{"a person changes another's title", "plain", false, replace("other", "title", "x"), patch("other", "jobTitle", "x")},
		{"a person changes their own title", "plain", false, replace("plain", "title", "x"), patch("plain", "jobTitle", "x")},
		{"a person changes their own phone", "plain", true, replace("plain", "mobile", "+1 2"), patch("plain", "mobilePhone", "+1 3")},
		{"a person changes their own shell", "plain", true, replace("plain", "loginShell", "/bin/zsh"), patch("plain", "loginShell", "/bin/bash")},
		{"a person changes their own number", "plain", false, replace("plain", "uidNumber", "10001"), patch("plain", "uidNumber", 10001)},
		{"User Administrator changes a number", "keeper", false, replace("target", "uidNumber", "10002"), patch("target", "uidNumber", 10002)},
		{"Helpdesk changes a title", "helper", false, replace("target", "title", "x"), patch("target", "jobTitle", "x")},
		{"User Administrator changes a title", "keeper", true, replace("target", "title", "y"), patch("target", "jobTitle", "z")},
		{"User Administrator changes an administrator's title", "keeper", false, replace("boss", "title", "y"), patch("boss", "jobTitle", "z")},
		{"Helpdesk disables a person", "helper", false, replace("target", "userAccountControl", "514"), patch("target", "accountEnabled", false)},
		{"User Administrator disables an administrator", "keeper", false, replace("boss", "userAccountControl", "514"), patch("boss", "accountEnabled", false)},
		{"User Administrator disables a person", "keeper", true, replace("target", "userAccountControl", "514"), patch("target", "accountEnabled", false)},
		{"an owner adds a member", "plain", true, join("Team", "other"), member("Team", "target")},
		{"a person who owns nothing adds a member", "other", false, join("Team", "keeper"), member("Team", "keeper")},
		{"Groups Administrator adds a member", "grouper", true, join("Team", "reader"), member("Team", "grouper")},
		{"Helpdesk adds a member", "helper", false, join("Team", "helper"), member("Team", "helper")},
		{"escalates: an owner adds to a group that gives rights", "plain", false, join("Rights", "plain"), member("Rights", "plain")},
		{"escalates: an owner adds to a group nested in one that gives rights", "plain", false, join("Nested", "plain"), member("Nested", "plain")},
		{"escalates: Groups Administrator enters AAD DC Administrators", "grouper", false, join("AAD DC Administrators", "grouper"), member("AAD DC Administrators", "grouper")},
		{"escalates: User Administrator enters a group that gives rights", "keeper", false, join("Rights", "keeper"), member("Rights", "keeper")},
		{"escalates: User Administrator owns a group that gives rights", "keeper", false,
			modify("Rights", func(m *ldap.ModifyRequest) { m.Replace("owner", []string{dn("keeper")}) }), member("Nested", "keeper")},
		{"Groups Administrator removes a group that gives rights", "grouper", false,
			func(c *caller) error { return c.ldap.Del(ldap.NewDelRequest(dn("Rights"), nil)) }, apiCall{"DELETE", "/v1.0/groups/Rights", nil}},
		{"User Administrator removes an administrator", "keeper", false,
			func(c *caller) error { return c.ldap.Del(ldap.NewDelRequest(dn("boss"), nil)) }, apiCall{"DELETE", "/v1.0/users/boss", nil}},
		{"a person removes another", "plain", false,
			func(c *caller) error { return c.ldap.Del(ldap.NewDelRequest(dn("other"), nil)) }, apiCall{"DELETE", "/v1.0/users/other", nil}},
	} {
		c := as(x.who)
		if err := x.ldap(c); (err == nil) != x.may {
			t.Errorf("LDAP: %s: got %v", x.name, err)
		} else if err != nil && !ldap.IsErrorWithCode(err, ldap.LDAPResultInsufficientAccessRights) {
			t.Errorf("LDAP: %s: refused for another reason: %v", x.name, err)
		}
		status, body := c.call(x.api.method, x.api.path, x.api.doc)
		if ok := status < 300; ok != x.may || !ok && status != http.StatusForbidden {
			t.Errorf("API: %s: got %d %s", x.name, status, body)
		}
	}
	// Each refusal stands in the log with who and what.
	if out := l.run("audit", "search", "plain", "failure"); !strings.Contains(out, "refused") {
		t.Errorf("the refusals are not in the log:\n%s", out)
	}
}

type apiCall struct {
	method, path string
	doc          any
}

func patch(target, property string, value any) apiCall {
	return apiCall{"PATCH", "/v1.0/users/" + target, map[string]any{property: value}}
}

func create(name string) apiCall {
	return apiCall{"POST", "/v1.0/users", map[string]any{"mailNickname": name}}
}

func member(group, name string) apiCall {
	return apiCall{"POST", "/v1.0/groups/" + url.PathEscape(group) + "/members/$ref", map[string]any{"@odata.id": "https://graph/v1.0/users/" + name}}
}

// Names that machines know as their own are refused at every door.
func TestRefusedNamesAtEveryDoor(t *testing.T) {
	l := newLab(t, nil)
	c := l.signIn("administrator", adminPassword)
	for i, name := range ident.RefusedNames() {
		if i%7 != 0 && name != "sudo" && name != "postgres" && name != "docker" { // each in the unit tests; a seventh here
			continue
		}
		for _, class := range []string{"user", "group"} {
			a := ldap.NewAddRequest("CN="+name+",OU=AADDC Users,"+base, nil)
			a.Attribute("objectClass", []string{class})
			if err := c.ldap.Add(a); !ldap.IsErrorWithCode(err, ldap.LDAPResultConstraintViolation) && !ldap.IsErrorWithCode(err, ldap.LDAPResultEntryAlreadyExists) {
				t.Errorf("LDAP: a %s called %s: got %v", class, name, err)
			}
		}
		if status, body := c.call("POST", "/v1.0/users", map[string]any{"mailNickname": name}); status != http.StatusBadRequest && status != http.StatusConflict {
			t.Errorf("API: a user called %s: got %d %s", name, status, body)
		}
		if status, body := c.call("POST", "/v1.0/groups", map[string]any{"displayName": strings.ToUpper(name)}); status != http.StatusBadRequest && status != http.StatusConflict {
			t.Errorf("API: a group called %s: got %d %s", name, status, body)
		}
	}
	for _, name := range []string{"postgres", "sudo"} {
		if out, err := l.try("", "user", "add", name); err == nil {
			t.Errorf("command: a user called %s: %s", name, out)
		}
		page := c.body("GET", "/new/user", nil)
		token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(page)
		if token == nil {
			t.Fatal("the New user page has no token")
		}
		resp, err := c.web.PostForm(c.base+"/new/user", url.Values{"csrf": {token[1]}, "name": {"Somebody"}, "user": {name}})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(b), "system") {
			t.Errorf("portal: a user called %s: got %d", name, resp.StatusCode)
		}
		if status, _ := c.call("GET", "/v1.0/users/"+name, nil); status != http.StatusNotFound {
			t.Errorf("portal: a user called %s is there: %d", name, status)
		}
	}
}
