package portal

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
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
	SignIns     bool
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
	Link                         string
	At                           time.Time
	Who, Target                  value
	Source, Door, Action, Result value
	Good                         bool
	Well                         string // the word for a good result
	Words                        string // what was done, for people
	Reason, Rule                 string
	Count                        int
}

// spans are how far back a list reaches.
var spans = []page.Option{{Value: "", Label: "As far as the log goes"}, {Value: "1h", Label: "The last hour"}, {Value: "24h", Label: "The last day"}, {Value: "168h", Label: "The last week"}}

func listSignIns(v *visit) error {
	if err := v.as.MayReadLog(role.SignInsRead); err != nil {
		return err
	}
	return v.showLog("signins.html", logPage{Title: "Sign-ins", SignIns: true, Lead: "Who signed in, from where and by which door, and who was refused."}, signInKinds, "auditLogs/signIns")
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
		Link: "/audit/" + r.ID.String(), At: r.Time, Who: val(who), Target: val(r.Target.Name), Door: val(r.Door), Action: val(r.Action),
		Result: val(string(r.Result)), Good: r.Result != audit.Failure, Well: "done", Reason: r.Reason, Rule: r.Rule, Count: r.Count, Words: wordsOf(r),
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
	"network.update": "set the network", "signIn": "signed in", "signOut": "signed out",
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
	case r.Kind == audit.Refusal:
		verb = "was refused " + r.Action
		if r.Target.Name != "" {
			verb += " of"
		}
	}
	return verb
}

// signInsPage lists one person's sign-ins.
type signInsPage struct {
	Head      userHead
	Rows      []recordRow
	Chart     page.Chart
	Good, Bad int
	Older     string
	Newest    string
}

func showUserSignIns(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	if !v.can(role.SignInsRead, e) {
		return v.as.MayReadLog(role.SignInsRead)
	}
	p := signInsPage{Head: v.headOf(e, "/signins")}
	p.Chart, err = v.weekOf(e)
	if err != nil {
		return err
	}
	p.Good, p.Bad = p.Chart.Totals()
	q := audit.Query{Kinds: signInKinds, Terms: []string{e.ID.String()}, Limit: perPage + 1}
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
	for _, r := range recs {
		p.Rows = append(p.Rows, v.row(r, false))
	}
	return v.show("usersignins.html", e.DisplayName()+": sign-ins", p,
		page.Do{What: "Find them in the log", Command: "selfsame audit search signIn " + page.Quote(e.Login), Method: "GET", Path: "/v1.0/auditLogs/signIns?term=" + e.ID.String()})
}

// weekOf draws a person's week.
func (v *visit) weekOf(e *directory.Entry) (page.Chart, error) {
	const step = 6 * time.Hour
	end := v.now().Truncate(step).Add(step)
	since := end.Add(-7 * 24 * time.Hour)
	recs, err := v.dir.Audit().Search(v.r.Context(), audit.Query{Kinds: signInKinds, Terms: []string{"signIn", e.ID.String()}, Since: since, Limit: 5000})
	if err != nil {
		return page.Chart{}, err
	}
	return chartOf("week", recs, since, step, 28, 110), nil
}

// chartOf counts sign-ins and refusals over time.
func chartOf(id string, recs []*audit.Record, since time.Time, step time.Duration, n, height int) page.Chart {
	c := page.Chart{ID: id, Step: step, Height: height, Points: make([]page.Point, n)}
	for i := range c.Points {
		c.Points[i].At = since.Add(time.Duration(i) * step)
	}
	for _, r := range recs {
		i := int(r.Time.Sub(since) / step)
		if i < 0 || i >= n {
			continue
		}
		if r.Result == audit.Failure {
			c.Points[i].Bad += max(1, r.Count)
		} else {
			c.Points[i].Good += max(1, r.Count)
		}
	}
	good, bad := c.Totals()
	c.Label = page.Count(good, "sign-in", "sign-ins") + " and " + page.Count(bad, "refusal", "refusals") + " over time"
	return c
}

// recordPage is one record, whole.
type recordPage struct {
	Row    recordRow
	Facts  []recordFact
	Diffs  []diff
	Whole  string
	Around string // address of what else happened to the same
	Back   page.Place
}

type recordFact struct {
	Label, Value, Link string
	Mono               bool
	Note               string
}

type diff struct{ Label, Attr, Old, New string }

