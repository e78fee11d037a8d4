package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selfsame-dev/selfsame/internal/config"
	"github.com/selfsame-dev/selfsame/internal/daemon"
	"github.com/selfsame-dev/selfsame/internal/doctor"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// patient is a machine or a server.
type patient interface {
	Examine(context.Context) *doctor.Report
	Preview(*doctor.Fix) ([]doctor.Change, [][]string, error)
	Apply(context.Context, *doctor.Fix) ([]doctor.Change, error)
	Finish(context.Context, []*doctor.Fix) []string
}

func (e *env) doctorCommand() *cobra.Command {
	var o struct {
		domain        string
		machine, list bool
		fix, yes      bool
	}
	c := &cobra.Command{
		Use: "doctor", Short: "Say what keeps people from signing in, and what to do about it", Args: cobra.NoArgs,
		Long: "Look at this machine, or at the server whose folder is here, for what keeps people from signing in. Nothing is\n" +
			"changed without --fix. The exit status is 0 when all is well, and 1 when there are findings that are not notes.",
		Example: "  selfsame doctor                       # as root: it reads the keytab\n" +
			"  selfsame doctor --domain lab.example  # before a join\n" +
			"  selfsame doctor --fix",
		RunE: func(cmd *cobra.Command, _ []string) error {
			this := doctor.This(o.domain)
			var p patient = this
			checks := doctor.MachineChecks()
			if !o.machine && o.domain == "" && daemon.Exists(e.dataDir()) {
				cfg, err := config.Read("", e.dataDir())
				if err != nil {
					return err
				}
				p, checks = &doctor.Server{Machine: this, Config: cfg, API: e.api()}, doctor.ServerChecks()
			}
			if o.list {
				return e.listChecks(checks)
			}
			r := p.Examine(cmd.Context())
			if !o.fix {
				return e.tell(r, nil)
			}
			done, err := e.mend(cmd.Context(), p, r, o.yes)
			if err != nil {
				return err
			}
			return e.tell(p.Examine(cmd.Context()), done)
		},
	}
	c.Flags().StringVar(&o.domain, "domain", "", "the `domain` to look for, where the machine's own files do not say it")
	c.Flags().BoolVar(&o.machine, "machine", false, "look at this host as a machine of the domain, although a server's folder is here")
	c.Flags().BoolVar(&o.list, "list", false, "list what is looked at")
	c.Flags().BoolVar(&o.fix, "fix", false, "mend what can be mended safely, after showing it; what is replaced is kept as FILE.bak")
	c.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask before mending")
	return c
}

func (e *env) listChecks(checks []doctor.Check) error {
	if e.json {
		raw, err := json.Marshal(checks)
		if err != nil {
			return err
		}
		return e.print(raw, nil)
	}
	for _, c := range checks {
		e.say("%-16s %s", c.Name, c.Looks)
	}
	return nil
}

// mended is a finding with what was done about it.
type mended struct {
	Check   string          `json:"check"`
	What    string          `json:"what"`
	Changes []doctor.Change `json:"changes"`
	Failed  string          `json:"failed,omitempty"`
}

// mend shows every fix, asks, and makes them. One that does not succeed is put back,
// told, and does not keep others from being made.
func (e *env) mend(ctx context.Context, p patient, r *doctor.Report, yes bool) ([]mended, error) {
	findings := slices.DeleteFunc(slices.Clone(r.Findings), func(f doctor.Finding) bool { return f.Fix == nil })
	if len(findings) == 0 {
		return nil, nil
	}
	for _, f := range findings {
		changes, programs, err := p.Preview(f.Fix)
		if err != nil {
			return nil, fault.Wrap(fault.Denied, err, "a file cannot be read").WithHint("run the doctor as root")
		}
		e.say("To mend: %s", f.What)
		e.showChanges(changes)
		for _, argv := range programs {
			e.say("  run %s", strings.Join(argv, " "))
		}
		for _, argv := range f.Fix.Then {
			e.say("  then %s", strings.Join(argv, " "))
		}
	}
	if err := e.confirm(yes, "What is replaced is kept beside, as FILE.bak."); err != nil {
		return nil, err
	}
	var done []mended
	var fixes []*doctor.Fix
	for _, f := range findings {
		m := mended{Check: f.Check, What: f.What}
		changes, err := p.Apply(ctx, f.Fix)
		if m.Changes = changes; err != nil {
			m.Failed = err.Error()
		} else {
			fixes = append(fixes, f.Fix)
		}
		done = append(done, m)
	}
	for _, line := range p.Finish(ctx, fixes) {
		done = append(done, mended{What: "to make it count", Failed: line})
	}
	return done, nil
}

// showChanges shows a few lines of each change.
func (e *env) showChanges(changes []doctor.Change) {
	const most = 12
	for _, c := range changes {
		e.say("  %s", c.Path)
		lines := c.Lines()
		for _, l := range lines[:min(len(lines), most)] {
			e.say("    %s", shortened(l))
		}
		if len(lines) > most {
			e.say("    and %d lines more", len(lines)-most)
		}
	}
}

// shortened keeps a line of a hundred names on the screen.
func shortened(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// tell writes a report, and returns the error that is its exit status.
func (e *env) tell(r *doctor.Report, done []mended) error {
	if e.json {
		doc := struct {
			*doctor.Report
			Mended []mended `json:"mended,omitempty"`
		}{r, done}
		raw, err := json.Marshal(doc)
		if err == nil {
			err = e.print(raw, nil)
		}
		if err != nil {
			return err
		}
	}
	for _, m := range done {
		if m.Failed != "" {
			e.say("Not mended: %s\n  %s", m.What, m.Failed)
			continue
		}
		e.say("Mended: %s", m.What)
		for _, c := range m.Changes {
			if c.Backup != "" {
				e.say("  %s is what %s was", c.Backup, c.Path)
			}
		}
	}
	return e.tellFindings(r)
}

func (e *env) tellFindings(r *doctor.Report) error {
	fixable, bad := 0, 0
	for _, f := range r.Findings {
		e.say("%-8s %s", f.Severity, f.What)
		e.say("         %s To do: %s", f.Why, f.Do)
		if f.Fixable {
			fixable++
		}
		if f.Severity > doctor.Note {
			bad++
		}
	}
	about := r.Machine
	if r.Domain != "" {
		about += ", of " + r.Domain
	}
	about += fmt.Sprintf(": looked at %d things", len(r.Looked))
	if bad == 0 {
		e.say("%s, and all is well.", about)
		return nil
	}
	// Of the kind whose exit status is 1. It is no fault of the program's.
	is := "are"
	if bad == 1 {
		is = "is"
	}
	err := fault.New(fault.Internal, "%s, and %d %s not well", about, bad, is)
	if fixable > 0 {
		return err.WithHint("selfsame doctor --fix mends %d", fixable)
	}
	return err
}
