package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Retain ends the retention of days that are over: their keys are destroyed and
// their segments removed, and a signed statement of each stays. It returns the
// days it ended. The daemon calls it every hour.
func (l *Log) Retain() ([]string, error) {
	last := l.oldest().UTC().Format(dayLayout)
	var over []string
	for _, day := range l.keys.days() {
		if day < last {
			over = append(over, day)
		}
	}
	names, err := segmentNames(l.cfg.Dir)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	open := ""
	if l.seg != nil {
		open = l.seg.name
	}
	l.mu.Unlock()
	for _, name := range names {
		if name[:len(dayLayout)] >= last || name == open {
			continue
		}
		if err := l.closeSegment(name); err != nil {
			return nil, err
		}
	}
	if len(over) == 0 {
		return nil, nil
	}
	if err := l.keys.destroy(over); err != nil {
		return nil, err
	}
	l.mu.Lock()
	for i, r := range l.ring {
		if r != nil && r.Time.Format(dayLayout) < last {
			l.ring[i] = nil
		}
	}
	l.mu.Unlock()
	return over, nil
}

// closeSegment leaves a signed statement of a segment and removes it.
func (l *Log) closeSegment(name string) error {
	path := filepath.Join(l.cfg.Dir, name)
	t, err := readTail(path, l.cfg.Log)
	if err != nil {
		return err
	}
	c := closedSegment{Segment: name, Seq: t.seq, Chain: bytes.Clone(t.chain[:]), At: l.cfg.Now().UTC()}
	c.Sig = ed25519.Sign(l.cfg.Sign, c.signed())
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(l.cfg.Dir, closedFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("write the list of closed segments: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write the list of closed segments: %w", err)
	}
	return os.Remove(path)
}
