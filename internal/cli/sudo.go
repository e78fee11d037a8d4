package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/selfsame-dev/selfsame/internal/client"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

const sudoPath = "/selfsame/v1/sudo"

func (e *env) sudoCommand() *cobra.Command {
	return noun("sudo", "Who may run what as root on which machines", e.sudoAdd(), e.sudoList(), e.sudoShow(), e.sudoRemove())
}

func (e *env) sudoAdd() *cobra.Command {
	var r graph.SudoRule
	var groups []string
	var until string
	c := &cobra.Command{
		Use: "add NAME", Short: "Add a rule", Args: cobra.ExactArgs(1),
		Example: "  selfsame sudo add web --group Operators --host web1 --command '/usr/bin/systemctl restart nginx'",
		RunE: func(cmd *cobra.Command, args []string) error {
			r.Name = args[0]
			for _, g := range groups {
				r.Users = append(r.Users, "%"+g)
			}
			if until != "" {
				t, err := time.Parse(time.RFC3339, until)
				if err != nil {
					return fault.New(fault.Invalid, "%q is not a time", until).WithHint("it looks like 2027-01-31T18:00:00Z")
				}
				r.NotAfter = t
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "POST", sudoPath, nil, r, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				e.say("The rule %s is added. Machines read it within a quarter of an hour; at once with: sss_cache -E. Who it names is protected from now on.", r.Name)
				return nil
			})
		},
	}
	f := c.Flags()
	f.StringArrayVar(&r.Users, "user", nil, "`login` name the rule holds for, or ALL; may be repeated")
	f.StringArrayVar(&groups, "group", nil, "`group` it holds for; may be repeated")
	f.StringArrayVar(&r.Hosts, "host", nil, "`machine` it holds on, or ALL; may be repeated")
	f.StringArrayVar(&r.Commands, "command", nil, "`program` by its path, with its arguments, or ALL; may be repeated")
	f.StringArrayVar(&r.Options, "option", nil, "`option` of sudo, such as !authenticate; may be repeated")
	f.StringArrayVar(&r.RunAsUsers, "as", nil, "`account` the program runs as (default root); may be repeated")
	f.StringVar(&until, "until", "", "`time` until which the rule holds")
	f.IntVar(&r.Order, "order", 0, "rules of a higher `number` come later, and win")
	f.StringVar(&r.Description, "description", "", "what the rule is for")
	return c
}

func (e *env) sudoList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the rules", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := e.all(cmd, sudoPath, nil)
			if err != nil {
				return err
			}
			return e.printAll(all, "NAME\tWHO\tWHERE\tWHAT", func(raw json.RawMessage) (string, error) {
				var r graph.SudoRule
				err := json.Unmarshal(raw, &r)
				return fmt.Sprintf("%s\t%s\t%s\t%s", r.Name, strings.Join(r.Users, ", "), strings.Join(r.Hosts, ", "), strings.Join(r.Commands, ", ")), err
			})
		},
	}
}

func (e *env) sudoShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a rule", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "GET", client.Path("selfsame", "v1", "sudo", args[0]), nil, nil, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var r graph.SudoRule
				if err := json.Unmarshal(raw, &r); err != nil {
					return err
				}
				w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
				for _, line := range [][2]string{
					{"Name", r.Name}, {"For", r.Description}, {"Who", strings.Join(r.Users, ", ")}, {"Where", strings.Join(r.Hosts, ", ")}, {"What", strings.Join(r.Commands, ", ")},
					{"As", strings.Join(r.RunAsUsers, ", ")}, {"Options", strings.Join(r.Options, ", ")}, {"Until", until(r.NotAfter)},
				} {
					if line[1] != "" {
						fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
					}
				}
				return w.Flush()
			})
		},
	}
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}

func (e *env) sudoRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Remove a rule", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := e.api().Do(cmd.Context(), "DELETE", client.Path("selfsame", "v1", "sudo", args[0]), nil, nil, nil)
			if err == nil {
				e.say("The rule %s is removed.", args[0])
			}
			return err
		},
	}
}

func (e *env) automountCommand() *cobra.Command {
	var options string
	set := &cobra.Command{
		Use: "set MAP KEY LOCATION", Short: "Add or replace an entry of a map", Args: cobra.ExactArgs(3),
		Example: "  selfsame automount set auto.home '*' 'nas1.lab.example:/home/&' --options fstype=nfs4,sec=krb5p",
		RunE: func(cmd *cobra.Command, args []string) error {
			if options != "" {
				args[2] = "-" + options + " " + args[2]
			}
			err := e.api().Do(cmd.Context(), "POST", client.Path("selfsame", "v1", "automount", args[0]), nil, map[string]string{"key": args[1], "information": args[2]}, nil)
			if err == nil {
				e.say("%s in %s is set.", args[1], args[0])
			}
			return err
		},
	}
	set.Flags().StringVar(&options, "options", "", "`options` of the mount, such as fstype=nfs4,sec=krb5p")
	list := &cobra.Command{
		Use: "list", Short: "List the maps and their entries", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := e.all(cmd, "/selfsame/v1/automount", nil)
			if err != nil {
				return err
			}
			return e.printAll(all, "MAP\tENTRIES", func(raw json.RawMessage) (string, error) {
				var m graph.AutomountMap
				err := json.Unmarshal(raw, &m)
				var in []string
				for k, v := range m.Entries {
					in = append(in, k+" "+v)
				}
				return m.Name + "\t" + strings.Join(in, "; "), err
			})
		},
	}
	remove := &cobra.Command{
		Use: "remove MAP [KEY]", Short: "Remove an entry of a map, or an empty map", Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := url.Values{}
			if len(args) == 2 {
				q.Set("key", args[1])
			}
			err := e.api().Do(cmd.Context(), "DELETE", client.Path("selfsame", "v1", "automount", args[0]), q, nil, nil)
			if err == nil {
				e.say("%s is removed.", strings.Join(args, " "))
			}
			return err
		},
	}
	return noun("automount", "What machines mount when somebody goes there", set, list, remove)
}

