package spnego

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var krb5 = oidKrb5[2:]

// The form SSSD and adcli send, and the one answer to it.
const (
	offerHex  = "60 22 06 06 2b0601050502 a0 18 30 16 a0 0d 30 0b 06 09 2a864886f712010202 a2 05 04 03 746f6b"
	answerHex = "a1 1b 30 19 a0 03 0a 01 00 a1 0b 06 09 2a864886f712010202 a2 05 04 03 746f6b"
	// What a file server of Windows sends unasked: NTLM and Kerberos, and the
	// hint everybody has, [MS-SPNG] §3.2.5.2.
	hintHex = "60 48 06 06 2b0601050502 a0 3e 30 3c a0 0e 30 0c 06 0a 2b06010401823702020a" +
		"a3 2a 30 28 a0 26 1b 24 6e6f745f646566696e65645f696e5f5246433431373840706c656173655f69676e6f7265"
)

func TestAnOfferIsReadAndWritten(t *testing.T) {
	p := unhex(t, offerHex)
	n, err := ParseInit(p)
	want := NegTokenInit{Mechs: [][]byte{krb5}, RawMechs: p[16:29], Token: []byte("tok")}
	if err != nil || !reflect.DeepEqual(n, want) {
		t.Errorf("got %+v, %v; want %+v", n, err, want)
	}
	if got := n.Marshal(); !bytes.Equal(got, p) {
		t.Errorf("got %x, want %x", got, p)
	}
	if got := n.MarshalMechs(); !bytes.Equal(got, n.RawMechs) {
		t.Errorf("list: got %x, want %x", got, n.RawMechs)
	}
}

func TestAnOfferWithHints(t *testing.T) {
	p := unhex(t, hintHex)
	n, err := ParseInit(p)
	if err != nil || n.Hint != "not_defined_in_RFC4178@please_ignore" || !bytes.Equal(n.Mechs[0], OIDNTLM) || n.MIC != nil {
		t.Errorf("got %+v, %v", n, err)
	}
	if got := n.Marshal(); !bytes.Equal(got, p) {
		t.Errorf("got %x, want %x", got, p)
	}
	for _, hint := range []string{"", "h"} {
		in := NegTokenInit{Mechs: [][]byte{krb5, OIDNTLM}, MIC: []byte("mic"), Hint: hint}
		if out, err := ParseInit(in.Marshal()); err != nil || string(out.MIC) != "mic" || out.Hint != hint {
			t.Errorf("hint %q: got %+v, %v", hint, out, err)
		}
	}
}

func TestAnAnswerIsReadAndWritten(t *testing.T) {
	p := unhex(t, answerHex)
	n, err := ParseResp(p)
	if want := (NegTokenResp{State: AcceptCompleted, Mech: krb5, Token: []byte("tok")}); err != nil || !reflect.DeepEqual(n, want) {
		t.Errorf("got %+v, %v; want %+v", n, err, want)
	}
	if got := n.Marshal(); !bytes.Equal(got, p) {
		t.Errorf("got %x, want %x", got, p)
	}
	if n, err = ParseResp(unhex(t, "a1 02 30 00")); err != nil || n.State != NoState {
		t.Errorf("an empty answer: got %+v, %v", n, err)
	}
	if _, err = ParseResp(unhex(t, "a1 07 30 05 a0 03 0a 01 04")); !errors.Is(err, ErrState) {
		t.Errorf("state 4: got %v", err)
	}
}

func TestSniff(t *testing.T) {
	for s, want := range map[string]Kind{
		offerHex: Init, answerHex: Resp, hintHex: Init, "4e544c4d53535000 01000000": NTLM, "4e544c4d535350": Unknown,
		"60 0d 06 09 2a864886f712010202 01 00": Krb5, "60 0d 06 09 2a864886f712010203 01 00": Unknown, "": Unknown, "60": Unknown, "60 84 ff ff ff ff": Unknown,
		"30 00": Unknown, "60 00": Unknown,
	} {
		if got := Sniff(unhex(t, s)); got != want {
			t.Errorf("%s: got %d, want %d", s, got, want)
		}
	}
}

func TestMalformedOffersAreRefused(t *testing.T) {
	for name, s := range map[string]string{
		"empty": "", "another mechanism": "60 0b 06 09 2a864886f712010202", "no mechanisms": "60 10 06 06 2b0601050502 a0 06 30 04 a0 02 30 00",
		"an answer": answerHex, "behind its end": offerHex + "00",
	} {
		if n, err := ParseInit(unhex(t, s)); err == nil {
			t.Errorf("%s: got %+v", name, n)
		}
	}
	many := NegTokenInit{Mechs: slicesOf(krb5, MaxMechs+1)}
	if _, err := ParseInit(many.Marshal()); !errors.Is(err, ErrMechs) {
		t.Errorf("many mechanisms: got %v", err)
	}
}

func slicesOf(p []byte, n int) [][]byte {
	var l [][]byte
	for range n {
		l = append(l, p)
	}
	return l
}

// A browser with MIT krb5 sent this; gokrb5 has it among its vectors. It offers
// Kerberos under both of its identifiers, IAKERB and SPNEGO itself.
func TestAnOfferOfABrowser(t *testing.T) {
	text, err := os.ReadFile("testdata/offer.hex")
	if err != nil {
		t.Fatal(err)
	}
	p := unhex(t, string(text))
	n, err := ParseInit(p)
	if err != nil || len(n.Mechs) != 4 || !bytes.Equal(n.Mechs[0], krb5) || Sniff(p) != Init || Sniff(n.Token) != Krb5 {
		t.Fatalf("got %+v, %v", n, err)
	}
	if got := n.Marshal(); !bytes.Equal(got, p) {
		t.Errorf("got %x, want %x", got, p)
	}
}

// reqFlags are passed over. gokrb5 has the inner part of this among its vectors.
func TestAnOfferWithFlags(t *testing.T) {
	n, err := ParseInit(unhex(t, "60 28 06 06 2b0601050502 a0 1e 30 1c a0 0d 30 0b 06 09 2a864886f712010202 a1 04 03 02 01 76 a2 05 04 03 01 02 03"))
	if err != nil || !bytes.Equal(n.Token, []byte{1, 2, 3}) {
		t.Errorf("got %+v, %v", n, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{offerHex, answerHex, hintHex, "", "60 00", "a1 02 30 00", "60 84 ff ff ff ff", "4e544c4d53535000"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		kind := Sniff(p)
		if n, err := ParseInit(p); err == nil {
			if kind != Init {
				t.Fatalf("Sniff says %d of an offer", kind)
			}
			again, err := ParseInit(n.Marshal())
			n.RawMechs, again.RawMechs = nil, nil
			if err != nil || !reflect.DeepEqual(again, n) {
				t.Fatalf("got %+v, %v; want %+v", again, err, n)
			}
		}
		if n, err := ParseResp(p); err == nil {
			if again, err := ParseResp(n.Marshal()); err != nil || !reflect.DeepEqual(again, n) {
				t.Fatalf("got %+v, %v; want %+v", again, err, n)
			}
		}
	})
}
