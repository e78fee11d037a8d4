package authn_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

const right = credential.Password("Grey heron 41 fen")

// bench is a domain with alice in it.
type bench struct {
	*testkit.Domain
	t   *testing.T
	in  *authn.Authenticator
	as  directory.As
	who *directory.Entry
}

func newBench(t *testing.T) *bench {
	t.Helper()
	d := testkit.New(t)
	b := &bench{Domain: d, t: t, in: d.Authn, as: d.Local()}
	var err error
	if b.who, err = b.as.CreateUser(t.Context(), directory.NewUser{Login: "alice", Password: right}); err != nil {
		t.Fatal(err)
	}
	return b
}

func over(source string) policy.Attempt {
	return policy.Attempt{Door: policy.LDAP, Source: netip.MustParseAddr(source), TLS: true, Client: policy.Directory}
}

func (b *bench) signIn(source, name string, pw credential.Password) error {
	_, err := b.in.SignIn(b.t.Context(), over(source), name, pw)
	return err
}

// What is told to whom: the state of an account to a right proof only.
func TestWhoLearnsWhat(t *testing.T) {
	const wrong = "the user name or the password is wrong"
	for _, c := range []struct {
		name       string
		prepare    func(b *bench)
		right      fault.Kind // of a right password; Internal for none
		rightCode  fault.Code
		rightAsBad bool
	}{
		{"enabled", func(*bench) {}, fault.Internal, "", false},
		{"disabled", func(b *bench) { _ = b.as.SetEnabled(b.t.Context(), b.who.ID, false) }, fault.State, fault.CodeDisabled, false},
		{"expired", func(b *bench) {
			_ = b.as.Modify(b.t.Context(), b.who.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.AccountExpires, Vals: [][]byte{[]byte("130000000000000000")}}})
		}, fault.State, fault.CodeExpired, false},
		{"must change", func(b *bench) { _ = b.as.SetPassword(b.t.Context(), b.who.ID, right, true) }, fault.State, fault.CodeMustChange, false},
		{"locked", func(b *bench) {
			for range 5 {
				_ = b.signIn("192.0.2.7", "alice", "guess")
			}
		}, fault.Locked, "", true},
		{"removed", func(b *bench) { _ = b.as.Delete(b.t.Context(), b.who.ID) }, fault.Unauthenticated, "", true},
		{"without a password", func(b *bench) { _ = b.as.DropPassword(b.t.Context(), b.who.ID) }, fault.Unauthenticated, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			c.prepare(b)
			if err := b.signIn("192.0.2.7", "alice", "wrong"); fault.Message(err) != wrong || fault.CodeOf(err) != "" {
				t.Errorf("a wrong password hears %v", err)
			}
			err := b.signIn("192.0.2.7", "alice", right)
			switch {
			case c.right == fault.Internal && err != nil:
				t.Errorf("a right password hears %v", err)
			case c.right != fault.Internal && (fault.KindOf(err) != c.right || fault.CodeOf(err) != c.rightCode):
				t.Errorf("a right password hears %v (%v, %v)", err, fault.KindOf(err), fault.CodeOf(err))
			case c.rightAsBad && fault.Message(err) != wrong:
				t.Errorf("a right password hears %q, which a wrong one does not", fault.Message(err))
			}
		})
	}
}

func TestLockoutIsByNetworkAndEnds(t *testing.T) {
	b := newBench(t)
	for range 5 {
		_ = b.signIn("198.51.100.1", "alice", "guess")
	}
	if err := b.signIn("198.51.100.77", "alice", right); !fault.Is(err, fault.Locked) {
		t.Errorf("from the guesser's network: got %v", err)
	}
	if err := b.signIn("192.0.2.7", "alice", right); err != nil {
		t.Errorf("from her own network: got %v", err)
	}
	b.Forward(31 * time.Minute)
	if err := b.signIn("198.51.100.77", "alice", right); err != nil {
		t.Errorf("after half an hour: got %v", err)
	}
	for range 4 {
		_ = b.signIn("192.0.2.7", "alice", "slip")
	}
	b.Forward(3 * time.Minute)
	_ = b.signIn("192.0.2.7", "alice", "slip")
	if err := b.signIn("192.0.2.7", "alice", right); err != nil {
		t.Errorf("slips that lie far apart lock: %v", err)
	}
}

func TestAStrictPolicyCountsOverAllNetworks(t *testing.T) {
	b := newBench(t)
	p := credential.DefaultPolicy
	p.Strict = true
	if err := b.as.SetPasswordPolicy(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"192.0.2.1", "198.51.100.1", "203.0.113.1", "192.0.2.9", "198.51.100.9"} {
		_ = b.signIn(from, "alice", "guess")
	}
	if err := b.signIn("10.0.0.1", "alice", right); !fault.Is(err, fault.Locked) {
		t.Errorf("got %v", err)
	}
}

