package ident

import (
	"strings"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// SPN is a service principal name: class/host, class/host:port or
// class/host/name, [MS-ADTS] §2.2.21 and [MS-KILE] §3.1.5.11.
type SPN struct {
	Class string // host, cifs, HTTP: compared without case
	Host  string
	Port  string // or an instance's name; empty for none
	Name  string // of the service, for services that are not a host's own; empty for none
}

// maxSPN is the longest service principal name, [MS-ADA3] §2.252.
const maxSPN = 260

// ParseSPN reads a service principal name. The host is a name of labels: nothing
// that a URL, a shell or a configuration file could read as something else.
func ParseSPN(s string) (SPN, error) {
	bad := fault.New(fault.Invalid, "%q is not a service name", clip(s)).WithField("servicePrincipalName").WithCode(fault.CodeSchema).
		WithHint("it looks like HTTP/web1.lab.example or HTTP/web1.lab.example:8080")
	parts := strings.Split(s, "/")
	if len(s) > maxSPN || len(parts) < 2 || len(parts) > 3 {
		return SPN{}, bad
	}
	out := SPN{Class: parts[0]}
	var port bool
	out.Host, out.Port, port = strings.Cut(parts[1], ":")
	if len(parts) == 3 {
		out.Name = parts[2]
	}
	switch {
	case !isToken(out.Class, "-._"), !isHost(out.Host), port && !isToken(out.Port, "-_$"), len(parts) == 3 && !isHost(out.Name):
		return SPN{}, bad
	}
	return out, nil
}

// String returns the name as it is written.
func (n SPN) String() string {
	s := n.Class + "/" + n.Host
	if n.Port != "" {
		s += ":" + n.Port
	}
	if n.Name != "" {
		s += "/" + n.Name
	}
	return s
}

// isToken reports whether s is letters and digits, and what else is given.
func isToken(s, also string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(isLetter(c) || c >= '0' && c <= '9' || strings.IndexByte(also, c) >= 0) {
			return false
		}
	}
	return true
}

// isHost reports whether s is a host name of one or more labels, RFC 1123 §2.1.
func isHost(s string) bool {
	if _, err := ParseDomain(s + ".x"); err != nil {
		return false
	}
	return len(s) <= 253
}

// serviceLabels are the first labels of the names under which the domain's own
// services answer, and of names that programs ask for by themselves. What answers
// there speaks for the domain: wpad hands every browser its proxy, and isatap its
// route.
var serviceLabels = map[string]bool{
	"selfsame": true, "login": true, "portal": true, "graph": true, "management": true, "vault": true, "track": true, "proxy": true,
	"autodiscover": true, "enterpriseregistration": true, "enterpriseenrollment": true, "kerberos": true, "kerberos-master": true,
	"kpasswd": true, "kadmin": true, "krbtgt": true, "changepw": true, "ldap": true, "gc": true, "dns": true,
	"domaindnszones": true, "forestdnszones": true, "wpad": true, "isatap": true, "localhost": true, "localdomain": true,
	"broadcasthost": true,
}

// IsServiceLabel reports whether a folded label is one that no machine may have.
func IsServiceLabel(label string) bool { return serviceLabels[label] }

// CheckHostName says why a machine may not go by a name, or returns nil. It takes
// the name without a domain.
func CheckHostName(stem string) error {
	why := ""
	switch folded := Fold(stem); {
	case IsServiceLabel(folded):
		why = "is a name that clients ask for by themselves, or one of this service's own"
	case strings.Trim(folded, "0123456789") == "":
		why = "is a number, and programs take it for an address" // RFC 1123 §2.1
	case strings.HasPrefix(folded, "xn--"):
		why = "is a name in another script in disguise" // RFC 5890 §2.3.2.1
	default:
		return nil
	}
	return fault.New(fault.Invalid, "the machine name %q %s", clip(stem), why).WithField("sAMAccountName").WithHint("choose another host name")
}
