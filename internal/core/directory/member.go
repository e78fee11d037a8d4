package directory

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/flat"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// A group's members stand in buckets by the first bits of the member's id:
// member/<group id>/<bucket>. So one member added to ten thousand writes a few
// kilobytes, two added at once seldom meet, and ten thousand added at once are
// still one transaction.
const (
	buckets      = 64
	memberPrefix = "member/"
)

type bucket struct {
	Group   ident.ID
	Number  int
	Members []ident.ID // sorted
}

func bucketOf(member ident.ID) int { return int(member[0] >> 2) }

func bucketID(group ident.ID, n int) string { return fmt.Sprintf("%s/%02x", group, n) }

var memberTable = store.Table[bucket]{
	Prefix: memberPrefix, Version: 1,
	ID: func(b bucket) string { return bucketID(b.Group, b.Number) },
	Encode: func(dst []byte, b bucket) ([]byte, error) {
		dst = append(dst, b.Group[:]...)
		dst = flat.Uint(flat.Uint(dst, uint64(b.Number)), uint64(len(b.Members)))
		for _, m := range b.Members {
			dst = append(dst, m[:]...)
		}
		return dst, nil
	},
	Decode: func(_ byte, data []byte) (bucket, error) {
		d := flat.NewDecoder(data)
		var b bucket
		d.Fixed(b.Group[:])
		b.Number = int(d.Uint())
		n := d.Len()
		b.Members = make([]ident.ID, 0, n)
		for range n {
			var m ident.ID
			d.Fixed(m[:])
			b.Members = append(b.Members, m)
		}
		if b.Number >= buckets {
			return bucket{}, flat.ErrDamaged
		}
		return b, d.Err()
	},
}

func compareIDs(a, b ident.ID) int { return bytes.Compare(a[:], b[:]) }

// changeMembers adds and removes members of a group in a transaction, and says
// which were in truth added and removed. An id in both is removed.
func changeMembers(tx store.Tx, group ident.ID, add, remove []ident.ID) (added, removed []ident.ID, err error) {
	type change struct{ add, remove []ident.ID }
	changes := make(map[int]*change)
	at := func(id ident.ID) *change {
		c := changes[bucketOf(id)]
		if c == nil {
			c = new(change)
			changes[bucketOf(id)] = c
		}
		return c
	}
	for _, id := range add {
		c := at(id)
		c.add = append(c.add, id)
	}
	for _, id := range remove {
		c := at(id)
		c.remove = append(c.remove, id)
	}
	for n, c := range changes {
		b, _, err := memberTable.Get(tx, bucketID(group, n))
		if err != nil {
			return nil, nil, err
		}
		b.Group, b.Number = group, n
		set := slices.Clone(b.Members)
		before := len(added) + len(removed)
		for _, id := range c.add {
			if i, have := slices.BinarySearchFunc(set, id, compareIDs); !have {
				set = slices.Insert(set, i, id)
				added = append(added, id)
			}
		}
		for _, id := range c.remove {
			if i, have := slices.BinarySearchFunc(set, id, compareIDs); have {
				set = slices.Delete(set, i, i+1)
				removed = append(removed, id)
			}
		}
		if len(added)+len(removed) == before {
			continue
		}
		if b.Members = set; len(set) == 0 {
			err = memberTable.Delete(tx, bucketID(group, n))
		} else {
			err = memberTable.Put(tx, b)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return added, removed, nil
}

// dropGroup removes all buckets of a group, in a transaction.
func dropGroup(tx store.Tx, group ident.ID) error {
	var keys []string
	err := tx.Scan(memberPrefix+group.String()+"/", "", func(key string, _ []byte) bool {
		keys = append(keys, strings.TrimPrefix(key, memberPrefix))
		return true
	})
	for _, k := range keys {
		if err == nil {
			err = memberTable.Delete(tx, k)
		}
	}
	return err
}
