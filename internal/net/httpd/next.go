package httpd

import (
	"net/http"
	"net/url"
	"strings"
)

// Next is where a request wants to go on to, its parameter "next". It is always
// a path of this host, and "/" where another was asked for, so that no link of
// ours leads a person to a stranger's page.
func Next(r *http.Request) string {
	if to := r.FormValue("next"); isPath(to) {
		return to
	}
	return "/"
}

// isPath reports whether a browser takes s for a path of the host it is on. A
// browser reads a backslash as a slash, drops tabs and line ends, and takes
// "//x" for a host, WHATWG URL §4.4.
func isPath(s string) bool {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.Contains(s, `\`) {
		return false
	}
	for _, c := range s {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil
}
