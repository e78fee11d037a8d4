// Package audit is the log that only grows: one record for every sign-in, every
// token or session given out, every change and every refusal, in one shape for
// all doors.
//
// What always holds:
//
//   - A change of state commits first, with its record beside it in the store;
//     then the record is synced; then the answer leaves. A record missing after a
//     crash is written again from the store.
//   - What gives something out is synced before it is sent. What only tells is
//     written before the answer and synced within [noteDelay].
//   - Records are sealed with a key of their day and chained; heads of the chain
//     are signed. Once a day's key is destroyed, nothing yields its records.
//   - [Verify] needs the public key only.
//
// What an action means is not known here.
package audit

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

const (
	// noteDelay is the longest a record waits for its sync.
	noteDelay = 50 * time.Millisecond
	// headEvery is how often a signed head is written and anchored while records
	// come in: what a thief of the disk could cut off unseen is younger.
	headEvery = time.Second
	// segmentSize closes a segment: search reads one at a time into memory.
	segmentSize = 32 << 20
	// indexAt is how many records wait for their index at most, under load: a term
	// that many of them hold is written once. Search reads those that wait one by one.
	indexAt = 256
	// mostUnwritten bounds the bytes kept in memory while the disk takes none.
	mostUnwritten = 4 << 20
	// recent is how many records are kept at hand for pages and tails.
	recent = 2000
)

// Config says where and how the log is kept.
type Config struct {
	Dir       string // of the segments; made if missing
	Server    string // this server's name, in each record
	Sign      ed25519.PrivateKey
	Seal      store.Sealer  // seals the file of day keys
	Retention time.Duration // how long records can be read; 0 for 30 days
	Reserve   int64         // bytes of disk kept for administrators and revocations; 0 for 64 MiB
	Now       func() time.Time
	Log       *slog.Logger
	// Anchor keeps a signed head somewhere else: in the store. It is called from
	// the log's own goroutine.
	Anchor func(Head)
}

// Log is an open log. Its methods may be called by any goroutine.
type Log struct {
	cfg  Config
	keys *dayKeys

	mu      sync.Mutex
	seg     *segment // nil once closed
	synced  uint64   // all records up to this one are on disk
	failed  error    // set when a sync failed: nothing after it is certain
	batches batches
	ring    [recent]*Record // the last records, by sequence number
	last    Head            // the last signed head
	subs    map[chan *Record]struct{}
	refused map[refusalKey]*Record
	more    int  // refusals not counted one by one this second
	told    bool // run knows that something was written since the last sync

	doneMu sync.Mutex
	done   []string // outbox keys whose records are synced

	kick   chan struct{} // something was written, for the first time since a sync
	urgent chan struct{} // everybody who is expected waits for a sync
	first  chan struct{} // somebody does
	keep   atomic.Int64  // the retention, in nanoseconds
	stop   context.CancelFunc
	ended  sync.WaitGroup
	freeAt time.Time // when free was read; under mu
	free   int64
}

