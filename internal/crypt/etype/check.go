package etype

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
)

// CheckType is the assigned number of the keyed checksum that belongs to a type:
// hmac-sha1-96-aes128 is 15, its sister 16, those of RFC 8009 are 19 and 20.
func (t Type) CheckType() int32 { return infos[t].check }

// TypeOfCheck is the type a keyed checksum's number belongs to; false for one
// that is not served, among them every checksum without a key.
func TypeOfCheck(n int32) (Type, bool) {
	for t, i := range infos {
		if i.check == n {
			return t, true
		}
	}
	return 0, false
}

// CheckSize is the length of the type's checksum in bytes.
func (t Type) CheckSize() int { return infos[t].mac }

// Checksum is the keyed checksum over data, its parts one after another.
func (t Type) Checksum(key []byte, usage uint32, data ...[]byte) ([]byte, error) {
	i, err := t.with(key)
	if err != nil {
		return nil, err
	}
	c := i.spare()
	defer i.putBack(c)
	c.setCheckKey(&i, key, usage)
	return append(make([]byte, 0, i.mac), c.mac.of(data...)[:i.mac]...), nil
}

// VerifyChecksum returns ErrIntegrity unless sum is the checksum over data.
func (t Type) VerifyChecksum(key []byte, usage uint32, sum []byte, data ...[]byte) error {
	want, err := t.Checksum(key, usage, data...)
	if err != nil {
		return err
	}
	if !hmac.Equal(want, sum) {
		return ErrIntegrity
	}
	return nil
}

// NewKey draws a random key.
func (t Type) NewKey() []byte {
	k := make([]byte, t.KeySize())
	_, _ = rand.Read(k) // never fails, crypto/rand
	return k
}

// PRF is the type's pseudo-random function, RFC 3961 §5.3 with RFC 3962 §6, and
// RFC 8009 §5.
func (t Type) PRF(key, in []byte) ([]byte, error) {
	i, ok := infos[t]
	if !ok {
		return nil, ErrType
	}
	if len(key) != i.size {
		return nil, ErrKeySize
	}
	if i.sha2 {
		return kdfSHA2(i, key, []byte("prf"), in, i.hash().Size()), nil
	}
	sum := sha1.Sum(in)
	out := sum[:confounder]
	c := newBlock(derive3961(key, nfold([]byte("prf"), confounder)))
	c.Encrypt(out, out)
	return out, nil
}

// prfPlus is PRF+ of RFC 6113 §5.1, n bytes of it.
func (t Type) prfPlus(key []byte, pepper string, n int) ([]byte, error) {
	var out []byte
	for c := byte(1); len(out) < n; c++ {
		p, err := t.PRF(key, append([]byte{c}, pepper...))
		if err != nil {
			return nil, err
		}
		out = append(out, p...)
	}
	return out[:n], nil
}

// CF2 combines two keys into one of the first one's type, KRB-FX-CF2 of RFC 6113
// §5.1. Neither alone tells it.
func CF2(t1 Type, k1 []byte, t2 Type, k2 []byte, pepper1, pepper2 string) ([]byte, error) {
	a, err := t1.prfPlus(k1, pepper1, t1.KeySize())
	if err != nil {
		return nil, err
	}
	b, err := t2.prfPlus(k2, pepper2, t1.KeySize())
	if err != nil {
		return nil, err
	}
	for i := range a {
		a[i] ^= b[i]
	}
	return a, nil
}
