package etype

import "crypto/aes"

// derive3961 is DK of RFC 3961 §5.1 for AES: the folded constant, encrypted in
// turn until there are bytes enough. AES keys need no fixing up, RFC 3962 §4.
func derive3961(key, constant []byte) []byte {
	c, err := aes.NewCipher(key)
	if err != nil {
		panic("etype: a derived key has a wrong length") // ours, never input's
	}
	block := nfold(constant, aes.BlockSize)
	out := make([]byte, 0, len(key)+aes.BlockSize)
	for len(out) < len(key) {
		c.Encrypt(block, block)
		out = append(out, block...)
	}
	return out[:len(key)]
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
