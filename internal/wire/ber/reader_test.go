package ber

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReaderReadsValues(t *testing.T) {
	r := NewReader(unhex(t, "30 17 02 01 ff 02 02 00 80 0a 01 02 01 01 01 04 02 68 69 85 00 a3 02 05 00"))
	outer := r.Enter(Sequence)
	if n := r.Count(); n != 7 {
		t.Errorf("Count: got %d, want 7", n)
	}
	if got := r.Int32(Integer); got != -1 {
		t.Errorf("first integer: got %d, want -1", got)
	}
	if got := r.Int64(Integer); got != 128 {
		t.Errorf("second integer: got %d, want 128", got)
	}
	if got := r.Int32(Enumerated); got != 2 {
		t.Errorf("enumerated: got %d, want 2", got)
	}
	if !r.Bool(Boolean) {
		t.Error("boolean 01: got false, want true")
	}
	if got := r.Text(OctetString); got != "hi" {
		t.Errorf("text: got %q, want %q", got, "hi")
	}
	if r.Is(Context(4)) || !r.Is(Context(5)) {
		t.Errorf("Is: next tag is %s, want 85", r.Peek())
	}
	if got := r.Octets(Context(5)); got == nil || len(got) != 0 {
		t.Errorf("empty octets: got %v, want empty and not nil", got)
	}
	if got := r.Element(); !bytes.Equal(got, unhex(t, "a3 02 05 00")) {
		t.Errorf("element: got %x", got)
	}
	r.Leave(outer)
	r.Done()
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestReaderAcceptsLengthsLongerThanNeeded(t *testing.T) {
	r := NewReader(unhex(t, "30 84 00 00 00 03 02 01 07")) // as Microsoft's clients write them
	outer := r.Enter(Sequence)
	got := r.Int32(Integer)
	r.Leave(outer)
	if err := r.Err(); err != nil || got != 7 {
		t.Errorf("got %d, %v; want 7", got, err)
	}
}

func TestLeavePassesOverElementsOfALaterVersion(t *testing.T) {
	r := NewReader(unhex(t, "30 06 02 01 07 04 01 61 02 01 08"))
	outer := r.Enter(Sequence)
	r.Int32(Integer)
	r.Leave(outer)
	if got := r.Int32(Integer); got != 8 || r.Err() != nil {
		t.Errorf("got %d, %v; want 8", got, r.Err())
	}
}

func TestReaderRefuses(t *testing.T) {
	sequence := func(r *Reader) { r.Leave(r.Enter(Sequence)) }
	int32s := func(r *Reader) { r.Int32(Integer) }
	tests := []struct {
		name  string
		input string
		read  func(*Reader)
		want  error
	}{
		{"nothing", "", int32s, ErrTruncated},
		{"a tag alone", "30", sequence, ErrTruncated},
		{"half a length", "30 82 01", sequence, ErrTruncated},
		{"a length beyond the input", "30 05 02 01 01", sequence, ErrTruncated},
		{"a length bomb", "30 84 7f ff ff 00", sequence, ErrTruncated},
		{"a length that would be negative", "30 84 ff ff ff ff", sequence, ErrLength},
		{"five octets of length", "30 85 00 00 00 00 00", sequence, ErrLength},
		{"an indefinite length", "30 80 00 00", sequence, ErrIndefinite},
		{"a high tag", "1f 81 01 00", func(r *Reader) { r.Any() }, ErrHighTag},
		{"a high tag, though the caller peeked at it", "ff 00", func(r *Reader) { r.Enter(r.Peek()) }, ErrHighTag},
		{"another tag", "31 00", sequence, ErrTag},
		{"an empty integer", "02 00", int32s, ErrInteger},
		{"an integer of 33 bits", "02 05 01 00 00 00 00", int32s, ErrInteger},
		{"an integer of nine octets", "02 09 00 00 00 00 00 00 00 00 01", func(r *Reader) { r.Int64(Integer) }, ErrInteger},
		{"a boolean of two octets", "01 02 00 00", func(r *Reader) { r.Bool(Boolean) }, ErrBoolean},
		{"an element longer than its parent", "30 03 04 05 61 62 63 64 65", func(r *Reader) {
			r.Enter(Sequence)
			r.Octets(OctetString)
		}, ErrTruncated},
		{"what follows, if asked", "05 00 05 00", func(r *Reader) {
			r.Any()
			r.Done()
		}, ErrTrailing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReader(unhex(t, tt.input))
			tt.read(&r)
			if !errors.Is(r.Err(), tt.want) {
				t.Errorf("got %v, want %v", r.Err(), tt.want)
			}
		})
	}
}

func TestReaderRefusesADepthOf10000(t *testing.T) {
	var b Builder
	for range 10_000 {
		b.Wrap(Sequence, 0)
	}
	r := NewReader(b.Bytes())
	for r.Is(Sequence) {
		r.Enter(Sequence)
	}
	if !errors.Is(r.Err(), ErrDepth) {
		t.Errorf("got %v, want %v", r.Err(), ErrDepth)
	}
}

func TestTheFirstMistakeSticks(t *testing.T) {
	r := NewReader(unhex(t, "02 01 05 04 01 61 02 01 06"))
	r.Int32(Integer)
	r.Int32(Integer) // an octet string comes
	if r.Int32(Integer) != 0 || r.Text(OctetString) != "" || r.Octets(OctetString) != nil || r.Bool(Boolean) || r.More() || r.Peek() != 0 {
		t.Error("a reader went on behind a mistake")
	}
	r.Fail(ErrLength)
	var e *Error
	if !errors.As(r.Err(), &e) || *e != (Error{Offset: 3, Err: ErrTag}) {
		t.Errorf("got %v, want %v at offset 3", r.Err(), ErrTag)
	}
}

func TestReadingDoesNotAllocate(t *testing.T) {
	input := unhex(t, "30 09 02 01 ff 04 04 61 62 63 64")
	allocs := testing.AllocsPerRun(100, func() {
		r := NewReader(input)
		outer := r.Enter(Sequence)
		r.Int32(Integer)
		r.Octets(OctetString)
		r.Leave(outer)
		if r.Err() != nil {
			t.Fatal(r.Err())
		}
	})
	if allocs != 0 {
		t.Errorf("got %v allocations, want none", allocs)
	}
}

func TestParseIntReadsWhatIntWrites(t *testing.T) {
	for _, v := range []int64{0, 1, -1, 127, 128, -128, -129, 255, 256, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64} {
		var b Builder
		b.Int(Integer, v)
		r := NewReader(b.Bytes())
		if got := r.Int64(Integer); got != v || r.Err() != nil {
			t.Errorf("%d: got %d, %v from %x", v, got, r.Err(), b.Bytes())
		}
	}
}
