// Package etype holds the Kerberos encryption types: how a password becomes a
// key, how a key encrypts, signs and is combined with another (RFC 3961, RFC
// 3962, RFC 8009).
//
// What always holds:
//
//   - AES only. DES and RC4 have no code path, so no request can ask for one.
//   - Nothing here panics or reads outside its input, whatever the input.
//   - A MAC is compared in constant time, and a plaintext is handed out only when
//     its MAC is right.
//
// Whose key it is, and which types an account has, is not known here.
package etype

import (
	"crypto/aes"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"sync"
)

// Type is an encryption type's assigned number, RFC 3961 §8.
type Type int32

// The encryption types.
const (
	AES128SHA1   Type = 17 // aes128-cts-hmac-sha1-96, RFC 3962
	AES256SHA1   Type = 18 // aes256-cts-hmac-sha1-96, RFC 3962
	AES128SHA256 Type = 19 // aes128-cts-hmac-sha256-128, RFC 8009
	AES256SHA384 Type = 20 // aes256-cts-hmac-sha384-192, RFC 8009
)

type info struct {
	name  string
	size  int // of a key, in bytes
	mac   int // of a MAC and of the keys that make it in RFC 8009, in bytes
	check int32
	sha2  bool // RFC 8009
	hash  func() hash.Hash
	// spares are ciphers without keys, each for one message at a time.
	spares *sync.Pool
}

var infos = map[Type]info{
	AES128SHA1:   {"aes128-cts-hmac-sha1-96", 16, 12, 15, false, sha1.New, new(sync.Pool)},
	AES256SHA1:   {"aes256-cts-hmac-sha1-96", 32, 12, 16, false, sha1.New, new(sync.Pool)},
	AES128SHA256: {"aes128-cts-hmac-sha256-128", 16, 16, 19, true, sha256.New, new(sync.Pool)},
	AES256SHA384: {"aes256-cts-hmac-sha384-192", 32, 24, 20, true, sha512.New384, new(sync.Pool)},
}

// String returns the type's name as MIT and the RFCs write it.
func (t Type) String() string {
	if i, ok := infos[t]; ok {
		return i.name
	}
	return fmt.Sprintf("etype %d", int32(t))
}

// KeySize is the length of a key in bytes; 0 for a type that is not served.
func (t Type) KeySize() int { return infos[t].size }

// Iteration counts of string-to-key. The first is the default of RFC 3962 §4,
// the second of RFC 8009 §4; clients that are told no other use them.
const (
	iterSHA1 = 4096
	iterSHA2 = 32768
)

// StringToKey derives a principal's key from a password and a salt, with the
// type's default iteration count.
func (t Type) StringToKey(password, salt string) ([]byte, error) {
	i, ok := infos[t]
	if !ok {
		return nil, fmt.Errorf("etype: %s is not served", t)
	}
	switch t {
	case AES128SHA1, AES256SHA1:
		tkey, err := pbkdf2.Key(i.hash, password, []byte(salt), iterSHA1, i.size)
		if err != nil {
			return nil, err
		}
		return derive3961(tkey, nfold([]byte("kerberos"), aes.BlockSize)), nil
	default:
		saltp := append(append([]byte(i.name), 0), salt...)
		tkey, err := pbkdf2.Key(i.hash, password, saltp, iterSHA2, i.size)
		if err != nil {
			return nil, err
		}
		return kdfSHA2(i, tkey, []byte("kerberos"), nil, i.size), nil
	}
}
