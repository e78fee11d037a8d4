package credential

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

var update = flag.Bool("update", false, "write the golden file")

var at = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func made(t *testing.T) Record {
	t.Helper()
	id, _ := ident.ParseID("5f3b6c0e-9d0a-4b27-8a63-2f7f0c1d9e11")
	r := Record{ID: id}
	for i, pw := range []Password{"Grey heron 41 fen", "Other heron 42 fen", "Third heron 43 fen"} {
		p, err := Prepare(pw, SaltOfUser("LAB.INTERNAL", "alice"))
		if err != nil {
			t.Fatal(err)
		}
		r = r.Set(p, at.Add(time.Duration(i)*time.Hour), i == 2, 5)
	}
	return r
}

// A record of each version ever shipped is read for ever.
func TestGoldenRecord(t *testing.T) {
	first := made(t)
	second := first
	second.Until = at.Add(24 * time.Hour)
	third := second
	third.Own, third.Lags = true, true
	b, err := Table.Encode([]byte{Table.Version}, third)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/record.v3.hex", []byte(hex.EncodeToString(b)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]Record{"record.v1.hex": first, "record.v2.hex": second, "record.v3.hex": third} {
		golden, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := hex.DecodeString(strings.TrimSpace(string(golden)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Table.Read("credential/x", data)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got  %+v, %v\nwant %+v", name, got, err, want)
		}
	}
}

func TestAPasswordToJoinWithEndsByItselfOrWithTheNext(t *testing.T) {
	keys, err := Prepare("once", SaltOfComputer("LAB.INTERNAL", "DSVM1$", "lab.internal"))
	if err != nil {
		t.Fatal(err)
	}
	r := Record{}.SetUntil(keys, at, at.Add(time.Hour))
	if r.Current.Version != 1 || r.Over(at.Add(time.Hour-1)) || !r.Over(at.Add(time.Hour)) {
		t.Errorf("a password for an hour: %+v", r)
	}
	if next := r.Set(keys, at, false, 0); next.Over(at.Add(10000 * time.Hour)) {
		t.Error("the next password ends when the first did")
	}
}

func TestTicketsLagBehindARenewal(t *testing.T) {
	keys, err := Prepare("drawn by the machine", SaltOfComputer("LAB.INTERNAL", "DSVM1$", "lab.internal"))
	if err != nil {
		t.Fatal(err)
	}
	joined := Record{}.Set(keys, at, false, 0)
	preset := Record{}.SetUntil(keys, at, at.Add(72*time.Hour))
	renew := func(base Record, later time.Duration) Record {
		return base.Set(keys, at.Add(later), false, 0).Renewed(&base)
	}
	const month = 30 * 24 * time.Hour
	for _, c := range []struct {
		name string
		rec  Record
		lags bool
	}{
		{"a first password", renew(Record{}, 0), false},
		{"a month after joining", renew(joined, month), true},
		{"a minute after a password that may be one to join with", renew(joined, time.Minute), false},
		{"two days after a preset", renew(preset, 48*time.Hour), false},
		{"soon after one of its own", renew(renew(preset, time.Minute), 2*time.Minute), true},
		{"reset by somebody", renew(joined, month).Set(keys, at, false, 0), false},
	} {
		for later, lags := range map[time.Duration]bool{0: c.lags, Lag - 1: c.lags, Lag: false} {
			want := &c.rec.Current
			if lags {
				want = &c.rec.Before
			}
			if got := c.rec.Making(c.rec.SetAt.Add(later)); got != want {
				t.Errorf("%s: after %s tickets are made with key %d, want %d", c.name, later, got.Version, want.Version)
			}
		}
	}
}

func TestPasswordsComeAndGo(t *testing.T) {
	r := made(t)
	if r.Current.Version != 3 || r.Before.Version != 2 || !r.Must || len(r.Old) != 2 {
		t.Errorf("after three sets: %+v", r)
	}
	if !r.Verify("Third heron 43 fen") || r.Verify("Other heron 42 fen") || r.Verify("") {
		t.Error("the wrong password is right")
	}
	for n, want := range map[int]bool{0: false, 1: true, 3: true} {
		if got := r.Reuses("Third heron 43 fen", n); got != want {
			t.Errorf("the present password among the last %d: got %v", n, got)
		}
	}
	if r.Reuses("Grey heron 41 fen", 2) || !r.Reuses("Grey heron 41 fen", 3) {
		t.Error("the history is counted wrongly")
	}
	d := r.Drop()
	if d.Verify("Third heron 43 fen") || !d.Reuses("Other heron 42 fen", 5) {
		t.Error("a dropped password signs in, or is forgotten")
	}
}

func TestSecretsPrintAsSecret(t *testing.T) {
	r := made(t)
	for _, f := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if s := fmt.Sprintf(f, Password("hunter2")); strings.Contains(s, "hunter2") || strings.Contains(s, "68756e74657232") {
			t.Errorf("%s prints a password: %s", f, s)
		}
		if s := fmt.Sprintf(f, r.Current.Keys[0].Value); !strings.Contains(s, "secret") && s != hex.EncodeToString([]byte("[secret]")) {
			t.Errorf("%s prints a key: %s", f, s)
		}
	}
}

func TestAccept(t *testing.T) {
	for pw, ok := range map[Password]bool{
		"Grey heron 41": true, "short1A": false, "alllowercase": false, "lower and UPPER": true, "Alice is 1 name": false,
		"a long passphrase of words": true, "Grey\theron 41": false, "Gräy heron 41": true, Password(strings.Repeat("aB1", 100)): false,
	} {
		if err := DefaultPolicy.Accept(pw, "alice", "Alice Liddell"); (err == nil) != ok {
			t.Errorf("%q: got %v", string(pw), err)
		}
	}
	seen := make(map[Password]bool)
	for range 200 {
		pw := Generate()
		if err := DefaultPolicy.Accept(pw, "alice"); err != nil || seen[pw] {
			t.Errorf("a generated password %q is refused or comes twice: %v", string(pw), err)
		}
		seen[pw] = true
	}
}

func TestMinAge(t *testing.T) {
	r := made(t)
	p := DefaultPolicy
	p.MinAge = time.Hour
	if err := p.AcceptFor(&r, "Fourth heron 44", r.SetAt.Add(time.Minute)); err != nil {
		t.Errorf("who must change may change at once: %v", err)
	}
	r.Must = false
	if err := p.AcceptFor(&r, "Fourth heron 44", r.SetAt.Add(time.Minute)); err == nil {
		t.Error("a password is changed too soon")
	}
	if err := p.AcceptFor(&r, "Grey heron 41 fen", r.SetAt.Add(2*time.Hour)); err == nil {
		t.Error("an old password comes back")
	}
}

func TestCountersAreBounded(t *testing.T) {
	c := Counters{}
	for i := range 1000 {
		c = c.Fail(&DefaultPolicy, fmt.Sprintf("10.0.%d.0/24", i), at)
	}
	if len(c.Networks) > maxNetworks {
		t.Errorf("%d networks are kept", len(c.Networks))
	}
	b, err := LockoutTable.Encode([]byte{1}, c)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := LockoutTable.Read("lockout/x", b); err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("counters do not come back: %v", err)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = decode(1, data)
		_, _ = LockoutTable.Decode(1, data)
	})
}
