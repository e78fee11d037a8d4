package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// A wrong folder, settings file or port gets a clear error and the right exit
// status, and nothing is harmed.
func TestBadBeginnings(t *testing.T) {
	l := newLab(t, nil)
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"init in a used folder", []string{"init", "--data", l.data, "--domain", "x.lab"}, 4, "not empty"},
		{"init without a domain", []string{"init", "--data", filepath.Join(l.dir, "new")}, 2, "--domain"},
		{"init with half a domain", []string{"init", "--data", filepath.Join(l.dir, "new"), "--domain", "lab"}, 2, "not a domain name"},
		{"init with a wrong SID", []string{"init", "--data", filepath.Join(l.dir, "new"), "--domain", "x.lab", "--domain-sid", "S-1-5-32"}, 2, "SID"},
		{"a second server on one folder", []string{"serve", "--data", l.data}, 8, "in use"},
		{"a folder that is not there", []string{"status", "--data", filepath.Join(l.dir, "nowhere")}, 8, "no server answers"},
		{"an unknown command", []string{"usr", "add"}, 2, "unknown command"},
		{"an unknown verb", []string{"group", "nonsense"}, 2, "unknown command"},
		{"an unknown user", []string{"user", "show", "nobody.here", "--data", l.data}, 3, "there is no user"},
		{"a user twice", []string{"user", "add", "administrator", "--data", l.data}, 4, "taken"},
		{"a system's name", []string{"user", "add", "postgres", "--data", l.data}, 2, "system account"},
		{"a group called sudo", []string{"group", "add", "Sudo", "--data", l.data}, 2, "system"},
		{"a hostile name", []string{"user", "add", "$(reboot)", "--data", l.data}, 2, "login name"},
		{"a property nobody knows", []string{"user", "set", "administrator", "shoeSize=43", "--data", l.data}, 2, "no property"},
	} {
		out, status := output(exec.Command(program, c.args...))
		if status != c.status || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s", c.name, status, c.status, c.says, out)
		}
	}
	if _, err := os.Stat(filepath.Join(l.dir, "new", "store")); err == nil {
		t.Error("an init that failed left something behind")
	}
	l.stop()
	good, err := os.ReadFile(filepath.Join(l.data, "selfsame.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, says string }{
		"a misspelt key":      {"lisen: 127.0.0.1\n", "lisen"},
		"a wrong address":     {"listen: 127.0.0.1:389\n", "without a port"},
		"a key in the folder": {"seal_key: " + l.data + "/k\n", "data folder"},
		"half a certificate":  {"tls:\n  certificate: /x\n", "together"},
		"no YAML":             {"{{{", "settings file"},
		"a short retention":   {"audit:\n  retention: 1h\n", "a day or more"},
	} {
		l.settings(c.text)
		out, status := output(exec.Command(program, "serve", "--data", l.data))
		if status != 2 || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, want 2 and %q:\n%s", name, status, c.says, out)
		}
	}
	l.settings(string(good))
	write(t, filepath.Join(l.data, "selfsame.json"), `{"format":"selfsame","version":99}`)
	if out, status := output(exec.Command(program, "serve", "--data", l.data)); status != 10 || !strings.Contains(out, "newer version") {
		t.Errorf("a folder of a newer version: exit %d:\n%s", status, out)
	}
	write(t, filepath.Join(l.data, "selfsame.json"), `{"format":"selfsame","version":1}`)
	l.start()
}

// A flood of wrong passwords from one address: an administrator still gets in, and
// the log counts them without growing by each.
func TestFloodOfWrongPasswords(t *testing.T) {
	tries := soak(t, 100_000)
	l := newLab(t, nil)
	l.user("alice", "Grey heron 41 fen")
	stop := make(chan struct{})
	sent := make(chan int, 4)
	for range 4 {
		go func() {
			n := 0
			defer func() { sent <- n }()
			c, err := ldap.DialURL("ldap://" + l.addrOf("ldap"))
			if err != nil {
				return
			}
			defer c.Close()
			for ; n < tries/4; n++ {
				select {
				case <-stop:
					return
				default:
				}
				_ = c.Bind("alice@"+domain, "wrong")
			}
		}()
	}
	time.Sleep(200 * time.Millisecond)
	for range 3 {
		began := time.Now()
		if !l.binds("administrator", adminPassword) {
			t.Error("an administrator is kept out by the flood")
		}
		t.Logf("an administrator signs in amid the flood in %s", time.Since(began))
	}
	total := 0
	for range 4 {
		total += <-sent
	}
	close(stop)
	eventually(t, "the refusals are in the log", 10*time.Second, func() bool {
		return strings.Contains(l.run("audit", "search", "alice", "failure"), "×")
	})
	records := strings.Count(l.run("audit", "export"), "\n")
	if records > 200+total/10 {
		t.Errorf("%d wrong passwords made %d records", total, records)
	}
}

// A full disk refuses and does not lose: reads go on, an administrator can still
// take something away, and writes come back by themselves.
func TestFullDisk(t *testing.T) {
	needRoot(t)
	soak(t, 1)
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=260m", "tmpfs", dir).CombinedOutput(); err != nil {
		missing(t, "a small disk cannot be mounted: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	l := &lab{t: t, dir: dir, data: filepath.Join(dir, "data"), addr: "127.0.0.1"}
	write(t, filepath.Join(dir, "pw"), adminPassword+"\n")
	l.run("init", "--domain", domain, "--admin-password-file", filepath.Join(dir, "pw"), "--recovery-key-file", filepath.Join(dir, "recovery"))
	l.onFreePorts()
	l.start()
	t.Cleanup(l.stop)
	l.user("alice", "Grey heron 41 fen")
	l.user("mallory", "Grey heron 41 fen")
	// Leave 50 MB: less than the reserve.
	fill := filepath.Join(dir, "fill")
	out, _ := exec.Command("sh", "-c", "df --output=avail -B1M "+dir+" | tail -1").Output()
	free := strings.TrimSpace(string(out))
	if b, err := exec.Command("sh", "-c", "fallocate -l $(( "+free+" - 50 ))M "+fill).CombinedOutput(); err != nil {
		t.Fatalf("fill the disk: %v: %s", err, b)
	}
	time.Sleep(200 * time.Millisecond)
	if out, err := l.try("Grey heron 41 fen\n", "user", "add", "bob", "--password-file", "-"); err == nil {
		t.Errorf("a user is added on a full disk: %s", out)
	} else if !strings.Contains(err.Error(), "disk") {
		t.Errorf("the refusal does not name the disk: %v", err)
	}
	if out := l.run("user", "show", "alice"); !strings.Contains(out, "alice") {
		t.Errorf("reads do not go on: %s", out)
	}
	if _, err := l.try("", "user", "disable", "mallory"); err != nil {
		t.Errorf("an administrator cannot take something away: %v", err)
	}
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	eventually(t, "writes come back", 20*time.Second, func() bool {
		_, err := l.try("Grey heron 41 fen\n", "user", "add", "bob", "--password-file", "-")
		return err == nil
	})
	if out := l.run("audit", "verify"); !strings.Contains(out, "whole and unaltered") {
		t.Errorf("audit verify: %s", out)
	}
}
