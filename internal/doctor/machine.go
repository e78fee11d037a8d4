package doctor

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Dialer opens connections; a [net.Dialer] is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Machine is what a doctor sees of a machine.
type Machine struct {
	Root   string           // where its files begin
	Name   string           // as the kernel has it
	Domain string           // the domain to look for; empty: its files say
	Net    Dialer           // its network
	Now    func() time.Time // its clock
	Wait   time.Duration    // how long an answer may take
	// Run runs a program of the machine's and returns what it prints; an error that
	// is [exec.ErrNotFound] where there is none of that name.
	Run func(ctx context.Context, name string, args ...string) (string, error)

	kept map[string]string // files that were copied before they were changed, and the copies
}

// answerWait is how long a server may take to answer. The next room answers in a
// millisecond and another continent in a third of a second; after a packet was lost
// there is time for one more.
const answerWait = 2 * time.Second

// programWait bounds a program of the machine's: sssctl on a machine that is cut off
// waits for SSSD's own time-outs.
const programWait = 10 * time.Second

// This returns the machine the program runs on.
func This(domain string) *Machine {
	name, _ := os.Hostname()
	return &Machine{Root: "/", Name: name, Domain: domain, Net: &net.Dialer{}, Now: time.Now, Wait: answerWait, Run: run}
}

func run(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, programWait)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "LC_ALL=C", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	if path, err := find(name); err == nil {
		c.Path, c.Err = path, nil // whatever PATH the caller came with
	}
	out, err := c.CombinedOutput()
	return string(out), err
}

// find looks for a program where root's programs are.
func find(name string) (string, error) {
	for _, dir := range []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"} {
		path := filepath.Join(dir, name)
		if st, err := os.Stat(path); err == nil && st.Mode()&0o111 != 0 && !st.IsDir() {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

func (m *Machine) path(name string) string { return filepath.Join(m.Root, name) }

// read returns a file's text; empty where there is none.
func (m *Machine) read(name string) string {
	b, _ := os.ReadFile(m.path(name))
	return string(b)
}

func (m *Machine) exists(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { _, err := os.Stat(m.path(n)); return err == nil })
}

// program reports whether a program is installed, by its name in the usual folders.
func (m *Machine) program(name string) bool {
	return m.exists("/usr/bin/"+name, "/usr/sbin/"+name, "/bin/"+name, "/sbin/"+name, "/usr/local/bin/"+name)
}

// glob lists files in order; with the root taken away.
func (m *Machine) glob(pattern string) []string {
	found, _ := filepath.Glob(m.path(pattern))
	for i, f := range found {
		rel, _ := filepath.Rel(m.Root, f)
		found[i] = "/" + rel
	}
	slices.Sort(found)
	return found
}

// closed says what is wrong with the mode or the owner of a file that root alone may
// read, and how that is mended; empty if nothing is, and if there is no such file.
func (m *Machine) closed(name string) (how string, fix *Fix) {
	st, err := os.Stat(m.path(name))
	if err != nil {
		return "", nil
	}
	if mode := st.Mode().Perm(); mode&0o077 != 0 {
		return "has mode 0" + octal(mode), &Fix{Edits: []Edit{{Path: name, Mode: 0o600}}}
	}
	// The root folder is root's; in a test it is whoever runs the test.
	root, err := os.Stat(m.Root)
	if err == nil && owner(st) != owner(root) {
		return "does not belong to root", nil
	}
	return "", nil
}

func octal(mode fs.FileMode) string {
	const digits = "01234567"
	return string([]byte{digits[mode>>6&7], digits[mode>>3&7], digits[mode&7]})
}

// ids are the owner and the group of a file.
func ids(st fs.FileInfo) (own [2]int, ok bool) {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return own, false
	}
	return [2]int{int(s.Uid), int(s.Gid)}, true
}

func owner(st fs.FileInfo) int {
	own, _ := ids(st)
	return own[0]
}

// missing reports whether a program could not be run because there is none.
func missing(err error) bool {
	return errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist)
}

// lines are the lines of a text without comments and without space around them.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// nameServers are the servers of resolv.conf in their order, resolv.conf(5).
func (m *Machine) nameServers() (servers []netip.Addr, search []string) {
	for _, line := range lines(strings.ReplaceAll(m.read("/etc/resolv.conf"), ";", "#")) {
		switch f := strings.Fields(line); f[0] {
		case "nameserver":
			if len(f) > 1 {
				if a, err := netip.ParseAddr(f[1]); err == nil {
					servers = append(servers, a)
				}
			}
		case "search", "domain":
			search = f[1:]
		}
	}
	return servers, search
}

// hostsOf lists the names that /etc/hosts gives each address, hosts(5).
func (m *Machine) hostsLines() [][]string {
	var out [][]string
	for _, line := range lines(m.read("/etc/hosts")) {
		if f := strings.Fields(strings.ToLower(line)); len(f) > 1 {
			out = append(out, f)
		}
	}
	return out
}

// fqdn is the whole name of the machine, as hostname -f finds it; without a dot
// where there is none.
func (m *Machine) fqdn() string {
	name := strings.ToLower(strings.TrimSuffix(m.Name, "."))
	if strings.Contains(name, ".") {
		return name
	}
	for _, f := range m.hostsLines() {
		if slices.Contains(f[1:], name) && strings.Contains(f[1], ".") {
			return f[1]
		}
	}
	return name
}
