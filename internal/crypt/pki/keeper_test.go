package pki

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// clock is a time that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestKeeperRenewsAtTwoThirds(t *testing.T) {
	a, c, issued := newRoot(t), &clock{start}, 0
	var refuse error
	k, err := NewKeeper(Pair{}, c.now, func(now time.Time) (Pair, error) {
		if refuse != nil {
			return Pair{}, refuse
		}
		issued++
		return a.Issue([]string{"dc1.lab.internal"}, now, ServerLife)
	})
	if err != nil {
		t.Fatal(err)
	}
	check := func(at time.Time, wantIssued int, wantErr error) {
		t.Helper()
		c.at = at
		if err := k.Check(at); !errors.Is(err, wantErr) || issued != wantIssued {
			t.Errorf("at %v: got %d issued, %v; want %d, %v", at, issued, err, wantIssued, wantErr)
		}
	}
	due := k.RenewAt()
	check(start, 1, nil)
	check(due.Add(-time.Second), 1, nil)
	refuse = errors.New("the store is away")
	old := k.Leaf()
	check(due, 1, refuse)
	if k.Leaf() != old {
		t.Error("a failed renewal lost the old certificate")
	}
	refuse = nil
	check(due.Add(time.Minute), 2, nil)
	if k.Leaf().Equal(old) {
		t.Error("the old certificate is still in force")
	}
	check(k.Leaf().NotAfter.Add(time.Hour), 3, nil) // asleep past its end
}

func TestKeeperBeginsWithWhatWasStored(t *testing.T) {
	a, c := newRoot(t), &clock{start.Add(24 * time.Hour)}
	stored := issue(t, a, "dc1.lab.internal")
	k, err := NewKeeper(stored, c.now, func(time.Time) (Pair, error) { return Pair{}, errors.New("not needed") })
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.GetCertificate(nil)
	if err != nil || !got.Leaf.Equal(leafOf(t, stored)) {
		t.Errorf("got %v, %v; want the stored one", got, err)
	}
	c.at = k.RenewAt()
	if _, err := NewKeeper(stored, c.now, func(time.Time) (Pair, error) { return Pair{}, errors.New("offline") }); err != nil {
		t.Errorf("due, with the root offline: got %v, want a start", err)
	}
	c.at = start.Add(2 * ServerLife) // the stored one has ended
	k, err = NewKeeper(stored, c.now, func(now time.Time) (Pair, error) {
		return a.Issue([]string{"dc1.lab.internal"}, now, ServerLife)
	})
	if err != nil || k.Leaf().Equal(leafOf(t, stored)) {
		t.Errorf("got %v; want a new one", err)
	}
}

func TestFileKeeperNoticesAChange(t *testing.T) {
	a, c, dir := newRoot(t), &clock{start}, t.TempDir()
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	age := 0
	put := func(cert []byte, key PrivatePEM) {
		t.Helper()
		age++
		write(t, certFile, cert)
		write(t, keyFile, key)
		at := start.Add(time.Duration(age) * time.Minute)
		if err := errors.Join(os.Chtimes(certFile, at, at), os.Chtimes(keyFile, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := NewFileKeeper(certFile, keyFile, c.now); !fault.Is(err, fault.NotFound) {
		t.Fatalf("no files: got %v, want notFound", err)
	}
	first, second := issue(t, a, "one.lab.internal"), issue(t, a, "two.lab.internal")
	put(first.Cert, first.Key)
	k, err := NewFileKeeper(certFile, keyFile, c.now)
	if err != nil {
		t.Fatal(err)
	}
	is := func(name string) {
		t.Helper()
		if got := k.Leaf().DNSNames[0]; got != name {
			t.Errorf("got %s, want %s", got, name)
		}
	}
	is("one.lab.internal")

	put(second.Cert, first.Key)
	for range 2 { // told again until it is mended
		if err := k.Check(c.at); !fault.Is(err, fault.Invalid) {
			t.Errorf("a certificate with another's key: got %v, want invalid", err)
		}
	}
	is("one.lab.internal")

	expired, err := a.Issue([]string{"old.lab.internal"}, start.Add(-2*time.Hour), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	put(expired.Cert, expired.Key)
	if err := k.Check(c.at); !fault.Is(err, fault.Invalid) || fault.Hint(err) == "" {
		t.Errorf("an ended certificate: got %v, want invalid with a hint", err)
	}
	is("one.lab.internal")

	put(second.Cert, second.Key)
	if err := k.Check(c.at); err != nil {
		t.Fatal(err)
	}
	is("two.lab.internal")
	if err := errors.Join(os.Remove(certFile), os.Remove(keyFile)); err != nil {
		t.Fatal(err)
	}
	if err := k.Check(c.at); !fault.Is(err, fault.NotFound) {
		t.Errorf("files gone: got %v, want notFound", err)
	}
	is("two.lab.internal")
}
