package krb5

import (
	"encoding/binary"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// ForUser names the user a service wants a ticket for (PA-FOR-USER), [MS-SFU]
// §2.2.1.
type ForUser struct {
	Name        PrincipalName
	Realm       Realm
	Checksum    Checksum // over Signed, UsageForUser
	AuthPackage string   // "Kerberos"
}

func (u *ForUser) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	u.Name = field(r, 0, readName)
	u.Realm = field(r, 1, readRealm)
	u.Checksum = field(r, 2, part[Checksum])
	u.AuthPackage = field(r, 3, readText)
	r.Leave(outer)
}

// ParseForUser reads the value of a PA-FOR-USER.
func ParseForUser(p []byte) (ForUser, error) { return parse[ForUser]("PA-FOR-USER", p) }

// Append writes the value in front of what b holds.
func (u *ForUser) Append(b *ber.Builder) {
	end := b.Len()
	putText(b, 3, u.AuthPackage)
	put(b, 2, u.Checksum)
	putText(b, 1, string(u.Realm))
	put(b, 0, u.Name)
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the value in octets of its own.
func (u *ForUser) Marshal() []byte { return marshal(u) }

// Signed returns what the checksum is over (S4UByteArray): the name's type, its
// parts, the realm and the package, without lengths, [MS-SFU] §2.2.1.
func (u *ForUser) Signed() []byte {
	p := binary.LittleEndian.AppendUint32(nil, uint32(u.Name.Type))
	for _, s := range u.Name.Parts {
		p = append(p, s...)
	}
	p = append(p, u.Realm...)
	return append(p, u.AuthPackage...)
}

// S4UX509User names the user by name or certificate (PA-S4U-X509-USER), [MS-SFU]
// §2.2.2.
type S4UX509User struct {
	UserID   S4UUserID
	Checksum Checksum // over UserID.Raw, UsageS4UX509Request or …Reply
}

// S4UUserID is the signed part of a PA-S4U-X509-USER.
type S4UUserID struct {
	Nonce       int64 // of the request's body
	CName       PrincipalName
	CRealm      Realm
	Certificate []byte
	Options     S4UOptions
	Raw         []byte // as received
}

func (u *S4UX509User) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	u.UserID = field(r, 0, readUserID)
	u.Checksum = field(r, 1, part[Checksum])
	r.Leave(outer)
}

// readUserID reads the signed part and keeps it as it came.
func readUserID(r *ber.Reader) S4UUserID {
	ahead := *r
	raw := ahead.Element()
	u := part[S4UUserID](r)
	u.Raw = raw
	return u
}

func (u *S4UUserID) decode(r *ber.Reader) {
	outer := r.Enter(ber.Sequence)
	u.Nonce = field(r, 0, readNonce)
	u.CName = optional(r, 1, readName)
	u.CRealm = field(r, 2, readRealm)
	u.Certificate = optional(r, 3, readOctets)
	u.Options = S4UOptions(optional(r, 4, readBits))
	r.Leave(outer)
}

// ParseS4UX509User reads the value of a PA-S4U-X509-USER.
func ParseS4UX509User(p []byte) (S4UX509User, error) {
	return parse[S4UX509User]("PA-S4U-X509-USER", p)
}

// Append writes the value in front of what b holds.
func (u *S4UX509User) Append(b *ber.Builder) {
	end := b.Len()
	put(b, 1, u.Checksum)
	put(b, 0, &u.UserID)
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the value in octets of its own.
func (u *S4UX509User) Marshal() []byte { return marshal(u) }

// Append writes the fields in front of what b holds.
func (u *S4UUserID) Append(b *ber.Builder) {
	end := b.Len()
	if u.Options != 0 {
		putBits(b, 4, uint32(u.Options))
	}
	putOptOctets(b, 3, u.Certificate)
	putText(b, 2, string(u.CRealm))
	putOptName(b, 1, u.CName)
	putInt(b, 0, u.Nonce)
	b.Wrap(ber.Sequence, end)
}

// Marshal returns the fields in octets of their own: what a checksum is over.
func (u *S4UUserID) Marshal() []byte { return marshal(u) }
