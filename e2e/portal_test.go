package e2e

import (
	"strings"
	"testing"

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
			b.follow("portal") // a click on a value shows only these
			b.sees("6 records")
			b.open("/audit/signins?q=alice&t=portal&t=failure") // the address holds the filter
			b.sees("1 record", "portal", "failure")
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
