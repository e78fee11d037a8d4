package api_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
)

func TestMachines(t *testing.T) {
	b := newBench(t)
	status, doc := b.call("POST", "/selfsame/v1/machines", `{"name": "dsvm1", "lives": "2h"}`)
	if status != http.StatusCreated || doc["name"] != "DSVM1" || doc["dnsHostName"] != "dsvm1.lab.internal" || doc["domain"] != "lab.internal" {
		t.Fatalf("preset: got %d %v", status, doc)
	}
	pw, _ := doc["password"].(string)
	at := policy.Attempt{Door: policy.LDAP, TLS: true, Client: policy.Directory}
	if _, err := b.Authn.SignIn(t.Context(), at, "DSVM1$", credential.Password(pw)); err != nil {
		t.Errorf("the password to join with: %v", err)
	}
	e, _ := b.Find(ident.KindComputer, "dsvm1")
	b.machines.Seen(t.Context(), e.ID, netip.MustParseAddr("192.0.2.44"), "ldap")
	status, doc = b.call("GET", "/v1.0/devices/dsvm1.lab.internal", "")
	own, _ := doc["selfsame"].(map[string]any)
	if status != http.StatusOK || doc["displayName"] != "DSVM1" || doc["trustType"] != "ServerAd" || doc["approximateLastSignInDateTime"] == nil ||
		own["lastAddress"] != "192.0.2.44" || own["keyVersion"] != 1.0 || own["joinedBy"] != "administrator" || own["joinUntil"] == nil || own["password"] != nil {
		t.Errorf("a device: got %d %v", status, doc)
	}
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/selfsame/v1/machines", `{"name": "dsvm1"}`, http.StatusConflict},
		{"POST", "/selfsame/v1/machines", `{"name": "wpad"}`, http.StatusBadRequest},
		{"POST", "/selfsame/v1/machines", `{"name": "dsvm2", "lives": "900h"}`, http.StatusBadRequest},
		{"POST", "/selfsame/v1/machines", `{"name": "dsvm2", "lives": "soon"}`, http.StatusBadRequest},
		{"POST", "/selfsame/v1/machines/dsvm1/reset", `{}`, http.StatusOK},
		{"POST", "/selfsame/v1/machines/nowhere/reset", `{}`, http.StatusNotFound},
		{"GET", "/v1.0/devices?stale=never", "", http.StatusBadRequest},
		{"GET", "/v1.0/devices/nowhere", "", http.StatusNotFound},
	} {
		if status, doc := b.call(c.method, c.path, c.body); status != c.want {
			t.Errorf("%s %s %s: got %d %v", c.method, c.path, c.body, status, doc)
		}
	}
	for stale, want := range map[string]int{"": 1, "?stale=720h": 0} {
		if _, doc := b.call("GET", "/v1.0/devices"+stale, ""); len(doc["value"].([]any)) != want {
			t.Errorf("list%s: got %v", stale, doc)
		}
	}
	b.Forward(31 * 24 * time.Hour)
	b.actor = b.Actor("administrator")
	if _, doc := b.call("GET", "/v1.0/devices?stale=720h", ""); len(doc["value"].([]any)) != 1 {
		t.Errorf("after a month: got %v", doc)
	}
	b.User("plain")
	b.actor = b.Actor("plain")
	for _, c := range [][2]string{{"GET", "/v1.0/devices"}, {"GET", "/v1.0/devices/dsvm1"}, {"DELETE", "/v1.0/devices/dsvm1"}, {"POST", "/selfsame/v1/machines/dsvm1/reset"}} {
		if status, _ := b.call(c[0], c[1], `{}`); status != http.StatusForbidden {
			t.Errorf("a person: %s %s: got %d", c[0], c[1], status)
		}
	}
	b.actor = b.Actor("administrator")
	if status, _ := b.call("DELETE", "/v1.0/devices/dsvm1", ""); status != http.StatusNoContent {
		t.Errorf("bury: got %d", status)
	}
}
