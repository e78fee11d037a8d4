package pac

import (
	"bytes"
)

// checkSizes are the lengths of the checksums a PAC may have, in octets, by the
// number of their type: [MS-PAC] §2.8 and RFC 8009.
var checkSizes = map[int32]int{
	-138: 16, // KERB_CHECKSUM_HMAC_MD5
	15:   12, // hmac-sha1-96-aes128
	16:   12, // hmac-sha1-96-aes256
	19:   16, // hmac-sha256-128-aes128
	20:   24, // hmac-sha384-192-aes256
}

// signatureHead is the length of a signature's type.
const signatureHead = 4

// Unsigned is the buffer of a signature that is still to be made: its checksum is
// zero.
func Unsigned(t Type, checkType int32) Buffer {
	data := make([]byte, signatureHead+checkSizes[checkType])
	le.PutUint32(data, uint32(checkType))
	return Buffer{Type: t, Data: data}
}

// Signature is a PAC_SIGNATURE_DATA, [MS-PAC] §2.8.
type Signature struct {
	CheckType int32
	Sum       []byte // within the PAC: who signs copies the checksum here
}

// Signature returns the signature in the buffer of a type, or [ErrMissing]. What
// may follow it, the number of a read-only controller, is not part of the
// checksum.
func (p PAC) Signature(t Type) (Signature, error) {
	data, err := p.Find(t)
	if err != nil {
		return Signature{}, err
	}
	if len(data) < signatureHead {
		return Signature{}, ErrTruncated
	}
	s := Signature{CheckType: int32(le.Uint32(data)), Sum: data[signatureHead:]}
	if n, known := checkSizes[s.CheckType]; known {
		if len(s.Sum) < n {
			return Signature{}, ErrTruncated
		}
		s.Sum = s.Sum[:n:n]
	}
	return s, nil
}

// Zeroed returns a copy in which the checksums of some signatures are zero, which
// is what they and others were computed over. Those that are not there are passed
// over.
func (p PAC) Zeroed(types ...Type) []byte {
	c, err := Parse(bytes.Clone(p.Bytes))
	if err != nil {
		return nil // not possible: p was parsed or built
	}
	for _, t := range types {
		if s, err := c.Signature(t); err == nil {
			clear(s.Sum)
		}
	}
	return c.Bytes
}
