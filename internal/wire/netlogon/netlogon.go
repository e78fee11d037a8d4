// Package netlogon turns the answer to a domain controller ping into a value and
// back: NETLOGON_SAM_LOGON_RESPONSE_EX, [MS-ADTS] §6.3.1.9.
//
// What always holds: Parse never panics, never follows a pointer forwards and so
// never in a circle, and allocates no more than the names it may return.
//
// The ping itself is an LDAP search; what it asks for is not known here.
package netlogon

import (
	"encoding/binary"
	"errors"
	"strings"
)

// NtVer says what a client understands and what a controller answers with,
// [MS-ADTS] §6.3.1.1.
type NtVer uint32

// The bits of NtVer.
const (
	NtV1         NtVer = 0x00000001 // NETLOGON_NT_VERSION_1
	NtV5         NtVer = 0x00000002 // NETLOGON_NT_VERSION_5
	NtV5Ex       NtVer = 0x00000004 // NETLOGON_NT_VERSION_5EX: this answer
	NtV5ExWithIP NtVer = 0x00000008 // NETLOGON_NT_VERSION_5EX_WITH_IP
	NtWithSite   NtVer = 0x00000010 // NETLOGON_NT_VERSION_WITH_CLOSEST_SITE
	NtAvoidNT4   NtVer = 0x01000000 // NETLOGON_NT_VERSION_AVOID_NT4EMUL
	NtPDC        NtVer = 0x10000000 // NETLOGON_NT_VERSION_PDC
	NtIP         NtVer = 0x20000000 // NETLOGON_NT_VERSION_IP
	NtLocal      NtVer = 0x40000000 // NETLOGON_NT_VERSION_LOCAL
	NtGC         NtVer = 0x80000000 // NETLOGON_NT_VERSION_GC
)

// Flags say what a controller is and does (DS_FLAG), [MS-ADTS] §6.3.1.2.
type Flags uint32

// What a controller is and does.
const (
	PDC           Flags = 0x00000001 // DS_PDC_FLAG
	GC            Flags = 0x00000004 // DS_GC_FLAG
	LDAP          Flags = 0x00000008 // DS_LDAP_FLAG
	DS            Flags = 0x00000010 // DS_DS_FLAG
	KDC           Flags = 0x00000020 // DS_KDC_FLAG
	TimeServ      Flags = 0x00000040 // DS_TIMESERV_FLAG
	Closest       Flags = 0x00000080 // DS_CLOSEST_FLAG: in the client's site
	Writable      Flags = 0x00000100 // DS_WRITABLE_FLAG
	GoodTimeServ  Flags = 0x00000200 // DS_GOOD_TIMESERV_FLAG: has a clock of its own
	NDNC          Flags = 0x00000400 // DS_NDNC_FLAG: not a domain
	SelectSecret  Flags = 0x00000800 // DS_SELECT_SECRET_DOMAIN_6_FLAG: read-only
	FullSecret    Flags = 0x00001000 // DS_FULL_SECRET_DOMAIN_6_FLAG
	WebService    Flags = 0x00002000 // DS_WS_FLAG
	DS8           Flags = 0x00004000 // DS_DS_8_FLAG
	DS9           Flags = 0x00008000 // DS_DS_9_FLAG
	DNSController Flags = 0x20000000 // DS_DNS_CONTROLLER_FLAG
	DNSDomain     Flags = 0x40000000 // DS_DNS_DOMAIN_FLAG
	DNSForest     Flags = 0x80000000 // DS_DNS_FOREST_FLAG
)

// The opcodes of an answer, [MS-ADTS] §6.3.1.3.
const (
	opFound       = 23 // LOGON_SAM_LOGON_RESPONSE_EX
	opUserUnknown = 25 // LOGON_SAM_USER_UNKNOWN_EX
)

// What can be wrong with an answer.
var (
	ErrTruncated = errors.New("netlogon: ends too early")
	ErrOpcode    = errors.New("netlogon: not a NETLOGON_SAM_LOGON_RESPONSE_EX")
	ErrName      = errors.New("netlogon: malformed name")
)

// noLMNT are the two tokens at the end: there is neither LM 2.0 nor Windows NT 4,
// [MS-ADTS] §6.3.1.9.
const noLMNT = 0xffffffff

// Response describes the controller that answers. An empty name is one label of
// no octets.
type Response struct {
	UserUnknown bool // the ping named a user, and there is none
	Flags       Flags
	DomainGUID  [16]byte // as in objectGUID
	Forest      string
	Domain      string
	Host        string // the controller's name in DNS: of its SPNs and SRV records too
	NetBIOS     string // of the domain
	NetBIOSHost string
	User        string
	Site        string // of the controller
	ClientSite  string // SSSD does without sites when it is empty
	NtVer       NtVer  // NtV1 | NtV5Ex
}

var le = binary.LittleEndian

// names lists the names in their order.
func (r *Response) names() [8]*string {
	return [...]*string{&r.Forest, &r.Domain, &r.Host, &r.NetBIOS, &r.NetBIOSHost, &r.User, &r.Site, &r.ClientSite}
}

const fixed = 24 // opcode, Sbz, flags, GUID

// Marshal returns the answer, or [ErrName] if a name has a label that is empty or
// longer than 63 octets, or is longer than 255.
func (r *Response) Marshal() ([]byte, error) {
	op := uint16(opFound)
	if r.UserUnknown {
		op = opUserUnknown
	}
	c := compressor{buf: make([]byte, 0, 256)}
	c.buf = le.AppendUint16(c.buf, op)
	c.buf = le.AppendUint16(c.buf, 0)
	c.buf = le.AppendUint32(c.buf, uint32(r.Flags))
	c.buf = append(c.buf, r.DomainGUID[:]...)
	for _, n := range r.names() {
		if err := c.name(*n); err != nil {
			return nil, err
		}
	}
	c.buf = le.AppendUint32(c.buf, uint32(r.NtVer))
	return le.AppendUint32(c.buf, noLMNT), nil
}

// Parse reads an answer. What may stand between the names and the version, the
// controller's address or the next closest site, is not asked for and passed
// over.
func Parse(p []byte) (Response, error) {
	var r Response
	if len(p) < fixed {
		return r, ErrTruncated
	}
	switch le.Uint16(p) {
	case opFound:
	case opUserUnknown:
		r.UserUnknown = true
	default:
		return Response{}, ErrOpcode
	}
	r.Flags = Flags(le.Uint32(p[4:]))
	copy(r.DomainGUID[:], p[8:])
	at := fixed
	for _, n := range r.names() {
		var err error
		if *n, at, err = name(p, at); err != nil {
			return Response{}, err
		}
	}
	if len(p)-at < 8 {
		return Response{}, ErrTruncated
	}
	r.NtVer = NtVer(le.Uint32(p[len(p)-8:]))
	return r, nil
}

// trimDot drops the dot of the root, which no name here carries.
func trimDot(s string) string { return strings.TrimSuffix(s, ".") }
