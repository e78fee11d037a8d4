package httpd

import (
	"net/http"
	"time"
)

// hostOnly has browsers refuse the cookie unless it is Secure, for the whole
// path, and of this very host: no other host of the domain can plant one,
// RFC 6265bis §4.1.3.2.
const hostOnly = "__Host-"

// SetCookie gives the browser a cookie that scripts cannot read. A life of 0
// ends it with the browser.
//
// SameSite is Lax, because a person who comes from an application to sign in
// must be known. It is no proof that a request was meant; see [Form].
func SetCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, newCookie(name, value, int(life/time.Second)))
}

// ClearCookie has the browser forget a cookie.
func ClearCookie(w http.ResponseWriter, name string) { http.SetCookie(w, newCookie(name, "", -1)) }

// Cookie returns a cookie's value; empty if there is none.
func Cookie(r *http.Request, name string) string {
	c, err := r.Cookie(hostOnly + name)
	if err != nil {
		return ""
	}
	return c.Value
}

func newCookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: hostOnly + name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}
