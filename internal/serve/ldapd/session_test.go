package ldapd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/serve/ldapd"
	"github.com/selfsame-dev/selfsame/internal/wire/ber"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// peer speaks to the server octet by octet.
type peer struct {
	t *testing.T
	net.Conn
	buf []byte
}

func (b *bench) peer(t *testing.T) *peer {
	t.Helper()
	c, err := net.Dial("tcp", b.plain)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return &peer{t: t, Conn: c}
}

// send sends messages in one write.
func (p *peer) send(ms ...ldap.Message) {
	p.t.Helper()
	var all []byte
	for _, m := range ms {
		all = append(all, m.Encode()...)
	}
	if _, err := p.Write(all); err != nil {
		p.t.Fatal(err)
	}
}

// next returns the next message; ok is false at the end.
func (p *peer) next() (m ldap.Message, ok bool) {
	p.t.Helper()
	for {
		if total, _, err := ldap.FrameLen(p.buf, 1<<30); err == nil && total > 0 && total <= len(p.buf) {
			m, err := ldap.Parse(p.buf[:total])
			if err != nil {
				p.t.Fatal(err)
			}
			p.buf = p.buf[total:]
			return m, true
		}
		more := make([]byte, 64<<10)
		n, err := p.Read(more)
		if n == 0 && err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				p.t.Fatal("no answer")
			}
			return ldap.Message{}, false
		}
		p.buf = append(p.buf, more[:n]...)
	}
}

// done reads up to the end of an answer.
func (p *peer) done() ldap.Message {
	p.t.Helper()
	for {
		m, ok := p.next()
		if !ok {
			p.t.Fatal("the connection was closed")
		}
		if m.Op.Kind() != ldap.KindSearchResultEntry {
			return m
		}
	}
}

func (p *peer) bind(name string) {
	p.t.Helper()
	p.send(ldap.Message{ID: 1, Op: &ldap.BindRequest{Version: 3, Name: name, Auth: ldap.Simple{Password: ldap.Secret(password)}}})
	if m := p.done(); m.Op.(*ldap.BindResponse).Code != ldap.Success {
		p.t.Fatalf("bind: %+v", m.Op)
	}
}

func search(id int32, base, filter string, attrs ...string) ldap.Message {
	return ldap.Message{ID: id, Op: &ldap.SearchRequest{Base: base, Scope: ldap.WholeSubtree, Filter: ldap.MustFilter(filter), Attributes: attrs}}
}

// crowd makes people whom no index finds.
func crowd(b *bench, n int) {
	for i := range n {
		if _, err := b.admin.CreateUser(b.t.Context(), directory.NewUser{Login: fmt.Sprintf("p%05d", i), Attrs: []directory.Value{
			value(schema.Department, "crowd"), value(schema.Info, strings.Repeat("x", 1000)),
		}}); err != nil {
			b.t.Fatal(err)
		}
	}
}

func unlimited(c *ldapd.Config, _ *listen.Config) { c.Limits.Entries = 1 << 20 }

func TestPipelinedRequestsAreAllAnswered(t *testing.T) {
	b := newBench(t)
	lab(b)
	p := b.peer(t)
	p.bind("alice")
	var ms []ldap.Message
	for i := range int32(200) {
		ms = append(ms, search(i+10, base, []string{"(sAMAccountName=bob)", "(department=none)", "(cn=nobody)"}[i%3], "cn"))
	}
	p.send(ms...)
	seen := make(map[int32]bool)
	for range ms {
		m := p.done()
		if r := m.Op.(*ldap.Response); r.Code != ldap.Success || seen[m.ID] {
			t.Fatalf("message %d: %+v", m.ID, r)
		}
		seen[m.ID] = true
	}
}

