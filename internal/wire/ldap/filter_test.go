package ldap

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

func TestParseFilter(t *testing.T) {
	tests := []struct {
		text string
		want Filter
	}{
		{`(cn=a)`, Equal{"cn", []byte("a")}},
		{`(cn=)`, Equal{"cn", []byte{}}},
		{`(cn;lang-de=a=b)`, Equal{"cn;lang-de", []byte("a=b")}},
		{`(o=Parens R Us \28for all your parenthetical needs\29)`, Equal{"o", []byte("Parens R Us (for all your parenthetical needs)")}},
		{`(bin=\00\00\00\04)`, Equal{"bin", []byte{0, 0, 0, 4}}},
		{`(cn=*\2A*)`, Substrings{Attr: "cn", Any: [][]byte{[]byte("*")}}},
		{`(cn=*)`, Present{"cn"}},
		{`(cn=**)`, Present{"cn"}},
		{`(cn=a*b*c*d)`, Substrings{"cn", []byte("a"), [][]byte{[]byte("b"), []byte("c")}, []byte("d")}},
		{`(cn=a*)`, Substrings{Attr: "cn", Initial: []byte("a")}},
		{`(cn=*d)`, Substrings{Attr: "cn", Final: []byte("d")}},
		{`(n>=1)`, GreaterOrEqual{"n", []byte("1")}},
		{`(n<=1)`, LessOrEqual{"n", []byte("1")}},
		{`(n~=1)`, Approx{"n", []byte("1")}},
		{`(cn:caseExactMatch:=a)`, Extensible{Rule: "caseExactMatch", Attr: "cn", Value: []byte("a")}},
		{`(cn:=a)`, Extensible{Attr: "cn", Value: []byte("a")}},
		{`(sn:dn:2.4.6.8.10:=a)`, Extensible{"2.4.6.8.10", "sn", []byte("a"), true}},
		{`(o:DN:=a)`, Extensible{"", "o", []byte("a"), true}},
		{`(:1.2.3:=a)`, Extensible{Rule: "1.2.3", Value: []byte("a")}},
		{`(:dn:1.2.3:=a)`, Extensible{"1.2.3", "", []byte("a"), true}},
		{`(&)`, And{}},
		{`(|)`, Or{}},
		{`(&(a=b)(!(c=d*e)))`, And{Equal{"a", []byte("b")}, Not{Substrings{Attr: "c", Initial: []byte("d"), Final: []byte("e")}}}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := ParseFilter(tt.text)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("got %#v, %v; want %#v", got, err, tt.want)
			}
			checkFilter(t, got)
		})
	}
}

// checkFilter prints a filter and encodes it, and reads both again.
func checkFilter(t *testing.T, f Filter) {
	t.Helper()
	if again, err := ParseFilter(f.String()); err != nil || !reflect.DeepEqual(again, f) {
		t.Fatalf("%s read again: got %#v, %v; want %#v", f, again, err, f)
	}
	if again, err := DecodeFilter(EncodeFilter(f)); err != nil || !reflect.DeepEqual(again, f) {
		t.Fatalf("%s decoded again: got %#v, %v; want %#v", f, again, err, f)
	}
}

