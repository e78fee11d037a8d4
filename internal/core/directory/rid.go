package directory

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// RIDs are taken from the store a block at a time, so that people added at once
// do not contend for one counter. What a stopped server gives back is the rest of
// its last block; what a killed one held is lost: a gap, never a number given out
// twice.
const (
	ridKey     = "rid/next"
	ridsAtOnce = 32
	// ridLast is the end of SSSD's slice: a RID beyond it would have its number in
	// another domain's.
	ridLast = 199_999
)

type ridRange struct {
	next, end ident.RID
}

// nextRID returns a RID that nobody has or had.
func (d *Directory) nextRID(ctx context.Context) (ident.RID, error) {
	d.rids.mu.Lock()
	defer d.rids.mu.Unlock()
	s := &d.rids.state
	if s.next == s.end {
		var from ident.RID
		_, err := d.cfg.Store.Update(ctx, func(tx store.Tx) error {
			var err error
			if from, err = readRID(tx); err != nil {
				return err
			}
			if from+ridsAtOnce > ridLast {
				return fault.New(fault.Limit, "the domain has given out all of its %d numbers", ridLast).
					WithHint("SSSD maps 200,000 RIDs of a domain to numbers; a second domain is needed for more")
			}
			return writeRID(tx, from+ridsAtOnce)
		})
		if err != nil {
			return 0, asFault(err)
		}
		s.next, s.end = from, from+ridsAtOnce
	}
	s.next++
	return s.next - 1, nil
}

type ridBlock struct {
	mu    sync.Mutex
	state ridRange
}

// giveBack returns the rest of the block, if nobody has taken one since.
func (b *ridBlock) giveBack(d *Directory) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state.next == b.state.end {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := d.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if now, err := readRID(tx); err != nil || now != b.state.end {
			return err
		}
		return writeRID(tx, b.state.next)
	}); err != nil {
		d.cfg.Log.Debug("directory: the rest of a block of RIDs was not given back", "err", err)
	}
	b.state = ridRange{}
}

func readRID(tx store.Tx) (ident.RID, error) {
	v, err := tx.Get(ridKey)
	if err != nil || v == nil {
		return ident.RIDFirst, err
	}
	n, err := strconv.ParseUint(string(v), 10, 32)
	return ident.RID(n), err
}

func writeRID(tx store.Tx, n ident.RID) error {
	return tx.Put(ridKey, strconv.AppendUint(nil, uint64(n), 10))
}
