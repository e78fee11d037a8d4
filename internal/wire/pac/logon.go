package pac

import (
	"fmt"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ndr"
)

// LogonInfo says who a client is and in which groups (KERB_VALIDATION_INFO),
// [MS-PAC] §2.5. A time that is zero never comes.
type LogonInfo struct {
	LogonTime          time.Time
	LogoffTime         time.Time
	KickOffTime        time.Time
	PasswordLastSet    time.Time
	PasswordCanChange  time.Time
	PasswordMustChange time.Time
	Name               string // sAMAccountName
	FullName           string
	LogonScript        string
	ProfilePath        string
	HomeDirectory      string
	HomeDrive          string
	LogonCount         uint16
	BadPasswordCount   uint16
	UserRID            uint32
	PrimaryGroupRID    uint32
	Groups             []Group // of the domain, the primary one among them
	UserFlags          uint32
	LogonServer        string // its NetBIOS name
	Domain             string // its NetBIOS name
	DomainSID          SID
	UserAccountControl uint32 // of [MS-SAMR] §2.2.1.12, not of the directory
	ExtraSIDs          []SIDAttributes
	ResourceDomainSID  SID
	ResourceGroups     []Group
}

// The flags of UserFlags that say which lists are filled, [MS-PAC] §2.5.
const (
	UserExtraSIDs      = 0x20  // LOGON_EXTRA_SIDS
	UserResourceGroups = 0x200 // LOGON_RESOURCE_GROUPS
)

// The bits of UserAccountControl, [MS-SAMR] §2.2.1.12. They are not those of
// LDAP's userAccountControl.
const (
	AccountDisabled    = 0x01  // USER_ACCOUNT_DISABLED
	AccountNormal      = 0x10  // USER_NORMAL_ACCOUNT
	AccountWorkstation = 0x80  // USER_WORKSTATION_TRUST_ACCOUNT
	AccountServer      = 0x100 // USER_SERVER_TRUST_ACCOUNT
)

// texts lists the strings before the numbers, in their order.
func (l *LogonInfo) texts() [6]*string {
	return [...]*string{&l.Name, &l.FullName, &l.LogonScript, &l.ProfilePath, &l.HomeDirectory, &l.HomeDrive}
}

// times lists the times before the strings, in their order.
func (l *LogonInfo) times() [6]*time.Time {
	return [...]*time.Time{&l.LogonTime, &l.LogoffTime, &l.KickOffTime, &l.PasswordLastSet, &l.PasswordCanChange, &l.PasswordMustChange}
}

// Marshal returns the buffer. It fails on a malformed SID or a string of 64 KiB.
func (l *LogonInfo) Marshal() ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	w := ndr.NewWriter()
	l.writeFields(w)
	for _, s := range l.texts() {
		w.StringBody(*s)
	}
	writeGroups(w, l.Groups)
	w.StringBody(l.LogonServer)
	w.StringBody(l.Domain)
	if l.DomainSID != nil {
		writeSID(w, l.DomainSID)
	}
	writeSIDs(w, l.ExtraSIDs)
	if l.ResourceDomainSID != nil {
		writeSID(w, l.ResourceDomainSID)
	}
	writeGroups(w, l.ResourceGroups)
	p, err := w.Bytes()
	if err != nil {
		return nil, fmt.Errorf("pac: logon information: %w", err)
	}
	return p, nil
}

func (l *LogonInfo) check() error {
	for _, s := range []SID{l.DomainSID, l.ResourceDomainSID} {
		if err := s.check(); s != nil && err != nil {
			return err
		}
	}
	for _, s := range l.ExtraSIDs {
		if err := s.SID.check(); err != nil {
			return err
		}
	}
	return nil
}

// writeFields writes the structure, without what it points to. The fields
// without a name here are reserved, or tell of interactive sign-ins, which a KDC
// does not count: zero.
func (l *LogonInfo) writeFields(w *ndr.Writer) {
	for _, t := range l.times() {
		writeTime(w, *t)
	}
	for _, s := range l.texts() {
		w.StringHeader(*s)
	}
	w.Uint16(l.LogonCount)
	w.Uint16(l.BadPasswordCount)
	w.Uint32(l.UserRID)
	w.Uint32(l.PrimaryGroupRID)
	w.Uint32(uint32(len(l.Groups)))
	w.Pointer(len(l.Groups) > 0)
	w.Uint32(l.UserFlags)
	w.Octets(make([]byte, 16)) // UserSessionKey: zero in Kerberos
	w.StringHeader(l.LogonServer)
	w.StringHeader(l.Domain)
	w.Pointer(l.DomainSID != nil)
	w.Octets(make([]byte, 8)) // Reserved1
	w.Uint32(l.UserAccountControl)
	w.Octets(make([]byte, 28)) // SubAuthStatus to Reserved3
	w.Uint32(uint32(len(l.ExtraSIDs)))
	w.Pointer(len(l.ExtraSIDs) > 0)
	w.Pointer(l.ResourceDomainSID != nil)
	w.Uint32(uint32(len(l.ResourceGroups)))
	w.Pointer(len(l.ResourceGroups) > 0)
}

// ParseLogonInfo reads the buffer of type [Logon].
func ParseLogonInfo(p []byte) (*LogonInfo, error) {
	l, r := new(LogonInfo), ndr.NewReader(p)
	l.read(r)
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("pac: logon information: %w", err)
	}
	return l, nil
}

func (l *LogonInfo) read(r *ndr.Reader) {
	for _, t := range l.times() {
		*t = readTime(r)
	}
	var heads [6]ndr.String
	for i := range heads {
		heads[i] = r.StringHeader()
	}
	l.LogonCount, l.BadPasswordCount = r.Uint16(), r.Uint16()
	l.UserRID, l.PrimaryGroupRID = r.Uint32(), r.Uint32()
	groups, hasGroups := r.Uint32(), r.Pointer()
	l.UserFlags = r.Uint32()
	_ = r.Octets(16)
	server, domain := r.StringHeader(), r.StringHeader()
	hasDomainSID := r.Pointer()
	_ = r.Octets(8)
	l.UserAccountControl = r.Uint32()
	_ = r.Octets(28)
	extra, hasExtra := r.Uint32(), r.Pointer()
	hasResourceSID := r.Pointer()
	resource, hasResource := r.Uint32(), r.Pointer()

	for i, s := range l.texts() {
		*s = r.StringBody(heads[i])
	}
	l.Groups = readGroups(r, groups, hasGroups)
	l.LogonServer = r.StringBody(server)
	l.Domain = r.StringBody(domain)
	if hasDomainSID {
		l.DomainSID = readSID(r)
	}
	l.ExtraSIDs = readSIDs(r, extra, hasExtra)
	if hasResourceSID {
		l.ResourceDomainSID = readSID(r)
	}
	l.ResourceGroups = readGroups(r, resource, hasResource)
}
