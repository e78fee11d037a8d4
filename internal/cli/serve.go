package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/selfsame-dev/selfsame/internal/config"
	"github.com/selfsame-dev/selfsame/internal/daemon"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

func (e *env) initCommand() *cobra.Command {
	var o daemon.InitOptions
	var passwordFile, recoveryFile string
	c := &cobra.Command{
		Use: "init --data DIR --domain NAME", Short: "Make a domain in an empty folder", Args: cobra.NoArgs,
		Long: "Make a domain in an empty folder. It fixes for good: the domain's name, realm, NetBIOS name, SID and tenant\n" +
			"id. The first account is administrator. The recovery key is shown once: without it a backup cannot be read.",
		Example: "  selfsame init --data /var/lib/selfsame --domain lab.example",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Domain == "" {
				return fault.New(fault.Invalid, "--domain is needed").WithHint("selfsame init --data DIR --domain lab.example")
			}
			o.Data = e.dataDir()
			if passwordFile != "" {
				s, err := e.secret(passwordFile, "")
				if err != nil {
					return err
				}
				o.Password = s
			}
			return e.initDomain(cmd, o, recoveryFile)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Domain, "domain", "", "`name` of the domain, such as lab.example")
	f.StringVar(&o.NetBIOS, "netbios", "", "NetBIOS `name` (default the first label)")
	f.StringVar(&o.SID, "domain-sid", "", "take over this `SID`, so that files keep their numbers")
	f.StringVar(&o.Listen, "listen", "", "`address` of every door, without a port")
	f.StringVar(&passwordFile, "admin-password-file", "", "`file` whose first line is the administrator's password")
	f.StringVar(&recoveryFile, "recovery-key-file", "", "`file` to write the recovery key to, instead of showing it")
	return c
}

// initDomain makes the domain and hands over its two secrets: on a terminal they
// are shown once, elsewhere they go into files of mode 0600.
func (e *env) initDomain(cmd *cobra.Command, o daemon.InitOptions, recoveryFile string) error {
	onTerminal := isTerminal(e.out)
	generated := o.Password == ""
	made, err := daemon.Init(cmd.Context(), o)
	if err != nil {
		return err
	}
	e.say("The domain %s is made in %s.", made.Domain, made.Data)
	e.say("  root certificate  %s", made.RootFile)
	e.say("  its SHA-256       %s", made.RootFingerprint)
	e.say("  sealing key       %s", made.SealKeyFile)
	switch {
	case recoveryFile != "":
		if err := writeSecret(recoveryFile, made.RecoveryKey); err != nil {
			return err
		}
		e.say("  recovery key      %s (keep it away from this machine)", recoveryFile)
	case onTerminal:
		e.say("  recovery key      %s (shown this once: print it)", made.RecoveryKey)
	default:
		path := made.Data + ".recovery.key"
		if err := writeSecret(path, made.RecoveryKey); err != nil {
			return err
		}
		e.say("  recovery key      %s (take it off this machine)", path)
	}
	if generated {
		if onTerminal {
			e.say("  administrator     %s (shown this once; changed at the first sign-in)", made.Password)
		} else {
			path := filepath.Join(made.Data, daemon.FirstPasswordFile)
			if err := writeSecret(path, made.Password); err != nil {
				return err
			}
			e.say("  administrator     password in %s (removed at the first sign-in, dead after 24 hours)", path)
		}
	}
	return nil
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// writeSecret writes a secret to a new file that only its owner can read.
func writeSecret(path, secret string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fault.New(fault.Exists, "the file %s exists already", path).WithHint("name another, or remove it")
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s cannot be written", path)
	}
	if _, err := fmt.Fprintln(f, secret); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func (e *env) serveCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "serve", Short: "Run a domain controller", Args: cobra.NoArgs,
		Long: "Run a domain controller: every door in one process over one store. In a folder without a domain it makes\n" +
			"lab.internal, to try things out. Without root the doors are 10000 above their real ports.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Read(file, e.serveData(file))
			if err != nil {
				return err
			}
			if !daemon.Exists(cfg.Data) {
				if err := e.initDomain(cmd, daemon.InitOptions{Data: cfg.Data, Domain: e.firstDomain(), SealKey: cfg.SealKey, Listen: cfg.Listen}, ""); err != nil {
					return err
				}
			}
			log := slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: level(cfg.Log.Level)}))
			if cfg.Log.JSON {
				log = slog.New(slog.NewJSONHandler(e.err, &slog.HandlerOptions{Level: level(cfg.Log.Level)}))
			}
			d, err := daemon.Start(cmd.Context(), cfg, log, Version)
			if err != nil {
				return err
			}
			s := d.Status(cmd.Context()).(daemon.Status)
			e.say("Serving %s.", s.Domain)
			e.say("  portal  %s", s.Portal)
			e.say("  LDAP    %s", s.LDAP)
			<-cmd.Context().Done()
			return d.Stop()
		},
	}
	c.Flags().StringVar(&file, "config", "", "settings `file`")
	return c
}

// firstDomain is the name of the domain that serve makes where there is none: it
// asks on a terminal, and makes one to try things out elsewhere.
func (e *env) firstDomain() string {
	const trial = "lab.internal"
	if !isTerminal(e.in) {
		fmt.Fprintf(e.err, "There is no domain here yet: making %s, to try things out.\n", trial)
		return trial
	}
	fmt.Fprintf(e.err, "There is no domain here yet. Its name, fixed for good [%s]: ", trial)
	var name string
	if _, _ = fmt.Fscanln(e.in, &name); name == "" {
		return trial
	}
	return name
}

// serveData is the data folder that flags and environment name; a settings file
// may name its own.
func (e *env) serveData(file string) string {
	if e.data == "" && file != "" {
		return ""
	}
	return e.dataDir()
}

func level(s string) slog.Level {
	switch s {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
