package krb5

import (
	"fmt"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// EncryptedData is what a key encrypts, RFC 4120 §5.2.9. KVNO is 0 if absent.
type EncryptedData struct {
	EType  EType
	KVNO   uint32
	Cipher []byte
}

func (e *EncryptedData) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	e.EType = EType(field(r, 0, readInt32))
	e.KVNO = optional(r, 1, readUint32)
	e.Cipher = field(r, 2, readOctets)
	r.Leave(outer)
}

// ParseEncryptedData reads the value of a PA-ENC-TIMESTAMP or a
// PA-ENCRYPTED-CHALLENGE.
func ParseEncryptedData(p []byte) (EncryptedData, error) {
	return parse[EncryptedData]("EncryptedData", p)
}

// Append writes the encrypted data in front of what b holds.
func (e EncryptedData) Append(b *ber.Builder) {
	end := b.Len()
	putOctets(b, 2, e.Cipher)
	putOptInt(b, 1, int64(e.KVNO))
	putInt(b, 0, int64(e.EType))
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the encrypted data in octets of its own.
func (e EncryptedData) Marshal() []byte { return marshal(e) }

// Secret is octets that nobody may read in a log.
type Secret []byte

// Format prints in the place of the octets.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[secret]")) }

// MarshalText prints in the place of the octets, for loggers that write JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// EncryptionKey is a key that travels inside something encrypted, RFC 4120
// §5.2.9.
type EncryptionKey struct {
	EType EType
	Value Secret
}

func (k *EncryptionKey) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	k.EType = EType(field(r, 0, readInt32))
	k.Value = field(r, 1, readOctets)
	r.Leave(outer)
}

// Append writes the key in front of what b holds.
func (k EncryptionKey) Append(b *ber.Builder) {
	end := b.Len()
	putOctets(b, 1, k.Value)
	putInt(b, 0, int64(k.EType))
	b.Wrap(ber.Sequence, end)
}

// Checksum is a checksum, with a key or without, RFC 4120 §5.2.9.
type Checksum struct {
	Type  CheckType
	Value []byte
}

func (c *Checksum) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	c.Type = CheckType(field(r, 0, readInt32))
	c.Value = field(r, 1, readOctets)
	r.Leave(outer)
}

// ParseChecksum reads the value of a PA-REQ-ENC-PA-REP in an encrypted reply,
// RFC 6806 §11.
func ParseChecksum(p []byte) (Checksum, error) { return parse[Checksum]("Checksum", p) }

// Append writes the checksum in front of what b holds.
func (c Checksum) Append(b *ber.Builder) {
	end := b.Len()
	putOctets(b, 1, c.Value)
	putInt(b, 0, int64(c.Type))
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the checksum in octets of its own.
func (c Checksum) Marshal() []byte { return marshal(c) }
