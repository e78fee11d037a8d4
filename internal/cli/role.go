package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/selfsame-dev/selfsame/internal/client"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

const assignmentsPath = "/v1.0/roleManagement/directory/roleAssignments"

func (e *env) roleCommand() *cobra.Command {
	return noun("role", "Give and take directory roles", e.roleAssign(), e.roleList(), e.roleRemove(), e.roleNames())
}

func (e *env) roleAssign() *cobra.Command {
	var until string
	c := &cobra.Command{
		Use: "assign ROLE NAME", Short: "Give a role to a person or a group", Args: cobra.ExactArgs(2),
		Example: "  selfsame role assign \"Helpdesk Administrator\" alice --until 2027-01-31",
		RunE: func(cmd *cobra.Command, args []string) error {
			doc := graph.RoleAssignment{RoleID: args[0], PrincipalID: args[1]}
			if until != "" {
				t, err := time.Parse(time.DateOnly, until)
				if err != nil {
					return fault.New(fault.Invalid, "--until is a day such as 2027-01-31")
				}
				doc.Until = t
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "POST", assignmentsPath, nil, doc, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error { e.say("%s holds the role %s.", args[1], args[0]); return nil })
		},
	}
	c.Flags().StringVar(&until, "until", "", "`day` on which it ends")
	return c
}

func (e *env) roleList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List who holds which role", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := e.all(cmd, assignmentsPath, nil)
			if err != nil {
				return err
			}
			return e.printAll(all, "ROLE\tHOLDER\tUNTIL", func(raw json.RawMessage) (string, error) {
				var a graph.RoleAssignment
				err := json.Unmarshal(raw, &a)
				until := "-"
				if !a.Until.IsZero() {
					until = a.Until.Format(time.DateOnly)
				}
				return fmt.Sprintf("%s\t%s\t%s", a.RoleName, a.PrincipalName, until), err
			})
		},
	}
}

func (e *env) roleRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove ROLE NAME", Short: "Take a role away", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := e.all(cmd, assignmentsPath, nil)
			if err != nil {
				return err
			}
			found := false
			for _, raw := range all {
				var a graph.RoleAssignment
				if err := json.Unmarshal(raw, &a); err != nil {
					return err
				}
				if (strings.EqualFold(a.RoleName, args[0]) || a.RoleID == args[0]) && (strings.EqualFold(a.PrincipalName, args[1]) || a.PrincipalID == args[1]) {
					found = true
					if err := e.api().Do(cmd.Context(), "DELETE", assignmentsPath+client.Path(a.ID), nil, nil, nil); err != nil {
						return err
					}
				}
			}
			if !found {
				return fault.New(fault.NotFound, "%s does not hold the role %s", args[1], args[0]).WithHint("selfsame role list shows who holds what")
			}
			e.say("%s no longer holds the role %s.", args[1], args[0])
			return nil
		},
	}
}

func (e *env) roleNames() *cobra.Command {
	return &cobra.Command{
		Use: "names", Short: "List the roles there are", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := e.all(cmd, "/v1.0/roleManagement/directory/roleDefinitions", nil)
			if err != nil {
				return err
			}
			return e.printAll(all, "ROLE\tWHAT IT IS FOR", func(raw json.RawMessage) (string, error) {
				var d graph.RoleDefinition
				err := json.Unmarshal(raw, &d)
				return d.DisplayName + "\t" + d.Description, err
			})
		},
	}
}