func TestParseFilterRefuses(t *testing.T) {
	for _, s := range []string{
		``, `cn=a`, `(`, `()`, `(cn`, `(cn=a`, `(cn=a))`, `(cn=a)(cn=b)`, `(=a)`, `(cn=(a))`, `(cn=\2)`, `(cn=\zz)`, `(cn=\`,
		"(cn=a\x00)", `(!)`, `(!(cn=a)(cn=b))`, `(&cn=a)`, `(n>=a*)`, `(n>1)`, `(cn:dn=a)`, `(:=a)`, `(:dn:=a)`, `(cn :=a)`,
		`(a b=c)`, strings.Repeat(`(!`, 10_000), `(|` + strings.Repeat(`(a=b)`, MaxFilterNodes) + `)`,
		`(a=*` + strings.Repeat(`b*`, MaxFilterNodes) + `)`,
	} {
		if f, err := ParseFilter(s); err == nil {
			t.Errorf("%.40q: got %v, want an error", s, f)
		}
	}
}

func TestPrintedFiltersFitALogLine(t *testing.T) {
	f := And{Equal{"a)(\n", []byte("x\r\n\x1b[0m\xff\u2028é)")}, Present{"\x00"}}
	want := `(&(a\29\28\0a=x\0d\0a\1b[0m\ff\e2\80\a8é\29)(\00=*))`
	if got := f.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDecodeFilterRefuses(t *testing.T) {
	deep := new(ber.Builder)
	for range 10_000 {
		deep.Wrap(tagNot, 0)
	}
	wide := new(ber.Builder)
	for range MaxFilterNodes {
		wide.Text(tagPresent, "a")
	}
	wide.Wrap(tagOr, 0)
	stars := EncodeFilter(Substrings{Attr: "a", Any: slices.Repeat([][]byte{[]byte("b")}, MaxFilterNodes)})
	tests := []struct {
		name  string
		input []byte
		want  error
	}{
		{"more stars than the limit", stars, ErrFilterSize},
		{"a depth of 10,000", deep.Bytes(), ErrFilterDepth},
		{"more nodes than the limit", wide.Bytes(), ErrFilterSize},
		{"an unknown kind", unhex(t, "af 00"), ErrFilterKind},
		{"nothing", nil, ErrFilterKind},
		{"not without a filter", unhex(t, "a2 00"), ErrFilterKind},
		{"not with two", unhex(t, "a2 06 87 01 61 87 01 61"), ber.ErrTrailing},
		{"two filters", unhex(t, "87 01 61 87 01 61"), ber.ErrTrailing},
		{"substrings without parts", unhex(t, "a4 05 04 01 61 30 00"), ErrSubstrings},
		{"an empty part", unhex(t, "a4 07 04 01 61 30 02 81 00"), ErrSubstrings},
		{"initial behind another", unhex(t, "a4 0b 04 01 61 30 06 81 01 61 80 01 61"), ErrSubstrings},
		{"final before another", unhex(t, "a4 0b 04 01 61 30 06 82 01 61 81 01 61"), ErrSubstrings},
		{"an unknown part", unhex(t, "a4 08 04 01 61 30 03 83 01 61"), ErrSubstrings},
		{"neither rule nor attribute", unhex(t, "a9 03 83 01 61"), ErrFilterKind},
		{"an assertion without value", unhex(t, "a3 03 04 01 61"), ber.ErrTruncated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if f, err := DecodeFilter(tt.input); !errors.Is(err, tt.want) {
				t.Errorf("got %v, %v; want %v", f, err, tt.want)
			}
		})
	}
}

func TestFiltersAtTheLimitsAreRead(t *testing.T) {
	deep := strings.Repeat("(!", MaxFilterDepth-1) + "(a=*)" + strings.Repeat(")", MaxFilterDepth-1)
	wide := "(|" + strings.Repeat("(a=*)", MaxFilterNodes-1) + ")"
	for _, s := range []string{deep, wide} {
		f, err := ParseFilter(s)
		if err != nil {
			t.Fatal(err)
		}
		m := Message{ID: 1, Op: &SearchRequest{Filter: f}}
		if got := mustParse(t, m.Encode()).Op.(*SearchRequest).Filter.String(); got != s {
			t.Errorf("got %.60s…, want %.60s…", got, s)
		}
	}
}

func TestFilterOctets(t *testing.T) {
	f := MustFilter(`(memberOf:1.2.3:=x)`)
	want := unhex(t, "a9 14 81 05 31 2e 32 2e 33 82 08 6d 65 6d 62 65 72 4f 66 83 01 78")
	if got := EncodeFilter(f); !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}
