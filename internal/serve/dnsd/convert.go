package dnsd

import (
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"github.com/selfsame-dev/selfsame/internal/core/zone"
)

// valueOf turns a record of an update into the zone's value; nil for a type that
// the zone has no values of.
func valueOf(rr dns.RR) zone.Value {
	num := func(n int) string { return strconv.Itoa(n) }
	switch x := rr.(type) {
	case *dns.A:
		return zone.Value{x.A.String()}
	case *dns.AAAA:
		return zone.Value{x.AAAA.String()}
	case *dns.CNAME:
		return zone.Value{nameOf(x.Target)}
	case *dns.PTR:
		return zone.Value{nameOf(x.Ptr)}
	case *dns.MX:
		return zone.Value{num(int(x.Preference)), nameOf(x.Mx)}
	case *dns.SRV:
		return zone.Value{num(int(x.Priority)), num(int(x.Weight)), num(int(x.Port)), nameOf(x.Target)}
	case *dns.TXT:
		v := make(zone.Value, len(x.Txt))
		for i, s := range x.Txt {
			v[i] = unescape(s)
		}
		return v
	case *dns.CAA:
		return zone.Value{num(int(x.Flag)), strings.ToLower(x.Tag), unescape(x.Value)}
	case *dns.SSHFP:
		return zone.Value{num(int(x.Algorithm)), num(int(x.Type)), strings.ToLower(x.FingerPrint)}
	}
	return nil
}

// nameOf is the zone's form of a name: lower case, without the dot at the end. The
// root stays a dot.
func nameOf(s string) string {
	if s == "." {
		return s
	}
	return strings.ToLower(strings.TrimSuffix(s, "."))
}

// escape writes a text as the codec holds it: in presentation form, RFC 1035 §5.1.
func escape(s string) string {
	if !strings.ContainsAny(s, `"\`) {
		return s
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}

// unescape reads a text as the codec holds it.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		if i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i:i+3], 10, 8); err == nil {
				out, i = append(out, byte(n)), i+2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}
