package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
)

// machineKeysRoll: a machine renews its own keys while people sign in to it, with new
// tickets, with one from before, and by password, where SSSD checks with the keytab
// that it was our KDC who answered. adcli keeps one version of its keys beside the
// present one, so a ticket from before is one from before the last roll.
func machineKeysRoll(t *testing.T, l *lab, m, o *machine) {
	l.user("dave", alicePassword)
	nameItself(m)
	renew := func() { m.run("adcli", "update", "--computer-password-lifetime=0") }
	renew() // the keys of a join are not yet counted on: they may be of a password to join with
	service := "host/" + m.FQDN()
	byTicket := func(cache, before string) func() error {
		script := "export KRB5CCNAME=" + cache + "\n" + before + onByTicket("dave@"+m.FQDN(), "true") + " < /dev/null"
		return func() error { return o.fails("sh", "-ec", script) }
	}
	const kinit = "echo '" + alicePassword + "' | kinit dave > /dev/null\n"
	for range 2 {
		version := o.run("sh", "-ec", "export KRB5CCNAME=/root/old\n"+kinit+"kvno "+service)
		var w load
		w.keep("a new ticket", byTicket("/root/new", kinit))
		w.keep("a ticket from before", byTicket("/root/old", ""))
		w.keep("a new ticket and the keytab", func() error {
			return m.fails("sh", "-ec", "export KRB5CCNAME=/root/tab\n"+kinit+"kvno -k /etc/krb5.keytab "+service)
		})
		w.keep("a password", func() error {
			if out, status := o.ssh("dave", alicePassword, m.Addr, "true"); status != 0 {
				return fmt.Errorf("exit %d: %s", status, out)
			}
			return nil
		})
		time.Sleep(time.Second)
		renew()
		time.Sleep(credential.Lag + 2*time.Second) // the new key makes tickets after that
		n := w.end(t)
		after := o.run("sh", "-ec", "export KRB5CCNAME=/root/after\n"+kinit+"kvno "+service)
		t.Logf("%d sign-ins while key %d came after %d", n, lastNumber(after), lastNumber(version))
		if n < 40 || lastNumber(after) != lastNumber(version)+1 {
			t.Errorf("%d sign-ins meanwhile; before %q, after %q", n, version, after)
		}
	}
}

// lastNumber is the number at the end of what kvno says.
func lastNumber(out string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(out[strings.LastIndex(out, " ")+1:]))
	return n
}

// fails runs a command, and returns what it said if it failed.
func (m *machine) fails(name string, args ...string) error {
	if out, status := m.try(name, args...); status != 0 {
		return fmt.Errorf("exit %d: %s", status, out)
	}
	return nil
}
