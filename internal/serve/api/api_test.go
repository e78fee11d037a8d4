package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/serve/api"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

// keeper stands where the daemon does; nothing here asks it for anything but a
// status.
type keeper struct{}

func (keeper) Backup(context.Context, ident.Actor, string) error { return nil }
func (keeper) VerifyAudit(context.Context) (any, error)          { return nil, nil }
func (keeper) Status(context.Context) any                        { return map[string]string{"domain": testkit.DomainName} }

// bench is the API of a domain, and who asks it.
type bench struct {
	*testkit.Domain
	t     *testing.T
	api   http.Handler
	actor ident.Actor
	fail  error

	machines *machine.Machines
}

func newBench(t *testing.T) *bench {
	b := &bench{Domain: testkit.New(t), t: t}
	b.actor, b.machines = b.Actor("administrator"), machine.New(b.Directory, b.Store, nil)
	b.api = api.New(api.Config{Directory: b.Directory, Machines: b.machines, Keeper: keeper{}, Actor: func(*http.Request) (ident.Actor, error) { return b.actor, b.fail }})
	return b
}

// call asks the API and reads its answer.
func (b *bench) call(method, path, body string) (status int, doc map[string]any) {
	b.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	w := httptest.NewRecorder()
	b.api.ServeHTTP(w, httptest.NewRequest(method, path, in))
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
			b.t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	return w.Code, doc
}

// Each kind of fault has a status of its own kind, and never shows its cause.
func TestFaultsHaveStatuses(t *testing.T) {
	b := newBench(t)
	want := map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 400, fault.NotFound: 404, fault.Exists: 409, fault.Unauthenticated: 401, fault.Locked: 401,
		fault.State: 401, fault.Denied: 403, fault.Conflict: 409, fault.Unavailable: 503, fault.Limit: 429, fault.Unsupported: 501,
	}
	for _, k := range fault.Kinds() {
		b.fail = fault.Wrap(k, fmt.Errorf("the cause"), "the message").WithHint("the hint")
		status, doc := b.call("GET", "/v1.0/me", "")
		e, _ := doc["error"].(map[string]any)
		if status != want[k] || e["message"] != "the message" || e["hint"] != "the hint" || strings.Contains(fmt.Sprint(doc), "the cause") {
			t.Errorf("%v: got %d %v", k, status, doc)
		}
	}
}

func TestAUserFromCreationToRemoval(t *testing.T) {
	b := newBench(t)
	b.Group("Data Scientists")
	status, doc := b.call("POST", "/v1.0/users", `{"accountEnabled":true,"displayName":"Alice Liddell","mailNickname":"alice","userPrincipalName":"alice@lab.internal",
		"jobTitle":"Scientist","businessPhones":["+1 23"],"groups":["Data Scientists"],"roles":["Helpdesk Administrator"]}`)
	pw, _ := doc["passwordProfile"].(map[string]any)
	if status != http.StatusCreated || doc["onPremisesSamAccountName"] != "alice" || doc["jobTitle"] != "Scientist" || pw["password"] == nil || pw["forceChangePasswordNextSignIn"] != true {
		t.Fatalf("create: got %d %v", status, doc)
	}
	id := doc["id"].(string)
	for _, name := range []string{"alice", "alice@lab.internal", id} {
		if status, doc := b.call("GET", "/v1.0/users/"+name+"?$select=id,displayName", ""); status != 200 || doc["id"] != id || len(doc) != 2 {
			t.Errorf("by %s: got %d %v", name, status, doc)
		}
	}
	if _, doc := b.call("GET", "/v1.0/users/alice", ""); doc["passwordProfile"] != nil {
		t.Error("the password is shown a second time")
	}
	if status, _ := b.call("PATCH", "/v1.0/users/alice", `{"jobTitle":null,"accountEnabled":false}`); status != http.StatusNoContent {
		t.Errorf("update: got %d", status)
	}
	if _, doc := b.call("GET", "/v1.0/users/alice", ""); doc["jobTitle"] != nil || doc["accountEnabled"] != false {
		t.Errorf("after the update: got %v", doc)
	}
	if _, doc := b.call("GET", "/v1.0/users/alice/memberOf", ""); len(doc["value"].([]any)) != 1 {
		t.Errorf("memberOf: got %v", doc)
	}
	if status, _ := b.call("DELETE", "/v1.0/users/alice", ""); status != http.StatusNoContent {
		t.Errorf("delete: got %d", status)
	}
	if status, _ := b.call("GET", "/v1.0/users/"+id, ""); status != http.StatusNotFound {
		t.Errorf("after the removal: got %d", status)
	}
}

