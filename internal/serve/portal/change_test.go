package portal_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/role"
)

func TestAPersonIsRenamed(t *testing.T) {
	b := newBench(t)
	alice := b.user("alice", "Alice Liddell")
	b.user("bob", "")
	uid, _ := alice.UIDNumber()
	hers := b.signIn("alice")
	admin := b.signIn("administrator")
	form := admin.page("/users/alice/account")
	form.isWhole(t)
	a := admin.submit(form, "/users/alice/account/name", url.Values{"user": {"bob"}})
	if a.code != http.StatusConflict || attr(a.input("f-user"), "value") != "bob" || attr(a.input("f-user"), "aria-invalid") != "true" {
		t.Errorf("a taken name: got %d: %s", a.code, a.text("main"))
	}
	a = admin.submit(form, "/users/alice/account/name", url.Values{"user": {"alicia"}})
	after := admin.page(a.to)
	after.has(t, "alicia is the name from now on.")
	if now, _ := mustFind(b, "alicia").UIDNumber(); now != uid {
		t.Errorf("the uid is %d, was %d", now, uid)
	}
	if a := hers.get("/account"); a.code != http.StatusSeeOther {
		t.Errorf("her session holds on: got %d", a.code)
	}
}

func TestAnAccountEndsOnADay(t *testing.T) {
	b := newBench(t)
	b.user("alice", "")
	admin := b.signIn("administrator")
	form := admin.page("/users/alice/account")
	send := func(end string) answer {
		return admin.submit(form, "/users/alice/account/end", url.Values{"end": {end}})
	}
	a := send("2001-01-31")
	if a.code != http.StatusBadRequest || attr(a.input("f-end"), "aria-invalid") != "true" {
		t.Errorf("a day that is past: got %d: %s", a.code, a.text("main"))
	}
	want := b.Now().UTC().AddDate(0, 1, 0).Truncate(24 * time.Hour)
	a = send(want.Format(time.DateOnly))
	admin.page(a.to).has(t, "The end of alice is saved.")
	if got := mustFind(b, "alice").Expires(); !got.Equal(want) {
		t.Errorf("it ends %s, want %s", got, want)
	}
	if got := attr(admin.page("/users/alice/account").input("f-end"), "value"); got != want.Format(time.DateOnly) {
		t.Errorf("the form shows %q", got)
	}
	a = send("")
	admin.page(a.to).has(t, "alice has no end.")
	if got := mustFind(b, "alice").Expires(); !got.IsZero() {
		t.Errorf("it still ends %s", got)
	}
}

func TestAGroupGivesARole(t *testing.T) {
	b := newBench(t)
	alice := b.user("alice", "Alice Liddell")
	b.group("Helpers", alice)
	admin := b.signIn("administrator")
	form := admin.page("/groups/Helpers/roles")
	form.isWhole(t)
	a := admin.submit(form, "/groups/Helpers/roles", url.Values{"role": {role.HelpdeskAdministrator.String()}})
	after := admin.page(a.to)
	after.has(t, "Helpers holds the role.")
	admin.page("/users/alice/roles").has(t, "by Helpers")
	admin.submit(after, "/groups/Helpers/roles", url.Values{"do": {"remove"}})
	if held := b.Roles(alice.ID); len(held) > 0 {
		t.Errorf("she still holds %v", held)
	}
}

func TestAPasswordPolicyIsChanged(t *testing.T) {
	b := newBench(t)
	grace := b.signIn(b.user("grace", "", role.SecurityReader).Login)
	for _, x := range grace.page("/policies").all("a") {
		if attr(x, "href") == "/policies/passwords/default" {
			t.Error("who may only read is offered a change")
		}
	}
	if a := grace.get("/policies/passwords/default"); a.code != http.StatusForbidden {
		t.Errorf("who may only read: got %d", a.code)
	}
	admin := b.signIn("administrator")
	form := admin.page("/policies/passwords/default")
	form.isWhole(t)
	a := admin.submit(form, "/policies/passwords/default", url.Values{"minLength": {"3"}})
	if a.code != http.StatusBadRequest || attr(a.input("f-minLength"), "aria-invalid") != "true" || attr(a.input("f-minLength"), "value") != "3" {
		t.Errorf("too short a length: got %d: %s", a.code, a.text("main"))
	}
	a = admin.submit(form, "/policies/passwords/default", url.Values{"minLength": {"12"}, "maxAge": {"365"}})
	admin.page(a.to).has(t, "The password policy Default is saved.")
	admin.page("/policies").has(t, "At least 12 characters, of three kinds or 20 characters; not one of the last 5 Age Expires after 365 days")
	want := credential.DefaultPolicy
	want.MinLength, want.MaxAge = 12, 365*24*time.Hour
	if got := b.PasswordPolicies(); len(got) != 1 || !samePolicy(got[0], want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func samePolicy(a, b credential.Policy) bool {
	return len(a.Groups) == len(b.Groups) && a.MinLength == b.MinLength && a.Complex == b.Complex && a.History == b.History && a.MaxAge == b.MaxAge &&
		a.MinAge == b.MinAge && a.Threshold == b.Threshold && a.Window == b.Window && a.Duration == b.Duration && a.Strict == b.Strict
}

// input is a field of a form by its id.
func (a answer) input(id string) *html.Node {
	for _, n := range a.all("input") {
		if attr(n, "id") == id {
			return n
		}
	}
	return &html.Node{}
}
