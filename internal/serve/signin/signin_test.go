package signin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/serve/signin"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

const password = testkit.UserPassword

// bench is a domain in memory with the sign-in pages before it.
type bench struct {
	*directory.Directory
	t     *testing.T
	kit   *testkit.Domain
	admin directory.As
	door  *signin.Server
}

func newBench(t *testing.T) *bench {
	t.Helper()
	d := testkit.New(t)
	check(t, d.Admin.SetPassword(t.Context(), d.Admin.Actor().Who().ID, password, false))
	b := &bench{Directory: d.Directory, t: t, kit: d, admin: d.As(directory.Administrator)}
	var err error
	b.door, err = signin.New(signin.Config{Directory: d.Directory, Authn: d.Authn, Form: httpd.NewForm([]byte("test"))})
	check(t, err)
	return b
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) user(login string, must bool) *directory.Entry {
	b.t.Helper()
	e, err := b.admin.CreateUser(b.t.Context(), directory.NewUser{Login: login, Password: password, Must: must})
	check(b.t, err)
	return e
}

// browser keeps cookies.
type browser struct {
	b   *bench
	jar map[string]string
}

func (b *bench) browser() *browser { return &browser{b, map[string]string{}} }

func (br *browser) token() string { return br.jar["__Host-session"] }

// answer is a page as it was parsed.
type answer struct {
	code int
	to   string
	root *html.Node
}

func (br *browser) send(method, path string, form url.Values) answer {
	br.b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for k, v := range br.jar {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	w := httptest.NewRecorder()
	br.b.door.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly {
			br.b.t.Errorf("the cookie %s can be planted or read", c.Name)
		}
		if br.jar[c.Name] = c.Value; c.MaxAge < 0 {
			delete(br.jar, c.Name)
		}
	}
	root, err := html.Parse(w.Body)
	check(br.b.t, err)
	return answer{w.Code, w.Header().Get("Location"), root}
}

// submit opens a page, fills in its first form and sends it.
func (br *browser) submit(path string, fill url.Values) answer {
	br.b.t.Helper()
	page := br.send("GET", path, nil)
	if page.code != http.StatusOK {
		br.b.t.Fatalf("GET %s: got %d %s", path, page.code, page.to)
	}
	form := url.Values{}
	for _, in := range page.all("input") {
		if attr(in, "name") != "csrf" || form.Get("csrf") == "" {
			form.Set(attr(in, "name"), attr(in, "value"))
		}
	}
	for k, v := range fill {
		form[k] = v
	}
	to, _, _ := strings.Cut(path, "?")
	return br.send("POST", to, form)
}

func (br *browser) signIn(name, pw string) answer {
	br.b.t.Helper()
	return br.submit("/signin", url.Values{"name": {name}, "password": {pw}})
}

