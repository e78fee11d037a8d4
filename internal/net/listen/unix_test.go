package listen

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

func TestUnixSocketKnowsItsPeer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := Unix(t.Context(), path, 0o620)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o620 {
		t.Errorf("got %v, %v; want mode 0620", st.Mode(), err)
	}
	srv := &http.Server{ConnContext: ConnContext, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := PeerFrom(r.Context())
		fmt.Fprintln(w, p.PID, p.UID, p.GID, ok)
	})}
	done := make(chan struct{})
	go func() { srv.Serve(ln); close(done) }()
	defer func() { srv.Close(); <-done }()

	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Get("http://local/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, _ := io.ReadAll(resp.Body)
	if want := fmt.Sprintln(os.Getpid(), os.Getuid(), os.Getgid(), true); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnixSocketThatIsThere(t *testing.T) {
	dir := t.TempDir()
	live := filepath.Join(dir, "live")
	ln, err := Unix(t.Context(), live, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if _, err := Unix(t.Context(), live, 0o600); !fault.Is(err, fault.Exists) {
		t.Errorf("one in use: got %v, want exists", err)
	}

	stale := filepath.Join(dir, "stale")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	ln2, err := Unix(t.Context(), stale, 0o600)
	if err != nil {
		t.Fatalf("one left behind: %v", err)
	}
	ln2.Close()

	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Unix(t.Context(), file, 0o600); !fault.Is(err, fault.Exists) {
		t.Errorf("a file: got %v, want exists", err)
	}
	if got, _ := os.ReadFile(file); string(got) != "mine" {
		t.Error("the file was touched")
	}
}

func TestParseLoginUID(t *testing.T) {
	tests := []struct {
		in   string
		want uint32
		ok   bool
	}{
		{"1938401104\n", 1938401104, true}, {"0", 0, true},
		{"4294967295", 0, false}, {"", 0, false}, {"-1", 0, false}, {"4294967296", 0, false},
	}
	for _, tt := range tests {
		if got, ok := parseLoginUID(tt.in); got != tt.want || ok != tt.ok {
			t.Errorf("%q: got %d, %v; want %d, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}
