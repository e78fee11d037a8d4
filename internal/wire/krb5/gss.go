package krb5

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// The object identifiers of the Kerberos mechanism, as their contents are
// encoded.
var (
	OIDKerberos   = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02} // 1.2.840.113554.1.2.2, RFC 1964 §1
	OIDMSKerberos = []byte{0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02} // 1.2.840.48018.1.2.2, [MS-SPNG] §3.1.5.2
)

// IsKerberosOID reports whether an identifier is the mechanism's, in its own
// form or in the one Windows 2000 wrote by mistake and everybody since.
func IsKerberosOID(oid []byte) bool {
	return bytes.Equal(oid, OIDKerberos) || bytes.Equal(oid, OIDMSKerberos)
}

// TokenID says what a token of the mechanism carries, RFC 4121 §4.1 and §4.2.
type TokenID uint16

// What tokens carry.
const (
	TokenAPReq TokenID = 0x0100
	TokenAPRep TokenID = 0x0200
	TokenError TokenID = 0x0300
	TokenMIC   TokenID = 0x0404
	TokenWrap  TokenID = 0x0504
)

// ContextToken is a token that sets a context up, RFC 2743 §3.1 and RFC 4121
// §4.1.
type ContextToken struct {
	OID     []byte
	ID      TokenID
	Message []byte // AP-REQ, AP-REP or KRB-ERROR
}

// ParseContextToken reads a token. Its identifier must be one of the
// mechanism's.
func ParseContextToken(p []byte) (ContextToken, error) {
	var t ContextToken
	r := ber.NewReader(p)
	tag, body := r.Any()
	r.Done()
	if r.Err() != nil || tag != ber.Application(0) {
		return t, ErrToken
	}
	inner := ber.NewReader(body)
	element := inner.Element()
	id := ber.NewReader(element)
	t.OID = id.Octets(ber.ObjectID)
	rest := body[len(element):]
	if inner.Err() != nil || id.Err() != nil || !IsKerberosOID(t.OID) || len(rest) < 2 {
		return ContextToken{}, ErrToken
	}
	t.ID, t.Message = TokenID(binary.BigEndian.Uint16(rest)), rest[2:]
	return t, nil
}

// Append writes the token in front of what b holds.
func (t ContextToken) Append(b *ber.Builder) {
	end := b.Len()
	b.Raw(t.Message)
	b.Raw([]byte{byte(t.ID >> 8), byte(t.ID)})
	b.Octets(ber.ObjectID, t.OID)
	b.Wrap(ber.Application(0), end)
}

// Marshal returns the token in octets of its own.
func (t ContextToken) Marshal() []byte { return marshal(t) }

// GSSFlags are what an initiator wants of a context, RFC 4121 §4.1.1.1.
type GSSFlags uint32

// What an initiator wants.
const (
	GSSDelegate GSSFlags = 1 << 0  // GSS_C_DELEG_FLAG
	GSSMutual   GSSFlags = 1 << 1  // GSS_C_MUTUAL_FLAG
	GSSReplay   GSSFlags = 1 << 2  // GSS_C_REPLAY_FLAG
	GSSSequence GSSFlags = 1 << 3  // GSS_C_SEQUENCE_FLAG
	GSSConf     GSSFlags = 1 << 4  // GSS_C_CONF_FLAG
	GSSInteg    GSSFlags = 1 << 5  // GSS_C_INTEG_FLAG
	GSSDCEStyle GSSFlags = 1 << 12 // GSS_C_DCE_STYLE, [MS-KILE] §3.2.5.2
	GSSIdentify GSSFlags = 1 << 13 // GSS_C_IDENTIFY_FLAG
	GSSExtError GSSFlags = 1 << 14 // GSS_C_EXTENDED_ERROR_FLAG
	gssBindings          = 16      // octets of the hash
	gssFixed             = 8 + gssBindings
)

// Has reports whether every flag of g is set.
func (f GSSFlags) Has(g GSSFlags) bool { return f&g == g }

// GSSChecksum is the value of the checksum CheckGSS in an authenticator, RFC
// 4121 §4.1.1. It is no checksum: the authenticator's encryption protects it.
type GSSChecksum struct {
	Bindings   [gssBindings]byte // MD5 of the channel bindings; zero for none
	Flags      GSSFlags
	Delegation []byte // a KRB-CRED; nil unless GSSDelegate
	Extensions []byte // RFC 6542; as they came
}

// delegationOption is the number before a delegated KRB-CRED.
const delegationOption = 1

// ParseGSSChecksum reads the value of a checksum of type CheckGSS.
func ParseGSSChecksum(p []byte) (GSSChecksum, error) {
	var c GSSChecksum
	if len(p) < gssFixed || binary.LittleEndian.Uint32(p) != gssBindings {
		return c, ErrLength
	}
	copy(c.Bindings[:], p[4:])
	c.Flags = GSSFlags(binary.LittleEndian.Uint32(p[4+gssBindings:]))
	rest := p[gssFixed:]
	if c.Flags.Has(GSSDelegate) {
		if len(rest) < 4 || binary.LittleEndian.Uint16(rest) != delegationOption {
			return GSSChecksum{}, ErrToken
		}
		n := int(binary.LittleEndian.Uint16(rest[2:]))
		if n > len(rest)-4 {
			return GSSChecksum{}, ErrLength
		}
		c.Delegation, rest = rest[4:4+n:4+n], rest[4+n:]
	}
	if len(rest) > 0 {
		c.Extensions = rest
	}
	return c, nil
}

// Marshal returns the value in octets of its own, or [ErrLength] if what is
// delegated is too long for its header. Without Delegation the flag for it is
// not written.
func (c *GSSChecksum) Marshal() ([]byte, error) {
	if len(c.Delegation) > math.MaxUint16 {
		return nil, ErrLength
	}
	flags := c.Flags &^ GSSDelegate
	if c.Delegation != nil {
		flags |= GSSDelegate
	}
	p := make([]byte, 0, gssFixed+4+len(c.Delegation)+len(c.Extensions))
	p = binary.LittleEndian.AppendUint32(p, gssBindings)
	p = append(p, c.Bindings[:]...)
	p = binary.LittleEndian.AppendUint32(p, uint32(flags))
	if c.Delegation != nil {
		p = binary.LittleEndian.AppendUint16(p, delegationOption)
		p = binary.LittleEndian.AppendUint16(p, uint16(len(c.Delegation)))
		p = append(p, c.Delegation...)
	}
	return append(p, c.Extensions...), nil
}
