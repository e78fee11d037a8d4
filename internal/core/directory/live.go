package directory

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// The write barrier. A change that takes something away carries a mark; every
// other live server acknowledges the mark once it has applied the commit it came
// with; the writer waits for them, for barrierWait at most.
const (
	livePrefix    = "live/"    // live/<server>: who serves
	barrierPrefix = "barrier/" // barrier/<server>: the last mark of a writer
	ackPrefix     = "ack/"     // ack/<server>/<writer>: the last mark seen

	barrierWait = 2 * time.Second
)

type liveServer struct {
	Since time.Time `json:"since"`
}

type peers struct {
	mu   sync.Mutex
	late map[string]string // by server: the mark it has not acknowledged, and is not waited for until it does
}

func (m *model) putLive(server string, value []byte) error {
	if value == nil {
		delete(m.live, server)
		return nil
	}
	var s liveServer
	if err := json.Unmarshal(value, &s); err != nil {
		return err
	}
	m.live[server] = s
	return nil
}

// join says that this server serves from now on.
func (p *peers) join(ctx context.Context, d *Directory) error {
	p.late = make(map[string]string)
	value, err := json.Marshal(liveServer{Since: d.Now()})
	if err != nil {
		return err
	}
	rev, err := d.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.Put(livePrefix+d.cfg.Server, value) })
	if err != nil {
		return asFault(err)
	}
	return d.m.seen.Wait(ctx, rev)
}

func (p *peers) leave(d *Directory) {
	ctx, cancel := context.WithTimeout(context.Background(), barrierWait)
	defer cancel()
	if _, err := d.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.Delete(livePrefix + d.cfg.Server) }); err != nil {
		d.cfg.Log.Debug("directory: this server could not say that it stops", "err", err)
	}
}

// others lists the other live servers that are waited for.
func (p *peers) others(d *Directory) []string {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for s := range d.m.live {
		if s != d.cfg.Server && p.late[s] == "" {
			out = append(out, s)
		}
	}
	return out
}

// raise marks a transaction, if there is anybody to see the mark.
func (p *peers) raise(d *Directory, tx store.Tx) (string, error) {
	if !p.hasOthers(d) {
		return "", nil
	}
	mark := ident.NewID().String()
	return mark, tx.Put(barrierPrefix+mark[:2], []byte(mark))
}

// acknowledge answers the marks in a commit this server has applied. A server
// alone has nobody to answer.
func (p *peers) acknowledge(d *Directory, b store.Batch) {
	for _, c := range b.Changes {
		if c.Value == nil || !strings.HasPrefix(c.Key, barrierPrefix) || !p.hasOthers(d) {
			continue
		}
		mark := c.Value
		d.ended.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), barrierWait)
			defer cancel()
			if _, err := d.cfg.Store.Update(ctx, func(tx store.Tx) error {
				return tx.Put(ackPrefix+d.cfg.Server+"/"+string(c.Key[len(barrierPrefix):]), mark)
			}); err != nil {
				d.cfg.Log.Debug("directory: a mark was not acknowledged", "err", err)
			}
		})
	}
}

func (p *peers) hasOthers(d *Directory) bool {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	_, self := d.m.live[d.cfg.Server]
	return len(d.m.live) > 1 || len(d.m.live) == 1 && !self
}

// await returns once every other live server has acknowledged a mark, or after
// barrierWait with those that have not in the log; they are not waited for again
// until they acknowledge something.
func (p *peers) await(ctx context.Context, d *Directory, mark string) {
	p.forgive(d)
	waitFor := p.others(d)
	if len(waitFor) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, barrierWait)
	defer cancel()
	for {
		d.m.mu.RLock()
		moved := d.m.seen.Moved()
		var missing []string
		for _, s := range waitFor {
			if d.m.acks[s+"/"+mark[:2]] != mark {
				missing = append(missing, s)
			}
		}
		d.m.mu.RUnlock()
		if len(missing) == 0 {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			p.mu.Lock()
			for _, s := range missing {
				p.late[s] = mark
			}
			p.mu.Unlock()
			d.cfg.Log.Warn("directory: servers have not confirmed a change that takes something away", "servers", missing)
			return
		}
	}
}

// forgive waits again for servers that have acknowledged what they were late
// with, and forgets those that no longer serve.
func (p *peers) forgive(d *Directory) {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	for s, mark := range p.late {
		if _, serving := d.m.live[s]; !serving || d.m.acks[s+"/"+mark[:2]] == mark {
			delete(p.late, s)
		}
	}
}
