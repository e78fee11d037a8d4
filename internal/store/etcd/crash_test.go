package etcd_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/etcd"
)

// crashDir tells a child which folder to write in until it is killed.
const crashDir = "SELFSAME_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// writeUntilKilled has several writers put pairs of keys, and prints each pair
// once it was acknowledged.
func writeUntilKilled(dir string) {
	ctx := context.Background()
	s, err := etcd.Open(ctx, etcd.Config{Dir: dir})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	acked := make(chan string, 64)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d/%d/%d", os.Getpid(), w, i)
				if _, err := s.Update(ctx, func(tx store.Tx) error {
					if err := tx.Put("left/"+id, []byte(id)); err != nil {
						return err
					}
					return tx.Put("right/"+id, []byte(id))
				}); err != nil {
					fmt.Println("error:", err)
					os.Exit(1)
				}
				acked <- id
			}
		}()
	}
	for id := range acked {
		fmt.Println(id)
	}
}

// Promises 1, 2 and 6: what was acknowledged before a kill -9 is there after it,
// no transaction is there by half, and the folder opens every time.
func TestKilledServerLosesNothingAcknowledged(t *testing.T) {
	kills := 8
	if testing.Short() {
		kills = 2
	}
	dir := filepath.Join(t.TempDir(), "data")
	var acked []string
	for range kills {
		acked = append(acked, killed(t, dir, rand.N(300*time.Millisecond))...)
	}
	s := open(t, etcd.Config{Dir: dir})
	left, right := keys(t, s, "left/"), keys(t, s, "right/")
	for _, id := range acked {
		if !left[id] || !right[id] {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
	for id := range left {
		if !right[id] {
			t.Errorf("%s is there by half", id)
		}
	}
	t.Logf("%d acknowledged, %d there, %d kills", len(acked), len(left), kills)
}

// killed runs a child on dir, kills it after it wrote for a while, and returns
// what it said was acknowledged.
func killed(t *testing.T, dir string, after time.Duration) (acked []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		switch line := lines.Text(); {
		case line == "ready":
			defer time.AfterFunc(after, func() { _ = cmd.Process.Kill() }).Stop()
		case strings.HasPrefix(line, "error:"):
			t.Fatal(line)
		case strings.Count(line, "/") == 2:
			acked = append(acked, line)
		}
	}
	// The last line may be cut in the middle, and is then the prefix of an id
	// that was acknowledged or the whole of one.
	if len(acked) > 0 {
		acked = acked[:len(acked)-1]
	}
	return acked
}

func keys(t *testing.T, s store.Store, prefix string) map[string]bool {
	t.Helper()
	out := make(map[string]bool)
	if err := s.View(t.Context(), func(tx store.Tx) error {
		return tx.Scan(prefix, "", func(key string, _ []byte) bool {
			out[strings.TrimPrefix(key, prefix)] = true
			return true
		})
	}); err != nil {
		t.Fatal(err)
	}
	return out
}
