package cli

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

const (
	realmPath   = "/selfsame/v1/realm"
	ticketsPath = "/selfsame/v1/policies/tickets"
)

// realmCommand looks after the keys of krbtgt.
func (e *env) realmCommand() *cobra.Command {
	return noun("realm", "Show and roll the keys that Kerberos tickets are made with", e.realmShow(), e.realmRoll())
}

func (e *env) realmShow() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show the realm's keys: their numbers, not what they are", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "GET", realmPath, nil, nil, &raw); err != nil {
				return err
			}
			return e.printRealm(raw)
		},
	}
}

func (e *env) printRealm(raw json.RawMessage) error {
	return e.print(raw, func() error {
		var doc struct {
			Realm string
			Keys  []struct {
				KVNO uint32
				From time.Time
			}
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			return err
		}
		e.say("%s", doc.Realm)
		for _, k := range doc.Keys {
			e.say("  key %d  makes tickets from %s", k.KVNO, k.From.Local().Format("2006-01-02 15:04:05"))
		}
		return nil
	})
}

func (e *env) realmRoll() *cobra.Command {
	var renounce, server, yes bool
	c := &cobra.Command{
		Use: "roll", Short: "Make a new key for the realm", Args: cobra.NoArgs,
		Long: "Make a new key for the realm. It does so by itself every 30 days. Tickets made with the old key go on\n" +
			"until they end. With --renounce no ticket made so far opens any more, as after a theft: people and machines\n" +
			"sign in again. With --server it is the keys of this server's own services; they roll every 30 days too.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if renounce && !yes {
				return fault.New(fault.Invalid, "every ticket there is would end").WithHint("if that is what you want, say --yes")
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "POST", realmPath+"/roll", nil, map[string]any{"renounce": renounce, "server": server}, &raw); err != nil {
				return err
			}
			return e.printRealm(raw)
		},
	}
	c.Flags().BoolVar(&renounce, "renounce", false, "no ticket made so far opens any more")
	c.Flags().BoolVar(&server, "server", false, "the keys of this server's own services rather than the realm's")
	c.MarkFlagsMutuallyExclusive("server", "renounce")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// ticketPolicy shows or sets how long tickets last.
func (e *env) ticketPolicy() *cobra.Command {
	var life, renew time.Duration
	c := &cobra.Command{
		Use: "tickets", Short: "Show or set how long Kerberos tickets last", Args: cobra.NoArgs,
		Example: "  selfsame policy tickets\n  selfsame policy tickets --life 8h --renew 24h",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var raw json.RawMessage
			body := map[string]any{}
			if cmd.Flags().Changed("life") {
				body["life"] = life
			}
			if cmd.Flags().Changed("renew") {
				body["renew"] = renew
			}
			method, send := "GET", any(nil)
			if len(body) > 0 {
				method, send = "PUT", body
			}
			if err := e.api().Do(cmd.Context(), method, ticketsPath, nil, send, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var t struct{ Life, Renew time.Duration }
				if err := json.Unmarshal(raw, &t); err != nil {
					return err
				}
				again := "cannot be renewed"
				if t.Renew > t.Life {
					again = fmt.Sprintf("can be renewed for %s", t.Renew)
				}
				e.say("A ticket lasts %s and %s.", t.Life, again)
				return nil
			})
		},
	}
	c.Flags().DurationVar(&life, "life", 0, "how long a ticket lasts, such as 10h")
	c.Flags().DurationVar(&renew, "renew", 0, "how long one can be renewed, such as 168h; 0 for not at all")
	return c
}