func TestBadRequests(t *testing.T) {
	b := newBench(t)
	b.User("alice")
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/v1.0/users", ``, 400, "empty"},
		{"POST", "/v1.0/users", `{`, 400, "JSON"},
		{"POST", "/v1.0/users", `[]`, 400, ""},
		{"POST", "/v1.0/users", `{"mailNickname":"bob","shoeSize":43}`, 400, "shoeSize"},
		{"POST", "/v1.0/users", `{"mailNickname":7}`, 400, "mailNickname"},
		{"POST", "/v1.0/users", `{"mailNickname":"bob","passwordProfile":{"passwort":"x"}}`, 400, "passwort"},
		{"POST", "/v1.0/users", `{"mailNickname":"bob","roles":["King"]}`, 404, "King"},
		{"POST", "/v1.0/users", `{"mailNickname":"bob","groups":["nobody"]}`, 404, "nobody"},
		{"POST", "/v1.0/users", `{"mailNickname":"bob","uidNumber":1.5}`, 400, "whole number"},
		{"POST", "/v1.0/users", `{"mailNickname":"alice"}`, 409, "taken"},
		{"POST", "/v1.0/users", `{"mailNickname":"bob","userPrincipalName":"bob@elsewhere.example"}`, 400, "verified"},
		{"POST", "/v1.0/users", `{"mailNickname":"bob","displayName":"\u0000"}`, 400, "displayName"},
		{"GET", "/v1.0/users?$filter=nonsense", "", 400, "$filter"},
		{"GET", "/v1.0/users?$filter=" + url.QueryEscape("unicodePwd eq 'x'"), "", 400, "unicodePwd"},
		{"GET", "/v1.0/users?$top=0", "", 400, "$top"},
		{"GET", "/v1.0/users?$skiptoken=%21", "", 400, "$skiptoken"},
		{"GET", "/v1.0/nothing", "", 404, "nothing at"},
		{"DELETE", "/v1.0/users", "", 404, "nothing at"},
		{"POST", "/v1.0/groups", `{"displayName":"x","mailEnabled":true}`, 501, "mailbox"},
		{"PATCH", "/v1.0/users/alice", `{"accountExpires":"soon"}`, 400, "not a time"},
		{"POST", "/selfsame/v1/backup", `{"path":"/x"}`, 403, "on the server itself"},
		{"POST", "/selfsame/v1/admin/reset", `{}`, 403, "on the server itself"},
		{"PUT", "/selfsame/v1/policies/networks/x", `{"ranges":[]}`, 400, "at least one"},
	} {
		status, doc := b.call(c.method, c.path, c.body)
		if status != c.status || !strings.Contains(fmt.Sprint(doc), c.says) {
			t.Errorf("%s %s %s: got %d %v, want %d and %q", c.method, c.path, c.body, status, doc, c.status, c.says)
		}
	}
}

func TestListsPageFilterAndCount(t *testing.T) {
	b := newBench(t)
	for i := range 7 {
		b.User(fmt.Sprintf("user%d", i))
	}
	var names []string
	path := "/v1.0/users?$top=3&$count=true"
	for pages := 0; path != ""; pages++ {
		status, doc := b.call("GET", path, "")
		if status != 200 || pages > 5 {
			t.Fatalf("%s: got %d %v", path, status, doc)
		}
		for _, u := range doc["value"].([]any) {
			names = append(names, u.(map[string]any)["onPremisesSamAccountName"].(string))
		}
		next, _ := doc["@odata.nextLink"].(string)
		u, err := url.Parse(next)
		if err != nil {
			t.Fatal(err)
		}
		path = u.RequestURI()
		if next == "" {
			path = ""
		}
	}
	if got := strings.Join(names, " "); got != "administrator user0 user1 user2 user3 user4 user5 user6" {
		t.Errorf("three at a time: got %s", got)
	}
	for query, want := range map[string]int{
		"$filter=" + url.QueryEscape("userPrincipalName eq 'user3@lab.internal'"): 1,
		"$filter=" + url.QueryEscape("startswith(displayName,'Admin')"):           1,
		"$filter=" + url.QueryEscape("accountEnabled eq false"):                   0,
		"$search=user": 7,
	} {
		if _, doc := b.call("GET", "/v1.0/users?"+query, ""); len(list(doc)) != want {
			t.Errorf("%s: got %v", query, doc)
		}
	}
}

func list(doc map[string]any) []any {
	l, _ := doc["value"].([]any)
	return l
}

// Who must change the password first gets nothing here, and a person without
// roles reads the directory and not the log.
func TestWhoMayAsk(t *testing.T) {
	b := newBench(t)
	b.User("alice")
	b.actor = ident.Mint(ident.Proven{Who: b.Actor("alice").Who(), At: b.Now(), Limit: ident.OnlyPassword})
	if status, _ := b.call("GET", "/v1.0/me", ""); status != http.StatusForbidden {
		t.Errorf("must change: got %d", status)
	}
	b.actor = b.Actor("alice")
	for path, want := range map[string]int{
		"/v1.0/me": 200, "/v1.0/users": 200, "/v1.0/groups": 200, "/v1.0/auditLogs/signIns": 403, "/v1.0/auditLogs/directoryAudits": 403,
		"/selfsame/v1/audit": 403, "/selfsame/v1/audit/export": 403, "/selfsame/v1/policies/passwords": 403, "/v1.0/roleManagement/directory/roleAssignments": 403,
	} {
		if status, doc := b.call("GET", path, ""); status != want {
			t.Errorf("%s: got %d %v", path, status, doc)
		}
	}
	b.actor = ident.Actor{}
	if status, _ := b.call("GET", "/v1.0/users/alice", ""); status != http.StatusUnauthorized {
		t.Errorf("nobody: got %d", status)
	}
}
