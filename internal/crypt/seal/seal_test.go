package seal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

func TestBoxOpensOnlyAsItWasSealed(t *testing.T) {
	ring := NewRing()
	box := ring.Seal("user/1", []byte("secret"))
	if bytes.Contains(box, []byte("secret")) {
		t.Error("the box shows what it holds")
	}
	if got, err := ring.Open("user/1", box); string(got) != "secret" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	if bytes.Equal(box, ring.Seal("user/1", []byte("secret"))) {
		t.Error("two boxes of one value are the same")
	}
	if _, err := ring.Open("user/2", box); err == nil {
		t.Error("a box moved to another name opened")
	}
	if _, err := NewRing().Open("user/1", box); err == nil {
		t.Error("a box opened with another ring")
	}
	for i := range box {
		bad := bytes.Clone(box)
		bad[i] ^= 1
		if _, err := ring.Open("user/1", bad); err == nil {
			t.Errorf("a box opened with byte %d changed", i)
		}
		if _, err := ring.Open("user/1", box[:i]); err == nil {
			t.Errorf("a box opened with %d bytes of it", i)
		}
	}
}

func TestRotationOfTheDataKeyKeepsOldBoxes(t *testing.T) {
	ring, sealing := NewRing(), NewKey()
	old := ring.Seal("a", []byte("old"))
	next := ring.Next()
	stored := next.Marshal(sealing)
	ring.Adopt(next)
	recent := ring.Seal("a", []byte("new"))
	if old[4] == recent[4] {
		t.Error("a new box is sealed with the old data key")
	}
	again, err := Unmarshal(sealing, stored)
	if err != nil {
		t.Fatal(err)
	}
	for box, want := range map[string]string{string(old): "old", string(recent): "new"} {
		if got, err := again.Open("a", []byte(box)); string(got) != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
}

func TestRotationOfTheSealingKeyKeepsTheRing(t *testing.T) {
	ring, first, second := NewRing(), NewKey(), NewKey()
	box := ring.Seal("a", []byte("v"))
	stored := ring.Marshal(first)
	if _, err := Unmarshal(second, stored); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), first.ID()) {
		t.Errorf("the wrong sealing key: got %v", err)
	}
	same, err := Unmarshal(second, ring.Marshal(second))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := same.Open("a", box); string(got) != "v" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	k := NewKey()
	if err := WriteKeyFile(path, k); err != nil {
		t.Fatal(err)
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	if got, err := ReadKeyFile(path); err != nil || !got.Equal(k) {
		t.Errorf("read: %v", err)
	}
	if err := WriteKeyFile(path, NewKey()); fault.KindOf(err) != fault.Exists {
		t.Errorf("written over: %v", err)
	}
	if got, _ := ReadKeyFile(path); !got.Equal(k) {
		t.Error("the key was replaced")
	}
	next := NewKey()
	if err := ReplaceKeyFile(path, next); err != nil {
		t.Fatal(err)
	}
	if got, _ := ReadKeyFile(path); !got.Equal(next) {
		t.Error("the key was not replaced")
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestKeyFileIsRefused(t *testing.T) {
	good := formatKeyFile(NewKey())
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"when the group may read it":  {good, 0o640, "chmod 600"},
		"when everybody may write it": {good, 0o602, "chmod 600"},
		"when it is cut short":        {good[:40], 0o600, "damaged"},
		"when a letter changed":       {good[:30] + "!" + good[31:], 0o600, "damaged"},
		"when it is empty":            {"", 0o600, "damaged"},
		"when it is something else":   {strings.Repeat("x", 4096), 0o600, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "seal.key")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := ReadKeyFile(path)
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err)+fault.Hint(err), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := ReadKeyFile(filepath.Join(t.TempDir(), "none")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := ReadKeyFile(t.TempDir()); err == nil {
		t.Error("a folder was taken for a key")
	}
}

func TestRecovery(t *testing.T) {
	r, k := NewRecoveryKey(), NewKey()
	box, err := WrapForRecovery(r.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	typed, err := ParseRecoveryKey(" " + strings.ToLower(strings.ReplaceAll(r.Text(), "-", "  ")) + "\n")
	if err != nil || !typed.Equal(r) {
		t.Fatalf("typed: %v", err)
	}
	if got, err := UnwrapWithRecovery(typed, box); err != nil || !got.Equal(k) {
		t.Errorf("unwrap: %v", err)
	}
	if _, err := UnwrapWithRecovery(NewRecoveryKey(), box); fault.KindOf(err) != fault.Invalid {
		t.Errorf("another recovery key: %v", err)
	}
	if _, err := WrapForRecovery(r.Public()[1:], k); err == nil {
		t.Error("a damaged public half was taken")
	}
}

func TestTypingMistakesAreNamedByGroup(t *testing.T) {
	text := NewRecoveryKey().Text()
	g := strings.Split(text, "-")
	for i := range g {
		wrong := []byte(g[i])
		wrong[3] = map[bool]byte{true: 'A', false: 'B'}[wrong[3] != 'A']
		typed := strings.Replace(text, g[i], string(wrong), 1)
		_, err := ParseRecoveryKey(typed)
		if err == nil {
			t.Fatalf("group %d: a mistake was taken", i+1)
		}
		// A check byte misses one mistake in 256; the ninth group then sees it.
		if m := fault.Message(err); !strings.Contains(m, fmt.Sprint("group ", i+1)) && !strings.Contains(m, "group 9") {
			t.Errorf("group %d: got %q", i+1, m)
		}
		if strings.Contains(err.Error(), string(wrong)) {
			t.Errorf("the error shows what was typed: %v", err)
		}
	}
	g[0], g[1] = g[1], g[0]
	if _, err := ParseRecoveryKey(strings.Join(g, "-")); err == nil {
		t.Error("groups in the wrong order were taken")
	}
	if _, err := ParseRecoveryKey(text[:20]); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a part of it: %v", err)
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	k := Key{secret{[keySize]byte(bytes.Repeat([]byte("K"), keySize))}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "key", k, "in", struct{ K Key }{k})
	out, _ := json.Marshal(map[string]any{"k": k, "r": RecoveryKey(k)})
	all := fmt.Sprintf("%v %+v %#v %s %x %q %d %v", k, k, k, k, k, k, k, struct{ K RecoveryKey }{RecoveryKey(k)}) + log.String() + string(out)
	for _, leak := range []string{"KKK", "4b4b", "75 75", "75,75", "0x4b"} {
		if strings.Contains(all, leak) {
			t.Errorf("a key shows as %q: %s", leak, all)
		}
	}
}
