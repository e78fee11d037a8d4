package pki

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Keeper holds a server's current certificate. Whoever listens asks it at each
// handshake, so a new certificate is in force without a restart.
//
// A certificate comes from our own root, which [NewKeeper] asks again at two
// thirds of its life, or from files, which [NewFileKeeper] reads again when they
// change. Both happen in Check, which the daemon calls every minute or so.
type Keeper struct {
	now     func() time.Time
	current atomic.Pointer[tls.Certificate]

	mu     sync.Mutex                        // one Check or Reload at a time
	source func(now time.Time) (Pair, error) // where a new one comes from
	due    func(now time.Time) (bool, error) // whether to ask for it
	loaded func()                            // after it is in force; may be nil
}

// NewKeeper keeps a certificate of our own root. It begins with first, which may
// be what was stored before; if that is empty or no longer good it asks issue.
// One that is good but due waits for Check, so that a server starts while its
// root is offline. Storing what issue returns is left to issue.
func NewKeeper(first Pair, now func() time.Time, issue func(now time.Time) (Pair, error)) (*Keeper, error) {
	k := &Keeper{now: now, source: issue}
	k.due = func(now time.Time) (bool, error) { return !now.Before(k.RenewAt()), nil }
	if len(first.Cert) > 0 && k.Reload(first.Cert, first.Key) == nil {
		return k, nil
	}
	if err := k.renew(now()); err != nil { // nobody else has k yet
		return nil, err
	}
	return k, nil
}

// NewFileKeeper keeps the certificate that stands in two files.
func NewFileKeeper(certFile, keyFile string, now func() time.Time) (*Keeper, error) {
	f := &files{cert: certFile, key: keyFile}
	k := &Keeper{now: now, source: f.read, due: f.changed, loaded: f.keep}
	if err := k.Check(now()); err != nil {
		return nil, err
	}
	return k, nil
}

// GetCertificate is for [tls.Config].
func (k *Keeper) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c := k.current.Load(); c != nil {
		return c, nil
	}
	return nil, fault.New(fault.Unavailable, "this server has no certificate yet")
}

// Leaf is the current certificate; nil if there is none yet.
func (k *Keeper) Leaf() *x509.Certificate {
	if c := k.current.Load(); c != nil {
		return c.Leaf
	}
	return nil
}

// RenewAt is two thirds through the current certificate's life: what is left is
// a month, for whoever must repair what hinders the renewal.
func (k *Keeper) RenewAt() time.Time {
	leaf := k.Leaf()
	if leaf == nil {
		return time.Time{}
	}
	return leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) / 3 * 2)
}

// Reload puts a certificate in force. One that does not fit its key, or is not
// valid now, is refused, and the old one stays.
func (k *Keeper) Reload(cert []byte, key PrivatePEM) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reload(cert, key)
}

// Check renews or reads again if it is time to. If that fails the old certificate
// stays, and each later Check tries again.
func (k *Keeper) Check(now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	due, err := k.due(now)
	if err != nil || !due {
		return err
	}
	return k.renew(now)
}

func (k *Keeper) renew(now time.Time) error {
	p, err := k.source(now)
	if err != nil {
		return fmt.Errorf("renew the server's certificate: %w", err)
	}
	if err := k.reload(p.Cert, p.Key); err != nil {
		return err
	}
	if k.loaded != nil {
		k.loaded()
	}
	return nil
}

func (k *Keeper) reload(cert []byte, key PrivatePEM) error {
	c, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the certificate and its key cannot be used together").
			WithHint("Give both as PEM: the server's certificate first, then its chain, and the key of that certificate.")
	}
	switch now := k.now(); {
	case now.After(c.Leaf.NotAfter):
		return fault.New(fault.Invalid, "the certificate ended on %s", c.Leaf.NotAfter.UTC().Format(time.DateTime)).
			WithHint("Renew it, or correct this machine's clock.")
	case now.Before(c.Leaf.NotBefore):
		return fault.New(fault.Invalid, "the certificate begins only on %s", c.Leaf.NotBefore.UTC().Format(time.DateTime)).
			WithHint("Correct this machine's clock.")
	}
	k.current.Store(&c)
	return nil
}

// files are a certificate and its key on disk, and how they looked when they
// were last good. It is used under Keeper.mu.
type files struct {
	cert, key string
	good      [2]stamp
	next      [2]stamp
}

// stamp tells two versions of a file apart. Its size is part of it because some
// file systems count time in seconds.
type stamp struct {
	at   time.Time
	size int64
}

// changed looks before read reads, so that a change in between is seen next time.
func (f *files) changed(time.Time) (bool, error) {
	for i, path := range []string{f.cert, f.key} {
		st, err := os.Stat(path)
		if err != nil {
			return false, fault.Wrap(fault.NotFound, err, "the file %s cannot be read", path)
		}
		f.next[i] = stamp{st.ModTime(), st.Size()}
	}
	return f.next != f.good, nil
}

func (f *files) read(time.Time) (Pair, error) {
	cert, err := os.ReadFile(f.cert)
	if err != nil {
		return Pair{}, fault.Wrap(fault.NotFound, err, "the certificate %s cannot be read", f.cert)
	}
	key, err := os.ReadFile(f.key)
	if err != nil {
		return Pair{}, fault.Wrap(fault.NotFound, err, "the key %s cannot be read", f.key)
	}
	return Pair{Cert: cert, Key: key}, nil
}

// keep remembers what is in force. Files that were bad are not remembered, so
// that the error is told until they are mended.
func (f *files) keep() { f.good = f.next }
