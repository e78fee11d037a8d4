package cli

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/selfsame-dev/selfsame/internal/client"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// passwordDoc is a password policy as the API has it.
type passwordDoc struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	Precedence int           `json:"precedence"`
	Groups     []string      `json:"groups,omitempty"`
	MinLength  int           `json:"minLength"`
	Complex    bool          `json:"complexity"`
	History    int           `json:"history"`
	MaxAge     time.Duration `json:"maxAge"`
	MinAge     time.Duration `json:"minAge"`
	Threshold  int           `json:"threshold"`
	Window     time.Duration `json:"window"`
	Duration   time.Duration `json:"duration"`
	Strict     bool          `json:"strict"`
}

const passwordsPath = "/selfsame/v1/policies/passwords"

func (e *env) policyCommand() *cobra.Command {
	return noun("policy", "Show and change what sign-ins and passwords must be",
		noun("legacy-bind", "Passwords in clear over LDAP: refused unless a network allows them",
			e.legacyBind("allow", "Allow LDAP binds in clear from a network", true), e.legacyBind("deny", "Take that back", false)),
		noun("password", "What passwords must be, how long they live, and how many wrong ones lock",
			e.passwordList(), e.passwordSet(), e.passwordDelete()),
		e.ticketPolicy(),
		noun("network", "Named networks", e.networkList(), e.networkSet(), e.networkDelete()))
}

func (e *env) legacyBind(verb, short string, allow bool) *cobra.Command {
	var network string
	c := &cobra.Command{
		Use: verb + " --network CIDR", Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := parseNetwork(network)
			if err != nil {
				return err
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "POST", "/selfsame/v1/policies/legacyBind", nil, map[string]any{"network": p, "allow": allow}, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				if allow {
					e.say("Passwords in clear are accepted from %s. Each use is in the sign-in log as a legacy client.", p)
				} else {
					e.say("Passwords in clear are no longer accepted from %s.", p)
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&network, "network", "", "`range` of addresses, such as 10.1.2.0/24")
	_ = c.MarkFlagRequired("network")
	return c
}

// parseNetwork reads a range, or one address as a range of one.
func parseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fault.New(fault.Invalid, "%q is not a network", s).WithHint("it looks like 10.1.2.0/24 or 10.1.2.3")
	}
	return p.Masked(), nil
}

func (e *env) passwordList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List password policies, the one that wins first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := e.all(cmd, passwordsPath, nil)
			if err != nil {
				return err
			}
			return e.printAll(all, "ID\tNAME\tPRECEDENCE\tLENGTH\tHISTORY\tMAX AGE\tLOCKS AFTER", func(raw json.RawMessage) (string, error) {
				var p passwordDoc
				err := json.Unmarshal(raw, &p)
				lock := "never"
				if p.Threshold > 0 {
					lock = fmt.Sprintf("%d in %s, for %s", p.Threshold, p.Window, p.Duration)
				}
				age := "never expires"
				if p.MaxAge > 0 {
					age = p.MaxAge.String()
				}
				return fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%s\t%s", p.ID, p.Name, p.Precedence, p.MinLength, p.History, age, lock), err
			})
		},
	}
}

