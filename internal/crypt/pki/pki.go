// Package pki is the installation's own certificate authority: one root, and
// server certificates beneath it.
//
// What always holds:
//
//   - The root vouches for names in its domain and for nothing else: no other
//     DNS name, no address, no mailbox. Who trusts it trusts it for this domain,
//     even if its key is stolen.
//   - A certificate it issued ends before it does.
//   - A [Keeper] that holds a good certificate never trades it for a bad one.
//   - Private keys print as [secret].
//
// Where keys rest and what seals them is not known here: the caller stores the
// PEM. A root without its key, taken offline, still tells its certificate.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

const (
	// rootLife outlives machines and disks, and ends before P-256 is likely to.
	rootLife = 10 * 365 * 24 * time.Hour

	// backdate lets a peer whose clock is behind see a fresh certificate as valid.
	backdate = time.Hour

	// serialBits: RFC 5280 §4.1.2.2 allows 20 octets; the CA/Browser Forum asks
	// for 64 random bits, so that nobody can predict what will be signed.
	serialBits = 128

	// maxCommonName is ub-common-name of RFC 5280 appendix A.1.
	maxCommonName = 64
)

// Authority is the root. Without its key it cannot issue.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey // nil while it is offline
}

// NewRoot makes the root of a domain, with a fresh key.
//
// It signs servers' certificates itself, so its path length is 0: nobody it
// vouched for can vouch for others, RFC 5280 §4.2.1.9.
func NewRoot(domain string, now time.Time) (*Authority, error) {
	domain = strings.ToLower(domain)
	if !isName(domain) {
		return nil, fault.New(fault.Invalid, "%q is not a DNS domain", domain)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate the root's key: %w", err)
	}
	t := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{Organization: []string{"Selfsame"}, CommonName: commonName(domain + " root")},
		NotBefore:             now.Add(-backdate).UTC(),
		NotAfter:              now.Add(rootLife).UTC(),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	constrain(t, domain)
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign the root: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the root back: %w", err)
	}
	return &Authority{cert: cert, key: key}, nil
}

// constrain limits t to the domain and what is below it, RFC 5280 §4.2.1.10.
//
// An empty excluded subtree means "everything" to some verifiers and "nothing"
// to others, so mailboxes and URIs are kept out by permitting only those at
// "invalid", which no host is ever called, RFC 6761 §6.4.
func constrain(t *x509.Certificate, domain string) {
	t.PermittedDNSDomainsCritical = true
	t.PermittedDNSDomains = []string{domain}
	t.PermittedEmailAddresses = []string{"invalid"}
	t.PermittedURIDomains = []string{"invalid"}
	t.ExcludedIPRanges = []*net.IPNet{
		{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
		{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
	}
}

// Domain is the domain the root vouches for.
func (a *Authority) Domain() string { return a.cert.PermittedDNSDomains[0] }

// Certificate is the root's certificate.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// Online tells whether the root's key is here.
func (a *Authority) Online() bool { return a.key != nil }

// Fingerprint is the SHA-256 of a certificate as openssl x509 -fingerprint
// prints it, so that people can compare the two by eye.
func Fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

// serial draws a serial number that is never 0.
func serial() *big.Int {
	b := make([]byte, serialBits/8)
	rand.Read(b) // never fails since Go 1.24
	return new(big.Int).Add(new(big.Int).SetBytes(b), big.NewInt(1))
}

// commonName returns s where it fits the field, and nothing otherwise: clients
// go by the alternative names, RFC 6125 §6.4.4.
func commonName(s string) string {
	if len(s) > maxCommonName {
		return ""
	}
	return s
}
