package e2e

import (
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/go-ldap/ldap/v3"
)

// people are ten whom the pictures show.
var people = []struct{ login, name, title, department string }{
	{"alice", "Alice Liddell", "Data scientist", "Vision"},
	{"bill", "Bill Lizard", "Engineer", "Platform"},
	{"chess", "Cheshire Katz", "Research lead", "Language"},
	{"dinah", "Dinah Feline", "Analyst", "Vision"},
	{"edith", "Edith Liddell", "Analyst", "Language"},
	{"hatter", "Ephraim Hatter", "Statistician", "Time series"},
	{"mabel", "Mabel Ferrars", "Intern", "Vision"},
	{"mock", "Montague Turtle", "Engineer", "Speech"},
	{"rose", "Rose Duchess-Wintergreen von Hohenstauffenberg", "Head of human resources and general administration", "Administration"},
	{"white", "Walter White-Rabbit", "Data engineer", "Platform"},
}

// furnished makes a domain look lived in.
func furnished(t *testing.T) *lab {
	l := newLab(t, nil)
	l.run("group", "add", "Data Scientists")
	l.run("group", "add", "Vision", "--member", "Data Scientists")
	for _, p := range people {
		l.user(p.login, ownPassword, "--display-name", p.name, "--set", "jobTitle="+p.title, "--set", "department="+p.department, "--set", "mail="+p.login+"@example.org")
	}
	for _, name := range []string{"alice", "dinah", "edith", "hatter"} {
		l.run("group", "member", "add", "Data Scientists", name)
	}
	l.run("role", "assign", "Helpdesk Administrator", "mock")
	for _, name := range []string{"dsvm1", "dsvm2", "gpu-of-vision-1"} {
		l.run("machine", "preset", name)
	}
	l.run("machine", "access", "dsvm1", "--group", "Data Scientists")
	l.run("sudo", "add", "web", "--group", "Vision", "--host", "dsvm1", "--command", "/usr/bin/systemctl restart nginx", "--description", "may restart the demo")
	l.run("sudo", "add", "gpus", "--user", "hatter", "--host", "ALL", "--command", "/usr/bin/nvidia-smi --gpu-reset", "--option", "!authenticate")
	l.run("user", "disable", "white")
	l.guess("bill", 6)
	l.guess("alice", 1)
	c := l.dial()
	defer c.Close()
	for _, name := range []string{"alice", "alice", "dinah", "hatter"} {
		if err := c.Bind(name+"@"+domain, ownPassword); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// crowd adds people over LDAP, who cannot sign in.
func (l *lab) crowd(n int) {
	l.t.Helper()
	const writers = 32
	first := []string{"Ada", "Ben", "Cleo", "Dev", "Elif", "Femi", "Goran", "Hana", "Ivo", "Jun", "Kofi", "Lena", "Mira", "Noor", "Olu", "Pia"}
	last := []string{"Abara", "Berg", "Costa", "Demir", "Eriksen", "Fontaine", "Gupta", "Horvat", "Ito", "Jansen", "Kowalski", "Lund", "Moreau"}
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for w := range writers {
		wg.Go(func() {
			c, err := ldap.DialURL(l.status().LDAP)
			if err == nil {
				defer c.Close()
				err = c.Bind("administrator@"+domain, adminPassword)
			}
			for i := w; i < n && err == nil; i += writers {
				login := fmt.Sprintf("p%05d", i)
				given, sn := first[i%len(first)], last[i/len(first)%len(last)]
				add := ldap.NewAddRequest("CN="+login+",OU=AADDC Users,"+base, nil)
				for _, a := range [][2]string{{"objectClass", "user"}, {"displayName", given + " " + sn}, {"givenName", given}, {"sn", sn}, {"department", people[i%len(people)].department}} {
					add.Attribute(a[0], []string{a[1]})
				}
				err = c.Add(add)
			}
			errs[w] = err
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			l.t.Fatal(err)
		}
	}
}

// Every page is scanned for what keeps people out, and written to e2e/out, light
// and dark, wide and narrow, with ten people and with 20,000, to be looked at.
func TestPortalLooks(t *testing.T) {
	need(t, axe)
	l := furnished(t)
	b := newBrowser(t, l)
	b.look("out/signin", "/signin", true)
	b.open("/signin")
	b.signIn("alice", "wrong")
	b.shoot("out/signin-wrong", true)
	b.signIn("alice", ownPassword)
	b.look("out/account-alice", "/account", true)
	b.look("out/change", "/signin/password", true)
	b.look("out/forbidden", "/users", true)
	b.signOut("Alice Liddell")
	b.shoot("out/out", true)
	b.follow("Sign in again")
	b.signIn("administrator", adminPassword)
	b.looks("out/ten", true)

	b.open("/new/user")
	b.unfold("More")
	b.shoot("out/ten/newuser-more", true)
	b.fill("Name", "Alice Pleasance")
	b.press("Create")
	b.shoot("out/ten/newuser-taken", true)
	b.open("/users/mabel")
	b.unfold("Reset password")
	b.shoot("out/ten/action", true)
	b.press("Reset password")
	b.shoot("out/ten/handover", true)
	b.do(emulation.SetEmulatedMedia().WithMedia("print"))
	b.picture("out/ten/handover-printed.png")
	b.do(emulation.SetEmulatedMedia().WithMedia(""))
	b.reload()
	b.shoot("out/ten/handover-over", true)
	b.open("/users/mabel")
	b.unfold("Delete")
	b.shoot("out/ten/delete", true)

	l.crowd(20_000)
	b.looks("out/many", false)
}

// looks goes through the pages of somebody who may see all of them.
func (b *browser) looks(dir string, scan bool) {
	b.t.Helper()
	for _, p := range []struct{ name, path string }{
		{"overview", "/"},
		{"users", "/users"},
		{"users-none", "/users?q=nobody"},
		{"user", "/users/alice"},
		{"user-locked", "/users/bill"},
		{"user-long", "/users/rose"},
		{"profile", "/users/alice/profile"},
		{"user-groups", "/users/alice/groups"},
		{"user-roles", "/users/mock/roles"},
		{"user-account", "/users/alice/account"},
		{"user-signins", "/users/alice/signins"},
		{"user-keys", "/users/alice/keys"},
		{"newuser", "/new/user"},
		{"groups", "/groups"},
		{"group", "/groups/Data%20Scientists"},
		{"group-all", "/groups/Vision/all"},
		{"group-in", "/groups/Data%20Scientists/in"},
		{"group-owners", "/groups/Vision/owners"},
		{"group-roles", "/groups/Vision/roles"},
		{"newgroup", "/new/group"},
		{"machines", "/machines"},
		{"machine", "/machines/dsvm1"},
		{"machine-server", "/machines/dc1"},
		{"sudo", "/sudo"},
		{"signins", "/audit/signins"},
		{"signins-narrowed", "/audit/signins?t=failure&since=24h"},
		{"changes", "/audit"},
		{"policies", "/policies"},
		{"policy", "/policies/passwords/default"},
		{"account", "/account"},
		{"search", "/search?q=" + url.QueryEscape("l")},
		{"missing", "/users/nobody"},
	} {
		b.look(filepath.Join(dir, p.name), p.path, scan)
	}
	b.open("/audit/signins")
	b.leaving(func() { b.do(chromedp.Click("tbody a")) })
	b.shoot(filepath.Join(dir, "signin"), scan)
	b.open("/audit")
	b.leaving(func() { b.do(chromedp.Click("tbody a")) })
	b.shoot(filepath.Join(dir, "change"), scan)
}

// look goes to a page and takes its pictures.
func (b *browser) look(name, path string, scan bool) {
	b.t.Helper()
	b.open(path)
	b.shoot(name, scan)
}

// shoot takes the pictures of the page that is open, and scans it in each.
func (b *browser) shoot(name string, scan bool) {
	b.t.Helper()
	for _, width := range []int64{1280, 360} {
		b.size(width, 800)
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			b.picture(fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
			if scan {
				b.scan(fmt.Sprintf("%s, %d wide, %s", name, width, scheme))
			}
		}
		var wide int64
		b.do(chromedp.Evaluate("document.documentElement.scrollWidth", &wide))
		if wide > width {
			b.t.Errorf("%s is %d wide in a window of %d", name, wide, width)
		}
	}
	b.size(1280, 800)
	b.scheme("light")
}
