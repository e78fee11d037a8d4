package httpd

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// guard is what stands before every door.
type guard struct {
	door   Door
	next   http.Handler
	origin *http.CrossOriginProtection
	log    *slog.Logger
}

func newGuard(d Door, cfg Config) (http.Handler, error) {
	if d.Handler == nil {
		d.Handler = http.NotFoundHandler()
	}
	if d.Fail == nil {
		d.Fail = Plain
	}
	if d.MaxBody == 0 {
		d.MaxBody = maxBody
	}
	origin, err := crossOrigin(d)
	if err != nil {
		return nil, err
	}
	return &guard{door: d, next: probes(d.Handler, cfg), origin: origin, log: cfg.Log}, nil
}

// ServeHTTP is a request's way from the connection to its door and back.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	about := newRequest(r)
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, about))
	out := &watched{ResponseWriter: w}
	defer g.logEnd(r, about, out)
	defer g.recover(out, r)

	setHeaders(w.Header(), r, about)
	if r.ContentLength > g.door.MaxBody {
		g.door.Fail(out, r, &http.MaxBytesError{Limit: g.door.MaxBody})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, g.door.MaxBody)
	if err := g.origin.Check(r); err != nil {
		g.door.Fail(out, r, fault.Wrap(fault.Denied, err, "the request came from another site").
			WithHint("Open the page again, and send the form from there."))
		return
	}
	zip := newCompressor(out, r)
	g.next.ServeHTTP(zip, r)
	zip.close()
}

// recover answers for a handler that panicked. Once a part of an answer is out
// the connection is broken off, so that nobody takes the part for the whole.
func (g *guard) recover(w *watched, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	g.log.Error("panic in a request", "door", g.door.Name, "id", ID(r), "panic", v, "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	for _, k := range []string{"Content-Length", "Content-Encoding", "Content-Type", "Etag", "Set-Cookie"} {
		w.Header().Del(k)
	}
	w.Header().Set("Cache-Control", noStore)
	g.door.Fail(w, r, fault.New(fault.Internal, "something went wrong on the server"))
}

// logEnd writes the request's line. Who looks every second whether we are well
// is not worth one.
func (g *guard) logEnd(r *http.Request, about *request, w *watched) {
	level := slog.LevelInfo
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || r.URL.Path == "/metrics" {
		level = slog.LevelDebug
	}
	g.log.LogAttrs(r.Context(), level, "request",
		slog.String("door", g.door.Name),
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		slog.Int("status", w.code()),
		slog.String("actor", about.actorName()),
		slog.Duration("duration", time.Since(about.began)),
		slog.String("source", r.RemoteAddr),
		slog.String("id", about.id))
}

// watched remembers the status of an answer.
type watched struct {
	http.ResponseWriter
	status int // 0 until it is sent
}

// WriteHeader sends the status. One of 100 to 199 announces another.
func (w *watched) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap is for [http.ResponseController].
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watched) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
