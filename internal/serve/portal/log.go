package portal

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// The two views of the log.
var (
	signInKinds = []audit.Kind{audit.SignIn, audit.Issue}
	changeKinds = []audit.Kind{audit.Change, audit.Refusal, audit.System, audit.Secret}
)

// logPage lists records of the log.
type logPage struct {
	Title, Lead string
	Path        string
	Query       string
	Since       []page.Option
	Chips       []chip
	Rows        []recordRow
	Older       string // address of the page of older records
	Newest      string
	Narrowed    bool
}

// chip is a value the list is narrowed to, with the address without it.
type chip struct{ Value, Without string }

// value is a word of a record; a click on it narrows the list to it.
type value struct{ Text, Link string }

type recordRow struct {
	Link         string
	At           time.Time
	Who, Target  value
	Source, Door value
	Good         bool
	Well         string // the word for a good result
	Words        string // what was done, for people
	Reason, Rule string
	Count        int
}

// spans are how far back a list reaches.
var spans = []page.Option{{Value: "", Label: "As far as the log goes"}, {Value: "1h", Label: "The last hour"}, {Value: "24h", Label: "The last day"}, {Value: "168h", Label: "The last week"}}

func listSignIns(v *visit) error {
	if err := v.as.MayReadLog(role.SignInsRead); err != nil {
		return err
	}
	return v.showLog("signins.html", logPage{Title: "Sign-ins", Lead: "Who signed in, from where and by which door, and who was refused."}, signInKinds, "auditLogs/signIns")
}

func listChanges(v *visit) error {
	if err := v.as.MayReadLog(role.AuditRead); err != nil {
		return err
	}
	return v.showLog("audit.html", logPage{Title: "Changes", Lead: "Who changed what, and who was refused."}, changeKinds, "auditLogs/directoryAudits")
}

// showLog lists the records that the address asks for.
func (v *visit) showLog(name string, p logPage, kinds []audit.Kind, api string) error {
	q := audit.Query{Kinds: kinds, Limit: perPage + 1}
	p.Path, p.Query = v.r.URL.Path, strings.TrimSpace(v.field("q"))
	terms := slices.Clone(v.r.URL.Query()["t"])
	for _, t := range terms {
		p.Chips = append(p.Chips, chip{t, v.without("t", t)})
	}
	q.Terms = append(terms, words(p.Query)...)
	if d, err := time.ParseDuration(v.field("since")); err == nil && d > 0 {
		q.Since = v.now().Add(-d)
	}
	for _, o := range spans {
		o.On = o.Value == v.field("since")
		p.Since = append(p.Since, o)
	}
	q.Before, _ = strconv.ParseUint(v.field("before"), 10, 64)
	if q.Before > 0 {
		p.Newest = v.with("before", "")
	}
	recs, err := v.dir.Audit().Search(v.r.Context(), q)
	if err != nil {
		return err
	}
	if len(recs) > perPage {
		recs = recs[:perPage]
		p.Older = v.with("before", strconv.FormatUint(recs[perPage-1].Seq, 10))
	}
	p.Narrowed = len(q.Terms) > 0 || !q.Since.IsZero()
	for _, r := range recs {
		p.Rows = append(p.Rows, v.row(r, true))
	}
	do := page.Do{What: "Read the log", Command: "selfsame audit tail", Method: "GET", Path: "/v1.0/" + api}
	if len(q.Terms) > 0 {
		do.Command = "selfsame audit search"
		for _, t := range q.Terms {
			do.Command += " " + page.Quote(t)
		}
		do.Path += "?" + url.Values{"term": q.Terms}.Encode()
	}
	return v.show(name, p.Title, p, do)
}

