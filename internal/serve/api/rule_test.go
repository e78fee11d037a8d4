package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/role"
)

const aKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqeIn7d8LyO4P+sVn9LJl5mMCbTv1S5V1oYkS0zH4oP"

func TestWhatMachinesRead(t *testing.T) {
	b := newBench(t)
	b.User("alice")
	b.User("grouper", role.GroupsAdministrator)
	b.Group("Operators")
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/selfsame/v1/machines", `{"name": "web1"}`, http.StatusCreated},
		{"POST", "/selfsame/v1/sudo", `{"name": "web", "users": ["%Operators", "alice"], "hosts": ["web1"], "commands": ["/usr/bin/systemctl restart nginx"], "order": 3}`, http.StatusCreated},
		{"POST", "/selfsame/v1/sudo", `{"name": "web", "users": ["ALL"], "hosts": ["ALL"], "commands": ["ALL"]}`, http.StatusConflict},
		{"POST", "/selfsame/v1/sudo", `{"name": "x", "users": ["alice"], "hosts": [], "commands": ["ALL"]}`, http.StatusBadRequest},
		{"POST", "/selfsame/v1/sudo", `{"name": "x", "users": ["mallory"], "hosts": ["ALL"], "commands": ["ALL"]}`, http.StatusBadRequest},
		{"POST", "/selfsame/v1/sudo", `{"name": "x", "users": ["alice"], "hosts": ["ALL"], "commands": ["/bin/sh *"]}`, http.StatusBadRequest},
		{"GET", "/selfsame/v1/sudo/nothing", "", http.StatusNotFound},
		{"POST", "/selfsame/v1/users/alice/sshKeys", `{"key": "` + aKey + ` alice@laptop"}`, http.StatusNoContent},
		{"POST", "/selfsame/v1/users/grouper/sshKeys", `{"key": "` + aKey + `"}`, http.StatusConflict},
		{"POST", "/selfsame/v1/users/alice/sshKeys", `{"key": "from=\"*\" ` + aKey + `"}`, http.StatusBadRequest},
		{"DELETE", "/selfsame/v1/users/alice/sshKeys?fingerprint=SHA256:x", "", http.StatusNotFound},
		{"PUT", "/selfsame/v1/machines/web1/access", `{"groups": ["Operators"]}`, http.StatusOK},
		{"PUT", "/selfsame/v1/machines/web1/access", `{"groups": ["Nobodies"]}`, http.StatusNotFound},
		{"POST", "/selfsame/v1/automount/auto.home", `{"key": "*", "information": "-fstype=nfs4 nas1:/home/&"}`, http.StatusNoContent},
		{"POST", "/selfsame/v1/automount/auto.home", `{"key": "*", "information": "nas2:/home/&"}`, http.StatusNoContent},
		{"POST", "/selfsame/v1/automount/auto.home", `{"key": "x", "information": "|/bin/id"}`, http.StatusBadRequest},
		{"DELETE", "/selfsame/v1/automount/auto.home", "", http.StatusBadRequest},
	} {
		if status, doc := b.call(c.method, c.path, c.body); status != c.want {
			t.Errorf("%s %s %s: got %d %v", c.method, c.path, c.body, status, doc)
		}
	}
	_, doc := b.call("GET", "/selfsame/v1/sudo/web", "")
	if users := doc["users"].([]any); len(users) != 2 || users[0] != "%Operators" || doc["hosts"].([]any)[0] != "web1.lab.internal" || doc["order"] != 3.0 {
		t.Errorf("a rule: got %v", doc)
	}
	_, doc = b.call("GET", "/selfsame/v1/users/alice/sshKeys", "")
	key := doc["value"].([]any)[0].(map[string]any)
	if key["comment"] != "alice@laptop" || !strings.HasPrefix(key["fingerprint"].(string), "SHA256:") {
		t.Errorf("a key: got %v", key)
	}
	_, doc = b.call("GET", "/selfsame/v1/machines/files?machine=web1", "")
	if conf := doc["sssdConf"].(string); !strings.Contains(conf, "simple_allow_groups = Operators\n") || doc["sudoers"] == "" {
		t.Errorf("files: got %v", conf)
	}
	_, doc = b.call("GET", "/selfsame/v1/automount", "")
	if m := doc["value"].([]any)[0].(map[string]any); m["entries"].(map[string]any)["*"] != "nas2:/home/&" {
		t.Errorf("a map: got %v", m)
	}
	b.actor = b.Actor("grouper")
	for _, c := range [][3]string{
		{"POST", "/selfsame/v1/sudo", `{"name": "mine", "users": ["grouper"], "hosts": ["ALL"], "commands": ["ALL"]}`},
		{"DELETE", "/selfsame/v1/sudo/web", ""}, {"PUT", "/selfsame/v1/machines/web1/access", `{}`},
		{"POST", "/selfsame/v1/groups/Operators/members", `{"add": ["grouper"]}`}, {"POST", "/selfsame/v1/automount/auto.home", `{"key": "*", "information": "evil:/home/&"}`},
		{"DELETE", "/selfsame/v1/users/alice/sshKeys?fingerprint=" + strings.ReplaceAll(key["fingerprint"].(string), "+", "%2B"), ""},
	} {
		if status, doc := b.call(c[0], c[1], c[2]); status != http.StatusForbidden {
			t.Errorf("a Groups Administrator: %s %s: got %d %v", c[0], c[1], status, doc)
		}
	}
}