// who is who the browser is signed in as; empty for nobody.
func (br *browser) who() string {
	r := httptest.NewRequest("GET", "/", nil)
	for k, v := range br.jar {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	a, _, err := br.b.door.Who(r)
	if err != nil {
		return ""
	}
	return a.Who().Name
}

func (a answer) all(tag string) []*html.Node {
	var out []*html.Node
	for d := range a.root.Descendants() {
		if d.Type == html.ElementNode && d.Data == tag {
			out = append(out, d)
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (a answer) text() string {
	var b strings.Builder
	for _, m := range a.all("main") {
		for d := range m.Descendants() {
			if d.Type == html.TextNode {
				b.WriteString(d.Data + " ")
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestARightPasswordGoesOnToWhereOneWanted(t *testing.T) {
	b := newBench(t)
	b.user("alice", false)
	for asked, want := range map[string]string{"": "/", "/users?q=a": "/users?q=a", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/"} {
		br := b.browser()
		a := br.submit("/signin?next="+url.QueryEscape(asked), url.Values{"name": {"alice"}, "password": {password}})
		if a.code != http.StatusSeeOther || a.to != want {
			t.Errorf("next %q: got %d %s, want %s", asked, a.code, a.to, want)
		}
		if br.who() != "alice" {
			t.Errorf("signed in as %q", br.who())
		}
	}
}

func TestAGuesserLearnsNothing(t *testing.T) {
	b := newBench(t)
	b.user("alice", false)
	off := b.user("bob", false)
	check(t, b.admin.SetEnabled(t.Context(), off.ID, false))
	locked := b.browser()
	for range 6 {
		locked.signIn("alice", "wrong")
	}
	want := b.browser().signIn("nobody", "wrong").text()
	for name, try := range map[string][2]string{
		"a locked account": {"alice", password}, "a disabled account, wrong password": {"bob", "wrong"}, "no password": {"administrator", ""}, "a name of markup": {"<script>", "x"},
	} {
		a := b.browser().signIn(try[0], try[1])
		if a.code != http.StatusUnauthorized || a.text() != want {
			t.Errorf("%s: got %d %q, want what an unknown name hears: %q", name, a.code, a.text(), want)
		}
	}
	if a := b.browser().signIn("bob", password); a.code != http.StatusForbidden || !strings.Contains(a.text(), "disabled") {
		t.Errorf("a right proof is not told the state: %d %s", a.code, a.text())
	}
}

func TestTheTokenIsNewAfterEachProof(t *testing.T) {
	b := newBench(t)
	b.user("alice", false)
	br := b.browser()
	br.jar["__Host-session"] = "planted-by-somebody-else-planted-by-somebody"
	br.signIn("alice", password)
	first := br.token()
	if strings.HasPrefix(first, "planted") || br.who() != "alice" {
		t.Fatalf("the planted token holds: %s", first)
	}
	thief := &browser{b, map[string]string{"__Host-session": first}}
	a := br.submit("/signin/password?next=/account", url.Values{"old": {password}, "new": {"Correct horse 22"}, "again": {"Correct horse 22"}})
	if a.code != http.StatusSeeOther || a.to != "/account" {
		t.Fatalf("change: got %d %s: %s", a.code, a.to, a.text())
	}
	if br.token() == first || br.who() != "alice" {
		t.Error("the token is the one from before the change")
	}
	if thief.who() != "" {
		t.Error("the token from before the change still signs in")
	}
}

func TestWhoMustChangeThePassword(t *testing.T) {
	b := newBench(t)
	b.user("alice", true)
	br := b.browser()
	if a := br.signIn("alice", password); a.to != "/signin/password" {
		t.Fatalf("got %d %s", a.code, a.to)
	}
	limited := br.token()
	for name, tc := range map[string]struct{ pw, again, says string }{
		"two that differ":       {"Blue teapot 77", "Blue teapot 78", "not the same"},
		"too short":             {"Ab1", "Ab1", "shorter than 8"},
		"with one's name in it": {"Alice in 1865", "Alice in 1865", "holds the person's name"},
		"the one before":        {password, password, "used before"},
	} {
		a := br.submit("/signin/password", url.Values{"new": {tc.pw}, "again": {tc.again}})
		if a.code != http.StatusBadRequest || !strings.Contains(a.text(), tc.says) {
			t.Errorf("%s: got %d %q", name, a.code, a.text())
		}
	}
	a := br.submit("/signin/password", url.Values{"new": {"Blue teapot 77"}, "again": {"Blue teapot 77"}})
	if a.code != http.StatusSeeOther || a.to != "/" {
		t.Fatalf("got %d %s: %s", a.code, a.to, a.text())
	}
	if br.token() == limited || br.who() != "alice" {
		t.Error("the session was not begun anew")
	}
	if a := b.browser().signIn("alice", "Blue teapot 77"); a.to != "/" {
		t.Errorf("the new password: got %d %s", a.code, a.to)
	}
}

func TestALimitedSignInGrowsOld(t *testing.T) {
	b := newBench(t)
	b.user("alice", true)
	br := b.browser()
	br.signIn("alice", password)
	b.kit.Forward(20 * time.Minute)
	a := br.send("GET", "/signin/password", nil)
	if a.code == http.StatusOK || !strings.Contains(a.text(), "Sign in again") {
		t.Errorf("got %d: %s", a.code, a.text())
	}
	if br.who() != "" {
		t.Error("the old session still holds")
	}
}

func TestAWrongPresentPasswordChangesNothing(t *testing.T) {
	b := newBench(t)
	b.user("alice", false)
	br := b.browser()
	br.signIn("alice", password)
	a := br.submit("/signin/password", url.Values{"old": {"guess"}, "new": {"Blue teapot 77"}, "again": {"Blue teapot 77"}})
	if a.code != http.StatusUnauthorized || !strings.Contains(a.text(), "not your present password") {
		t.Errorf("got %d: %s", a.code, a.text())
	}
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	b := newBench(t)
	b.user("alice", false)
	br := b.browser()
	other := b.browser()
	foreign := attr(other.send("GET", "/signin", nil).all("input")[0], "value")
	br.send("GET", "/signin", nil)
	for name, token := range map[string]string{"none": "", "another browser's": foreign} {
		a := br.send("POST", "/signin", url.Values{"name": {"alice"}, "password": {password}, "csrf": {token}})
		if a.code != http.StatusForbidden || br.who() != "" {
			t.Errorf("token %s: got %d, signed in as %q", name, a.code, br.who())
		}
	}
	br.signIn("alice", password)
	if a := br.send("POST", "/signin/out", nil); a.code != http.StatusForbidden || br.who() != "alice" {
		t.Errorf("a sign-out without a token: got %d", a.code)
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	b := newBench(t)
	b.user("alice", true)
	br := b.browser()
	br.signIn("alice", password)
	token := br.token()
	page := br.send("GET", "/signin/password", nil)
	a := br.send("POST", "/signin/out", url.Values{"csrf": {attr(page.all("input")[0], "value")}})
	if a.code != http.StatusOK || br.token() != "" {
		t.Errorf("got %d: %s", a.code, a.text())
	}
	if (&browser{b, map[string]string{"__Host-session": token}}).who() != "" {
		t.Error("the token still signs in")
	}
}

func TestEveryPageIsWhole(t *testing.T) {
	b := newBench(t)
	b.user("alice", true)
	br := b.browser()
	pages := map[string]answer{"sign-in": br.send("GET", "/signin", nil), "not there": br.send("GET", "/signin/nowhere", nil)}
	br.signIn("alice", password)
	pages["change"] = br.send("GET", "/signin/password", nil)
	for name, a := range pages {
		if len(a.all("h1")) != 1 || len(a.all("title")) != 1 {
			t.Errorf("%s: %d h1, %d titles", name, len(a.all("h1")), len(a.all("title")))
		}
		labelled := map[string]bool{}
		for _, l := range a.all("label") {
			labelled[attr(l, "for")] = true
		}
		for _, in := range a.all("input") {
			if attr(in, "type") != "hidden" && !labelled[attr(in, "id")] && attr(in, "aria-label") == "" {
				t.Errorf("%s: the field %s has no label", name, attr(in, "name"))
			}
		}
		for _, s := range a.all("script") {
			if attr(s, "src") == "" {
				t.Errorf("%s: a script in the page", name)
			}
		}
	}
}
