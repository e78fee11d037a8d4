package ldap

import "github.com/selfsame-dev/selfsame/internal/wire/ber"

// PasswordModify is the value of an extended request OIDPasswordModify,
// RFC 3062 §2. Fields are nil if absent: without User the password is that of
// whoever asks, and without New the server makes one up.
type PasswordModify struct {
	User []byte
	Old  Secret
	New  Secret
}

var (
	tagPasswordUser = ber.Context(0)
	tagPasswordOld  = ber.Context(1)
	tagPasswordNew  = ber.Context(2)
	tagPasswordMade = ber.Context(0)
)

// ParsePasswordModify reads the value of the request. An absent value is a
// request without fields.
func ParsePasswordModify(value []byte) (PasswordModify, error) {
	var v PasswordModify
	if value == nil {
		return v, nil
	}
	err := decodeValue(value, ber.Sequence, func(r *ber.Reader) {
		v.User = optional(r, tagPasswordUser)
		v.Old = optional(r, tagPasswordOld)
		v.New = optional(r, tagPasswordNew)
	})
	return v, err
}

// Encode returns the value of the request.
func (v PasswordModify) Encode() []byte {
	return encodeValue(ber.Sequence, func(b *ber.Builder) {
		encodeOptional(b, tagPasswordNew, v.New)
		encodeOptional(b, tagPasswordOld, v.Old)
		encodeOptional(b, tagPasswordUser, v.User)
	})
}

// ParseMadePassword reads the value of the response: the password the server
// made up, or nil.
func ParseMadePassword(value []byte) (Secret, error) {
	var made Secret
	if value == nil {
		return nil, nil
	}
	err := decodeValue(value, ber.Sequence, func(r *ber.Reader) {
		made = optional(r, tagPasswordMade)
	})
	return made, err
}

// EncodeMadePassword returns the value of a response that carries a password.
func EncodeMadePassword(made Secret) []byte {
	return encodeValue(ber.Sequence, func(b *ber.Builder) {
		encodeOptional(b, tagPasswordMade, made)
	})
}
