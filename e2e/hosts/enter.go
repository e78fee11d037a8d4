package hosts

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// environment is what a program on a host starts with: nothing of ours.
func environment() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb"}
}

// Command is a program on the host, as its root. It ends with ctx, and with the host.
func (h *Host) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	var all []string
	if h.init != 0 {
		all = append([]string{"nsenter"}, h.namespaces()...)
	} else {
		all = []string{"ip", "netns", "exec", h.Namespace, "unshare", "-m", "sh", "-c", h.lay(), "sh"}
	}
	all = append(append(all, name), args...)
	c := exec.CommandContext(ctx, all[0], all[1:]...)
	c.Env = environment()
	c.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(h.entered.Fd()), Setpgid: true}
	c.Cancel = func() error { return end(c.Process.Pid) }
	c.WaitDelay = time.Second // for those who keep its output open
	return c
}

// end kills a process group, its leader only when nothing else is in it. nsenter is
// to outlive the program and reap it: of a program whose parent is gone the machine's
// own init is the reaper, maybe a slow one, and a host waits for its dead when it
// powers off.
func end(leader int) error {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return err
	}
	alone := true
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		// proc(5): pid (name) state parent group
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || len(f) < 3 || f[2] != strconv.Itoa(leader) || pid == leader {
			continue
		}
		alone = false
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	if alone {
		return syscall.Kill(leader, syscall.SIGKILL)
	}
	return nil
}

// As is a program on the host as one of its people, without a session: who wants
// one signs in with ssh.
func (h *Host) As(ctx context.Context, user, name string, args ...string) *exec.Cmd {
	return h.Command(ctx, "runuser", append([]string{"-u", user, "--", name}, args...)...)
}

// Shell is what someone types on the machine to be root on the host.
func (h *Host) Shell() string {
	return strings.Join(append([]string{"nsenter"}, append(h.namespaces(), "bash", "-l")...), " ")
}

func (h *Host) namespaces() []string {
	return []string{"-t", strconv.Itoa(h.init), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "--"}
}

// lay is the beginning of a program on a plain host: its files over the machine's.
func (h *Host) lay() string {
	script := "set -e; mount --make-rprivate /; "
	for _, path := range slices.Sorted(maps.Keys(h.files)) {
		script += fmt.Sprintf("mount --bind %s %s; ", h.files[path], path)
	}
	return script + `exec "$@"`
}

// Write writes a file on the host, and the folders above it. The host follows its
// own links: from outside, an absolute one would lead to the machine's files.
func (h *Host) Write(ctx context.Context, path, text string, mode fs.FileMode) error {
	c := h.Command(ctx, "install", "-D", "-m", fmt.Sprintf("%04o", mode.Perm()), "/dev/stdin", path)
	c.Stdin = strings.NewReader(text)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("write %s on %s: %w: %s", path, h.Name, err, out)
	}
	return nil
}

// Read reads a file of the host.
func (h *Host) Read(ctx context.Context, path string) (string, error) {
	var said strings.Builder
	c := h.Command(ctx, "cat", "--", path)
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("read %s on %s: %w: %s", path, h.Name, err, said.String())
	}
	return string(out), nil
}

// Cut pulls the host's cable, at the router: the host sees a dead line, and keeps
// its address and routes.
func (h *Host) Cut() error { return ip("-n", h.net.Router, "link", "set", h.port, "down") }

// Mend plugs the cable in again.
func (h *Host) Mend() error { return ip("-n", h.net.Router, "link", "set", h.port, "up") }
