package pki

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Labels of PEM blocks, RFC 7468 §5 and §10.
const (
	labelCert = "CERTIFICATE"
	labelKey  = "PRIVATE KEY"
)

// PrivatePEM is a private key in PEM, PKCS #8 unless it came from elsewhere.
// Whatever the verb, it prints as [secret].
type PrivatePEM []byte

// Format writes [secret].
func (PrivatePEM) Format(s fmt.State, _ rune) { io.WriteString(s, "[secret]") }

// LogValue is [secret].
func (PrivatePEM) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Pair is a certificate, with the chain that follows it, and its key.
type Pair struct {
	Cert []byte
	Key  PrivatePEM
}

// CertPEM is the root's certificate, for whoever shall trust it.
func (a *Authority) CertPEM() []byte { return marshalCert(a.cert.Raw) }

// KeyPEM is the root's key, for the caller to seal. It is nil while the key is
// offline.
func (a *Authority) KeyPEM() (PrivatePEM, error) {
	if a.key == nil {
		return nil, nil
	}
	return marshalKey(a.key)
}

// Parse reads a root that CertPEM and KeyPEM wrote. Without a key the root is
// offline. A key of another certificate is refused: what it signed, nobody would
// accept.
func Parse(cert []byte, key PrivatePEM) (*Authority, error) {
	c, err := parseRoot(cert)
	if err != nil {
		return nil, err
	}
	if len(key) == 0 {
		return &Authority{cert: c}, nil
	}
	k, err := parseKey(key)
	if err != nil {
		return nil, err
	}
	if !k.PublicKey.Equal(c.PublicKey) {
		return nil, fault.New(fault.Invalid, "the root's key belongs to another certificate")
	}
	return &Authority{cert: c, key: k}, nil
}

func parseRoot(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != labelCert {
		return nil, fault.New(fault.Invalid, "the root certificate is not PEM")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the root certificate cannot be read")
	}
	if !c.IsCA || len(c.PermittedDNSDomains) != 1 {
		return nil, fault.New(fault.Invalid, "the certificate is not the root of a domain")
	}
	return c, nil
}

func parseKey(text PrivatePEM) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != labelKey {
		return nil, fault.New(fault.Invalid, "the root's key is not PEM")
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the root's key cannot be read")
	}
	ec, ok := k.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fault.New(fault.Invalid, "the root's key is not an ECDSA key")
	}
	return ec, nil
}

func marshalCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: labelCert, Bytes: der})
}

func marshalKey(k *ecdsa.PrivateKey) (PrivatePEM, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("encode a private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: labelKey, Bytes: der}), nil
}
