package authn

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Deriving keys is the one dear thing a stranger can make us do. The gate lets as
// many derivations run as there are processors, no network more than its share
// while others wait, and turns away what would wait too long.
const (
	gateQueue = 64              // waiting, per network
	gateWait  = 5 * time.Second // longest wait
)

type gate struct {
	slots chan struct{}

	mu   sync.Mutex
	nets map[string]*share
}

// share is one network's part.
type share struct {
	turn    chan struct{}
	waiting int
}

func newGate() *gate {
	return &gate{slots: make(chan struct{}, runtime.NumCPU()), nets: make(map[string]*share)}
}

// enter waits for a turn. The caller calls leave when the derivation is done.
func (g *gate) enter(ctx context.Context, network string) (leave func(), err error) {
	busy := fault.New(fault.Unavailable, "too many sign-ins at once").WithHint("try again in a moment")
	g.mu.Lock()
	s := g.nets[network]
	if s == nil {
		s = &share{turn: make(chan struct{}, max(1, cap(g.slots)-1))}
		g.nets[network] = s
	}
	if s.waiting >= gateQueue {
		g.mu.Unlock()
		return nil, busy
	}
	s.waiting++
	g.mu.Unlock()
	gone := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if s.waiting--; s.waiting == 0 {
			delete(g.nets, network)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, gateWait)
	defer cancel()
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		gone()
		return nil, busy
	}
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		<-s.turn
		gone()
		return nil, busy
	}
	return func() {
		<-g.slots
		<-s.turn
		gone()
	}, nil
}
