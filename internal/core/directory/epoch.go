package directory

import (
	"context"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/core/session"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// ridJump is how far the RIDs jump at a restore: more than a lab gives out between
// two backups, so that what was given out since the last one does not come twice.
const ridJump = 10_000

// NewEpoch turns a restored store into a domain that follows the one the backup
// was made of: what anybody proved before no longer holds, sessions and the keys
// of servers are gone, the realm has a new one, and RIDs jump. atLeast is the first RID known to be free.
func NewEpoch(ctx context.Context, st store.Store, now time.Time, atLeast ident.RID) (Domain, error) {
	var dom Domain
	_, err := st.Update(ctx, func(tx store.Tx) error {
		d, ok, err := domainTable.Get(tx, "self")
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Invalid, "the backup holds no domain")
		}
		d.Epoch++
		d.ValidFrom = now.UTC()
		dom = d
		rid, err := readRID(tx)
		if err != nil {
			return err
		}
		if rid += ridJump; rid < atLeast {
			rid = atLeast
		}
		if err := writeRID(tx, rid); err != nil {
			return err
		}
		for _, prefix := range []string{keyring.AuditSign, keyring.ServerTLS} {
			if err := keyring.Drop(tx, prefix); err != nil {
				return err
			}
		}
		for _, prefix := range []string{session.Table.Prefix, audit.OutboxPrefix, audit.HeadPrefix, livePrefix, ackPrefix, barrierPrefix} {
			if err := dropPrefix(tx, prefix); err != nil {
				return err
			}
		}
		realm, _, err := keyring.RealmTable.Get(tx, "self")
		if err != nil {
			return err
		}
		if err := keyring.RealmTable.Put(tx, realm.Renounce(d.ValidFrom)); err != nil {
			return err
		}
		return domainTable.Put(tx, d)
	})
	if err != nil {
		return Domain{}, asFault(err)
	}
	return dom, nil
}

func dropPrefix(tx store.Tx, prefix string) error {
	var keys []string
	if err := tx.Scan(prefix, "", func(key string, _ []byte) bool { keys = append(keys, key); return true }); err != nil {
		return err
	}
	for _, k := range keys {
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
