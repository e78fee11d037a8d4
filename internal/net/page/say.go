package page

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

// funcs are what templates say things with.
func funcs(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"when":  func(t time.Time) template.HTML { return when(t, now()) },
		"num":   Number[int],
		"count": Count,
		"icon":  icon,
	}
}

// Number writes a number with its thousands apart.
func Number[N int | uint32 | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return sign + b.String()
}

// Count says how many of something there are: 1 person, 2 people.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Ago says how long before now a time was, or how long after.
func Ago(t, now time.Time) string {
	d := now.Sub(t)
	if d < 0 {
		return "in " + Span(-d)
	}
	if d < 10*time.Second {
		return "just now"
	}
	return Span(d) + " ago"
}

// Span says how long something lasts.
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return Count(int(d/time.Second), "second", "seconds")
	case d < time.Hour:
		return Count(int(d/time.Minute), "minute", "minutes")
	case d < 48*time.Hour:
		return Count(int(d/time.Hour), "hour", "hours")
	case d < 60*24*time.Hour:
		return Count(int(d/(24*time.Hour)), "day", "days")
	case d < 730*24*time.Hour:
		return Count(int(d/(30*24*time.Hour)), "month", "months")
	default:
		return Count(int(d/(365*24*time.Hour)), "year", "years")
	}
}

// when is a time as people say it, with the exact one for who looks closer. The
// script puts that one in the viewer's zone.
func when(t, now time.Time) template.HTML {
	if t.IsZero() {
		return "never"
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`,
		t.Format(time.RFC3339), t.Format("2 January 2006, 15:04:05 UTC"), Ago(t, now)))
}

// Quote writes a word so that a shell reads it as one.
func Quote(s string) string {
	plain := s != ""
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-@/:=,+", c) >= 0) {
			plain = false
		}
	}
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Field is a line of a form.
type Field struct {
	Name, Label, Value string
	Type               string // text where empty
	Help               string
	Error, Hint        string // what is wrong, and what would be right
	Auto               string // autocomplete
	Max                int
	Required, Focus    bool
	ReadOnly           bool
	Options            []Option // a choice
	Suffix             string   // stands behind the box
	Placeholder        string
}

// Option is one of a choice.
type Option struct {
	Value, Label, Help string
	On                 bool
}
