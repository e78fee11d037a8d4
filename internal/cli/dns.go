package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/selfsame-dev/selfsame/internal/client"
)

// dnsDoc is a set of DNS records as the API has it.
type dnsDoc struct {
	Name   string   `json:"name,omitempty"`
	Type   string   `json:"type,omitempty"`
	TTL    uint32   `json:"ttl"`
	Values []string `json:"values"`
	Source string   `json:"source,omitempty"`
	Owner  struct {
		Name string `json:"name"`
	} `json:"owner,omitzero"`
	HeldUntil time.Time `json:"heldUntil,omitzero"`
}

const recordsPath = "/selfsame/v1/dns/records"

func (e *env) dnsCommand() *cobra.Command {
	return noun("dns", "Show and change the DNS names of the domain", e.dnsList(), e.dnsSet(), e.dnsDelete())
}

func (e *env) dnsList() *cobra.Command {
	var every bool
	c := &cobra.Command{
		Use: "list", Short: "List records, and whose they are", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := e.all(cmd, recordsPath, nil)
			if err != nil {
				return err
			}
			var kept []json.RawMessage
			for _, raw := range all {
				var r dnsDoc
				if err := json.Unmarshal(raw, &r); err != nil {
					return err
				}
				if every || r.Source != "computed" {
					kept = append(kept, raw)
				}
			}
			return e.printAll(kept, "NAME\tTTL\tTYPE\tVALUES\tOWNER", func(raw json.RawMessage) (string, error) {
				var r dnsDoc
				err := json.Unmarshal(raw, &r)
				return fmt.Sprintf("%s\t%d\t%s\t%s\t%s", r.Name, r.TTL, r.Type, strings.Join(r.Values, "; "), r.owner()), err
			})
		},
	}
	c.Flags().BoolVar(&every, "all", false, "those that follow from the servers too")
	return c
}

func (r *dnsDoc) owner() string {
	switch {
	case r.Source == "computed":
		return "the servers"
	case r.Owner.Name == "":
		return "administrators"
	case !r.HeldUntil.IsZero():
		return fmt.Sprintf("%s, deleted; held until %s", r.Owner.Name, r.HeldUntil.Format("2006-01-02"))
	}
	return r.Owner.Name
}

func (e *env) dnsSet() *cobra.Command {
	var ttl uint32
	c := &cobra.Command{
		Use: "set NAME TYPE VALUE...", Short: "Set the records of a type at a name", Args: cobra.MinimumNArgs(3),
		Long: "Set the records of a type at a name; those that were there are replaced. A name is one of the domain:\n" +
			"www, or www.lab.internal, or @ for the domain itself. What follows from the servers cannot be set.",
		Example: "  selfsame dns set wiki A 10.1.2.3 10.1.2.4\n" +
			"  selfsame dns set hub CNAME dsvm1\n" +
			"  selfsame dns set _http._tcp SRV '0 100 8080 wiki'\n" +
			"  selfsame dns set @ MX '10 mail'",
		RunE: func(cmd *cobra.Command, args []string) error {
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "PUT", recordsPath+client.Path(args[0], args[1]), nil, dnsDoc{TTL: ttl, Values: args[2:]}, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var r dnsDoc
				err := json.Unmarshal(raw, &r)
				e.say("%s %d %s %s", r.Name, r.TTL, r.Type, strings.Join(r.Values, "; "))
				return err
			})
		},
	}
	c.Flags().Uint32Var(&ttl, "ttl", 0, "`seconds` others may remember it; an hour unless given")
	return c
}

func (e *env) dnsDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME [TYPE]", Short: "Delete the records at a name, of one type or of all", Args: cobra.RangeArgs(1, 2),
		Long: "Delete the records at a name, of one type or of all. The name of a deleted machine, which is held for a\nweek, is free again then.",
		RunE: func(cmd *cobra.Command, args []string) error {
			err := e.api().Do(cmd.Context(), "DELETE", recordsPath+client.Path(args...), nil, nil, nil)
			if err == nil {
				e.say("The records are deleted.")
			}
			return err
		},
	}
}
