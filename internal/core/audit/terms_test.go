package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

func TestATermHasOneHashHoweverItIsMet(t *testing.T) {
	key := []byte("of a day")
	want := func(folded string) uint64 {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(folded))
		return binary.BigEndian.Uint64(m.Sum(nil))
	}
	h := newHashes(key)
	id := ident.NewID()
	for range 2 { // made, then kept
		for what, got := range map[string][2]uint64{
			"a word":                {h.word("alice"), want("alice")},
			"in capitals":           {h.word("ALICE"), want("alice")},
			"beyond ASCII":          {h.word("Zürcher"), want("zürcher")},
			"an id":                 {h.object(id), want(id.String())},
			"an id that comes once": {h.once(id), want(id.String())},
			"an id that is typed":   {h.word(id.String()), want(id.String())},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: got %x, want %x", what, got[0], got[1])
			}
		}
	}
}

func TestKeptTermsAreBounded(t *testing.T) {
	h := newHashes([]byte("of a day"))
	first := h.word("0")
	for i := range 3 * keptTerms {
		h.word(strconv.Itoa(i))
		h.object(ident.NewID())
	}
	if len(h.words) > keptTerms || len(h.objects) > keptTerms {
		t.Errorf("%d words and %d ids are kept, want at most %d", len(h.words), len(h.objects), keptTerms)
	}
	if h.word("0") != first {
		t.Error("a term that was forgotten has another hash")
	}
}
