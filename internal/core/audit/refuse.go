package audit

import (
	"net/netip"
)

// maxRefusals bounds how many different refusals are counted apart in a second.
// Beyond it they are counted together: a flood from a million addresses must not
// grow the server.
const maxRefusals = 4096

// refusalKey is what refusals of callers who proved nothing are counted by.
type refusalKey struct {
	door, name, reason, rule string
	source                   netip.Addr
}

// Refuse counts a refusal of a caller who proved nothing. All alike of one
// second become one record.
func (l *Log) Refuse(r *Record) {
	key := refusalKey{r.Door, r.Target.Name, r.Reason, r.Rule, r.Source}
	l.mu.Lock()
	defer l.mu.Unlock()
	if have, ok := l.refused[key]; ok {
		have.Count++
		return
	}
	if len(l.refused) >= maxRefusals {
		l.more++
		return
	}
	l.stamp(r)
	r.Result, r.Count = Failure, 1
	l.refused[key] = r
}

// flushRefusals writes what was counted in the last second.
func (l *Log) flushRefusals() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.refused) == 0 {
		return
	}
	for _, r := range l.refused {
		if err := l.append(r); err != nil {
			l.cfg.Log.Warn("audit log: a refusal was not recorded", "err", err)
			break
		}
	}
	clear(l.refused)
	if l.more > 0 {
		r := &Record{Kind: SignIn, Action: "signIn", Result: Failure, Reason: "further refusals, counted together", Count: l.more}
		l.more = 0
		if err := l.append(r); err != nil {
			l.cfg.Log.Warn("audit log: a refusal was not recorded", "err", err)
		}
	}
}

// FlushRefusals writes what was counted so far, for tests and for a clean stop.
func (l *Log) FlushRefusals() { l.flushRefusals() }
