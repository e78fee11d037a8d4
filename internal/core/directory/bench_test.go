package directory_test

import (
	"bytes"
	"crypto/ed25519"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/mem"
)

const adminPassword = credential.Password("Seven grey herons 7")

// clearSealer seals nothing: what it would hide is not what is tested here.
type clearSealer struct{}

func (clearSealer) Seal(_ string, plain []byte) []byte        { return bytes.Clone(plain) }
func (clearSealer) Open(_ string, box []byte) ([]byte, error) { return box, nil }

// bench is a domain in memory with a clock that can be set.
type bench struct {
	*directory.Directory
	t     *testing.T
	st    *mem.Store
	log   *audit.Log
	admin directory.As

	mu sync.Mutex
	at time.Time
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = b.at.Add(time.Microsecond) // no two moments are one
	return b.at
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, st: mem.New(mem.Config{}), at: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	sid, _ := ident.ParseSID("S-1-5-21-1740824782-24134368-4039794118")
	if _, err := directory.Init(t.Context(), b.st, []byte("names"), directory.Setup{Domain: "lab.internal", SID: sid, Password: adminPassword}, b.now()); err != nil {
		t.Fatal(err)
	}
	b.log = openLog(t, "dc1", b.now)
	b.Directory = b.open("dc1", b.log)
	t.Cleanup(func() {
		b.Directory.Close()
		b.log.Close()
		b.st.Close()
	})
	b.admin = b.as(directory.Administrator)
	return b
}

func openLog(t *testing.T, server string, now func() time.Time) *audit.Log {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(audit.Config{Dir: t.TempDir(), Server: server, Sign: key, Seal: clearSealer{}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func (b *bench) open(server string, log *audit.Log) *directory.Directory {
	b.t.Helper()
	d, err := directory.Open(b.t.Context(), directory.Config{
		Store: store.Store(b.st), Audit: log, Server: server, NameKey: []byte("names"), Now: b.now,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

// as is the directory as somebody who signed in just now.
func (b *bench) as(name string) directory.As {
	b.t.Helper()
	e, err := b.Find("", name)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.As(ident.Mint(ident.Proven{Who: e.Ref(), At: b.now(), Source: netip.MustParseAddr("192.0.2.7"), Door: "test"}))
}

// user makes a person with roles.
func (b *bench) user(login string, roles ...*role.Definition) *directory.Entry {
	b.t.Helper()
	n := directory.NewUser{Login: login, Password: "Correct horse 1"}
	for _, r := range roles {
		n.Roles = append(n.Roles, r.ID)
	}
	e, err := b.admin.CreateUser(b.t.Context(), n)
	if err != nil {
		b.t.Fatalf("create %s: %v", login, err)
	}
	return e
}

func (b *bench) group(name string, members ...*directory.Entry) *directory.Entry {
	b.t.Helper()
	n := directory.NewGroup{Name: name}
	for _, m := range members {
		n.Members = append(n.Members, m.ID)
	}
	e, err := b.admin.CreateGroup(b.t.Context(), n)
	if err != nil {
		b.t.Fatalf("create %s: %v", name, err)
	}
	return e
}

func vals(vs ...string) [][]byte {
	out := make([][]byte, len(vs))
	for i, v := range vs {
		out[i] = []byte(v)
	}
	return out
}

func replace(a schema.ID, vs ...string) []directory.Mod {
	return []directory.Mod{{Op: directory.ModReplace, Attr: a, Vals: vals(vs...)}}
}
