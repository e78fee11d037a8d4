package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is the path of the server under test, built once.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "selfsame-e2e-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "selfsame")
	build := exec.Command("go", "build", "-o", program, "../cmd/selfsame")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// need skips the test unless programs are there; in CI it fails.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		} else if _, serr := os.Stat(p); serr == nil {
			continue
		}
		missing(t, "%s is not installed; make test installs it", p)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "network namespaces need root")
	}
}

func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

const (
	domain        = "lab.internal"
	base          = "DC=lab,DC=internal"
	adminPassword = "Seven grey herons 7"
)

// lab is a domain with one server.
type lab struct {
	t    *testing.T
	dir  string // everything of this lab
	data string
	addr string // where the doors are
	in   *host  // the namespace the server runs in; nil for this one

	ports map[string]int // of the doors, where they are free ones
	cmd   *exec.Cmd
	log   *os.File
	done  chan error
}

// newLab makes a domain and starts its server on loopback, or in a namespace.
func newLab(t *testing.T, in *host, initArgs ...string) *lab {
	t.Helper()
	l := &lab{t: t, dir: t.TempDir(), in: in, addr: "127.0.0.1"}
	if in != nil {
		l.addr = in.addr
	}
	l.data = filepath.Join(l.dir, "data")
	write(t, filepath.Join(l.dir, "pw"), adminPassword+"\n")
	args := []string{"--domain", domain, "--admin-password-file", filepath.Join(l.dir, "pw"), "--recovery-key-file", filepath.Join(l.dir, "recovery")}
	l.run("init", append(args, initArgs...)...)
	if in == nil {
		l.onFreePorts()
	} else {
		l.settings("server: dc1\n")
	}
	l.start()
	t.Cleanup(l.stop)
	return l
}

// settings replaces the server's settings.
func (l *lab) settings(text string) {
	l.t.Helper()
	write(l.t, filepath.Join(l.data, "selfsame.yaml"), text)
}

// onFreePorts puts the doors where nobody listens.
func (l *lab) onFreePorts() {
	l.t.Helper()
	l.ports = make(map[string]int)
	text := fmt.Sprintf("server: dc1\nlisten: %s\nports:\n", l.addr)
	for _, door := range []string{"ldap", "ldaps", "gc", "gcs", "kerberos", "kpasswd", "dns", "https"} {
		l.ports[door] = freePort(l.t)
		text += fmt.Sprintf("  %s: %d\n", door, l.ports[door])
	}
	l.settings(text)
}

// freePort finds a port nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// start starts the server and waits until it is ready.
func (l *lab) start() {
	l.t.Helper()
	log, err := os.OpenFile(filepath.Join(l.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		l.t.Fatal(err)
	}
	l.log = log
	l.cmd = l.in.command(context.Background(), program, "serve", "--data", l.data)
	l.cmd.Stdout, l.cmd.Stderr = log, log
	if err := l.cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.done = make(chan error, 1)
	go func(c *exec.Cmd, done chan error) { done <- c.Wait() }(l.cmd, l.done)
	deadline := time.Now().Add(20 * time.Second)
	for {
		out, err := exec.Command(program, "--data", l.data, "status", "--json").Output()
		if err == nil && len(out) > 0 {
			return
		}
		select {
		case err := <-l.done:
			l.t.Fatalf("the server ended: %v\n%s", err, l.serverLog())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("the server is not ready:\n%s", l.serverLog())
		}
	}
}

// stop stops the server cleanly.
func (l *lab) stop() {
	if l.cmd == nil {
		return
	}
	_ = l.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-l.done:
	case <-time.After(20 * time.Second):
		_ = l.cmd.Process.Kill()
		<-l.done
		l.t.Errorf("the server did not stop:\n%s", l.serverLog())
	}
	l.cmd = nil
	l.log.Close()
	if l.t.Failed() {
		l.t.Logf("server:\n%s", l.serverLog())
	}
}

// kill ends the server as a crash would.
func (l *lab) kill() {
	_ = l.cmd.Process.Kill()
	<-l.done
	l.cmd = nil
	l.log.Close()
}

func (l *lab) serverLog() string {
	b, _ := os.ReadFile(filepath.Join(l.dir, "server.log"))
	if len(b) > 8000 {
		b = b[len(b)-8000:]
	}
	return string(b)
}

// run runs a command of ours on the lab's folder, and returns what it prints.
func (l *lab) run(verb string, args ...string) string {
	l.t.Helper()
	out, err := l.try("", verb, args...)
	if err != nil {
		l.t.Fatalf("selfsame %s %q: %v", verb, args, err)
	}
	return out
}

// try runs a command of ours that may fail.
func (l *lab) try(stdin, verb string, args ...string) (string, error) {
	c := exec.Command(program, append([]string{"--data", l.data, verb}, args...)...)
	if stdin != "" {
		c.Stdin = strings.NewReader(stdin)
	}
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		return out.String(), fmt.Errorf("%w: %s", err, errs.String())
	}
	return out.String(), nil
}

// status is what selfsame status --json says.
func (l *lab) status() (s struct {
	Portal, LDAP, LDAPS string
}) {
	l.t.Helper()
	if err := json.Unmarshal([]byte(l.run("status", "--json")), &s); err != nil {
		l.t.Fatal(err)
	}
	return s
}

// user adds a person with a password of their own.
func (l *lab) user(name, password string, args ...string) {
	l.t.Helper()
	if _, err := l.try(password+"\n", "user", append([]string{"add", name, "--password-file", "-", "--no-must-change"}, args...)...); err != nil {
		l.t.Fatal(err)
	}
}

// uid is the number the server shows for a person.
func (l *lab) uid(name string) int {
	l.t.Helper()
	var u struct {
		Own struct {
			UID int `json:"uidNumber"`
		} `json:"selfsame"`
	}
	if err := json.Unmarshal([]byte(l.run("user", "show", name, "--json")), &u); err != nil || u.Own.UID == 0 {
		l.t.Fatalf("uid of %s: %v", name, err)
	}
	return u.Own.UID
}

// testdata is the whole path of a file of this package: a program in another
// namespace begins at the root.
func testdata(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// output runs a program and returns what it printed and its exit status.
func output(c *exec.Cmd) (out string, status int) {
	var b bytes.Buffer
	c.Stdout, c.Stderr = &b, &b
	err := c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return b.String(), exit.ExitCode()
	}
	if err != nil {
		return b.String() + err.Error(), -1
	}
	return b.String(), 0
}

// eventually tries until fn is true or the time is over.
func eventually(t *testing.T, what string, within time.Duration, fn func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !fn(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}
