package audit

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// freeEvery is how old the last look at the free space may be. A disk does not
// fill by a reserve in that time.
const freeEvery = 100 * time.Millisecond

// room refuses a record when only the reserve is left on the disk, unless it
// takes something away or an administrator makes it. The caller holds mu.
func (l *Log) room(takes bool) error {
	if now := l.cfg.Now(); now.Sub(l.freeAt) > freeEvery || now.Before(l.freeAt) {
		l.freeAt = now
		var st unix.Statfs_t
		if err := unix.Statfs(l.cfg.Dir, &st); err == nil {
			l.free = int64(st.Bavail) * int64(st.Bsize)
		} else {
			l.free = l.cfg.Reserve
		}
	}
	if l.free < l.cfg.Reserve && !takes {
		return fault.New(fault.Unavailable, "the disk of the audit log is full").
			WithHint("nothing is given out that could not be recorded; an administrator has to make room")
	}
	return nil
}

// Room reports whether a record can be written now; what changes state asks
// first, so that nothing commits that cannot be recorded.
func (l *Log) Room(takes bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ready(takes)
}

// ready refuses a record that could not be written. The caller holds mu.
func (l *Log) ready(takes bool) error {
	if l.seg == nil {
		return fault.New(fault.Unavailable, "the audit log is closed")
	}
	if l.failed != nil {
		return unwritable(l.failed)
	}
	return l.room(takes)
}

// errUnwritten says that the disk has taken nothing for too long.
var errUnwritten = errors.New("too much waits to be written")

// unwritable is the fault of what cannot be recorded; nil for nil.
func unwritable(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(fault.Unavailable, err, "the audit log cannot be written")
}

func datasync(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func isNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