func showRecord(v *visit) error {
	id, err := ident.ParseID(v.r.PathValue("record"))
	if err != nil {
		return err
	}
	recs, err := v.dir.Audit().Search(v.r.Context(), audit.Query{Terms: []string{id.String()}, Limit: 100})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(recs, func(r *audit.Record) bool { return r.ID == id })
	var r *audit.Record
	if i >= 0 {
		r = recs[i]
	}
	if err := v.mayReadRecord(r); err != nil {
		return err
	}
	if r == nil {
		return fault.New(fault.NotFound, "there is no record %s", id).WithHint("records are kept for a set time, 30 days unless the server says otherwise")
	}
	return v.show("record.html", "Record", v.recordPage(r), page.Do{What: "Show the record", Command: "selfsame audit show " + id.String(), Method: "GET", Path: "/selfsame/v1/audit?term=" + id.String()})
}

// mayReadRecord asks core for the log a record stands in; one's own sign-ins are
// one's own to read.
func (v *visit) mayReadRecord(r *audit.Record) error {
	if r == nil || !slices.Contains(signInKinds, r.Kind) {
		return v.as.MayReadLog(role.AuditRead)
	}
	if e, err := v.dir.ByID(r.Target.ID); err == nil && v.can(role.SignInsRead, e) {
		return nil
	}
	return v.as.MayReadLog(role.SignInsRead)
}

func (v *visit) recordPage(r *audit.Record) recordPage {
	p := recordPage{Row: v.row(r, false), Back: page.Place{Name: "Changes", Path: "/audit"}}
	if slices.Contains(signInKinds, r.Kind) {
		p.Back = page.Place{Name: "Sign-ins", Path: "/audit/signins"}
	}
	switch {
	case slices.Contains(signInKinds, r.Kind) && !v.can(role.SignInsRead, nil):
		p.Back = page.Place{Name: "My account", Path: "/account"}
	case r.Target.Name != "":
		p.Around = address(p.Back.Path, url.Values{"t": {r.Target.Name}})
	}
	add := func(label, val string) {
		if val != "" {
			p.Facts = append(p.Facts, recordFact{Label: label, Value: val})
		}
	}
	ref := func(label string, x ident.Ref) {
		if x.Name == "" && x.ID.IsZero() {
			return
		}
		f := recordFact{Label: label, Value: x.Name, Note: string(x.Kind)}
		if e, err := v.dir.ByID(x.ID); err == nil {
			f.Link = v.linkFor(e).Path
			if e.Name() != x.Name {
				f.Note += ", now " + e.Name()
			}
		} else if !x.ID.IsZero() {
			f.Note += ", no longer there"
		}
		p.Facts = append(p.Facts, f)
	}
	add("Time", r.Time.Format("2 January 2006, 15:04:05.000 UTC"))
	ref("Who", r.Actor)
	for _, c := range r.Chain {
		ref("On behalf of", c)
	}
	var how []string
	for _, m := range r.Methods {
		how = append(how, methodName(m.Name)+" at "+m.At.UTC().Format("15:04:05"))
	}
	add("Proved by", strings.Join(how, ", "))
	add("Login on the server", r.Login)
	add("Action", r.Action)
	ref("Target", r.Target)
	add("Scope", r.Scope)
	add("Result", string(r.Result))
	add("Reason", r.Reason)
	add("Rule", r.Rule)
	if r.Count > 1 {
		add("How often", page.Count(r.Count, "time", "times")+" within a second, alike")
	}
	add("Door", r.Door)
	add("Client", r.Client)
	if r.Source.IsValid() {
		add("Source", r.Source.String())
	}
	if slices.Contains(signInKinds, r.Kind) {
		add("Encrypted", map[bool]string{true: "yes, TLS", false: "no"}[r.TLS])
	}
	add("Session or token", r.Token)
	add("Made in session", r.Parent)
	add("Correlation", r.Correlation)
	add("Server", r.Server)
	add("Sequence", page.Number(int64(r.Seq)))
	add("Record", r.ID.String())
	for _, d := range r.Diffs {
		x := diff{Attr: d.Attr, Label: d.Attr, Old: strings.Join(d.Old, ", "), New: strings.Join(d.New, ", ")}
		if id, ok := schema.Lookup(d.Attr); ok {
			x.Label = schema.Of(id).Label
		}
		p.Diffs = append(p.Diffs, x)
	}
	var whole bytes.Buffer
	if json.Indent(&whole, r.AppendJSON(nil), "", "  ") == nil {
		p.Whole = whole.String()
	}
	return p
}

func methodName(m string) string {
	if m == "pwd" {
		return "password"
	}
	return m
}
