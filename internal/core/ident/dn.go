package ident

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// MaxDN bounds a distinguished name in bytes and maxRDNs its depth. The deepest
// tree that clients read has six levels; Active Directory's own limit on a whole
// name is of the same order.
const (
	MaxDN   = 4096
	maxRDNs = 32
)

// RDN is one part of a DN. Parts with several values are not used in our tree.
type RDN struct {
	Type  string // as written
	Value string // unescaped
}

// DN is a distinguished name, RFC 4514, the entry's own part first.
type DN []RDN

// ParseDN reads the text form of a DN. The empty string is the empty DN.
func ParseDN(s string) (DN, error) {
	if len(s) > MaxDN {
		return nil, fault.New(fault.Invalid, "the distinguished name is longer than %d bytes", MaxDN)
	}
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	dn := make(DN, 0, 6)
	for {
		rdn, rest, more, err := parseRDN(s)
		if err != nil {
			return nil, err
		}
		if dn = append(dn, rdn); len(dn) > maxRDNs {
			return nil, fault.New(fault.Invalid, "the distinguished name has more than %d parts", maxRDNs)
		}
		if !more {
			return dn, nil
		}
		s = rest
	}
}

// MustDN is ParseDN for constants.
func MustDN(s string) DN {
	dn, err := ParseDN(s)
	if err != nil {
		panic(err)
	}
	return dn
}

func badDN(s string) error {
	return fault.New(fault.Invalid, "%q is not a distinguished name", clip(s))
}

// parseRDN reads one attributeTypeAndValue, RFC 4514 §3, and says what follows.
func parseRDN(s string) (rdn RDN, rest string, more bool, err error) {
	eq := strings.IndexByte(s, '=')
	if eq < 0 {
		return RDN{}, "", false, badDN(s)
	}
	rdn.Type = strings.TrimSpace(s[:eq])
	if !isAttrType(rdn.Type) {
		return RDN{}, "", false, badDN(s)
	}
	v := strings.TrimLeft(s[eq+1:], " ")
	if strings.HasPrefix(v, "#") {
		return RDN{}, "", false, fault.New(fault.Invalid, "BER values in distinguished names are not supported")
	}
	var ok bool
	var i int
	if rdn.Value, i, ok = parseDNValue(v); !ok || rdn.Value == "" || !utf8.ValidString(rdn.Value) {
		return RDN{}, "", false, badDN(s)
	}
	if i == len(v) {
		return rdn, "", false, nil
	}
	if v[i] == '+' {
		return RDN{}, "", false, fault.New(fault.Invalid, "names with several values in one part are not supported")
	}
	return rdn, v[i+1:], true, nil
}

// parseDNValue reads a value up to what ends it, at octet end of v. Most values
// hold nothing escaped, and are a part of v.
func parseDNValue(v string) (value string, end int, ok bool) {
	end = strings.IndexAny(v, ",;+\\\"<>\x00")
	switch {
	case end < 0:
		return strings.TrimRight(v, " "), len(v), true
	case v[end] == ',' || v[end] == ';' || v[end] == '+':
		return strings.TrimRight(v[:end], " "), end, true
	}
	var b strings.Builder
	keep := 0 // bytes that a trailing-space trim must leave: escaped ones
	for end = 0; end < len(v); end++ {
		c := v[end]
		if c == ',' || c == ';' || c == '+' {
			break
		}
		switch {
		case c == '\\':
			n, esc, ok := unescape(v[end+1:])
			if !ok {
				return "", 0, false
			}
			b.WriteByte(esc)
			end += n
			keep = b.Len()
		case c == '"' || c == '<' || c == '>' || c == 0:
			return "", 0, false
		default:
			b.WriteByte(c)
		}
	}
	value = b.String()
	for len(value) > keep && value[len(value)-1] == ' ' {
		value = value[:len(value)-1]
	}
	return value, end, true
}

func unescape(s string) (n int, c byte, ok bool) {
	if len(s) >= 2 {
		var b [1]byte
		if _, err := hex.Decode(b[:], []byte(s[:2])); err == nil {
			return 2, b[0], true
		}
	}
	if len(s) >= 1 && strings.IndexByte(` "#+,;<=>\`, s[0]) >= 0 {
		return 1, s[0], true
	}
	return 0, 0, false
}

func isAttrType(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && (c >= '0' && c <= '9' || c == '-')) {
			return false
		}
	}
	return true
}

// EscapeDNValue writes a value so that it stands in a DN as itself, RFC 4514
// §2.4.
func EscapeDNValue(v string) string {
	if v == "" {
		return ""
	}
	special := strings.ContainsAny(v, "\"+,;<=>\\\x00") || v[0] == ' ' || v[0] == '#' || v[len(v)-1] == ' '
	if !special {
		return v
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == 0:
			b.WriteString(`\00`)
			continue
		case strings.IndexByte(`"+,;<=>\`, c) >= 0,
			(c == ' ' || c == '#') && i == 0,
			c == ' ' && i == len(v)-1:
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// String returns the text form, RFC 4514.
func (d DN) String() string {
	var b strings.Builder
	for i, r := range d {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(r.Type)
		b.WriteByte('=')
		b.WriteString(EscapeDNValue(r.Value))
	}
	return b.String()
}

// Parent returns the DN one level up; nil at the top.
func (d DN) Parent() DN {
	if len(d) < 2 {
		return nil
	}
	return d[1:]
}

// Child returns the DN of an entry below d.
func (d DN) Child(typ, value string) DN {
	out := make(DN, 0, len(d)+1)
	return append(append(out, RDN{typ, value}), d...)
}

// Key returns a string that is equal for equal DNs and whose prefixes are the
// keys of the entries above: the parts from the top down, folded, each ended by
// a NUL. So a subtree is a range of keys.
func (d DN) Key() string {
	var space [160]byte // of most keys
	b := space[:0]
	for i := len(d) - 1; i >= 0; i-- {
		b = d[i].appendKey(b)
	}
	return string(b)
}

// Key returns the RDN's own part of a DN's key.
func (r RDN) Key() string { return string(r.appendKey(nil)) }

func (r RDN) appendKey(b []byte) []byte {
	for i := range len(r.Type) {
		b = append(b, lower(r.Type[i]))
	}
	b = append(b, '=')
	b = appendFold(b, r.Value)
	return append(b, 0)
}

// DomainDN returns the base DN of a DNS domain, RFC 2247: DC=lab,DC=internal.
func DomainDN(domain string) DN {
	labels := strings.Split(domain, ".")
	dn := make(DN, len(labels))
	for i, l := range labels {
		dn[i] = RDN{"DC", l}
	}
	return dn
}