func (e *env) passwordSet() *cobra.Command {
	var p passwordDoc
	c := &cobra.Command{
		Use: "set ID", Short: "Change a password policy, or make one", Args: cobra.ExactArgs(1),
		Long: "Change a password policy, or make one. The policy called default holds for everybody; others hold for\nthe groups they name, and the one with the lowest precedence wins. What is not given stays as it is.",
		Example: "  selfsame policy password set default --min-length 12\n" +
			"  selfsame policy password set admins --name Administrators --group ID --precedence 10 --min-length 16",
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := e.all(cmd, passwordsPath, nil)
			if err != nil {
				return err
			}
			now := passwordDoc{ID: args[0], Name: args[0], Precedence: 100, MinLength: 8, Complex: true, History: 5, Threshold: 5, Window: 2 * time.Minute, Duration: 30 * time.Minute}
			for _, raw := range all {
				var have passwordDoc
				if err := json.Unmarshal(raw, &have); err != nil {
					return err
				}
				if have.ID == args[0] {
					now = have
				}
			}
			f := cmd.Flags()
			for name, set := range map[string]func(){
				"name": func() { now.Name = p.Name }, "precedence": func() { now.Precedence = p.Precedence }, "group": func() { now.Groups = p.Groups },
				"min-length": func() { now.MinLength = p.MinLength }, "complexity": func() { now.Complex = p.Complex }, "history": func() { now.History = p.History },
				"max-age": func() { now.MaxAge = p.MaxAge }, "min-age": func() { now.MinAge = p.MinAge }, "lock-after": func() { now.Threshold = p.Threshold },
				"lock-window": func() { now.Window = p.Window }, "lock-for": func() { now.Duration = p.Duration }, "strict": func() { now.Strict = p.Strict },
			} {
				if f.Changed(name) {
					set()
				}
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "PUT", passwordsPath+client.Path(args[0]), nil, now, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error { e.say("The policy %s is set.", args[0]); return nil })
		},
	}
	f := c.Flags()
	f.StringVar(&p.Name, "name", "", "what people call it")
	f.IntVar(&p.Precedence, "precedence", 0, "the lowest wins")
	f.StringArrayVar(&p.Groups, "group", nil, "object `id` of a group it holds for; may be repeated")
	f.IntVar(&p.MinLength, "min-length", 0, "characters at least")
	f.BoolVar(&p.Complex, "complexity", true, "three kinds of characters, or twenty characters")
	f.IntVar(&p.History, "history", 0, "how many passwords may not come back")
	f.DurationVar(&p.MaxAge, "max-age", 0, "how long a password lives, such as 2160h; 0 for ever")
	f.DurationVar(&p.MinAge, "min-age", 0, "how long until it can be changed again")
	f.IntVar(&p.Threshold, "lock-after", 0, "wrong passwords from one network; 0 never locks")
	f.DurationVar(&p.Window, "lock-window", 0, "time in which they are counted")
	f.DurationVar(&p.Duration, "lock-for", 0, "how long the lock holds")
	f.BoolVar(&p.Strict, "strict", false, "count over all networks, as Active Directory does")
	return c
}

func (e *env) passwordDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "Remove a password policy", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := e.api().Do(cmd.Context(), "DELETE", passwordsPath+client.Path(args[0]), nil, nil, nil)
			if err == nil {
				e.say("The policy %s is removed.", args[0])
			}
			return err
		},
	}
}

// networkDoc is a named network as the API has it.
type networkDoc struct {
	Name       string         `json:"name"`
	Ranges     []netip.Prefix `json:"ranges"`
	LegacyBind bool           `json:"legacyBind"`
	Resolve    bool           `json:"resolve"`
}

const networksPath = "/selfsame/v1/policies/networks"

func (e *env) networkList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List named networks", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := e.all(cmd, networksPath, nil)
			if err != nil {
				return err
			}
			return e.printAll(all, "NAME\tRANGES\tPASSWORDS IN CLEAR\tNAMES OUTSIDE", func(raw json.RawMessage) (string, error) {
				var n networkDoc
				err := json.Unmarshal(raw, &n)
				var ranges []string
				for _, r := range n.Ranges {
					ranges = append(ranges, r.String())
				}
				clear := "refused"
				if n.LegacyBind {
					clear = "accepted over LDAP"
				}
				outside := "refused"
				if n.Resolve {
					outside = "looked up"
				}
				return fmt.Sprintf("%s\t%s\t%s\t%s", n.Name, strings.Join(ranges, " "), clear, outside), err
			})
		},
	}
}

func (e *env) networkSet() *cobra.Command {
	var resolve bool
	c := &cobra.Command{
		Use: "set NAME CIDR...", Short: "Name a network", Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			n := networkDoc{Name: args[0], Resolve: resolve}
			for _, s := range args[1:] {
				p, err := parseNetwork(s)
				if err != nil {
					return err
				}
				n.Ranges = append(n.Ranges, p)
			}
			err := e.api().Do(cmd.Context(), "PUT", networksPath+client.Path(args[0]), nil, n, nil)
			if err == nil {
				e.say("The network %s is set.", args[0])
			}
			return err
		},
	}
	c.Flags().BoolVar(&resolve, "resolve", false, "look up names outside the domain for clients here, over DNS")
	return c
}

func (e *env) networkDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Short: "Forget a named network", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := e.api().Do(cmd.Context(), "DELETE", networksPath+client.Path(args[0]), nil, nil, nil)
			if err == nil {
				e.say("The network %s is removed.", args[0])
			}
			return err
		},
	}
}