// Open reads the state of the log in cfg.Dir, cuts a torn tail, and begins a new
// segment.
func Open(cfg Config) (*Log, error) {
	if cfg.Retention == 0 {
		cfg.Retention = 30 * 24 * time.Hour
	}
	if cfg.Reserve == 0 {
		cfg.Reserve = 64 << 20
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the audit folder: %w", err)
	}
	keys, err := openDayKeys(filepath.Join(cfg.Dir, keysFile), cfg.Seal)
	if err != nil {
		return nil, err
	}
	l := &Log{
		cfg: cfg, keys: keys, kick: make(chan struct{}, 1), urgent: make(chan struct{}, 1), first: make(chan struct{}, 1),
		subs: make(map[chan *Record]struct{}), refused: make(map[refusalKey]*Record), batches: batches{next: newBatch()},
	}
	l.keep.Store(int64(cfg.Retention))
	if err := l.begin(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.ended.Go(func() { l.run(ctx) })
	return l, nil
}

// begin opens the first segment of this process, chained to the last one there
// is.
func (l *Log) begin() error {
	names, err := segmentNames(l.cfg.Dir)
	if err != nil {
		return err
	}
	var prev tail
	if len(names) > 0 {
		name := names[len(names)-1]
		if prev, err = readTail(filepath.Join(l.cfg.Dir, name), l.cfg.Log); err != nil {
			return err
		}
	}
	return l.roll(prev)
}

// roll opens the next segment after prev. The caller holds mu, or is Open.
func (l *Log) roll(prev tail) error {
	now := l.cfg.Now().UTC()
	day := now.Format(dayLayout)
	if prev.day > day {
		day = prev.day // the clock went back: keys and order follow the log, not the clock
	}
	key, err := l.keys.of(day)
	if err != nil {
		return err
	}
	seg, err := createSegment(l.cfg.Dir, day, key, prev, l.cfg.Server, l.cfg.Sign, now)
	if err != nil {
		return err
	}
	if l.seg != nil {
		l.seg.close()
	}
	l.seg = seg
	l.synced = seg.seq
	return nil
}

// Write appends a record and returns once it is on disk.
func (l *Log) Write(ctx context.Context, r *Record) error {
	b, err := l.queue(r, nil)
	if err != nil {
		return err
	}
	return b.wait(ctx)
}

// WriteThen appends a record and calls then once it is on disk, or with why it will
// not be. Under load that is cheaper than [Log.Write], which wakes a goroutine for
// each record. The log's own goroutine calls then, which must not wait for anything.
func (l *Log) WriteThen(r *Record, then func(error)) {
	if _, err := l.queue(r, then); err != nil {
		then(err)
	}
}

// queue appends a record and joins those who wait for it. then may be nil.
func (l *Log) queue(r *Record, then func(error)) (*batch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.append(r); err != nil {
		return nil, err
	}
	b := l.join()
	if then != nil {
		b.then = append(b.then, then)
	}
	return b, nil
}

// Note appends a record and returns once it is written; it is synced soon after.
// It survives the end of this process, though not yet the machine's.
func (l *Log) Note(r *Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.append(r); err != nil {
		return err
	}
	return l.flush()
}

// flush writes what was appended. What cannot be written is refused, and tried
// again with what comes next. The caller holds mu.
func (l *Log) flush() error {
	if l.seg == nil {
		return nil
	}
	return unwritable(l.seg.flush())
}

// append adds r to the segment, for the next flush to write. The caller holds mu.
func (l *Log) append(r *Record) error {
	if err := l.ready(r.Takes); err != nil {
		return err
	}
	if len(l.seg.out) > mostUnwritten {
		return unwritable(errUnwritten)
	}
	l.stamp(r)
	if !r.Time.Before(l.seg.over) || l.seg.size() >= segmentSize {
		if err := l.finish(); err != nil {
			return err
		}
		if err := l.roll(l.seg.tail()); err != nil {
			return fault.Wrap(fault.Unavailable, err, "the audit log cannot begin a new segment")
		}
	}
	l.seg.record(r)
	l.ring[r.Seq%recent] = r
	for ch := range l.subs {
		select {
		case ch <- r:
		default: // a slow reader misses records; it can read them from the log
		}
	}
	if !l.told {
		l.told = true
		signal(l.kick)
	}
	return nil
}

// stamp fills in what the log itself says of a record.
func (l *Log) stamp(r *Record) {
	if r.ID.IsZero() {
		r.ID = ident.NewID()
	}
	if r.Time.IsZero() {
		r.Time = l.cfg.Now()
	}
	r.Time = r.Time.UTC()
	if r.Server == "" {
		r.Server = l.cfg.Server
	}
	if r.Result == "" {
		r.Result = Success
	}
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// run syncs what was written, as one for all who wait: at once when everybody who
// is expected does, a moment later when only somebody does, soon when nobody does.
// Once a second it writes the counted refusals and a signed head.
func (l *Log) run(ctx context.Context) {
	tick := time.NewTicker(headEvery)
	defer tick.Stop()
	var soon, patience <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.flushRefusals()
			l.sync(true)
		case <-l.urgent:
			l.sync(false)
			soon, patience = nil, nil
		case <-l.first:
			if patience == nil {
				l.mu.Lock()
				patience = time.After(l.batches.patience())
				l.mu.Unlock()
			}
		case <-patience:
			l.sync(false)
			soon, patience = nil, nil
		case <-l.kick:
			if soon == nil {
				soon = time.After(noteDelay)
			}
		case <-soon:
			l.sync(false)
			soon = nil
		}
	}
}

