package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// Query says which records to find.
type Query struct {
	Terms  []string  // each must be a word of the record, whole and in any case
	Kinds  []Kind    // any of these; empty for all
	Since  time.Time // zero for the beginning
	Until  time.Time // zero for now
	Before uint64    // only records with a lower sequence number; 0 for all
	Limit  int       // at most so many; 0 for 100
}

func (q *Query) accepts(r *Record) bool {
	return (len(q.Kinds) == 0 || slices.Contains(q.Kinds, r.Kind)) &&
		(q.Since.IsZero() || !r.Time.Before(q.Since)) &&
		(q.Until.IsZero() || r.Time.Before(q.Until)) &&
		(q.Before == 0 || r.Seq < q.Before) &&
		r.Matches(q.Terms)
}

// Search returns the records that match, newest first. It reads the segments
// backwards and opens only the records that the index names.
func (l *Log) Search(ctx context.Context, q Query) ([]*Record, error) {
	if q.Limit <= 0 {
		q.Limit = 100
	}
	names, err := l.segments()
	if err != nil {
		return nil, err
	}
	oldest := l.oldest()
	if q.Since.Before(oldest) {
		q.Since = oldest
	}
	var out []*Record
	for _, name := range slices.Backward(names) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		// A record may be a little older than the day of its segment: the clock.
		if day, err := time.Parse(dayLayout, name[:len(dayLayout)]); err == nil {
			if day.Add(48 * time.Hour).Before(q.Since) {
				break
			}
			if !q.Until.IsZero() && day.Add(-24*time.Hour).After(q.Until) {
				continue
			}
		}
		found, err := l.searchSegment(name, q)
		if err != nil {
			return nil, err
		}
		slices.Reverse(found)
		out = append(out, found...)
		if len(out) >= q.Limit {
			return out[:q.Limit], nil
		}
	}
	return out, nil
}

// searchSegment returns the matching records of a segment, oldest first, at most
// the last q.Limit of them.
func (l *Log) searchSegment(name string, q Query) ([]*Record, error) {
	key, err := l.keys.existing(name[:len(dayLayout)])
	if err != nil || key == nil {
		return nil, err
	}
	f, fr, err := l.segmentReader(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	hashes := make([]uint64, len(q.Terms))
	for i, t := range q.Terms {
		hashes[i] = key.hashes.word(t)
	}
	type boxed struct {
		seq uint64
		box []byte
	}
	var waiting []boxed // since the last index
	var out []*Record
	take := func(wanted map[uint64]int) {
		for _, b := range waiting {
			if wanted != nil && wanted[b.seq] != len(hashes) {
				continue
			}
			if r, err := key.open(b.box); err == nil && q.accepts(r) {
				r.Seq = b.seq
				out = append(out, r)
			}
		}
		waiting = waiting[:0]
		if n := len(out) - 4*q.Limit; n > 0 {
			out = slices.Delete(out, 0, len(out)-q.Limit)
		}
	}
	for {
		kind, body, err := fr.next()
		if ended(err) {
			break
		}
		if err != nil {
			// Altered from here on; what was read before is as it was written, and
			// Verify names the place.
			break
		}
		switch kind {
		case frameRecord:
			waiting = append(waiting, boxed{recordSeq(body), slices.Clone(body)})
		case frameIndex:
			take(indexed(body, hashes))
		}
	}
	take(nil) // records not yet indexed are read one by one
	if len(out) > q.Limit {
		out = out[len(out)-q.Limit:]
	}
	return out, nil
}

// indexed counts, for each record an index frame covers, how many of the hashes
// it has. It is nil if there are no hashes to look for.
func indexed(body []byte, hashes []uint64) map[uint64]int {
	if len(hashes) == 0 || len(body) < 8 {
		return nil
	}
	first := binary.BigEndian.Uint64(body)
	out := make(map[uint64]int)
	for b := body[8:]; len(b) > 8; {
		h := binary.BigEndian.Uint64(b)
		n, w := binary.Uvarint(b[8:])
		if w <= 0 {
			return out
		}
		b = b[8+w:]
		at := first
		times := 0
		for _, want := range hashes {
			if want == h {
				times++
			}
		}
		for range n {
			d, w := binary.Uvarint(b)
			if w <= 0 {
				return out
			}
			b, at = b[w:], at+d
			if times > 0 {
				out[at] += times
			}
		}
	}
	return out
}

// Export calls fn for every record since a time, oldest first, until it returns
// false.
func (l *Log) Export(ctx context.Context, since time.Time, fn func(*Record) bool) error {
	if oldest := l.oldest(); since.Before(oldest) {
		since = oldest
	}
	names, err := l.segments()
	if err != nil {
		return err
	}
	for _, name := range names {
		if day, err := time.Parse(dayLayout, name[:len(dayLayout)]); err == nil && day.Add(48*time.Hour).Before(since) {
			continue
		}
		stopped := false
		_, err := l.eachRecord(name, func(r *Record) bool {
			if r.Time.Before(since) {
				return true
			}
			stopped = ctx.Err() != nil || !fn(r)
			return !stopped
		})
		if err != nil || stopped {
			return errors.Join(err, ctx.Err())
		}
	}
	return nil
}

// segments lists the segments, oldest first, for a reader of all that was appended.
func (l *Log) segments() ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.flush(); err != nil {
		return nil, err
	}
	return segmentNames(l.cfg.Dir)
}

// eachRecord calls fn for the records of a segment that can be read, and returns
// when the segment was begun.
func (l *Log) eachRecord(name string, fn func(*Record) bool) (created time.Time, err error) {
	key, err := l.keys.existing(name[:len(dayLayout)])
	if err != nil || key == nil {
		return time.Time{}, err
	}
	f, fr, err := l.segmentReader(name)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	for {
		kind, body, err := fr.next()
		if err != nil {
			return created, nil
		}
		switch kind {
		case frameHeader:
			if h, err := parseHeader(body); err == nil {
				created = h.Created
			}
		case frameRecord:
			r, err := key.open(body)
			if err != nil {
				return created, nil
			}
			r.Seq = recordSeq(body)
			if !fn(r) {
				return created, nil
			}
		}
	}
}
