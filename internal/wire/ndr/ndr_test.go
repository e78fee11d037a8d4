package ndr

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// write makes a type of two strings.
func write(t testing.TB, a, b string) []byte {
	t.Helper()
	w := NewWriter()
	w.StringHeader(a)
	w.StringHeader(b)
	w.StringBody(a)
	w.StringBody(b)
	p, err := w.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func read(p []byte) (a, b string, err error) {
	r := NewReader(p)
	x, y := r.StringHeader(), r.StringHeader()
	a = r.StringBody(x)
	b = r.StringBody(y)
	return a, b, r.Err()
}

func TestStringsComeBack(t *testing.T) {
	for _, s := range []string{"", "a", "ab", "jürgen", "a😀b"} {
		p := write(t, s, "second")
		if len(p)%8 != 0 {
			t.Errorf("%q: %d octets", s, len(p))
		}
		a, b, err := read(p)
		if a != s || b != "second" || err != nil {
			t.Errorf("%q: got %q, %q, %v", s, a, b, err)
		}
	}
}

func TestAlignmentIsThatOfNDR(t *testing.T) {
	w := NewWriter()
	w.Uint16(1)
	w.Uint32(2)
	p, _ := w.Bytes()
	want := []byte{1, 16, 8, 0, 0xcc, 0xcc, 0xcc, 0xcc, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}
	if !bytes.Equal(p, want) {
		t.Errorf("got %x, want %x", p, want)
	}
}

func TestMistakesStick(t *testing.T) {
	w := NewWriter()
	w.StringHeader(strings.Repeat("x", 1<<15))
	if _, err := w.Bytes(); !errors.Is(err, ErrLong) {
		t.Errorf("a string of 64 KiB: got %v", err)
	}
	good := write(t, "ab", "c")
	for at, want := range map[int]error{0: ErrHeader, 1: ErrHeader, 8: ErrTruncated, 20: ErrCount, 40: ErrCount, 44: ErrCount} {
		p := bytes.Clone(good)
		p[at] ^= 0x81
		if _, _, err := read(p); !errors.Is(err, want) {
			t.Errorf("octet %d changed: got %v, want %v", at, err, want)
		}
	}
	for n := range len(good) {
		if _, _, err := read(good[:n]); err == nil {
			t.Errorf("the first %d octets parse", n)
		}
	}
	if r := NewReader(good); r.Count(3, 0) != 0 || !errors.Is(r.Err(), ErrCount) {
		t.Errorf("a count other than the field's: got %v", r.Err())
	}
	r := NewReader(good)
	if r.Count(1<<20, 1<<12); r.Err() == nil {
		t.Error("a count beyond the input passes")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write(f, "ab", ""))
	f.Add(write(f, "a😀", "c")[:40])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, p []byte) {
		a, b, err := read(p)
		if err != nil {
			return
		}
		c, d, err := read(write(t, a, b))
		if a != c || b != d || err != nil {
			t.Fatalf("got %q, %q, %v; want %q, %q", c, d, err, a, b)
		}
	})
}
