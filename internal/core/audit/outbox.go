package audit

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// OutboxPrefix is where a change's record stands in the store, beside the
// change, until it is on disk in the log: outbox/<server>/<record id>. The value
// is the day and the record sealed with that day's key, so that it is forgotten
// with the day too.
const OutboxPrefix = "outbox/"

// clearAtOnce is how many outbox entries a commit clears on its way: more than
// it adds, so that the outbox stays short without writes of its own.
const clearAtOnce = 8

// Commit runs fn in a transaction of st and, if it returns a record, commits the
// record with what fn wrote, syncs it, and only then returns. A nil record means
// that nothing worth recording changed.
//
// fn may run more than once; it makes a new record each time.
func (l *Log) Commit(ctx context.Context, st store.Store, takes bool, fn func(store.Tx) (*Record, error)) (store.Rev, error) {
	if err := l.Room(takes); err != nil {
		return 0, err
	}
	if takes {
		ctx = store.WithReserve(ctx)
	}
	done := l.takeDone(clearAtOnce)
	var rec *Record
	var key string
	rev, err := st.Update(ctx, func(tx store.Tx) error {
		var err error
		if rec, err = fn(tx); err != nil || rec == nil {
			return err
		}
		l.stamp(rec)
		rec.Takes = takes
		box, err := l.sealOutbox(rec)
		if err != nil {
			return err
		}
		for _, k := range done {
			if err := tx.Delete(k); err != nil {
				return err
			}
		}
		key = OutboxPrefix + l.cfg.Server + "/" + rec.ID.String()
		return tx.Put(key, box)
	})
	if err != nil || rec == nil {
		l.putDone(done...)
		return rev, err
	}
	// From here on the change stands. A caller that gives up does not undo it,
	// and must not keep its record from being written.
	if err := l.Write(context.WithoutCancel(ctx), rec); err != nil {
		return rev, err
	}
	l.putDone(key)
	return rev, nil
}

func (l *Log) takeDone(n int) []string {
	l.doneMu.Lock()
	defer l.doneMu.Unlock()
	n = min(n, len(l.done))
	out := l.done[len(l.done)-n:]
	l.done = l.done[:len(l.done)-n]
	return append([]string(nil), out...)
}

func (l *Log) putDone(keys ...string) {
	l.doneMu.Lock()
	defer l.doneMu.Unlock()
	l.done = append(l.done, keys...)
}

// Sweep clears the outbox entries whose records are on disk. The daemon calls it
// now and then; commits clear most on their way.
func (l *Log) Sweep(ctx context.Context, st store.Store) error {
	for {
		keys := l.takeDone(256)
		if len(keys) == 0 {
			return nil
		}
		_, err := st.Update(ctx, func(tx store.Tx) error {
			for _, k := range keys {
				if err := tx.Delete(k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			l.putDone(keys...)
			return err
		}
	}
}

// Recover writes the records of changes that committed before a crash and did
// not reach the log, and returns how many there were. It is called once, before
// the doors open.
func (l *Log) Recover(ctx context.Context, st store.Store) (int, error) {
	waiting := make(map[ident.ID]*Record)
	var keys []string
	err := st.View(ctx, func(tx store.Tx) error {
		return tx.Scan(OutboxPrefix+l.cfg.Server+"/", "", func(key string, box []byte) bool {
			keys = append(keys, key)
			if r := l.openOutbox(box); r != nil {
				waiting[r.ID] = r
			}
			return true
		})
	})
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	if err := l.forgetWritten(waiting); err != nil {
		return 0, err
	}
	for _, r := range waiting {
		r.Takes = true // the change stands: its record has the reserve's rights
		if err := l.Note(r); err != nil {
			return 0, err
		}
	}
	if len(waiting) > 0 {
		l.mu.Lock()
		b := l.join()
		l.mu.Unlock()
		if err := b.wait(ctx); err != nil {
			return 0, err
		}
	}
	l.putDone(keys...)
	return len(waiting), l.Sweep(ctx, st)
}

// forgetWritten removes from waiting what stands in the log already. It reads
// backwards from the last segment to the first one that is older than everything
// waited for.
func (l *Log) forgetWritten(waiting map[ident.ID]*Record) error {
	names, err := segmentNames(l.cfg.Dir)
	if err != nil {
		return err
	}
	oldest := l.cfg.Now()
	for _, r := range waiting {
		if r.Time.Before(oldest) {
			oldest = r.Time
		}
	}
	for i := len(names) - 1; i >= 0 && len(waiting) > 0; i-- {
		first, err := l.eachRecord(names[i], func(r *Record) bool {
			delete(waiting, r.ID)
			return true
		})
		if err != nil {
			return err
		}
		if !first.IsZero() && first.Before(oldest.Add(-noteDelay)) {
			break
		}
	}
	return nil
}

func (l *Log) sealOutbox(r *Record) ([]byte, error) {
	day := r.Time.Format(dayLayout)
	key, err := l.keys.of(day)
	if err != nil {
		return nil, unwritable(err)
	}
	plain := r.AppendJSON(make([]byte, 0, 768))
	return key.seal(append(make([]byte, 0, len(day)+len(plain)+64), day...), 0, plain), nil
}

func (l *Log) openOutbox(box []byte) *Record {
	if len(box) < len(dayLayout) {
		return nil
	}
	key, err := l.keys.existing(string(box[:len(dayLayout)]))
	if err != nil || key == nil {
		return nil // its day is over: forgotten
	}
	r, err := key.open(box[len(dayLayout):])
	if err != nil {
		return nil
	}
	return r
}

// segmentReader opens a segment for reading.
func (l *Log) segmentReader(name string) (*os.File, *frameReader, error) {
	f, err := os.Open(filepath.Join(l.cfg.Dir, strings.TrimPrefix(name, "/")))
	if err != nil {
		return nil, nil, err
	}
	return f, &frameReader{r: bufio.NewReaderSize(f, 1<<16)}, nil
}

// recordSeq is the sequence number of a record frame.
func recordSeq(body []byte) uint64 {
	if len(body) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(body)
}

// ended reports whether a frame reader's error is the end of what is written: a
// segment that is being written may end in the middle of a frame.
func ended(err error) bool { return err == io.EOF || err == errTorn }
