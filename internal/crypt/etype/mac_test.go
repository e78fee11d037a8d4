package etype

import (
	"bytes"
	"crypto/hmac"
	"testing"
)

func TestMACIsHMAC(t *testing.T) {
	for typ, i := range infos {
		m := newMAC(&i)
		for _, size := range []int{0, 1, 16, 24, 32} { // a shorter key after a longer one, too
			for _, key := range [][]byte{bytes.Repeat([]byte{0xa5}, 32), bytes.Repeat([]byte{0x5a}, size)} {
				m.setKey(key)
				want := hmac.New(i.hash, key)
				want.Write([]byte("one and two"))
				for range 2 {
					if got := m.of([]byte("one"), nil, []byte(" and two")); !bytes.Equal(got, want.Sum(nil)) {
						t.Errorf("%s, a key of %d bytes: got %x, want %x", typ, len(key), got, want.Sum(nil))
					}
				}
			}
		}
	}
}

// What is kept for the next message must not tell of the last one.
func TestASpareHasNoKey(t *testing.T) {
	i := infos[AES256SHA1]
	c := i.spare()
	c.setKey(&i, bytes.Repeat([]byte{7}, 32), 1)
	i.putBack(c)
	var none [maxBlock]byte
	if c.block != nil || c.mac.inner != none || c.mac.outer != none || c.room != [maxKey]byte{} {
		t.Error("a cipher was put back with its keys")
	}
}

func TestAKeptKeyDoesWhatTheKeyDoes(t *testing.T) {
	plain := []byte("a ticket")
	for typ := range infos {
		key := typ.NewKey()
		k, err := typ.Keep(key)
		if err != nil {
			t.Fatal(err)
		}
		for _, usage := range []uint32{2, 17, 2} {
			sealed, err := k.Encrypt(usage, plain)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := typ.Decrypt(key, usage, sealed); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s, usage %d: %q, %v", typ, usage, got, err)
			}
			if got, err := k.Decrypt(usage, sealed); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s, usage %d, kept: %q, %v", typ, usage, got, err)
			}
			sum, _ := k.Checksum(usage, plain)
			if err := typ.VerifyChecksum(key, usage, sum, plain); err != nil {
				t.Errorf("%s, usage %d: the checksum: %v", typ, usage, err)
			}
		}
		if _, err := k.Encrypt(usages, plain); err == nil {
			t.Errorf("%s: a usage without a number was taken", typ)
		}
		if _, err := typ.Keep(key[1:]); err != ErrKeySize {
			t.Errorf("%s: a short key: %v", typ, err)
		}
	}
}
