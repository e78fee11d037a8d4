package ident

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// RID is the last part of a principal's SID. It is never reused.
type RID uint32

// Well-known RIDs, [MS-DTYP] §2.4.2.4.
const (
	RIDAdministrator     RID = 500
	RIDKrbtgt            RID = 502
	RIDDomainAdmins      RID = 512
	RIDDomainUsers       RID = 513
	RIDDomainComputers   RID = 515
	RIDDomainControllers RID = 516
	RIDFirst             RID = 1100 // the first one given out by us
)

// SID is a security identifier, [MS-DTYP] §2.4.2, in its binary form, so that it
// can be compared and used as a map key.
type SID string

// NewSID returns the SID of authority 5 with these sub-authorities.
func NewSID(subs ...uint32) SID {
	b := make([]byte, 8, 8+4*len(subs))
	b[0], b[1], b[7] = 1, byte(len(subs)), 5
	for _, s := range subs {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	return SID(b)
}

// ParseSID reads S-1-5-….
func ParseSID(s string) (SID, error) {
	bad := fault.New(fault.Invalid, "%q is not a SID", clip(s)).WithHint("a SID looks like S-1-5-21-1004336348-1177238915-682003330")
	parts := strings.Split(s, "-")
	if len(parts) < 4 || len(parts) > 3+15 || !strings.EqualFold(parts[0], "S") || parts[1] != "1" || parts[2] != "5" {
		return "", bad
	}
	subs := make([]uint32, 0, len(parts)-3)
	for _, p := range parts[3:] {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil || p[0] == '+' || len(p) > 1 && p[0] == '0' {
			return "", bad
		}
		subs = append(subs, uint32(n))
	}
	return NewSID(subs...), nil
}

// SIDFromBytes checks and returns a binary SID.
func SIDFromBytes(b []byte) (SID, bool) {
	if len(b) < 12 || b[0] != 1 || b[1] == 0 || b[1] > 15 || len(b) != 8+4*int(b[1]) {
		return "", false
	}
	return SID(b), true
}

// String returns the text form.
func (s SID) String() string {
	if len(s) < 8 {
		return ""
	}
	b := append(make([]byte, 0, 64), "S-1-"...)
	b = strconv.AppendUint(b, binary.BigEndian.Uint64([]byte{0, 0, s[2], s[3], s[4], s[5], s[6], s[7]}), 10)
	for i := 8; i+4 <= len(s); i += 4 {
		b = append(b, '-')
		b = strconv.AppendUint(b, uint64(binary.LittleEndian.Uint32([]byte(s[i:i+4]))), 10)
	}
	return string(b)
}

// With returns the SID of a principal in the domain s.
func (s SID) With(r RID) SID {
	if len(s) < 8 {
		return ""
	}
	b := binary.LittleEndian.AppendUint32([]byte(s), uint32(r))
	b[1]++
	return SID(b)
}

// Split returns a principal's domain SID and RID.
func (s SID) Split() (SID, RID) {
	if len(s) < 12 {
		return "", 0
	}
	n := len(s) - 4
	d := []byte(s[:n])
	d[1]--
	return SID(d), RID(binary.LittleEndian.Uint32([]byte(s[n:])))
}

// IsDomain reports whether s has the shape of a domain's SID: S-1-5-21-a-b-c.
func (s SID) IsDomain() bool {
	return len(s) == 8+4*4 && s[1] == 4 && binary.LittleEndian.Uint32([]byte(s[8:12])) == 21
}

// NewDomainSID draws a random domain SID whose numbers are clear of the ranges
// that machines use for subordinate ids and containers.
func NewDomainSID() SID {
	for {
		var b [12]byte
		_, _ = rand.Read(b[:])
		s := NewSID(21, binary.LittleEndian.Uint32(b[0:]), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:]))
		if clearSlice(s) {
			return s
		}
	}
}

// The ranges below are used by others on the machines we join: shadow's
// subordinate ids (SUB_UID_MIN 100000 … SUB_UID_MAX 600100000), systemd's
// dynamic users and containers (524288 … 1879048191), and the sign bit of int32
// that older tools trip over (2^31).
func clearSlice(s SID) bool {
	first, last := s.numberRange()
	return first > 1879048191 && last < 1<<31
}
