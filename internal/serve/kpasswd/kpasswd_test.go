package kpasswd

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/serve/kdc"
	"github.com/selfsame-dev/selfsame/internal/testkit"
	"github.com/selfsame-dev/selfsame/internal/testkit/krbclient"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

const next = "Other crane 42 moor"

var here = netip.MustParseAddrPort("192.0.2.7:1024")

// lab is a domain whose passwords can be changed.
type lab struct {
	*testkit.Domain
	t      *testing.T
	kdc    *kdc.Server
	server *Server
	vm     *directory.Entry
}

func newLab(t *testing.T) *lab {
	d := testkit.New(t)
	d.Server()
	l := &lab{Domain: d, t: t}
	l.kdc = kdc.New(kdc.Config{Directory: d.Directory, Authn: d.Authn})
	l.server = New(Config{Directory: d.Directory, Authn: d.Authn})
	d.User("alice")
	d.User("bob")
	var err error
	if l.vm, err = d.Admin.CreateComputer(t.Context(), directory.NewComputer{Login: "DSVM1$"}); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lab) client(name string) *krbclient.Client {
	return &krbclient.Client{
		KDC:   func(q []byte) []byte { return l.kdc.Answer(l.t.Context(), here.Addr(), q) },
		Realm: "LAB.INTERNAL", Now: l.Now, Name: krbclient.Name(name),
	}
}

// initial gets a ticket to change a password with the password.
func (l *lab) initial(name, password string) *krbclient.Ticket {
	l.t.Helper()
	c := l.client(name)
	c.Server = krb5.ChangePassword()
	t, err := c.Login(password)
	if err != nil {
		l.t.Fatal(err)
	}
	return t
}

// further gets one with a ticket-granting ticket.
func (l *lab) further(name, password string) *krbclient.Ticket {
	l.t.Helper()
	c := l.client(name)
	tgt, err := c.Login(password)
	if err != nil {
		l.t.Fatal(err)
	}
	t, err := c.Get(tgt, krbclient.Further{Server: krb5.ChangePassword()})
	if err != nil {
		l.t.Fatal(err)
	}
	return t
}

// request is a request of a version, with its key.
func (l *lab) request(t *krbclient.Ticket, version uint16, data []byte) ([]byte, krb5.EncryptionKey) {
	l.t.Helper()
	now := l.Now()
	typ := etype.Type(t.Key.EType)
	sub := krb5.EncryptionKey{EType: t.Key.EType, Value: typ.NewKey()}
	auth := krb5.Authenticator{CRealm: t.Realm, CName: t.Client, CTime: now, CUsec: krb5.Micros(now), Subkey: &sub, SeqNo: 5}
	part := krb5.EncPrivPart{UserData: data, SeqNo: 5, SAddress: krb5.HostAddress{Type: krb5.AddressIPv4, Address: []byte{192, 0, 2, 7}}}
	cipher, err := typ.Encrypt(sub.Value, krb5.UsagePriv, part.Marshal())
	if err != nil {
		l.t.Fatal(err)
	}
	priv := krb5.Priv{EncPart: krb5.EncryptedData{EType: sub.EType, Cipher: cipher}}
	m := krb5.PasswdMessage{Version: version, AP: krbclient.APReq(t, &auth, krb5.UsageAPReqAuth).Marshal(), Message: priv.Marshal()}
	out, err := m.Marshal()
	if err != nil {
		l.t.Fatal(err)
	}
	return out, sub
}

// send sends a request and opens the answer.
func (l *lab) send(t *krbclient.Ticket, version uint16, data []byte) krb5.PasswdResult {
	l.t.Helper()
	q, key := l.request(t, version, data)
	return l.open(l.server.ServeUDP(l.t.Context(), here, q), key)
}

