package ber

import (
	"bytes"
	"testing"

	asn1 "github.com/go-asn1-ber/asn1-ber"
)

func TestBuilderWrites(t *testing.T) {
	tests := []struct {
		name  string
		write func(*Builder)
		want  string
	}{
		{"null", func(b *Builder) { b.Null(Null) }, "05 00"},
		{"true", func(b *Builder) { b.Bool(Boolean, true) }, "01 01 ff"},
		{"false", func(b *Builder) { b.Bool(Boolean, false) }, "01 01 00"},
		{"zero", func(b *Builder) { b.Int(Integer, 0) }, "02 01 00"},
		{"128 in two octets", func(b *Builder) { b.Int(Integer, 128) }, "02 02 00 80"},
		{"-128 in one", func(b *Builder) { b.Int(Enumerated, -128) }, "0a 01 80"},
		{"a context tag", func(b *Builder) { b.Text(Context(7), "hi") }, "87 02 68 69"},
		{"octets", func(b *Builder) { b.Octets(OctetString, []byte{0}) }, "04 01 00"},
		{"an application's sequence, last first", func(b *Builder) {
			end := b.Len()
			b.Text(OctetString, "b")
			b.Raw([]byte{5, 0})
			b.Wrap(Application(3), end)
		}, "63 05 05 00 04 01 62"},
		{"an element in front of another", func(b *Builder) {
			b.Null(Null)
			end := b.Len()
			b.Int(Integer, 1)
			b.Wrap(ContextConstructed(0), end)
		}, "a0 03 02 01 01 05 00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b Builder
			tt.write(&b)
			if want := unhex(t, tt.want); !bytes.Equal(b.Bytes(), want) {
				t.Errorf("got %x, want %x", b.Bytes(), want)
			}
		})
	}
}

func TestBuilderWritesTheShortestLength(t *testing.T) {
	for length, want := range map[int]string{
		127: "04 7f", 128: "04 81 80", 255: "04 81 ff", 256: "04 82 01 00", 65536: "04 83 01 00 00", 1 << 24: "04 84 01 00 00 00",
	} {
		var b Builder
		b.Octets(OctetString, make([]byte, length))
		if head := unhex(t, want); !bytes.HasPrefix(b.Bytes(), head) || b.Len() != length+len(head) {
			t.Errorf("%d: got %x and %d octets in all", length, b.Bytes()[:6], b.Len())
		}
	}
}

func TestBuilderGrowsAndIsUsedAgain(t *testing.T) {
	var b Builder
	for range 2 {
		end := b.Len()
		for i := range 5000 {
			b.Int(Integer, int64(i%100))
		}
		b.Wrap(Sequence, end)
		r := NewReader(b.Bytes())
		r.Enter(Sequence)
		for i := 4999; i >= 0; i-- {
			if got := r.Int32(Integer); int(got) != i%100 {
				t.Fatalf("got %d, want %d", got, i%100)
			}
		}
		b.Reset()
		if b.Len() != 0 {
			t.Fatalf("Reset left %d octets", b.Len())
		}
	}
	b.Octets(OctetString, make([]byte, keepBuffer))
	b.Reset()
	if len(b.buf) != 0 {
		t.Errorf("Reset kept %d octets", len(b.buf))
	}
}

// TestAnotherLibraryReadsWhatBuilderWrites compares with asn1-ber.
func TestAnotherLibraryReadsWhatBuilderWrites(t *testing.T) {
	var b Builder
	b.Text(UTF8String, "zürich")
	b.Octets(OctetString, bytes.Repeat([]byte{0xff}, 300))
	b.Bool(Boolean, true)
	b.Int(Enumerated, 53)
	b.Int(Integer, -70000)
	b.Wrap(Sequence, 0)
	p, err := asn1.DecodePacketErr(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Children[0].Value; got != int64(-70000) {
		t.Errorf("integer: got %v", got)
	}
	if !bytes.Equal(p.Bytes(), b.Bytes()) {
		t.Errorf("encoded again: got %x, want %x", p.Bytes(), b.Bytes())
	}
}
