package cli

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/selfsame-dev/selfsame/internal/client"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

func (e *env) machineCommand() *cobra.Command {
	return noun("machine", "Let machines join, show them, and bury those that are gone",
		e.machineList(), e.machineShow(),
		e.machineTicket("preset", "Make a machine's account, with a password that it joins with once", "POST", func(string) string { return "/selfsame/v1/machines" }),
		e.machineTicket("reset", "Give a machine another password that it joins with once", "POST", func(name string) string {
			return client.Path("selfsame", "v1", "machines", name, "reset")
		}),
		e.machineBury(), e.machineAccess(), e.machineConf())
}

// days reads a duration that may be in days.
func days(s string) (time.Duration, error) {
	if n, ok := strings.CutSuffix(s, "d"); ok {
		if d, err := strconv.Atoi(n); err == nil && d > 0 && d < 36500 {
			return time.Duration(d) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return d, nil
	}
	return 0, fault.New(fault.Invalid, "%q is not a length of time", s).WithHint("it looks like 30d or 12h")
}

func (e *env) machineList() *cobra.Command {
	var stale string
	c := &cobra.Command{
		Use: "list", Short: "List machines, with when each last proved who it is", Args: cobra.NoArgs,
		Example: "  selfsame machine list --stale 30d",
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{}
			if stale != "" {
				d, err := days(stale)
				if err != nil {
					return err
				}
				q.Set("stale", d.String())
			}
			all, err := e.all(cmd, "/v1.0/devices", q)
			if err != nil {
				return err
			}
			return e.printAll(all, "NAME\tLAST CONTACT\tADDRESS\tSYSTEM\tJOINED BY", func(raw json.RawMessage) (string, error) {
				var d graph.Device
				err := json.Unmarshal(raw, &d)
				return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", d.DisplayName, contact(&d), d.Own.LastAddress, system(&d), d.Own.JoinedBy), err
			})
		},
	}
	c.Flags().StringVar(&stale, "stale", "", "only those not heard of for a `time`, such as 30d")
	return c
}

// system says what runs on a machine, and that it is not joined where it only reads.
func system(d *graph.Device) string {
	if !d.Own.Service {
		return d.System
	}
	return strings.TrimSpace(d.System + " (service account)")
}

// contact says when a machine was last heard of.
func contact(d *graph.Device) string {
	switch {
	case !d.LastSignIn.IsZero():
		return d.LastSignIn.Format(time.DateTime)
	case d.Own.Server:
		return "serves the domain"
	case !d.Own.JoinUntil.IsZero():
		return "has not joined yet"
	}
	return "never"
}

func (e *env) machineShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a machine", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "GET", client.Path("v1.0", "devices", args[0]), nil, nil, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var d graph.Device
				if err := json.Unmarshal(raw, &d); err != nil {
					return err
				}
				w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
				line := func(what, value string) {
					if value != "" {
						fmt.Fprintf(w, "%s\t%s\n", what, value)
					}
				}
				line("Name", d.DisplayName)
				line("Host name", d.Own.HostName)
				line("State", map[bool]string{true: "enabled", false: "disabled"}[d.Enabled])
				line("Last contact", strings.TrimSpace(contact(&d)+" "+d.Own.LastAddress+" "+d.Own.LastDoor))
				line("System", strings.TrimSpace(system(&d)+" "+d.Version))
				line("Joined by", d.Own.JoinedBy)
				if !d.Own.PasswordSet.IsZero() {
					line("Keys", fmt.Sprintf("version %d, of %s", d.Own.KeyVersion, d.Own.PasswordSet.Format(time.DateTime)))
				}
				if !d.Own.JoinUntil.IsZero() {
					line("Joins until", d.Own.JoinUntil.Format(time.DateTime))
				}
				line("Groups", strings.Join(d.Own.Groups, ", "))
				line("Services", strings.Join(d.Own.Services, ", "))
				line("Object id", d.ID)
				line("SID", d.Own.SID)
				line("DN", d.Own.DN)
				return w.Flush()
			})
		},
	}
}

func (e *env) machineTicket(verb, short, method string, path func(name string) string) *cobra.Command {
	var lives string
	c := &cobra.Command{
		Use: verb + " NAME", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := graph.Preset{}
			if verb == "preset" {
				q.Name = args[0]
			}
			if lives != "" {
				d, err := days(lives)
				if err != nil {
					return err
				}
				q.Lives = d.String()
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), method, path(args[0]), nil, q, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var t graph.JoinTicket
				if err := json.Unmarshal(raw, &t); err != nil {
					return err
				}
				e.say("%s may join until %s, with this password, once. It is shown this once:\n", t.Name, t.Until.Local().Format(time.DateTime))
				e.say("  %s\n", t.Password)
				e.say("On the machine, as root, one of:\n\n  realm join --one-time-password='%s' %s\n  adcli join --one-time-password='%s' %s", t.Password, t.Domain, t.Password, t.Domain)
				return nil
			})
		},
	}
	c.Flags().StringVar(&lives, "lives", "", "how `long` the password can be used (default 24h; at most 30d)")
	return c
}

func (e *env) machineBury() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "bury NAME", Short: "Remove a machine that is gone: its account, its names and all it proved", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := e.confirm(yes, fmt.Sprintf("The machine %s is removed for good. To come back it has to join anew, as another.", args[0])); err != nil {
				return err
			}
			err := e.api().Do(cmd.Context(), "DELETE", client.Path("v1.0", "devices", args[0]), nil, nil, nil)
			if err == nil {
				e.say("%s is buried. Its names are free, and what it proved no longer holds.", args[0])
			}
			return err
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}