func TestPasswordsInClear(t *testing.T) {
	b := newBench(t)
	clear := over("192.0.2.7")
	clear.TLS = false
	_, err := b.in.SignIn(t.Context(), clear, "alice", right)
	if !fault.Is(err, fault.Denied) || fault.CodeOf(err) != fault.CodeClear || !strings.Contains(fault.Hint(err), "selfsame policy legacy-bind allow --network 192.0.2.7/32") {
		t.Errorf("from another host: got %v, %q", err, fault.Hint(err))
	}
	clear.Source = netip.MustParseAddr("127.0.0.1")
	if _, err := b.in.SignIn(t.Context(), clear, "alice", right); err != nil {
		t.Errorf("on the server's own host: got %v", err)
	}
	if _, err := b.as.SetLegacyBind(t.Context(), netip.MustParsePrefix("192.0.2.0/24"), true); err != nil {
		t.Fatal(err)
	}
	clear.Source = netip.MustParseAddr("192.0.2.7")
	if _, err := b.in.SignIn(t.Context(), clear, "alice", right); err != nil {
		t.Errorf("from a network that is allowed: got %v", err)
	}
}

// The cheap repeat is as strict as the first time.
func TestARepeatedPasswordIsStillJudged(t *testing.T) {
	b := newBench(t)
	if err := b.signIn("192.0.2.7", "alice", right); err != nil {
		t.Fatal(err)
	}
	if err := b.signIn("192.0.2.7", "alice", right); err != nil {
		t.Fatal(err)
	}
	if err := b.as.SetEnabled(t.Context(), b.who.ID, false); err != nil {
		t.Fatal(err)
	}
	if err := b.signIn("192.0.2.7", "alice", right); !fault.Is(err, fault.State) {
		t.Errorf("disabled: got %v", err)
	}
	_ = b.as.SetEnabled(t.Context(), b.who.ID, true)
	if err := b.as.SetPassword(t.Context(), b.who.ID, "Other heron 42 fen", false); err != nil {
		t.Fatal(err)
	}
	if err := b.signIn("192.0.2.7", "alice", right); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old password, kept cheap: got %v", err)
	}
	recs, err := b.Log.Search(t.Context(), audit.Query{Terms: []string{"alice", "signIn", "success"}})
	if err != nil || len(recs) != 2 {
		t.Errorf("two sign-ins made %d records, %v", len(recs), err)
	}
}

// A clock that goes back keeps nobody out, and brings nothing revoked back.
func TestAClockThatGoesBack(t *testing.T) {
	b := newBench(t)
	old, err := b.in.SignIn(t.Context(), over("192.0.2.7"), "alice", right)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.as.Revoke(t.Context(), b.who.ID); err != nil {
		t.Fatal(err)
	}
	b.Forward(-time.Hour)
	actor, err := b.in.SignIn(t.Context(), over("192.0.2.7"), "alice", right)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Directory.As(actor).Valid(); err != nil {
		t.Errorf("a sign-in after the clock went back: %v", err)
	}
	if err := b.Directory.As(old).Valid(); err == nil {
		t.Error("what was revoked holds again")
	}
}

func TestSessions(t *testing.T) {
	b := newBench(t)
	at := policy.Attempt{Door: policy.Portal, Source: netip.MustParseAddr("192.0.2.7"), TLS: true, Client: policy.Interactive}
	token, _, err := b.in.Begin(t.Context(), at, "alice", right, "a browser")
	if err != nil {
		t.Fatal(err)
	}
	actor, s, ok, err := b.in.Resume(t.Context(), token)
	if err != nil || !ok || actor.Who().Name != "alice" {
		t.Fatalf("Resume: %v, %v, %v", actor.Who(), ok, err)
	}
	if _, _, ok, _ := b.in.Resume(t.Context(), token+"x"); ok {
		t.Error("another token is a session")
	}
	if err := b.in.End(t.Context(), actor, s); err != nil {
		t.Fatal(err)
	}
	if _, _, ok, _ := b.in.Resume(t.Context(), token); ok {
		t.Error("a session that was ended goes on")
	}
	if token, _, err = b.in.Begin(t.Context(), at, "alice", right, ""); err != nil {
		t.Fatal(err)
	}
	b.Forward(3 * time.Hour)
	if _, _, ok, _ := b.in.Resume(t.Context(), token); ok {
		t.Error("a session without use goes on")
	}
	// Who must change the password can do that and nothing else.
	if err := b.as.SetPassword(t.Context(), b.who.ID, right+"!", true); err != nil {
		t.Fatal(err)
	}
	_, actor, err = b.in.Begin(t.Context(), at, "alice", right+"!", "")
	if err != nil || actor.Limit() != ident.OnlyPassword {
		t.Fatalf("must change: %v, %v", actor.Limit(), err)
	}
	if err := b.Directory.As(actor).Modify(t.Context(), b.who.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.Mobile, Vals: [][]byte{[]byte("1")}}}); !fault.Is(err, fault.Denied) {
		t.Errorf("a limited session changes a phone: %v", err)
	}
	if err := b.Directory.As(actor).ChangePassword(t.Context(), "Other heron 42 fen"); err != nil {
		t.Errorf("a limited session changes its password: %v", err)
	}
}
