package pac

import (
	"math"

	"github.com/selfsame-dev/selfsame/internal/wire/ndr"
)

// UPNInfo names a client as people do (UPN_DNS_INFO), [MS-PAC] §2.10. With a SAM
// name or a SID it has the extended form, which SSSD checks its entry against.
type UPNInfo struct {
	UPN       string
	DNSDomain string // upper case
	MadeUp    bool   // the account has no UPN of its own
	SAM       string
	SID       SID
}

// The flags of a UPN_DNS_INFO.
const (
	upnMadeUp   = 1 // U
	upnExtended = 2 // S
)

const (
	upnHead    = 12 // two lengths and offsets, and the flags
	upnExtHead = 20 // two more
)

// upnFields are the parts of a UPN_DNS_INFO in the order of their lengths, and
// where these stand.
var upnFields = [4]int{0, 4, 12, 16}

// Marshal returns the buffer. It fails on a malformed SID, and if it does not fit
// in 64 KiB.
func (u UPNInfo) Marshal() ([]byte, error) {
	parts := [][]byte{ndr.AppendUTF16(nil, u.UPN), ndr.AppendUTF16(nil, u.DNSDomain)}
	flags, head := uint32(0), upnHead
	if u.MadeUp {
		flags |= upnMadeUp
	}
	if u.SAM != "" || u.SID != nil {
		if err := u.SID.check(); err != nil {
			return nil, err
		}
		parts = append(parts, ndr.AppendUTF16(nil, u.SAM), u.SID)
		flags, head = flags|upnExtended, upnExtHead
	}
	p := make([]byte, padded(head))
	le.PutUint32(p[8:], flags)
	for i, part := range parts {
		if len(p)+len(part) > math.MaxUint16 {
			return nil, ErrLong
		}
		le.PutUint16(p[upnFields[i]:], uint16(len(part)))
		le.PutUint16(p[upnFields[i]+2:], uint16(len(p)))
		p = append(p, part...)
		p = append(p, make([]byte, padded(len(p))-len(p))...)
	}
	return p, nil
}

// ParseUPNInfo reads the buffer of type [UPNDNS].
func ParseUPNInfo(p []byte) (UPNInfo, error) {
	if len(p) < upnHead {
		return UPNInfo{}, ErrTruncated
	}
	flags := le.Uint32(p[8:])
	n := 2
	if flags&upnExtended != 0 {
		n = 4
	}
	var parts [4][]byte
	for i, at := range upnFields[:n] {
		var err error
		if parts[i], err = upnPart(p, at); err != nil {
			return UPNInfo{}, err
		}
	}
	u := UPNInfo{UPN: ndr.DecodeUTF16(parts[0]), DNSDomain: ndr.DecodeUTF16(parts[1]), MadeUp: flags&upnMadeUp != 0}
	if n == 4 {
		u.SAM, u.SID = ndr.DecodeUTF16(parts[2]), parts[3]
		if err := u.SID.check(); err != nil {
			return UPNInfo{}, err
		}
	}
	return u, nil
}

// upnPart returns the octets whose length and offset stand at a place.
func upnPart(p []byte, at int) ([]byte, error) {
	if len(p) < at+4 {
		return nil, ErrTruncated
	}
	n, from := int(le.Uint16(p[at:])), int(le.Uint16(p[at+2:]))
	if from > len(p) || n > len(p)-from {
		return nil, ErrOffset
	}
	return p[from : from+n : from+n], nil
}
