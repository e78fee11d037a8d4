package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// How soon a machine with the sssd.conf we recommend knows what changed: what
// docs/how-to/machines.md promises, and a moment.
const (
	feltByPassword = 5*time.Second + moment // pam_id_timeout, SSSD's own
	feltByKey      = time.Minute + moment   // pac_lifetime
	moment         = 10 * time.Second
)

// change is something that was changed in the directory, and when a machine shows it.
type change struct {
	what   string
	at     time.Time
	after  time.Duration // nobody asks before
	within time.Duration
	seen   func() bool
}

// felt waits until changes are seen, and says when each was.
func felt(t *testing.T, changes ...*change) {
	t.Helper()
	for ; len(changes) > 0; time.Sleep(time.Second) {
		changes = slices.DeleteFunc(changes, func(c *change) bool {
			if time.Since(c.at) < c.after || !c.seen() {
				if time.Since(c.at) > c.within {
					t.Fatalf("not within %s: %s", c.within, c.what)
				}
				return false
			}
			t.Logf("after %s: %s", time.Since(c.at).Round(time.Second), c.what)
			return true
		})
	}
}

// changesAreFelt measures all at once, for nearly all of it is waiting. A third
// machine is one where nobody signs in.
func changesAreFelt(t *testing.T, l *lab, m, o, idle *machine) {
	byID := groupByID(t, l, idle)
	byKey := groupBySignIn(t, l, m, o)
	felt(t, byID, byKey, disabledIsOut(t, l, m, o))
}

// groupBySignIn: at sign-ins with a password, and then with a key, which does not ask
// the domain while SSSD goes by the last ticket's word.
func groupBySignIn(t *testing.T, l *lab, m, o *machine) *change {
	member := func(out string, status int) bool {
		if status != 0 {
			t.Fatalf("exit %d: %s", status, out)
		}
		return slices.Contains(strings.Fields(out), "egrets")
	}
	byPassword := func() bool { return member(o.ssh("carol", alicePassword, m.Addr, "id -Gn")) }
	byKey := func() bool { return member(o.sshKey("carol", m.Addr, "id -Gn")) }
	if byPassword() {
		t.Fatal("a member before being one")
	}
	l.run("group", "member", "add", "Egrets", "carol")
	felt(t, &change{what: "a group joined, by a password", at: time.Now(), within: feltByPassword, seen: byPassword})
	l.run("group", "member", "remove", "Egrets", "carol")
	felt(t, &change{what: "a group left, by a password", at: time.Now(), within: feltByPassword, seen: func() bool { return !byPassword() }})
	l.run("group", "member", "add", "Egrets", "carol")
	return &change{what: "a group joined, by a key", at: time.Now(), within: feltByKey, seen: byKey}
}

// groupByID: by programs that ask who is in which group. SSSD keeps what it read for
// entry_cache_timeout, and gives the C library a copy that is good for
// memcache_timeout from when it was made, which is when somebody first asks. The worst
// case is a copy made of what is about to end.
//
// Both are five minutes; here half a minute, and whole with SELFSAME_SOAK=1.
func groupByID(t *testing.T, l *lab, m *machine) *change {
	conf := m.read("/etc/sssd/sssd.conf")
	if !strings.Contains(conf, "entry_cache_timeout = 300\n") || strings.Contains(conf, "memcache_timeout") {
		t.Fatalf("other times than the test knows:\n%s", conf)
	}
	span := max(30, soak(t, 300))
	m.setSSSD(strings.NewReplacer("entry_cache_timeout = 300", fmt.Sprintf("entry_cache_timeout = %d", span),
		"[nss]\n", fmt.Sprintf("[nss]\nmemcache_timeout = %d\n", span)).Replace(conf))
	m.tryPasswords("carol") // SSSD reads, and the C library has no copy
	l.run("group", "member", "add", "Ibises", "carol")
	whole := time.Duration(span) * time.Second
	return &change{what: "a group joined, by id, with times of " + whole.String(), at: time.Now(), after: whole * 9 / 10, within: 2*whole + moment, seen: func() bool {
		return slices.Contains(strings.Fields(m.run("id", "-Gn", "carol")), "ibises")
	}}
}

// disabledIsOut measures how long somebody who is disabled can still come in by a
// key, after the sign-in that lets SSSD ask least: with a password, which brings a
// ticket.
func disabledIsOut(t *testing.T, l *lab, m, o *machine) *change {
	if out, status := o.ssh("alice", alicePassword, m.Addr, "true"); status != 0 {
		t.Fatalf("exit %d: %s", status, out)
	}
	l.run("user", "disable", "alice")
	began := time.Now()
	if out, status := o.ssh("alice", alicePassword, m.Addr, "true"); status == 0 {
		t.Errorf("by password at once: %s", out)
	}
	return &change{what: "the key of one who is disabled is refused", at: began, within: feltByKey, seen: func() bool {
		_, status := o.sshKey("alice", m.Addr, "true")
		return status != 0
	}}
}
