package doctor

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/client"
	"github.com/selfsame-dev/selfsame/internal/config"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

// serverLab is a server's folder and the documents of its API.
type serverLab struct {
	*lab
	docs   map[string]any
	config config.Config
	shut   bool // the API does not answer
}

func newServerLab(t *testing.T) *serverLab {
	l := &serverLab{lab: newLab(t)}
	l.Wait = time.Second
	l.config = config.Config{Data: "/var/lib/selfsame", SealKey: "/etc/selfsame/seal.key", Listen: serverIP}
	l.config.Ports.DNS = -1 // its addresses would be this host's
	l.put("/etc/selfsame/seal.key", "key", 0o600)
	l.put("/var/lib/selfsame/selfsame.json", "{}", 0o600)
	if err := os.Chmod(l.path("/var/lib/selfsame"), 0o700); err != nil {
		t.Fatal(err)
	}
	web := graph.Device{DisplayName: "WEB1", Enabled: true, Own: graph.OwnDevice{HostName: "web1.lab.internal", KeyVersion: 2, Services: []string{"host/web1.lab.internal", "host/WEB1"}}}
	l.docs = map[string]any{
		"/selfsame/v1/status": map[string]any{"domain": "lab.internal", "server": "dc1.lab.internal", "ldap": "ldap://" + serverIP + ":389", "certificateUntil": l.now.Add(60 * 24 * time.Hour)},
		"/selfsame/v1/realm":  map[string]any{"keys": []any{map[string]any{"kvno": 3, "from": l.now.Add(-24 * time.Hour)}}},
		"/v1.0/devices":       graph.List[graph.Device]{Value: []graph.Device{web}},
		"/v1.0/users":         graph.List[map[string]any]{Value: []map[string]any{{"onPremisesSamAccountName": "alice", "accountEnabled": true, "selfsame": map[string]any{"hasPassword": true}}}},
	}
	return l
}

func (l *serverLab) device(change func(*graph.Device)) {
	list := l.docs["/v1.0/devices"].(graph.List[graph.Device])
	d := list.Value[0]
	d.DisplayName, d.Own.HostName, d.Own.Services = "WEB2", "web2.lab.internal", nil
	change(&d)
	l.docs["/v1.0/devices"] = graph.List[graph.Device]{Value: append(list.Value, d)}
}

func (l *serverLab) examine(t *testing.T) *Report {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	if !l.shut {
		ln, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = json.NewEncoder(w).Encode(l.docs[r.URL.Path]) })}
		go func() { _ = s.Serve(ln) }()
		t.Cleanup(func() { _ = s.Close() })
	}
	return (&Server{Machine: l.Machine, Config: l.config, API: client.Local(socket)}).Examine(t.Context())
}

// tcp names a socket of a program's that listens at a port, as /proc has it.
func (l *serverLab) tcp(port, program string) {
	l.put("/proc/net/tcp", "  sl  local_address rem_address   st\n   0: 00000000:"+port+" 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 x\n", 0o644)
	l.put("/proc/77/comm", program+"\n", 0o644)
	if err := os.MkdirAll(l.path("/proc/77/fd"), 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Symlink("socket:[4242]", l.path("/proc/77/fd/5")); err != nil {
		l.t.Fatal(err)
	}
}

func TestServerFaults(t *testing.T) {
	for _, x := range []struct {
		name  string
		seed  func(*serverLab)
		check string
		what  string // empty: it is well
	}{
		{"well", func(*serverLab) {}, "", ""},
		{"it is down", func(l *serverLab) { l.shut = true }, "answers", "no server answers"},
		{"a door is not open", func(l *serverLab) { l.ports["tcp/464"] = refused }, "doors", "nothing listens at port 464, the door kpasswd"},
		{"its port is another's", func(l *serverLab) { l.ports["tcp/389"] = refused; l.tcp("0185", "slapd") }, "doors", "port 389 is held by slapd"},
		{"the stub of systemd-resolved", func(l *serverLab) { l.config.Ports.DNS = 0; l.tcp("0035", "systemd-resolve") }, "doors", "port 53 is held by systemd-resolve"},
		{"no sealing key", func(l *serverLab) { l.remove("/etc/selfsame") }, "seal-key", "is not there"},
		{"an open sealing key", func(l *serverLab) { _ = os.Chmod(l.path("/etc/selfsame/seal.key"), 0o644) }, "seal-key", "has mode 0644"},
		{"an open folder", func(l *serverLab) { _ = os.Chmod(l.path("/var/lib/selfsame"), 0o755) }, "seal-key", "/var/lib/selfsame has mode 0755"},
		{"a certificate near its end", func(l *serverLab) { l.now = l.now.Add(50 * 24 * time.Hour) }, "certificate", "the certificate ends on"},
		{"a certificate that ended", func(l *serverLab) { l.now = l.now.Add(61 * 24 * time.Hour) }, "certificate", "the certificate ended on"},
		{"an old key of the realm", func(l *serverLab) { l.now = l.now.Add(39 * 24 * time.Hour) }, "realm-key", "version 3, makes tickets for 40 days"},
		{"a service of two", func(l *serverLab) {
			l.device(func(d *graph.Device) { d.Own.Services = []string{"HOST/web1.lab.internal"} })
		}, "services", "WEB1 and WEB2 have the service host/web1.lab.internal"},
		{"a service of nobody", func(l *serverLab) {
			l.device(func(d *graph.Device) { d.Own.Services = []string{"HTTP/old.lab.internal:8080"} })
		}, "services", "WEB2 has the service HTTP/old.lab.internal:8080, whose host is no machine"},
		{"a person without keys", func(l *serverLab) {
			l.docs["/v1.0/users"] = graph.List[map[string]any]{Value: []map[string]any{{"onPremisesSamAccountName": "bob", "accountEnabled": true, "selfsame": map[string]any{"hasPassword": false}}}}
		}, "keys", "no password and no keys: bob"},
		{"a machine without keys", func(l *serverLab) { l.device(func(d *graph.Device) { d.Own.KeyVersion = 0 }) }, "keys", "machines without keys: WEB2"},
		{"a silent machine", func(l *serverLab) { l.device(func(d *graph.Device) { d.Own.Silent = true }) }, "silent", "thirty days: WEB2"},
		{"no time service", func(l *serverLab) { l.said["systemctl is-active"] = "inactive\n" }, "time-service", "nothing keeps the clock"},
	} {
		t.Run(x.name, func(t *testing.T) {
			l := newServerLab(t)
			x.seed(l)
			r := l.examine(t)
			if x.check == "" {
				for _, f := range r.Findings {
					if f.Check == "room" {
						continue // of the disk that the test runs on
					}
					t.Errorf("got %+v", f)
				}
				return
			}
			if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Check == x.check && strings.Contains(f.What, x.what) }) {
				t.Errorf("%s does not find %q: %+v", x.check, x.what, r.Findings)
			}
		})
	}
}
