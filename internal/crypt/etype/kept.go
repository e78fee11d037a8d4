package etype

import "sync"

// Kept is a key that is used again and again: what is derived from it is kept.
// Any goroutine may use it.
type Kept struct {
	info info
	key  []byte
	uses [usages]struct{ seal, sign sync.Pool } // of *Cipher
}

// Keep makes a key one that is kept.
func (t Type) Keep(key []byte) (*Kept, error) {
	i, err := t.with(key)
	if err != nil {
		return nil, err
	}
	return &Kept{info: i, key: key}, nil
}

// sealer is a cipher with the keys of a usage, and where it is put back.
func (k *Kept) sealer(usage uint32) (*Cipher, *sync.Pool) {
	p := &k.uses[usage].seal
	if c, ok := p.Get().(*Cipher); ok {
		return c, p
	}
	c := newCipher(&k.info)
	c.setKey(&k.info, k.key, usage)
	return c, p
}

func (k *Kept) signer(usage uint32) (*Cipher, *sync.Pool) {
	p := &k.uses[usage].sign
	if c, ok := p.Get().(*Cipher); ok {
		return c, p
	}
	c := newCipher(&k.info)
	c.setCheckKey(&k.info, k.key, usage)
	return c, p
}

// Encrypt encrypts plain for a usage that has a number below 64.
func (k *Kept) Encrypt(usage uint32, plain []byte) ([]byte, error) {
	if usage >= usages {
		return nil, ErrType
	}
	c, p := k.sealer(usage)
	defer p.Put(c)
	return c.Seal(make([]byte, 0, len(plain)+confounder+k.info.mac), plain), nil
}

// Decrypt decrypts data, which stays as it is.
func (k *Kept) Decrypt(usage uint32, data []byte) ([]byte, error) {
	if usage >= usages {
		return nil, ErrType
	}
	c, p := k.sealer(usage)
	defer p.Put(c)
	return c.Open(append(make([]byte, 0, len(data)), data...))
}

// Checksum is the keyed checksum over data.
func (k *Kept) Checksum(usage uint32, data ...[]byte) ([]byte, error) {
	if usage >= usages {
		return nil, ErrType
	}
	c, p := k.signer(usage)
	defer p.Put(c)
	return append(make([]byte, 0, k.info.mac), c.mac.of(data...)[:k.info.mac]...), nil
}
