package seal

import (
	"bytes"
	"testing"
)

// No box that was not sealed opens, whatever it is made of.
func FuzzBox(f *testing.F) {
	ring := NewRing()
	for _, v := range []string{"", "v", "a longer value"} {
		f.Add("name", ring.Seal("name", []byte(v)))
		f.Add("other", ring.Seal("name", []byte(v)))
	}
	f.Add("", []byte{boxVersion, 0, 0, 0, 1})
	other := NewRing()
	f.Fuzz(func(t *testing.T, name string, box []byte) {
		if plain, err := other.Open(name, box); err == nil {
			t.Fatalf("a forged box opened to %q", plain)
		}
		if got, err := ring.Open(name, ring.Seal(name, box)); err != nil || !bytes.Equal(got, box) {
			t.Fatalf("got %q, %v", got, err)
		}
	})
}

func FuzzRing(f *testing.F) {
	key := NewKey()
	f.Add(NewRing().Marshal(key))
	f.Add(NewRing().Next().Marshal(NewKey()))
	f.Add([]byte{ringVersion})
	// What a holder of the sealing key may have sealed by mistake.
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = Unmarshal(key, b)
		id := key.id()
		r, err := Unmarshal(key, sealTo(append([]byte{ringVersion}, id[:]...), newGCM(key.b[:]), b, ringName))
		if err == nil {
			_ = r.Seal("name", b)
			_ = r.Next()
		}
	})
}

func FuzzKeyFile(f *testing.F) {
	f.Add(formatKeyFile(NewKey()))
	f.Add(fileWord)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := parseKeyFile(text)
		if err != nil {
			return
		}
		if again, err := parseKeyFile(formatKeyFile(k)); err != nil || !again.Equal(k) {
			t.Fatalf("a key does not survive its file: %v", err)
		}
	})
}

func FuzzRecoveryText(f *testing.F) {
	f.Add(NewRecoveryKey().Text())
	f.Add("")
	f.Add("OIL-U")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRecoveryKey(text)
		if err != nil {
			return
		}
		if again, err := ParseRecoveryKey(r.Text()); err != nil || !again.Equal(r) {
			t.Fatalf("a key does not survive its text: %v", err)
		}
	})
}

func FuzzRecoveryBox(f *testing.F) {
	r := NewRecoveryKey()
	box, err := WrapForRecovery(NewRecoveryKey().Public(), NewKey())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(box)
	f.Add([]byte{wrapVersion})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := UnwrapWithRecovery(r, b); err == nil {
			t.Fatal("a forged box opened")
		}
	})
}
