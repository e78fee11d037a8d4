package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
)

// row is one operation and the bar it has to meet.
type row struct {
	name    string
	clients int
	them    side
	us      side
	rate    bool    // compared by operations per second, else by CPU per operation
	bar     float64 // ours to theirs: at most, or at least for a rate; 0 for none
}

// side is one server's half of a row.
type side struct {
	name string // of the server
	pid  int
	open func(i int) (client, error)
}

// client sends one request after another, and tests the answers: an error is no
// work.
type client struct {
	do    func(rnd *rand.Rand) error
	close func()
}

// measure runs a row's rounds, the two servers in turn, and prints it.
func (b *bench) measure(r row) error {
	if !b.wants(r.name) {
		return nil
	}
	fmt.Fprintf(os.Stderr, "%s…\n", r.name)
	var ours, theirs []sample
	for round := range 1 + b.rounds {
		length := b.length
		if round == 0 {
			length /= 2 // warms both: the first bind of a person is not a repeated one
		}
		t, err := load(r.them, r.clients, length)
		if err != nil {
			return fmt.Errorf("%s against %s: %w", r.name, r.them.name, err)
		}
		o, err := load(r.us, r.clients, length)
		if err != nil {
			return fmt.Errorf("%s against %s: %w", r.name, r.us.name, err)
		}
		if round > 0 {
			theirs, ours = append(theirs, t), append(ours, o)
		}
	}
	b.report(r, theirs, ours)
	return nil
}

// report prints a row and remembers whether its bar holds.
func (b *bench) report(r row, theirs, ours []sample) {
	value, unit := sample.cpu, "µs"
	if r.rate {
		value, unit = sample.rate, "/s"
	}
	t, o := undisturbed(theirs, value, r.rate), undisturbed(ours, value, r.rate)
	ratio, bar, mark := o/t, "", ""
	switch {
	case r.bar == 0:
	case r.rate:
		bar = fmt.Sprintf("≥ %.2g", r.bar)
	default:
		bar = fmt.Sprintf("≤ %.2g", r.bar)
	}
	if r.bar != 0 && (r.rate && ratio < r.bar || !r.rate && ratio > r.bar) {
		mark, b.held = "MISSED", false
	}
	fmt.Fprintf(b.w, "%s\t%d\t%s\t%.0f %s\t%.0f %s\t%.2f\t%s\t%s\n", r.name, r.clients, r.them.name, t, unit, o, unit, ratio, bar, mark)
}

// undisturbed is the quartile of the better rounds: other work on the machine makes a
// round worse, by half at times, and never better.
func undisturbed(s []sample, value func(sample) float64, more bool) float64 {
	v := sorted(s, value)
	if more {
		slices.Reverse(v)
	}
	return v[len(v)/4]
}

func median(s []sample, value func(sample) float64) float64 {
	return sorted(s, value)[len(s)/2]
}

func sorted(s []sample, value func(sample) float64) []float64 {
	v := make([]float64, len(s))
	for i, x := range s {
		v[i] = value(x)
	}
	slices.Sort(v)
	return v
}
