package graph

import (
	"errors"
	"fmt"
	"strings"
)

// Expr is a $filter: the part of OData 4.01 URL conventions §5.1.1 that clients
// of a directory use.
type Expr struct {
	Op    Op
	Field string
	Value string // of a comparison; "true", "false" and numbers as text
	Args  []Expr // of And, Or and Not
}

// Op is what an expression tests.
type Op uint8

// The operators.
const (
	And Op = iota
	Or
	Not
	Eq
	Ne
	Ge
	Le
	StartsWith
	EndsWith
	Contains
)

// Limits of a filter: real ones have a handful of terms.
const (
	maxFilter = 4096 // bytes
	maxTerms  = 100
	maxDepth  = 20
)

// ParseFilter reads a $filter.
func ParseFilter(s string) (Expr, error) {
	if len(s) > maxFilter {
		return Expr{}, fmt.Errorf("the filter is longer than %d bytes", maxFilter)
	}
	p := &filterParser{in: s}
	e, err := p.or(0)
	if err != nil {
		return Expr{}, fmt.Errorf("$filter: %w", err)
	}
	if p.peek() != "" {
		return Expr{}, fmt.Errorf("$filter: %q was not expected", p.peek())
	}
	return e, nil
}

type filterParser struct {
	in    string
	tok   string
	text  bool // tok is a string literal
	have  bool
	terms int
}

// peek returns the next token, "" at the end.
func (p *filterParser) peek() string {
	if !p.have {
		p.tok, p.text = p.scan()
		p.have = true
	}
	return p.tok
}

func (p *filterParser) next() string {
	t := p.peek()
	p.have = false
	return t
}

// scan reads a token: a parenthesis, a comma, a quoted string with ” for a
// quote, or a word.
func (p *filterParser) scan() (tok string, text bool) {
	p.in = strings.TrimLeft(p.in, " \t")
	if p.in == "" {
		return "", false
	}
	switch p.in[0] {
	case '(', ')', ',':
		tok, p.in = p.in[:1], p.in[1:]
		return tok, false
	case '\'':
		var b strings.Builder
		for i := 1; i < len(p.in); i++ {
			if p.in[i] != '\'' {
				b.WriteByte(p.in[i])
				continue
			}
			if i+1 < len(p.in) && p.in[i+1] == '\'' {
				b.WriteByte('\'')
				i++
				continue
			}
			p.in = p.in[i+1:]
			return b.String(), true
		}
		p.in = ""
		return "'", false // not ended: no operator looks like this
	}
	i := strings.IndexAny(p.in, " \t(),'")
	if i < 0 {
		i = len(p.in)
	}
	tok, p.in = p.in[:i], p.in[i:]
	return tok, false
}

func (p *filterParser) or(depth int) (Expr, error)  { return p.chain(depth, "or", Or, p.and) }
func (p *filterParser) and(depth int) (Expr, error) { return p.chain(depth, "and", And, p.term) }

func (p *filterParser) chain(depth int, word string, op Op, sub func(int) (Expr, error)) (Expr, error) {
	first, err := sub(depth)
	if err != nil {
		return Expr{}, err
	}
	e := Expr{Op: op, Args: []Expr{first}}
	for p.peek() == word && !p.text {
		p.next()
		x, err := sub(depth)
		if err != nil {
			return Expr{}, err
		}
		e.Args = append(e.Args, x)
	}
	if len(e.Args) == 1 {
		return first, nil
	}
	return e, nil
}

func (p *filterParser) term(depth int) (Expr, error) {
	if p.terms++; p.terms > maxTerms || depth > maxDepth {
		return Expr{}, errors.New("too many terms")
	}
	word := p.next()
	switch {
	case word == "":
		return Expr{}, errors.New("it ends too early")
	case word == "not" && !p.text:
		x, err := p.term(depth + 1)
		return Expr{Op: Not, Args: []Expr{x}}, err
	case word == "(" && !p.text:
		x, err := p.or(depth + 1)
		if err == nil && p.next() != ")" {
			err = errors.New("a parenthesis is not closed")
		}
		return x, err
	}
	if op, ok := functions[strings.ToLower(word)]; ok && p.peek() == "(" {
		return p.call(op)
	}
	return p.comparison(word)
}

var functions = map[string]Op{"startswith": StartsWith, "endswith": EndsWith, "contains": Contains}

var comparisons = map[string]Op{"eq": Eq, "ne": Ne, "ge": Ge, "le": Le}

func (p *filterParser) call(op Op) (Expr, error) {
	p.next()
	field := p.next()
	if p.next() != "," {
		return Expr{}, errors.New("a function takes a property and a value")
	}
	value := p.next()
	if !p.text {
		return Expr{}, errors.New("a value stands in single quotes")
	}
	if p.next() != ")" {
		return Expr{}, errors.New("a parenthesis is not closed")
	}
	return Expr{Op: op, Field: field, Value: value}, nil
}

func (p *filterParser) comparison(field string) (Expr, error) {
	op, ok := comparisons[p.next()]
	if !ok {
		return Expr{}, fmt.Errorf("%q is followed by no operator: eq, ne, ge, le, startswith(…)", field)
	}
	value := p.next()
	if value == "" && !p.text || value == "'" && !p.text {
		return Expr{}, errors.New("a value is missing, or its quote is not closed")
	}
	return Expr{Op: op, Field: field, Value: value}, nil
}
