package keyring

import (
	"slices"
	"time"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// RealmType is the encryption type of the realm's own key. Only this
// installation's servers read what is encrypted with it, so there is one.
const RealmType = etype.AES256SHA1

// Spans of a realm's keys.
const (
	// RealmEvery is how often the realm's key rolls by itself.
	RealmEvery = 30 * 24 * time.Hour
	// RealmKeeps is how long a key opens tickets after its successor makes them: the
	// longest a ticket can be renewed.
	RealmKeeps = 7 * 24 * time.Hour
	// RealmLead is how long a new key is known to every server before the first
	// ticket is made with it.
	RealmLead = 5 * time.Second
)

// Realm is the keys of krbtgt, the account that every ticket-granting ticket is
// for, RFC 4120 §7.3: the newest last.
type Realm struct {
	Versions []RealmVersion `json:"versions"`
}

// RealmVersion is one key of the realm.
type RealmVersion struct {
	Number uint32    `json:"kvno"`
	Key    []byte    `json:"key"`
	From   time.Time `json:"from"` // tickets are made with it from then on
}

// RealmTable is where the realm's keys stand.
var RealmTable = store.JSON("realm/", 1, func(Realm) string { return "self" }, nil)

// Making returns the version tickets are made with at a time.
func (r *Realm) Making(now time.Time) *RealmVersion {
	for i := len(r.Versions) - 1; i > 0; i-- {
		if !r.Versions[i].From.After(now) {
			return &r.Versions[i]
		}
	}
	return &r.Versions[0]
}

// Version returns the key of a number; nil if it is not kept any more.
func (r *Realm) Version(number uint32) *RealmVersion {
	i := slices.IndexFunc(r.Versions, func(v RealmVersion) bool { return v.Number == number })
	if i < 0 {
		return nil
	}
	return &r.Versions[i]
}

// Due reports whether the newest key has made tickets for long enough.
func (r *Realm) Due(now time.Time) bool {
	return now.Sub(r.Versions[len(r.Versions)-1].From) >= RealmEvery
}

// Roll returns r with a new key, without those that opened their last ticket.
func (r Realm) Roll(now time.Time) Realm {
	next := RealmVersion{Number: 1, Key: RealmType.NewKey(), From: now}
	kept := []RealmVersion{}
	for i, v := range r.Versions {
		last := i == len(r.Versions)-1
		if last || now.Sub(r.Versions[i+1].From) < RealmKeeps {
			kept = append(kept, v)
		}
		if last {
			next.Number, next.From = v.Number+1, now.Add(RealmLead)
		}
	}
	return Realm{Versions: append(kept, next)}
}

// Renounce returns r with one new key and no other: no ticket made before opens.
func (r Realm) Renounce(now time.Time) Realm {
	number := uint32(1)
	if n := len(r.Versions); n > 0 {
		// What was given out since a backup was made must not come twice.
		number = r.Versions[n-1].Number + 1000
	}
	return Realm{Versions: []RealmVersion{{Number: number, Key: RealmType.NewKey(), From: now}}}
}
