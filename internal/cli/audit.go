package cli

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/selfsame-dev/selfsame/internal/daemon"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

const auditPath = "/selfsame/v1/audit"

func (e *env) auditCommand() *cobra.Command {
	return noun("audit", "Read and verify the audit log", e.auditTail(), e.auditSearch(), e.auditShow(), e.auditVerify(), e.auditExport())
}

// recordDoc is what a line of the log shows.
type recordDoc struct {
	Time   time.Time `json:"time"`
	Kind   string    `json:"kind"`
	Door   string    `json:"door"`
	Action string    `json:"action"`
	Result string    `json:"result"`
	Reason string    `json:"reason"`
	Source string    `json:"source"`
	Count  int       `json:"count"`
	Actor  struct {
		Name string `json:"name"`
	} `json:"actor"`
	Target struct {
		Name string `json:"name"`
	} `json:"target"`
}

// line writes a record in one line.
func (e *env) line(raw []byte) error {
	if e.json {
		_, err := fmt.Fprintln(e.out, string(raw))
		return err
	}
	var r recordDoc
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	who, what := r.Actor.Name, r.Action
	if r.Target.Name != "" && who != "" && r.Target.Name != who {
		what += " " + r.Target.Name
	}
	if who == "" {
		who = r.Target.Name
	}
	if r.Result == "failure" {
		what += ": refused (" + r.Reason + ")"
	}
	if r.Count > 1 {
		what += fmt.Sprintf(" ×%d", r.Count)
	}
	_, err := fmt.Fprintf(e.out, "%s  %-8s %-18s %-20s %s\n", r.Time.Local().Format("2006-01-02 15:04:05"), dash(r.Door), dash(r.Source), dash(who), what)
	return err
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (e *env) auditTail() *cobra.Command {
	var follow bool
	var n int
	c := &cobra.Command{
		Use: "tail", Short: "Show the last records, and follow", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var page graph.List[json.RawMessage]
			if err := e.api().Do(cmd.Context(), "GET", auditPath, url.Values{"$top": {fmt.Sprint(n)}}, nil, &page); err != nil {
				return err
			}
			for i := len(page.Value) - 1; i >= 0; i-- {
				if err := e.line(page.Value[i]); err != nil {
					return err
				}
			}
			if !follow {
				return nil
			}
			var werr error
			err := e.api().Lines(cmd.Context(), auditPath+"/export", url.Values{"follow": {"true"}, "tail": {"true"}}, func(b []byte) bool {
				werr = e.line(b)
				return werr == nil
			})
			if cmd.Context().Err() != nil {
				return nil
			}
			if err == nil {
				err = werr
			}
			return err
		},
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on as records come")
	c.Flags().IntVarP(&n, "lines", "n", 20, "how many records")
	return c
}

func (e *env) auditSearch() *cobra.Command {
	var since, until string
	var n int
	c := &cobra.Command{
		Use: "search WORD...", Short: "Find records that hold every word", Args: cobra.MinimumNArgs(1),
		Long:    "Find records that hold every word, newest first. A word is a whole name, address, action, rule, result or id.",
		Example: "  selfsame audit search alice failure --since 24h",
		RunE: func(cmd *cobra.Command, args []string) error {
			q := url.Values{"term": args, "$top": {fmt.Sprint(n)}}
			if since != "" {
				q.Set("since", since)
			}
			if until != "" {
				q.Set("until", until)
			}
			var page graph.List[json.RawMessage]
			if err := e.api().Do(cmd.Context(), "GET", auditPath, q, nil, &page); err != nil {
				return err
			}
			for _, raw := range page.Value {
				if err := e.line(raw); err != nil {
					return err
				}
			}
			if len(page.Value) == 0 && !e.json {
				fmt.Fprintln(e.err, "no record holds all of these words")
			}
			return nil
		},
	}
	c.Flags().StringVar(&since, "since", "", "a `time`, a day, or how long ago: 24h")
	c.Flags().StringVar(&until, "until", "", "likewise")
	c.Flags().IntVarP(&n, "lines", "n", 100, "how many records at most")
	return c
}

func (e *env) auditShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show a whole record", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var page graph.List[json.RawMessage]
			if err := e.api().Do(cmd.Context(), "GET", auditPath, url.Values{"term": args}, nil, &page); err != nil {
				return err
			}
			if len(page.Value) == 0 {
				return fault.New(fault.NotFound, "there is no record %s", args[0]).WithHint("its retention may be over")
			}
			for _, raw := range page.Value {
				js := *e
				js.json = true
				if err := js.print(raw, nil); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (e *env) auditVerify() *cobra.Command {
	var dir, keyFile, headsFile string
	c := &cobra.Command{
		Use: "verify", Short: "Check that the log is whole and unaltered", Args: cobra.NoArgs,
		Long: "Check that the log is whole and unaltered. Without --dir the running server checks its own log against the\n" +
			"heads it anchored. With --dir it is done here, with the public key alone: no server and no secret is needed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var rep daemon.AuditReport
			if dir == "" {
				if err := e.api().Do(cmd.Context(), "GET", auditPath+"/verify", nil, nil, &rep); err != nil {
					return err
				}
			} else {
				r, err := daemon.VerifyFolder(dir, keyFile, headsFile)
				if err != nil {
					return err
				}
				rep = *r
			}
			raw, err := json.Marshal(rep)
			if err != nil {
				return err
			}
			if err := e.print(raw, func() error { return e.showReport(&rep) }); err != nil {
				return err
			}
			if !rep.OK() {
				return fault.New(fault.Invalid, "the audit log was altered: %d faults", len(rep.Faults)).
					WithHint("keep the folder as it is; compare it with what other servers and backups hold")
			}
			return nil
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "`folder` of segments to check here")
	c.Flags().StringVar(&keyFile, "key", "", "`file` of the public key (default audit.pub in the folder)")
	c.Flags().StringVar(&headsFile, "heads", "", "`file` of heads anchored elsewhere, as verify --json of a server prints them")
	return c
}

func (e *env) showReport(r *daemon.AuditReport) error {
	for _, f := range r.Faults {
		e.say("ALTERED  %s", f)
	}
	e.say("%d records in %d segments, %d signed heads.", r.Records, r.Segments, r.Heads)
	if r.Signed > 0 {
		e.say("Signed up to record %d, at %s.", r.Signed, r.Last.Local().Format(time.DateTime))
	}
	if r.OK() {
		e.say("The log is whole and unaltered.")
	}
	return nil
}

func (e *env) auditExport() *cobra.Command {
	var since string
	c := &cobra.Command{
		Use: "export", Short: "Write every record since a time, one JSON object a line", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{}
			if since != "" {
				q.Set("since", since)
			}
			var werr error
			err := e.api().Lines(cmd.Context(), auditPath+"/export", q, func(b []byte) bool {
				_, werr = fmt.Fprintln(e.out, string(b))
				return werr == nil
			})
			if err == nil {
				err = werr
			}
			return err
		},
	}
	c.Flags().StringVar(&since, "since", "", "a `time`, a day, or how long ago: 24h")
	return c
}
