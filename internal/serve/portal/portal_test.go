package portal_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/core/session"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/serve/portal"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

const password = testkit.UserPassword

// bench is a domain in memory with a portal before it.
type bench struct {
	*directory.Directory
	t     *testing.T
	auth  *authn.Authenticator
	admin directory.As
	door  http.Handler

	machines *machine.Machines
}

func newBench(t *testing.T) *bench {
	t.Helper()
	d := testkit.New(t)
	check(t, d.Admin.SetPassword(t.Context(), d.Admin.Actor().Who().ID, password, false))
	b := &bench{Directory: d.Directory, machines: machine.New(d.Directory, d.Store, nil), t: t, auth: d.Authn, admin: d.As(directory.Administrator)}
	var err error
	b.door, err = portal.New(portal.Config{
		Directory: d.Directory, Machines: b.machines, Authn: b.auth, Form: httpd.NewForm([]byte("test")), Address: "https://portal.lab.internal", LDAP: "dc1.lab.internal",
		Who: func(r *http.Request) (ident.Actor, session.Session, error) {
			actor, ses, ok, err := b.auth.Resume(r.Context(), httpd.Cookie(r, "session"))
			if err == nil && !ok {
				err = fault.New(fault.Unauthenticated, "nobody has signed in")
			}
			return actor, ses, err
		},
	})
	check(t, err)
	return b
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) user(login, name string, roles ...ident.ID) *directory.Entry {
	b.t.Helper()
	n := directory.NewUser{Login: login, Password: password, Roles: roles}
	if name != "" {
		n.Attrs = []directory.Value{{Attr: schema.DisplayName, Vals: [][]byte{[]byte(name)}}}
	}
	e, err := b.admin.CreateUser(b.t.Context(), n)
	check(b.t, err)
	return e
}

func (b *bench) group(name string, members ...*directory.Entry) *directory.Entry {
	b.t.Helper()
	n := directory.NewGroup{Name: name}
	for _, m := range members {
		n.Members = append(n.Members, m.ID)
	}
	e, err := b.admin.CreateGroup(b.t.Context(), n)
	check(b.t, err)
	return e
}

// browser is somebody who has signed in.
type browser struct {
	b   *bench
	jar map[string]string
}

func (b *bench) signIn(login string) *browser {
	b.t.Helper()
	at := policy.Attempt{Door: policy.Portal, Client: policy.Interactive, TLS: true, Source: netip.MustParseAddr("192.0.2.7")}
	token, _, err := b.auth.Begin(b.t.Context(), at, login, password, "test")
	check(b.t, err)
	return &browser{b, map[string]string{"__Host-session": token}}
}

// answer is a page as it was parsed.
type answer struct {
	t    *testing.T
	code int
	to   string // of a redirect
	size int
	root *html.Node
}

func (br *browser) send(r *http.Request) answer {
	br.b.t.Helper()
	for k, v := range br.jar {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	w := httptest.NewRecorder()
	br.b.door.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if br.jar[c.Name] = c.Value; c.MaxAge < 0 {
			delete(br.jar, c.Name)
		}
	}
	size := w.Body.Len()
	root, err := html.Parse(w.Body)
	check(br.b.t, err)
	return answer{br.b.t, w.Code, w.Header().Get("Location"), size, root}
}

func (br *browser) get(path string) answer {
	br.b.t.Helper()
	return br.send(httptest.NewRequest("GET", path, nil))
}

// page is get of a page that must be there.
func (br *browser) page(path string) answer {
	br.b.t.Helper()
	a := br.get(path)
	if a.code != http.StatusOK {
		br.b.t.Fatalf("GET %s: got %d %s: %s", path, a.code, a.to, a.text("main"))
	}
	return a
}

func (br *browser) post(path string, form url.Values) answer {
	br.b.t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return br.send(r)
}

// submit fills in the form of a page that goes to an address, and sends it.
func (br *browser) submit(page answer, action string, fill url.Values) answer {
	br.b.t.Helper()
	for _, f := range page.all("form") {
		if attr(f, "action") != action || attr(f, "method") != "post" {
			continue
		}
		form := url.Values{}
		for _, in := range within(f, "input") {
			checked := slices.ContainsFunc(in.Attr, func(x html.Attribute) bool { return x.Key == "checked" })
			if attr(in, "type") != "checkbox" || checked {
				form.Add(attr(in, "name"), attr(in, "value"))
			}
		}
		for k, v := range fill {
			form[k] = v
		}
		return br.post(action, form)
	}
	br.b.t.Fatalf("there is no form that goes to %s", action)
	return answer{}
}

func (a answer) all(tag string) []*html.Node { return within(a.root, tag) }

func within(n *html.Node, tag string) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
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

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// text is the text of the first element of a kind.
func (a answer) text(tag string) string {
	for _, n := range a.all(tag) {
		return textOf(n)
	}
	return ""
}

// forms are the addresses that the page's forms send to.
func (a answer) forms() map[string]bool {
	out := map[string]bool{}
	for _, f := range a.all("form") {
		if attr(f, "method") == "post" {
			out[attr(f, "action")] = true
		}
	}
	return out
}

func (a answer) has(t *testing.T, text string) {
	t.Helper()
	if !strings.Contains(a.text("main"), text) {
		t.Errorf("the page does not say %q: %s", text, a.text("main"))
	}
}

