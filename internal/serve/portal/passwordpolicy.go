package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// policyPage changes a password policy.
type policyPage struct {
	Name, For, Path string
	Passwords, Lock []page.Field
	Complex, Strict bool
}

// policyRow is a number of a policy: where it stands, and in what unit it is
// typed; no unit for a plain count.
type policyRow struct {
	name, label, help, suffix string
	unit                      time.Duration
	count                     func(*credential.Policy) *int
	span                      func(*credential.Policy) *time.Duration
}

const oneDay = 24 * time.Hour

// aboutPasswords and aboutLocks are the numbers of a policy, in the order of the
// page.
var (
	aboutPasswords = []policyRow{
		{name: "minLength", label: "At least", suffix: "characters", count: func(p *credential.Policy) *int { return &p.MinLength }},
		{name: "history", label: "Not one of the last", suffix: "passwords", count: func(p *credential.Policy) *int { return &p.History }},
		{name: "maxAge", label: "Expires after", suffix: "days", help: "0 for never.", unit: oneDay, span: func(p *credential.Policy) *time.Duration { return &p.MaxAge }},
		{name: "minAge", label: "Kept at least", suffix: "days", help: "0: changed again at once.", unit: oneDay, span: func(p *credential.Policy) *time.Duration { return &p.MinAge }},
	}
	aboutLocks = []policyRow{
		{name: "threshold", label: "Locks after", suffix: "wrong passwords", help: "0 for never.", count: func(p *credential.Policy) *int { return &p.Threshold }},
		{name: "window", label: "Counted within", suffix: "minutes", unit: time.Minute, span: func(p *credential.Policy) *time.Duration { return &p.Window }},
		{name: "duration", label: "Locked for", suffix: "minutes", unit: time.Minute, span: func(p *credential.Policy) *time.Duration { return &p.Duration }},
	}
)

// text is the number as it is typed.
func (r policyRow) text(p *credential.Policy) string {
	if r.count != nil {
		return strconv.Itoa(*r.count(p))
	}
	return strconv.FormatFloat(float64(*r.span(p))/float64(r.unit), 'f', -1, 64)
}

// set reads what was typed. What was not touched keeps its value to the second.
func (r policyRow) set(p *credential.Policy, typed string) error {
	typed = strings.TrimSpace(typed)
	if typed == r.text(p) {
		return nil
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < 0 || n > 1_000_000 {
		return fault.New(fault.Invalid, "this is not a whole number from 0 to 1,000,000").WithField(r.name)
	}
	if r.count != nil {
		*r.count(p) = n
	} else {
		*r.span(p) = time.Duration(n) * r.unit
	}
	return nil
}

// passwordPolicy is the policy the address names.
func (v *visit) passwordPolicy() (credential.Policy, error) {
	id := v.r.PathValue("policy")
	all := v.dir.PasswordPolicies()
	i := slices.IndexFunc(all, func(p credential.Policy) bool { return p.ID == id })
	switch {
	case i >= 0:
		return all[i], nil
	case id == credential.DefaultPolicy.ID:
		return credential.DefaultPolicy, nil
	}
	return credential.Policy{}, fault.New(fault.NotFound, "there is no such password policy")
}

func askPolicy(v *visit) error {
	if err := v.as.MayReadLog(role.PolicyUpdate); err != nil {
		return err
	}
	p, err := v.passwordPolicy()
	if err != nil {
		return err
	}
	return v.showPolicy(http.StatusOK, &p, nil, func(r policyRow) string { return r.text(&p) })
}

func (v *visit) showPolicy(status int, x *credential.Policy, problem error, value func(policyRow) string) error {
	row := v.passwordRow(x)
	p := policyPage{Name: x.Name, For: row.For, Path: "/policies/passwords/" + url.PathEscape(x.ID), Complex: x.Complex, Strict: x.Strict}
	f := fault.Of(problem)
	fields := func(rows []policyRow) (out []page.Field) {
		for _, r := range rows {
			at := page.Field{Name: r.name, Label: r.label, Value: value(r), Help: r.help, Suffix: r.suffix, Max: 7, Required: true, Auto: "off"}
			if f != nil && f.Field == r.name {
				at.Error, at.Hint, at.Focus, problem = page.Sentence(f.Text), page.Sentence(f.Hint), true, nil
			}
			out = append(out, at)
		}
		return out
	}
	p.Passwords, p.Lock = fields(aboutPasswords), fields(aboutLocks)
	return v.showWith(status, "passwordpolicy.html", x.Name+": password policy", problem, p,
		page.Do{What: "Change the policy", Command: "selfsame policy password set " + page.Quote(x.ID) + " --min-length 12", Method: "PUT", Path: "/selfsame/v1/policies/passwords/" + url.PathEscape(x.ID)})
}

// savePolicy changes a policy: what is not on the page stays as it is.
func savePolicy(v *visit) error {
	p, err := v.passwordPolicy()
	if err != nil {
		return err
	}
	p.Complex, p.Strict = v.field("complexity") != "", v.field("strict") != ""
	for _, r := range slices.Concat(aboutPasswords, aboutLocks) {
		if serr := r.set(&p, v.field(r.name)); err == nil {
			err = serr
		}
	}
	if err == nil {
		err = v.as.SetPasswordPolicy(v.r.Context(), p)
	}
	if fault.Is(err, fault.Denied) {
		return err
	}
	if err != nil {
		return v.showPolicy(httpd.Status(err), &p, err, func(r policyRow) string { return v.field(r.name) })
	}
	return v.done("/policies", "policy", p.Name)
}