// words splits what was typed: words, and "several words" as one.
func words(s string) []string {
	var out []string
	for i, part := range strings.Split(s, `"`) {
		if i%2 == 1 {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

// narrowed is this page's address, narrowed to one more word.
func (v *visit) narrowed(word string) string {
	q := v.r.URL.Query()
	if word == "" || slices.Contains(q["t"], word) {
		return ""
	}
	q.Del("before")
	q.Add("t", word)
	return address(v.r.URL.Path, q)
}

func (v *visit) without(name, val string) string {
	q := v.r.URL.Query()
	q.Del("before")
	q[name] = slices.DeleteFunc(slices.Clone(q[name]), func(s string) bool { return s == val })
	return address(v.r.URL.Path, q)
}

// row is a record in one line; narrows says that a click on a value narrows the
// list.
func (v *visit) row(r *audit.Record, narrows bool) recordRow {
	val := func(s string) value {
		if !narrows {
			return value{Text: s}
		}
		return value{s, v.narrowed(s)}
	}
	who := r.Actor.Name
	if who == "" && r.Kind == audit.SignIn {
		who = r.Target.Name
	}
	out := recordRow{
		Link: "/audit/" + r.ID.String(), At: r.Time, Who: val(who), Target: val(r.Target.Name), Door: val(r.Door),
		Good: r.Result != audit.Failure, Well: "done", Reason: r.Reason, Rule: r.Rule, Count: r.Count, Words: wordsOf(r),
	}
	if server, ok := strings.CutPrefix(who, "local:"); ok {
		out.Who.Text = server + "'s shell"
	}
	if slices.Contains(signInKinds, r.Kind) {
		out.Well = "allowed"
	}
	if r.Source.IsValid() {
		out.Source = val(r.Source.String())
	}
	return out
}

// verbs are what actions are called.
var verbs = map[string]string{
	"user.create": "created", "user.update": "changed", "user.delete": "deleted", "user.rename": "renamed", "user.resetPassword": "reset the password of",
	"user.changePassword": "changed the password of", "user.revoke": "signed out everywhere", "user.dropPassword": "took the password of",
	"group.create": "created the group", "group.update": "changed the group", "group.delete": "deleted the group", "group.rename": "renamed the group",
	"computer.create": "created the machine", "computer.update": "changed the machine", "computer.delete": "deleted the machine", "computer.resetPassword": "reset the password of the machine",
	"unit.create": "created the unit", "unit.update": "changed the unit", "unit.delete": "deleted the unit",
	"role.assign": "gave a role to", "role.remove": "took a role from", "passwordPolicy.update": "set the password policy", "passwordPolicy.delete": "removed the password policy",
	"network.update": "set the network", "server.start": "started", "server.stop": "stopped", "signIn": "signed in", "signOut": "signed out",
}

// wordsOf says what a record tells, without who did it.
func wordsOf(r *audit.Record) string {
	verb, ok := verbs[r.Action]
	if !ok {
		verb = r.Action
	}
	switch {
	case r.Action == "signIn" && r.Result == audit.Failure:
		verb = "tried to sign in"
	case (r.Action == "user.update" || r.Action == "group.update") && len(r.Diffs) == 1:
		verb = verbOfUpdate(r.Diffs[0], verb)
	case r.Kind == audit.Refusal:
		verb = "was refused " + r.Action
		if r.Target.Name != "" {
			verb += " of"
		}
	}
	return verb
}

// verbOfUpdate is what people call a change of one attribute, if they have a word
// for it.
func verbOfUpdate(d audit.Diff, verb string) string {
	switch d.Attr {
	case "member":
		switch {
		case len(d.Old) == 0 && len(d.New) == 1:
			return "added " + d.New[0] + " to"
		case len(d.New) == 0 && len(d.Old) == 1:
			return "removed " + d.Old[0] + " from"
		}
	case "lockoutTime":
		return "unlocked"
	case "userAccountControl":
		was, _ := strconv.Atoi(strings.Join(d.Old, ""))
		is, _ := strconv.Atoi(strings.Join(d.New, ""))
		switch {
		case was^is != directory.ControlDisabled:
		case is > was:
			return "disabled"
		default:
			return "enabled"
		}
	}
	return verb
}
