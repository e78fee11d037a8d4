package ldap

import (
	"bytes"
	"reflect"
	"testing"
)

// valueCodecs holds a decoder for the value of each control and extended
// operation; each also encodes what it decoded.
var valueCodecs = map[string]func(p []byte) (value any, encoded []byte, err error){
	"paged": func(p []byte) (any, []byte, error) {
		v, err := ParsePaged(p)
		return v, v.Encode(), err
	},
	"sort request": func(p []byte) (any, []byte, error) {
		v, err := ParseSortKeys(p)
		return v, EncodeSortKeys(v), err
	},
	"sort result": func(p []byte) (any, []byte, error) {
		v, err := ParseSortResult(p)
		return v, v.Encode(), err
	},
	"selection": func(p []byte) (any, []byte, error) {
		v, err := ParseSelection(p)
		return v, EncodeSelection(v), err
	},
	"entry": func(p []byte) (any, []byte, error) {
		v, err := ParseEntry(p)
		return v, v.Encode(), err
	},
	"password modify": func(p []byte) (any, []byte, error) {
		v, err := ParsePasswordModify(p)
		return v, v.Encode(), err
	},
	"made password": func(p []byte) (any, []byte, error) {
		v, err := ParseMadePassword(p)
		return v, EncodeMadePassword(v), err
	},
	"flags": func(p []byte) (any, []byte, error) {
		v, err := ParseFlags(p)
		return v, EncodeFlags(v), err
	},
	"ASQ": func(p []byte) (any, []byte, error) {
		v, err := ParseASQ(p)
		return v, EncodeASQ(v), err
	},
	"ASQ result": func(p []byte) (any, []byte, error) {
		v, err := ParseASQResult(p)
		return v, EncodeASQResult(v), err
	},
}

func TestControlValues(t *testing.T) {
	tests := []struct {
		codec, octets string
		want          any
	}{
		{"paged", "30 06 02 01 05 04 01 63", Paged{Size: 5, Cookie: []byte("c")}},
		{"paged", "30 05 02 01 00 04 00", Paged{Cookie: []byte{}}},
		{"sort request", "30 12 30 10 04 02 63 6e 80 07 31 2e 32 2e 33 2e 34 81 01 ff", []SortKey{{"cn", "1.2.3.4", true}}},
		{"sort request", "30 0a 30 03 04 01 61 30 03 04 01 62", []SortKey{{Attr: "a"}, {Attr: "b"}}},
		{"sort result", "30 07 0a 01 10 80 02 63 6e", SortResult{NoSuchAttribute, "cn"}},
		{"sort result", "30 03 0a 01 00", SortResult{}},
		{"selection", "30 03 04 01 2a", []string{"*"}},
		{"entry", "64 0f 04 01 61 30 0a 30 08 04 01 62 31 03 04 01 63", &SearchResultEntry{"a", []Attribute{Text("b", "c")}}},
		{"password modify", "30 09 80 01 75 81 01 6f 82 01 6e", PasswordModify{[]byte("u"), Secret("o"), Secret("n")}},
		{"password modify", "30 00", PasswordModify{}},
		{"password modify", "30 02 82 00", PasswordModify{New: Secret{}}},
		{"made password", "30 03 80 01 70", Secret("p")},
		{"flags", "30 03 02 01 07", int32(7)},
		{"ASQ", "30 08 04 06 6d 65 6d 62 65 72", "member"},
		{"ASQ result", "30 03 0a 01 10", NoSuchAttribute},
	}
	for _, tt := range tests {
		t.Run(tt.codec, func(t *testing.T) {
			input := unhex(t, tt.octets)
			got, encoded, err := valueCodecs[tt.codec](input)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, %v; want %#v", got, err, tt.want)
			}
			if !bytes.Equal(encoded, input) {
				t.Errorf("encoded again: got %x, want %x", encoded, input)
			}
		})
	}
}

func TestControlValuesRefuseWhatIsNoValue(t *testing.T) {
	for name, codec := range valueCodecs {
		for _, input := range []string{"31 00", "30", "30 80 00 00", "30 84 7f ff ff ff", "30 00 00", "64 02 04 00 05"} {
			if v, _, err := codec(unhex(t, input)); err == nil {
				t.Errorf("%s: %s: got %v, want an error", name, input, v)
			}
		}
	}
}

func TestAnAbsentValueIsReadWhereItMayBe(t *testing.T) {
	for _, name := range []string{"flags", "password modify", "made password"} {
		if _, _, err := valueCodecs[name](nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFindControl(t *testing.T) {
	list := []Control{{OID: "1"}, {OID: "2", Critical: true}, {OID: "2"}}
	if c, ok := FindControl(list, "2"); !ok || !c.Critical {
		t.Errorf("got %v, %v; want the first", c, ok)
	}
	if _, ok := FindControl(list, "3"); ok {
		t.Error("found a control that is not there")
	}
}
