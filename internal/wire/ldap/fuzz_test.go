package ldap

import (
	"bytes"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// malformed holds seeds for every parser.
var malformed = []string{
	"", "30", "30 80 00 00", "30 84 7f ff ff ff", "30 84 ff ff ff ff", "30 85 00 00 00 00 00", "1f 81 01 00",
	"30 05 02 01 ff 42 00", "30 09 02 05 01 00 00 00 00 42 00", "30 05 02 01 07 5f 00", "30 04 02 01 07 42",
	"30 0c 02 01 01 60 07 02 01 03 04 00 89 00", "30 84 00 00 00 0c 02 01 01 60 84 00 00 00 07 02 01 03 04 00 80 00",
	"30 08 02 01 07 42 00 a0 02 30 00",
}

func FuzzParse(f *testing.F) {
	for _, m := range samples() {
		p := m.Encode()
		f.Add(p)
		f.Add(p[:len(p)/2])
	}
	for _, p := range recorded(f, "openldap.hex") {
		f.Add(p)
	}
	for _, s := range malformed {
		f.Add(unhex(f, s))
	}
	deep := new(ber.Builder)
	for range 10_000 {
		deep.Wrap(tagNot, 0)
	}
	f.Add(Message{ID: 1, Op: &SearchRequest{Filter: rawFilter(deep.Bytes())}}.Encode())
	f.Fuzz(func(t *testing.T, input []byte) {
		m, err := Parse(input)
		if err != nil {
			return
		}
		checkRoundTrip(t, m)
		if q, ok := m.Op.(*SearchRequest); ok {
			_ = q.Filter.String()
		}
		if total, _, err := FrameLen(input, MaxMessage); err != nil || total != len(input) {
			t.Fatalf("FrameLen: got %d, %v; want %d", total, err, len(input))
		}
	})
}

// rawFilter stands for a filter no parser would accept.
type rawFilter []byte

func (f rawFilter) String() string             { return "raw" }
func (f rawFilter) encode(b *ber.Builder)      { b.Raw(f) }
func (f rawFilter) appendText(p []byte) []byte { return p }

func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{
		`(cn=a)`, `(&(a=b)(!(c=d*e)))`, `(&)`, `(|)`, `(a=*)`, `(a=**)`, `(a=*b*)`, `(a=\00\2a)`, `(a>=b)`, `(a<=b)`, `(a~=b)`,
		`(memberOf:1.2.840.113556.1.4.1941:=cn=x)`, `(a:dn:=b)`, `(:dn:1.2:=b)`, `(a=`, `(a=\2)`, "(a=\xff\x01)",
		strings.Repeat("(!", 10_000), "(&" + strings.Repeat("(a=*)", 200) + ")",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		filter, err := ParseFilter(s)
		if err != nil {
			return
		}
		checkFilter(t, filter)
	})
}

func FuzzDecodeFilter(f *testing.F) {
	for _, s := range []string{
		`(cn=a)`, `(&(a=b)(!(c=d*e)))`, `(|)`, `(a=*b*c)`, `(a>=b)`, `(a<=b)`, `(a~=b)`, `(a:dn:1.2:=b)`,
	} {
		f.Add(EncodeFilter(MustFilter(s)))
	}
	for _, s := range malformed {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		first, err := DecodeFilter(input)
		if err != nil {
			return
		}
		p := EncodeFilter(first)
		second, err := DecodeFilter(p)
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%x: got %#v, %v; want %#v", p, second, err, first)
		}
		if s := first.String(); strings.ContainsAny(s, "\x00\n\r\x1b") {
			t.Fatalf("%q is no text for a log", s)
		}
	})
}

func FuzzControlValues(f *testing.F) {
	for _, s := range append(malformed,
		"30 06 02 01 05 04 01 63", "30 12 30 10 04 02 63 6e 80 07 31 2e 32 2e 33 2e 34 81 01 ff", "30 07 0a 01 10 80 02 63 6e",
		"30 03 04 01 2a", "64 0f 04 01 61 30 0a 30 08 04 01 62 31 03 04 01 63", "30 09 80 01 75 81 01 6f 82 01 6e", "30 03 02 01 07",
	) {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		for name, codec := range valueCodecs {
			first, encoded, err := codec(input)
			if err != nil {
				continue
			}
			second, again, err := codec(encoded)
			if err != nil || !reflect.DeepEqual(first, second) || !bytes.Equal(encoded, again) {
				t.Fatalf("%s: %x: got %#v, %v; want %#v", name, encoded, second, err, first)
			}
		}
	})
}

// TestAllocationIsBoundedByTheInput parses the messages that ask for the most
// memory an octet.
func TestAllocationIsBoundedByTheInput(t *testing.T) {
	const size = 1 << 20
	empties := func(t ber.Tag, n int) []byte {
		var b ber.Builder
		for range n {
			b.Null(t)
		}
		return b.Bytes()
	}
	var values, uris ber.Builder
	values.Raw(empties(ber.OctetString, size/2))
	values.Wrap(ber.Set, 0)
	values.Text(ber.OctetString, "a")
	values.Wrap(ber.Sequence, 0)
	values.Wrap(ber.Sequence, 0)
	values.Text(ber.OctetString, "cn=a")
	values.Wrap(ber.Tag(KindAddRequest), 0)
	uris.Raw(empties(ber.OctetString, size/2))
	uris.Wrap(ber.Tag(KindSearchResultReference), 0)
	for _, b := range []*ber.Builder{&values, &uris} {
		b.Int(ber.Integer, 1)
		b.Wrap(ber.Sequence, 0)
		p := b.Bytes()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse(p)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		got := after.TotalAlloc - before.TotalAlloc
		if limit := uint64(16 * len(p)); got > limit {
			t.Errorf("%d octets took %d of memory, want at most %d", len(p), got, limit)
		}
	}
}
