package audit

import "time"

// group gathers those who wait for a sync, so that one is made for all of them.
//
// Whoever was woken by the last sync is likely to come back with another record in
// a moment. A sync that began at once for the first to come would leave the others
// to the next one: two for what one could have done. So the first waits until as
// many are there as there were, and no longer than a part of what a sync takes.
// One who is always alone never waits. The log's mu guards it.
type group struct {
	upTo    uint64 // the record up to which the sync under way reaches, or the last did
	waiting int    // for the next
	under   int    // for the one under way
	expects int    // to wait for the next
	took    time.Duration
}

// mostPatience bounds how long a sync is put off: it is what a disk takes.
const mostPatience = time.Millisecond

// join counts one who waits for a record to be synced. It reports whether that takes
// another sync than the one under way, and whether everybody who is expected is
// there.
func (g *group) join(seq uint64) (waits, all bool) {
	if seq <= g.upTo {
		return false, false
	}
	g.waiting++
	return true, g.waiting >= g.expects
}

// begin begins a sync of every record up to one.
func (g *group) begin(upTo uint64) { g.upTo, g.under, g.waiting = upTo, g.waiting, 0 }

// end ends it, after a time.
func (g *group) end(took time.Duration) {
	g.expects, g.took = g.under+g.waiting, took
}

// patience is how long the first to wait should.
func (l *Log) patience() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return min(l.group.took/2, mostPatience)
}