func (l *lab) open(p []byte, key krb5.EncryptionKey) krb5.PasswdResult {
	l.t.Helper()
	m, err := krb5.ParsePasswd(p)
	if err != nil {
		l.t.Fatal(err)
	}
	data := []byte(nil)
	if len(m.AP) == 0 {
		e, err := krb5.ParseError(m.Message)
		if err != nil {
			l.t.Fatal(err)
		}
		data = e.Data
	} else {
		priv, err := krb5.ParsePriv(m.Message)
		if err != nil {
			l.t.Fatal(err)
		}
		plain, err := etype.Type(key.EType).Decrypt(key.Value, krb5.UsagePriv, priv.EncPart.Cipher)
		if err != nil {
			l.t.Fatal(err)
		}
		part, err := krb5.ParseEncPrivPart(plain)
		if err != nil {
			l.t.Fatal(err)
		}
		data = part.UserData
	}
	r, err := krb5.ParsePasswdResult(data)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// set is the data of a request that names whose password it is.
func set(name, password string) []byte {
	d := krb5.ChangePasswdData{Password: krb5.Secret(password), Name: krbclient.Name(name), Realm: "LAB.INTERNAL"}
	return d.Marshal()
}

func TestWhoChangesWhosePassword(t *testing.T) {
	for _, c := range []struct {
		name string
		send func(l *lab) krb5.PasswdResult
		want krb5.PasswdCode
		says string
	}{
		{"one's own", func(l *lab) krb5.PasswdResult {
			return l.send(l.initial("alice", testkit.UserPassword), krb5.PasswdChange, []byte(next))
		}, krb5.PasswdSuccess, "changed"},
		{"one's own, by name", func(l *lab) krb5.PasswdResult {
			return l.send(l.initial("alice", testkit.UserPassword), krb5.PasswdSet, set("alice", next))
		}, krb5.PasswdSuccess, ""},
		{"one's own with the ticket of an unlocked terminal", func(l *lab) krb5.PasswdResult {
			return l.send(l.further("alice", testkit.UserPassword), krb5.PasswdChange, []byte(next))
		}, krb5.PasswdNeedInitial, "old password"},
		{"one's own by name, with that", func(l *lab) krb5.PasswdResult {
			return l.send(l.further("alice", testkit.UserPassword), krb5.PasswdSet, set("alice", next))
		}, krb5.PasswdNeedInitial, ""},
		{"a weak one", func(l *lab) krb5.PasswdResult {
			return l.send(l.initial("alice", testkit.UserPassword), krb5.PasswdChange, []byte("abc"))
		}, krb5.PasswdSoftError, "shorter than"},
		{"the same again", func(l *lab) krb5.PasswdResult {
			return l.send(l.initial("alice", testkit.UserPassword), krb5.PasswdChange, []byte(testkit.UserPassword))
		}, krb5.PasswdSoftError, "used before"},
		{"no UTF-8", func(l *lab) krb5.PasswdResult {
			return l.send(l.initial("alice", testkit.UserPassword), krb5.PasswdChange, []byte("Heron \xff\xfe 42 fen"))
		}, krb5.PasswdSoftError, "UTF-8"},
		{"another's", func(l *lab) krb5.PasswdResult {
			return l.send(l.further("alice", testkit.UserPassword), krb5.PasswdSet, set("bob", next))
		}, krb5.PasswdAccessDenied, "a right"},
		{"nobody's", func(l *lab) krb5.PasswdResult {
			return l.send(l.further("alice", testkit.UserPassword), krb5.PasswdSet, set("nobody9", next))
		}, krb5.PasswdAccessDenied, "a right"},
		{"a machine's by an administrator", func(l *lab) krb5.PasswdResult {
			return l.send(l.further("administrator", testkit.AdminPassword), krb5.PasswdSet, set("DSVM1$", strings.Repeat("x", 120)))
		}, krb5.PasswdSuccess, ""},
		{"an administrator's by a person", func(l *lab) krb5.PasswdResult {
			return l.send(l.further("alice", testkit.UserPassword), krb5.PasswdSet, set("administrator", next))
		}, krb5.PasswdAccessDenied, ""},
		{"rubbish", func(l *lab) krb5.PasswdResult {
			return l.send(l.further("alice", testkit.UserPassword), krb5.PasswdSet, []byte("rubbish"))
		}, krb5.PasswdMalformed, ""},
		{"a version that is none", func(l *lab) krb5.PasswdResult {
			return l.send(l.initial("alice", testkit.UserPassword), 2, []byte(next))
		}, krb5.PasswdBadVersion, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			l.t = t
			if got := c.send(l); got.Code != c.want || !strings.Contains(got.Text, c.says) {
				t.Errorf("got %d %q, want %d %q", got.Code, got.Text, c.want, c.says)
			}
		})
	}
}

