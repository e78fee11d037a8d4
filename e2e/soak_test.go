package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/client"
)

// soak scales the long tests: 1 is the whole of make soak, CI runs a tenth, and a
// plain make test a fiftieth.
func soak(t *testing.T, whole int) int {
	t.Helper()
	part := 0.02
	if s := os.Getenv("SELFSAME_SOAK"); s != "" {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("SELFSAME_SOAK=%q is not a number", s)
		}
		part = f
	}
	return max(1, int(float64(whole)*part))
}

// seed is the seed of a test's chance, printed so that a run can be repeated.
func seed(t *testing.T) *rand.Rand {
	t.Helper()
	n := uint64(time.Now().UnixNano())
	if s := os.Getenv("SELFSAME_SEED"); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("SELFSAME_SEED=%q is not a number", s)
		}
	}
	t.Logf("SELFSAME_SEED=%d", n)
	fmt.Printf("seed of %s: SELFSAME_SEED=%d\n", t.Name(), n)
	return rand.New(rand.NewPCG(n, n))
}

// acknowledged is what the server said it had done.
type acknowledged struct {
	mu    sync.Mutex
	title map[string]string // the last title of each person that was acknowledged
	maybe map[string]string // one that was asked for and not answered
}

func (a *acknowledged) ask(name, title string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.maybe[name] = title
}

func (a *acknowledged) answered(name, title string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.title[name] = title
	delete(a.maybe, name)
}

// Nothing that was acknowledged is lost when the server is killed at any moment,
// the audit log stays whole, and the server is ready again within 3 s.
func TestKilledAtAnyMoment(t *testing.T) {
	rnd := seed(t)
	kills := soak(t, 100)
	l := newLab(t, nil)
	acks := &acknowledged{title: make(map[string]string), maybe: make(map[string]string)}
	written, slowest := 0, time.Duration(0)
	for round := range kills {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() { l.writeOverLDAP(ctx, acks, fmt.Sprintf("l%dr%d", w, round)) })
			wg.Go(func() { l.writeOverAPI(ctx, acks, fmt.Sprintf("a%dr%d", w, round)) })
		}
		time.Sleep(time.Duration(50+rnd.IntN(400)) * time.Millisecond)
		l.kill()
		cancel()
		wg.Wait()
		began := time.Now()
		l.start()
		slowest = max(slowest, time.Since(began))
	}
	acks.mu.Lock()
	defer acks.mu.Unlock()
	if written = len(acks.title); written < kills {
		t.Errorf("only %d people were written in %d rounds", written, kills)
	}
	var page struct {
		Value []struct {
			Login string `json:"onPremisesSamAccountName"`
			Title string `json:"jobTitle"`
		} `json:"value"`
	}
	if err := json.Unmarshal([]byte(l.run("user", "list", "--json")), &page); err != nil {
		t.Fatal(err)
	}
	have := make(map[string]string)
	for _, u := range page.Value {
		have[u.Login] = u.Title
	}
	for name, title := range acks.title {
		got, there := have[name]
		if !there || got != title && got != acks.maybe[name] {
			t.Errorf("%s was acknowledged with title %q; after the kills it has %q (there: %v)", name, title, got, there)
		}
	}
	out := l.run("audit", "verify")
	if !strings.Contains(out, "whole and unaltered") {
		t.Errorf("audit verify: %s", out)
	}
	// Each acknowledged change has its record, once.
	records := make(map[string]int)
	for line := range strings.Lines(l.run("audit", "export")) {
		var r struct {
			Action string
			Target struct{ Name string }
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Action == "user.create" {
			records[r.Target.Name]++
		}
	}
	for name := range acks.title {
		if records[name] != 1 {
			t.Errorf("the creation of %s stands in the log %d times", name, records[name])
		}
	}
	if slowest > 3*time.Second {
		t.Logf("WARNING: the slowest start took %s", slowest)
	}
	t.Logf("%d kills, %d people, %d records; the slowest start took %s", kills, written, len(records), slowest)
}

// writeOverLDAP adds people and changes them, until the server is gone.
func (l *lab) writeOverLDAP(ctx context.Context, acks *acknowledged, prefix string) {
	s := l.addrOf("ldap")
	c, err := ldap.DialURL("ldap://" + s)
	if err != nil {
		return
	}
	defer c.Close()
	if c.Bind("administrator@"+domain, adminPassword) != nil {
		return
	}
	for i := 0; ctx.Err() == nil; i++ {
		name := fmt.Sprintf("%s.%d", prefix, i)
		add := ldap.NewAddRequest("CN="+name+",OU=AADDC Users,"+base, nil)
		add.Attribute("objectClass", []string{"user"})
		add.Attribute("title", []string{"new"})
		acks.ask(name, "new")
		if c.Add(add) != nil {
			return
		}
		acks.answered(name, "new")
		mod := ldap.NewModifyRequest("CN="+name+",OU=AADDC Users,"+base, nil)
		mod.Replace("title", []string{"changed"})
		acks.ask(name, "changed")
		if c.Modify(mod) != nil {
			return
		}
		acks.answered(name, "changed")
	}
}

// writeOverAPI does the same through the API.
func (l *lab) writeOverAPI(ctx context.Context, acks *acknowledged, prefix string) {
	api := client.Local(filepath.Join(l.data, "run", "selfsame.sock"))
	for i := 0; ctx.Err() == nil; i++ {
		name := fmt.Sprintf("%s.%d", prefix, i)
		acks.ask(name, "new")
		if api.Do(ctx, "POST", "/v1.0/users", nil, map[string]any{"mailNickname": name, "jobTitle": "new", "passwordProfile": map[string]any{"password": "Grey heron 41 fen"}}, nil) != nil {
			return
		}
		acks.answered(name, "new")
		acks.ask(name, "changed")
		if api.Do(ctx, "PATCH", client.Path("v1.0", "users", name), nil, map[string]any{"jobTitle": "changed"}, nil) != nil {
			return
		}
		acks.answered(name, "changed")
	}
}

// addrOf is where a door listens, from the settings.
func (l *lab) addrOf(door string) string {
	b, err := os.ReadFile(filepath.Join(l.data, "selfsame.yaml"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if port, ok := strings.CutPrefix(strings.TrimSpace(line), door+": "); ok && !strings.HasPrefix(line, "#") {
			return l.addr + ":" + port
		}
	}
	return l.addr
}
