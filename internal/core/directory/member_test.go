package directory_test

import (
	"fmt"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

// TestMembersTakenOutAreGone takes the last member out of buckets of every number.
func TestMembersTakenOutAreGone(t *testing.T) {
	b := newBench(t)
	var people []*directory.Entry
	for i := range 150 {
		e, err := b.admin.CreateUser(t.Context(), directory.NewUser{Login: fmt.Sprintf("u%d", i)})
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, e)
	}
	g := b.group("Many", people...)
	for i, e := range people {
		if err := b.admin.RemoveMembers(t.Context(), g.ID, []ident.ID{e.ID}); err != nil {
			t.Fatal(err)
		}
		if got, want := b.MemberCount(g.ID), len(people)-i-1; got != want {
			t.Fatalf("after taking out %d: %d members, want %d", i+1, got, want)
		}
		for _, m := range b.Memberships(e.ID) {
			if m.Group.ID == g.ID {
				t.Fatalf("%s stands in the group still", e.Login)
			}
		}
	}
}
