package etcd

import (
	"context"
	"errors"
	"math"
	"os"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/etcdserver"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// minReserve is the least that is kept free. Half of it is never touched by a
// commit, and must hold the next file of etcd's log, which etcd allocates
// behind our back and dies without, and what its database writes between two
// checks.
const minReserve = 2 * (segment + 8<<20)

// room keeps etcd from a full disk, and from the quota of its database.
//
// A nil room is that of a cluster elsewhere: it allows everything.
type room struct {
	dir     *os.File // the data folder
	reserve int64
	quota   int64

	owed debt // used by the committer's goroutine only

	full chan struct{} // told when etcd met its quota
	ctx  context.Context
	end  context.CancelFunc
	done chan struct{}
}

func openRoom(c Config, folder *os.File) (*room, error) {
	r := &room{dir: folder, reserve: c.Reserve, quota: c.Quota, full: make(chan struct{}, 1), done: make(chan struct{})}
	r.ctx, r.end = context.WithCancel(context.Background())
	// etcd allocates two files of its log when it starts.
	if r.disk() < 2*segment {
		return nil, store.ErrNoSpace
	}
	return r, nil
}

// debt is what commits wrote lately. It stands in etcd's log at once, and in the
// database only when etcd writes that, every tenth of a second: until then the
// disk looks emptier than it is.
type debt struct {
	since     time.Time
	now, last int64 // bytes in the present window and in the one before
}

// window is longer than etcd's interval, by what a slow disk may take.
const window = 500 * time.Millisecond

func (d *debt) add(bytes int64) int64 {
	switch age := time.Since(d.since); {
	case age > 2*window:
		d.since, d.last, d.now = time.Now(), 0, 0
	case age > window:
		d.since, d.last, d.now = time.Now(), d.now, 0
	}
	d.now += bytes
	return d.now + d.last
}

// spent hears how much a commit may take.
func (r *room) spent(bytes int64) {
	if r != nil {
		r.owed.add(bytes)
	}
}

// free returns the free bytes of the disk, less what is owed. What cannot be
// told counts as free. Only the committer's goroutine calls it.
func (r *room) free() int64 {
	if r == nil {
		return math.MaxInt64
	}
	return r.disk() - r.owed.add(0)
}

// disk returns the free bytes of the disk.
func (r *room) disk() int64 {
	var st syscall.Statfs_t
	if err := syscall.Fstatfs(int(r.dir.Fd()), &st); err != nil {
		return math.MaxInt64
	}
	return int64(st.Bavail) * int64(st.Bsize)
}

// allows reports whether an update may commit with free bytes of disk left.
func (r *room) allows(free int64, reserve bool) bool {
	switch {
	case r == nil:
		return true
	case reserve:
		return free >= r.reserve/2
	default:
		return free >= r.reserve
	}
}

// noticed hears of the error of a commit.
func (r *room) noticed(err error) {
	if r == nil || !errors.Is(err, store.ErrNoSpace) {
		return
	}
	select {
	case r.full <- struct{}{}:
	default:
	}
}

// run makes room in etcd's database when it has met its quota, until stop.
//
// etcd then raises an alarm, takes nothing but deletions, and waits for someone
// to compact, defragment and lower the alarm. That someone is here.
func (r *room) run(client *clientv3.Client, server *etcdserver.EtcdServer) {
	go func() {
		defer close(r.done)
		if alarms, err := client.AlarmList(r.ctx); err == nil && len(alarms.Alarms) > 0 {
			r.noticed(store.ErrNoSpace) // it was raised before the last restart
		}
		for {
			select {
			case <-r.full:
			case <-r.ctx.Done():
				return
			}
			r.reclaim(client, server)
			select { // at most once a second, however many are refused
			case <-time.After(time.Second):
			case <-r.ctx.Done():
				return
			}
		}
	}()
}

// reclaim gives etcd's database back what old revisions and deletions freed. The
// alarm goes down once a tenth of the quota is free.
func (r *room) reclaim(client *clientv3.Client, server *etcdserver.EtcdServer) {
	rev := server.KV().Rev()
	_, _ = client.Compact(r.ctx, rev, clientv3.WithCompactPhysical()) // fails if it was done before
	if inUse := server.Backend().SizeInUse(); inUse > r.quota/10*9 {
		return
	}
	// Defragmenting writes the database anew beside the old one.
	if r.disk() < server.Backend().SizeInUse()+r.reserve/2 || server.Backend().Defrag() != nil {
		return
	}
	_, _ = client.AlarmDisarm(r.ctx, &clientv3.AlarmMember{}) // the next refusal tries again
}

func (r *room) stop() {
	r.end()
	<-r.done
}
