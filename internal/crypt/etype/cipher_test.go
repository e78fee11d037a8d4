package etype

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/jcmturner/gokrb5/v8/crypto"
)

var all = []Type{AES256SHA1, AES128SHA1, AES128SHA256, AES256SHA384}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// RFC 3962 appendix B: ciphertext stealing under the key "chicken teriyaki".
func TestCTS(t *testing.T) {
	const text = "I would like the General Gau's Chicken, please, and wonton soup."
	for _, c := range []struct {
		n    int
		want string
	}{
		{17, "c6353568f2bf8cb4d8a580362da7ff7f97"},
		{31, "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5"},
		{32, "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584"},
		{47, "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5"},
		{48, "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8"},
		{64, "97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a84807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8"},
	} {
		p := []byte(text[:c.n])
		b := newBlock([]byte("chicken teriyaki"))
		encryptCTS(b, p)
		if got := hex.EncodeToString(p); got != c.want {
			t.Errorf("%d bytes: got %s, want %s", c.n, got, c.want)
		}
		decryptCTS(b, p)
		if string(p) != text[:c.n] {
			t.Errorf("%d bytes come back as %q", c.n, p)
		}
	}
}

// RFC 8009 appendix A: ciphertexts, checksums, and the pseudo-random function.
func TestRFC8009(t *testing.T) {
	for _, c := range []struct {
		t                 Type
		key, cipher, want string
		sum, prf          string
	}{
		{
			AES128SHA256, "3705D96080C17728A0E800EAB6E0D23C",
			"84D7F30754ED987BAB0BF3506BEB09CFB55402CEF7E6877CE99E247E52D16ED4421DFDF8976C", "000102030405",
			"D78367186643D67B411CBA9139FC1DEE", "9D188616F63852FE86915BB840B4A886FF3E6BB0F819B49B893393D393854295",
		},
		{
			AES256SHA384, "6D404D37FAF79F9DF0D33568D320669800EB4836472EA8A026D16B7182460C52",
			"4ED7B37C2BCAC8F74F23C1CF07E62BC7B75FB3F637B9F559C7F664F69EAB7B6092237526EA0D1F61CB20D69D10F2", "000102030405",
			"45EE791567EEFCA37F4AC1E0222DE80D43C3BFA06699672A", "9801F69A368C2BF675E59521E177D9A07F67EFE1CFDE8D3C8D6F6A0256E3B17DB3C1B62AD1B8553360D17367EB1514D2",
		},
	} {
		got, err := c.t.Decrypt(unhex(t, c.key), 2, unhex(t, c.cipher))
		if err != nil || hex.EncodeToString(got) != c.want {
			t.Errorf("%s: decrypt: %x, %v", c.t, got, err)
		}
		sum, _ := c.t.Checksum(unhex(t, c.key), 2, unhex(t, "000102030405060708090A0B0C0D0E0F"), unhex(t, "1011121314"))
		if !bytes.Equal(sum, unhex(t, c.sum)) {
			t.Errorf("%s: checksum: %X", c.t, sum)
		}
		prf, _ := c.t.PRF(unhex(t, c.key), []byte("test"))
		if !bytes.Equal(prf, unhex(t, c.prf)) {
			t.Errorf("%s: PRF: %X", c.t, prf)
		}
	}
}

// The vectors of MIT krb5's t_cf2, which RFC 6113 appendix A repeats.
func TestCF2(t *testing.T) {
	for _, c := range []struct {
		t    Type
		want string
	}{
		{AES128SHA1, "97df97e4b798b29eb31ed7280287a92a"},
		{AES256SHA1, "4d6ca4e629785c1f01baf55e2e548566b9617ae3a96868c337cb93b5e72b1c7b"},
	} {
		k1, _ := c.t.StringToKey("key1", "key1")
		k2, _ := c.t.StringToKey("key2", "key2")
		got, err := CF2(c.t, k1, c.t, k2, "a", "b")
		if err != nil || hex.EncodeToString(got) != c.want {
			t.Errorf("%s: got %x, %v", c.t, got, err)
		}
	}
}

// Another implementation reads what this one writes, and the other way.
func TestPeer(t *testing.T) {
	for _, typ := range all {
		et, err := crypto.GetEtype(int32(typ))
		if err != nil {
			t.Fatal(err)
		}
		for n := range 70 {
			key, plain := typ.NewKey(), bytes.Repeat([]byte{byte(n)}, n)
			usage := uint32(1 + n%30)
			ours, err := typ.Encrypt(key, usage, plain)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := et.DecryptMessage(key, ours, usage)
			if err != nil || !bytes.Equal(theirs, plain) {
				t.Fatalf("%s, %d bytes: the peer reads %x, %v", typ, n, theirs, err)
			}
			_, theirs, err = et.EncryptMessage(key, plain, usage)
			if err != nil {
				t.Fatal(err)
			}
			back, err := typ.Decrypt(key, usage, theirs)
			if err != nil || !bytes.Equal(back, plain) {
				t.Fatalf("%s, %d bytes: we read %x, %v", typ, n, back, err)
			}
			sum, _ := typ.Checksum(key, usage, plain)
			if !et.VerifyChecksum(key, plain, sum, usage) {
				t.Fatalf("%s, %d bytes: the peer refuses our checksum", typ, n)
			}
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, typ := range all {
		key := typ.NewKey()
		good, _ := typ.Encrypt(key, 3, []byte("seven grey herons at dusk"))
		for i := range good {
			bad := bytes.Clone(good)
			bad[i] ^= 1
			if _, err := typ.Decrypt(key, 3, bad); err == nil {
				t.Errorf("%s: byte %d changed and nobody sees", typ, i)
			}
			if _, err := typ.Decrypt(key, 3, good[:i]); err == nil {
				t.Errorf("%s: cut at %d and nobody sees", typ, i)
			}
		}
		if _, err := typ.Decrypt(key, 4, good); err == nil {
			t.Errorf("%s: another usage reads it", typ)
		}
		if _, err := typ.Decrypt(key[1:], 3, good); err != ErrKeySize {
			t.Errorf("%s: a short key: %v", typ, err)
		}
	}
	for _, n := range []Type{0, 1, 3, 16, 23, 24, -1} {
		if _, err := n.Encrypt(make([]byte, 16), 1, nil); err != ErrType {
			t.Errorf("%s: %v", n, err)
		}
	}
	for _, n := range []int32{1, 2, 7, 12, -138} {
		if _, ok := TypeOfCheck(n); ok {
			t.Errorf("checksum type %d is served", n)
		}
	}
}

func FuzzDecrypt(f *testing.F) {
	for _, typ := range all {
		c, _ := typ.Encrypt(make([]byte, typ.KeySize()), 7, []byte("seed"))
		f.Add(int32(typ), c)
	}
	f.Fuzz(func(t *testing.T, n int32, data []byte) {
		typ := Type(n)
		if plain, err := typ.Decrypt(make([]byte, typ.KeySize()), 7, data); err == nil && len(plain) != len(data)-typ.Overhead() {
			t.Errorf("%d bytes of %d", len(plain), len(data))
		}
	})
}

func BenchmarkEncrypt(b *testing.B) {
	for _, typ := range all {
		b.Run(typ.String(), func(b *testing.B) {
			key, plain := typ.NewKey(), make([]byte, 300)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := typ.Encrypt(key, 3, plain); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
