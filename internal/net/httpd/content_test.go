package httpd

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestGzip(t *testing.T) {
	long := strings.Repeat("seven grey herons at dusk\n", 100)
	tests := []struct {
		name, accept, kind, body string
		encoding                 string // what it arrives in
		zipped                   bool
	}{
		{"a page", "gzip, br", "text/html; charset=utf-8", long, "", true},
		{"JSON", "gzip", "application/json", long, "", true},
		{"no type given", "gzip", "", long, "", true},
		{"a short page", "gzip", "text/html", "short", "", false},
		{"nothing", "gzip", "text/html", "", "", false},
		{"not asked for", "", "text/html", long, "", false},
		{"refused", "gzip;q=0", "text/html", long, "", false},
		{"weighed", "br;q=1, gzip;q=0.5", "text/html", long, "", true},
		{"a picture", "gzip", "image/png", long, "", false},
		{"events", "gzip", "text/event-stream", long, "", false},
		{"encoded already", "gzip", "text/html", long, "br", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, _ := behind(t, Door{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tt.kind != "" {
					w.Header().Set("Content-Type", tt.kind)
				}
				if tt.encoding != "" {
					w.Header().Set("Content-Encoding", tt.encoding)
				}
				w.WriteHeader(http.StatusAccepted)
				for part := range strings.SplitAfterSeq(tt.body, "\n") {
					io.WriteString(w, part)
				}
			})})
			w := do(h, "GET", "https://lab.internal/", "Accept-Encoding", tt.accept)
			if w.Code != http.StatusAccepted {
				t.Errorf("got %d, want 202", w.Code)
			}
			if got := w.Header().Get("Content-Encoding") == "gzip"; got != tt.zipped {
				t.Fatalf("got gzip %v, want %v", got, tt.zipped)
			}
			if got := text(t, w); got != tt.body {
				t.Errorf("got %d octets, want %d", len(got), len(tt.body))
			}
		})
	}
}

func text(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	if w.Header().Get("Content-Encoding") != "gzip" {
		return w.Body.String()
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestStreamArrivesAsItIsSent(t *testing.T) {
	read := make(chan struct{})
	s, client := start(t, Config{Default: Door{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: 1\n\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-read // the client has the first before the second is written
		io.WriteString(w, "data: 2\n\n")
	})}})
	resp, err := client.Get("https://" + s.Addr().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, len("data: 1\n\n"))
	if _, err := io.ReadFull(resp.Body, first); err != nil {
		t.Fatal(err)
	}
	close(read)
	rest, err := io.ReadAll(resp.Body)
	if got := string(first) + string(rest); err != nil || got != "data: 1\n\ndata: 2\n\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAssets(t *testing.T) {
	css := strings.Repeat("body { margin: 0 }\n", 100)
	a, err := NewAssets(fstest.MapFS{"css/app.css": {Data: []byte(css)}, "logo.svg": {Data: []byte("<svg/>")}}, "/assets/")
	if err != nil {
		t.Fatal(err)
	}
	h, _ := behind(t, Door{Handler: a})
	address := "https://lab.internal" + a.URL("css/app.css")
	w := do(h, "GET", address)
	tag := w.Header().Get("Etag")
	if w.Code != 200 || w.Body.String() != css || tag == "" ||
		w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
	zipped := do(h, "GET", address, "Accept-Encoding", "gzip")
	if got := zipped.Header().Get("Etag"); got != "W/"+tag || text(t, zipped) != css {
		t.Errorf("zipped: got tag %s, want W/%s", got, tag)
	}
	for _, match := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		if w := do(h, "GET", address, "If-None-Match", match); w.Code != 304 || w.Body.Len() != 0 {
			t.Errorf("%s: got %d with %d octets, want 304", match, w.Code, w.Body.Len())
		}
	}
	for path, want := range map[string]int{
		"/assets/css/app.css": 404, "/assets/": 404, "/assets/../httpd.go": 404, "/css/app.css": 404,
	} {
		if w := do(h, "GET", "https://lab.internal"+path); w.Code != want || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: got %d, want %d", path, w.Code, want)
		}
	}
	if w := do(h, "POST", address); w.Code != 405 {
		t.Errorf("POST: got %d, want 405", w.Code)
	}
	other, err := NewAssets(fstest.MapFS{"css/app.css": {Data: []byte(css + "p{}")}}, "/assets/")
	if err != nil || other.URL("css/app.css") == a.URL("css/app.css") {
		t.Error("another content has the same address")
	}
}
