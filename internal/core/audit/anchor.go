package audit

import (
	"context"

	"github.com/selfsame-dev/selfsame/internal/store"
)

// HeadPrefix is where the last signed head of each server's log is anchored:
// head/<server>.
const HeadPrefix = "head/"

var heads = store.JSON(HeadPrefix, 1, func(h Head) string { return h.Server }, nil)

// Anchor keeps a signed head in the store, where another server sees it.
func Anchor(ctx context.Context, st store.Store, h Head) error {
	_, err := st.Update(store.WithReserve(ctx), func(tx store.Tx) error { return heads.Put(tx, h) })
	return err
}

// Anchors returns the anchored heads of a server's log.
func Anchors(ctx context.Context, st store.Store, server string) ([]Head, error) {
	var out []Head
	err := st.View(ctx, func(tx store.Tx) error {
		h, ok, err := heads.Get(tx, server)
		if out = nil; ok {
			out = []Head{h}
		}
		return err
	})
	return out, err
}

// ReadFolder calls fn for every record in a folder of segments that its keys
// still open, oldest first: for what outlived the server that wrote it.
func ReadFolder(dir string, seal store.Sealer, fn func(*Record)) error {
	keys, err := openDayKeys(dir+"/"+keysFile, seal)
	if err != nil {
		return err
	}
	names, err := segmentNames(dir)
	if err != nil {
		return err
	}
	l := &Log{cfg: Config{Dir: dir}, keys: keys}
	for _, name := range names {
		if _, err := l.eachRecord(name, func(r *Record) bool { fn(r); return true }); err != nil {
			return err
		}
	}
	return nil
}
