package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/selfsame-dev/selfsame/internal/daemon"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

func (e *env) adminCommand() *cobra.Command {
	var passwordFile string
	reset := &cobra.Command{
		Use: "reset", Short: "Give the built-in administrator a new password, and everything it needs", Args: cobra.NoArgs,
		Long: "Give the built-in administrator a new password, switch it on, unlock it and make it Global Administrator\n" +
			"again. For root on the server itself; it stands in the audit log.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			body := graph.PasswordProfile{Force: passwordFile == ""}
			if passwordFile != "" {
				s, err := e.secret(passwordFile, "")
				if err != nil {
					return err
				}
				body.Password = s
			}
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "POST", "/selfsame/v1/admin/reset", nil, body, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				e.say("administrator can sign in again.")
				return e.showPassword(raw)
			})
		},
	}
	reset.Flags().StringVar(&passwordFile, "password-file", "", "`file` whose first line is the password; - for standard input")
	return noun("admin", "Get an administrator back in", reset)
}

func (e *env) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show how the server is", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var raw json.RawMessage
			if err := e.api().Do(cmd.Context(), "GET", "/selfsame/v1/status", nil, nil, &raw); err != nil {
				return err
			}
			return e.print(raw, func() error {
				var s daemon.Status
				if err := json.Unmarshal(raw, &s); err != nil {
					return err
				}
				w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
				fmt.Fprintf(w, "Domain\t%s\nServer\t%s\nRunning since\t%s\nPeople\t%d\nGroups\t%d\nMachines\t%d\nPortal\t%s\nLDAP\t%s\nCertificate until\t%s\n",
					s.Domain, s.Server, s.Since.Local().Format(time.DateTime), s.Users, s.Groups, s.Computers, s.Portal, s.LDAP, s.Certificate.Local().Format(time.DateTime))
				return w.Flush()
			})
		},
	}
}

func (e *env) backupCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "backup FILE", Short: "Write a backup while the server serves", Args: cobra.ExactArgs(1),
		Long: "Write a backup while the server serves. What is in it can be read with the recovery key only. The audit log\nis not in it: its keys are destroyed on schedule, and a backup would outlive them.",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			if err := e.api().Do(cmd.Context(), "POST", "/selfsame/v1/backup", nil, map[string]string{"path": path}, nil); err != nil {
				return err
			}
			e.say("The backup is in %s. It needs the recovery key.", path)
			return nil
		},
	}
	c.AddCommand(&cobra.Command{
		Use: "verify FILE", Short: "Check that a backup is whole", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := daemon.VerifyBackup(args[0])
			if err != nil {
				return err
			}
			raw, err := json.Marshal(m)
			if err != nil {
				return err
			}
			return e.print(raw, func() error {
				e.say("The backup of %s is whole.", m.Created.Local().Format(time.DateTime))
				return nil
			})
		},
	})
	return c
}

func (e *env) restoreCommand() *cobra.Command {
	var keyFile, surviving string
	c := &cobra.Command{
		Use: "restore FILE --data DIR --recovery-key-file FILE", Short: "Make a data folder from a backup", Args: cobra.ExactArgs(1),
		Long: "Make a data folder from a backup. A new epoch begins: everybody signs in anew, signing keys roll, numbers\n" +
			"jump so that none comes twice. If the old data folder can still be read, name it with --surviving, and people\n" +
			"removed or switched off since the backup stay out.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if e.data == "" || keyFile == "" {
				return fault.New(fault.Invalid, "--data and --recovery-key-file are needed")
			}
			key, err := e.secret(keyFile, "")
			if err != nil {
				return err
			}
			rep, err := daemon.Restore(cmd.Context(), daemon.RestoreOptions{Backup: args[0], Data: e.data, RecoveryKey: key, Surviving: surviving})
			if err != nil {
				return err
			}
			raw, err := json.Marshal(rep)
			if err != nil {
				return err
			}
			return e.print(raw, func() error {
				e.say("The domain %s is restored to %s, epoch %d.", rep.Domain, rep.Data, rep.Epoch)
				for _, a := range rep.Applied {
					e.say("  %s", a)
				}
				e.say("Start it: selfsame serve --data %s", rep.Data)
				return nil
			})
		},
	}
	c.Flags().StringVar(&keyFile, "recovery-key-file", "", "`file` that holds the recovery key; - for standard input")
	c.Flags().StringVar(&surviving, "surviving", "", "the old data `folder`, if it can still be read")
	return c
}

func (e *env) sealCommand() *cobra.Command {
	return noun("seal", "The key that seals what rests in the data folder", &cobra.Command{
		Use: "rotate", Short: "Make a new sealing key, with the server stopped", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := daemon.RotateSealKey(cmd.Context(), e.dataDir())
			if err != nil {
				return err
			}
			e.say("The sealing key in %s is new. Backups made from now on carry it.", path)
			return nil
		},
	})
}

func (e *env) manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages", Args: cobra.ExactArgs(1), Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return doc.GenManTree(cmd.Root(), &doc.GenManHeader{Title: "SELFSAME", Section: "1", Source: "Selfsame " + Version}, args[0])
		},
	}
}
