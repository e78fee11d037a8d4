package ident

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Fold returns the key under which names are compared: NFKC, case folded, runs
// of spaces as one. Two names that a person or a client could take for each
// other have the same key.
func Fold(s string) string {
	if isPlain(s) {
		return s
	}
	if lower, ok := lowerASCII(s); ok {
		return lower
	}
	s = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
	return strings.Join(strings.Fields(s), " ")
}

// isPlain reports whether s folds to itself; most names do.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x80 || c >= 'A' && c <= 'Z' || c <= ' ' && (c != ' ' || i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// lowerASCII folds a name that holds ASCII letters and single spaces only.
func lowerASCII(s string) (string, bool) {
	var space [64]byte
	b, ok := appendLower(space[:0], s)
	return string(b), ok
}

// appendFold appends the key of s.
func appendFold(b []byte, s string) []byte {
	if folded, ok := appendLower(b, s); ok {
		return folded
	}
	return append(b, Fold(s)...)
}

// appendLower appends what s folds to, if it is ASCII with single spaces only.
func appendLower(b []byte, s string) ([]byte, bool) {
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 || c <= ' ' && (c != ' ' || i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return nil, false
		}
		b = append(b, lower(c))
	}
	return b, true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}

// MaxLogin is the longest login name: sAMAccountName of a user, [MS-SAMR]
// §3.1.1.6.
const MaxLogin = 20

// ParseLogin checks a login name: [a-z][a-z0-9._-]{0,19}, not ending in a dot,
// and not a name that a machine knows as its own. It does not change it: a name
// in capitals is refused, with the name it should have been.
func ParseLogin(s string) (string, error) {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, format, args...).WithField("userName").
			WithHint("a login name is a lower-case letter and up to %d more of a-z 0-9 . _ -", MaxLogin-1)
	}
	switch {
	case s == "":
		return "", bad("the login name is empty")
	case len(s) > MaxLogin:
		return "", bad("the login name %q is longer than %d characters", clip(s), MaxLogin)
	case s[0] < 'a' || s[0] > 'z':
		return "", bad("the login name %q does not begin with a lower-case letter", clip(s))
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-') {
			return "", bad("the login name %q holds a character that is not allowed", clip(s))
		}
	}
	if strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
		return "", bad("the login name %q ends in a dot or holds two in a row", s)
	}
	if why := refused(s); why != "" {
		return "", fault.New(fault.Invalid, "the login name %q is %s", s, why).WithField("userName").
			WithHint("choose another name: machines give this one to somebody else")
	}
	return s, nil
}

// MaxGroupName is the longest group name: the upper range of a common name,
// [MS-ADA1] §2.110.
const MaxGroupName = 64

// ParseGroupName checks the name of a group. Groups may have spaces and
// capitals, as Active Directory's own do; the rest is as strict as for people.
func ParseGroupName(s string) (string, error) {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, format, args...).WithField("displayName").
			WithHint("a group name is a letter and up to %d more letters, digits, spaces or . _ -", MaxGroupName-1)
	}
	switch {
	case s == "":
		return "", bad("the group name is empty")
	case len(s) > MaxGroupName:
		return "", bad("the group name %q is longer than %d characters", clip(s), MaxGroupName)
	case !isLetter(s[0]):
		return "", bad("the group name %q does not begin with a letter", clip(s))
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(isLetter(c) || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-' || c == ' ' && s[i-1] != ' ') {
			return "", bad("the group name %q holds a character that is not allowed", clip(s))
		}
	}
	if last := s[len(s)-1]; last == ' ' || last == '.' {
		return "", bad("the group name %q ends in a space or a dot", s)
	}
	if why := refused(Fold(s)); why != "" {
		return "", fault.New(fault.Invalid, "the group name %q is %s", s, why).WithField("displayName").
			WithHint("choose another name: on every machine this one means something already")
	}
	return s, nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// MaxMachine is the longest machine name without its dollar: a NetBIOS name,
// RFC 1001.
const MaxMachine = 15

// ParseMachine checks a computer's sAMAccountName, with its trailing dollar, and
// returns it in capitals, as adcli writes it.
func ParseMachine(s string) (string, error) {
	stem, ok := strings.CutSuffix(s, "$")
	if !ok || !isMachineStem(stem) {
		return "", fault.New(fault.Invalid, "%q is not a machine name", clip(s)).WithField("sAMAccountName").
			WithHint("a machine name is up to %d letters, digits or -, with a $ at the end of its sAMAccountName", MaxMachine)
	}
	return strings.ToUpper(s), nil
}

