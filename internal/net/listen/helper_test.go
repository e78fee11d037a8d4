package listen

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"
)

const testLimit = 4 << 20

var errTooLong = errors.New("too long")

// lengthPrefixed frames as Kerberos does over TCP: four octets of length,
// RFC 4120 §7.2.2.
func lengthPrefixed(head []byte, limit int) (total, need int, err error) {
	if len(head) < 4 {
		return 0, 4 - len(head), nil
	}
	n := int(binary.BigEndian.Uint32(head)) + 4
	if n > limit {
		return 0, 0, errTooLong
	}
	return n, 0, nil
}

func message(body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// echo sends each message back.
func echo(ctx context.Context, c *Conn) {
	for {
		f, err := c.ReadFrame(lengthPrefixed, testLimit)
		if err != nil {
			return
		}
		_, err = c.Write(f.Bytes)
		f.Release()
		if err != nil {
			return
		}
	}
}

func start(t testing.TB, cfg Config, handle func(context.Context, *Conn)) (*Server, *Counters) {
	t.Helper()
	if cfg.Counters == nil {
		cfg.Counters = new(Counters)
	}
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	s, err := TCP(t.Context(), cfg, handle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.Shutdown(ctx)
		if got := cfg.Counters.Open.Load(); got != 0 {
			t.Errorf("%d connections open after Shutdown", got)
		}
	})
	return s, cfg.Counters
}

func dial(t testing.TB, s *Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second)) // a hanging test should say where
	return c
}

// ask sends one message and reads its echo.
func ask(c net.Conn, body string) (string, error) {
	m := message([]byte(body))
	if _, err := c.Write(m); err != nil {
		return "", err
	}
	got := make([]byte, len(m))
	if _, err := io.ReadFull(c, got); err != nil {
		return "", err
	}
	return string(got[4:]), nil
}

func mustAsk(t testing.TB, c net.Conn, body string) {
	t.Helper()
	if got, err := ask(c, body); err != nil || got != body {
		t.Fatalf("got %d octets, %v; want the %d sent", len(got), err, len(body))
	}
}

// isCut waits until the server closes c.
func isCut(c net.Conn) bool {
	_, err := io.Copy(io.Discard, c)
	var ne net.Error
	return !errors.As(err, &ne) || !ne.Timeout()
}

func testTLS(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"dc1.lab.internal"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		&tls.Config{RootCAs: roots, ServerName: "dc1.lab.internal"}
}
