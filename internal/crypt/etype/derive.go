package etype

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"encoding/binary"
	"sync"
)

// A derived key's purpose is the last octet of the constant it is derived with,
// RFC 3961 §5.3.
const (
	encryption byte = 0xAA // Ke
	integrity  byte = 0x55 // Ki
	checksum   byte = 0x99 // Kc
)

// derive makes the key of a usage and purpose.
func (i *info) derive(key []byte, usage uint32, purpose byte) []byte {
	if !i.sha2 {
		return derive3961(key, constant(usage, purpose))
	}
	label := append(binary.BigEndian.AppendUint32(make([]byte, 0, 5), usage), purpose)
	size := i.mac
	if purpose == encryption {
		size = i.size
	}
	return kdfSHA2(*i, key, label, nil, size)
}

// constant is the folded constant of a usage and purpose. Those of the usages
// that have numbers are folded once.
func constant(usage uint32, purpose byte) []byte {
	if usage < usages {
		return constants()[usage][purposeIndex(purpose)][:]
	}
	return fold(usage, purpose)
}

const usages = 64

func purposeIndex(p byte) int {
	switch p {
	case encryption:
		return 0
	case integrity:
		return 1
	default:
		return 2
	}
}

var constants = sync.OnceValue(func() *[usages][3][aes.BlockSize]byte {
	var t [usages][3][aes.BlockSize]byte
	for u := range t {
		for _, p := range []byte{encryption, integrity, checksum} {
			copy(t[u][purposeIndex(p)][:], fold(uint32(u), p))
		}
	}
	return &t
})

func fold(usage uint32, purpose byte) []byte {
	return nfold(append(binary.BigEndian.AppendUint32(make([]byte, 0, 5), usage), purpose), aes.BlockSize)
}

// derive3961 is DK of RFC 3961 §5.1 for AES, from a constant that is folded
// already. AES keys need no fixing up, RFC 3962 §4.
func derive3961(key, folded []byte) []byte {
	out := make([]byte, len(key))
	derive(out, newBlock(key), folded)
	return out
}

// derive encrypts a folded constant in turn until there are bytes enough.
func derive(out []byte, c cipher.Block, folded []byte) {
	block := folded
	for n := 0; n < len(out); n += aes.BlockSize {
		c.Encrypt(out[n:], block)
		block = out[n : n+aes.BlockSize]
	}
}

// newBlock is AES with a key whose length was checked.
func newBlock(key []byte) cipher.Block {
	c, err := aes.NewCipher(key)
	if err != nil {
		panic("etype: a derived key has a wrong length") // ours, never input's
	}
	return c
}

// kdfSHA2 is KDF-HMAC-SHA2 of RFC 8009 §3, for outputs of one hash at most.
func kdfSHA2(i info, key, label, context []byte, size int) []byte {
	m := hmac.New(i.hash, key)
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], 1)
	m.Write(n[:])
	m.Write(label)
	m.Write([]byte{0})
	m.Write(context)
	binary.BigEndian.PutUint32(n[:], uint32(size*8))
	m.Write(n[:])
	return m.Sum(nil)[:size]
}

// nfold is n-fold of RFC 3961 §5.1, n in bytes: the input repeated, each copy
// rotated 13 bits further to the right, summed in ones' complement in chunks of
// n bytes.
func nfold(in []byte, n int) []byte {
	total := lcm(len(in), n)
	out := make([]byte, n)
	carry := 0
	// From the last byte to the first, so that carries run the right way.
	for i := total - 1; i >= 0; i-- {
		copyNo, pos := i/len(in), i%len(in)
		bits := len(in) * 8
		// The first bit of this byte in the unrotated input.
		start := ((pos*8-13*copyNo)%bits + bits) % bits
		v := 0
		for b := range 8 {
			at := (start + b) % bits
			v = v<<1 | int(in[at/8]>>(7-at%8))&1
		}
		sum := int(out[i%n]) + v + carry
		out[i%n], carry = byte(sum), sum>>8
	}
	for i := n - 1; carry > 0; i = (i - 1 + n) % n {
		sum := int(out[i]) + carry
		out[i], carry = byte(sum), sum>>8
	}
	return out
}

func lcm(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}
