package etype

import "hash"

// mac is HMAC, RFC 2104, whose key can be changed. crypto/hmac makes two hashes
// and two pads for every key, and here nearly every message has a key of its own.
type mac struct {
	h     hash.Hash
	inner [maxBlock]byte // the key, with each octet mixed with 0x36
	outer [maxBlock]byte // with 0x5c
	block int            // of the hash, in bytes
	sum   [maxSum]byte
}

const (
	maxBlock = 128 // of SHA-384
	maxSum   = 64  // of SHA-512
)

func newMAC(i *info) *mac {
	h := i.hash()
	return &mac{h: h, block: h.BlockSize()}
}

// setKey begins to use a key, which is no longer than a block of the hash: every
// key here is 32 bytes at most.
func (m *mac) setKey(key []byte) {
	clear(m.inner[:m.block])
	copy(m.inner[:m.block], key)
	for i, b := range m.inner[:m.block] {
		m.inner[i], m.outer[i] = b^0x36, b^0x5c
	}
}

// of is the MAC over parts, one after another; it is good until the next call.
func (m *mac) of(parts ...[]byte) []byte {
	m.h.Reset()
	m.h.Write(m.inner[:m.block])
	for _, p := range parts {
		m.h.Write(p)
	}
	inside := m.h.Sum(m.sum[:0])
	m.h.Reset()
	m.h.Write(m.outer[:m.block])
	m.h.Write(inside)
	return m.h.Sum(m.sum[:0])
}

// clear forgets the key.
func (m *mac) clear() {
	clear(m.inner[:])
	clear(m.outer[:])
}
