package daemon

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// heapRoom is what the heap may grow by between two collections, beyond the size
	// of what lives. A collection reads all of the directory, however little came
	// since the last one, and a small directory would be read several times a second.
	heapRoom = 96 << 20
	// mostGrowth bounds that, in percent of what lives.
	mostGrowth = 400
)

// heap sets how often the garbage collector runs. GOGC set by whoever runs the
// server stands.
type heap struct{ percent int }

func (h *heap) pace() {
	if os.Getenv("GOGC") != "" {
		return
	}
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	percent := growth(sample[0].Value.Uint64())
	if d := percent - h.percent; d > 10 || d < -10 {
		h.percent = percent
		debug.SetGCPercent(percent)
	}
}

// growth is by how much a heap may grow between collections, in percent.
func growth(live uint64) int {
	return int(min(100+heapRoom*100/max(live, 1), mostGrowth))
}
