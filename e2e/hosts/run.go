package hosts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Cache is where the root is kept, and the folders of running networks: one file
// system, and in CI one volume, that is neither an overlay nor in memory.
const Cache = "/var/cache/selfsame-e2e"

// run is what a network leaves on the machine, all under one name.
type run struct {
	name   string
	dir    string
	cgroup string
	// lock is held on dir for as long as the process lives: by it the next run
	// tells a leftover from a neighbour. The kernel lets go of it, whatever kills
	// us, and a process id that was given out again misleads nobody.
	lock *os.File
}

// newRun clears what killed runs left, and begins one.
func newRun() (*run, error) {
	parent := filepath.Join(Cache, "run")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, err
	}
	// Held until the new folder has its own lock, or a neighbour would clear it.
	all, err := lock(parent, syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer all.Close()
	tree, err := cgroup2()
	if err != nil {
		return nil, err
	}
	if err := sweep(parent, tree); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, "ss")
	if err != nil {
		return nil, err
	}
	r := &run{name: filepath.Base(dir), dir: dir, cgroup: filepath.Join(tree, filepath.Base(dir))}
	if r.lock, err = lock(dir, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the hosts' users walk through it
		return nil, err
	}
	return r, os.Mkdir(r.cgroup, 0o755)
}

// sweep removes the runs nobody holds.
func sweep(parent, tree string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	for _, e := range entries {
		dir := filepath.Join(parent, e.Name())
		held, err := lock(dir, syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		left := &run{name: e.Name(), dir: dir, cgroup: filepath.Join(tree, e.Name()), lock: held}
		if err := left.remove(); err != nil {
			return fmt.Errorf("clear what %s left: %w", e.Name(), err)
		}
	}
	return nil
}

// remove ends every process of the run and removes what it made. It goes on after
// an error, so that as little as possible stays.
func (r *run) remove() error {
	errs := []error{endCgroup(r.cgroup)}
	names, err := namespaces(r.name + "-")
	errs = append(errs, err)
	for _, ns := range names {
		errs = append(errs, endNamespace(ns), ip("netns", "del", ns))
	}
	errs = append(errs, os.RemoveAll(r.dir), r.lock.Close())
	return errors.Join(errs...)
}

// lock opens a folder and locks it.
func lock(dir string, how int) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// cgroup2 is where the machine has its tree of control groups: /sys/fs/cgroup, or
// beside the older trees.
func cgroup2() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 2 && f[2] == "cgroup2" {
			return f[1], nil
		}
	}
	return "", errors.New("no cgroup2 tree is mounted, and systemd needs one")
}

// endCgroup kills what is in a control group and below it, and removes it.
func endCgroup(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0); err != nil {
		return err
	}
	var below []string
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		events, err := os.ReadFile(filepath.Join(dir, "cgroup.events"))
		if err != nil {
			return err
		}
		if strings.Contains(string(events), "populated 0") {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes in %s do not end", dir)
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			below = append(below, path)
		}
		return err
	})
	for _, path := range slices.Backward(below) {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// namespaces are the network namespaces whose names begin so.
func namespaces(prefix string) (names []string, err error) {
	out, err := exec.Command("ip", "netns", "list").Output()
	for line := range strings.Lines(string(out)) {
		if name, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names, err
}

// endNamespace kills what still runs in a network namespace: programs of plain
// hosts that were not started by us.
func endNamespace(ns string) error {
	out, err := exec.Command("ip", "netns", "pids", ns).Output()
	for _, id := range strings.Fields(string(out)) {
		if pid, err := strconv.Atoi(id); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return err
}
