package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newRoot(t *testing.T) *Authority {
	t.Helper()
	a, err := NewRoot("lab.internal", start)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func issue(t *testing.T, a *Authority, names ...string) Pair {
	t.Helper()
	p, err := a.Issue(names, start, ServerLife)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func leafOf(t *testing.T, p Pair) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(p.Cert)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verify(a *Authority, c *x509.Certificate, name string) error {
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate())
	_, err := c.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: start,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err
}

func TestIssuedCertificateVerifies(t *testing.T) {
	a := newRoot(t)
	leaf := leafOf(t, issue(t, a, "DC1.lab.internal", "lab.internal", "*.vault.lab.internal"))
	for name, want := range map[string]bool{
		"dc1.lab.internal": true, "lab.internal": true, "k.vault.lab.internal": true,
		"dc2.lab.internal": false, "a.b.vault.lab.internal": false,
	} {
		if got := verify(a, leaf, name) == nil; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if want := start.Add(ServerLife); !leaf.NotAfter.Equal(want) {
		t.Errorf("got end %v, want %v", leaf.NotAfter, want)
	}
	if want := start.Add(-time.Hour); !leaf.NotBefore.Equal(want) {
		t.Errorf("got begin %v, want %v", leaf.NotBefore, want)
	}
}

func TestIssueRefusesWhatIsNotOurs(t *testing.T) {
	a := newRoot(t)
	for _, name := range []string{"", "example.org", "evil-lab.internal", "internal", "10.0.0.1", "*", "*.internal",
		"a.*.lab.internal", "*.*.lab.internal", "lab.internal.", "a b.lab.internal", "a\x00.lab.internal", "-a.lab.internal"} {
		if _, err := a.Issue([]string{"ok.lab.internal", name}, start, ServerLife); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want invalid", name, err)
		}
	}
	if _, err := a.Issue(nil, start, ServerLife); !fault.Is(err, fault.Invalid) {
		t.Errorf("no name: got %v, want invalid", err)
	}
}

func TestStolenRootVouchesForItsDomainOnly(t *testing.T) {
	a := newRoot(t)
	tests := []struct {
		name string
		set  func(*x509.Certificate)
		ok   bool
	}{
		{"a name within", func(c *x509.Certificate) { c.DNSNames = []string{"x.lab.internal"} }, true},
		{"a name outside", func(c *x509.Certificate) { c.DNSNames = []string{"example.org"} }, false},
		{"an IPv4 address", func(c *x509.Certificate) { c.IPAddresses = []net.IP{{192, 0, 2, 1}} }, false},
		{"an IPv6 address", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP("2001:db8::1")} }, false},
		{"a mailbox", func(c *x509.Certificate) { c.EmailAddresses = []string{"ada@lab.internal"} }, false},
		{"a URI", func(c *x509.Certificate) {
			c.URIs = []*url.URL{{Scheme: "https", Host: "www.lab.internal"}}
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := forge(t, a, tt.set)
			if got := verify(a, c, "") == nil; got != tt.ok {
				t.Errorf("crypto/x509: got %v, want %v", got, tt.ok)
			}
			if got := opensslVerifies(t, a, c); got != tt.ok {
				t.Errorf("openssl: got %v, want %v", got, tt.ok)
			}
		})
	}
}

// forge signs with the root's key what Issue would refuse.
func forge(t *testing.T, a *Authority, set func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: serial(), NotBefore: start.Add(-time.Hour), NotAfter: start.Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	set(c)
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func openssl(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	return path
}

func opensslVerifies(t *testing.T, a *Authority, c *x509.Certificate) bool {
	t.Helper()
	dir := t.TempDir()
	root, leaf := filepath.Join(dir, "root.pem"), filepath.Join(dir, "leaf.pem")
	write(t, root, a.CertPEM())
	write(t, leaf, marshalCert(c.Raw))
	out, err := exec.Command(openssl(t), "verify", "-x509_strict", "-purpose", "sslserver",
		"-attime", fmt.Sprint(start.Unix()), "-CAfile", root, leaf).CombinedOutput()
	if err != nil {
		t.Logf("openssl: %s", out)
	}
	return err == nil
}

func TestOpenSSLVerifiesAndPrintsTheSameFingerprint(t *testing.T) {
	a := newRoot(t)
	if !opensslVerifies(t, a, leafOf(t, issue(t, a, "dc1.lab.internal", "*.vault.lab.internal"))) {
		t.Error("openssl refuses what we issued")
	}
	cmd := exec.Command(openssl(t), "x509", "-noout", "-fingerprint", "-sha256")
	cmd.Stdin = strings.NewReader(string(a.CertPEM()))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	_, want, _ := strings.Cut(strings.TrimSpace(string(out)), "=")
	if got := Fingerprint(a.Certificate()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRootIsReadBack(t *testing.T) {
	a, other := newRoot(t), newRoot(t)
	key, err := a.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse(a.CertPEM(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(a, leafOf(t, issue(t, b, "x.lab.internal")), "x.lab.internal"); err != nil {
		t.Errorf("issued by the root read back: %v", err)
	}
	if _, err := Parse(other.CertPEM(), key); !fault.Is(err, fault.Invalid) {
		t.Errorf("another's key: got %v, want invalid", err)
	}
	if _, err := Parse(issue(t, a, "x.lab.internal").Cert, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a leaf as root: got %v, want invalid", err)
	}
	offline, err := Parse(a.CertPEM(), nil)
	if err != nil || offline.Online() {
		t.Fatalf("offline: got %v, %v", offline, err)
	}
	if _, err := offline.Issue([]string{"x.lab.internal"}, start, ServerLife); !fault.Is(err, fault.Unavailable) {
		t.Errorf("issue offline: got %v, want unavailable", err)
	}
}

func TestCertificateEndsBeforeItsRoot(t *testing.T) {
	a := newRoot(t)
	late := a.cert.NotAfter.Add(-24 * time.Hour)
	p, err := a.Issue([]string{"x.lab.internal"}, late, ServerLife)
	if err != nil {
		t.Fatal(err)
	}
	if got := leafOf(t, p).NotAfter; got.After(a.cert.NotAfter) {
		t.Errorf("got end %v, after the root's %v", got, a.cert.NotAfter)
	}
	if _, err := a.Issue([]string{"x.lab.internal"}, a.cert.NotAfter, ServerLife); !fault.Is(err, fault.Unavailable) {
		t.Errorf("after the root's end: got %v, want unavailable", err)
	}
}

func TestKeyPrintsAsSecret(t *testing.T) {
	p := issue(t, newRoot(t), "x.lab.internal")
	for _, verb := range []string{"%v", "%s", "%x", "%q", "%#v", "%+v", "%d"} {
		if got := fmt.Sprintf(verb, p.Key); got != "[secret]" {
			t.Errorf("%s: got %s", verb, got)
		}
	}
}

func TestNewRootRefusesWhatIsNoDomain(t *testing.T) {
	for _, domain := range []string{"", ".", "lab..internal", "*.lab.internal", "10.0.0.1/8", strings.Repeat("a", 64)} {
		if _, err := NewRoot(domain, start); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want invalid", domain, err)
		}
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
