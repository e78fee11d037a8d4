package httpd

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Status is the only place that knows faults and HTTP's codes.
//
// A locked account answers as a wrong password does, so that a guesser cannot
// tell the two apart.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Exists, fault.Conflict:
		return http.StatusConflict
	case fault.Unauthenticated, fault.Locked:
		return http.StatusUnauthorized
	case fault.State, fault.Denied:
		return http.StatusForbidden
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Limit:
		return http.StatusTooManyRequests
	case fault.Unsupported:
		return http.StatusNotImplemented
	default:
		return http.StatusInternalServerError
	}
}

// Plain is the error page of a door that has none of its own: HTML for a
// browser, JSON for a program.
func Plain(w http.ResponseWriter, r *http.Request, err error) { writePlain(w, r, Status(err), err) }

// WantsHTML reports whether the client would rather have a page than JSON. A
// client that takes anything is a program.
func WantsHTML(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		kind, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "text/html", "application/xhtml+xml":
			return true
		case "application/json":
			return false
		}
	}
	return false
}

var plainPage = template.Must(template.New("plain").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Message}}</title>
<h1>{{.Message}}</h1>{{with .Hint}}
<p>{{.}}</p>{{end}}
<p>Reference: <code>{{.ID}}</code></p>
</html>
`))

// plain is what is shown of an error.
type plain struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	ID      string `json:"id"`
}

func writePlain(w http.ResponseWriter, r *http.Request, status int, err error) {
	p := plain{fault.KindOf(err).String(), fault.Message(err), fault.Hint(err), ID(r)}
	if status == http.StatusRequestEntityTooLarge {
		p.Kind, p.Message = fault.Limit.String(), "the request is too large"
	}
	if WantsHTML(r) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		plainPage.Execute(w, p)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]plain{"error": p})
}
