// Bench runs Debian's slapd beside us, on the same entries and the same requests,
// and prints server CPU per operation and durable writes per second as ratios of
// one run. Elapsed figures move with whatever else the machine does; ratios of
// interleaved rounds do not.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// peer is a server under load.
type peer struct {
	name string
	addr string
	pid  int
	base string // of the people
	dn   func(i int) string
	// login is the attribute by which people are searched for.
	login string
	admin string // DN that may write
	pass  string
	stop  func()
}

const (
	people   = 10_000
	binders  = 100
	password = "Correct horse 1"
)

// row is one operation and the bar it has to meet.
type row struct {
	name  string
	conns int
	op    func(*peer) op
	rate  bool    // compared by operations per second, else by CPU per operation
	bar   float64 // ours to theirs: at most, or at least for a rate
}

var rows = []row{
	{"search by login name", 8, searchByLogin, false, 0.8},
	{"base read of a person", 8, baseRead, false, 0.8},
	{"repeated simple bind", 64, bind, false, 1.0},
	{"durable modify", 64, modify, true, 2.0},
}

func main() {
	rounds := flag.Int("rounds", 5, "interleaved rounds")
	length := flag.Duration("length", 2*time.Second, "of one round")
	flag.Parse()
	if err := run(*rounds, *length); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(rounds int, length time.Duration) error {
	dir, err := os.MkdirTemp("", "selfsame-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(os.Stderr, "making %d people in both servers…\n", people)
	them, err := startSlapd(dir)
	if err != nil {
		return err
	}
	defer them.stop()
	us, err := startSelfsame(dir)
	if err != nil {
		return err
	}
	defer us.stop()

	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "operation\tconnections\tslapd\tselfsame\tratio\tbar\t")
	held := true
	for _, r := range rows {
		var ours, theirs []sample
		for round := range 1 + rounds {
			for _, p := range []*peer{them, us} {
				s, err := load(p, r.conns, length, r.op(p))
				switch {
				case err != nil:
					return fmt.Errorf("%s against %s: %w", r.name, p.name, err)
				case round == 0: // warms both: the first bind of a person is not a repeated one
				case p == us:
					ours = append(ours, s)
				default:
					theirs = append(theirs, s)
				}
			}
		}
		held = report(w, r, theirs, ours) && held
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if !held {
		return fmt.Errorf("a bar was not met")
	}
	return nil
}

// report writes one row and says whether its bar holds.
func report(w *tabwriter.Writer, r row, theirs, ours []sample) bool {
	value := func(s sample) float64 {
		if r.rate {
			return s.rate()
		}
		return s.cpu()
	}
	t, o := median(theirs, value), median(ours, value)
	unit, ok, bar := "µs", o/t <= r.bar, fmt.Sprintf("≤ %.2g", r.bar)
	if r.rate {
		unit, ok, bar = "/s", o/t >= r.bar, fmt.Sprintf("≥ %.2g", r.bar)
	}
	mark := ""
	if !ok {
		mark = "MISSED"
	}
	fmt.Fprintf(w, "%s\t%d\t%.0f %s\t%.0f %s\t%.2f\t%s\t%s\n", r.name, r.conns, t, unit, o, unit, o/t, bar, mark)
	return ok
}

func median(s []sample, value func(sample) float64) float64 {
	v := make([]float64, len(s))
	for i, x := range s {
		v[i] = value(x)
	}
	slices.Sort(v)
	return v[len(v)/2]
}
