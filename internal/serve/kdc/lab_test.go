package kdc

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/testkit"
	"github.com/selfsame-dev/selfsame/internal/testkit/krbclient"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// lab is a domain with a KDC, a person and a machine in it.
type lab struct {
	*testkit.Domain
	t     testing.TB
	kdc   *Server
	alice *directory.Entry
	vm    *directory.Entry
}

const vmPassword = "a hundred and twenty letters"

func newLab(t testing.TB) *lab {
	d := testkit.New(t)
	d.Server()
	l := &lab{Domain: d, t: t, kdc: New(Config{Directory: d.Directory, Authn: d.Authn})}
	l.alice = d.User("alice")
	l.vm = l.machine("DSVM1$", "host/DSVM1", "host/dsvm1.lab.internal")
	return l
}

func (l *lab) machine(login string, spns ...string) *directory.Entry {
	l.t.Helper()
	n := directory.NewComputer{Login: login}
	names := directory.Value{Attr: schema.ServicePrincipalName}
	for _, s := range spns {
		names.Vals = append(names.Vals, []byte(s))
	}
	n.Attrs = append(n.Attrs, names)
	e, err := l.Admin.CreateComputer(l.t.Context(), n)
	if err != nil {
		l.t.Fatal(err)
	}
	l.must(l.Admin.SetPassword(l.t.Context(), e.ID, vmPassword, false))
	e, _ = l.ByID(e.ID)
	return e
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

var here = netip.MustParseAddr("192.0.2.7")

// ask is the KDC over TCP, from one place.
func (l *lab) ask(q []byte) []byte { return l.kdc.Answer(l.t.Context(), here, q) }

func (l *lab) client(name string) *krbclient.Client {
	return &krbclient.Client{KDC: l.ask, Realm: "LAB.INTERNAL", Now: l.Now, Name: krbclient.Name(name), Options: krb5.OptForwardable}
}

// login gets alice's ticket.
func (l *lab) login() *krbclient.Ticket {
	l.t.Helper()
	t, err := l.client("alice").Login(testkit.UserPassword)
	l.must(err)
	return t
}

func host(name string) krb5.PrincipalName { return krb5.Name(krb5.NameHost, "host", name) }

// part opens a ticket with the key of its service.
func (l *lab) part(t krb5.Ticket) krb5.EncTicketPart {
	l.t.Helper()
	x := &exchange{s: l.kdc, now: l.Now()}
	s, err := x.findService(t.SName)
	l.must(err)
	plain, err := s.key.Type.Decrypt(s.key.Value, krb5.UsageTicket, t.EncPart.Cipher)
	l.must(err)
	p, err := krb5.ParseEncTicketPart(plain)
	l.must(err)
	return p
}

// remade is a ticket as somebody with the service's key would change it.
func (l *lab) remade(t *krbclient.Ticket, change func(*krb5.EncTicketPart)) *krbclient.Ticket {
	l.t.Helper()
	p := l.part(t.Ticket)
	change(&p)
	x := &exchange{s: l.kdc, now: l.Now()}
	s, err := x.findService(t.SName)
	l.must(err)
	c := *t
	c.EncPart.Cipher, err = s.key.Type.Encrypt(s.key.Value, krb5.UsageTicket, p.Marshal())
	l.must(err)
	c.Client = p.CName
	return &c
}

func TestATicketForAPassword(t *testing.T) {
	l := newLab(t)
	c := l.client("alice")
	c.Renew = 30 * 24 * time.Hour
	c.Options |= krb5.OptRenewable
	tgt, err := c.Login(testkit.UserPassword)
	l.must(err)
	p := tgt.Part
	if got, want := p.Flags, krb5.FlagInitial|krb5.FlagPreAuthent|krb5.FlagForwardable|krb5.FlagRenewable; got != want {
		t.Errorf("flags: %x, want %x", got, want)
	}
	if life := p.EndTime.Sub(p.StartTime); life != 10*time.Hour {
		t.Errorf("it lasts %s", life)
	}
	if renew := p.RenewTill.Sub(p.StartTime); renew != 7*24*time.Hour {
		t.Errorf("it can be renewed for %s", renew)
	}
	if tgt.EncPart.EType != krb5.AES256SHA1 || tgt.Client.String() != "alice" {
		t.Errorf("%v for %s", tgt.EncPart.EType, tgt.Client)
	}
	for _, name := range []string{"ALICE", "alice@LAB.INTERNAL", "alice@lab.internal", "Alice@LAB"} {
		c := l.client(name)
		c.Name.Type = krb5.NameEnterprise
		tgt, err := c.Login(testkit.UserPassword)
		if err != nil || tgt.Client.String() != "alice" || tgt.Client.Type != krb5.NamePrincipal {
			t.Errorf("enterprise name %s: %v, %v", name, tgt, err)
		}
	}
	c = l.client("ALICE")
	if tgt, err = c.Login(testkit.UserPassword); err != nil || tgt.Client.String() != "ALICE" {
		t.Errorf("a name that is not to be made canonical comes back as %v, %v", tgt, err)
	}
}

func TestTicketsForServices(t *testing.T) {
	l := newLab(t)
	tgt := l.login()
	c := l.client("alice")
	for _, name := range []string{"host/dsvm1.lab.internal", "HOST/DSVM1", "cifs/dsvm1", "DSVM1$", "dsvm1", "ldap/dc1.lab.internal", "HTTP/portal.lab.internal", "kadmin/changepw"} {
		server := krb5.Name(krb5.NamePrincipal, strings.Split(name, "/")...)
		got, err := c.Get(tgt, krbclient.Further{Server: server})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !got.Part.SName.Equal(server) || got.Part.EndTime.After(tgt.Part.EndTime) {
			t.Errorf("%s: it is for %s until %s", name, got.Part.SName, got.Part.EndTime)
		}
		if l.part(got.Ticket).AuthData.PAC() == nil {
			t.Errorf("%s: no PAC", name)
		}
	}
	for name, want := range map[string]krb5.ErrorCode{
		"ldap/dsvm1.lab.internal": krb5.ErrServiceUnknown,
		"host/nowhere":            krb5.ErrServiceUnknown,
		"alice":                   krb5.ErrServiceUnknown,
		"krbtgt/ELSEWHERE":        krb5.ErrServiceUnknown,
	} {
		if _, err := c.Get(tgt, krbclient.Further{Server: krb5.Name(1, strings.Split(name, "/")...)}); krbclient.CodeOf(err) != want {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
}

// A machine that renews its own password writes its keytab afterwards, and opens
// tickets meanwhile.
func TestTicketsForAMachineThatRenews(t *testing.T) {
	l := newLab(t)
	l.Forward(30 * 24 * time.Hour)
	made := func() uint32 {
		t.Helper()
		got, err := l.client("alice").Get(l.login(), krbclient.Further{Server: host("dsvm1.lab.internal")})
		l.must(err)
		return got.EncPart.KVNO
	}
	own, err := l.Authn.SignIn(t.Context(), policy.Attempt{Door: policy.LDAP, TLS: true, Client: policy.Directory}, "DSVM1$", vmPassword)
	l.must(err)
	l.must(l.Directory.As(own).ChangePassword(t.Context(), "drawn by the machine"))
	if _, err := l.client("DSVM1$").Login("drawn by the machine"); err != nil {
		t.Errorf("the machine itself: %v", err)
	}
	if got := made(); got != 1 {
		t.Errorf("at once: got key %d", got)
	}
	l.Forward(credential.Lag)
	if got := made(); got != 2 {
		t.Errorf("after a moment: got key %d", got)
	}
	l.must(l.Admin.SetPassword(t.Context(), l.vm.ID, vmPassword, false))
	if got := made(); got != 3 {
		t.Errorf("after a reset: got key %d", got)
	}
}

// etypeKey is the key of a password.
func etypeKey(info krb5.ETypeInfo2Entry, password string) (krb5.EncryptionKey, error) {
	k, err := etype.Type(info.EType).StringToKey(password, info.Salt)
	return krb5.EncryptionKey{EType: info.EType, Value: k}, err
}
