package directory_test

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

func TestInitMakesTheLayoutOfEntraDomainServices(t *testing.T) {
	b := newBench(t)
	for _, dn := range []string{
		"DC=lab,DC=internal", "OU=AADDC Users,DC=lab,DC=internal", "OU=AADDC Computers,DC=lab,DC=internal",
		"CN=AAD DC Administrators,OU=AADDC Users,DC=lab,DC=internal", "CN=Domain Users,CN=Users,DC=lab,DC=internal",
		"CN=administrator,OU=AADDC Users,DC=lab,DC=internal", "CN=Aggregate,CN=Schema,CN=Configuration,DC=lab,DC=internal",
		"CN=LAB,CN=Partitions,CN=Configuration,DC=lab,DC=internal", "CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=lab,DC=internal",
	} {
		if e, err := b.Resolve(ident.MustDN(strings.ToLower(dn))); err != nil || e.DN() != dn {
			t.Errorf("%s: got %v, %v", dn, e, err)
		}
	}
	admin, _ := b.Find(ident.KindUser, "administrator")
	if got := admin.SID().String(); got != "S-1-5-21-1740824782-24134368-4039794118-500" {
		t.Errorf("administrator's SID: got %s", got)
	}
	if _, err := directory.Init(t.Context(), b.Store, nil, directory.Setup{Domain: "other.lab", Password: adminPassword}, time.Now()); !fault.Is(err, fault.Exists) {
		t.Errorf("a second init: got %v", err)
	}
}

