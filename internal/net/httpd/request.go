package httpd

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// request is what the guards know of a request.
type request struct {
	id    string
	nonce string
	began time.Time
	actor atomic.Pointer[string]
}

type requestKey struct{}

func newRequest(r *http.Request) *request {
	id := strings.ToLower(r.Header.Get(requestID))
	if !isUUID(id) {
		id = newUUID()
	}
	return &request{id: id, nonce: rand.Text(), began: time.Now()}
}

func (a *request) actorName() string {
	if p := a.actor.Load(); p != nil {
		return *p
	}
	return ""
}

func requestOf(ctx context.Context) *request {
	a, _ := ctx.Value(requestKey{}).(*request)
	if a == nil {
		a = new(request) // a test calls a handler without its guards
	}
	return a
}

// ID is the correlation id: in the answer's X-Request-Id, on error pages, and in
// the log. A client may choose it, so it proves nothing and need not be unique.
func ID(r *http.Request) string { return requestOf(r.Context()).id }

// Nonce is what script and style elements of this one page must carry,
// CSP Level 3 §6.7.2.
func Nonce(r *http.Request) string { return requestOf(r.Context()).nonce }

// SetActor tells the log who is asking.
func SetActor(r *http.Request, name string) { requestOf(r.Context()).actor.Store(&name) }

// newUUID draws an id, RFC 9562 §5.4.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// isUUID reports whether s is a UUID in lower case, RFC 9562 §4.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", rune(c)) {
			return false
		}
	}
	return true
}
