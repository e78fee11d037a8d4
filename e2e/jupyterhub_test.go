package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const hubToken = "0123456789abcdef0123456789abcdef"

// release is the configuration of one release of the authenticator. The first is
// the mission's, word for word but for address and base DN.
type release struct {
	name   string
	config string
}

func releases(server string) []release {
	return []release{
		{"1.1, the mission's lines", `
A.release = "1.1"
A.server_address = "` + server + `"
A.server_port = 389
A.use_ssl = False
A.bind_dn_template = "CN={username},OU=AADDC Users,` + base + `"
A.lookup_dn = True
A.user_search_base = "` + base + `"
A.user_attribute = "sAMAccountName"
`},
		{"1.3, with a search account", `
A.release = "1.3"
A.server_address = "` + server + `"
A.server_port = 389
A.bind_dn_template = ["CN={username},OU=AADDC Users,` + base + `"]
A.lookup_dn = True
A.lookup_dn_search_user = "svc-hub@` + domain + `"
A.lookup_dn_search_password = "` + svcPassword + `"
A.lookup_dn_user_dn_attribute = "cn"
A.user_search_base = "` + base + `"
A.user_attribute = "sAMAccountName"
`},
		{"2.0, the template alone, with groups", `
A.release = "2.0"
A.server_address = "` + server + `"
A.bind_dn_template = ["CN={username},OU=AADDC Users,` + base + `"]
A.allowed_groups = ["CN=Data Scientists,OU=AADDC Users,` + base + `"]
`},
	}
}

const (
	svcPassword   = "Grey heron 41 fen"
	alicePassword = "Looking glass 6"
)

// needHub makes sure JupyterHub and its proxy run here, and returns the proxy.
func needHub(t *testing.T) string {
	t.Helper()
	need(t, "jupyterhub", "/usr/bin/jupyterhub-singleuser", "sssd", "getent")
	for _, p := range []string{"/var/cache/selfsame-e2e/node_modules/.bin/configurable-http-proxy", "configurable-http-proxy"} {
		if exec.Command(p, "--version").Run() == nil {
			return p
		}
	}
	missing(t, "configurable-http-proxy does not run; make test installs it")
	return ""
}

