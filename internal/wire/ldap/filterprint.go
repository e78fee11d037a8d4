package ldap

import (
	"unicode"
	"unicode/utf8"
)

func (f And) appendText(p []byte) []byte { return appendSet(p, '&', f) }

func (f Or) appendText(p []byte) []byte { return appendSet(p, '|', f) }

func appendSet(p []byte, op byte, set []Filter) []byte {
	p = append(p, '(', op)
	for _, f := range set {
		p = f.appendText(p)
	}
	return append(p, ')')
}

func (f Not) appendText(p []byte) []byte {
	p = append(p, "(!"...)
	p = f.Filter.appendText(p)
	return append(p, ')')
}

func (f Equal) appendText(p []byte) []byte { return appendItem(p, f.Attr, "=", f.Value) }

func (f GreaterOrEqual) appendText(p []byte) []byte { return appendItem(p, f.Attr, ">=", f.Value) }

func (f LessOrEqual) appendText(p []byte) []byte { return appendItem(p, f.Attr, "<=", f.Value) }

func (f Approx) appendText(p []byte) []byte { return appendItem(p, f.Attr, "~=", f.Value) }

func (f Present) appendText(p []byte) []byte {
	p = append(p, '(')
	p = appendEscaped(p, f.Attr)
	return append(p, "=*)"...)
}

func (f Substrings) appendText(p []byte) []byte {
	p = append(p, '(')
	p = appendEscaped(p, f.Attr)
	p = append(p, '=')
	p = appendEscaped(p, f.Initial)
	p = append(p, '*')
	for _, part := range f.Any {
		p = appendEscaped(p, part)
		p = append(p, '*')
	}
	p = appendEscaped(p, f.Final)
	return append(p, ')')
}

func (f Extensible) appendText(p []byte) []byte {
	p = append(p, '(')
	p = appendEscaped(p, f.Attr)
	if f.DNAttrs {
		p = append(p, ":dn"...)
	}
	if f.Rule != "" {
		p = append(p, ':')
		p = appendEscaped(p, f.Rule)
	}
	p = append(p, ":="...)
	p = appendEscaped(p, f.Value)
	return append(p, ')')
}

func appendItem(p []byte, attr, op string, value []byte) []byte {
	p = append(p, '(')
	p = appendEscaped(p, attr)
	p = append(p, op...)
	p = appendEscaped(p, value)
	return append(p, ')')
}

// appendEscaped escapes what RFC 4515 §3 asks for, and also what is not
// printable UTF-8, so that a filter can break no log line.
func appendEscaped[T string | []byte](p []byte, value T) []byte {
	for i := 0; i < len(value); {
		c, size := rune(value[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune([]byte(value[i:min(i+utf8.UTFMax, len(value))]))
		}
		if c == utf8.RuneError || !unicode.IsPrint(c) || isSpecial(c) {
			p = appendHex(p, value[i:i+size])
		} else {
			p = append(p, value[i:i+size]...)
		}
		i += size
	}
	return p
}

func isSpecial(c rune) bool { return c == '(' || c == ')' || c == '*' || c == '\\' }

func appendHex[T string | []byte](p []byte, octets T) []byte {
	const digits = "0123456789abcdef"
	for i := range len(octets) {
		p = append(p, '\\', digits[octets[i]>>4], digits[octets[i]&15])
	}
	return p
}
