// Package cli is the command line: one file a command. Commands are guests of the
// API, like everyone else; only init, serve and restore touch a folder.
//
// What always holds: text output is for people, --json is stable; an error says
// what happened and what to do next, on standard error; the exit status says the
// kind of fault; a secret is never an argument.
package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/selfsame-dev/selfsame/internal/client"
	"github.com/selfsame-dev/selfsame/internal/config"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Version is set when the program is built.
var Version = "development"

// env is what a command works with.
type env struct {
	in   io.Reader
	out  io.Writer
	err  io.Writer
	data string
	json bool
}

// Main runs the program and returns its exit status.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	e := &env{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	root := e.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	e.complain(err)
	if fault.Of(err) == nil && !errors.Is(err, context.Canceled) {
		return 2 // cobra's: an unknown command, flag or argument
	}
	return fault.ExitCode(err)
}

// complain says what happened and what to do next.
func (e *env) complain(err error) {
	f := fault.Of(err)
	if f == nil {
		fmt.Fprintf(e.err, "selfsame: %v\n", err)
		return
	}
	if e.json {
		doc := map[string]any{"error": map[string]any{"code": f.Kind.String(), "message": f.Text, "hint": f.Hint, "target": f.Field}}
		_ = json.NewEncoder(e.err).Encode(doc)
		return
	}
	fmt.Fprintf(e.err, "selfsame: %s\n", f.Text)
	if f.Hint != "" {
		fmt.Fprintf(e.err, "  %s\n", f.Hint)
	} else if f.Cause != nil {
		fmt.Fprintf(e.err, "  %v\n", f.Cause)
	}
}

func (e *env) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "selfsame",
		Short:         "One identity for a data-science lab",
		Long:          "Selfsame is one identity for a data-science lab: one account a person, the selfsame user on every machine.",
		Version:       Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&e.data, "data", "", "data `folder` of the server (default "+config.Packaged+")")
	root.PersistentFlags().BoolVar(&e.json, "json", false, "print JSON")
	for _, g := range []*cobra.Group{{ID: "server", Title: "The server:"}, {ID: "directory", Title: "People, groups, roles and machines:"}, {ID: "watch", Title: "Policy and audit:"}} {
		root.AddGroup(g)
	}
	add := func(group string, cs ...*cobra.Command) {
		for _, c := range cs {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("server", e.initCommand(), e.serveCommand(), e.statusCommand(), e.backupCommand(), e.restoreCommand(), e.adminCommand(), e.sealCommand())
	add("directory", e.userCommand(), e.groupCommand(), e.roleCommand(), e.machineCommand(), e.sudoCommand(), e.automountCommand(), e.dnsCommand())
	add("watch", e.policyCommand(), e.realmCommand(), e.auditCommand())
	add("watch", e.doctorCommand())
	root.AddCommand(e.manCommand())
	return root
}

// noun is a command that only holds others: called without one of them it shows
// what there is, and a verb it does not know is an error.
func noun(use, short string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return fault.New(fault.Invalid, "unknown command %q for %q", args[0], cmd.CommandPath()).
				WithHint("%s --help lists what there is", cmd.CommandPath())
		},
	}
	c.AddCommand(verbs...)
	return c
}

// api returns a client of the server's local socket.
func (e *env) api() *client.Client {
	return client.Local(SocketOf(e.dataDir()))
}

func (e *env) dataDir() string {
	if e.data != "" {
		return e.data
	}
	if d := os.Getenv("SELFSAME_DATA"); d != "" {
		return d
	}
	return config.Packaged
}

// SocketOf is the local socket of a data folder.
func SocketOf(data string) string { return filepath.Join(data, "run", "selfsame.sock") }

// print writes a document: as it came with --json, else by text.
func (e *env) print(raw json.RawMessage, text func() error) error {
	if !e.json {
		return text()
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.out, strings.TrimSpace(b.String()))
	return err
}

// say writes a line for people; nothing with --json.
func (e *env) say(format string, args ...any) {
	if !e.json {
		fmt.Fprintf(e.out, format+"\n", args...)
	}
}

// secret reads a password: from a file, from standard input for "-", or asked for
// on a terminal where path is empty. It is never an argument.
func (e *env) secret(path, prompt string) (string, error) {
	var b []byte
	var err error
	switch {
	case path == "-":
		b, err = io.ReadAll(io.LimitReader(e.in, 4096))
	case path != "":
		b, err = os.ReadFile(path)
	default:
		f, ok := e.in.(*os.File)
		if !ok || !term.IsTerminal(int(f.Fd())) {
			return "", fault.New(fault.Invalid, "a password is needed and there is no terminal to ask on").WithHint("give it with --password-file FILE")
		}
		fmt.Fprint(e.err, prompt+": ")
		b, err = term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(e.err)
	}
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "the password cannot be read")
	}
	s, _, _ := strings.Cut(string(b), "\n")
	s = strings.TrimSuffix(s, "\r")
	if s == "" {
		return "", fault.New(fault.Invalid, "the password is empty")
	}
	return s, nil
}

// confirm asks before something that cannot be taken back. Without a terminal, or
// with yes, it does not ask.
func (e *env) confirm(yes bool, what string) error {
	f, ok := e.in.(*os.File)
	if yes || !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	fmt.Fprintf(e.err, "%s Type yes to go on: ", what)
	var s string
	_, _ = fmt.Fscanln(f, &s)
	if s != "yes" {
		return fault.New(fault.Invalid, "nothing was changed")
	}
	return nil
}
