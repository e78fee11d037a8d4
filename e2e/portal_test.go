package e2e

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/go-ldap/ldap/v3"
)

const ownPassword = "Pool of tears 8"

// An administrator makes a person, who chooses her own password and is found in
// the log; with the page's scripts and without.
func TestPortalNewUser(t *testing.T) {
	for _, way := range []struct {
		name    string
		scripts bool
	}{{"with scripts", true}, {"without scripts", false}} {
		t.Run(way.name, func(t *testing.T) {
			l := newLab(t, nil)
			l.run("group", "add", "Data Scientists")
			b := newBrowser(t, l)
			if !way.scripts {
				b.withoutScripts()
			}

			b.open("/")
			b.signIn("administrator", adminPassword)
			b.follow("New user")
			b.fill("Name", "Alice Liddell")
			b.fill("User name", "administrator")
			b.press("Create")
			b.wrong("User name", "is taken")
			b.fill("User name", "alice")
			b.sees("@"+domain, "Login name on machines")
			b.unfold("More")
			b.fill("Job title", "Data scientist")
			b.fill("Department", "Vision")
			b.tick("Data Scientists")
			b.tick("Security Reader")
			b.press("Create")

			b.sees("Alice Liddell is created", "shown this once")
			given := b.fact("Password")
			if got, want := b.fact("User name"), "alice@"+domain; got != want {
				t.Errorf("the user name is %s, want %s", got, want)
			}
			if got := b.fact("Signs in at"); got != b.base {
				t.Errorf("she is sent to %s, want %s", got, b.base)
			}
			if way.scripts {
				b.copies("Password", given)
			}
			b.reload()
			b.sees("The password was shown")
			b.misses(given)
			b.signOut("Administrator")

			b.follow("Sign in again")
			b.signIn("alice", given)
			b.chooses(way.scripts)
			b.sees("Overview") // of who may read: she holds a role
			b.follow("Audit")
			b.sees("Sign-ins")
			b.open("/account")
			b.sees("My account", "Where I can sign in", "Data Scientists", "Security Reader", "Data scientist", "Vision")
			b.signOut("Alice Liddell")
			b.follow("Sign in again")
			b.signIn("alice", given)
			b.sees("The user name or the password is wrong")
			b.signIn("alice", ownPassword)
			b.sees("Overview")
			b.signOut("Alice Liddell")

			b.follow("Sign in again")
			b.signIn("administrator", adminPassword)
			b.follow("Audit")
			b.fill("Whole words", "alice")
			if !way.scripts {
				b.press("Show")
			}
			b.sees("6 records")
			b.choose("Since", "The last hour")
			if !way.scripts {
				b.press("Show")
			}
			b.sees("6 records", "refused")
			b.open("/audit/signins?q=alice&t=failure") // the address holds the filter
			b.sees("1 record")
			b.leaving(func() { b.click("record", "alice") })
			b.sees("alice tried to sign in", "Reason", "Door", "portal", "Sequence")
		})
	}
}

// chooses tries passwords that the rules refuse, then one's own.
func (b *browser) chooses(scripts bool) {
	b.t.Helper()
	b.sees("Choose your own password", "At least 8 characters", "Without your name in it")
	for _, wrong := range []struct{ first, again, field, says string }{
		{"Ab1!", "Ab1!", "New password", "shorter than 8 characters"},
		{"grey herons", "grey herons", "New password", "too simple. Use three of"},
		{"Alice Liddell 7", "Alice Liddell 7", "New password", "name"},
		{ownPassword, ownPassword + "!", "New password again", "The two are not the same"},
	} {
		b.fill("New password", wrong.first)
		b.fill("New password again", wrong.again)
		b.press("Change password")
		b.wrong(wrong.field, wrong.says)
	}
	b.fill("New password", ownPassword)
	b.fill("New password again", ownPassword)
	if scripts {
		b.until("every rule turns true", "document.querySelectorAll('.rules li.true').length === document.querySelectorAll('.rules li[data-rule]').length")
	}
	b.press("Change password")
}

// copies presses the button beside a term, and pastes what it copied.
func (b *browser) copies(term, want string) {
	b.t.Helper()
	b.click("copy", term)
	b.sees("Copied")
	b.slash()
	var got string
	b.do(command("paste"), chromedp.Evaluate("document.activeElement.value", &got))
	if got != want {
		b.t.Errorf("what is pasted is %q, want %q", got, want)
	}
}

