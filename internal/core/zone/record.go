package zone

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Type is a record type by its mnemonic, RFC 1035 §3.2.2.
type Type string

// The types the zone knows.
const (
	A     Type = "A"
	AAAA  Type = "AAAA"
	CNAME Type = "CNAME"
	TXT   Type = "TXT"
	SRV   Type = "SRV"
	MX    Type = "MX"
	CAA   Type = "CAA"
	SSHFP Type = "SSHFP"
	PTR   Type = "PTR"
	NS    Type = "NS"
	SOA   Type = "SOA"

	Any Type = "ANY" // every type, in a question or a removal
)

// settable are the types that can be stored. NS would hand parts of the domain to
// other servers, and PTR follows the machines' addresses.
var settable = []Type{A, AAAA, CNAME, TXT, SRV, MX, CAA, SSHFP}

// Value is the data of one record, field by field as RFC 1035 §5.1 would write
// them. Names in it are absolute.
type Value []string

// String is the value for people.
func (v Value) String() string { return strings.Join(v, " ") }

// Set is the records of one type at one name.
type Set struct {
	Type   Type    `json:"type"`
	TTL    uint32  `json:"ttl"`
	Values []Value `json:"values"`
	Static bool    `json:"static,omitempty"` // an administrator's: machines leave it alone
}

func find(sets []Set, t Type) *Set {
	for i := range sets {
		if sets[i].Type == t {
			return &sets[i]
		}
	}
	return nil
}

// has reports whether the set holds a value.
func (s *Set) has(v Value) bool {
	return s != nil && slices.ContainsFunc(s.Values, func(x Value) bool { return slices.Equal(x, v) })
}

// texts is the set's values for people and records.
func (s *Set) texts() []string {
	if s == nil {
		return nil
	}
	out := make([]string, len(s.Values))
	for i, v := range s.Values {
		out[i] = v.String()
	}
	return out
}

const (
	// maxValues bounds a set: an answer fits into a message over TCP.
	maxValues = 128
	// Times to live are kept to what neither floods us nor outlives a mistake.
	minTTL, maxTTL = 30, 86_400
	defaultTTL     = 3600
)

func clampTTL(ttl uint32) uint32 { return min(max(ttl, minTTL), maxTTL) }

// ParseValue reads a value as people write it: fields apart by spaces, a text as
// it is. A name without a dot is one of the domain.
func (z *Zone) ParseValue(t Type, s string) (Value, error) {
	v := Value(strings.Fields(s))
	if t == TXT {
		v = nil
		for len(s) > 255 { // a character-string, RFC 1035 §3.3
			v, s = append(v, s[:255]), s[255:]
		}
		v = append(v, s)
	}
	for _, i := range nameFields(t) {
		if i < len(v) && v[i] != "." {
			if !strings.Contains(v[i], ".") {
				v[i] += "." + z.Domain()
			}
		}
	}
	return checkValue(t, v)
}

// nameFields says which fields of a value are names.
func nameFields(t Type) []int {
	switch t {
	case CNAME, NS, PTR:
		return []int{0}
	case MX:
		return []int{1}
	case SRV:
		return []int{3}
	}
	return nil
}

// checkValue tests a value and returns it in its one form.
func checkValue(t Type, v Value) (Value, error) {
	bad := func(like string) error {
		return fault.New(fault.Invalid, "%q is no value of a record of type %s", clip(v.String()), t).WithField("values").WithHint("it looks like: %s", like)
	}
	v = slices.Clone(v)
	switch t {
	case A, AAAA:
		if len(v) != 1 {
			return nil, bad("10.1.2.3")
		}
		a, err := netip.ParseAddr(v[0])
		if err != nil || a.Zone() != "" || a.Is4() != (t == A) || a.Is4In6() {
			return nil, bad(map[Type]string{A: "10.1.2.3", AAAA: "fd00::3"}[t])
		}
		return Value{a.String()}, nil
	case CNAME, PTR, NS:
		if len(v) != 1 || !hostName(&v[0]) {
			return nil, bad("host.example.org")
		}
	case MX:
		if len(v) != 2 || !numbers(v[:1], 16) || !hostName(&v[1]) {
			return nil, bad("10 mail.example.org")
		}
	case SRV:
		if len(v) != 4 || !numbers(v[:3], 16) || v[3] != "." && !hostName(&v[3]) {
			return nil, bad("0 100 8080 host.example.org, which is priority, weight, port and host")
		}
	case TXT:
		if len(v) == 0 || len(v) > 16 || slices.ContainsFunc(v, func(s string) bool { return len(s) > 255 || !printable(s) }) {
			return nil, bad("v=spf1 -all")
		}
	case CAA:
		if len(v) != 3 || !numbers(v[:1], 8) || !letters(v[1]) || len(v[2]) > 255 || !printable(v[2]) {
			return nil, bad("0 issue ca.example.org")
		}
	case SSHFP:
		if len(v) != 3 || !numbers(v[:2], 8) || !fingerprint(&v[2]) {
			return nil, bad("4 2 and the fingerprint in hexadecimal, as ssh-keygen -r prints it")
		}
	default:
		return nil, fault.New(fault.Invalid, "records of type %q cannot be set", clip(string(t))).WithField("type").WithHint("types are %s", typeList())
	}
	return v, nil
}

func typeList() string {
	out := make([]string, len(settable))
	for i, t := range settable {
		out[i] = string(t)
	}
	return strings.Join(out, ", ")
}

// numbers tests that fields are numbers of so many bits, and writes them in their
// one form.
func numbers(fields []string, bits int) bool {
	for i, f := range fields {
		n, err := strconv.ParseUint(f, 10, bits)
		if err != nil {
			return false
		}
		fields[i] = strconv.FormatUint(n, 10)
	}
	return true
}

func fingerprint(s *string) bool {
	b, err := hex.DecodeString(*s)
	*s = strings.ToLower(*s)
	return err == nil && (len(b) == 20 || len(b) == 32) // SHA-1 and SHA-256, RFC 4255 §3.1.2, RFC 6594
}

func letters(s string) bool {
	return s != "" && len(s) <= 15 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' && r < 'a' || r > 'z' })
}

// printable keeps what steers a terminal out of what commands will print.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufffd' || r >= 0x80 && r < 0xa0 })
}

// hostName tests a name that records point to, and writes it in its one form.
func hostName(s *string) bool {
	*s = strings.TrimSuffix(strings.ToLower(*s), ".")
	return validName(*s) && !strings.HasPrefix(*s, "*")
}

// validName reports whether a lower-case name could stand in the zone: labels of
// letters, digits, dashes and underscores, and a star as the first.
func validName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for i, label := range strings.Split(s, ".") {
		if label == "*" && i == 0 {
			continue
		}
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// clip bounds what an error repeats of a caller's input.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}
