package audit

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

// Kind is the class of a record.
type Kind string

// The kinds of records.
const (
	SignIn  Kind = "signIn"  // somebody proved, or failed to prove, who they are
	Issue   Kind = "issue"   // a session, token or ticket was given out
	Change  Kind = "change"  // the directory, a policy or a setting changed
	Refusal Kind = "refusal" // somebody known was refused
	Secret  Kind = "secret"  // a secret was read
	System  Kind = "system"  // the server itself: start, stop, rotation, retention
)

// Result is how it ended.
type Result string

// The results.
const (
	Success Result = "success"
	Failure Result = "failure"
)

// Change of one attribute. Values of secret attributes are never in it.
type Diff struct {
	Attr string   `json:"attr"`
	Old  []string `json:"old,omitempty"`
	New  []string `json:"new,omitempty"`
}

// Record is one entry of the log, the same shape for every door and kind.
type Record struct {
	ID          ident.ID       `json:"id"`
	Time        time.Time      `json:"time"`
	Server      string         `json:"server"`
	Seq         uint64         `json:"seq"`
	Door        string         `json:"door,omitempty"`
	Kind        Kind           `json:"kind"`
	Action      string         `json:"action"`
	Result      Result         `json:"result"`
	Reason      string         `json:"reason,omitempty"` // why it failed, for people
	Rule        string         `json:"rule,omitempty"`   // the rule or assignment the decision rests on
	Actor       ident.Ref      `json:"actor,omitzero"`
	Chain       []ident.Ref    `json:"chain,omitempty"`
	Methods     []ident.Method `json:"methods,omitempty"`
	Login       string         `json:"login,omitempty"` // the caller's login name on this host
	Client      string         `json:"client,omitempty"`
	TLS         bool           `json:"tls,omitempty"`
	Source      netip.Addr     `json:"source,omitzero"`
	Target      ident.Ref      `json:"target,omitzero"`
	Scope       string         `json:"scope,omitempty"`
	Token       string         `json:"token,omitempty"`  // id of what was issued or used
	Parent      string         `json:"parent,omitempty"` // id of what it was issued from
	Correlation string         `json:"correlation,omitempty"`
	Diffs       []Diff         `json:"diffs,omitempty"`
	Count       int            `json:"count,omitempty"` // how many alike, when over one

	// Takes marks a change that takes something away or is made by an
	// administrator: it may use the reserve on a disk that is nearly full.
	Takes bool `json:"-"`
}

// terms calls word for each word the record is found by, once for those that few
// records hold, and object for each id but its own.
func (r *Record) terms(word, once func(string), object func(ident.ID)) {
	ref := func(x ident.Ref) {
		if !x.ID.IsZero() {
			object(x.ID)
		}
		if x.Name != "" {
			word(x.Name)
		}
	}
	for _, s := range [...]string{r.Door, string(r.Kind), r.Action, string(r.Result), r.Rule, r.Login} {
		if s != "" {
			word(s)
		}
	}
	for _, s := range [...]string{r.Token, r.Parent, r.Correlation} {
		if s != "" {
			once(s)
		}
	}
	if r.Source.IsValid() {
		word(r.Source.String())
	}
	ref(r.Actor)
	ref(r.Target)
	for _, c := range r.Chain {
		ref(c)
	}
}

// Matches reports whether the record holds every term, in the sense of the
// search index.
func (r *Record) Matches(terms []string) bool {
	for _, want := range terms {
		want = ident.Fold(want)
		found := r.ID.String() == want
		is := func(s string) { found = found || ident.Fold(s) == want }
		r.terms(is, is,
			func(id ident.ID) { found = found || id.String() == want },
		)
		if !found {
			return false
		}
	}
	return true
}

