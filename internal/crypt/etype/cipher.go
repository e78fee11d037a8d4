package etype

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/subtle"
	"errors"
)

// confounder is the length of the random block before every plaintext; one block
// of AES in every type here.
const confounder = aes.BlockSize

// What can be wrong with what somebody sent.
var (
	// ErrIntegrity says that the key, the usage or the ciphertext is not the one
	// that belongs to the others. Which, nobody can tell.
	ErrIntegrity = errors.New("etype: integrity check failed")
	// ErrType says that an encryption or checksum type is not served.
	ErrType = errors.New("etype: encryption type is not served")
	// ErrKeySize says that a key is too short or too long for its type.
	ErrKeySize = errors.New("etype: key has a wrong length")
)

// Cipher encrypts and decrypts with the keys derived from one key for one usage.
// It is for one goroutine at a time.
type Cipher struct {
	block cipher.Block
	mac   *mac
	size  int  // of the MAC on the wire
	first bool // the MAC is over the ciphertext (RFC 8009) rather than the plaintext (RFC 3961)
	room  [maxKey]byte
}

// maxKey is the length of the longest key, in bytes.
const maxKey = 32

// Cipher derives the keys of a usage, RFC 3961 §5.3 and RFC 8009 §5.
func (t Type) Cipher(key []byte, usage uint32) (*Cipher, error) {
	i, err := t.with(key)
	if err != nil {
		return nil, err
	}
	c := newCipher(&i)
	c.setKey(&i, key, usage)
	return c, nil
}

// with is the type's description, if key is one of its keys.
func (t Type) with(key []byte) (info, error) {
	i, ok := infos[t]
	switch {
	case !ok:
		return info{}, ErrType
	case len(key) != i.size:
		return info{}, ErrKeySize
	}
	return i, nil
}

// newCipher is a cipher without keys.
func newCipher(i *info) *Cipher { return &Cipher{mac: newMAC(i), size: i.mac, first: i.sha2} }

// setKey derives the keys that encrypt and sign messages of a usage.
func (c *Cipher) setKey(i *info, key []byte, usage uint32) {
	if i.sha2 {
		c.block = newBlock(i.derive(key, usage, encryption))
		c.mac.setKey(i.derive(key, usage, integrity))
		return
	}
	base, k := newBlock(key), c.room[:len(key)]
	derive(k, base, constant(usage, encryption))
	c.block = newBlock(k)
	derive(k, base, constant(usage, integrity))
	c.mac.setKey(k)
	clear(k)
}

// setCheckKey derives the key that signs what is not encrypted.
func (c *Cipher) setCheckKey(i *info, key []byte, usage uint32) {
	if i.sha2 {
		c.mac.setKey(i.derive(key, usage, checksum))
		return
	}
	k := c.room[:len(key)]
	derive(k, newBlock(key), constant(usage, checksum))
	c.mac.setKey(k)
	clear(k)
}

// spare is a cipher for one message; putBack keeps it, without its keys, for
// another's.
func (i *info) spare() *Cipher {
	if c, ok := i.spares.Get().(*Cipher); ok {
		return c
	}
	return newCipher(i)
}

func (i *info) putBack(c *Cipher) {
	c.block = nil
	c.mac.clear()
	i.spares.Put(c)
}

// Overhead is how much longer a ciphertext is than its plaintext, in bytes.
func (t Type) Overhead() int { return confounder + infos[t].mac }

// Seal appends the encryption of plain to dst.
func (c *Cipher) Seal(dst, plain []byte) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, confounder)...)
	_, _ = rand.Read(dst[at:]) // never fails, crypto/rand
	dst = append(dst, plain...)
	body := dst[at:]
	if c.first {
		encryptCTS(c.block, body)
		return append(dst, c.tag(zeroBlock[:], body)...)
	}
	tag := c.tag(nil, body)
	encryptCTS(c.block, body)
	return append(dst, tag...)
}

// Open decrypts data in place, and returns the plaintext as a part of it.
func (c *Cipher) Open(data []byte) ([]byte, error) {
	if len(data) < confounder+c.size {
		return nil, ErrIntegrity
	}
	body, got := data[:len(data)-c.size], data[len(data)-c.size:]
	if c.first {
		if !hmac.Equal(c.tag(zeroBlock[:], body), got) {
			return nil, ErrIntegrity
		}
		decryptCTS(c.block, body)
		return body[confounder:], nil
	}
	decryptCTS(c.block, body)
	if !hmac.Equal(c.tag(nil, body), got) {
		clear(body) // what was not proved is nobody's to read
		return nil, ErrIntegrity
	}
	return body[confounder:], nil
}

var zeroBlock [aes.BlockSize]byte

// tag is the MAC over a prefix and data; it is valid until the next call.
func (c *Cipher) tag(prefix, data []byte) []byte { return c.mac.of(prefix, data)[:c.size] }

// Encrypt encrypts plain with the keys derived from key for a usage.
func (t Type) Encrypt(key []byte, usage uint32, plain []byte) ([]byte, error) {
	i, err := t.with(key)
	if err != nil {
		return nil, err
	}
	c := i.spare()
	defer i.putBack(c)
	c.setKey(&i, key, usage)
	return c.Seal(make([]byte, 0, len(plain)+t.Overhead()), plain), nil
}

// Decrypt decrypts data, which stays as it is.
func (t Type) Decrypt(key []byte, usage uint32, data []byte) ([]byte, error) {
	i, err := t.with(key)
	if err != nil {
		return nil, err
	}
	c := i.spare()
	defer i.putBack(c)
	c.setKey(&i, key, usage)
	return c.Open(append(make([]byte, 0, len(data)), data...))
}

// encryptCTS encrypts p in place: CBC with ciphertext stealing and the last two
// blocks swapped always, RFC 3962 §5. p is a block long at least.
func encryptCTS(b cipher.Block, p []byte) {
	const size = aes.BlockSize
	b.Encrypt(p, p[:size]) // mixed with a block of zeros before it
	if len(p) == size {
		return
	}
	tail := (len(p)-1)%size + 1 // the last block, which may be short
	whole := len(p) - tail
	for at := size; at < whole; at += size {
		block := p[at : at+size]
		subtle.XORBytes(block, block, p[at-size:at])
		b.Encrypt(block, block)
	}
	// The last block, filled up with zeros, goes in front of the one before it, of
	// which only as much stays as is needed.
	prev := p[whole-size : whole]
	var kept [size]byte
	copy(kept[:], prev)
	subtle.XORBytes(prev, prev, p[whole:])
	b.Encrypt(prev, prev)
	copy(p[whole:], kept[:])
}

// decryptCTS undoes encryptCTS, in place, from the last block to the first.
func decryptCTS(b cipher.Block, p []byte) {
	const size = aes.BlockSize
	if len(p) > size {
		tail := (len(p)-1)%size + 1
		whole := len(p) - tail
		prev := p[whole-size : whole]
		b.Decrypt(prev, prev) // the last plaintext, mixed with the block before it, whose end is its own
		for i := range tail {
			prev[i], p[whole+i] = p[whole+i], prev[i]^p[whole+i]
		}
		for at := whole - size; at > 0; at -= size {
			block := p[at : at+size]
			b.Decrypt(block, block)
			subtle.XORBytes(block, block, p[at-size:at])
		}
	}
	b.Decrypt(p[:size], p[:size])
}
