package cli

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/serve/api"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

func TestDNSCommands(t *testing.T) {
	d := testkit.New(t)
	z, err := zone.Open(t.Context(), zone.Config{
		Store: d.Store, Directory: d.Directory, NameKey: []byte("names"), Ports: zone.Ports{LDAP: 389},
		Servers: func() []zone.Server {
			return []zone.Server{{Name: "dc1", Addrs: []netip.Addr{netip.MustParseAddr("10.80.1.10")}}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(z.Close)
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", SocketOf(data))
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewUnstartedServer(api.New(api.Config{Directory: d.Directory, Zone: z, Actor: func(*http.Request) (ident.Actor, error) {
		return d.Local().Actor(), nil
	}}))
	h.Listener.Close()
	h.Listener = ln
	h.Start()
	t.Cleanup(h.Close)

	for _, c := range []struct {
		args string
		says string // without more white space than one space
		bad  bool
	}{
		{"dns set wiki A 10.1.2.3 10.1.2.4", "wiki.lab.internal 3600 A 10.1.2.3; 10.1.2.4", false},
		{"dns set hub CNAME wiki --ttl 60", "hub.lab.internal 60 CNAME wiki.lab.internal", false},
		{"dns list", "wiki.lab.internal 3600 A 10.1.2.3; 10.1.2.4 administrators", false},
		{"dns list --all", "_ldap._tcp.lab.internal 300 SRV 0 100 389 dc1.lab.internal the servers", false},
		{"dns list --json", `"name": "hub.lab.internal"`, false},
		{"dns set dc1 A 10.1.2.3", "follows from the servers", true},
		{"dns set wiki A nowhere", "it looks like", true},
		{"dns delete wiki", "The records are deleted.", false},
		{"dns delete wiki", "there is no such record", true},
		{"dns delete hub CNAME", "The records are deleted.", false},
		{"policy network set lab 10.80.0.0/16 --resolve", "is set", false},
		{"policy network list", "lab 10.80.0.0/16 refused looked up", false},
	} {
		var out, complaint bytes.Buffer
		e := &env{in: strings.NewReader(""), out: &out, err: &complaint}
		root := e.root()
		root.SetArgs(append(strings.Fields(c.args), "--data", data))
		err := root.ExecuteContext(t.Context())
		if err != nil {
			e.complain(err)
		}
		said := strings.Join(strings.Fields(out.String()+complaint.String()), " ")
		if (err != nil) != c.bad || !strings.Contains(said, c.says) {
			t.Errorf("selfsame %s: got %q, %v", c.args, said, err)
		}
	}
}
