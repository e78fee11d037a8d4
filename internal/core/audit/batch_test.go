package audit

import (
	"testing"
	"time"
)

func TestASyncWaitsForThoseWhoCameTogether(t *testing.T) {
	g := batches{next: newBatch()}
	join := func(want bool) {
		t.Helper()
		if b, all := g.join(); all != want {
			t.Errorf("with %d of %d, all are there: %v, want %v", b.size, g.expects, all, want)
		}
	}
	join(true) // one alone never waits
	b := g.begin()
	join(true)
	join(true)
	g.end(b, time.Millisecond, nil)
	join(true) // two came while one was written: the three of them are one batch
	b = g.begin()
	g.end(b, time.Millisecond, nil)
	join(false)
	join(false)
	join(true)
	b = g.begin()
	g.end(b, time.Millisecond, nil)
	join(false)
	b = g.begin() // patience ended: the others are gone
	g.end(b, time.Millisecond, nil)
	join(true)
}
