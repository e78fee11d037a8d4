package cli

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/selfsame-dev/selfsame/internal/client"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

// groupDoc is what the text output shows of a group or a member.
type groupDoc struct {
	ID          string `json:"id"`
	Type        string `json:"@odata.type"`
	DisplayName string `json:"displayName"`
	Login       string `json:"onPremisesSamAccountName"`
	Description any    `json:"description"`
	Own         struct {
		GID     uint32 `json:"gidNumber"`
		Members int    `json:"members"`
		SID     string `json:"sid"`
		DN      string `json:"dn"`
	} `json:"selfsame"`
}

func (g *groupDoc) name() string {
	if g.Login != "" {
		return g.Login
	}
	return g.DisplayName
}

func (e *env) groupCommand() *cobra.Command {
	member := noun("member", "Change who stands in a group",
		e.groupMembers("add", "Add people, groups or machines to a group", "add"),
		e.groupMembers("remove", "Take people, groups or machines out of a group", "remove"))
	return noun("group", "Add, show and change groups", e.groupAdd(), e.groupShow(), e.groupList(), e.groupDelete(), member)
}

func (e *env) groupAdd() *cobra.Command {
	var description string
	var gid uint32
	var members, owners []string
	c := &cobra.Command{
		Use: "add NAME", Short: "Add a group", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc := graph.Object{"displayName": args[0]}
			if description != "" {
				doc["description"] = []string{description}
			}
			if gid != 0 {
				doc["gidNumber"] = gid
			}
			if len(members) > 0 {
				doc["members"] = members
			}
			if len(owners) > 0 {
				doc["owners"] = owners
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "POST", "/v1.0/groups", nil, doc, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var g groupDoc
				if err := json.Unmarshal(raw, &g); err != nil {
					return err
				}
				e.say("%s is added: gid %d.", g.name(), g.Own.GID)
				return nil
			})
		},
	}
	c.Flags().StringVar(&description, "description", "", "what the group is for")
	c.Flags().StringArrayVar(&members, "member", nil, "`member`; may be repeated")
	c.Flags().StringArrayVar(&owners, "owner", nil, "`owner`, who may change the members; may be repeated")
	c.Flags().Uint32Var(&gid, "gid", 0, "group `number` brought along from another system")
	return c
}

func (e *env) groupShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a group and its members", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "GET", client.Path("v1.0", "groups", args[0]), nil, nil, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var g groupDoc
				if err := json.Unmarshal(raw, &g); err != nil {
					return err
				}
				var in graph.List[groupDoc]
				if err := e.api().Do(cmd.Context(), "GET", client.Path("v1.0", "groups", g.ID, "members"), nil, nil, &in); err != nil {
					return err
				}
				var names []string
				for _, m := range in.Value {
					names = append(names, m.name())
				}
				w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
				fmt.Fprintf(w, "Name\t%s\nNumber\tgid %d\nMembers\t%d: %s\nObject id\t%s\nSID\t%s\nDN\t%s\n",
					g.name(), g.Own.GID, len(names), strings.Join(names, ", "), g.ID, g.Own.SID, g.Own.DN)
				return w.Flush()
			})
		},
	}
}

func (e *env) groupList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List groups", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := e.all(cmd, "/v1.0/groups", url.Values{"$top": {"999"}})
			if err != nil {
				return err
			}
			return e.printAll(all, "NAME\tGID\tMEMBERS", func(raw json.RawMessage) (string, error) {
				var g groupDoc
				err := json.Unmarshal(raw, &g)
				return fmt.Sprintf("%s\t%d\t%d", g.name(), g.Own.GID, g.Own.Members), err
			})
		},
	}
}

func (e *env) groupDelete() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete NAME", Short: "Remove a group", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := e.confirm(yes, fmt.Sprintf("The group %s is removed for good.", args[0])); err != nil {
				return err
			}
			err := e.api().Do(cmd.Context(), "DELETE", client.Path("v1.0", "groups", args[0]), nil, nil, nil)
			if err == nil {
				e.say("%s is removed.", args[0])
			}
			return err
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (e *env) groupMembers(verb, short, property string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " GROUP MEMBER...", Short: short, Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := e.api().Do(cmd.Context(), "POST", client.Path("selfsame", "v1", "groups", args[0], "members"), nil, map[string][]string{property: args[1:]}, nil)
			if err == nil {
				e.say("%s is changed.", args[0])
			}
			return err
		},
	}
}
