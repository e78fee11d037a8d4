package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sample is what one round measured.
type sample struct {
	ops   int
	took  time.Duration
	spent time.Duration // of the server's processors
}

func (s sample) cpu() float64  { return float64(s.spent.Microseconds()) / float64(max(1, s.ops)) }
func (s sample) rate() float64 { return float64(s.ops) / s.took.Seconds() }

// load sends a side's requests from several clients, one request in flight each,
// for a time. What opening the clients costs is not counted.
func load(s side, clients int, length time.Duration) (sample, error) {
	all := make([]client, clients)
	for i := range all {
		c, err := s.open(i)
		if err != nil {
			return sample{}, err
		}
		defer c.close()
		all[i] = c
	}
	before, err := cpuOf(s.pid)
	if err != nil {
		return sample{}, err
	}
	began := time.Now()
	end := began.Add(length)
	counts, errs := make([]int, clients), make([]error, clients)
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), uint64(began.UnixNano())))
			for time.Now().Before(end) && errs[i] == nil {
				errs[i] = c.do(rnd)
				counts[i]++
			}
		})
	}
	wg.Wait()
	out := sample{took: time.Since(began)}
	after, err := cpuOf(s.pid)
	if err != nil {
		return sample{}, err
	}
	out.spent = after - before
	for _, n := range counts {
		out.ops += n
	}
	return out, errors.Join(errs...)
}

// cpuOf is the processor time a process has used, user and system.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name may hold spaces: fields are counted from after it.
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(f))
	}
	var ticks int64
	for _, s := range f[11:13] { // utime, stime
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	const perSecond = 100 // USER_HZ on Linux
	return time.Duration(ticks) * time.Second / perSecond, nil
}
