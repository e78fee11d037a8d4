// Package testkit is a whole domain for tests, in one call: a directory on a store
// in memory, its audit log, its authenticator, and a clock that can be set.
//
// What always holds: no two moments of its clock are one, and everything ends
// with the test.
package testkit

import (
	"bytes"
	"crypto/ed25519"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/store/mem"
)

// What every domain of a test is made of.
const (
	DomainName    = "lab.internal"
	DomainSID     = "S-1-5-21-1740824782-24134368-4039794118"
	AdminPassword = "Seven grey herons 7"
	UserPassword  = "Correct horse 1"
)

// ClearSealer seals nothing: where what it would hide is not what is tested.
type ClearSealer struct{}

// Seal returns a copy.
func (ClearSealer) Seal(_ string, plain []byte) []byte { return bytes.Clone(plain) }

// Open returns the box.
func (ClearSealer) Open(_ string, box []byte) ([]byte, error) { return box, nil }

// Domain is a domain with one server.
type Domain struct {
	*directory.Directory
	T     testing.TB
	Store *mem.Store
	Log   *audit.Log
	Authn *authn.Authenticator
	Admin directory.As // as the administrator, who signed in when the domain was made

	mu sync.Mutex
	at time.Time
}

// New makes a domain.
func New(t testing.TB) *Domain {
	t.Helper()
	d := &Domain{T: t, Store: mem.New(mem.Config{}), at: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	sid, err := ident.ParseSID(DomainSID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := directory.Init(t.Context(), d.Store, nameKey, directory.Setup{Domain: DomainName, SID: sid, Password: AdminPassword}, d.Now()); err != nil {
		t.Fatal(err)
	}
	d.Log = d.OpenLog("dc1")
	d.Directory = d.Open("dc1", d.Log)
	t.Cleanup(func() {
		d.Directory.Close()
		d.Log.Close()
		d.Store.Close()
	})
	d.Authn = authn.New(d.Directory, d.Store, nil)
	d.Admin = d.As(directory.Administrator)
	return d
}

var nameKey = []byte("names")

// Now is the next moment of the domain's clock.
func (d *Domain) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = d.at.Add(time.Microsecond)
	return d.at
}

// Forward moves the clock; back, if by is negative.
func (d *Domain) Forward(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = d.at.Add(by)
}

// OpenLog opens a new audit log.
func (d *Domain) OpenLog(server string) *audit.Log {
	d.T.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		d.T.Fatal(err)
	}
	log, err := audit.Open(audit.Config{Dir: d.T.TempDir(), Server: server, Sign: key, Seal: ClearSealer{}, Now: d.Now})
	if err != nil {
		d.T.Fatal(err)
	}
	return log
}

// Open opens the directory once more, as another server or after a restart.
func (d *Domain) Open(server string, log *audit.Log) *directory.Directory {
	d.T.Helper()
	dir, err := directory.Open(d.T.Context(), directory.Config{Store: d.Store, Audit: log, Server: server, NameKey: nameKey, Now: d.Now})
	if err != nil {
		d.T.Fatal(err)
	}
	return dir
}

// Restart closes the directory and opens it again.
func (d *Domain) Restart() {
	d.T.Helper()
	d.Directory.Close()
	d.Directory = d.Open("dc1", d.Log)
	d.Authn = authn.New(d.Directory, d.Store, nil)
	d.Admin = d.As(directory.Administrator)
}

// Actor is somebody who signed in just now.
func (d *Domain) Actor(name string) ident.Actor {
	d.T.Helper()
	e, err := d.Find("", name)
	if err != nil {
		d.T.Fatal(err)
	}
	return ident.Mint(ident.Proven{Who: e.Ref(), At: d.Now(), Source: netip.MustParseAddr("192.0.2.7"), Door: "test"})
}

// As is the directory as somebody who signed in just now.
func (d *Domain) As(name string) directory.As { return d.Directory.As(d.Actor(name)) }

// Local is the directory as root on the server's host.
func (d *Domain) Local() directory.As { return d.Directory.As(authn.Local("dc1", "", d.Now())) }

// Server makes the account of the domain's server, dc1, with the names of its
// services, and returns it.
func (d *Domain) Server() *directory.Entry {
	d.T.Helper()
	e, err := d.Local().Furnish(d.T.Context(), "dc1."+DomainName, []string{DomainName, "portal." + DomainName})
	if err != nil {
		d.T.Fatal(err)
	}
	if e, err = d.ByID(e.ID); err != nil {
		d.T.Fatal(err)
	}
	return e
}

// User makes a person, with roles, whose password is UserPassword.
func (d *Domain) User(login string, roles ...ident.ID) *directory.Entry {
	d.T.Helper()
	e, err := d.Admin.CreateUser(d.T.Context(), directory.NewUser{Login: login, Password: UserPassword, Roles: roles})
	if err != nil {
		d.T.Fatalf("create %s: %v", login, err)
	}
	return e
}

// Group makes a group.
func (d *Domain) Group(name string, members ...*directory.Entry) *directory.Entry {
	d.T.Helper()
	n := directory.NewGroup{Name: name}
	for _, m := range members {
		n.Members = append(n.Members, m.ID)
	}
	e, err := d.Admin.CreateGroup(d.T.Context(), n)
	if err != nil {
		d.T.Fatalf("create %s: %v", name, err)
	}
	return e
}

// Role is a built-in role's id by its name.
func Role(name string) ident.ID { return role.ByName(name).ID }
