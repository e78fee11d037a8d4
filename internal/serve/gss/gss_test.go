package gss_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"math/big"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/serve/kdc"
	"github.com/selfsame-dev/selfsame/internal/testkit"
	"github.com/selfsame-dev/selfsame/internal/testkit/krbclient"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/spnego"
)

// lab is a domain with a KDC and an acceptor for LDAP.
type lab struct {
	*testkit.Domain
	t      *testing.T
	client *krbclient.Client
	accept *gss.Acceptor
	cert   *x509.Certificate
}

var here = netip.MustParseAddrPort("192.0.2.7:1024")

func newLab(t *testing.T) *lab {
	d := testkit.New(t)
	dc := d.Server()
	d.User("alice")
	k := kdc.New(kdc.Config{Directory: d.Directory, Authn: d.Authn})
	l := &lab{Domain: d, t: t, cert: certificate(t)}
	l.client = &krbclient.Client{
		KDC:   func(q []byte) []byte { return k.Answer(t.Context(), here.Addr(), q) },
		Realm: "LAB.INTERNAL", Now: d.Now, Name: krbclient.Name("alice"),
	}
	l.accept = gss.New(gss.Config{
		Directory: d.Directory, Authn: d.Authn, Account: dc.ID, Services: []string{"ldap"}, Certificate: func() *x509.Certificate { return l.cert },
	})
	return l
}

