// Package doctor looks at a machine, or at a server, for what keeps people from
// signing in, and says of each finding what it is, why it matters and what to do.
//
// It is a guest that checks from outside: on a machine it reads the files that
// SSSD, Kerberos, PAM and sshd read, and asks the domain over the network as they
// do; on a server it asks the management API. It needs no directory and no library
// of the machine's, so that the binary can be copied there and run.
//
// A check is an entry in a table: a name, what it looks at, and a function from a
// machine to findings. Whoever adds one adds an entry.
//
// What always holds:
//
//   - Looking changes nothing. A change is a [Fix] that is shown before it is made,
//     and what it replaces is kept beside.
//   - No password is needed and none is guessed: the one sign-in is the machine's
//     own, with its keytab.
//   - A program that is not there and a server that does not answer are findings,
//     never a failure of the doctor's.
//
// How the directory decides is not known here.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Severity says how bad a finding is.
type Severity uint8

// The severities. With notes alone all is well.
const (
	Note    Severity = iota // worth knowing
	Warning                 // some people or some programs will meet it
	Error                   // nobody can sign in, or join, until it is mended
)

var severities = [...]string{Note: "note", Warning: "warning", Error: "error"}

// String returns the severity's stable name.
func (s Severity) String() string { return severities[s] }

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is something that is not as it should be.
type Finding struct {
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	What     string   `json:"what"`
	Why      string   `json:"why"`
	Do       string   `json:"do"`
	Fixable  bool     `json:"fixable"`
	Fix      *Fix     `json:"-"` // nil where only a person can mend it
}

// found makes a finding without a fix.
func found(s Severity, what, why, do string) Finding {
	return Finding{Severity: s, What: what, Why: why, Do: do}
}

// with returns the finding with a fix.
func (f Finding) with(fix *Fix) Finding {
	f.Fix, f.Fixable = fix, fix != nil
	return f
}

// check is one thing that is looked at, on a patient of type P.
type check[P any] struct {
	name  string
	looks string // at what, for people
	run   func(context.Context, P) []Finding
}

// Report is what an examination found, worst first.
type Report struct {
	Machine  string    `json:"machine"`
	Domain   string    `json:"domain"`
	Joined   bool      `json:"joined"`
	Looked   []string  `json:"looked"` // the checks that ran
	Findings []Finding `json:"findings"`
}

// Well reports whether there is nothing but notes.
func (r *Report) Well() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity > Note })
}

// examine runs the checks of a table. Within a severity findings stand in the
// table's order, which goes from the network to the programs: what stands first is
// the likeliest cause of what follows.
func examine[P any](ctx context.Context, r *Report, checks []check[P], p P) {
	r.Findings = []Finding{}
	for _, c := range checks {
		if ctx.Err() != nil {
			break
		}
		r.Looked = append(r.Looked, c.name)
		for _, f := range c.run(ctx, p) {
			f.Check = c.name
			r.Findings = append(r.Findings, f)
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
}

// Check describes a check, for people.
type Check struct{ Name, Looks string }

// MachineChecks lists what is looked at on a machine.
func MachineChecks() []Check { return describe(machineChecks) }

// ServerChecks lists what is looked at on a server.
func ServerChecks() []Check { return describe(serverChecks) }

func describe[P any](checks []check[P]) []Check {
	out := make([]Check, len(checks))
	for i, c := range checks {
		out[i] = Check{c.name, c.looks}
	}
	return out
}

// list writes names as people do: a, b and c.
func list(names []string) string {
	switch n := len(names); {
	case n == 0:
		return ""
	case n == 1:
		return names[0]
	case n > 12:
		return fmt.Sprintf("%s and %d more", joined(names[:10]), n-10)
	default:
		return joined(names[:n-1]) + " and " + names[n-1]
	}
}

func joined(names []string) string {
	s := names[0]
	for _, n := range names[1:] {
		s += ", " + n
	}
	return s
}
