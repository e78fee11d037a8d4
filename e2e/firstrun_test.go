package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A newcomer without root types serve in an empty folder: a domain to try things
// out is made, its doors are 10000 above the real ports, and the first password
// stands in a file that goes at the first sign-in.
func TestFirstRunWithoutRoot(t *testing.T) {
	need(t, "setpriv", "curl")
	n := newNetwork(t)
	h := n.host("pc")
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, "own")
	bin := filepath.Join(dir, "selfsame")
	if out, err := exec.Command("cp", program, bin).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const nobody = 65534
	for _, err := range []error{os.Mkdir(own, 0o700), os.Chown(own, nobody, nobody)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(own, "data")
	as := func(args ...string) *exec.Cmd {
		return h.command(context.Background(), "setpriv", append([]string{"--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", bin, "--data", data}, args...)...)
	}
	serve := as("serve")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	serve.Stdout, serve.Stderr = log, log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = serve.Process.Signal(os.Interrupt)
		_ = serve.Wait()
		if t.Failed() {
			b, _ := os.ReadFile(log.Name())
			t.Logf("server:\n%s", b)
		}
	}()
	eventually(t, "the server answers", 20*time.Second, func() bool { _, status := output(as("status")); return status == 0 })
	out, _ := output(as("status"))
	for _, want := range []string{"lab.internal", "https://localhost:10443/", ":10389"} {
		if !strings.Contains(out, want) {
			t.Errorf("status does not say %q:\n%s", want, out)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/signin"} {
		if out, status := output(h.command(t.Context(), "curl", "-sfk", "https://localhost:10443"+path)); status != 0 || out == "" {
			t.Errorf("%s: exit %d: %s", path, status, out)
		}
	}
	if out, status := output(h.command(t.Context(), "curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: evil.example", "https://localhost:10443/")); status != 0 || out != "421" {
		t.Errorf("a foreign host name: exit %d, %s", status, out)
	}
	password := filepath.Join(data, "administrator.password")
	pw, err := os.ReadFile(password)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(password); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the file of the first password: %v, %v", st.Mode(), err)
	}
	// Its right proof hears that it must be changed; that is no sign-in yet.
	if out, status := output(h.command(t.Context(), "ldapwhoami", "-x", "-H", "ldap://127.0.0.1:10389", "-D", "administrator@lab.internal", "-w", strings.TrimSpace(string(pw)))); status != 49 || !strings.Contains(out, "data 773") {
		t.Errorf("the first password at LDAP: exit %d: %s", status, out)
	}
	if out, status := output(as("admin", "reset")); status != 0 || !strings.Contains(out, "Password, shown this once") {
		t.Errorf("admin reset: exit %d: %s", status, out)
	}
	eventually(t, "the file of the first password is gone", 10*time.Second, func() bool { _, err := os.Stat(password); return os.IsNotExist(err) })
}
