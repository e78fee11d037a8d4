package httpd

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	var nonce string
	h, _ := behind(t, Door{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { nonce = Nonce(r) })})
	first := do(h, "GET", "https://lab.internal/").Header()
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "' 'self'; " +
			"img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
		"Strict-Transport-Security":    "max-age=31536000",
	}
	for k, v := range want {
		if got := first.Get(k); got != v {
			t.Errorf("%s: got %q, want %q", k, got, v)
		}
	}
	last := nonce
	do(h, "GET", "https://lab.internal/")
	if last == "" || nonce == last {
		t.Error("two pages have one nonce")
	}
	if got := do(h, "GET", "https://localhost/").Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("localhost: got %q, want none", got)
	}
}

func TestRequestID(t *testing.T) {
	const id = "0f8fad5b-d9cb-469f-a165-70867728950e"
	h, _ := behind(t, Door{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, ID(r)) })})
	for in, kept := range map[string]bool{
		id: true, strings.ToUpper(id): true, "": false, "1": false, id + "0": false, "{" + id[1:35] + "}": false,
		strings.Replace(id, "-", "0", 1): false, id[:35] + "\n": false, strings.Repeat("-", 36): false,
	} {
		w := do(h, "GET", "https://lab.internal/", requestID, in)
		got := w.Header().Get(requestID)
		if !isUUID(got) || got != w.Body.String() || (got == id) != kept {
			t.Errorf("%q: got %q, kept should be %v", in, got, kept)
		}
	}
}

func TestOneLineARequest(t *testing.T) {
	h, book := behind(t, Door{Name: "portal", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		SetActor(r, "ada@lab.internal")
		w.WriteHeader(http.StatusTeapot)
	})})
	w := do(h, "GET", "https://lab.internal/users?secret=hunter2", "Cookie", "c=hunter2", "Authorization", "Bearer hunter2")
	got := book.last(t)
	want := map[string]any{"msg": "request", "level": "INFO", "door": "portal", "method": "GET", "path": "/users", "status": 418.0,
		"actor": "ada@lab.internal", "source": "192.0.2.1:1234", "id": w.Header().Get(requestID)}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: got %v, want %v", k, got[k], v)
		}
	}
	if strings.Contains(book.buf.String(), "hunter2") || strings.Count(book.buf.String(), "\n") != 1 {
		t.Errorf("got %s", book.buf.String())
	}
}

func TestPanicAnswers500WithTheID(t *testing.T) {
	h, book := behind(t, Door{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public")
		io.WriteString(w, "half a page")
		panic("the database password is hunter2")
	})})
	w := do(h, "GET", "https://lab.internal/", "Accept", "text/html")
	body := w.Body.String()
	if w.Code != 500 || !strings.Contains(body, w.Header().Get(requestID)) || strings.Contains(body, "hunter2") || strings.Contains(body, "half") {
		t.Errorf("got %d %s", w.Code, body)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("got Cache-Control %q", got)
	}
	if got := book.last(t)["status"]; got != 500.0 {
		t.Errorf("logged %v, want 500", got)
	}
}

func TestPanicInTheMiddleBreaksOff(t *testing.T) {
	h, _ := behind(t, Door{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		panic("a mistake")
	})})
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("got %v, want the connection aborted", v)
		}
	}()
	do(h, "GET", "https://lab.internal/")
}

func TestOtherSitesChangeNothing(t *testing.T) {
	d := says("portal")
	d.CrossOrigin = []string{"POST /token"}
	h, _ := behind(t, d)
	tests := []struct {
		name, method, path string
		headers            []string
		want               int
	}{
		{"a program", "POST", "/", nil, 200},
		{"our own form", "POST", "/", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"an old browser's own form", "POST", "/", []string{"Origin", "https://lab.internal"}, 200},
		{"another site", "POST", "/", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another host of the domain", "POST", "/", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"another site, old browser", "POST", "/", []string{"Origin", "https://evil.example"}, 403},
		{"a sandboxed page", "POST", "/", []string{"Origin", "null"}, 403},
		{"a link from another site", "GET", "/", []string{"Sec-Fetch-Site", "cross-site"}, 200},
		{"the token endpoint", "POST", "/token", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://app.example"}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := do(h, tt.method, "https://lab.internal"+tt.path, tt.headers...).Code; got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestDoorShowsItsOwnErrors(t *testing.T) {
	h, _ := behind(t, Door{
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a mistake") }),
		Fail: func(w http.ResponseWriter, r *http.Request, err error) {
			w.WriteHeader(Status(err))
			io.WriteString(w, "ours: "+fault.Message(err))
		},
	})
	if w := do(h, "GET", "https://lab.internal/"); w.Code != 500 || !strings.HasPrefix(w.Body.String(), "ours: ") {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
}

func TestPlainIsAPageOrJSON(t *testing.T) {
	err := fault.Wrap(fault.Denied, errors.New("hunter2"), "<b>may not</b>").WithHint("ask")
	for accept, page := range map[string]bool{
		"text/html,application/xhtml+xml;q=0.9,*/*;q=0.8": true, "application/json": false, "*/*": false, "": false,
		"application/json, text/html": false,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		Plain(w, r, err)
		body := w.Body.String()
		if got := strings.HasPrefix(body, "<!doctype html>"); got != page || w.Code != 403 {
			t.Errorf("%q: got %d %s", accept, w.Code, body)
		}
		if strings.Contains(body, "<b>") || strings.Contains(body, "hunter2") || !strings.Contains(body, "ask") {
			t.Errorf("%q: got %s", accept, body)
		}
	}
}

func TestAllowFormTo(t *testing.T) {
	tests := []struct{ redirect, want string }{
		{"https://hub.lab.internal:8000/oauth?x=1", "form-action 'self' https://hub.lab.internal:8000;"},
		{"http://localhost:4000/", "form-action 'self' http://localhost:4000;"},
		{"msauth.app:/x", "form-action 'self' msauth.app:;"},
		{"/relative", ""}, {"https://a b/", ""}, {"https://a;script-src/", ""}, {"https://*/", ""}, {"", ""},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		w.Header().Set(csp, policy("n"))
		err := AllowFormTo(w, tt.redirect)
		if (err == nil) != (tt.want != "") {
			t.Errorf("%q: got %v", tt.redirect, err)
		}
		if got := w.Header().Get(csp); tt.want != "" && !strings.Contains(got, tt.want) || tt.want == "" && got != policy("n") {
			t.Errorf("%q: got %s", tt.redirect, got)
		}
	}
}
