package portal

import (
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

// A generated password waits here between the form that made it and the page
// that shows it: a page that a form answers with would show it again on reload.
const (
	onceFor  = 2 * time.Minute
	onceMost = 1000
)

// onceKey names who may see it, and whose it is.
type onceKey struct {
	session string
	user    ident.ID
}

type waiting struct {
	pw      credential.Password
	created bool // the account was made with it
	until   time.Time
}

type once struct {
	now  func() time.Time
	mu   sync.Mutex
	held map[onceKey]waiting
}

func newOnce(now func() time.Time) *once {
	return &once{now: now, held: make(map[onceKey]waiting)}
}

func (o *once) put(k onceKey, pw credential.Password, created bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	for x, w := range o.held {
		if !now.Before(w.until) || len(o.held) >= onceMost {
			delete(o.held, x)
		}
	}
	o.held[k] = waiting{pw, created, now.Add(onceFor)}
}

// take returns the password, the first time.
func (o *once) take(k onceKey) (waiting, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w, ok := o.held[k]
	delete(o.held, k)
	return w, ok && o.now().Before(w.until)
}
