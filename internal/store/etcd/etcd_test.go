package etcd_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/etcd"
	"github.com/selfsame-dev/selfsame/internal/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		dir := filepath.Join(t.TempDir(), "data")
		return func(t testing.TB) store.Store { return open(t, etcd.Config{Dir: dir}) }
	})
}

func open(t testing.TB, c etcd.Config) *etcd.Store {
	t.Helper()
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	s, err := etcd.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
