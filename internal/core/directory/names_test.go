package directory_test

import (
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// A change of an entry looks at the names that change and at no others. What it
// keeps must stay its own, and what it gives up must be free at once.
func TestNamesStayThroughChangesAndAreFreeAfterThem(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	alice := b.user("alice")
	set := func(attr schema.ID, vals ...string) error {
		m := directory.Mod{Op: directory.ModReplace, Attr: attr}
		for _, v := range vals {
			m.Vals = append(m.Vals, []byte(v))
		}
		return b.admin.Modify(ctx, alice.ID, []directory.Mod{m})
	}
	create := func(login, upn string) error {
		_, err := b.admin.CreateUser(ctx, directory.NewUser{Login: login, UPN: upn})
		return err
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	taken := func(what string, err error) {
		t.Helper()
		if !fault.Is(err, fault.Exists) {
			t.Errorf("%s: got %v, want that it exists", what, err)
		}
	}

	must("describe", set(schema.Description, "one of many"))
	must("another user name", set(schema.UserPrincipalName, "ada@lab.internal"))
	must("describe again", set(schema.Description, "one of a few"))
	taken("her login name", create("alice", ""))
	taken("her user name", create("bob", "ada@lab.internal"))
	taken("the user name that goes with her login name", create("bob", "alice@lab.internal"))

	must("a third user name", set(schema.UserPrincipalName, "eve@lab.internal"))
	must("who takes the one before", create("bob", "ada@lab.internal"))
	taken("back to it", set(schema.UserPrincipalName, "ada@lab.internal"))
	taken("the one she has", create("carol", "eve@lab.internal"))

	must("rename", b.admin.Rename(ctx, alice.ID, "alicia", ident.ID{}))
	taken("her new login name", create("alicia", ""))
	must("who takes the old one", create("alice", ""))
	taken("back to it", b.admin.Rename(ctx, alice.ID, "alice", ident.ID{}))

	must("delete", b.admin.Delete(ctx, alice.ID))
	must("who takes all she had", create("alicia", "eve@lab.internal"))
}
