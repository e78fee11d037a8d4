package schema

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// FormatTime writes a generalized time as Active Directory does: in UTC, to the
// second, with a fraction of nought.
func FormatTime(t time.Time) string { return t.UTC().Format("20060102150405") + ".0Z" }

// ParseTime reads a generalized time, RFC 4517 §3.3.13, in the forms clients
// send: with or without a fraction, in UTC.
func ParseTime(s string) (time.Time, bool) {
	for _, layout := range []string{"20060102150405.0Z", "20060102150405Z", "20060102150405.999999Z", "200601021504Z"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Check verifies a value against the attribute's syntax and length and returns
// it in the form that is stored. Links are checked by the directory, which knows
// what exists.
func (a *Attr) Check(v []byte) ([]byte, error) {
	bad := func(what string) error {
		return fault.New(fault.Invalid, "%s: the value is not %s", a.Name, what).WithField(a.Name).WithCode(fault.CodeSchema)
	}
	if len(v) == 0 && a.Syntax != Exact {
		return nil, fault.New(fault.Invalid, "%s: an empty value is not allowed", a.Name).WithField(a.Name).WithCode(fault.CodeSchema).
			WithHint("to remove a value, delete the attribute")
	}
	if len(v) > a.MaxLen() {
		return nil, fault.New(fault.Invalid, "%s: longer than %d bytes", a.Name, a.MaxLen()).WithField(a.Name).WithCode(fault.CodeSchema)
	}
	switch a.Syntax {
	case Named: // of what the directory made of it
		if isObject(v) {
			return v, nil
		}
		if !utf8.Valid(v) || hasControl(v) {
			return nil, bad("a name")
		}
	case Text, Phone, Cased:
		if !utf8.Valid(v) || hasControl(v) {
			return nil, bad("text in UTF-8 without control characters")
		}
	case ASCII:
		for _, c := range v {
			if c < 0x20 || c > 0x7e {
				return nil, bad("printable ASCII")
			}
		}
	case Int:
		n, err := strconv.ParseInt(string(v), 10, 32)
		if err != nil {
			return nil, bad("a whole number")
		}
		return strconv.AppendInt(nil, n, 10), nil
	case Int64:
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil {
			return nil, bad("a whole number")
		}
		return strconv.AppendInt(nil, n, 10), nil
	case Bool:
		u := bytes.ToUpper(v)
		if string(u) != "TRUE" && string(u) != "FALSE" {
			return nil, bad("TRUE or FALSE")
		}
		return u, nil
	case Time:
		t, ok := ParseTime(string(v))
		if !ok {
			return nil, bad("a time such as 20261122103000.0Z")
		}
		return []byte(FormatTime(t)), nil
	case SIDs:
		if sid, err := ident.ParseSID(string(v)); err == nil {
			return []byte(sid), nil
		}
		if _, ok := ident.SIDFromBytes(v); !ok {
			return nil, bad("a SID")
		}
	}
	return v, nil
}

// isObject reports whether a value of syntax Named is an object's id, as it is
// stored, and no name.
func isObject(v []byte) bool { return len(v) == 1+len(ident.ID{}) && v[0] == 0 }

func hasControl(v []byte) bool {
	for i, c := range v {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return true
		}
		// C1 controls and the bidirectional overrides, which make a text read as
		// another: U+0080…9F, U+202A…2E, U+2066…69.
		if c == 0xc2 && i+1 < len(v) && v[i+1] < 0xa0 {
			return true
		}
		if c == 0xe2 && i+2 < len(v) && (v[i+1] == 0x80 && v[i+2] >= 0xaa && v[i+2] <= 0xae || v[i+1] == 0x81 && v[i+2] >= 0xa6 && v[i+2] <= 0xa9) {
			return true
		}
	}
	return false
}

// Key returns the form under which values are compared: equal keys, equal
// values. For an assertion in a filter it also reads the text forms of SIDs and
// GUIDs. ok is false if v can be no value of the attribute, so that an assertion
// on it is undefined.
func (a *Attr) Key(v []byte) (string, bool) {
	switch a.Syntax {
	case Text, ASCII, OID, LinkBin, Named:
		if a.Syntax == Named && isObject(v) {
			return string(v), true
		}
		if !utf8.Valid(v) {
			return "", false
		}
		return ident.Fold(string(v)), true
	case Phone:
		return strings.Map(func(r rune) rune {
			if r == ' ' || r == '-' {
				return -1
			}
			return r
		}, ident.Fold(string(v))), true
	case Int, Int64:
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil {
			return "", false
		}
		return strconv.FormatInt(n, 10), true
	case Bool:
		return strings.ToUpper(string(v)), true
	case Time:
		t, ok := ParseTime(string(v))
		if !ok {
			return "", false
		}
		return FormatTime(t), true
	case SIDs:
		if sid, err := ident.ParseSID(string(v)); err == nil {
			return string(sid), true
		}
		_, ok := ident.SIDFromBytes(v)
		return string(v), ok
	case GUID:
		if id, err := ident.ParseID(string(v)); err == nil {
			return string(id.GUID()), true
		}
		return string(v), len(v) == 16
	default:
		return string(v), true
	}
}

// Compare orders two values for >= and <=; ok is false where the syntax has no
// order or a value cannot be read.
func (a *Attr) Compare(x, y []byte) (order int, ok bool) {
	switch a.Syntax {
	case Int, Int64:
		m, err1 := strconv.ParseInt(string(x), 10, 64)
		n, err2 := strconv.ParseInt(string(y), 10, 64)
		if err1 != nil || err2 != nil {
			return 0, false
		}
		switch {
		case m < n:
			return -1, true
		case m > n:
			return 1, true
		}
		return 0, true
	case Text, ASCII, Phone, Time:
		k, ok1 := a.Key(x)
		l, ok2 := a.Key(y)
		return strings.Compare(k, l), ok1 && ok2
	default:
		return 0, false
	}
}

// HasSubstrings reports whether the syntax has a substring match.
func (a *Attr) HasSubstrings() bool {
	switch a.Syntax {
	case Text, ASCII, Phone, OID, Cased, Named:
		return true
	}
	return false
}
