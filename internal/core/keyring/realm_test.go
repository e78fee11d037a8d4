package keyring

import (
	"testing"
	"time"
)

func TestRealmRolls(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	r := Realm{}.Roll(now)
	if v := r.Making(now); v.Number != 1 || len(v.Key) != 32 {
		t.Fatalf("the first key: %d, %d bytes", v.Number, len(v.Key))
	}
	if r.Due(now.Add(RealmEvery-1)) || !r.Due(now.Add(RealmEvery)) {
		t.Error("it is not due after 30 days")
	}
	later := now.Add(RealmEvery)
	r = r.Roll(later)
	if got := r.Making(later).Number; got != 1 {
		t.Errorf("other servers may not know key %d yet", got)
	}
	if got := r.Making(later.Add(RealmLead)).Number; got != 2 {
		t.Errorf("tickets are still made with key %d", got)
	}
	if r.Version(1) == nil || r.Version(3) != nil {
		t.Error("the old key is gone, or one that was never made is there")
	}
	// Twice at once, as after a theft: the first must still open what it made.
	if r = r.Roll(later.Add(time.Minute)); r.Version(1) == nil || len(r.Versions) != 3 {
		t.Errorf("%d versions", len(r.Versions))
	}
	if r = r.Roll(later.Add(RealmEvery)); r.Version(1) != nil || r.Version(3) == nil {
		t.Errorf("what opened its last ticket is kept: %d versions", len(r.Versions))
	}
	if r = r.Renounce(later); len(r.Versions) != 1 || r.Versions[0].Number != 1004 {
		t.Errorf("renounced: %d versions, the first %d", len(r.Versions), r.Versions[0].Number)
	}
}