func certificate(t *testing.T) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ticket gets alice's ticket for a service.
func (l *lab) ticket(parts ...string) *krbclient.Ticket {
	l.t.Helper()
	tgt, err := l.client.Login(testkit.UserPassword)
	if err != nil {
		l.t.Fatal(err)
	}
	s, err := l.client.Get(tgt, krbclient.Further{Server: krb5.Name(krb5.NameHost, parts...)})
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

func attempt() policy.Attempt {
	return policy.Attempt{Door: policy.LDAP, Source: here.Addr(), Client: policy.Ticket}
}

const sealing = krb5.GSSMutual | krb5.GSSConf | krb5.GSSInteg | krb5.GSSSequence

// established is a context, and the initiator's end of it.
func (l *lab) established() (*gss.Context, *initiator) {
	l.t.Helper()
	s := l.ticket("ldap", "dc1.lab.internal")
	i := l.client.Initiate(s, sealing, [16]byte{})
	reply, c, err := l.accept.Accept(l.t.Context(), attempt(), nil, i.Token)
	if err != nil {
		l.t.Fatal(err)
	}
	tok, err := krb5.ParseContextToken(reply)
	if err != nil {
		l.t.Fatal(err)
	}
	rep, err := krb5.ParseAPRep(tok.Message)
	if err != nil {
		l.t.Fatal(err)
	}
	plain, err := etype.Type(rep.EncPart.EType).Decrypt(s.Key.Value, krb5.UsageAPRepPart, rep.EncPart.Cipher)
	if err != nil {
		l.t.Fatal(err)
	}
	part, err := krb5.ParseEncAPRepPart(plain)
	if err != nil {
		l.t.Fatal(err)
	}
	return c, &initiator{typ: etype.Type(i.Subkey.EType), key: i.Subkey.Value, send: uint64(i.Seq), receive: uint64(part.SeqNo)}
}

// initiator wraps and unwraps as a client does.
type initiator struct {
	typ           etype.Type
	key           []byte
	send, receive uint64
}

func (i *initiator) wrap(plain []byte, seal bool, rotate uint16) []byte {
	h := krb5.WrapHeader{SeqNo: i.send}
	i.send++
	var body []byte
	if seal {
		h.Flags = krb5.Sealed
		b := h.Bytes()
		body, _ = i.typ.Encrypt(i.key, krb5.UsageInitiatorSeal, append(append([]byte(nil), plain...), b[:]...))
	} else {
		b := h.Bytes()
		sum, _ := i.typ.Checksum(i.key, krb5.UsageInitiatorSeal, plain, b[:])
		body = append(append([]byte(nil), plain...), sum...)
		h.EC = uint16(len(sum))
	}
	h.RRC = rotate
	n := int(rotate) % len(body)
	body = append(append([]byte(nil), body[len(body)-n:]...), body[:len(body)-n]...)
	b := h.Bytes()
	return append(b[:], body...)
}

func (i *initiator) mic(data []byte) []byte {
	b := krb5.MICHeader{SeqNo: i.send}.Bytes()
	i.send++
	sum, _ := i.typ.Checksum(i.key, krb5.UsageInitiatorSign, data, b[:])
	return append(b[:], sum...)
}

func (i *initiator) unwrap(t *testing.T, token []byte) []byte {
	t.Helper()
	h, body, err := krb5.ParseWrap(token)
	if err != nil || h.SeqNo != i.receive || h.Flags&krb5.SentByAcceptor == 0 {
		t.Fatalf("token %+v, want number %d: %v", h, i.receive, err)
	}
	i.receive++
	if h.Flags&krb5.Sealed != 0 {
		plain, err := i.typ.Decrypt(i.key, krb5.UsageAcceptorSeal, body)
		if err != nil {
			t.Fatal(err)
		}
		return plain[:len(plain)-krb5.TokenHeader]
	}
	plain := body[:len(body)-int(h.EC)]
	ec := h.EC
	h.EC = 0
	b := h.Bytes()
	if i.typ.VerifyChecksum(i.key, krb5.UsageAcceptorSeal, body[len(body)-int(ec):], plain, b[:]) != nil {
		t.Fatal("the signature is wrong")
	}
	return plain
}

func TestWhatIsSaidIsProtected(t *testing.T) {
	l := newLab(t)
	c, i := l.established()
	if c.Actor().Who().Name != "alice" {
		t.Fatalf("it is %s", c.Actor().Who().Name)
	}
	for n, rotate := range []uint16{0, 28, 1, 65535} {
		for _, seal := range []bool{true, false} {
			want := bytes.Repeat([]byte{byte(n)}, 100*n)
			got, sealed, err := c.Unwrap(i.wrap(want, seal, rotate))
			if err != nil || sealed != seal || !bytes.Equal(got, want) {
				t.Fatalf("rotated by %d, sealed %v: %v", rotate, seal, err)
			}
			if got := i.unwrap(t, c.Wrap(nil, want, seal)); !bytes.Equal(got, want) {
				t.Fatalf("ours, sealed %v: %x", seal, got)
			}
		}
	}
	good := i.wrap([]byte("once"), true, 0)
	again := bytes.Clone(good)
	if _, _, err := c.Unwrap(good); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Unwrap(again); err == nil {
		t.Error("a message counts twice")
	}
	i.send++ // one is lost
	if _, _, err := c.Unwrap(i.wrap([]byte("after"), true, 0)); err == nil {
		t.Error("a message is missing and nobody sees")
	}
	for at := range 46 {
		c, i := l.established()
		bad := i.wrap([]byte("a message of some length"), at%2 == 0, 0)
		bad[at] ^= 1
		if _, _, err := c.Unwrap(bad); err == nil {
			t.Errorf("octet %d changed and nobody sees", at)
		}
	}
	// Our own words come back to us.
	if _, _, err := c.Unwrap(c.Wrap(nil, []byte("echo"), true)); err == nil {
		t.Error("our own message is taken for the peer's")
	}
}

func TestSignaturesCountOnceInAnyOrder(t *testing.T) {
	l := newLab(t)
	c, i := l.established()
	data := []byte("an update")
	var tokens [][]byte
	for range 5 {
		tokens = append(tokens, i.mic(data))
	}
	for _, n := range []int{1, 0, 4, 2, 3} {
		if err := c.VerifyMIC(tokens[n], data); err != nil {
			t.Errorf("number %d: %v", n, err)
		}
	}
	for n, tok := range tokens {
		if err := c.VerifyMIC(tok, data); err == nil {
			t.Errorf("number %d counts twice", n)
		}
	}
	if err := c.VerifyMIC(i.mic(data), []byte("another")); err == nil {
		t.Error("a signature counts for something else")
	}
}

func TestWhichTokensAreAccepted(t *testing.T) {
	l := newLab(t)
	ldap := l.ticket("ldap", "dc1.lab.internal")
	token := func(tk *krbclient.Ticket) []byte { return l.client.Initiate(tk, sealing, [16]byte{}).Token }
	offer := func(mechs [][]byte, inner []byte) []byte {
		n := spnego.NegTokenInit{Mechs: mechs, Token: inner}
		return n.Marshal()
	}
	accept := func(tok []byte) error {
		_, _, err := l.accept.Accept(t.Context(), attempt(), nil, tok)
		return err
	}
	if err := accept(token(ldap)); err != nil {
		t.Errorf("a token of Kerberos: %v", err)
	}
	for _, mech := range [][]byte{krb5.OIDKerberos, krb5.OIDMSKerberos} {
		reply, _, err := l.accept.Accept(t.Context(), attempt(), nil, offer([][]byte{mech, spnego.OIDNTLM}, token(ldap)))
		if err != nil {
			t.Errorf("an offer of %x: %v", mech, err)
			continue
		}
		if r, err := spnego.ParseResp(reply); err != nil || r.State != spnego.AcceptCompleted || !bytes.Equal(r.Mech, mech) {
			t.Errorf("an offer of %x is answered %+v, %v", mech, r, err)
		}
	}
	host := l.ticket("host", "dc1.lab.internal")
	used := token(ldap)
	_ = accept(used)
	for name, tok := range map[string][]byte{
		"nothing":                     nil,
		"rubbish":                     []byte("rubbish"),
		"NTLM":                        []byte("NTLMSSP\x00\x01\x00\x00\x00aaaaaaaaaaaaaaaa"),
		"NTLM offered first":          offer([][]byte{spnego.OIDNTLM, krb5.OIDKerberos}, []byte("NTLMSSP\x00")),
		"a ticket of another service": token(host),
		"a token that was used":       used,
		"an offer without a token":    offer([][]byte{krb5.OIDKerberos}, nil),
	} {
		if err := accept(tok); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	stale := token(ldap)
	l.Forward(6 * time.Minute)
	if err := accept(stale); err == nil {
		t.Error("a token of six minutes ago is accepted")
	}
	l.Forward(11 * time.Hour)
	if err := accept(token(ldap)); err == nil {
		t.Error("a ticket that has ended is accepted")
	}
}

func TestAProofThatHasEndedIsNotAccepted(t *testing.T) {
	l := newLab(t)
	s := l.ticket("ldap", "dc1.lab.internal")
	alice, err := l.Find("", "alice")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Admin.Revoke(t.Context(), alice.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.accept.Accept(t.Context(), attempt(), nil, l.client.Initiate(s, sealing, [16]byte{}).Token); err == nil {
		t.Error("a ticket from before everything ended is accepted")
	}
	s = l.ticket("ldap", "dc1.lab.internal")
	dc, _ := l.Find("", "DC1$")
	for i := range 2 { // the key before the last still opens
		if err := l.Admin.RollServer(t.Context(), dc.ID); err != nil {
			t.Fatal(err)
		}
		_, _, err := l.accept.Accept(t.Context(), attempt(), nil, l.client.Initiate(s, sealing, [16]byte{}).Token)
		if (err == nil) != (i == 0) {
			t.Errorf("after %d rolls of the server's keys: %v", i+1, err)
		}
	}
}

// A token that names a TLS channel is accepted on that one only.
func TestChannelBindings(t *testing.T) {
	l := newLab(t)
	s := l.ticket("ldap", "dc1.lab.internal")
	digest := sha256.Sum256(l.cert.Raw)
	app := append([]byte("tls-server-end-point:"), digest[:]...)
	own := md5.Sum(append(binary.LittleEndian.AppendUint32(make([]byte, 16), uint32(len(app))), app...))
	state := &tls.ConnectionState{}
	for name, c := range map[string]struct {
		bindings [16]byte
		state    *tls.ConnectionState
		ok       bool
		bound    bool
	}{
		"none":                {[16]byte{}, state, true, false},
		"this channel":        {own, state, true, true},
		"another channel":     {[16]byte{1, 2, 3}, state, false, false},
		"one, without TLS":    {own, nil, true, false},
		"another without TLS": {[16]byte{9}, nil, true, false},
	} {
		_, ctx, err := l.accept.Accept(t.Context(), attempt(), c.state, l.client.Initiate(s, sealing, c.bindings).Token)
		if (err == nil) != c.ok || err == nil && ctx.Bound != c.bound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLayer(t *testing.T) {
	l := newLab(t)
	for _, seal := range []bool{true, false} {
		c, i := l.established()
		a, b := net.Pipe()
		server := c.Layer(a, seal)
		sent := bytes.Repeat([]byte("heron "), 20_000)
		go func() {
			_, _ = server.Write(sent)
			a.Close()
		}()
		var got []byte
		for {
			var head [4]byte
			if _, err := readFull(b, head[:]); err != nil {
				break
			}
			tok := make([]byte, binary.BigEndian.Uint32(head[:]))
			if _, err := readFull(b, tok); err != nil {
				t.Fatal(err)
			}
			got = append(got, i.unwrap(t, tok)...)
		}
		if !bytes.Equal(got, sent) {
			t.Errorf("sealed %v: %d octets of %d", seal, len(got), len(sent))
		}
	}
	c, i := l.established()
	a, b := net.Pipe()
	server := c.Layer(a, true)
	go func() {
		for _, p := range []string{"one", "two and more"} {
			tok := i.wrap([]byte(p), true, 28)
			frame := append(binary.BigEndian.AppendUint32(nil, uint32(len(tok))), tok...)
			for len(frame) > 0 { // dribbled
				n := min(7, len(frame))
				_, _ = b.Write(frame[:n])
				frame = frame[n:]
			}
		}
		tok := i.wrap([]byte("signed only"), false, 0)
		_, _ = b.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(tok))), tok...))
	}()
	got := make([]byte, len("onetwo and more"))
	if _, err := readFull(server, got); err != nil || string(got) != "onetwo and more" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := server.Read(got); err == nil {
		t.Error("what is only signed is taken on a sealed connection")
	}
	a, b = net.Pipe()
	server = c.Layer(a, true)
	go func() { _, _ = b.Write([]byte{0xff, 0xff, 0xff, 0xff}) }()
	if _, err := server.Read(got); err == nil {
		t.Error("a token of 4 GiB is awaited")
	}
}

func readFull(r net.Conn, p []byte) (int, error) {
	n := 0
	for n < len(p) {
		m, err := r.Read(p[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func FuzzAccept(f *testing.F) {
	d := testkit.New(f)
	dc := d.Server()
	a := gss.New(gss.Config{Directory: d.Directory, Authn: d.Authn, Account: dc.ID, Services: []string{"ldap"}})
	n := spnego.NegTokenInit{Mechs: [][]byte{krb5.OIDKerberos}, Token: []byte{0x60, 0}}
	f.Add(n.Marshal())
	f.Fuzz(func(t *testing.T, p []byte) {
		if _, c, err := a.Accept(t.Context(), attempt(), nil, p); err == nil || c != nil {
			t.Error("accepted")
		}
	})
}
