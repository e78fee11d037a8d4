package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// host is a network namespace with a mount namespace of its own files in /etc: a
// host as far as the programs in it can tell.
type host struct {
	name string // of the network namespace
	addr string
	etc  map[string]string // files laid over /etc, and elsewhere
	init int               // process 1 of a booted host; 0 for one that is not
}

// network is routed subnets, one a host, joined by a router namespace: the domain
// and the machines of the mission live in different networks.
type network struct {
	t      *testing.T
	router string
	hosts  []*host
}

var networks atomic.Int32

// newNetwork makes a router; the test's end removes everything.
func newNetwork(t *testing.T) *network {
	t.Helper()
	needRoot(t)
	need(t, "ip", "unshare")
	n := &network{t: t, router: fmt.Sprintf("ss%dr%d", os.Getpid(), networks.Add(1))}
	n.ip("netns", "add", n.router)
	t.Cleanup(n.remove)
	n.in(n.router, "ip", "link", "set", "lo", "up")
	n.in(n.router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
	return n
}

func (n *network) remove() {
	for _, h := range n.hosts {
		_ = exec.Command("ip", "netns", "del", h.name).Run()
	}
	_ = exec.Command("ip", "netns", "del", n.router).Run()
}

func (n *network) ip(args ...string) { n.do("ip", args...) }

func (n *network) in(ns string, args ...string) {
	n.do("ip", append([]string{"netns", "exec", ns}, args...)...)
}

func (n *network) do(name string, args ...string) {
	n.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		n.t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// host adds a host in a subnet of its own: 10.77.<n>.2 behind the router.
func (n *network) host(label string) *host {
	n.t.Helper()
	i := len(n.hosts) + 1
	h := &host{name: n.router + label, addr: fmt.Sprintf("10.77.%d.2", i), etc: make(map[string]string)}
	n.hosts = append(n.hosts, h)
	n.ip("netns", "add", h.name)
	outside, inside := fmt.Sprintf("r%d", i), "eth0"
	n.ip("link", "add", outside, "netns", n.router, "type", "veth", "peer", "name", inside, "netns", h.name)
	n.in(n.router, "ip", "addr", "add", fmt.Sprintf("10.77.%d.1/24", i), "dev", outside)
	n.in(n.router, "ip", "link", "set", outside, "up")
	n.in(h.name, "ip", "link", "set", "lo", "up")
	n.in(h.name, "ip", "addr", "add", h.addr+"/24", "dev", inside)
	n.in(h.name, "ip", "link", "set", inside, "up")
	n.in(h.name, "ip", "route", "add", "default", "via", fmt.Sprintf("10.77.%d.1", i))
	// Nobody answers names here: a look-up fails at once instead of waiting.
	h.file(n.t, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	h.hosts(n.t)
	return h
}

// file lays a file over one of the machine's, for programs in this host only.
func (h *host) file(t *testing.T, path, text string) {
	t.Helper()
	own := filepath.Join(t.TempDir(), filepath.Base(path))
	write(t, own, text)
	if err := os.Chmod(own, 0o644); err != nil {
		t.Fatal(err)
	}
	h.etc[path] = own
}

// hosts lays an /etc/hosts over the machine's.
func (h *host) hosts(t *testing.T, lines ...string) {
	own, _ := os.Hostname()
	h.file(t, "/etc/hosts", "127.0.0.1 localhost "+own+"\n"+strings.Join(lines, "\n")+"\n")
}

// command is a program in this host; a nil host is the machine itself. Each runs
// in a mount namespace of its own, in which the host's files are laid over.
func (h *host) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if h == nil {
		return exec.CommandContext(ctx, name, args...)
	}
	if h.init != 0 {
		all := append([]string{"-t", strconv.Itoa(h.init), "-m", "-p", "-n", "-r", "--", name}, args...)
		return exec.CommandContext(ctx, "nsenter", all...)
	}
	script := "set -e; mount --make-rprivate /; "
	for path, own := range h.etc {
		script += fmt.Sprintf("mount --bind %s %s; ", own, path)
	}
	script += `exec "$@"`
	all := append([]string{"netns", "exec", h.name, "unshare", "-m", "sh", "-c", script, "sh", name}, args...)
	return exec.CommandContext(ctx, "ip", all...)
}

// boot gives the host what long-running programs need: processes of its own,
// whose first one reaps the others' children, and private places to write to.
// Everything in it ends with the test.
func (h *host) boot(t *testing.T, own ...string) {
	t.Helper()
	need(t, "nsenter")
	script := "set -e; mount --make-rprivate /; mount -t tmpfs -o mode=755 tmpfs /run; mount -t tmpfs -o mode=755 tmpfs /home; "
	for _, dir := range own { // a copy, with what packages put there
		copied := filepath.Join(t.TempDir(), filepath.Base(dir))
		if out, err := exec.Command("cp", "-a", dir, copied).CombinedOutput(); err != nil {
			t.Fatalf("copy %s: %v: %s", dir, err, out)
		}
		script += fmt.Sprintf("mount --bind %s %s; ", copied, dir)
	}
	for path, file := range h.etc {
		script += fmt.Sprintf("[ -e %[1]s ] || touch %[1]s; mount --bind %[2]s %[1]s; ", path, file)
	}
	script += "echo booted; while :; do sleep 1000 & wait $!; done"
	c := exec.Command("ip", "netns", "exec", h.name, "unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c", script)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		h.init = 0
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "booted\n" {
		t.Fatalf("the host did not boot: %q, %v", line, err)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", c.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if h.init, err = strconv.Atoi(strings.TrimSpace(string(children))); err != nil {
		t.Fatal(err)
	}
}

// background starts a program in the host that runs until the test ends.
func (h *host) background(t *testing.T, log, name string, args ...string) {
	t.Helper()
	f, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	c := h.command(context.Background(), name, args...)
	c.Stdout, c.Stderr = f, f
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
		f.Close()
		if t.Failed() {
			b, _ := os.ReadFile(log)
			t.Logf("%s:\n%s", name, b)
		}
	})
}
