package ldap

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// FilterError says where the text of a filter is wrong.
type FilterError struct {
	Offset int
	Text   string
}

// Error names the mistake and the place.
func (e *FilterError) Error() string {
	return fmt.Sprintf("filter: %s at offset %d", e.Text, e.Offset)
}

// ParseFilter reads the text form of a filter, RFC 4515, with the empty and and
// or of RFC 4526. Attribute descriptions may hold more than RFC 4512 §2.5
// allows, as Active Directory's do; whether there is such an attribute is not
// known here.
func ParseFilter(s string) (Filter, error) {
	p := filterText{s: s}
	f, err := p.filter()
	if err == nil && p.pos < len(s) {
		err = p.wrong("text after the filter")
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// MustFilter is ParseFilter for tests and package variables.
func MustFilter(s string) Filter {
	f, err := ParseFilter(s)
	if err != nil {
		panic(err)
	}
	return f
}

// filterText reads a filter by the grammar of RFC 4515 §3.
type filterText struct {
	s      string
	pos    int
	bounds filterBounds
}

func (p *filterText) wrong(format string, args ...any) error {
	return &FilterError{Offset: p.pos, Text: fmt.Sprintf(format, args...)}
}

func (p *filterText) rest() string { return p.s[p.pos:] }

// skip steps over token if it comes next.
func (p *filterText) skip(token string) bool {
	if !strings.HasPrefix(p.rest(), token) {
		return false
	}
	p.pos += len(token)
	return true
}

// filter = LPAREN filtercomp RPAREN
func (p *filterText) filter() (Filter, error) {
	if err := p.bounds.enter(); err != nil {
		return nil, p.wrong("%v", err)
	}
	defer p.bounds.leave()
	if !p.skip("(") {
		return nil, p.wrong("expected (")
	}
	f, err := p.component()
	if err != nil {
		return nil, err
	}
	if !p.skip(")") {
		return nil, p.wrong("expected )")
	}
	return f, nil
}

// filtercomp = and / or / not / item
func (p *filterText) component() (Filter, error) {
	switch {
	case p.skip("&"):
		set, err := p.set()
		return And(set), err
	case p.skip("|"):
		set, err := p.set()
		return Or(set), err
	case p.skip("!"):
		f, err := p.filter()
		return Not{f}, err
	}
	return p.item()
}

func (p *filterText) set() ([]Filter, error) {
	set := []Filter{}
	for strings.HasPrefix(p.rest(), "(") {
		f, err := p.filter()
		if err != nil {
			return nil, err
		}
		set = append(set, f)
	}
	return set, nil
}

// item = simple / present / substring / extensible
func (p *filterText) item() (Filter, error) {
	attr := p.description()
	if attr == "" && !strings.HasPrefix(p.rest(), ":") {
		return nil, p.wrong("expected an attribute")
	}
	switch {
	case p.skip("="):
		return p.equality(attr)
	case p.skip(">="):
		value, err := p.value()
		return GreaterOrEqual{attr, value}, err
	case p.skip("<="):
		value, err := p.value()
		return LessOrEqual{attr, value}, err
	case p.skip("~="):
		value, err := p.value()
		return Approx{attr, value}, err
	case p.skip(":"):
		return p.extensible(attr)
	}
	return nil, p.wrong("expected =, >=, <=, ~= or := after the attribute")
}

// description reads an attribute description or the name of a matching rule.
func (p *filterText) description() string {
	begin := p.pos
	for p.pos < len(p.s) && isDescription(p.s[p.pos]) {
		p.pos++
	}
	return p.s[begin:p.pos]
}

func isDescription(c byte) bool {
	return c > ' ' && c < 0x7f && !strings.ContainsRune("()&|!=~<>:*\\", rune(c))
}

// equality reads what follows =, which stars turn into present or substrings.
func (p *filterText) equality(attr string) (Filter, error) {
	parts, err := p.parts()
	if err != nil {
		return nil, err
	}
	if len(parts) == 1 {
		return Equal{attr, parts[0]}, nil
	}
	f := Substrings{Attr: attr}
	last := len(parts) - 1
	for i, part := range parts {
		switch {
		case len(part) == 0: // next to a star, nothing is asked for
		case i == 0:
			f.Initial = part
		case i == last:
			f.Final = part
		default:
			f.Any = append(f.Any, part)
		}
	}
	if f.Initial == nil && f.Any == nil && f.Final == nil {
		return Present{attr}, nil
	}
	if err := p.bounds.add(len(f.Any)); err != nil {
		return nil, p.wrong("%v", err)
	}
	return f, nil
}

// extensible reads what follows the first colon: [dn ":"] [rule ":"] "=" value.
func (p *filterText) extensible(attr string) (Filter, error) {
	f := Extensible{Attr: attr}
	word := p.description()
	if strings.EqualFold(word, "dn") && p.skip(":") {
		f.DNAttrs = true
		word = p.description()
	}
	if word != "" {
		f.Rule = word
		if !p.skip(":") {
			return nil, p.wrong("expected :=")
		}
	}
	if !p.skip("=") {
		return nil, p.wrong("expected :=")
	}
	if f.Attr == "" && f.Rule == "" {
		return nil, p.wrong("expected an attribute or a matching rule")
	}
	var err error
	f.Value, err = p.value()
	return f, err
}

// value reads a value in which no star may stand.
func (p *filterText) value() ([]byte, error) {
	parts, err := p.parts()
	if err != nil {
		return nil, err
	}
	if len(parts) > 1 {
		return nil, p.wrong(`a star in a value is written \2a`)
	}
	return parts[0], nil
}

// parts reads up to the closing parenthesis, and cuts at each star.
func (p *filterText) parts() ([][]byte, error) {
	parts := [][]byte{{}}
	for ; p.pos < len(p.s); p.pos++ {
		c := p.s[p.pos]
		switch c {
		case ')':
			return parts, nil
		case '*':
			parts = append(parts, []byte{})
			continue
		case '(':
			return nil, p.wrong(`( in a value is written \28`)
		case 0:
			return nil, p.wrong(`NUL in a value is written \00`)
		case '\\':
			v, err := p.escape()
			if err != nil {
				return nil, err
			}
			c = v
		}
		last := len(parts) - 1
		parts[last] = append(parts[last], c)
	}
	return nil, p.wrong("expected )")
}

// escape reads the two digits behind a backslash, and stays on the second.
func (p *filterText) escape() (byte, error) {
	var v [1]byte
	if p.pos+2 >= len(p.s) {
		return 0, p.wrong("expected two hexadecimal digits")
	}
	if _, err := hex.Decode(v[:], []byte(p.s[p.pos+1:p.pos+3])); err != nil {
		return 0, p.wrong("expected two hexadecimal digits")
	}
	p.pos += 2
	return v[0], nil
}
