package listen

import (
	"math/bits"
	"sync"
)

// Buffers are pooled by powers of two. Larger ones are rare (a group of a
// hundred thousand members) and are left to the garbage collector.
const (
	firstBuffer = 4 << 10
	lastBuffer  = 1 << 20
)

// buffers holds *[]byte, because a slice in an interface would be allocated
// again each time.
var buffers [9]sync.Pool // 4 KiB … 1 MiB

// class is the pool of buffers of at least n octets.
func class(n int) int {
	return max(0, bits.Len(uint(n-1))-bits.Len(uint(firstBuffer-1)))
}

// getBuffer returns a buffer of at least n octets, at full length.
func getBuffer(n int) *[]byte {
	if n > lastBuffer {
		b := make([]byte, n)
		return &b
	}
	k := class(n)
	if b, ok := buffers[k].Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, firstBuffer<<k)
	return &b
}

// putBuffer keeps a buffer for the next message. The octets stay in it, and so
// does a password; nobody reads them before they are written over.
func putBuffer(b *[]byte) {
	if n := len(*b); n <= lastBuffer && n&(n-1) == 0 {
		buffers[class(n)].Put(b)
	}
}

// grow moves what b holds into a buffer of at least n octets.
func grow(b *[]byte, n int) *[]byte {
	larger := getBuffer(max(n, len(*b)+1))
	copy(*larger, *b)
	putBuffer(b)
	return larger
}