func TestABindStandsBetweenWhatCameBeforeAndAfter(t *testing.T) {
	b := newBench(t, unlimited)
	crowd(b, 300)
	lab(b)
	p := b.peer(t)
	p.bind("alice")
	p.send(
		search(2, base, "(department=crowd)", "info"),
		ldap.Message{ID: 3, Op: &ldap.BindRequest{Version: 3, Auth: ldap.Simple{}}},
		search(4, base, "(department=crowd)", "cn"),
	)
	first, second, third := p.done(), p.done(), p.done()
	if first.ID != 2 || first.Op.(*ldap.Response).Code != ldap.Success || second.ID != 3 || third.ID != 4 || third.Op.(*ldap.Response).Code != ldap.OperationsError {
		t.Errorf("got %+v, %+v, %+v", first, second, third)
	}
}

func TestAbandonEndsAnOperation(t *testing.T) {
	b := newBench(t, unlimited)
	crowd(b, 1500)
	lab(b)
	p := b.peer(t)
	p.bind("alice")
	var ms []ldap.Message
	for i := range int32(10) { // more than the sockets hold
		ms = append(ms, search(i+10, base, "(department=crowd)", "*"))
	}
	for i := range int32(10) {
		ms = append(ms, ldap.Message{ID: 50 + i, Op: &ldap.AbandonRequest{Target: i + 10}})
	}
	ms = append(ms, ldap.Message{ID: 99, Op: &ldap.AbandonRequest{Target: 77}}, search(100, base, "(sAMAccountName=alice)", "cn"))
	p.send(ms...)
	if m := p.done(); m.ID != 100 {
		t.Errorf("an abandoned operation was answered: %d %+v", m.ID, m.Op)
	}
}

func TestASlowReaderIsCut(t *testing.T) {
	b := newBench(t, unlimited, func(_ *ldapd.Config, c *listen.Config) { c.Write = 300 * time.Millisecond })
	crowd(b, 1500)
	lab(b)
	p := b.peer(t)
	p.bind("alice")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range int32(16) {
		p.send(search(i+2, base, "(department=crowd)", "*"))
	}
	for began := time.Now(); b.server.Stats().Open.Load() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatal("the connection is open still")
		}
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
			t.Fatalf("the heap grew by %d MiB", grown>>20)
		}
	}
}

func TestMalformedInputEndsTheSession(t *testing.T) {
	b := newBench(t)
	lab(b)
	deep := bytes.Repeat([]byte{0xa2, 0x80}, 200)
	tests := []struct {
		name   string
		octets []byte
	}{
		{"another protocol", []byte("GET / HTTP/1.1\r\n\r\n")},
		{"TLS on the port for clear text", []byte{0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0}},
		{"a length bomb", []byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1, 1}},
		{"a length of eight octets", []byte{0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 1}},
		{"an indefinite length", []byte{0x30, 0x80, 2, 1, 1, 0x42, 0, 0, 0}},
		{"more than may be sent before a bind", []byte{0x30, 0x83, 0x04, 0x00, 0x00}},
		{"message id 0", []byte{0x30, 5, 2, 1, 0, 0x42, 0}},
		{"a negative message id", []byte{0x30, 5, 2, 1, 0xff, 0x42, 0}},
		{"an operation there is not", []byte{0x30, 5, 2, 1, 1, 0x5f, 0}},
		{"a response", ldap.Message{ID: 1, Op: &ldap.Response{Type: ldap.KindSearchResultDone}}.Encode()},
		{"a search cut short", []byte{0x30, 7, 2, 1, 1, 0x63, 2, 4, 9}},
		{"a filter of indefinite depth", append([]byte{0x30, 0x82, 1, 0x95, 2, 1, 1, 0x63, 0x82, 1, 0x8e}, deep...)},
		{"a bind without proof", []byte{0x30, 10, 2, 1, 1, 0x60, 5, 2, 1, 3, 4, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := b.peer(t)
			if _, err := p.Write(tt.octets); err != nil {
				t.Fatal(err)
			}
			_ = p.Conn.(*net.TCPConn).CloseWrite()
			m, ok := p.next()
			if !ok {
				t.Fatal("closed without a notice")
			}
			if n, is := m.Op.(*ldap.ExtendedResponse); m.ID != 0 || !is || n.Name != ldap.OIDDisconnection || n.Code != ldap.ProtocolError {
				t.Errorf("got %d %+v, want a notice of disconnection", m.ID, m.Op)
			}
			if _, ok := p.next(); ok {
				t.Error("the session goes on")
			}
		})
	}
}

