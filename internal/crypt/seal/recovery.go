package seal

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// RecoveryKey opens the sealing key that a backup carries. It is shown once and
// kept on paper.
type RecoveryKey struct{ secret }

// RecoveryPublic is the half of a recovery key that a server keeps, to wrap with.
type RecoveryPublic []byte

// NewRecoveryKey returns a new recovery key.
func NewRecoveryKey() RecoveryKey { return RecoveryKey{newSecret()} }

// Equal reports whether two keys are the same, in constant time.
func (r RecoveryKey) Equal(o RecoveryKey) bool { return r.equal(o.secret) }

// Wrapping is HPKE in base mode, RFC 9180: X25519, HKDF-SHA256, AES-256-GCM.
var (
	kem     = hpke.DHKEM(ecdh.X25519())
	kdf     = hpke.HKDFSHA256()
	aead    = hpke.AES256GCM()
	purpose = []byte("selfsame sealing key for recovery\x00")
)

const wrapVersion = 1

// Public returns the half to wrap with.
func (r RecoveryKey) Public() RecoveryPublic { return r.private().PublicKey().Bytes() }

func (r RecoveryKey) private() hpke.PrivateKey {
	k, err := kem.DeriveKeyPair(r.b[:])
	if err != nil {
		panic(err) // only for a wrong size
	}
	return k
}

// WrapForRecovery wraps a sealing key so that only the recovery key of pub opens
// it.
func WrapForRecovery(pub RecoveryPublic, k Key) ([]byte, error) {
	pk, err := kem.NewPublicKey(pub)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the stored half of the recovery key is damaged").
			WithHint("Make a new recovery key.")
	}
	box, err := hpke.Seal(pk, kdf, aead, purpose, k.b[:])
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the sealing key cannot be wrapped for recovery")
	}
	return append([]byte{wrapVersion}, box...), nil
}

// UnwrapWithRecovery opens what [WrapForRecovery] wrapped.
func UnwrapWithRecovery(r RecoveryKey, box []byte) (Key, error) {
	if len(box) == 0 || box[0] != wrapVersion {
		return Key{}, fault.New(fault.Invalid, "the backup holds no sealing key that this version can open")
	}
	b, err := hpke.Open(r.private(), kdf, aead, purpose, box[1:])
	if err != nil || len(b) != keySize {
		return Key{}, fault.Wrap(fault.Invalid, err, "this recovery key does not open the backup").
			WithHint("Use the recovery key that was valid when the backup was made.")
	}
	return Key{secret{[keySize]byte(b)}}, nil
}

// The text of a recovery key is nine groups of eight letters. Each of the first
// eight holds four bytes of the key and a check byte, the ninth a check of all.
// So a typing mistake is found in its group, and so are groups in the wrong
// order. Letters are Crockford's base32, without I, L, O and U.
const (
	groups     = 9
	groupChars = 8
	groupBytes = 4
)

var letters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// lookalikes are what people read for a letter that is not in the alphabet.
var lookalikes = strings.NewReplacer("O", "0", "I", "1", "L", "1", "-", "", " ", "", "\t", "", "\n", "", "\r", "")

// Text returns r as a person writes it down. It is the only way to see it.
func (r RecoveryKey) Text() string {
	var out []string
	for i := range groups - 1 {
		part := r.b[i*groupBytes:][:groupBytes]
		out = append(out, letters.EncodeToString(append(part[:groupBytes:groupBytes], check(byte(i), part, 1)...)))
	}
	out = append(out, letters.EncodeToString(check(groups-1, r.b[:], groupBytes+1)))
	return strings.Join(out, "-")
}

// ParseRecoveryKey reads what a person typed. Case, spaces and dashes do not
// matter. A mistake is named by its group, never by what was typed.
func ParseRecoveryKey(text string) (RecoveryKey, error) {
	chars := lookalikes.Replace(strings.ToUpper(text))
	if len(chars) != groups*groupChars {
		return RecoveryKey{}, fault.New(fault.Invalid,
			"a recovery key has %d letters and digits, and this has %d", groups*groupChars, len(chars)).
			WithHint("Type all %d groups of %d.", groups, groupChars)
	}
	var r RecoveryKey
	for i := range groups - 1 {
		b, err := letters.DecodeString(chars[i*groupChars:][:groupChars])
		if err != nil || string(check(byte(i), b[:groupBytes], 1)) != string(b[groupBytes:]) {
			return RecoveryKey{}, mistyped(i)
		}
		copy(r.b[i*groupBytes:], b[:groupBytes])
	}
	if chars[(groups-1)*groupChars:] != letters.EncodeToString(check(groups-1, r.b[:], groupBytes+1)) {
		return RecoveryKey{}, mistyped(groups - 1)
	}
	return r, nil
}

func mistyped(group int) error {
	return fault.New(fault.Invalid, "there is a typing mistake in group %d of the recovery key", group+1).
		WithHint("Compare that group with what you wrote down.")
}

// check returns n bytes that depend on all of part and on where it stands.
func check(at byte, part []byte, n int) []byte {
	h := sha256.Sum256(append(append([]byte("selfsame recovery key\x00"), at), part...))
	return h[:n]
}
