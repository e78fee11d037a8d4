package e2e

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/e2e/hosts"
)

// estate is the mission's two peered networks: the domain's and the machines'.
type estate struct {
	*hosts.Network
	t *testing.T
}

// newEstate makes the networks; the test's end removes them with all that is in them.
func newEstate(t *testing.T) *estate {
	t.Helper()
	needRoot(t)
	need(t, "ip", "unshare", "nsenter")
	n, err := hosts.New(domain)
	if errors.Is(err, hosts.ErrNoRoot) {
		missing(t, "%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return &estate{Network: n, t: t}
}

// plain adds a host of the domain's subnet that programs of this machine run on:
// the place for newLab.
func (e *estate) plain(name string) *host {
	e.t.Helper()
	h, err := e.Plain(name, hosts.Domain)
	if err != nil {
		e.t.Fatal(err)
	}
	return &host{name: h.Namespace, addr: h.Addr, etc: h.Files()}
}

// machines boots hosts of the second subnet, all at once.
func (e *estate) machines(names ...string) []*machine {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Minute)
	defer cancel()
	booted, err := e.Boot(ctx, hosts.Machines, names...)
	if err != nil {
		e.t.Fatal(err)
	}
	var all []*machine
	for _, h := range booted {
		m := &machine{Host: h, t: e.t, limit: time.Minute}
		e.t.Cleanup(func() {
			if e.t.Failed() && m.Init() != 0 {
				e.t.Logf("journal of %s:\n%s", m.Name, m.journal())
			}
		})
		all = append(all, m)
	}
	return all
}

// machine is a booted host. The methods that take a command run it as root, for a
// minute at most; as, within and input make another machine value, for one that
// runs otherwise: m.as("alice").within(5 * time.Second).run("id"). A subtest says
// under, and fails by itself.
type machine struct {
	*hosts.Host
	t     *testing.T
	user  string
	limit time.Duration
	stdin string
}

func (m machine) under(t *testing.T) *machine         { m.t = t; return &m }
func (m machine) as(user string) *machine             { m.user = user; return &m }
func (m machine) within(limit time.Duration) *machine { m.limit = limit; return &m }
func (m machine) input(text string) *machine          { m.stdin = text; return &m }

// try runs a command, and returns what it printed and its exit status.
func (m *machine) try(name string, args ...string) (out string, status int) {
	m.t.Helper()
	// Cleanups ask too, when the test's own context is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(m.t.Context()), m.limit)
	defer cancel()
	c := m.Command(ctx, name, args...)
	if m.user != "" {
		c = m.As(ctx, m.user, name, args...)
	}
	c.Stdin = strings.NewReader(m.stdin)
	out, status = output(c)
	if ctx.Err() != nil {
		out += "\n(ended after " + m.limit.String() + ")"
	}
	return out, status
}

// run runs a command that must succeed.
func (m *machine) run(name string, args ...string) string {
	m.t.Helper()
	out, status := m.try(name, args...)
	if status != 0 {
		m.t.Fatalf("on %s: %s %q: exit %d: %s", m.Name, name, args, status, out)
	}
	return out
}

// write writes a file on the machine. Nobody but root reads it, unless mode says so.
func (m *machine) write(path, text string, mode ...os.FileMode) {
	m.t.Helper()
	if err := m.Write(m.t.Context(), path, text, append(mode, 0o600)[0]); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(path string) string {
	m.t.Helper()
	text, err := m.Read(m.t.Context(), path)
	if err != nil {
		m.t.Fatal(err)
	}
	return text
}

// restart restarts a unit, whatever count of starts systemd holds against it: SSSD
// may start five times in ten seconds.
func (m *machine) restart(unit string) {
	m.t.Helper()
	_, _ = m.try("systemctl", "reset-failed", unit)
	m.run("systemctl", "restart", unit)
}

// journal is the last lines of the machine's journal, of some units or of all. A
// test that fails prints it.
func (m *machine) journal(units ...string) string {
	args := []string{"--no-pager", "-b", "-n", "200", "-o", "short-precise"}
	for _, u := range units {
		args = append(args, "-u", u)
	}
	out, _ := m.try("journalctl", args...)
	return out
}

func (m *machine) cut() {
	m.t.Helper()
	if err := m.Cut(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) mend() {
	m.t.Helper()
	if err := m.Mend(); err != nil {
		m.t.Fatal(err)
	}
}

// stop powers the machine off; start boots it again with what is on its disk.
func (m *machine) stop() {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 30*time.Second)
	defer cancel()
	if err := m.Stop(ctx); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) start() {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), time.Minute)
	defer cancel()
	if err := m.Start(ctx); err != nil {
		m.t.Fatal(err)
	}
}
