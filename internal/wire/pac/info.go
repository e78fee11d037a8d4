package pac

import (
	"math"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ndr"
)

// ClientInfo ties a PAC to its ticket, [MS-PAC] §2.7: both values must be the
// ticket's.
type ClientInfo struct {
	AuthTime time.Time
	Name     string
}

// clientHead is the length of a ClientInfo without its name.
const clientHead = 10

// Marshal returns the buffer. It fails on a name of 64 KiB.
func (c ClientInfo) Marshal() ([]byte, error) {
	n := 2 * ndr.Units(c.Name)
	if n > math.MaxUint16 {
		return nil, ErrLong
	}
	p := le.AppendUint64(make([]byte, 0, clientHead+n), filetime(c.AuthTime))
	return ndr.AppendUTF16(le.AppendUint16(p, uint16(n)), c.Name), nil
}

// ParseClientInfo reads the buffer of type [Client].
func ParseClientInfo(p []byte) (ClientInfo, error) {
	if len(p) < clientHead {
		return ClientInfo{}, ErrTruncated
	}
	n := int(le.Uint16(p[8:]))
	if n > len(p)-clientHead {
		return ClientInfo{}, ErrTruncated
	}
	return ClientInfo{fromFiletime(le.Uint64(p)), ndr.DecodeUTF16(p[clientHead : clientHead+n])}, nil
}

// AttributesInfo says why there is a PAC (PAC_ATTRIBUTES_INFO), [MS-PAC] §2.14.
type AttributesInfo uint32

// Why there is a PAC.
const (
	PACRequested  AttributesInfo = 1 // PAC_WAS_REQUESTED
	PACImplicitly AttributesInfo = 2 // PAC_WAS_GIVEN_IMPLICITLY
)

// attributeBits is how many bits are in use.
const attributeBits = 2

// Marshal returns the buffer.
func (a AttributesInfo) Marshal() []byte {
	return le.AppendUint32(le.AppendUint32(nil, attributeBits), uint32(a))
}

// ParseAttributesInfo reads the buffer of type [Attributes].
func ParseAttributesInfo(p []byte) (AttributesInfo, error) {
	if len(p) < 8 {
		return 0, ErrTruncated
	}
	return AttributesInfo(le.Uint32(p[4:])), nil
}

// ParseRequestor reads the buffer of type [Requestor]: the SID of the account the
// ticket was given to, [MS-PAC] §2.15. An account of the same name made later has
// another.
func ParseRequestor(p []byte) (SID, error) {
	if err := SID(p).check(); err != nil {
		return nil, err
	}
	return p, nil
}
