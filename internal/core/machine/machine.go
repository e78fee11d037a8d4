// Package machine looks after the machines of the domain: when each last proved
// who it is, passwords to join with, those that died, and what a machine has to be
// told to read the domain rightly.
//
// What always holds:
//
//   - A contact costs no write: it is kept in memory, and written at most once an
//     hour for each machine.
//   - A password to join with is generated, told once, ends by itself, and is
//     replaced by the machine's first change of it.
//   - What is printed for a machine's configuration is made of names that cannot
//     end a line or a value.
//
// A machine's account, its names and who may do what to it are the directory's.
package machine

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Contact is when a machine last proved who it is, and where from.
type Contact struct {
	ID     ident.ID   `json:"id"`
	At     time.Time  `json:"at"`
	Source netip.Addr `json:"source,omitzero"`
	Door   string     `json:"door,omitempty"`
}

// contacts is the table of contacts, for after a restart and for other servers.
var contacts = store.JSON("contact/", 1, func(c Contact) string { return c.ID.String() }, nil)

// writeEvery is how old a written contact grows before it is written again: what
// people ask is whether a machine lives, and a write for each sign-in of each
// machine would be most of what the store does.
const writeEvery = time.Hour

// Machines is what is known of machines besides their accounts.
type Machines struct {
	dir *directory.Directory
	st  store.Store
	log *slog.Logger

	mu   sync.Mutex
	seen map[ident.ID]sighting // of this server, since it began
}

// sighting is a contact, and when the last one was written.
type sighting struct {
	Contact
	written time.Time
}

// New returns what is known of the machines of dir, whose contacts rest in st.
func New(dir *directory.Directory, st store.Store, log *slog.Logger) *Machines {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Machines{dir: dir, st: st, log: log, seen: make(map[ident.ID]sighting)}
}

// Seen says that a machine has just proved who it is. It waits for nothing; what is
// no machine of the domain is passed over.
func (m *Machines) Seen(_ context.Context, id ident.ID, source netip.Addr, door string) {
	e, err := m.dir.ByID(id)
	if err != nil || e.Kind() != ident.KindComputer {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[id] = sighting{Contact{id, m.dir.Now(), source.Unmap(), door}, m.seen[id].written}
}

// Run writes contacts that are due, until ctx ends, and once more then.
func (m *Machines) Run(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.flush(ctx, writeEvery)
		case <-ctx.Done():
			last, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer stop()
			m.flush(last, 0)
			return
		}
	}
}

// flush writes the contacts whose written one is older than age, and logs why it
// could not.
func (m *Machines) flush(ctx context.Context, age time.Duration) {
	if err := m.Write(ctx, age); err != nil {
		m.log.Warn("machines: contacts were not written", "err", err)
	}
}

// Write writes the contacts that are new since the last one written, where that is
// older than age.
func (m *Machines) Write(ctx context.Context, age time.Duration) error {
	due := m.due(age)
	if len(due) == 0 {
		return nil
	}
	_, err := m.st.Update(ctx, func(tx store.Tx) error {
		for _, c := range due {
			if err := contacts.Put(tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range due {
		if s, ok := m.seen[c.ID]; ok {
			s.written = c.At
			m.seen[c.ID] = s
		}
	}
	return nil
}

// maxBatch bounds how many contacts one transaction writes; the rest wait for the
// next. etcd takes 128 operations by default.
const maxBatch = 100

func (m *Machines) due(age time.Duration) []Contact {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Contact
	for id, s := range m.seen {
		if _, err := m.dir.ByID(id); err != nil {
			delete(m.seen, id) // buried
			continue
		}
		if s.At.After(s.written) && s.At.Sub(s.written) >= age && len(out) < maxBatch {
			out = append(out, s.Contact)
		}
	}
	return out
}

// known reads every contact: what was written, and what this server has seen since.
func (m *Machines) known(ctx context.Context) (map[ident.ID]Contact, error) {
	out := make(map[ident.ID]Contact)
	err := m.st.View(ctx, func(tx store.Tx) error {
		clear(out)
		return contacts.Scan(tx, "", "", func(c Contact) bool {
			out[c.ID] = c
			return true
		})
	})
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, s := range m.seen {
		if s.At.After(out[id].At) {
			out[id] = s.Contact
		}
	}
	return out, nil
}
