package httpd

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Where a form's token travels.
const (
	FormField  = "csrf"
	FormHeader = "X-Csrf-Token" // from a script
)

// Form makes and checks the tokens that prove a form was ours. The check of
// origin comes before it; this one holds where a browser or a proxy tells no
// origin.
type Form struct{ key [32]byte }

// NewForm takes a secret of the installation, so that every server accepts the
// others' forms.
func NewForm(secret []byte) *Form {
	return &Form{key: sha256.Sum256(append([]byte("selfsame form\x00"), secret...))}
}

// Token is a form's token for a session. It looks different on each page: a
// compressed page that also repeats what an attacker chose would betray a steady
// one octet by octet (BREACH, CVE-2013-3587).
func (f *Form) Token(session string) string {
	token := make([]byte, 2*sha256.Size)
	mask, masked := token[:sha256.Size], token[sha256.Size:]
	rand.Read(mask)
	subtle.XORBytes(masked, mask, f.mac(session))
	return base64.RawURLEncoding.EncodeToString(token)
}

// Check refuses a request that does not carry a token of the session. A request
// that only reads needs none.
func (f *Form) Check(r *http.Request, session string) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	text := r.Header.Get(FormHeader)
	if text == "" {
		text = r.PostFormValue(FormField)
	}
	token, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(token) != 2*sha256.Size || session == "" {
		return errForm
	}
	got := make([]byte, sha256.Size)
	subtle.XORBytes(got, token[:sha256.Size], token[sha256.Size:])
	if !hmac.Equal(got, f.mac(session)) {
		return errForm
	}
	return nil
}

var errForm = fault.New(fault.Denied, "the form is out of date").WithHint("Open the page again, and send the form from there.")

func (f *Form) mac(session string) []byte {
	m := hmac.New(sha256.New, f.key[:])
	m.Write([]byte(session))
	return m.Sum(nil)
}
