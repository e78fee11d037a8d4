package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

func TestHostDecidesTheDoor(t *testing.T) {
	healthy := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	s, client := start(t, Config{
		Default: says("portal"),
		Hosts:   map[string]Door{"login.lab.internal": says("signin"), "vault.lab.internal": says("vault"), "*.vault.lab.internal": says("vault of one")},
		Healthz: healthy,
	})
	port := s.Addr().Port()
	tests := []struct {
		host, path string
		status     int
		body       string
	}{
		{"lab.internal", "/", 200, "portal"},
		{"LAB.internal.", "/", 200, "portal"},
		{"localhost", "/", 200, "portal"},
		{"localhost:10443", "/", 200, "portal"},
		{"127.0.0.1", "/", 200, "portal"},
		{"login.lab.internal", "/", 200, "signin"},
		{"Login.Lab.Internal:443", "/", 200, "signin"},
		{"vault.lab.internal", "/", 200, "vault"},
		{"keys.vault.lab.internal", "/", 200, "vault of one"},
		{"login.lab.internal", "/healthz", 200, "ok"},
		{"login.lab.internal", "/readyz", 200, "signin"},
		{"a.keys.vault.lab.internal", "/", 421, ""},
		{"other.lab.internal", "/", 421, ""},
		{"rebound.example", "/", 421, ""},
		{"rebound.example", "/healthz", 421, ""},
		{"127.0.0.2", "/", 421, ""},
		{"[::1]", "/", 421, ""},
	}
	for _, tt := range tests {
		r, _ := http.NewRequest("GET", "https://"+s.Addr().String()+tt.path, nil)
		r.Host = tt.host
		resp, err := client.Do(r)
		if err != nil {
			t.Fatalf("%s (port %d): %v", tt.host, port, err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != tt.status || tt.body != "" && string(body) != tt.body {
			t.Errorf("%s%s: got %d %q, want %d %q", tt.host, tt.path, resp.StatusCode, body, tt.status, tt.body)
		}
		if resp.ProtoMajor != 2 {
			t.Errorf("%s: got %s, want HTTP/2", tt.host, resp.Proto)
		}
	}
}

func TestPlainHTTPIsToldToUseHTTPS(t *testing.T) {
	s, _ := start(t, Config{Default: says("portal")})
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: lab.internal\r\n\r\n")
	got, _ := io.ReadAll(c)
	if !strings.HasPrefix(string(got), "HTTP/1.0 400") || !strings.Contains(string(got), "HTTPS") {
		t.Errorf("got %q", got)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	s, _ := start(t, Config{Default: says("portal")})
	c, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err == nil {
		c.Close()
		t.Error("TLS 1.1 was accepted")
	}
}

func TestHeaderHasALimit(t *testing.T) {
	s, _ := start(t, Config{Default: says("portal")})
	for size, want := range map[int]string{60 << 10: "HTTP/1.1 200", 100 << 10: "HTTP/1.1 431"} {
		// HTTP/1.1, because a client of HTTP/2 keeps to the limit by itself.
		c, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: lab.internal\r\nConnection: close\r\nX: "+strings.Repeat("x", size)+"\r\n\r\n")
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
			t.Errorf("%d octets: got %q, %v; want %s", size, got, err, want)
		}
		c.Close()
	}
}

func TestBodyHasALimit(t *testing.T) {
	h, _ := behind(t, Door{MaxBody: 10, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			Plain(w, r, err)
		}
	})})
	for _, known := range []bool{true, false} {
		for body, want := range map[string]int{"0123456789": 200, "0123456789a": 413} {
			r := httptest.NewRequest("POST", "https://lab.internal/", strings.NewReader(body))
			if !known {
				r.ContentLength = -1
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%q, length known %v: got %d, want %d", body, known, w.Code, want)
			}
		}
	}
}

func TestShutdownLetsARequestFinish(t *testing.T) {
	working, finish := make(chan struct{}), make(chan struct{})
	s, client := start(t, Config{Default: Door{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(working)
		<-finish
		io.WriteString(w, "done")
	})}})
	answer := make(chan string, 1)
	go func() {
		resp, err := client.Get("https://" + s.Addr().String() + "/")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		answer <- string(b)
	}()
	<-working
	began, down := make(chan struct{}), make(chan error, 1)
	s.OnShutdown(sync.OnceFunc(func() { close(began) }))
	go func() { down <- s.Shutdown(context.Background()) }()
	<-began
	close(finish)
	if got := <-answer; got != "done" {
		t.Errorf("got %q, want the answer", got)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

func TestTakenPortIsAFault(t *testing.T) {
	s, _ := start(t, Config{Default: says("portal")})
	_, err := New(t.Context(), Config{Addr: s.Addr().String(), TLS: new(tls.Config)})
	if !fault.Is(err, fault.Exists) {
		t.Errorf("got %v, want exists", err)
	}
}

func TestBadPatternNamesItsDoor(t *testing.T) {
	_, err := newHandler(Config{Default: Door{Name: "oidc", CrossOrigin: []string{"POST"}}})
	if err == nil || !strings.Contains(err.Error(), "oidc") {
		t.Errorf("got %v, want an error that names the door", err)
	}
}

func TestRoomIsMadeByTheLongestQuiet(t *testing.T) {
	r := newRoom(2)
	conns := make([]net.Conn, 5)
	for i := range conns {
		conns[i], _ = net.Pipe()
	}
	a, b, c, d, e := conns[0], conns[1], conns[2], conns[3], conns[4]
	steps := []struct {
		name  string
		conn  net.Conn
		state http.ConnState
		drop  net.Conn
	}{
		{"a comes", a, http.StateNew, nil},
		{"b comes", b, http.StateNew, nil},
		{"a asks", a, http.StateActive, nil},
		{"a was answered", a, http.StateIdle, nil},
		{"c comes, b was quiet longest", c, http.StateNew, b},
		{"a asks again", a, http.StateActive, nil},
		{"d comes, c never asked", d, http.StateNew, c},
		{"d asks", d, http.StateActive, nil},
		{"e comes while all are at work", e, http.StateNew, e},
		{"e is closed", e, http.StateClosed, nil},
		{"d is closed", d, http.StateClosed, nil},
		{"b comes back", b, http.StateNew, nil},
	}
	for _, s := range steps {
		if got := r.move(s.conn, s.state); got != s.drop {
			t.Fatalf("%s: dropped another than expected", s.name)
		}
	}
}

func TestStatusOfEveryKind(t *testing.T) {
	want := map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 400, fault.NotFound: 404, fault.Exists: 409, fault.Unauthenticated: 401,
		fault.Locked: 401, fault.State: 403, fault.Denied: 403, fault.Conflict: 409, fault.Unavailable: 503,
		fault.Limit: 429, fault.Unsupported: 501,
	}
	for _, k := range fault.Kinds() {
		if got, ok := want[k]; !ok || Status(fault.New(k, "x")) != got {
			t.Errorf("%v: got %d, want %d", k, Status(fault.New(k, "x")), got)
		}
	}
	if got := Status(errors.New("x")); got != 500 {
		t.Errorf("no fault: got %d, want 500", got)
	}
	if got := Status(nil); got != 200 {
		t.Errorf("no error: got %d, want 200", got)
	}
}
