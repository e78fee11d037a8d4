package audit

import (
	"testing"
	"time"
)

func TestASyncWaitsForThoseWhoCameTogether(t *testing.T) {
	var g group
	join := func(seq uint64, want bool) {
		t.Helper()
		if _, all := g.join(seq); all != want {
			t.Errorf("record %d: all are there: %v, want %v", seq, all, want)
		}
	}
	join(1, true) // one alone never waits
	g.begin(1)
	if waits, _ := g.join(1); waits {
		t.Error("the sync under way is this one's")
	}
	join(2, true)
	join(3, true)
	g.end(time.Millisecond)
	join(4, true) // two came while one was written: the three of them are one group
	g.begin(4)
	g.end(time.Millisecond)
	join(5, false)
	join(6, false)
	join(7, true)
	g.begin(7)
	g.end(time.Millisecond)
	join(8, false)
	g.begin(8) // patience ended: the others are gone
	g.end(time.Millisecond)
	join(9, true)
}
