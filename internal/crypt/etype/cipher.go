package etype

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"hash"
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
	mac   hash.Hash
	size  int  // of the MAC on the wire
	first bool // the MAC is over the ciphertext (RFC 8009) rather than the plaintext (RFC 3961)
	sum   []byte
}

// Cipher derives the keys of a usage, RFC 3961 §5.3 and RFC 8009 §5.
func (t Type) Cipher(key []byte, usage uint32) (*Cipher, error) {
	i, ok := infos[t]
	if !ok {
		return nil, ErrType
	}
	if len(key) != i.size {
		return nil, ErrKeySize
	}
	block, err := aes.NewCipher(i.derive(key, usage, encryption))
	if err != nil {
		return nil, err
	}
	return &Cipher{
		block: block, mac: hmac.New(i.hash, i.derive(key, usage, integrity)), size: i.mac, first: i.sha2,
	}, nil
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
func (c *Cipher) tag(prefix, data []byte) []byte {
	c.mac.Reset()
	c.mac.Write(prefix)
	c.mac.Write(data)
	c.sum = c.mac.Sum(c.sum[:0])
	return c.sum[:c.size]
}

// Encrypt encrypts plain with the keys derived from key for a usage.
func (t Type) Encrypt(key []byte, usage uint32, plain []byte) ([]byte, error) {
	c, err := t.Cipher(key, usage)
	if err != nil {
		return nil, err
	}
	return c.Seal(make([]byte, 0, len(plain)+t.Overhead()), plain), nil
}

// Decrypt decrypts data, which stays as it is.
func (t Type) Decrypt(key []byte, usage uint32, data []byte) ([]byte, error) {
	c, err := t.Cipher(key, usage)
	if err != nil {
		return nil, err
	}
	return c.Open(append(make([]byte, 0, len(data)), data...))
}

// encryptCTS encrypts p in place: CBC with ciphertext stealing and the last two
// blocks swapped always, RFC 3962 §5. p is a block long at least.
func encryptCTS(b cipher.Block, p []byte) {
	n := len(p)
	if n <= aes.BlockSize {
		b.Encrypt(p, p)
		return
	}
	tail := n % aes.BlockSize
	if tail == 0 {
		tail = aes.BlockSize
	}
	whole := n - tail // everything before the last block, which may be short
	cipher.NewCBCEncrypter(b, zeroBlock[:]).CryptBlocks(p[:whole], p[:whole])
	prev := p[whole-aes.BlockSize : whole]
	var last [aes.BlockSize]byte
	copy(last[:], p[whole:])
	for i := range last {
		last[i] ^= prev[i]
	}
	b.Encrypt(last[:], last[:])
	copy(p[whole:], prev[:tail])
	copy(prev, last[:])
}

// decryptCTS undoes encryptCTS, in place.
func decryptCTS(b cipher.Block, p []byte) {
	n := len(p)
	if n <= aes.BlockSize {
		b.Decrypt(p, p)
		return
	}
	tail := n % aes.BlockSize
	if tail == 0 {
		tail = aes.BlockSize
	}
	whole := n - tail
	var iv, last, stolen [aes.BlockSize]byte
	head := p[:whole-aes.BlockSize]
	copy(iv[:], zeroBlock[:])
	if len(head) > 0 {
		copy(iv[:], head[len(head)-aes.BlockSize:])
		cipher.NewCBCDecrypter(b, zeroBlock[:]).CryptBlocks(head, head)
	}
	b.Decrypt(last[:], p[whole-aes.BlockSize:whole]) // the last plaintext, still mixed with the block before it
	copy(stolen[:], p[whole:])
	copy(stolen[tail:], last[tail:]) // what was stolen stands in its own decryption
	for i := range tail {
		p[whole+i] = last[i] ^ stolen[i]
	}
	b.Decrypt(last[:], stolen[:])
	for i := range last {
		p[whole-aes.BlockSize+i] = last[i] ^ iv[i]
	}
}