func TestANewUserIsWholeAtOnce(t *testing.T) {
	b := newBench(t)
	team := b.group("Data Scientists")
	e, err := b.admin.CreateUser(t.Context(), directory.NewUser{
		UPN: "Alice@lab.internal", Password: "Correct horse 1", Must: true, Groups: []ident.ID{team.ID}, Roles: []ident.ID{role.HelpdeskAdministrator},
		Attrs: []directory.Value{{Attr: schema.GivenName, Vals: vals("Alice")}, {Attr: schema.SN, Vals: vals("Liddell")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := b.admin.Reader()
	for attr, want := range map[schema.ID]string{
		schema.SAMAccountName: "alice", schema.CN: "alice", schema.UserPrincipalName: "Alice@lab.internal",
		schema.DistinguishedName: "CN=alice,OU=AADDC Users,DC=lab,DC=internal", schema.DisplayName: "Alice Liddell",
		schema.UserAccountControl: "512", schema.PrimaryGroupID: "513", schema.PwdLastSet: "0", schema.MsDSKeyVersionNumber: "1",
		schema.MemberOf: "CN=Data Scientists,OU=AADDC Users,DC=lab,DC=internal",
	} {
		if got := r.Values(e, attr); len(got) != 1 || string(got[0]) != want {
			t.Errorf("%s: got %q, want %q", schema.Of(attr).Name, got, want)
		}
	}
	n, _ := e.UIDNumber()
	if want, _ := e.SID().Number(); n != want || string(r.Values(e, schema.UIDNumber)[0]) != strconv.Itoa(int(want)) {
		t.Errorf("uidNumber: got %d, want %d", n, want)
	}
	c := b.Credential(e.ID)
	if c == nil || !c.Verify("Correct horse 1") || c.Verify("wrong") || !c.Must || c.Current.Salt != "LAB.INTERNALalice" {
		t.Errorf("credential: got %+v", c)
	}
	for _, name := range []string{
		"alice", "ALICE", "alice@lab.internal", "ALICE@LAB.INTERNAL", `LAB\alice`, "alice@LAB",
		"cn=alice,ou=aaddc users,dc=lab,dc=internal", e.ID.String(),
	} {
		if got := b.Account(name); got != e {
			t.Errorf("Account(%q): got %v", name, got)
		}
	}
	recs, err := b.Log.Search(t.Context(), audit.Query{Terms: []string{"alice", "user.create"}})
	if err != nil || len(recs) != 1 || recs[0].Actor.Name != "administrator" || recs[0].Rule != "role:Global Administrator" {
		t.Errorf("the record: got %+v, %v", recs, err)
	}
}

func TestTheMissionsTemplateBindsWhereverThePersonStands(t *testing.T) {
	b := newBench(t)
	unit, err := b.admin.CreateUnit(t.Context(), ident.ID{}, "Physics", nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := b.admin.CreateUser(t.Context(), directory.NewUser{Login: "bob", Parent: unit.ID, Password: "Correct horse 1"})
	if err != nil {
		t.Fatal(err)
	}
	if e.DN() != "CN=bob,OU=Physics,DC=lab,DC=internal" {
		t.Errorf("DN: got %s", e.DN())
	}
	if got := b.Account("CN=bob,OU=AADDC Users,DC=lab,DC=internal"); got != e {
		t.Errorf("by the template: got %v", got)
	}
	// Renaming the unit takes the names below it along.
	if err := b.admin.Rename(t.Context(), unit.ID, "Chemistry", ident.ID{}); err != nil {
		t.Fatal(err)
	}
	if got := b.Account("CN=bob,OU=Chemistry,DC=lab,DC=internal"); got == nil || got.ID != e.ID {
		t.Errorf("after the unit was renamed: got %v", got)
	}
	if b.Account("CN=bob,OU=Physics,DC=lab,DC=internal") != nil {
		t.Error("the old name is still known")
	}
}

func TestNamesAreUniqueAcrossKinds(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	b.user("alice")
	b.group("Vision")
	if _, err := b.admin.CreateComputer(ctx, directory.NewComputer{Login: "DSVM1$"}); err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func() error{
		"a user of a user's name":     func() error { _, err := b.admin.CreateUser(ctx, directory.NewUser{Login: "alice"}); return err },
		"a user of a group's name":    func() error { _, err := b.admin.CreateUser(ctx, directory.NewUser{Login: "vision"}); return err },
		"a user of a machine's stem":  func() error { _, err := b.admin.CreateUser(ctx, directory.NewUser{Login: "dsvm1"}); return err },
		"a group of a user's name":    func() error { _, err := b.admin.CreateGroup(ctx, directory.NewGroup{Name: "Alice"}); return err },
		"a group of a machine's stem": func() error { _, err := b.admin.CreateGroup(ctx, directory.NewGroup{Name: "DSVM1"}); return err },
		"a machine of a user's name": func() error {
			_, err := b.admin.CreateComputer(ctx, directory.NewComputer{Login: "alice$"})
			return err
		},
		"a machine twice": func() error {
			_, err := b.admin.CreateComputer(ctx, directory.NewComputer{Login: "dsvm1$"})
			return err
		},
		"a user name that is another's": func() error {
			_, err := b.admin.CreateUser(ctx, directory.NewUser{Login: "al", UPN: "alice@lab.internal"})
			return err
		},
	} {
		if err := make(); !fault.Is(err, fault.Exists) {
			t.Errorf("%s: got %v, want that it exists", name, err)
		}
	}
	for _, n := range []string{"sudo", "SUDO", "docker"} {
		if _, err := b.admin.CreateGroup(ctx, directory.NewGroup{Name: n}); !fault.Is(err, fault.Invalid) {
			t.Errorf("group %s: got %v", n, err)
		}
	}
}

func TestManyClaimOneName(t *testing.T) {
	b := newBench(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 16 {
		wg.Go(func() {
			_, err := b.admin.CreateUser(t.Context(), directory.NewUser{Login: "alice"})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made++
			} else if !fault.Is(err, fault.Exists) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("%d of 16 got the name", made)
	}
}

func TestRIDsNeverComeTwice(t *testing.T) {
	b := newBench(t)
	seen := make(map[ident.RID]bool)
	for i := range 40 {
		e := b.user(fmt.Sprintf("u%d", i))
		if seen[e.RID] {
			t.Fatalf("RID %d came twice", e.RID)
		}
		seen[e.RID] = true
		if i%3 == 0 {
			if err := b.admin.Delete(t.Context(), e.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.Restart()
	if e := b.user("after"); seen[e.RID] {
		t.Errorf("RID %d came again after a restart", e.RID)
	}
}

func TestNestedGroups(t *testing.T) {
	b := newBench(t)
	alice := b.user("alice")
	inner := b.group("Inner", alice)
	middle := b.group("Middle", inner)
	outer := b.group("Outer", middle)
	var got []string
	for _, m := range b.Memberships(alice.ID) {
		s := m.Group.Name()
		if m.Through != nil {
			s += " through " + m.Through.Name()
		}
		got = append(got, s)
	}
	want := []string{"Inner", "Domain Users", "Middle through Inner", "Outer through Middle"}
	if !slices.Equal(got, want) {
		t.Errorf("memberships: got %q, want %q", got, want)
	}
	if n := len(b.admin.Reader().Values(alice, schema.TokenGroups)); n != 5 { // those four and S-1-5-32-545
		t.Errorf("tokenGroups: got %d", n)
	}
	if err := b.admin.AddMembers(t.Context(), inner.ID, []ident.ID{outer.ID}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a circle of groups: got %v", err)
	}
	for _, c := range []struct {
		attr  schema.ID
		value string
		want  string
	}{
		{schema.MemberOf, outer.DN(), "Middle Inner alice"},
		{schema.Member, alice.DN(), "Outer Middle Inner Domain Users"},
	} {
		var found []string
		base, _ := b.Resolve(ident.MustDN("DC=lab,DC=internal"))
		err := b.admin.Search(t.Context(), directory.Query{Base: base, Scope: directory.Subtree, Filter: directory.Filter{Op: directory.InChain, Attr: c.attr, Value: []byte(c.value)}}, func(e *directory.Entry) bool {
			found = append(found, e.Name())
			return true
		})
		wanted := strings.Replace(c.want, "Domain Users", "Domain Users", 1)
		slices.Sort(found)
		if err != nil || strings.Join(found, ",") != sorted(wanted) {
			t.Errorf("in chain of %s: got %v, %v; want %s", schema.Of(c.attr).Name, found, err, sorted(wanted))
		}
	}
}

// sorted sorts the words of s, "Domain Users" being one.
func sorted(s string) string {
	words := strings.Fields(strings.ReplaceAll(s, "Domain Users", "Domain_Users"))
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "_", " ")
	}
	slices.Sort(words)
	return strings.Join(words, ",")
}

func TestTenThousandMembersAreOneChange(t *testing.T) {
	b := newBench(t)
	const n = 10_000
	ids := make([]ident.ID, n)
	g := b.group("Everyone Else")
	// Members that exist: put straight into the store, where a change looks for them.
	for i := range ids {
		ids[i] = ident.NewID()
	}
	for chunk := range slices.Chunk(ids, 2000) {
		if _, err := b.Store.Update(t.Context(), func(tx store.Tx) error { return directory.PutTestUsers(tx, chunk) }); err != nil {
			t.Fatal(err)
		}
	}
	rev, _ := b.Store.Update(t.Context(), func(store.Tx) error { return nil })
	if err := b.Wait(t.Context(), rev); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if k := b.MemberCount(g.ID); k != 0 && k != n {
				t.Errorf("a reader saw %d of %d members", k, n)
				return
			}
		}
	}()
	if err := b.admin.AddMembers(t.Context(), g.ID, ids); err != nil {
		t.Fatal(err)
	}
	close(stop)
	<-done
	if got := b.MemberCount(g.ID); got != n {
		t.Errorf("members: got %d", got)
	}
	if err := b.admin.RemoveMembers(t.Context(), g.ID, ids[:n/2]); err != nil || b.MemberCount(g.ID) != n/2 {
		t.Errorf("after half were removed: got %d, %v", b.MemberCount(g.ID), err)
	}
}

func TestProofsEnd(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	alice := b.user("alice")
	events, cancel := b.Feed().Subscribe()
	defer cancel()
	for name, take := range map[string]func() error{
		"disable":         func() error { return b.admin.SetEnabled(ctx, alice.ID, false) },
		"password":        func() error { return b.admin.SetPassword(ctx, alice.ID, "Another horse 2", false) },
		"sign out":        func() error { return b.admin.Revoke(ctx, alice.ID) },
		"role taken away": func() error { return takeRole(b, alice) },
	} {
		if err := b.admin.SetEnabled(ctx, alice.ID, true); err != nil {
			t.Fatal(err)
		}
		as := b.as("alice")
		if name == "role taken away" {
			if _, err := b.admin.Assign(ctx, alice.ID, role.GlobalReader, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := as.Valid(); err != nil {
			t.Fatalf("%s: before: %v", name, err)
		}
		if err := take(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := as.Valid(); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: the old proof still holds: %v", name, err)
		}
		select {
		case e := <-events:
			if e.ID != alice.ID {
				t.Errorf("%s: the event names %s", name, e.ID)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: nobody was told", name)
		}
	}
	as := b.as("alice")
	if err := b.admin.Delete(ctx, alice.ID); err != nil {
		t.Fatal(err)
	}
	if err := as.Valid(); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("deleted: the old proof still holds: %v", err)
	}
}

// A sign-in reads the account, tests the proof for a second or so, and asks
// whether what it read is still so.
func TestWhatASignInReadIsNoticedToHaveChanged(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	alice, bob := b.user("alice"), b.user("bob")
	if s := b.SignInState("nobody"); b.Still(&s) {
		t.Error("an unknown name stands for an account")
	}
	for name, change := range map[string]func() error{
		"disable":  func() error { return b.admin.SetEnabled(ctx, alice.ID, false) },
		"password": func() error { return b.admin.SetPassword(ctx, alice.ID, "Another horse 2", false) },
		"sign out": func() error { return b.admin.Revoke(ctx, alice.ID) },
	} {
		s := b.SignInState("alice")
		if err := b.admin.SetPassword(ctx, bob.ID, "Another horse 2", false); err != nil {
			t.Fatal(err)
		}
		if !b.Still(&s) {
			t.Errorf("%s: somebody else's change counts for alice's", name)
		}
		if err := change(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if b.Still(&s) {
			t.Errorf("%s: not noticed", name)
		}
	}
	s := b.SignInState("alice")
	if err := b.admin.Delete(ctx, alice.ID); err != nil {
		t.Fatal(err)
	}
	if b.Still(&s) {
		t.Error("delete: not noticed")
	}
}

func takeRole(b *bench, e *directory.Entry) error {
	for _, a := range b.Roles(e.ID) {
		if err := b.admin.Unassign(b.t.Context(), a.ID); err != nil {
			return err
		}
	}
	return nil
}

func TestTheLastAdministratorStays(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	admin, _ := b.Find("", "administrator")
	second := b.user("second", role.ByID(role.GlobalAdministrator))
	local := b.Local()
	if err := local.SetEnabled(ctx, admin.ID, false); err != nil {
		t.Fatalf("one of two can be switched off: %v", err)
	}
	for name, lose := range map[string]func() error{
		"disable": func() error { return local.SetEnabled(ctx, second.ID, false) },
		"delete":  func() error { return local.Delete(ctx, second.ID) },
		"role":    func() error { return local.Unassign(ctx, b.Roles(second.ID)[0].ID) },
	} {
		if err := lose(); !fault.Is(err, fault.Denied) {
			t.Errorf("%s of the last administrator: got %v", name, err)
		}
	}
}

// An administrator by way of a group, nested in another: whatever is cut on the
// way, one is left.
func TestTheLastAdministratorByWayOfAGroup(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	admin, _ := b.Find("", "administrator")
	nested := b.user("nested")
	inner := b.group("Inner", nested)
	outer := b.group("Outer", inner)
	if _, err := b.admin.Assign(ctx, outer.ID, role.GlobalAdministrator, time.Time{}); err != nil {
		t.Fatal(err)
	}
	local := b.Local()
	if err := local.SetEnabled(ctx, admin.ID, false); err != nil {
		t.Fatal(err)
	}
	for name, lose := range map[string]func() error{
		"disable":          func() error { return local.SetEnabled(ctx, nested.ID, false) },
		"leave the inner":  func() error { return local.RemoveMembers(ctx, inner.ID, []ident.ID{nested.ID}) },
		"cut the nesting":  func() error { return local.RemoveMembers(ctx, outer.ID, []ident.ID{inner.ID}) },
		"remove the inner": func() error { return local.Delete(ctx, inner.ID) },
		"remove the outer": func() error { return local.Delete(ctx, outer.ID) },
		"take the role":    func() error { return local.Unassign(ctx, b.Roles(outer.ID)[0].ID) },
		"let it expire": func() error {
			return local.Modify(ctx, nested.ID, replace(schema.AccountExpires, "140000000000000000"))
		},
		"remove the person": func() error { return local.Delete(ctx, nested.ID) },
	} {
		if err := lose(); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What is stored is read by every later version.
func TestGoldenEntry(t *testing.T) {
	if err := directory.CheckGoldenEntry("testdata/entry.v1.hex", *update); err != nil {
		t.Error(err)
	}
}

var update = flag.Bool("update", false, "write the golden file")

func TestASecretTellsNothing(t *testing.T) {
	b := newBench(t)
	b.user("alice")
	base, _ := b.Resolve(ident.MustDN("DC=lab,DC=internal"))
	for _, a := range schema.Attributes() {
		if a.Source != schema.Secret {
			continue
		}
		for _, f := range []directory.Filter{
			{Op: directory.Present, Attr: a.ID},
			{Op: directory.Equal, Attr: a.ID, Value: []byte("x")},
			{Op: directory.GreaterOrEqual, Attr: a.ID, Value: []byte{0}},
			{Op: directory.Not, Children: []directory.Filter{{Op: directory.Present, Attr: a.ID}}},
		} {
			n := 0
			if err := b.admin.Search(t.Context(), directory.Query{Base: base, Scope: directory.Subtree, Filter: f}, func(*directory.Entry) bool { n++; return true }); err != nil || n != 0 {
				t.Errorf("%s: a filter found %d entries, %v", a.Name, n, err)
			}
		}
		e, _ := b.Find("", "alice")
		if v := b.admin.Reader().Values(e, a.ID); v != nil {
			t.Errorf("%s: read %q", a.Name, v)
		}
	}
}

func TestNumbersBroughtAlong(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	e, err := b.admin.CreateUser(ctx, directory.NewUser{Login: "alice", Number: 10001})
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := e.UIDNumber(); n != 10001 {
		t.Errorf("got %d", n)
	}
	own, _ := e.SID().Number()
	for _, n := range []uint32{10001, 0xffff, 33, own + 5} {
		if _, err := b.admin.CreateUser(ctx, directory.NewUser{Login: "bob", Number: n}); err == nil {
			t.Errorf("the number %d was given to a second person", n)
		}
	}
	if err := b.admin.Modify(ctx, e.ID, replace(schema.UIDNumber, "10002")); err != nil {
		t.Error(err)
	}
	if _, err := b.admin.CreateUser(ctx, directory.NewUser{Login: "bob", Number: 10001}); err != nil {
		t.Errorf("a number that was given up: %v", err)
	}
}

func TestTwoServersAndTheBarrier(t *testing.T) {
	b := newBench(t)
	second := b.Open("dc2", b.OpenLog("dc2"))
	defer second.Close()
	alice := b.user("alice")
	rev := b.Revision()
	if err := second.Wait(t.Context(), rev); err != nil {
		t.Fatal(err)
	}
	actor := b.as("alice").Actor()
	if err := second.As(actor).Valid(); err != nil {
		t.Fatal(err)
	}
	// A change that takes something away returns when the other has applied it.
	if err := b.admin.SetEnabled(t.Context(), alice.ID, false); err != nil {
		t.Fatal(err)
	}
	if err := second.As(actor).Valid(); err == nil {
		t.Error("the other server had not applied the change when it returned")
	}
	// One that does not follow is waited for once, not for ever.
	release := b.Store.Hold()
	done := make(chan error, 1)
	go func() { done <- b.admin.SetEnabled(t.Context(), alice.ID, true) }()
	select {
	case err := <-done:
		t.Errorf("a change returned before this server had seen it: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
