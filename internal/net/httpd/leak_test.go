package httpd

import (
	"bytes"
	"os"
	"runtime"
	"testing"
	"time"
)

// TestMain fails if a goroutine of a server outlives the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, mark := range []string{"net/httpd.", "net/http.(*conn).serve", "net/http.(*http2"} {
		if left := leaked(mark); code == 0 && left != nil {
			os.Stderr.Write(append([]byte("goroutines left:\n"), left...))
			code = 1
		}
	}
	os.Exit(code)
}

// leaked returns the stacks of goroutines with mark in them, besides the one
// that asks, or nil once there are none: one that is ending needs a moment.
func leaked(mark string) []byte {
	var left []byte
	for range 100 {
		buf := make([]byte, 1<<20)
		buf = buf[:runtime.Stack(buf, true)]
		left = nil
		for g := range bytes.SplitSeq(buf, []byte("\n\n")) {
			if bytes.Contains(g, []byte(mark)) && !bytes.Contains(g, []byte("TestMain")) {
				left = append(append(left, g...), "\n\n"...)
			}
		}
		if left == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return left
}
