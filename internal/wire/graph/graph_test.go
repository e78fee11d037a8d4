package graph

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseFilter(t *testing.T) {
	eq := func(f, v string) Expr { return Expr{Op: Eq, Field: f, Value: v} }
	for in, want := range map[string]Expr{
		"userPrincipalName eq 'alice@lab.internal'": eq("userPrincipalName", "alice@lab.internal"),
		"displayName eq 'O''Neil'":                  eq("displayName", "O'Neil"),
		"accountEnabled eq false":                   eq("accountEnabled", "false"),
		"startswith(displayName,'Al')":              {Op: StartsWith, Field: "displayName", Value: "Al"},
		"a eq 'x' and b eq 'y' or not (c ne 'z')": {Op: Or, Args: []Expr{
			{Op: And, Args: []Expr{eq("a", "x"), eq("b", "y")}},
			{Op: Not, Args: []Expr{{Op: Ne, Field: "c", Value: "z"}}},
		}},
		"a eq ''": eq("a", ""),
	} {
		if got, err := ParseFilter(in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "a", "a eq", "a eq 'x", "(a eq 'x'", "a xx 'y'", "a eq 'x' b", "startswith(a)", strings.Repeat("(", 100), strings.Repeat("a eq 'x' and ", 300)} {
		if got, err := ParseFilter(in); err == nil {
			t.Errorf("%.40q: got %+v, want an error", in, got)
		}
	}
}

func TestDecodeRefusesWhatItDoesNotKnow(t *testing.T) {
	for in, want := range map[string]string{
		`{"@odata.id":"x"}`:           "",
		`{"@odata.id":"x","extra":1}`: "unknown field",
		`{"@odata.id":1}`:             "not a string",
		`{`:                           "ends too early",
		``:                            "empty",
		`{"@odata.id":"x"} {}`:        "after the document",
	} {
		var v Ref
		err := Decode(strings.NewReader(in), &v)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", in, err, want)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add("a eq 'x' and not (startswith(b,'y') or c ne 'z')")
	f.Add("((((((")
	f.Fuzz(func(_ *testing.T, s string) { _, _ = ParseFilter(s) })
}