// sync writes what was appended and makes it durable, with a signed head if one is
// due, and the index before it.
func (l *Log) sync(head bool) {
	l.mu.Lock()
	l.told = false
	seg := l.seg
	if seg == nil || l.batches.next.size == 0 && seg.seq == l.synced && !(head && seg.headDue()) {
		l.mu.Unlock()
		return
	}
	if head || len(seg.pending) >= indexAt {
		seg.index()
	}
	var h Head
	if head && seg.headDue() {
		h = seg.head(l.cfg.Now())
	}
	err := seg.flush()
	upTo, f, b := seg.seq, seg.f, l.batches.begin()
	began := time.Now()
	seg.syncing.Add(1)
	l.mu.Unlock()

	if err == nil {
		err = datasync(f)
	}
	seg.syncing.Done()

	l.mu.Lock()
	if err != nil && l.failed == nil && !isNoSpace(err) {
		l.failed = err
		l.cfg.Log.Error("audit log: sync", "err", err)
	}
	if err == nil && l.seg == seg && upTo > l.synced {
		l.synced = upTo
	}
	if h.Seq > 0 && err == nil {
		l.last = h
	}
	l.batches.end(b, time.Since(began), err)
	l.mu.Unlock()
	l.tell(b)
	if h.Seq > 0 && err == nil && l.cfg.Anchor != nil {
		l.cfg.Anchor(h)
	}
}

// finish ends the open segment with its index and a signed head, on disk. The
// caller holds mu.
func (l *Log) finish() error {
	l.seg.index()
	h := l.seg.head(l.cfg.Now())
	b, began := l.batches.begin(), time.Now()
	err := l.seg.flush()
	if err == nil {
		err = datasync(l.seg.f)
	}
	l.batches.end(b, time.Since(began), err)
	go l.tell(b) // the caller holds mu
	if err != nil {
		return err
	}
	l.synced, l.last = l.seg.seq, h
	return nil
}

// Close writes what is pending and a last signed head, and anchors it.
func (l *Log) Close() error {
	l.stop()
	l.ended.Wait()
	l.flushRefusals()
	l.mu.Lock()
	if l.seg == nil {
		l.mu.Unlock()
		return nil
	}
	err := l.finish()
	l.seg.close()
	l.seg = nil
	h := l.last
	for ch := range l.subs {
		close(ch)
		delete(l.subs, ch)
	}
	l.mu.Unlock()
	if h.Seq > 0 && l.cfg.Anchor != nil {
		l.cfg.Anchor(h)
	}
	return err
}

// oldest is the time before which records are forgotten.
func (l *Log) oldest() time.Time { return l.cfg.Now().Add(-time.Duration(l.keep.Load())) }

// SetRetention changes how long records can be read.
func (l *Log) SetRetention(d time.Duration) { l.keep.Store(int64(d)) }

// Seq is the sequence number of the last record.
func (l *Log) Seq() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seg == nil {
		return 0
	}
	return l.seg.seq
}

// Head returns the last signed head.
func (l *Log) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Recent returns up to n of the last records that keep accepts, newest first,
// from memory.
func (l *Log) Recent(n int, keep func(*Record) bool) []*Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seg == nil {
		return nil
	}
	oldest := l.oldest()
	var out []*Record
	for seq, i := l.seg.seq, 0; i < recent && len(out) < n; seq, i = seq-1, i+1 {
		r := l.ring[seq%recent]
		if r == nil || r.Seq != seq || r.Time.Before(oldest) {
			break
		}
		if keep == nil || keep(r) {
			out = append(out, r)
		}
	}
	return out
}

// Subscribe delivers records as they are written, until cancel is called. A
// reader that does not keep up misses some.
func (l *Log) Subscribe() (records <-chan *Record, cancel func()) {
	ch := make(chan *Record, 256)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seg == nil {
		close(ch)
		return ch, func() {}
	}
	l.subs[ch] = struct{}{}
	return ch, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if _, ok := l.subs[ch]; ok {
			delete(l.subs, ch)
			close(ch)
		}
	}
}