func (e *env) sshKeyCommand() *cobra.Command {
	path := func(name string) string { return client.Path("selfsame", "v1", "users", name, "sshKeys") }
	var file string
	add := &cobra.Command{
		Use: "add NAME --key-file FILE", Short: "Let a key sign somebody in over SSH", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var key []byte
			var err error
			if file == "-" {
				key, err = io.ReadAll(io.LimitReader(e.in, 16<<10))
			} else {
				key, err = os.ReadFile(file)
			}
			if err != nil {
				return fault.Wrap(fault.Invalid, err, "the public key cannot be read")
			}
			err = e.api().Do(cmd.Context(), "POST", path(args[0]), nil, graph.SSHKey{Key: strings.TrimSpace(string(key))}, nil)
			if err == nil {
				e.say("The key is added.")
			}
			return err
		},
	}
	add.Flags().StringVar(&file, "key-file", "", "`file` with the public key, such as id_ed25519.pub; - for standard input")
	_ = add.MarkFlagRequired("key-file")
	list := &cobra.Command{
		Use: "list NAME", Short: "List somebody's SSH keys", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := e.all(cmd, path(args[0]), nil)
			if err != nil {
				return err
			}
			return e.printAll(all, "FINGERPRINT\tTYPE\tCOMMENT", func(raw json.RawMessage) (string, error) {
				var k graph.SSHKey
				err := json.Unmarshal(raw, &k)
				return k.Fingerprint + "\t" + k.Type + "\t" + k.Comment, err
			})
		},
	}
	remove := &cobra.Command{
		Use: "remove NAME FINGERPRINT", Short: "Take an SSH key away", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := e.api().Do(cmd.Context(), "DELETE", path(args[0]), url.Values{"fingerprint": {args[1]}}, nil, nil)
			if err == nil {
				e.say("The key is removed.")
			}
			return err
		},
	}
	return noun("ssh-key", "Keys that sign people in over SSH", add, list, remove)
}

func (e *env) machineAccess() *cobra.Command {
	var q graph.HostAccess
	var all bool
	c := &cobra.Command{
		Use: "access NAME", Short: "Show or set who may sign in on a machine", Args: cobra.ExactArgs(1),
		Example: "  selfsame machine access web1 --group Operators",
		RunE: func(cmd *cobra.Command, args []string) error {
			method, body := "GET", any(nil)
			if all || len(q.Groups)+len(q.Users) > 0 {
				method, body = "PUT", q
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), method, client.Path("selfsame", "v1", "machines", args[0], "access"), nil, body, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var a graph.HostAccess
				if err := json.Unmarshal(raw, &a); err != nil {
					return err
				}
				if !a.Ruled {
					e.say("# Everybody whose account is enabled may sign in on %s.", args[0])
				}
				e.say("# In /etc/sssd/sssd.conf, in the domain's section:\n%s", strings.Join(a.SSSD, "\n"))
				if a.Ruled {
					e.say("\n# Or, where realmd joined it:\n%s", strings.Join(a.Permits, "\n"))
				}
				return nil
			})
		},
	}
	c.Flags().StringArrayVar(&q.Groups, "group", nil, "`group` that may sign in; may be repeated")
	c.Flags().StringArrayVar(&q.Users, "user", nil, "`person` who may sign in; may be repeated")
	c.Flags().BoolVar(&all, "everybody", false, "let everybody sign in")
	return c
}

func (e *env) machineConf() *cobra.Command {
	return &cobra.Command{
		Use: "sssd-conf [NAME]", Short: "Print the sssd.conf we recommend, for any machine or for one", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := url.Values{}
			if len(args) == 1 {
				q.Set("machine", args[0])
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "GET", "/selfsame/v1/machines/files", q, nil, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var f graph.HostFiles
				if err := json.Unmarshal(raw, &f); err != nil {
					return err
				}
				fmt.Fprint(e.out, f.SSSD)
				fmt.Fprint(e.err, "For sudo by number, put this in a file of its own:\n\n", f.Sudoers)
				return nil
			})
		},
	}
}
