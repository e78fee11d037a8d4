package api_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/serve/api"
)

func TestDNSRecords(t *testing.T) {
	b := newBench(t)
	if status, _ := b.call("GET", "/selfsame/v1/dns/records", ""); status != http.StatusNotImplemented {
		t.Errorf("without a zone: got %d", status)
	}
	z, err := zone.Open(t.Context(), zone.Config{
		Store: b.Store, Directory: b.Directory, NameKey: []byte("names"), Ports: zone.Ports{LDAP: 389},
		Servers: func() []zone.Server {
			return []zone.Server{{Name: "dc1", Addrs: []netip.Addr{netip.MustParseAddr("10.80.1.10")}}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	b.api = api.New(api.Config{Directory: b.Directory, Zone: z, Keeper: keeper{}, Actor: func(*http.Request) (ident.Actor, error) { return b.actor, b.fail }})
	status, doc := b.call("PUT", "/selfsame/v1/dns/records/www/a", `{"ttl":600,"values":["10.80.1.50"]}`)
	if status != http.StatusOK || doc["name"] != "www.lab.internal" || doc["type"] != "A" || doc["source"] != "administrator" {
		t.Errorf("set: got %d %v", status, doc)
	}
	_, doc = b.call("GET", "/selfsame/v1/dns/records", "")
	found := map[string]bool{}
	for _, x := range doc["value"].([]any) {
		r := x.(map[string]any)
		found[r["name"].(string)+" "+r["type"].(string)+" "+r["source"].(string)] = true
	}
	for _, want := range []string{"www.lab.internal A administrator", "_ldap._tcp.lab.internal SRV computed", "lab.internal A computed"} {
		if !found[want] {
			t.Errorf("the list has no %s", want)
		}
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"PUT", "/selfsame/v1/dns/records/www/A", `{"values":["nowhere"]}`, 400, "it looks like"},
		{"PUT", "/selfsame/v1/dns/records/www/NS", `{"values":["x"]}`, 400, "types are"},
		{"PUT", "/selfsame/v1/dns/records/dc1/A", `{"values":["10.1.1.1"]}`, 403, "follows from the servers"},
		{"DELETE", "/selfsame/v1/dns/records/www/TXT", "", 404, "no such record"},
		{"DELETE", "/selfsame/v1/dns/records/www", "", 204, ""},
		{"DELETE", "/selfsame/v1/dns/records/www", "", 404, "no such record"},
	} {
		status, doc := b.call(c.method, c.path, c.body)
		e, _ := doc["error"].(map[string]any)
		message, _ := e["message"].(string)
		hint, _ := e["hint"].(string)
		if status != c.status || !strings.Contains(message+hint, c.says) {
			t.Errorf("%s %s: got %d %v", c.method, c.path, status, doc)
		}
	}
	b.User("alice")
	b.actor = b.Actor("alice")
	for _, c := range [][2]string{{"GET", "/selfsame/v1/dns/records"}, {"DELETE", "/selfsame/v1/dns/records/www"}} {
		if status, _ := b.call(c[0], c[1], ""); status != http.StatusForbidden {
			t.Errorf("a person without a role: %s got %d", c[0], status)
		}
	}
}
