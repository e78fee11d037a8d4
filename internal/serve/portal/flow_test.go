package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
)

func TestNewUserIsHandedOverOnce(t *testing.T) {
	b := newBench(t)
	g := b.group("Data Scientists")
	admin := b.signIn("administrator")
	form := admin.page("/new/user")
	a := admin.submit(form, "/new/user", url.Values{
		"name": {"Alice Liddell"}, "user": {"Alice"}, "department": {"Vision"}, "group": {g.ID.String()}, "role": {role.HelpdeskAdministrator.String()},
	})
	if a.code != http.StatusSeeOther || a.to != "/users/alice/key" {
		t.Fatalf("create: got %d %s: %s", a.code, a.to, a.text("main"))
	}
	sheet := admin.page(a.to)
	if got, want := sheet.text("h1"), "Alice Liddell is created"; got != want {
		t.Errorf("the sheet says %q, want %q", got, want)
	}
	codes := sheet.all("code")
	var pw string
	for _, c := range codes {
		if s := textOf(c); strings.Count(s, "-") == 3 && len(s) == 19 {
			pw = s
		}
	}
	if pw == "" {
		t.Fatalf("the sheet shows no password: %s", sheet.text("main"))
	}
	sheet.has(t, "alice@lab.internal")
	sheet.has(t, "https://portal.lab.internal")
	again := admin.page(a.to)
	if strings.Contains(again.text("main"), pw) || again.text("h1") != "The password was shown" {
		t.Errorf("a reload shows %q", again.text("h1"))
	}

	e, err := b.Find("", "alice")
	check(t, err)
	if e.First(schema.Department) != "Vision" || len(b.Roles(e.ID)) != 1 || b.MemberCount(g.ID) != 1 {
		t.Error("profile, group or role is missing")
	}
	at := policy.Attempt{Door: policy.Portal, Client: policy.Interactive, TLS: true}
	if _, err := b.auth.SignIn(t.Context(), at, "alice", "Correct horse 1"); err == nil {
		t.Error("a password that was not shown signs in")
	}
}

func TestNewUserKeepsWhatWasTyped(t *testing.T) {
	b := newBench(t)
	b.user("alice", "Alice Liddell")
	admin := b.signIn("administrator")
	a := admin.submit(admin.page("/new/user"), "/new/user", url.Values{"name": {"Another Alice"}, "user": {"alice"}, "jobTitle": {""}, "title": {"Guest"}})
	if a.code != http.StatusConflict {
		t.Fatalf("got %d", a.code)
	}
	kept := map[string]string{}
	for _, in := range a.all("input") {
		kept[attr(in, "name")] = attr(in, "value")
		if attr(in, "name") == "user" && attr(in, "aria-invalid") != "true" {
			t.Error("the user name is not marked as wrong")
		}
	}
	if kept["name"] != "Another Alice" || kept["user"] != "alice" || kept["title"] != "Guest" {
		t.Errorf("what was typed is lost: %v", kept)
	}
}

func TestFormsNeedTheSessionsToken(t *testing.T) {
	b := newBench(t)
	alice := b.user("alice", "")
	admin, other := b.signIn("administrator"), b.signIn("administrator")
	for name, token := range map[string]string{
		"no token": "", "nonsense": "AAAA", "another session's": attr(within(other.page("/users/alice").all("form")[1], "input")[0], "value"),
	} {
		a := admin.post("/users/alice/do/disable", url.Values{"csrf": {token}})
		if a.code != http.StatusForbidden {
			t.Errorf("%s: got %d", name, a.code)
		}
	}
	if e, _ := b.ByID(alice.ID); e.Disabled() {
		t.Error("a form without a token disabled alice")
	}
}

func TestWhoHasNotSignedInIsSentToSignIn(t *testing.T) {
	b := newBench(t)
	stranger := &browser{b, map[string]string{}}
	if a := stranger.get("/users?q=al"); a.code != http.StatusSeeOther || a.to != "/signin?next=%2Fusers%3Fq%3Dal" {
		t.Errorf("got %d %s", a.code, a.to)
	}
	if a := stranger.post("/new/user", nil); a.code != http.StatusSeeOther || a.to != "/signin" {
		t.Errorf("a form: got %d %s", a.code, a.to)
	}
}

func TestWhoMustChangeSeesNothingElse(t *testing.T) {
	b := newBench(t)
	_, err := b.admin.CreateUser(t.Context(), directory.NewUser{Login: "alice", Password: password, Must: true})
	check(t, err)
	alice := b.signIn("alice")
	for _, path := range paths {
		if a := alice.get(path); a.code != http.StatusSeeOther || !strings.HasPrefix(a.to, "/signin/password") {
			t.Errorf("%s: got %d %s", path, a.code, a.to)
		}
	}
}

