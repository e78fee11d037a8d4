package page

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "just now", 3 * time.Minute: "3 minutes ago", time.Minute: "1 minute ago", 26 * time.Hour: "26 hours ago",
		72 * time.Hour: "3 days ago", 90 * 24 * time.Hour: "3 months ago", 3 * 365 * 24 * time.Hour: "3 years ago", -30 * time.Minute: "in 30 minutes",
	} {
		if got := Ago(now.Add(-d), now); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}

func TestNumbersHaveTheirThousandsApart(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1938401104: "1,938,401,104", -12345: "-12,345"} {
		if got := Number(n); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAShellReadsAQuotedWordAsOne(t *testing.T) {
	for s, want := range map[string]string{
		"alice": "alice", "alice@lab.internal": "alice@lab.internal", "Data Scientists": "'Data Scientists'", "": "''", "a'; rm -rf /": `'a'\''; rm -rf /'`, "$(x)": "'$(x)'", "-x y": "'-x y'",
	} {
		if got := Quote(s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
}

func TestAChartEscapesItsLabelAndCounts(t *testing.T) {
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	c := Chart{ID: "x", Label: "<b>&", Step: time.Hour, Height: 100, Points: []Point{{at, 1, 0}, {at.Add(time.Hour), 2, 3}}}
	if good, bad := c.Totals(); good != 3 || bad != 3 {
		t.Errorf("got %d and %d", good, bad)
	}
	svg := string(c.Draw())
	if strings.Contains(svg, "<b>") || !strings.Contains(svg, "&lt;b&gt;&amp;") {
		t.Errorf("the label is not escaped: %s", svg)
	}
	if (Chart{}).Draw() != "" {
		t.Error("nothing is drawn as something")
	}
}

func TestAPageIsWrittenWholeOrNotAtAll(t *testing.T) {
	s, err := New(fstest.MapFS{
		"good.html": {Data: []byte(`{{define "main"}}<h1>{{.Data}}</h1>{{end}}`)},
		"bad.html":  {Data: []byte(`{{define "main"}}<h1>half{{.Data.Missing}}</h1>{{end}}`)},
	}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	sh := &Shell{Title: "T", Domain: "lab.internal", Asset: func(n string) string { return "/assets/" + n }}
	w := httptest.NewRecorder()
	if err := s.RenderBare(w, http.StatusTeapot, "good.html", sh, "<script>"); err != nil || w.Code != http.StatusTeapot {
		t.Fatalf("got %d, %v", w.Code, err)
	}
	if body := w.Body.String(); !strings.Contains(body, "<h1>&lt;script&gt;</h1>") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %s", body)
	}
	w = httptest.NewRecorder()
	if err := s.Render(w, http.StatusOK, "bad.html", sh, 1); err == nil || w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "half") {
		t.Errorf("a page that fails: got %d %q, %v", w.Code, w.Body, err)
	}
}
