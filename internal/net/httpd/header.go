package httpd

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

const (
	requestID = "X-Request-Id"
	csp       = "Content-Security-Policy"
	noStore   = "no-store"
	formSelf  = "form-action 'self'"
)

// setHeaders sets what every answer carries. A door may set them anew, and must
// say why where it does.
func setHeaders(h http.Header, r *http.Request, about *request) {
	h.Set(requestID, about.id)
	h.Set(csp, policy(about.nonce))
	h.Set("X-Content-Type-Options", "nosniff")
	// Not no-referrer: with it browsers send "Origin: null" on our own forms, and
	// those too old for Sec-Fetch-Site would be taken for another site.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", noStore)
	// Without includeSubDomains: other hosts of the lab share our domain. Nor for
	// localhost, where it would break whatever else runs there.
	if hostName(r.Host) != "localhost" {
		h.Set("Strict-Transport-Security", "max-age=31536000") // RFC 6797 §6.1
	}
}

// policy allows a page what it was sent with, and nothing from elsewhere.
func policy(nonce string) string {
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "' 'self'; " +
		"img-src 'self' data:; connect-src 'self'; " + formSelf + "; frame-ancestors 'none'; base-uri 'none'"
}

// AllowFormTo lets a form of this page lead to another origin. Browsers apply
// form-action to redirects too, so a sign-in form must name the application that
// its answer redirects to. Call it before the page is written, with a redirect
// URI that is registered.
func AllowFormTo(w http.ResponseWriter, redirect string) error {
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme == "" || strings.ContainsAny(u.Scheme+u.Host, " ;,'\"*") {
		return fault.New(fault.Invalid, "the redirect URI is not one").WithField("redirect_uri")
	}
	source := u.Scheme + ":" // an application of a device has no host
	if u.Host != "" {
		source += "//" + u.Host
	}
	h := w.Header()
	h.Set(csp, strings.Replace(h.Get(csp), formSelf, formSelf+" "+source, 1))
	return nil
}

// Immutable lets browsers and caches keep an answer for good: its address
// changes when it does.
func Immutable(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // RFC 8246
}
