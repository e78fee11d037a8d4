// Bench runs Debian's slapd and krb5kdc beside us, on the same people and the same
// requests, and prints server CPU per operation and durable writes per second as
// ratios of one run. Elapsed figures move with whatever else the machine does;
// ratios of interleaved rounds do not.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// bench is everything that runs.
type bench struct {
	slapd    *directory
	selfsame *directory
	mit      *realm
	ours     *realm
	echo     *server
	dns      string // where our DNS door would answer

	rounds int
	length time.Duration // of one round
	only   string        // a part of the names of the rows to run
	w      *tabwriter.Writer
	held   bool
}

func main() {
	rounds := flag.Int("rounds", 7, "interleaved rounds")
	length := flag.Duration("length", 1500*time.Millisecond, "of one round")
	only := flag.String("only", "", "run the rows with this in their name")
	echo := flag.String("echo", "", "be the bare UDP echo at this address")
	flag.Parse()
	if *echo != "" {
		fail(serveEcho(*echo))
		return
	}
	fail(run(&bench{rounds: *rounds, length: *length, only: *only, held: true}))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(b *bench) error {
	dir, err := os.MkdirTemp("", "selfsame-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(os.Stderr, "making %d people, %d groups and %d machines in the servers…\n", people, teams+departments, machines)
	defer b.stop()
	if err := b.start(dir); err != nil {
		return err
	}
	b.w = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(b.w, "operation\tclients\tpeer\ttheirs\tselfsame\tratio\tbar\t")
	err = b.all()
	if err := errors.Join(err, b.w.Flush()); err != nil {
		return err
	}
	if !b.held {
		return fmt.Errorf("a bar was not met")
	}
	return nil
}

// all runs every row; the last change what is in the directories.
func (b *bench) all() error {
	for _, r := range b.rows() {
		if err := b.measure(r); err != nil {
			return err
		}
	}
	if err := b.monday(); err != nil {
		return err
	}
	return b.groupSizes()
}

// start starts the servers.
func (b *bench) start(dir string) (err error) {
	if b.slapd, err = startSlapd(dir); err != nil {
		return err
	}
	if b.mit, err = startKrb5kdc(dir); err != nil {
		return err
	}
	if b.echo, err = startEcho(); err != nil {
		return err
	}
	return b.startSelfsame(dir)
}

func (b *bench) stop() {
	for _, s := range []*server{b.echo, b.slapd.process(), b.mit.process(), b.selfsame.process()} {
		if s != nil {
			s.stop()
		}
	}
}

// rows are the operations, in the order they are run.
func (b *bench) rows() []row {
	them, us := b.slapd, b.selfsame
	rows := []row{
		{"search by login name", 8, them.side(searchByLogin), us.side(searchByLogin), false, 0.8},
		{"base read of a person", 8, them.side(baseRead), us.side(baseRead), false, 0.8},
		{"repeated simple bind", 64, them.side(bind), us.side(bind), false, 1.0},
		{"durable modify", 64, them.side(modify), us.side(modify), true, 2.0},
		{"groups of a person, nested ones too", 8, them.side(groupsOf), us.side(groupsOf), false, 0.6},
		{"sign-in of SSSD's shape", 8, them.side(signIn), us.side(signIn), false, 0.6},
		{"AS-REQ, no proof yet", 8, b.mit.side("udp", asked), b.ours.side("udp", asked), false, 0},
		{"AS-REQ with timestamp", 8, b.mit.side("udp", proved), b.ours.side("udp", proved), false, 0.6},
		{"TGS-REQ, no PAC", 8, b.mit.side("udp", further), b.ours.side("udp", further), false, 0.6},
		{"TGS-REQ, PAC over TCP (theirs without)", 8, b.mit.side("udp", further), b.ours.side("tcp", furtherWithPAC), false, 1.0},
		{"CLDAP ping", 8, b.echo.packets("udp echo", b.echo.addr, pingPacket, nil), us.packets("selfsame", us.addr, pingPacket, isPong), false, 3.3},
	}
	if answersDNS(b.dns) {
		rows = append(rows, row{"SRV query", 8, b.echo.packets("udp echo", b.echo.addr, srvPacket, nil),
			us.packets("selfsame", b.dns, srvPacket, isSRV), false, 3.3})
	}
	return rows
}

func (b *bench) wants(name string) bool { return strings.Contains(name, b.only) }
