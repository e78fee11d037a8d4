// Package keyring keeps the keys an installation and its servers sign and look
// up with: one record each, sealed like everything in the store.
//
// What always holds: a key is made once, by whoever first needs it; two servers
// that need it at once get the same one.
//
// What a key is used for is not known here.
package keyring

import (
	"context"
	"time"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// Names of the keys of an installation. A server's own have its name after them.
const (
	Names     = "names"     // keys the hashes under which names stand in the store
	Authority = "authority" // the root certificate and its key, PEM
	AuditSign = "audit"     // signs the heads of the audit logs
	ServerTLS = "tls/"      // + server: certificate and key, PEM
	Recovery  = "recovery"  // public half of the recovery key
	Forms     = "forms"     // keys the tokens in the portal's forms
)

// Key is one key.
type Key struct {
	Name    string    `json:"name"`
	Value   []byte    `json:"value"`
	Created time.Time `json:"created"`
}

var table = store.JSON("key/", 1, func(k Key) string { return k.Name }, nil)

// Get returns a key's value; nil if there is none.
func Get(ctx context.Context, st store.Store, name string) ([]byte, error) {
	var k Key
	err := st.View(ctx, func(tx store.Tx) error {
		var err error
		k, _, err = table.Get(tx, name)
		return err
	})
	return k.Value, err
}

// Ensure returns a key's value, made by create if there is none.
func Ensure(ctx context.Context, st store.Store, name string, now time.Time, create func() ([]byte, error)) ([]byte, error) {
	if v, err := Get(ctx, st, name); err != nil || v != nil {
		return v, err
	}
	made, err := create()
	if err != nil {
		return nil, err
	}
	out := made
	_, err = st.Update(ctx, func(tx store.Tx) error {
		k, have, err := table.Get(tx, name)
		if err != nil {
			return err
		}
		if have {
			out = k.Value
			return nil
		}
		out = made
		return table.Put(tx, Key{Name: name, Value: made, Created: now.UTC()})
	})
	return out, err
}

// Set replaces a key.
func Set(ctx context.Context, st store.Store, name string, value []byte, now time.Time) error {
	_, err := st.Update(ctx, func(tx store.Tx) error {
		return table.Put(tx, Key{Name: name, Value: value, Created: now.UTC()})
	})
	return err
}

// Drop removes every key whose name begins with prefix, so that they are made
// anew: after a restore.
func Drop(tx store.Tx, prefix string) error {
	var names []string
	if err := table.Scan(tx, prefix, "", func(k Key) bool { names = append(names, k.Name); return true }); err != nil {
		return err
	}
	for _, n := range names {
		if err := table.Delete(tx, n); err != nil {
			return err
		}
	}
	return nil
}