// maxService is the longest ending of a service account's name after its machine's:
// with it and the dollar the name is MaxLogin long.
const maxService = MaxLogin - MaxMachine - len("!$")

// ParseServiceAccount checks the sAMAccountName of a machine's service account: a
// machine's name, and mostly an exclamation mark and three letters or digits after
// it, which adcli draws. It stays as it is spelt, for so it stands in the keytab.
func ParseServiceAccount(s string) (string, error) {
	stem, ok := strings.CutSuffix(s, "$")
	machine, ending, two := strings.Cut(stem, "!")
	if ok = ok && isMachineStem(machine) && len(ending) <= maxService && (ending != "") == two; ok {
		for i := 0; i < len(ending); i++ {
			ok = ok && (isLetter(ending[i]) || ending[i] >= '0' && ending[i] <= '9')
		}
	}
	if !ok {
		return "", fault.New(fault.Invalid, "%q is not the name of a service account", clip(s)).WithField("sAMAccountName").
			WithHint("it looks like WEB1!x7q$: a machine's name, and up to %d letters or digits after a !", maxService)
	}
	return s, nil
}

// isMachineStem reports whether s can be a machine's name, without its dollar.
func isMachineStem(s string) bool {
	if s == "" || len(s) > MaxMachine || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(isLetter(c) || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// MachineStem returns a machine's name without the dollar, folded; names of
// people and groups may not equal one. ok is false if s is not a machine's.
func MachineStem(s string) (string, bool) {
	stem, ok := strings.CutSuffix(s, "$")
	return Fold(stem), ok
}

// UPN is a user principal name: local part and suffix.
type UPN struct{ Local, Suffix string }

// Lengths of a UPN's parts as Entra ID has them.
const (
	maxUPNLocal  = 64
	maxUPNSuffix = 48
)

// ParseUPN checks a user principal name: letters, digits and ' . - _ ! # ^ ~
// before the at sign, not ending in a dot there; a domain after it.
func ParseUPN(s string) (UPN, error) {
	at := strings.LastIndexByte(s, '@')
	bad := fault.New(fault.Invalid, "%q is not a user name on a domain", clip(s)).WithField("userPrincipalName").
		WithHint("it looks like alice@lab.example: letters, digits and ' . - _ ! # ^ ~ before the @")
	if at < 1 || at > maxUPNLocal || len(s)-at-1 > maxUPNSuffix {
		return UPN{}, bad
	}
	local, suffix := s[:at], s[at+1:]
	for i := 0; i < len(local); i++ {
		if c := local[i]; !(isLetter(c) || c >= '0' && c <= '9' || strings.IndexByte("'.-_!#^~", c) >= 0) {
			return UPN{}, bad
		}
	}
	if strings.HasSuffix(local, ".") || strings.HasPrefix(local, ".") || strings.Contains(local, "..") {
		return UPN{}, bad
	}
	if _, err := ParseDomain(suffix); err != nil {
		return UPN{}, bad
	}
	return UPN{local, strings.ToLower(suffix)}, nil
}

// String returns local@suffix.
func (u UPN) String() string { return u.Local + "@" + u.Suffix }

// ParseDomain checks a DNS domain name of two or more labels (RFC 1035 §2.3.1,
// and digits at a label's start, RFC 1123 §2.1) and returns it in lower case.
func ParseDomain(s string) (string, error) {
	bad := fault.New(fault.Invalid, "%q is not a domain name", clip(s)).WithField("domain").
		WithHint("it looks like lab.example: labels of letters, digits and -, at least two")
	if len(s) > 253 {
		return "", bad
	}
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return "", bad
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return "", bad
		}
		for i := 0; i < len(l); i++ {
			if c := l[i]; !(isLetter(c) || c >= '0' && c <= '9' || c == '-') {
				return "", bad
			}
		}
	}
	return strings.ToLower(s), nil
}

// NetBIOS returns the default NetBIOS name of a domain: its first label, in
// capitals, cut at 15 characters.
func NetBIOS(domain string) string {
	label, _, _ := strings.Cut(domain, ".")
	if len(label) > MaxMachine {
		label = strings.TrimRight(label[:MaxMachine], "-")
	}
	return strings.ToUpper(label)
}