// paths are all pages there are, for a domain with alice and Vision in it.
var paths = []string{
	"/", "/users", "/users?q=al", "/users?state=disabled&sort=-uid", "/users?q=nobody", "/new/user", "/users/alice", "/users/alice/key", "/users/alice/profile",
	"/users/alice/groups", "/users/alice/groups?add=g", "/users/alice/roles", "/users/alice/account", "/users/alice/signins", "/groups", "/new/group", "/groups/Vision", "/groups/Vision?add=b",
	"/groups/Vision/all", "/groups/Vision/in", "/groups/Vision/owners", "/groups/Vision/roles", "/audit/signins", "/audit/signins?t=alice", "/audit", "/audit?q=user.create", "/machines", "/machines?q=w&state=silent", "/machines/web1", "/machines/web1/key", "/users/alice/keys", "/sudo", "/policies", "/policies/passwords/default", "/account", "/search?q=al",
}

func TestEveryPageIsWhole(t *testing.T) {
	b := newBench(t)
	alice := b.user("alice", "Alice Liddell")
	b.user("bob", "")
	b.group("GPU Users", b.group("Vision", alice))
	_, err := b.machines.As(b.admin.Actor()).Preset(t.Context(), "web1", 0)
	check(t, err)
	for i := range 120 {
		b.user(fmt.Sprintf("u%03d", i), fmt.Sprintf("Person with a long name number %d", i))
	}
	admin := b.signIn("administrator")
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			a := admin.page(path)
			a.t = t
			a.isWhole(t)
		})
	}
	t.Run("a page that is not there", func(t *testing.T) {
		a := admin.get("/nowhere")
		if a.code != http.StatusNotFound {
			t.Errorf("got %d", a.code)
		}
		a.isWhole(t)
	})
}

// isWhole checks what holds for every page.
func (a answer) isWhole(t *testing.T) {
	t.Helper()
	if a.size > 100_000 {
		t.Errorf("the page has %d bytes", a.size)
	}
	if n := len(a.all("h1")); n != 1 {
		t.Errorf("the page has %d h1", n)
	}
	if a.text("title") == "" || a.text("h1") == "" {
		t.Error("the page has no title")
	}
	labelled, ids := map[string]bool{}, map[string]int{}
	for _, l := range a.all("label") {
		labelled[attr(l, "for")] = true
		for _, in := range within(l, "input") {
			labelled[attr(in, "name")] = true
		}
	}
	for d := range a.root.Descendants() {
		if d.Type != html.ElementNode {
			continue
		}
		if id := attr(d, "id"); id != "" {
			if ids[id]++; ids[id] > 1 {
				t.Errorf("two elements have the id %s", id)
			}
		}
		for _, x := range d.Attr {
			if x.Key == "style" || strings.HasPrefix(x.Key, "on") {
				t.Errorf("<%s> has %s=%q, which the policy forbids", d.Data, x.Key, x.Val)
			}
			if (x.Key == "href" || x.Key == "src" || x.Key == "action") && !strings.HasPrefix(x.Val, "/") && !strings.HasPrefix(x.Val, "#") && x.Val != "https://portal.lab.internal" {
				t.Errorf("<%s> leads elsewhere: %s", d.Data, x.Val)
			}
		}
		switch d.Data {
		case "style":
			t.Error("the page has a style element")
		case "script":
			if attr(d, "src") == "" {
				t.Error("the page has a script in it")
			}
		case "input", "select":
			if attr(d, "type") != "hidden" && !labelled[attr(d, "id")] && !labelled[attr(d, "name")] && attr(d, "aria-label") == "" {
				t.Errorf("the field %s has no label", attr(d, "name"))
			}
		case "form":
			if attr(d, "method") == "post" && !hasToken(d) {
				t.Errorf("the form to %s carries no token", attr(d, "action"))
			}
		}
	}
}

func hasToken(form *html.Node) bool {
	for _, in := range within(form, "input") {
		if attr(in, "name") == httpd.FormField && attr(in, "value") != "" {
			return true
		}
	}
	return false
}

func TestWhatIsStoredStaysText(t *testing.T) {
	b := newBench(t)
	_, err := b.machines.As(b.admin.Actor()).Preset(t.Context(), "web1", 0)
	check(t, err)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	mallory := b.user("alice", evil)
	var mods []directory.Mod
	for _, id := range []schema.ID{schema.Title, schema.Company, schema.Description, schema.Info, schema.GivenName} {
		mods = append(mods, directory.Mod{Op: directory.ModReplace, Attr: id, Vals: [][]byte{[]byte(evil)}})
	}
	check(t, b.admin.Modify(t.Context(), mallory.ID, mods))
	g := b.group("Vision", mallory)
	check(t, b.admin.Modify(t.Context(), g.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.Description, Vals: [][]byte{[]byte(evil)}}}))
	at := policy.Attempt{Door: policy.LDAP, Client: policy.Directory, TLS: true, Source: netip.MustParseAddr("192.0.2.9")}
	if _, err := b.auth.SignIn(t.Context(), at, evil, "x"); err == nil {
		t.Fatal("a name made of markup signed in")
	}
	b.Audit().FlushRefusals()
	admin := b.signIn("administrator")
	for _, path := range append(paths, "/search?q="+url.QueryEscape(evil), "/users?q="+url.QueryEscape(evil), "/audit/signins?t="+url.QueryEscape(evil)) {
		a := admin.page(path)
		for _, s := range a.all("script") {
			if attr(s, "src") == "" {
				t.Errorf("%s: a stored text became a script", path)
			}
		}
		if len(a.all("img")) > 0 {
			t.Errorf("%s: a stored text became an image", path)
		}
	}
	admin.page("/users/alice").has(t, evil)
	admin.page("/audit/signins").has(t, "<script>alert(1)")
}
