package krb5

import (
	"encoding/binary"
	"math"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// The versions of the protocol that changes passwords, RFC 3244 §2.
const (
	PasswdChange uint16 = 1      // one's own: the data is the new password
	PasswdSet    uint16 = 0xff80 // anybody's: the data is a ChangePasswdData
)

// passwdHeader is three numbers of 16 bits: the length of all, the version, the
// length of the AP message.
const passwdHeader = 6

// PasswdMessage is a request or a reply of the protocol that changes passwords,
// RFC 3244 §2. In a reply an empty AP means that Message is a KRB-ERROR.
type PasswdMessage struct {
	Version uint16
	AP      []byte // AP-REQ or AP-REP
	Message []byte // KRB-PRIV, or KRB-ERROR
}

// ParsePasswd reads a request or a reply, without the length that precedes it
// over TCP.
func ParsePasswd(p []byte) (PasswdMessage, error) {
	if len(p) < passwdHeader || int(binary.BigEndian.Uint16(p)) != len(p) {
		return PasswdMessage{}, ErrLength
	}
	n := int(binary.BigEndian.Uint16(p[4:]))
	rest := p[passwdHeader:]
	if n > len(rest) {
		return PasswdMessage{}, ErrLength
	}
	return PasswdMessage{Version: binary.BigEndian.Uint16(p[2:]), AP: rest[:n:n], Message: rest[n:]}, nil
}

// Marshal returns the message in octets of its own, or [ErrLength] if its length
// does not fit in the header.
func (m PasswdMessage) Marshal() ([]byte, error) {
	n := passwdHeader + len(m.AP) + len(m.Message)
	if n > math.MaxUint16 {
		return nil, ErrLength
	}
	p := make([]byte, 0, n)
	p = binary.BigEndian.AppendUint16(p, uint16(n))
	p = binary.BigEndian.AppendUint16(p, m.Version)
	p = binary.BigEndian.AppendUint16(p, uint16(len(m.AP)))
	p = append(p, m.AP...)
	return append(p, m.Message...), nil
}

// PasswdCode says how a password change went, RFC 3244 §2.
type PasswdCode uint16

// How a password change went.
const (
	PasswdSuccess      PasswdCode = 0 // KRB5_KPASSWD_SUCCESS
	PasswdMalformed    PasswdCode = 1 // KRB5_KPASSWD_MALFORMED
	PasswdHardError    PasswdCode = 2 // KRB5_KPASSWD_HARDERROR
	PasswdAuthError    PasswdCode = 3 // KRB5_KPASSWD_AUTHERROR
	PasswdSoftError    PasswdCode = 4 // KRB5_KPASSWD_SOFTERROR: refused by policy
	PasswdAccessDenied PasswdCode = 5 // KRB5_KPASSWD_ACCESSDENIED
	PasswdBadVersion   PasswdCode = 6 // KRB5_KPASSWD_BAD_VERSION
	PasswdNeedInitial  PasswdCode = 7 // KRB5_KPASSWD_INITIAL_FLAG_NEEDED
)

// PasswdResult is the data of a reply: inside its KRB-PRIV, or as the e-data of
// its KRB-ERROR.
type PasswdResult struct {
	Code PasswdCode
	Text string // shown to the user
}

// ParsePasswdResult reads the data of a reply.
func ParsePasswdResult(p []byte) (PasswdResult, error) {
	if len(p) < 2 {
		return PasswdResult{}, ErrLength
	}
	return PasswdResult{Code: PasswdCode(binary.BigEndian.Uint16(p)), Text: string(p[2:])}, nil
}

// Marshal returns the data in octets of its own.
func (a PasswdResult) Marshal() []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(a.Code)), a.Text...)
}

// ChangePasswdData is the data of a request of version PasswdSet, RFC 3244 §2.
// Without a name it means who asks.
type ChangePasswdData struct {
	Password Secret
	Name     PrincipalName
	Realm    Realm
}

func (d *ChangePasswdData) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	d.Password = field(r, 0, readOctets)
	d.Name = optional(r, 1, readName)
	d.Realm = optional(r, 2, readRealm)
	r.Leave(outer)
}

// ParseChangePasswdData reads the data of a request of version PasswdSet.
func ParseChangePasswdData(p []byte) (ChangePasswdData, error) {
	return parse[ChangePasswdData]("ChangePasswdData", p)
}

// Append writes the data in front of what b holds.
func (d *ChangePasswdData) Append(b *ber.Builder) {
	end := b.Len()
	putOptText(b, 2, string(d.Realm))
	putOptName(b, 1, d.Name)
	putOctets(b, 0, d.Password)
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the data in octets of its own.
func (d *ChangePasswdData) Marshal() []byte { return marshal(d) }