// The new password holds at once, and the old one no more.
func TestAChangeHoldsAtOnce(t *testing.T) {
	l := newLab(t)
	old := l.further("alice", testkit.UserPassword)
	if r := l.send(l.initial("alice", testkit.UserPassword), krb5.PasswdChange, []byte(next)); r.Code != krb5.PasswdSuccess {
		t.Fatalf("got %+v", r)
	}
	if _, err := l.client("alice").Login(testkit.UserPassword); krbclient.CodeOf(err) != krb5.ErrPreauthFailed {
		t.Errorf("the old password: %v", err)
	}
	if _, err := l.client("alice").Login(next); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if r := l.send(old, krb5.PasswdSet, set("alice", "Third grebe 43 mere")); r.Code != krb5.PasswdAuthError {
		t.Errorf("a ticket from before: %+v", r)
	}
}

// A machine renews its own with whatever ticket it has, and stays signed in.
func TestAMachineRenewsItsOwn(t *testing.T) {
	l := newLab(t)
	first := strings.Repeat("a1", 60)
	if err := l.Admin.SetPassword(t.Context(), l.vm.ID, credential.Password(first), false); err != nil {
		t.Fatal(err)
	}
	tgt, err := l.client("DSVM1$").Login(first)
	if err != nil {
		t.Fatal(err)
	}
	if r := l.send(l.further("DSVM1$", first), krb5.PasswdSet, set("DSVM1$", strings.Repeat("b2", 60))); r.Code != krb5.PasswdSuccess {
		t.Fatalf("got %+v", r)
	}
	if rec := l.Credential(l.vm.ID); rec.Current.Version != 2 {
		t.Errorf("the key's version is %d", rec.Current.Version)
	}
	if _, err := l.client("DSVM1$").Get(tgt, krbclient.Further{Server: krb5.Name(1, "ldap", "dc1.lab.internal")}); err != nil {
		t.Errorf("its ticket from before: %v", err)
	}
}

func TestARequestCountsOnce(t *testing.T) {
	l := newLab(t)
	q, key := l.request(l.initial("alice", testkit.UserPassword), krb5.PasswdChange, []byte(next))
	if r := l.open(l.server.ServeUDP(t.Context(), here, q), key); r.Code != krb5.PasswdSuccess {
		t.Fatalf("got %+v", r)
	}
	if r := l.open(l.server.ServeUDP(t.Context(), here, q), key); r.Code != krb5.PasswdAuthError {
		t.Errorf("again: %+v", r)
	}
	for i := range q {
		_ = l.server.ServeUDP(t.Context(), here, q[:i])
	}
}

func FuzzServe(f *testing.F) {
	d := testkit.New(f)
	d.Server()
	s := New(Config{Directory: d.Directory, Authn: d.Authn})
	m, _ := krb5.PasswdMessage{Version: krb5.PasswdChange, AP: []byte{0x6e, 0}, Message: []byte{0x75, 0}}.Marshal()
	f.Add(m)
	f.Fuzz(func(t *testing.T, p []byte) { _ = s.ServeUDP(t.Context(), here, p) })
}
