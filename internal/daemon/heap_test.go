package daemon

import "testing"

func TestTheHeapHasRoom(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 96 << 20: 200, 960 << 20: 110, 96 << 30: 100} {
		if got := growth(live); got != want {
			t.Errorf("%d MiB live: %d %%, want %d", live>>20, got, want)
		}
	}
}