// AppendJSON appends the record as one line of JSON, without the newline. It is
// written by hand because every sign-in pays for it; a test holds it against
// encoding/json.
func (r *Record) AppendJSON(b []byte) []byte {
	b = append(b, `{"id":"`...)
	b = r.ID.AppendTo(b)
	b = append(b, `","time":"`...)
	b = r.Time.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	b = field(b, "server", r.Server, true)
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, r.Seq, 10)
	b = field(b, "door", r.Door, false)
	b = field(b, "kind", string(r.Kind), true)
	b = field(b, "action", r.Action, true)
	b = field(b, "result", string(r.Result), true)
	b = field(b, "reason", r.Reason, false)
	b = field(b, "rule", r.Rule, false)
	b = refField(b, "actor", r.Actor)
	if len(r.Chain) > 0 {
		b = append(b, `,"chain":[`...)
		for i, c := range r.Chain {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendRef(b, c)
		}
		b = append(b, ']')
	}
	if len(r.Methods) > 0 {
		b = append(b, `,"methods":[`...)
		for i, m := range r.Methods {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"name":`...)
			b = appendString(b, m.Name)
			b = append(b, `,"at":"`...)
			b = m.At.UTC().AppendFormat(b, time.RFC3339Nano)
			b = append(b, `"}`...)
		}
		b = append(b, ']')
	}
	b = field(b, "login", r.Login, false)
	b = field(b, "client", r.Client, false)
	if r.TLS {
		b = append(b, `,"tls":true`...)
	}
	if r.Source.IsValid() {
		b = append(b, `,"source":"`...)
		b = r.Source.AppendTo(b)
		b = append(b, '"')
	}
	b = refField(b, "target", r.Target)
	b = field(b, "scope", r.Scope, false)
	b = field(b, "token", r.Token, false)
	b = field(b, "parent", r.Parent, false)
	b = field(b, "correlation", r.Correlation, false)
	if len(r.Diffs) > 0 {
		b = append(b, `,"diffs":[`...)
		for i, d := range r.Diffs {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"attr":`...)
			b = appendString(b, d.Attr)
			b = stringsField(b, "old", d.Old)
			b = stringsField(b, "new", d.New)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	if r.Count > 0 {
		b = append(b, `,"count":`...)
		b = strconv.AppendInt(b, int64(r.Count), 10)
	}
	return append(b, '}')
}

func field(b []byte, name, v string, always bool) []byte {
	if v == "" && !always {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendString(b, v)
}

func refField(b []byte, name string, r ident.Ref) []byte {
	if r == (ident.Ref{}) {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendRef(b, r)
}

func appendRef(b []byte, r ident.Ref) []byte {
	b = append(b, '{')
	n := len(b)
	if !r.ID.IsZero() {
		b = append(b, `,"id":"`...)
		b = r.ID.AppendTo(b)
		b = append(b, '"')
	}
	b = field(b, "kind", string(r.Kind), false)
	b = field(b, "name", r.Name, false)
	if len(b) > n { // the first field's comma
		b = append(b[:n], b[n+1:]...)
	}
	return append(b, '}')
}

func stringsField(b []byte, name string, vs []string) []byte {
	if len(vs) == 0 {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, `":[`...)
	for i, v := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, v)
	}
	return append(b, ']')
}

// appendString writes a JSON string. Whatever could break a line, a terminal or
// a page is escaped, so that no name can forge a second record.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
			b = append(b, c)
			i++
			continue
		}
		if c < utf8.RuneSelf {
			if c == '"' || c == '\\' {
				b = append(b, '\\', c)
			} else {
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b = append(b, `\ufffd`...)
		case r < 0xa0, r >= 0x2000 && r <= 0x206f, r == 0xfeff: // controls, separators, direction marks
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = append(b, s[i:i+n]...)
		}
		i += n
	}
	return append(b, '"')
}

// parseRecord reads what AppendJSON wrote.
func parseRecord(b []byte) (*Record, error) {
	var r Record
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	return &r, nil
}

// By fills in who acted, from an actor.
func (r *Record) By(a ident.Actor) *Record {
	r.Actor, r.Chain, r.Methods, r.Source, r.Door, r.Login = a.Who(), a.Chain(), a.Methods(), a.Source(), a.Door(), a.Login()
	r.Parent = a.Session()
	return r
}

// Summary says the record in one line, for people.
func (r *Record) Summary() string {
	var b strings.Builder
	name := r.Actor.Name
	if name == "" {
		name = "somebody"
	}
	fmt.Fprintf(&b, "%s %s", name, r.Action)
	if r.Target.Name != "" && r.Target != r.Actor {
		fmt.Fprintf(&b, " %s", r.Target.Name)
	}
	if r.Result == Failure {
		fmt.Fprintf(&b, ": refused")
		if r.Reason != "" {
			fmt.Fprintf(&b, " (%s)", r.Reason)
		}
	}
	if r.Count > 1 {
		fmt.Fprintf(&b, " ×%d", r.Count)
	}
	return b.String()
}
