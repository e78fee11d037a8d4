package daemon

import (
	"bytes"
	"context"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/crypt/seal"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// clock is a clock that can be set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Microsecond)
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A name and an address that stood in the log are found on day one. After their
// retention nothing yields them: not the bytes of the folder or of a backup, and
// not what the keys that are left open.
func TestRetentionLeavesNothing(t *testing.T) {
	const canary = "canary.t7q"
	address := netip.MustParseAddr("203.0.113.77")
	ctx := t.Context()
	data := filepath.Join(t.TempDir(), "data")
	made, err := Init(ctx, InitOptions{Data: data, Domain: "lab.internal", Password: "Seven grey herons 7"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := openStore(ctx, data, made.SealKeyFile, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { v.Close() }()
	k, err := loadKeys(ctx, v.sealed, "lab.internal", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{at: time.Now()}
	log, err := audit.Open(audit.Config{Dir: filepath.Join(data, auditDir), Server: "dc1", Sign: k.audit, Seal: v.sealer(), Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	dir, err := directory.Open(ctx, directory.Config{Store: v.sealed, Audit: log, Server: "dc1", NameKey: k.names, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	as := dir.As(ident.Mint(ident.Proven{Who: ident.Ref{Kind: ident.KindLocal, Name: "local:dc1"}, At: c.now()}))
	e, err := as.CreateUser(ctx, directory.NewUser{Login: canary, Password: "Grey heron 41 fen"})
	if err != nil {
		t.Fatal(err)
	}
	in := authn.New(dir, v.sealed, nil)
	at := policy.Attempt{Door: policy.LDAP, Source: address, TLS: true, Client: policy.Directory}
	if _, err := in.SignIn(ctx, at, canary, "Grey heron 41 fen"); err != nil {
		t.Fatal(err)
	}
	if _, err := in.SignIn(ctx, at, canary, "wrong"); err == nil {
		t.Fatal("a wrong password signs in")
	}
	log.FlushRefusals()
	if err := as.Delete(ctx, e.ID); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "day1.backup")
	if err := writeBackup(ctx, v, backup, c.now()); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{canary, address.String()} {
		if got, err := log.Search(ctx, audit.Query{Terms: []string{word}}); err != nil || len(got) < 2 {
			t.Errorf("on day one %q is found %d times, %v", word, len(got), err)
		}
	}

	c.forward(32 * 24 * time.Hour)
	if err := log.Write(ctx, &audit.Record{Kind: audit.System, Action: "tick"}); err != nil {
		t.Fatal(err)
	}
	if days, err := log.Retain(); err != nil || len(days) == 0 {
		t.Fatalf("Retain: %v, %v", days, err)
	}
	if err := log.Sweep(ctx, v.sealed); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{canary, address.String()} {
		if got, _ := log.Search(ctx, audit.Query{Terms: []string{word}}); len(got) > 0 {
			t.Errorf("%q is found after its retention", word)
		}
	}
	var everything []named
	everything = append(everything, filesOf(t, data)...)
	everything = append(everything, filesOf(t, filepath.Dir(backup))...)
	everything = append(everything, openedStore(t, v.sealed)...)
	if err := audit.ReadFolder(filepath.Join(data, auditDir), v.sealer(), func(r *audit.Record) {
		everything = append(everything, named{"record " + r.Action, r.AppendJSON(nil)})
	}); err != nil {
		t.Fatal(err)
	}
	// The backup of day one, opened with the recovery key: the store as it was.
	restored := filepath.Join(t.TempDir(), "restored")
	if _, err := Restore(ctx, RestoreOptions{Backup: backup, Data: restored, RecoveryKey: made.RecoveryKey}); err != nil {
		t.Fatal(err)
	}
	r, err := openStore(ctx, restored, restored+".seal.key", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	everything = append(everything, openedStore(t, r.sealed)...)
	r.Close()
	everything = append(everything, filesOf(t, restored)...)
	bytesOf := address.As4()
	for _, x := range everything {
		for what, needle := range map[string][]byte{"the name": []byte(canary), "the address": []byte(address.String()), "the address in binary": bytesOf[:]} {
			if what == "the address in binary" && len(x.data) > 4096 {
				continue // four bytes come by chance in what is large
			}
			if bytes.Contains(x.data, needle) {
				t.Errorf("%s still stands in %s", what, x.name)
			}
		}
	}
	if len(everything) < 30 {
		t.Errorf("only %d places were searched", len(everything))
	}
}

type named struct {
	name string
	data []byte
}

func filesOf(t *testing.T, dir string) (out []named) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		out = append(out, named{path, b})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// openedStore is everything in a store, opened.
func openedStore(t *testing.T, st store.Store) (out []named) {
	t.Helper()
	err := st.View(context.Background(), func(tx store.Tx) error {
		return tx.Scan("", "", func(key string, value []byte) bool {
			out = append(out, named{"the store's " + key, append([]byte(key+"="), value...)})
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRotationThatWasCutOffIsFinished(t *testing.T) {
	ctx := t.Context()
	data := filepath.Join(t.TempDir(), "data")
	made, err := Init(ctx, InitOptions{Data: data, Domain: "lab.internal", Password: "Seven grey herons 7"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := openStore(ctx, data, made.SealKeyFile, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The ring is wrapped with the next key, and the machine stops before the key
	// file is in place.
	next := seal.NewKey()
	if err := seal.ReplaceKeyFile(made.SealKeyFile+stagedSuffix, next); err != nil {
		t.Fatal(err)
	}
	if err := v.storeRing(ctx, v.ring, next); err != nil {
		t.Fatal(err)
	}
	v.Close()
	if v, err = openStore(ctx, data, made.SealKeyFile, false, nil); err != nil {
		t.Fatal(err)
	}
	v.Close()
	if got, err := seal.ReadKeyFile(made.SealKeyFile); err != nil || !got.Equal(next) {
		t.Errorf("the next key is not in place: %v", err)
	}
}
