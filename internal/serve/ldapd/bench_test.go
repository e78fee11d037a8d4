package ldapd_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/serve/ldapd"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

const (
	base     = "DC=lab,DC=internal"
	users    = "OU=AADDC Users," + base
	machines = "OU=AADDC Computers," + base
	sidText  = testkit.DomainSID
	aggr     = "CN=Aggregate,CN=Schema,CN=Configuration," + base

	adminName     = "administrator"
	adminPassword = testkit.AdminPassword
	password      = testkit.UserPassword
)

// bench is a domain in memory, served on loopback in clear and over TLS.
type bench struct {
	t      testing.TB
	kit    *testkit.Domain
	dir    *directory.Directory
	authn  *authn.Authenticator
	server *ldapd.Server
	admin  directory.As
	plain  string // host:port
	secure string
	log    *bytes.Buffer
}

type option func(*ldapd.Config, *listen.Config)

func newBench(t testing.TB, options ...option) *bench {
	t.Helper()
	b := &bench{t: t, log: new(bytes.Buffer)}
	d := testkit.New(t)
	b.kit, b.dir, b.authn, b.admin = d, d.Directory, d.Authn, d.Admin
	cfg := ldapd.Config{Directory: b.dir, Authn: b.authn, TLS: serverTLS(t), Host: "dc1.lab.internal", Version: "test"}
	if !testing.Short() && os.Getenv("LDAPD_LOG") != "" {
		cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	lc := listen.Config{Addr: "127.0.0.1:0", Log: cfg.Log}
	for _, o := range options {
		o(&cfg, &lc)
	}
	b.server = ldapd.New(cfg)
	b.plain = b.listen(lc)
	lc.TLS = cfg.TLS
	b.secure = b.listen(lc)
	t.Cleanup(b.server.Close)
	return b
}

func (b *bench) listen(lc listen.Config) string {
	b.t.Helper()
	s, err := listen.TCP(b.t.Context(), lc, b.server.Serve)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = s.Shutdown(ctx)
	})
	return s.Addr().String()
}

// serverTLS makes a certificate for the test's server.
func serverTLS(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dc1.lab.internal"}, DNSNames: []string{"dc1.lab.internal", "localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

var clientTLS = &tls.Config{InsecureSkipVerify: true} // the test's own certificate

func (b *bench) user(login string, roles ...ident.ID) *directory.Entry {
	b.t.Helper()
	return b.kit.User(login, roles...)
}

func (b *bench) group(name string, members ...*directory.Entry) *directory.Entry {
	b.t.Helper()
	return b.kit.Group(name, members...)
}

func value(id schema.ID, vs ...string) directory.Value {
	v := directory.Value{Attr: id}
	for _, s := range vs {
		v.Vals = append(v.Vals, []byte(s))
	}
	return v
}

// dial connects in clear, without a bind.
func (b *bench) dial() *goldap.Conn {
	b.t.Helper()
	c, err := goldap.DialURL("ldap://" + b.plain)
	if err != nil {
		b.t.Fatal(err)
	}
	c.SetTimeout(20 * time.Second)
	b.t.Cleanup(func() { c.Close() })
	return c
}

// bind connects over TLS and signs in.
func (b *bench) bind(name, pw string) *goldap.Conn {
	b.t.Helper()
	c, err := goldap.DialURL("ldaps://"+b.secure, goldap.DialWithTLSConfig(clientTLS))
	if err != nil {
		b.t.Fatal(err)
	}
	c.SetTimeout(20 * time.Second)
	b.t.Cleanup(func() { c.Close() })
	if err := c.Bind(name, pw); err != nil {
		b.t.Fatalf("bind %s: %v", name, err)
	}
	return c
}

func (b *bench) asAdmin() *goldap.Conn { return b.bind(adminName, adminPassword) }

// lab is the domain most tests look at.
func lab(b *bench) {
	ctx, t := b.t.Context(), b.t
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	alice, err := b.admin.CreateUser(ctx, directory.NewUser{Login: "alice", Password: password, Attrs: []directory.Value{
		value(schema.GivenName, "Alice"), value(schema.SN, "Zürcher"), value(schema.Mail, "Alice@lab.internal"),
		value(schema.Description, "a (very) good * person", `back\slash`), value(schema.TelephoneNumber, "+41 44-123 45 67"),
		value(schema.AccountExpires, "9223372036854775807"),
	}})
	must(nil, err)
	bob, err := b.admin.CreateUser(ctx, directory.NewUser{Login: "bob", Password: password, Control: directory.ControlNoExpire, Attrs: []directory.Value{
		value(schema.SN, "Builder"), value(schema.AccountExpires, "133000000000000000"),
	}})
	must(nil, err)
	carol, err := b.admin.CreateUser(ctx, directory.NewUser{Login: "carol", Password: password, Control: directory.ControlDisabled})
	must(nil, err)
	physics := b.group("Physics", alice, bob)
	science := b.group("Science", physics)
	_ = b.group("Everything", science, carol)
	unit, err := b.admin.CreateUnit(ctx, ident.ID{}, "Chemistry, organic", nil)
	must(nil, err)
	_, err = b.admin.CreateUser(ctx, directory.NewUser{Login: "dave", Password: password, Parent: unit.ID})
	must(nil, err)
	_, err = b.admin.CreateComputer(ctx, directory.NewComputer{Login: "DSVM1$", Attrs: []directory.Value{
		value(schema.ServicePrincipalName, "host/DSVM1", "host/dsvm1.lab.internal"), value(schema.DNSHostName, "dsvm1.lab.internal"),
	}})
	must(nil, err)
}

var helpdesk = []ident.ID{role.HelpdeskAdministrator}

func passwordOf(s string) credential.Password { return credential.Password(s) }

func idsOf(es ...*directory.Entry) (ids []ident.ID) {
	for _, e := range es {
		ids = append(ids, e.ID)
	}
	return ids
}
