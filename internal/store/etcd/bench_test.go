package etcd_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/etcd"
)

// BenchmarkUpdate is a sign-in's worth of writing, by one writer and by many: a
// record read and written, one made, one that goes. It reports the processor
// time of an update beside its wall time.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(writers, "writers"), func(b *testing.B) {
			s := open(b, etcd.Config{Dir: filepath.Join(b.TempDir(), "data")})
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			before := cpu()
			b.ResetTimer()
			for w := range writers {
				wg.Go(func() {
					for i := 0; left.Add(-1) >= 0; i++ {
						if err := signIn(b, s, w, i); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
			b.ReportMetric(float64(cpu()-before)/float64(b.N)/1000, "cpu-µs/op")
		})
	}
}

func signIn(b *testing.B, s *etcd.Store, w, i int) error {
	_, err := s.Update(b.Context(), func(tx store.Tx) error {
		account := fmt.Sprintf("user/%04d/%02d", w, i%100)
		_, err := tx.Get(account)
		return errors.Join(err,
			tx.Put(account, make([]byte, 1500)),
			tx.Put(fmt.Sprintf("session/%04d/%08d", w, i), make([]byte, 600)),
			tx.Delete(fmt.Sprintf("session/%04d/%08d", w, i-50)))
	})
	return err
}

// cpu returns the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkOpen is the time from nothing to the first write.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		s := open(b, etcd.Config{Dir: filepath.Join(b.TempDir(), "data")})
		if _, err := s.Update(b.Context(), func(tx store.Tx) error { return tx.Put("a", nil) }); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		s.Close()
		b.StartTimer()
	}
}
