package hosts

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// packages are what a client machine has, and what tests run on one.
var packages = []string{
	"systemd-sysv", "dbus", "libpam-systemd", "polkitd", "packagekit",
	"realmd", "adcli", "oddjob", "oddjob-mkhomedir",
	"sssd", "sssd-ad", "sssd-krb5", "sssd-ldap", "sssd-tools", "sssd-dbus", "libnss-sss", "libpam-sss", "libsss-sudo",
	"krb5-user", "krb5-config", "ldap-utils", "libsasl2-modules", "libsasl2-modules-gssapi-mit",
	"bind9-dnsutils", // SSSD's own updates of DNS run nsupdate
	"openssh-server", "openssh-client", "sshpass", "sudo",
	// Without the dictionary every change of a password fails inside PAM.
	"cracklib-runtime", "wamerican",
	"samba", "samba-vfs-modules", "samba-common-bin", "smbclient", // and no winbind, which would take names over
	"jupyterhub", "python3-notebook", "python3-ldap3",
	"iproute2", "iputils-ping", "nftables", "procps", "curl", "ca-certificates",
}

// recipe makes a root of them.
//
//go:embed root.sh
var recipe string

// ErrNoRoot says that the root is not built.
var ErrNoRoot = errors.New("the root of the hosts is not built; make deps builds it, as root")

// rootPath is where the root of these packages, made in this way, is kept.
func rootPath() string {
	sum := sha256.Sum256([]byte(recipe + "\n" + strings.Join(packages, "\n")))
	return filepath.Join(Cache, fmt.Sprintf("root-%x", sum[:8]))
}

// openRoot opens the root, and keeps it from being removed until it is closed.
func openRoot() (*os.File, error) {
	f, err := lock(rootPath(), syscall.LOCK_SH)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoRoot
	}
	return f, err
}

// BuildRoot builds the root if it is not there, in some minutes, and removes the
// roots of other recipes that no network stands on. Progress goes to say, a line a
// step.
func BuildRoot(ctx context.Context, say io.Writer) error {
	if err := os.MkdirAll(Cache, 0o755); err != nil {
		return err
	}
	one, err := lock(Cache, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) { // and then finds it built
		fmt.Fprintln(say, "root: waiting for another builder")
		one, err = lock(Cache, syscall.LOCK_EX)
	}
	if err != nil {
		return err
	}
	defer one.Close()
	path := rootPath()
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := removeRoots(); err != nil {
		return err
	}
	fmt.Fprintf(say, "root: building %s; this takes some minutes, once\n", path)
	unfinished := path + ".new"
	if err := install(ctx, unfinished, one, say); err != nil {
		return errors.Join(err, os.RemoveAll(unfinished))
	}
	return os.Rename(unfinished, path)
}

// removeRoots removes what older recipes and builds that were killed left.
func removeRoots() error {
	roots, err := filepath.Glob(filepath.Join(Cache, "root-*"))
	if err != nil {
		return err
	}
	for _, path := range roots {
		f, err := lock(path, syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			continue
		}
		if err != nil {
			return err
		}
		if err := errors.Join(os.RemoveAll(path), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// install runs the recipe. It hands the lock on: of a builder that is killed the
// recipe goes on until it has a line to say, and until then nobody may begin anew.
func install(ctx context.Context, root string, held *os.File, say io.Writer) error {
	from, err := machineSources()
	if err != nil {
		return err
	}
	logPath := filepath.Join(Cache, "root.log")
	log, err := os.Create(logPath)
	if err != nil {
		return err
	}
	defer log.Close()
	steps, step, err := os.Pipe()
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", recipe)
	c.Env = append(os.Environ(), "ROOT="+root, "PACKAGES="+strings.Join(packages, " "),
		"MIRROR="+from.mirror, "SOURCES="+from.list, "PROXY="+from.proxy, "CA="+from.ca)
	c.Stdout, c.Stderr, c.ExtraFiles = log, log, []*os.File{step, held}
	err = c.Start()
	step.Close()
	if err == nil {
		_, _ = io.Copy(say, steps)
		err = c.Wait()
	}
	steps.Close()
	if err != nil {
		return fmt.Errorf("build the root: %w; %s says why:\n%s", err, logPath, tail(logPath))
	}
	return nil
}

// sources are how the machine gets Debian's packages, for apt inside the root.
type sources struct {
	mirror, list, proxy, ca string
}

// machineSources asks apt, which knows every way in which sources and proxies are
// written. Only Debian's own suites are taken: others would bring other versions. A
// machine that has none of them, because it is no Debian 12, uses Debian's mirror.
func machineSources() (sources, error) {
	s := sources{mirror: "http://deb.debian.org/debian"}
	out, err := exec.Command("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT) $(CREATED_BY)").Output()
	if err != nil {
		return s, fmt.Errorf("ask apt for its sources: %w", err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) != 4 || f[2] != "main" || f[3] != "Packages" || !slices.Contains([]string{"bookworm", "bookworm-updates", "bookworm-security"}, f[1]) {
			continue
		}
		if f[1] == "bookworm" {
			s.mirror = f[0]
		}
		if l := "deb " + f[0] + " " + f[1] + " main"; !slices.Contains(lines, l) {
			lines = append(lines, l)
		}
	}
	if lines == nil {
		lines = []string{
			"deb " + s.mirror + " bookworm main", "deb " + s.mirror + " bookworm-updates main",
			"deb http://deb.debian.org/debian-security bookworm-security main",
		}
	}
	s.list = strings.Join(lines, "\n")
	out, err = exec.Command("apt-config", "dump").Output()
	if err != nil {
		return s, fmt.Errorf("ask apt for its settings: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "Acquire::http") { // and https
			s.proxy += line
		}
	}
	if strings.Contains(s.list, "https://") {
		s.ca = certificates()
	}
	return s, nil
}

// certificates is the bundle that the machine trusts, "" without one.
func certificates() string {
	for _, path := range []string{os.Getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

func tail(path string) string {
	b, _ := os.ReadFile(path)
	return string(b[max(0, len(b)-3000):])
}