func TestWhatABindMayNotBe(t *testing.T) {
	b := newBench(t)
	lab(b)
	p := b.peer(t)
	secret := ldap.Secret(password)
	for i, tt := range []struct {
		name string
		q    ldap.BindRequest
		want ldap.ResultCode
	}{
		{"version 2", ldap.BindRequest{Version: 2, Name: "alice", Auth: ldap.Simple{Password: secret}}, ldap.ProtocolError},
		{"SASL", ldap.BindRequest{Version: 3, Auth: ldap.SASL{Mechanism: "GSSAPI"}}, ldap.AuthMethodNotSupported},
		{"SASL external", ldap.BindRequest{Version: 3, Auth: ldap.SASL{Mechanism: "EXTERNAL", Credentials: ldap.Secret{}}}, ldap.AuthMethodNotSupported},
		{"Sicily", ldap.BindRequest{Version: 3, Auth: ldap.UnknownAuth{Tag: ber.Context(9)}}, ldap.AuthMethodNotSupported},
		{"a long name", ldap.BindRequest{Version: 3, Name: strings.Repeat("x", 100_000), Auth: ldap.Simple{Password: secret}}, ldap.InvalidCredentials},
		{"a long password", ldap.BindRequest{Version: 3, Name: "alice", Auth: ldap.Simple{Password: bytes.Repeat(secret, 5000)}}, ldap.InvalidCredentials},
	} {
		p.send(ldap.Message{ID: int32(i + 1), Op: &tt.q})
		if got := p.done().Op.(*ldap.BindResponse).Code; got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAMessageIDMayNotBeInUse(t *testing.T) {
	b := newBench(t, unlimited)
	crowd(b, 800)
	lab(b)
	p := b.peer(t)
	p.bind("alice")
	p.send(search(5, base, "(department=crowd)", "*"), search(5, base, "(department=crowd)", "*"))
	codes := []ldap.ResultCode{p.done().Op.(*ldap.Response).Code, p.done().Op.(*ldap.Response).Code}
	slices.Sort(codes)
	if !slices.Equal(codes, []ldap.ResultCode{ldap.Success, ldap.ProtocolError}) {
		t.Errorf("got %v", codes)
	}
	p.send(search(6, base, "(sAMAccountName=alice)", "cn"))
	if m := p.done(); m.ID != 6 {
		t.Errorf("message %d was answered once more", m.ID)
	}
}

// TestAMessageIDMayBeUsedAgain uses one as soon as its answer is there, for
// searches that run beside.
func TestAMessageIDMayBeUsedAgain(t *testing.T) {
	b := newBench(t)
	crowd(b, 100)
	lab(b)
	p := b.peer(t)
	p.bind("alice")
	for i := range 300 {
		p.send(search(5, base, "(department=crowd)", "cn"))
		if r := p.done().Op.(*ldap.Response); r.Code != ldap.Success {
			t.Fatalf("search %d: %s %s", i, r.Code, r.Text)
		}
	}
}

func TestNothingInClearIsCarriedIntoTLS(t *testing.T) {
	b := newBench(t)
	p := b.peer(t)
	p.send(
		ldap.Message{ID: 1, Op: &ldap.ExtendedRequest{Name: ldap.OIDStartTLS}},
		ldap.Message{ID: 2, Op: &ldap.ExtendedRequest{Name: ldap.OIDWhoAmI}},
	)
	for {
		m, ok := p.next()
		if !ok {
			return
		}
		if m.ID == 2 {
			t.Fatal("what stood behind StartTLS was answered")
		}
	}
}

func TestAMessageMustArriveInTime(t *testing.T) {
	b := newBench(t, func(_ *ldapd.Config, c *listen.Config) { c.Frame = 200 * time.Millisecond })
	p := b.peer(t)
	whole := search(1, "", "(objectClass=*)").Encode()
	began := time.Now()
	for i := 0; ; i++ {
		if _, err := p.Write(whole[i%len(whole) : i%len(whole)+1]); err != nil {
			break
		}
		if time.Since(began) > 5*time.Second {
			t.Fatal("a message an octet at a time is waited for")
		}
		if i < 3 {
			continue
		}
		_ = p.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := p.Read(make([]byte, 512)); err == io.EOF || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
}

// TestClearTextFromAnotherHost needs an address of this machine that is not
// loopback: what comes from there crossed a network for all the server knows.
func TestClearTextFromAnotherHost(t *testing.T) {
	addr := outside(t)
	b := newBench(t, func(_ *ldapd.Config, c *listen.Config) { c.Addr = addr + ":0" })
	lab(b)
	c := b.dial()
	err := c.Bind("alice", password)
	if codeOf(err) != uint16(ldap.StrongerAuthRequired) || !strings.Contains(err.Error(), "StartTLS") {
		t.Errorf("a bind in clear: got %v, want strongerAuthRequired and what to do", err)
	}
	if _, err := c.PasswordModify(passwordRequest("alice", password, "Another horse 2")); codeOf(err) != uint16(ldap.ConfidentialityRequired) {
		t.Errorf("a password in clear: got %v, want confidentialityRequired", err)
	}
	if err := c.StartTLS(clientTLS); err != nil {
		t.Fatal(err)
	}
	if err := c.Bind("alice", password); err != nil {
		t.Errorf("a bind inside TLS: %v", err)
	}

	// Allowed for a network, a bind in clear may read, and still not write.
	if err := b.admin.SetNetwork(t.Context(), networkOf(addr)); err != nil {
		t.Fatal(err)
	}
	c = b.dial()
	if err := c.Bind(adminName, adminPassword); err != nil {
		t.Fatalf("a bind in clear that is allowed: %v", err)
	}
	if err := c.Add(person("eve")); codeOf(err) != uint16(ldap.ConfidentialityRequired) {
		t.Errorf("a change in clear: got %v, want confidentialityRequired", err)
	}
}

func outside(t *testing.T) string {
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			return n.IP.String()
		}
	}
	t.Skip("this machine has no address beside loopback")
	return ""
}

func TestManyIdleConnections(t *testing.T) {
	if testing.Short() {
		t.Skip("opens thousands of connections")
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < 2500 {
		t.Skipf("may open only %d files", limit.Cur)
	}
	want := int(min(10_000, (limit.Cur-500)/2)) // both ends are here
	b := newBench(t)
	lab(b)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	conns := make([]net.Conn, want)
	var all sync.WaitGroup
	root := search(1, "", "(objectClass=*)", "vendorName")
	root.Op.(*ldap.SearchRequest).Scope = ldap.BaseObject
	hello := root.Encode()
	for part := range 8 {
		all.Go(func() {
			buf := make([]byte, 512)
			for i := part; i < want; i += 8 {
				c, err := net.Dial("tcp", b.plain)
				if err != nil {
					t.Error(err)
					return
				}
				conns[i] = c
				if i%10 == 0 { // some have said something
					_, _ = c.Write(hello)
					_, _ = c.Read(buf)
				}
			}
		})
	}
	all.Wait()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := int(b.server.Stats().Open.Load()); n < want {
		t.Errorf("%d connections are open, want %d", n, want)
	}
	each := (int64(after.HeapAlloc+after.StackInuse) - int64(before.HeapAlloc+before.StackInuse)) / int64(want)
	t.Logf("%d octets for each, both ends", each)
	if each > 24<<10 {
		t.Errorf("an idle connection costs %d octets", each)
	}
	if err := b.dial().Bind("alice", password); err != nil {
		t.Errorf("among them: %v", err)
	}
	for _, c := range conns {
		if c != nil {
			c.Close()
		}
	}
}

func TestReadBeforeAndAfter(t *testing.T) {
	b := newBench(t)
	lab(b)
	p := b.peer(t)
	p.send(ldap.Message{ID: 1, Op: &ldap.BindRequest{Version: 3, Name: adminName, Auth: ldap.Simple{Password: ldap.Secret(adminPassword)}}})
	p.done()
	pick := ldap.EncodeSelection([]string{"sn"})
	p.send(ldap.Message{ID: 2, Op: &ldap.ModifyRequest{Entry: "CN=alice," + users, Changes: []ldap.Change{{Op: ldap.ReplaceValues, Attribute: ldap.Text("sn", "Smith")}}},
		Controls: []ldap.Control{{OID: ldap.OIDPreRead, Critical: true, Value: pick}, {OID: ldap.OIDPostRead, Critical: true, Value: pick}}})
	m := p.done()
	for oid, want := range map[string]string{ldap.OIDPreRead: "Zürcher", ldap.OIDPostRead: "Smith"} {
		c, ok := ldap.FindControl(m.Controls, oid)
		if !ok {
			t.Fatalf("no answer to %s: %+v", oid, m)
		}
		e, err := ldap.ParseEntry(c.Value)
		if err != nil || len(e.Attributes) != 1 || string(e.Attributes[0].Values[0]) != want || e.DN != "CN=alice,"+users {
			t.Errorf("%s: got %+v, %v; want %s", oid, e, err, want)
		}
	}
}

// TestTheServerStops ends sessions with a notice.
func TestTheServerStops(t *testing.T) {
	b := newBench(t)
	lab(b)
	s, err := listen.TCP(t.Context(), listen.Config{Addr: "127.0.0.1:0"}, b.server.Serve)
	if err != nil {
		t.Fatal(err)
	}
	b.plain = s.Addr().String()
	p := b.peer(t)
	p.bind("alice")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	m, ok := p.next()
	if n, is := m.Op.(*ldap.ExtendedResponse); !ok || !is || n.Name != ldap.OIDDisconnection || n.Code != ldap.Unavailable {
		t.Errorf("got %+v, want a notice of disconnection", m)
	}
}

func networkOf(addr string) policy.NamedNetwork {
	return policy.NamedNetwork{Name: "here", Ranges: []netip.Prefix{netip.MustParsePrefix(addr + "/32")}, LegacyBind: true}
}

func passwordRequest(who, old, pw string) *goldap.PasswordModifyRequest {
	return goldap.NewPasswordModifyRequest(who, old, pw)
}

// TestNoPasswordIsLogged looks for one in everything the door logs.
func TestNoPasswordIsLogged(t *testing.T) {
	var log safeBuffer
	b := newBench(t, func(c *ldapd.Config, _ *listen.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	lab(b)
	c := b.bind("alice", password)
	_ = b.dial().Bind("alice", "Guessed horse 1")
	_, _ = c.Search(&goldap.SearchRequest{BaseDN: base, Scope: 2, Filter: "(|(userPassword=Filtered horse 1)(cn=x))"})
	_, _ = c.Compare("CN=alice,"+users, "userPassword", "Compared horse 1")
	_, _ = c.PasswordModify(goldap.NewPasswordModifyRequest("", "Old horse 1", "New horse 1"))
	m := goldap.NewModifyRequest("CN=alice,"+users, nil)
	m.Replace("userPassword", []string{"Replaced horse 1"})
	_ = c.Modify(m)
	add := person("eve")
	add.Attribute("userPassword", []string{"Added horse 1"})
	_ = c.Add(add)
	_, _ = c.Search(&goldap.SearchRequest{BaseDN: base, Scope: 2, Filter: "(cn=told)"})
	if got := log.String(); strings.Contains(got, "horse") || !strings.Contains(got, "op=bindRequest") || !strings.Contains(got, "(cn=told)") {
		t.Errorf("the log:\n%s", got)
	}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
