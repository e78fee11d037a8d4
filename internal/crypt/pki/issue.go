package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// ServerLife is how long a server's certificate lives. It renews itself, so a
// stolen one should not be of use for long.
const ServerLife = 90 * 24 * time.Hour

// Issue makes a key and a server certificate for names, which must lie within
// the domain. A wildcard may stand for the first label.
//
// The root follows the certificate in the chain. RFC 8446 §4.4.2 would let us
// leave it out, but a newcomer who holds only the root's fingerprint then could
// not check it.
func (a *Authority) Issue(names []string, now time.Time, life time.Duration) (Pair, error) {
	if a.key == nil {
		return Pair{}, fault.New(fault.Unavailable, "the root's key is offline, so no certificate can be issued").
			WithHint("Bring the root's key back, or give this server a certificate of your own.")
	}
	names, err := a.within(names)
	if err != nil {
		return Pair{}, err
	}
	end := now.Add(life)
	if end.After(a.cert.NotAfter) {
		end = a.cert.NotAfter
	}
	if !now.Before(end) {
		return Pair{}, fault.New(fault.Unavailable, "the root certificate ended on %s", a.cert.NotAfter.Format(time.DateOnly))
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("generate a server's key: %w", err)
	}
	t := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: commonName(names[0])},
		DNSNames:              names,
		NotBefore:             now.Add(-backdate).UTC(),
		NotAfter:              end.UTC(),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, key.Public(), a.key)
	if err != nil {
		return Pair{}, fmt.Errorf("sign a certificate for %s: %w", names[0], err)
	}
	private, err := marshalKey(key)
	if err != nil {
		return Pair{}, err
	}
	return Pair{Cert: append(marshalCert(der), a.CertPEM()...), Key: private}, nil
}

// within returns names in lower case, if all lie within the domain.
func (a *Authority) within(names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, fault.New(fault.Invalid, "a certificate needs a name")
	}
	out := make([]string, len(names))
	for i, name := range names {
		name = strings.ToLower(name)
		plain := strings.TrimPrefix(name, "*.")
		if !isName(plain) || plain != a.Domain() && !strings.HasSuffix(plain, "."+a.Domain()) {
			return nil, fault.New(fault.Invalid, "%q is not a name in %s", name, a.Domain())
		}
		out[i] = name
	}
	return out, nil
}

// isName reports whether s is a host name in lower case, RFC 1123 §2.1.
func isName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}
