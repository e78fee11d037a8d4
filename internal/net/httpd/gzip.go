package httpd

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// gzipLeast is the shortest answer worth compressing: a shorter one fits a
// packet either way.
const gzipLeast = 1 << 10

var gzipWriters = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// compressor holds back the first KiB of an answer, and then decides whether to
// compress it.
type compressor struct {
	http.ResponseWriter
	wanted  bool // by the client
	status  int
	held    []byte
	decided bool
	zip     *gzip.Writer // nil where the answer goes out as it is
}

func newCompressor(w http.ResponseWriter, r *http.Request) *compressor {
	return &compressor{ResponseWriter: w, wanted: r.Method != http.MethodHead && takesGzip(r.Header.Get("Accept-Encoding"))}
}

// WriteHeader notes the status, which leaves with the first octets.
func (c *compressor) WriteHeader(status int) {
	switch {
	case status < 200:
		c.ResponseWriter.WriteHeader(status)
	case c.status == 0 && !c.decided:
		c.status = status
	}
}

func (c *compressor) Write(p []byte) (int, error) {
	if !c.decided && len(c.held)+len(p) < gzipLeast {
		c.held = append(c.held, p...)
		return len(p), nil
	}
	if err := c.decide(len(c.held) + len(p)); err != nil {
		return 0, err
	}
	return c.send(p)
}

// FlushError sends what there is. A handler that flushes streams, so it does not
// wait for the KiB.
func (c *compressor) FlushError() error {
	c.WriteHeader(http.StatusOK) // unless there is one
	if err := c.decide(0); err != nil {
		return err
	}
	if c.zip != nil {
		if err := c.zip.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Flush is FlushError, for handlers that ask for an [http.Flusher].
func (c *compressor) Flush() { c.FlushError() }

// Unwrap is for [http.ResponseController].
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// close sends the rest, if the handler sent anything. It is not called after a
// panic: what was held back is then forgotten, and the error page takes its
// place.
func (c *compressor) close() {
	if c.status != 0 || len(c.held) > 0 {
		c.decide(len(c.held))
	}
	if c.zip != nil {
		c.zip.Close()
		c.zip.Reset(nil)
		gzipWriters.Put(c.zip)
		c.zip = nil
	}
}

// decide sends the status and what was held back. size is how long the answer is
// at least.
func (c *compressor) decide(size int) error {
	if c.decided {
		return nil
	}
	c.decided = true
	h := c.Header()
	if h.Get("Content-Type") == "" && len(c.held) > 0 {
		h.Set("Content-Type", http.DetectContentType(c.held))
	}
	if c.compressible(h) {
		h.Add("Vary", "Accept-Encoding")
		if c.wanted && size >= gzipLeast {
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			h.Del("Accept-Ranges")
			weaken(h)
			c.zip = gzipWriters.Get().(*gzip.Writer)
			c.zip.Reset(c.ResponseWriter)
		}
	}
	if c.status != 0 {
		c.ResponseWriter.WriteHeader(c.status)
	}
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.send(c.held)
	c.held = nil
	return err
}

func (c *compressor) send(p []byte) (int, error) {
	if c.zip != nil {
		return c.zip.Write(p)
	}
	return c.ResponseWriter.Write(p)
}

// compressible reports whether the answer is text that goes out whole. An event
// stream is not: compression would hold events back.
func (c *compressor) compressible(h http.Header) bool {
	if h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" ||
		c.status == http.StatusNoContent || c.status == http.StatusNotModified {
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch kind = strings.TrimSpace(strings.ToLower(kind)); kind {
	case "text/event-stream":
		return false
	case "application/json", "application/javascript", "application/problem+json", "application/xml", "image/svg+xml":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// weaken makes the entity tag one of the content and not of its octets, which
// compression changes, RFC 9110 §8.8.3.3.
func weaken(h http.Header) {
	if tag := h.Get("Etag"); strings.HasPrefix(tag, `"`) {
		h.Set("Etag", "W/"+tag)
	}
}

// takesGzip reads Accept-Encoding, RFC 9110 §12.5.3. A weight of 0 refuses.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(weight)), "q=")
		if !ok {
			return true
		}
		v, err := strconv.ParseFloat(q, 64)
		return err == nil && v > 0
	}
	return false
}