func TestHelpdeskDoesWhatItMayAndNoMore(t *testing.T) {
	b := newBench(t)
	b.user("grace", "", role.HelpdeskAdministrator)
	bob := b.user("bob", "")
	b.user("emmy", "", role.UserAdministrator)
	grace := b.signIn("grace")

	offered := grace.page("/users/bob").forms()
	want := map[string]bool{"/users/bob/do/reset": true, "/users/bob/do/revoke": true, "/signin/out": true}
	for f := range offered {
		if !want[f] {
			t.Errorf("the helpdesk is offered %s", f)
		}
	}
	for f := range want {
		if !offered[f] {
			t.Errorf("the helpdesk is not offered %s", f)
		}
	}
	if f := grace.page("/users/emmy").forms(); len(f) != 1 {
		t.Errorf("on somebody who administers the helpdesk is offered %v", f)
	}

	bobs := grace.page("/users/bob")
	if a := grace.submit(bobs, "/users/bob/do/reset", nil); a.to != "/users/bob/key" {
		t.Errorf("reset: got %d %s", a.code, a.to)
	}
	token := url.Values{"csrf": {attr(within(bobs.all("form")[1], "input")[0], "value")}}
	for _, path := range []string{"/users/bob/do/disable", "/users/emmy/do/reset", "/users/bob/roles", "/new/group"} {
		form := url.Values{"role": {role.GlobalAdministrator.String()}, "name": {"Mine"}}
		form["csrf"] = token["csrf"]
		if a := grace.post(path, form); a.code != http.StatusForbidden {
			t.Errorf("%s: got %d: %s", path, a.code, a.text("main"))
		} else if !strings.Contains(a.text("main"), "Administrator") {
			t.Errorf("%s: the refusal does not say who may: %s", path, a.text("main"))
		}
	}
	for _, path := range []string{"/audit", "/policies", "/new/user"} {
		if a := grace.get(path); a.code != http.StatusForbidden {
			t.Errorf("%s: got %d", path, a.code)
		}
	}
	if e, _ := b.ByID(bob.ID); e.Disabled() || len(b.Roles(bob.ID)) > 0 {
		t.Error("the helpdesk changed what it may not")
	}
}

func TestSomebodyWithoutRolesSeesOnlyTheirOwn(t *testing.T) {
	b := newBench(t)
	bob := b.user("bob", "Bob Ross")
	b.user("alice", "Alice Liddell")
	g, err := b.admin.CreateGroup(t.Context(), directory.NewGroup{Name: "Painters", Owners: idsOf(bob)})
	check(t, err)
	br := b.signIn("bob")
	if a := br.get("/"); a.to != "/account" {
		t.Errorf("the start leads to %d %s", a.code, a.to)
	}
	account := br.page("/account")
	account.isWhole(t)
	account.has(t, "Painters")
	for _, path := range []string{"/users", "/users/alice", "/users/nobody", "/groups", "/groups/Domain%20Users", "/audit/signins", "/search?q=a"} {
		if a := br.get(path); a.code != http.StatusForbidden {
			t.Errorf("%s: got %d", path, a.code)
		}
	}
	a := br.submit(br.page("/users/bob/profile"), "/users/bob/profile", url.Values{"mobile": {"+49 151 1"}})
	if a.code != http.StatusSeeOther {
		t.Errorf("own mobile: got %d: %s", a.code, a.text("main"))
	}
	a = br.submit(br.page("/users/bob/profile"), "/users/bob/profile", url.Values{"displayName": {"The Boss"}})
	if a.code != http.StatusForbidden {
		t.Errorf("own display name: got %d", a.code)
	}
	a = br.submit(br.page("/groups/Painters?add=alice"), "/groups/Painters/members", url.Values{})
	if a.code != http.StatusSeeOther || b.MemberCount(g.ID) != 1 {
		t.Errorf("an owner adds a member: got %d, %d members", a.code, b.MemberCount(g.ID))
	}
}

func TestActionsSayWhatTheyDid(t *testing.T) {
	b := newBench(t)
	b.user("alice", "")
	admin := b.signIn("administrator")
	a := admin.submit(admin.page("/users/alice"), "/users/alice/do/disable", nil)
	after := admin.page(a.to)
	after.has(t, "alice is disabled.")
	if strings.Contains(admin.page(a.to).text("main"), "is disabled.") {
		t.Error("it is said twice")
	}
	if !after.forms()["/users/alice/do/enable"] || after.forms()["/users/alice/do/disable"] {
		t.Error("a disabled account is not offered to be enabled")
	}
	if a := admin.submit(after, "/users/alice/do/delete", url.Values{"confirm": {"bob"}}); a.code != http.StatusBadRequest {
		t.Errorf("delete with another name: got %d", a.code)
	}
	a = admin.submit(after, "/users/alice/do/delete", url.Values{"confirm": {"alice"}})
	admin.page(a.to).has(t, "alice is deleted.")
}

func TestARecordShowsOldAndNew(t *testing.T) {
	b := newBench(t)
	b.user("alice", "Alice Liddell")
	admin := b.signIn("administrator")
	admin.submit(admin.page("/users/alice/profile"), "/users/alice/profile", url.Values{"displayName": {"Alice Hargreaves"}})
	var link string
	for _, x := range admin.page("/audit?t=user.update").all("a") {
		if strings.HasPrefix(attr(x, "href"), "/audit/") && attr(x, "href") != "/audit/signins" {
			link = attr(x, "href")
		}
	}
	a := admin.page(link)
	a.isWhole(t)
	a.has(t, "Display name Alice Liddell Alice Hargreaves")
	if got := a.text("h1"); got != "administrator changed alice" {
		t.Errorf("the record is called %q", got)
	}
}

func TestSessionsAreEndedByTheirOwner(t *testing.T) {
	b := newBench(t)
	b.user("alice", "")
	one, two := b.signIn("alice"), b.signIn("alice")
	a := one.submit(one.page("/account"), "/account/sessions", nil)
	one.page(a.to).has(t, "The session is ended.")
	if a := two.get("/account"); a.code != http.StatusSeeOther {
		t.Errorf("the ended session: got %d", a.code)
	}
	check(t, b.As(b.admin.Actor()).Revoke(t.Context(), mustFind(b, "alice").ID))
	if a := one.get("/account"); a.code != http.StatusSeeOther {
		t.Errorf("after sign out everywhere: got %d", a.code)
	}
}

func idsOf(es ...*directory.Entry) []ident.ID {
	var out []ident.ID
	for _, e := range es {
		out = append(out, e.ID)
	}
	return out
}

func mustFind(b *bench, name string) *directory.Entry {
	b.t.Helper()
	e, err := b.Find("", name)
	check(b.t, err)
	return e
}
