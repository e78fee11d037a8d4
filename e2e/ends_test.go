package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	ldap "github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/testkit/krbclient"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// kerberos is a client of the lab's KDC, over TCP.
func (l *lab) kerberos(name string) *krbclient.Client {
	addr := net.JoinHostPort(l.addr, strconv.Itoa(l.ports["kerberos"]))
	return &krbclient.Client{
		Realm: krb5.Realm(strings.ToUpper(domain)), Now: time.Now, Name: krbclient.Name(name),
		KDC: func(q []byte) []byte {
			out, err := exchange(addr, q)
			if err != nil {
				l.t.Logf("the KDC does not answer: %v", err)
			}
			return out
		},
	}
}

// exchange sends a message behind its length, and returns the answer.
func exchange(addr string, q []byte) ([]byte, error) {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write(krb5.Framed(q)); err != nil {
		return nil, err
	}
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, err
	}
	out := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err = io.ReadFull(conn, out)
	return out, err
}

// holder is somebody who holds all one can hold.
type holder struct {
	l       *lab
	client  *krbclient.Client
	tgt     *krbclient.Ticket
	http    *krbclient.Ticket
	bound   *ldap.Conn
	browser *http.Client
}

func (l *lab) holder(name, password string) *holder {
	l.t.Helper()
	s := &holder{l: l, client: l.kerberos(name), browser: l.visitor()}
	var err error
	if s.tgt, err = s.client.Login(password); err != nil {
		l.t.Fatal(err)
	}
	if s.http, err = s.client.Get(s.tgt, krbclient.Further{Server: krb5.Name(krb5.NameHost, "HTTP", "portal."+domain)}); err != nil {
		l.t.Fatal(err)
	}
	s.bound = l.dial()
	if err := s.bound.Bind(name+"@"+domain, password); err != nil {
		l.t.Fatal(err)
	}
	return s
}

// visitor is a browser that finds the portal by its name, and checks who answers.
func (l *lab) visitor() *http.Client {
	l.t.Helper()
	at := net.JoinHostPort(l.addr, strconv.Itoa(l.ports["https"]))
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: l.roots(), ServerName: "portal." + domain},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, at)
		},
	}}
}

// roots is the installation's own certificate.
func (l *lab) roots() *x509.CertPool {
	l.t.Helper()
	pem, err := os.ReadFile(filepath.Join(l.data, "ca.pem"))
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		l.t.Fatalf("the root certificate: %v", err)
	}
	return pool
}

// byTicket asks the API with a ticket.
func (s *holder) byTicket(path string) error {
	i := s.client.Initiate(s.http, krb5.GSSMutual, [16]byte{})
	req, err := http.NewRequest("GET", "https://portal."+domain+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Negotiate "+base64.StdEncoding.EncodeToString(i.Token))
	res, err := s.browser.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(res.Body)
		return fmt.Errorf("%s: %s", res.Status, b)
	}
	return nil
}

// Whoever is disabled is out at every port within two seconds, and a password that
// was changed is dead at once.
func TestWhoIsOutIsOut(t *testing.T) {
	l := newLab(t, nil)
	for _, c := range []struct {
		name string
		end  func(login string)
	}{
		{"disabled", func(login string) { l.run("user", "disable", login) }},
		{"changed", func(login string) {
			if _, err := l.try("Other crane 42 moor\n", "user", "reset-password", login, "--no-must-change", "--password-file", "-"); err != nil {
				t.Fatal(err)
			}
		}},
		{"signedout", func(login string) { l.run("user", "sign-out", login) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l.user(c.name, alicePassword)
			s := l.holder(c.name, alicePassword)
			doors := []struct {
				name string
				try  func() error
				only string // of a password that still is one
			}{
				{"a connection that is bound", func() error {
					_, err := s.bound.Search(ldap.NewSearchRequest(base, ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"cn"}, nil))
					return err
				}, ""},
				{"a ticket-granting ticket", func() error {
					_, err := s.client.Get(s.tgt, krbclient.Further{Server: krb5.Name(krb5.NameHost, "ldap", "dc1."+domain)})
					return err
				}, ""},
				{"a ticket at the API", func() error { return s.byTicket("/v1.0/users/" + c.name) }, ""},
				{"kinit", func() error { _, err := l.kerberos(c.name).Login(alicePassword); return err }, "signedout"},
				{"a bind", func() error {
					conn := l.dial()
					defer conn.Close()
					return conn.Bind(c.name+"@"+domain, alicePassword)
				}, "signedout"},
			}
			for _, d := range doors {
				if err := d.try(); err != nil {
					t.Fatalf("%s, before: %v", d.name, err)
				}
			}
			c.end(c.name)
			for _, d := range doors {
				if d.only == c.name {
					continue
				}
				eventually(t, d.name+" is refused", 2*time.Second, func() bool { return d.try() != nil })
			}
		})
	}
}

// load is sign-ins that go on while something happens. None may fail.
type load struct {
	wg     sync.WaitGroup
	over   atomic.Bool
	done   atomic.Int64
	mu     sync.Mutex
	failed []error
}

// keep does something again and again, until the end or its first failure.
func (w *load) keep(name string, fn func() error) {
	w.wg.Go(func() {
		for !w.over.Load() {
			if err := fn(); err != nil {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.failed = append(w.failed, fmt.Errorf("%s: %w", name, err))
				return
			}
			w.done.Add(1)
		}
	})
}

// end ends the load, and returns how often anything was done.
func (w *load) end(t *testing.T) int64 {
	t.Helper()
	w.over.Store(true)
	w.wg.Wait()
	for _, err := range w.failed {
		t.Error(err)
	}
	return w.done.Load()
}

// The realm's keys and the server's roll under load, and nobody notices.
func TestKeysRollUnderLoad(t *testing.T) {
	l := newLab(t, nil)
	l.user("alice", alicePassword)
	s := l.holder("alice", alicePassword)
	var w load
	w.keep("kinit", func() error { _, err := l.kerberos("alice").Login(alicePassword); return err })
	w.keep("an old ticket-granting ticket", func() error {
		_, err := s.client.Get(s.tgt, krbclient.Further{Server: krb5.Name(krb5.NameHost, "ldap", "dc1."+domain)})
		return err
	})
	w.keep("an old ticket at the API", func() error { return s.byTicket("/v1.0/users/alice") })
	w.keep("all of it anew", func() error {
		c := l.kerberos("alice")
		tgt, err := c.Login(alicePassword)
		if err != nil {
			return err
		}
		ticket, err := c.Get(tgt, krbclient.Further{Server: krb5.Name(krb5.NameHost, "HTTP", "portal."+domain)})
		if err != nil {
			return err
		}
		fresh := &holder{client: c, http: ticket, browser: s.browser}
		return fresh.byTicket("/v1.0/users/alice")
	})
	for _, args := range [][]string{{"roll"}, {"roll", "--server"}, {"roll"}} {
		time.Sleep(time.Second)
		l.run("realm", args...)
	}
	time.Sleep(7 * time.Second) // the last new key makes tickets after five
	if n := w.end(t); n < 100 {
		t.Errorf("only %d sign-ins meanwhile", n)
	}
	if v := s.tgt.EncPart.KVNO; l.newest() != v+2 {
		t.Errorf("tickets are made with key %d, and were with %d", l.newest(), v)
	}
}

// newest is the number of the key tickets are made with.
func (l *lab) newest() uint32 {
	l.t.Helper()
	tgt, err := l.kerberos("alice").Login(alicePassword)
	if err != nil {
		l.t.Fatal(err)
	}
	return tgt.EncPart.KVNO
}
