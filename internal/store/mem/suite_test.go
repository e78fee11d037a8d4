package mem_test

import (
	"testing"

	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/mem"
	"github.com/selfsame-dev/selfsame/internal/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Opener {
		var s *mem.Store
		return func(testing.TB) store.Store {
			if s == nil {
				s = mem.New(mem.Config{})
			} else {
				s = s.Reopen()
			}
			return s
		}
	})
}
