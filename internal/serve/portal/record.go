package portal

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

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