// withSSSD makes a host know the domain's people by SSSD's plain ldap provider,
// as docs/how-to/sssd-without-join.md says.
func withSSSD(t *testing.T, h *host, l *lab) {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(l.data, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	h.file(t, "/etc/ssl/certs/selfsame-ca.pem", string(ca))
	h.file(t, "/etc/sssd/sssd.conf", `[sssd]
services = nss
domains = lab.internal

[domain/lab.internal]
id_provider = ldap
access_provider = permit
ldap_uri = ldap://dc1.lab.internal
ldap_schema = ad
ldap_id_mapping = True
ldap_search_base = DC=lab,DC=internal
ldap_default_bind_dn = CN=svc-hub,OU=AADDC Users,DC=lab,DC=internal
ldap_default_authtok = `+svcPassword+`
ldap_id_use_start_tls = True
ldap_tls_cacert = /etc/ssl/certs/selfsame-ca.pem
ldap_tls_reqcert = demand
fallback_homedir = /home/%u
default_shell = /bin/bash
`)
	if err := os.Chmod(h.etc["/etc/sssd/sssd.conf"], 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestJupyterHub(t *testing.T) {
	proxy := needHub(t)
	n := newNetwork(t)
	dc, hub := n.host("dc"), n.host("hub")
	l := newLab(t, dc)
	l.user("svc-hub", svcPassword, "--display-name", "Search account of the hub")
	l.user("alice", alicePassword, "--display-name", "Alice Liddell")
	l.run("group", "add", "Data Scientists", "--member", "alice")
	uid := l.uid("alice")

	for _, where := range []struct {
		name   string
		host   *host
		server string
	}{
		{"from another network", hub, "dc1." + domain},
		{"on the server's own host", dc, "localhost"},
	} {
		t.Run(where.name, func(t *testing.T) {
			h := &host{name: where.host.name, addr: where.host.addr, etc: make(map[string]string)}
			h.hosts(t, dc.addr+" dc1."+domain)
			h.file(t, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
			withSSSD(t, h, l)
			h.boot(t, "/etc/sssd", "/etc/ssl/certs", "/var/lib/sss", "/var/log/sssd")
			// SSSD keeps what it knew of the machine's own configuration.
			if out, status := output(h.command(t.Context(), "sh", "-c", "rm -f /var/lib/sss/db/*.ldb /var/lib/sss/mc/*")); status != 0 {
				t.Fatalf("empty SSSD's caches: %s", out)
			}
			h.background(t, filepath.Join(t.TempDir(), "sssd.log"), "sssd", "-i")
			eventually(t, "the host knows alice", 20*time.Second, func() bool {
				out, status := output(h.command(t.Context(), "getent", "passwd", "alice"))
				return status == 0 && strings.Contains(out, fmt.Sprint(uid))
			})
			if out, status := output(h.command(t.Context(), "getent", "-s", "files", "passwd", "alice")); status == 0 {
				t.Errorf("alice stands in the host's own files: %s", out)
			}
			for i, r := range releases(where.server) {
				t.Run(r.name, func(t *testing.T) {
					b := &hubBench{t: t, l: l, h: h, proxy: proxy, port: 8000 + 10*i}
					b.start(r.config)
					b.scenario(uid, where.host == hub && i == 0)
				})
			}
		})
	}
}

// hubBench is a running hub.
type hubBench struct {
	t     *testing.T
	l     *lab
	h     *host
	proxy string
	port  int
	dir   string
}

// ldapLines puts an authenticator's lines where it looks for them; modules is the
// folder of the authenticator.
func ldapLines(modules, lines string) string {
	return fmt.Sprintf(`
import os, pwd, sys
sys.path.insert(0, %q)
c.JupyterHub.authenticator_class = "ldapauth.LDAPAuthenticator"
A = c.LDAPAuthenticator
%s

def home(spawner):
    p = pwd.getpwnam(spawner.user.name)
    if not os.path.isdir(p.pw_dir):
        os.mkdir(p.pw_dir, 0o700)
        os.chown(p.pw_dir, p.pw_uid, p.pw_gid)

c.Spawner.pre_spawn_hook = home
`, modules, lines)
}

// hubLines are what every hub of a test has: its proxy, at three ports from port on,
// and a token for who drives it.
func hubLines(proxy string, port int, dir string) string {
	return fmt.Sprintf(`
c.ConfigurableHTTPProxy.command = [%q]
c.JupyterHub.bind_url = "http://127.0.0.1:%d"
c.JupyterHub.hub_port = %d
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:%d"
c.JupyterHub.cookie_secret_file = %q
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.services = [{"name": "test", "api_token": %q}]
c.JupyterHub.load_roles = [{"name": "test", "services": ["test"], "scopes": ["admin:users", "admin:servers", "access:servers"]}]
c.Spawner.cmd = ["/usr/bin/jupyterhub-singleuser"]
c.Spawner.default_url = "/tree"
`, proxy, port, port+1, port+2, filepath.Join(dir, "cookie"), hubToken)
}

func (b *hubBench) start(config string) {
	b.t.Helper()
	b.dir = b.t.TempDir()
	write(b.t, filepath.Join(b.dir, "jupyterhub_config.py"), ldapLines(testdata(b.t, ""), config)+hubLines(b.proxy, b.port, b.dir))
	if err := os.Chmod(b.dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	b.h.background(b.t, filepath.Join(b.dir, "hub.log"), "sh", "-c", "cd "+b.dir+" && exec jupyterhub -f jupyterhub_config.py")
	eventually(b.t, "the hub answers", 60*time.Second, func() bool {
		_, status := output(b.h.command(b.t.Context(), "curl", "-sf", fmt.Sprintf("http://127.0.0.1:%d/hub/login", b.port)))
		return status == 0
	})
}

// signIn signs alice in with a password and runs a cell; it returns what was seen.
func (b *hubBench) signIn(password string) string {
	out, status := output(b.h.command(b.t.Context(), "/usr/bin/python3", testdata(b.t, "hub_check.py"),
		fmt.Sprintf("http://127.0.0.1:%d", b.port), hubToken, "alice", password, "import os; print(os.popen('id -u').read())"))
	if status != 0 {
		b.t.Fatalf("hub_check: exit %d: %s", status, out)
	}
	return strings.TrimSpace(out)
}

// scenario is what a hub must do, whatever its release. clear says that the
// password crosses a network in clear, which is refused until a network is named.
func (b *hubBench) scenario(uid int, clear bool) {
	b.t.Helper()
	if clear {
		if got := b.signIn(alicePassword); got != "refused" {
			b.t.Errorf("a password in clear across the network: got %q", got)
		}
		command := "selfsame policy legacy-bind allow --network " + b.h.addr + "/32"
		if !strings.Contains(b.l.serverLog(), command) {
			b.t.Errorf("the log does not name the command %q", command)
		}
		b.l.run("policy", "legacy-bind", "allow", "--network", b.h.addr+"/32")
		b.t.Cleanup(func() { b.l.run("policy", "legacy-bind", "deny", "--network", b.h.addr+"/32") })
	}
	if got, want := b.signIn(alicePassword), fmt.Sprintf("cell: %d", uid); got != want {
		b.t.Errorf("alice runs a cell: got %q, want %q", got, want)
	}
	if got := b.signIn("wrong"); got != "refused" {
		b.t.Errorf("a wrong password: got %q", got)
	}
	b.l.run("user", "disable", "alice")
	if got := b.signIn(alicePassword); got != "refused" {
		b.t.Errorf("disabled: got %q", got)
	}
	b.l.run("user", "enable", "alice")
	for range 5 {
		b.signIn("wrong again")
	}
	if got := b.signIn(alicePassword); got != "refused" {
		b.t.Errorf("locked: got %q", got)
	}
	b.l.run("user", "unlock", "alice")
	if got, want := b.signIn(alicePassword), fmt.Sprintf("cell: %d", uid); got != want {
		b.t.Errorf("after the unlock: got %q, want %q", got, want)
	}
}