// New user, from the first page to the last, by the keyboard alone.
func TestPortalByKeyboard(t *testing.T) {
	l := newLab(t, nil)
	l.run("group", "add", "Data Scientists")
	b := newBrowser(t, l)
	signIn := func(name, password string) {
		b.keys(name + kb.Tab + password)
		b.enter()
	}
	b.open("/")
	signIn("administrator", adminPassword)
	b.tabTo("New user")
	b.enter()
	b.keys("Alice Liddell") // the focus is where one begins
	b.tabTo("User name")
	b.until("the user name is proposed", "document.activeElement.value === 'alice'")
	b.tabTo("More")
	b.keys(" ")
	b.tabTo("Department")
	b.keys("Vision")
	b.tabTo("Data Scientists")
	b.keys(" ")
	b.tabTo("Security Reader")
	b.keys(" ")
	b.tabTo("Create")
	b.enter()
	b.sees("Alice Liddell is created")
	given := b.fact("Password")
	b.tabTo("Copy")
	b.tabTo("Administrator")
	b.keys(kb.Enter)
	b.tabTo("Sign out")
	b.enter()
	b.tabTo("Sign in again")
	b.enter()
	signIn("alice", given)
	b.sees("Choose your own password")
	signIn(ownPassword, ownPassword)
	b.sees("Overview")
	b.slash()
	b.keys("alice")
	b.enter()
	b.sees("Alice Liddell", "Data Scientists", "Security Reader", "Vision")
}

// The helpdesk's five jobs take three clicks at most, each from the first page.
func TestPortalHelpdesk(t *testing.T) {
	l := newLab(t, nil)
	l.user("hetty", "Quiet helpdesk 5", "--display-name", "Hetty Wills", "--role", "User Administrator")
	for _, name := range []string{"alice", "bill", "dinah", "mabel"} {
		l.user(name, ownPassword, "--display-name", strings.ToUpper(name[:1])+name[1:]+" Liddell")
	}
	l.guess("bill", 5)
	l.guess("dinah", 1)
	b := newBrowser(t, l)
	b.open("/")
	b.signIn("hetty", "Quiet helpdesk 5")
	find := func(typed string) {
		b.click("field", "Search people and groups")
		b.keys(typed)
		b.enter()
	}
	for _, job := range []struct {
		name string
		do   func()
	}{
		{"find", func() {
			find("lid")
			b.sees("Alice Liddell", "Mabel Liddell")
			b.follow("Alice Liddell")
			b.sees("alice@"+domain, "Groups and why")
		}},
		{"reset", func() {
			find("alice")
			b.unfold("Reset password")
			b.press("Reset password")
			b.sees("Alice Liddell has a new password")
		}},
		{"unlock", func() {
			find("bill")
			b.sees("Locked out")
			b.unfold("Unlock")
			b.press("Unlock")
			b.sees("bill is unlocked.")
			b.misses("Locked out")
		}},
		{"why refused", func() {
			find("dinah")
			b.leaving(func() { b.click("tab", "Sign-ins") })
			b.leaving(func() { b.click("record", "refused") })
			b.sees("dinah tried to sign in", "wrong password", "127.0.0.1")
		}},
		{"leaver", func() {
			find("mabel")
			b.unfold("Disable")
			b.press("Disable")
			b.sees("mabel is disabled.", "Signed out everywhere")
		}},
	} {
		b.open("/")
		b.clicks = 0
		job.do()
		if t.Logf("%s: %d clicks", job.name, b.clicks); b.clicks > 3 {
			t.Errorf("%s takes %d clicks, want at most 3", job.name, b.clicks)
		}
	}
}

// guess tries wrong passwords over LDAP.
func (l *lab) guess(name string, times int) {
	l.t.Helper()
	c := l.dial()
	defer c.Close()
	for range times {
		if err := c.Bind(name+"@"+domain, "wrong"); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
			l.t.Fatalf("a wrong password: %v", err)
		}
	}
}

func (l *lab) dial() *ldap.Conn {
	l.t.Helper()
	c, err := ldap.DialURL(l.status().LDAP)
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

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
		{"newuser", "/new/user"},
		{"groups", "/groups"},
		{"group", "/groups/Data%20Scientists"},
		{"group-all", "/groups/Vision/all"},
		{"group-in", "/groups/Data%20Scientists/in"},
		{"group-owners", "/groups/Vision/owners"},
		{"group-roles", "/groups/Vision/roles"},
		{"newgroup", "/new/group"},
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
