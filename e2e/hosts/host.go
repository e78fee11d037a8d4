package hosts

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Host is a machine of its own, as far as the programs on it can tell.
type Host struct {
	Name      string // without the domain
	Addr      string
	Namespace string // its network namespace

	net    *Network
	in     Subnet
	port   string // the router's end of its cable
	dir    string // its disk
	cgroup string
	files  map[string]string // of a plain host: what is laid over what
	// entered is the control group, in the host's own, of what enters the host from
	// outside. A process that stood outside it could not be moved into a session by
	// logind.
	entered *os.File

	cmd  *exec.Cmd     // the parent of its init; nil while the host is off
	off  chan struct{} // closed when cmd has ended
	init int           // its process 1
}

// boot.sh is the way from a namespace to systemd.
//
//go:embed boot.sh
var boot string

// FQDN is the host's whole name.
func (h *Host) FQDN() string { return h.Name + "." + h.net.Domain }

// Init is the process id, on the machine, of the host's process 1; 0 for one that
// is off or plain.
func (h *Host) Init() int { return h.init }

// Dir is the host's folder on the machine. It goes with the network.
func (h *Host) Dir() string { return h.dir }

// Files are, for a plain host, the files laid over the machine's: path to file.
func (h *Host) Files() map[string]string { return h.files }

func (h *Host) etcHosts() string {
	return fmt.Sprintf("127.0.0.1 localhost\n%s %s %s\n", h.Addr, h.FQDN(), h.Name)
}

func (h *Host) resolvConf() string {
	text := "search " + h.net.Domain + "\n"
	for _, s := range h.net.Servers {
		text += "nameserver " + s + "\n"
	}
	return text + "options timeout:2 attempts:2\n"
}

// overlay writes what a plain host's programs see in place of the machine's files.
func (h *Host) overlay() error {
	h.files = make(map[string]string)
	own, err := os.Hostname()
	if err != nil {
		return err
	}
	for path, text := range map[string]string{
		"/etc/hosts":       h.etcHosts() + "127.0.0.1 " + own + "\n",
		"/etc/resolv.conf": h.resolvConf(),
	} {
		file := filepath.Join(h.dir, filepath.Base(path))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
		h.files[path] = file
	}
	return nil
}

// furnish makes the host's disk: what differs from the root.
func (h *Host) furnish() error {
	for _, dir := range []string{"upper/etc", "root"} {
		if err := os.MkdirAll(filepath.Join(h.dir, dir), 0o755); err != nil {
			return err
		}
	}
	id, err := os.ReadFile("/proc/sys/kernel/random/uuid")
	if err != nil {
		return err
	}
	krb5, err := os.ReadFile(filepath.Join(h.net.root.Name(), "etc/krb5.conf"))
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		// Debian's own, which was installed where no domain was known. On a machine
		// of the domain its package takes the realm from the host's name.
		"krb5.conf":   strings.Replace(string(krb5), "default_realm = ATHENA.MIT.EDU", "default_realm = "+strings.ToUpper(h.net.Domain), 1),
		"hostname":    h.FQDN() + "\n",
		"hosts":       h.etcHosts(),
		"resolv.conf": h.resolvConf(),
		"machine-id":  strings.ReplaceAll(string(id), "-", ""),
	} {
		if err := os.WriteFile(filepath.Join(h.dir, "upper/etc", name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// powerOn starts the host's init, and does not wait for what that starts.
//
// By hand rather than with systemd-nspawn: a host is ready in a few seconds instead
// of up to 25, its network namespace is the one we made, and neither machined nor a
// package more is needed on the machine.
func (h *Host) powerOn() error {
	work := filepath.Join(h.dir, "work") // a volatile overlay is mounted once
	if err := errors.Join(os.RemoveAll(work), os.Mkdir(work, 0o755)); err != nil {
		return err
	}
	group, err := os.Open(h.cgroup)
	if err != nil {
		return err
	}
	defer group.Close()
	console, err := os.OpenFile(h.console(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer console.Close()
	c := exec.Command("ip", "netns", "exec", h.Namespace,
		"unshare", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--fork", "--kill-child", "sh", "-c", boot)
	c.Env = append(environment(), "ROOT="+h.net.root.Name(), "DIR="+h.dir, "NAME="+h.FQDN())
	c.Stdout, c.Stderr = console, console
	// Born in the host's control group, which so becomes the root of its control
	// group namespace; and out of the terminal's reach: an interrupt is for us.
	c.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(group.Fd()), Setpgid: true}
	if err := c.Start(); err != nil {
		return err
	}
	h.cmd, h.off = c, make(chan struct{})
	go func() { _ = c.Wait(); close(h.off) }()
	return nil
}

func (h *Host) console() string { return filepath.Join(h.dir, "console") }

// ready waits until systemd is there and has started what it starts.
func (h *Host) ready(ctx context.Context) error {
	for {
		if err := h.findInit(); err == nil {
			out, _ := h.Command(ctx, "systemctl", "is-system-running", "--wait").Output()
			switch state := strings.TrimSpace(string(out)); state {
			case "running", "degraded":
				return nil
			}
		}
		select {
		case <-h.off:
			said, _ := os.ReadFile(h.console())
			return fmt.Errorf("%s did not boot: %s", h.Name, said)
		case <-ctx.Done():
			said, _ := os.ReadFile(h.console())
			return fmt.Errorf("%s is not ready: %w: %s", h.Name, ctx.Err(), said)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// findInit learns the host's process 1, once it is systemd, and moves its parent out
// of the host's topmost control group: there is no room for processes beside systemd.
func (h *Host) findInit() error {
	if h.init != 0 {
		return nil
	}
	pid := h.cmd.Process.Pid
	children, err := os.ReadFile(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", pid))
	if err != nil {
		return err
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		return err
	}
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child)); err != nil || string(name) != "systemd\n" {
		return errors.New("not yet systemd")
	}
	h.init = child
	return os.WriteFile(filepath.Join(h.entered.Name(), "cgroup.procs"), []byte(strconv.Itoa(pid)), 0)
}

// Start boots a host that was stopped, with what is on its disk.
func (h *Host) Start(ctx context.Context) error {
	if err := h.powerOn(); err != nil {
		return err
	}
	return h.ready(ctx)
}

// Stop powers the host off as its button would, and pulls the plug after ctx.
func (h *Host) Stop(ctx context.Context) error {
	if h.cmd == nil {
		return nil
	}
	const powerOff = syscall.Signal(34 + 4) // SIGRTMIN+4, systemd(1)
	if err := syscall.Kill(h.init, powerOff); err != nil {
		return err
	}
	var late error
	select {
	case <-h.off:
	case <-ctx.Done():
		late = fmt.Errorf("%s does not power off: %w", h.Name, ctx.Err())
	}
	// With its parent goes process 1, and with that every process of the host. Not
	// by cgroup.kill: Linux (6.18) kills at birth whatever is cloned into a control
	// group that was killed before, and the host may be started again.
	_ = h.cmd.Process.Kill()
	h.wait()
	return late
}

// wait waits until the host's processes are gone.
func (h *Host) wait() {
	if h.cmd != nil {
		<-h.off
		h.cmd, h.init = nil, 0
	}
}
