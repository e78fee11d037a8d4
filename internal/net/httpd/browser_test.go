package httpd

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

func TestCookieIsOfThisHostOnly(t *testing.T) {
	w := httptest.NewRecorder()
	SetCookie(w, "session", "abc", 2*time.Hour)
	if got, want := w.Header().Get("Set-Cookie"), "__Host-session=abc; Path=/; Max-Age=7200; HttpOnly; Secure; SameSite=Lax"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "session=planted; __Host-session=abc")
	if got := Cookie(r, "session"); got != "abc" {
		t.Errorf("got %q, want abc", got)
	}
	if got := Cookie(r, "other"); got != "" {
		t.Errorf("got %q, want none", got)
	}
	w = httptest.NewRecorder()
	ClearCookie(w, "session")
	if got, want := w.Header().Get("Set-Cookie"), "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFormToken(t *testing.T) {
	f, other := NewForm([]byte("secret")), NewForm([]byte("another"))
	token := f.Token("s1")
	if token == f.Token("s1") {
		t.Error("two pages have one token")
	}
	tests := []struct {
		name, method, token, session string
		ok                           bool
	}{
		{"of the session", "POST", token, "s1", true},
		{"of the session, on another page", "POST", f.Token("s1"), "s1", true},
		{"of another server with the same secret", "POST", NewForm([]byte("secret")).Token("s1"), "s1", true},
		{"of another session", "POST", f.Token("s2"), "s1", false},
		{"of another installation", "POST", other.Token("s1"), "s1", false},
		{"none", "POST", "", "s1", false},
		{"all zero", "DELETE", strings.Repeat("A", 86), "s1", false},
		{"cut short", "POST", token[:40], "s1", false},
		{"without a session", "POST", f.Token(""), "", false},
		{"to read", "GET", "", "s1", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			byForm := httptest.NewRequest(tt.method, "/", strings.NewReader(url.Values{FormField: {tt.token}}.Encode()))
			byForm.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			byHeader := httptest.NewRequest(tt.method, "/", nil)
			byHeader.Header.Set(FormHeader, tt.token)
			for _, r := range []*http.Request{byForm, byHeader} {
				if tt.method == "DELETE" && r == byForm {
					continue // net/http reads no form of it
				}
				if err := f.Check(r, tt.session); (err == nil) != tt.ok || err != nil && !fault.Is(err, fault.Denied) {
					t.Errorf("got %v, want ok %v", err, tt.ok)
				}
			}
		})
	}
}

// FuzzNext resolves as a browser does: it first drops tabs and line ends, and
// reads a backslash as a slash.
func FuzzNext(f *testing.F) {
	for _, s := range []string{"/", "//x", `/\x`, "/\t/x", "https://x", "/a?b#c", "/%2f/x"} {
		f.Add(s)
	}
	base := &url.URL{Scheme: "https", Host: "lab.internal", Path: "/signin"}
	asBrowser := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/")
	f.Fuzz(func(t *testing.T, s string) {
		if !isPath(s) {
			return
		}
		u, err := base.Parse(asBrowser.Replace(s))
		if err != nil || u.Scheme != base.Scheme || u.Host != base.Host {
			t.Errorf("%q leads to %v, %v", s, u, err)
		}
	})
}

func TestNextStaysHere(t *testing.T) {
	for _, to := range []string{"/", "/users", "/users?q=a%2Fb#x", "/a//b", "/a:b", "/ä"} {
		if got := Next(httptest.NewRequest("GET", "/?next="+url.QueryEscape(to), nil)); got != to {
			t.Errorf("%q: got %q", to, got)
		}
	}
	for _, to := range []string{"", "users", "//evil.example", `/\evil.example`, `\/evil.example`, `/a\..\b`, "https://evil.example",
		"https:evil.example", "javascript:alert(1)", "data:text/html,x", "/\t/evil.example", "/\n/evil.example", "\t//evil.example",
		" //evil.example", "/%zz", "/a\x00", "/a\x7f", "///evil.example", "@evil.example"} {
		if got := Next(httptest.NewRequest("GET", "/?next="+url.QueryEscape(to), nil)); got != "/" {
			t.Errorf("%q: got %q, want /", to, got)
		}
	}
}
