// Lab brings up a domain and two machines that may join it, says what to type, and
// removes everything at an interrupt:
//
//	lab PROGRAM    with this selfsame as the domain controller
//	lab root       only builds what the machines begin with
//
// It makes the network and the hosts that the tests use, and knows no more of the
// domain than a newcomer's first commands.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/selfsame-dev/selfsame/e2e/hosts"
)

const domain = "lab.internal"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: lab PROGRAM | lab root")
		os.Exit(2)
	}
	run := lab
	if os.Args[1] == "root" {
		run = func(ctx context.Context, _ string) error { return root(ctx) }
	}
	if err := run(ctx, os.Args[1]); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

// root builds the root, or says why it cannot. Tests that need it skip then.
func root(ctx context.Context) error {
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "the root of the hosts: only root can build it")
		return nil
	}
	return hosts.BuildRoot(ctx, os.Stderr)
}

// lab is the whole picture, until ctx ends.
func lab(ctx context.Context, program string) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("hosts need root; run make lab as root")
	}
	program, err = filepath.Abs(program)
	if err != nil {
		return err
	}
	n, err := hosts.New(domain)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	dc, err := n.Plain("dc1", hosts.Domain)
	if err != nil {
		return err
	}
	s, err := serve(ctx, dc, program)
	if err != nil {
		return err
	}
	machines, err := n.Boot(ctx, hosts.Machines, "dsvm1", "dsvm2")
	if err != nil {
		return err
	}
	say(n, s, machines)
	select {
	case <-ctx.Done():
		fmt.Println("\nremoving everything")
	case err = <-s.ended:
		err = fmt.Errorf("the domain's server ended: %w\n%s", err, s.log())
	}
	return err
}

// server is a domain controller.
type server struct {
	program string
	data    string
	ended   chan error
}

// serve makes a domain and starts its server on a host, at the real ports, and
// returns when it is ready. It ends with its host.
func serve(ctx context.Context, on *hosts.Host, program string) (*server, error) {
	s := &server{program: program, data: filepath.Join(on.Dir(), "data"), ended: make(chan error, 1)}
	if _, err := s.command(ctx, "init", "--domain", domain); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(s.data, "selfsame.yaml"), []byte("server: "+on.Name+"\n"), 0o600); err != nil {
		return nil, err
	}
	log, err := os.Create(s.data + ".log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	c := on.Command(context.WithoutCancel(ctx), program, "--data", s.data, "serve")
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return nil, err
	}
	go func() { s.ended <- c.Wait() }()
	for {
		if _, err := s.command(ctx, "status", "--json"); err == nil {
			return s, nil
		}
		select {
		case err := <-s.ended:
			return nil, fmt.Errorf("the domain's server ended: %w\n%s", err, s.log())
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// command runs a command of ours on the domain.
func (s *server) command(ctx context.Context, verb string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, s.program, append([]string{"--data", s.data, verb}, args...)...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("selfsame %s: %w: %s", verb, err, said.String())
	}
	return string(out), nil
}

func (s *server) log() string {
	b, _ := os.ReadFile(s.data + ".log")
	return string(b[max(0, len(b)-3000):])
}

// say prints how to get in, and what to type there.
func say(n *hosts.Network, s *server, machines []*hosts.Host) {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe domain %s is served at %s. In these networks, as root:\n\n", domain, n.Servers[0])
	fmt.Fprintf(&b, "  portal            https://portal.%s/, as administrator\n", domain)
	fmt.Fprintf(&b, "  first password    %s\n", filepath.Join(s.data, "administrator.password"))
	fmt.Fprintf(&b, "  commands          %s --data %s status\n", s.program, s.data)
	fmt.Fprintf(&b, "  a shell outside   ip netns exec %s bash\n", n.Router)
	for _, m := range machines {
		fmt.Fprintf(&b, "\n%s (%s)\n", m.FQDN(), m.Addr)
		fmt.Fprintf(&b, "  enter             %s\n", m.Shell())
		fmt.Fprintf(&b, "  join, in there    realm join --user=administrator\n")
		fmt.Fprintf(&b, "  then sign in      ip netns exec %s ssh NAME@%s\n", n.Router, m.Addr)
	}
	fmt.Fprintf(&b, "\nCtrl-C removes everything.\n")
	fmt.Print(b.String())
}
