package role

import (
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, action string
		want            bool
	}{
		{"*", "directory/users/create", true},
		{"directory/users/*", "directory/users/create", true},
		{"directory/users/*", "directory/groups/create", false},
		{"directory/*/read", "directory/users/support/read", true},
		{"directory/*/read", "directory/read", true}, // a star alone is zero or more segments
		{"directory/*/read", "directory/users/read/update", false},
		{"workspaces/*/write", "workspaces/computes/write", true},
		{"workspaces/computes/*/write", "workspaces/computes/write", true},
		{"DIRECTORY/Users/Create", "directory/users/create", true},
		{"directory/users/cre*", "directory/users/create", true},
		{"directory/users/cre*", "directory/users/delete", false},
		{"directory/users/*te", "directory/users/create", true},
		{"", "directory", false},
		{"directory", "directory/users", false},
		{"*/*/*", "a", true},
	} {
		if got := Match(c.pattern, c.action); got != c.want {
			t.Errorf("Match(%q, %q): got %v", c.pattern, c.action, got)
		}
	}
}

func TestAssignmentsHoldBelowTheirScopeAndUntilTheirTime(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		scope string
		until time.Time
		at    string
		want  bool
	}{
		{"/", time.Time{}, "/", true},
		{"/", time.Time{}, "/ws/vision", true},
		{"/ws/vision", time.Time{}, "/ws/vision/jobs", true},
		{"/ws/vision", time.Time{}, "/ws/vision2", false},
		{"/ws/vision", time.Time{}, "/", false},
		{"/", now.Add(time.Second), "/", true},
		{"/", now, "/", false},
	} {
		a := Assignment{Scope: c.scope, Until: c.until}
		if got := a.Holds(c.at, now); got != c.want {
			t.Errorf("%+v at %s: got %v", a, c.at, got)
		}
	}
}

func TestBuiltinRolesAreEntras(t *testing.T) {
	if len(Builtin()) != 8 {
		t.Errorf("%d roles", len(Builtin()))
	}
	for _, d := range Builtin() {
		if ByName(d.Name) == nil || ByName(d.ID.String()) == nil || ByID(d.ID) == nil || d.Description == "" {
			t.Errorf("%s cannot be found", d.Name)
		}
	}
	if ByName("AAD DC Administrators") != nil {
		t.Error("the role of a group's members can be assigned")
	}
	if got := Check([]*Assignment{{Principal: ident.NewID(), Role: HelpdeskAdministrator, Scope: "/"}}, UserDelete, "/", time.Now()); got.Allowed {
		t.Error("a helpdesk removes people")
	}
}
