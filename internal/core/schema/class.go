package schema

import "slices"

// Class is a structural object class. Its number stands in stored records.
type Class uint8

// The classes. Append, never reorder and never remove.
const (
	NoClass Class = iota
	User
	Computer
	Group
	OrganizationalUnit
	Container
	DomainDNS
	Configuration
	CrossRef
	CrossRefContainer
	SitesContainer
	Site
	DMD       // the schema container
	SubSchema // the subschema entry
	SudoRole
	AutomountMap
	Automount // an entry of a map
	ManagedServiceAccount
	classes = iota
)

// ClassInfo is what the schema says of a class.
type ClassInfo struct {
	Name  string
	OID   string
	Chain []string // superclasses from the top, then the class itself
	RDN   ID       // the attribute that names an entry of this class
	May   []ID     // attributes of its own, besides those every entry has
}

// Info returns what the schema says of c.
func (c Class) Info() *ClassInfo { return &classTable[c] }

// String returns the class's LDAP name.
func (c Class) String() string { return classTable[c].Name }

// Principal reports whether entries of the class can own a SID and a name.
func (c Class) Principal() bool { return c.Account() || c == Group }

// Classes is one more than the highest number of a class.
const Classes = classes

// Account reports whether entries of the class can sign in.
func (c Class) Account() bool { return c == User || c.Machine() }

// Machines are the classes of which [Class.Machine] is true.
var Machines = []Class{Computer, ManagedServiceAccount}

// Machine reports whether entries of the class are accounts of machines: the one a
// machine joins with, and one it has besides to read the domain, which hosts
// nothing.
func (c Class) Machine() bool { return c == Computer || c == ManagedServiceAccount }

var person = []ID{
	UserPrincipalName, UserAccountControl, AccountExpires, DisplayName, GivenName, SN, Initials, Description,
	Mail, ProxyAddresses, Title, Department, Company, PhysicalDeliveryOfficeName, TelephoneNumber, Mobile, HomePhone,
	FacsimileTelephoneNumber, StreetAddress, L, ST, PostalCode, CO, C, O, EmployeeID, EmployeeType, EmployeeNumber,
	PreferredLanguage, WWWHomePage, Info, Manager, Gecos, UnixHomeDirectory, LoginShell, UIDNumber, GIDNumber,
	SSHPublicKey, AltSecurityIdentities, SIDHistory, ServicePrincipalName, MsDSSupportedEncryptionTypes, UserCertificate,
	SAMAccountName, SAMAccountType, ObjectSID, PrimaryGroupID, MemberOf, TokenGroups, PwdLastSet, BadPwdCount, LockoutTime,
	MsDSKeyVersionNumber, MsDSUserAccountControlComputed, MsDSUserPasswordExpiryTimeComputed, MsDSPrincipalName,
	UnicodePwd, UserPassword, UnixUserPassword, MsDSAadObjectId, MsDSAzureADMailNickname, LastLogonTimestamp, UID,
}

var computer = append([]ID{DNSHostName, OperatingSystem, OperatingSystemVersion, OperatingSystemServicePack, ManagedBy, MsDSCreatorSID, HostAccess, MsDSAllowedToDelegateTo}, person...)

// hosting is what only a machine has that others come to.
var hosting = []ID{ServicePrincipalName, HostAccess, MsDSAllowedToDelegateTo}

// classTable is indexed by Class. The OIDs are those of RFC 4519, RFC 4512 and
// [MS-ADSC], and of sudo's own schema and RFC 2307bis.
var classTable = [classes]ClassInfo{
	NoClass: {Name: "top", OID: "2.5.6.0"},
	User: {
		Name: "user", OID: "1.2.840.113556.1.5.9", RDN: CN,
		Chain: []string{"top", "person", "organizationalPerson", "user"}, May: person,
	},
	Computer: {
		Name: "computer", OID: "1.2.840.113556.1.3.30", RDN: CN,
		Chain: []string{"top", "person", "organizationalPerson", "user", "computer"},
		May:   computer,
	},
	Group: {
		Name: "group", OID: "1.2.840.113556.1.5.8", RDN: CN,
		Chain: []string{"top", "group"},
		May: []ID{
			Member, MemberOf, Owner, ManagedBy, Description, DisplayName, Mail, Info, GroupType, SAMAccountName,
			SAMAccountType, ObjectSID, GIDNumber, TokenGroups, SIDHistory, MsDSAadObjectId, MsDSPrincipalName,
			MemberUid, UniqueMember, IsCriticalSystemObject,
		},
	},
	OrganizationalUnit: {
		Name: "organizationalUnit", OID: "2.5.6.5", RDN: OU,
		Chain: []string{"top", "organizationalUnit"}, May: []ID{OU, Description, DisplayName, ManagedBy, GPLink, GPOptions, L, ST, StreetAddress, PostalCode, CO, C},
	},
	Container:         {Name: "container", OID: "1.2.840.113556.1.3.23", RDN: CN, Chain: []string{"top", "container"}, May: []ID{Description, DisplayName}},
	DomainDNS:         {Name: "domainDNS", OID: "1.2.840.113556.1.5.67", RDN: DC, Chain: []string{"top", "domain", "domainDNS"}, May: []ID{DC, ObjectSID, WellKnownObjects, OtherWellKnownObjects, Description, GPLink, GPOptions, SystemFlags, IsCriticalSystemObject, MsDSMachineAccountQuota}},
	Configuration:     {Name: "configuration", OID: "1.2.840.113556.1.5.12", RDN: CN, Chain: []string{"top", "configuration"}},
	CrossRef:          {Name: "crossRef", OID: "1.2.840.113556.1.3.11", RDN: CN, Chain: []string{"top", "crossRef"}, May: []ID{NCName, NETBIOSName, DnsRoot, SystemFlags}},
	CrossRefContainer: {Name: "crossRefContainer", OID: "1.2.840.113556.1.5.7000.53", RDN: CN, Chain: []string{"top", "crossRefContainer"}},
	SitesContainer:    {Name: "sitesContainer", OID: "1.2.840.113556.1.5.107", RDN: CN, Chain: []string{"top", "sitesContainer"}},
	Site:              {Name: "site", OID: "1.2.840.113556.1.5.31", RDN: CN, Chain: []string{"top", "site"}, May: []ID{GPLink, GPOptions, Description}},
	DMD:               {Name: "dMD", OID: "1.2.840.113556.1.3.9", RDN: CN, Chain: []string{"top", "dMD"}},
	SubSchema:         {Name: "subSchema", OID: "2.5.20.1", RDN: CN, Chain: []string{"top", "subSchema"}},
	SudoRole: {
		Name: "sudoRole", OID: "1.3.6.1.4.1.15953.9.2.1", RDN: CN, Chain: []string{"top", "sudoRole"},
		May: []ID{SudoUser, SudoHost, SudoCommand, SudoOption, SudoRunAsUser, SudoRunAsGroup, SudoNotBefore, SudoNotAfter, SudoOrder, Description},
	},
	AutomountMap: {Name: "automountMap", OID: "1.3.6.1.1.1.2.16", RDN: AutomountMapName, Chain: []string{"top", "automountMap"}, May: []ID{AutomountMapName, Description}},
	Automount:    {Name: "automount", OID: "1.3.6.1.1.1.2.17", RDN: AutomountKey, Chain: []string{"top", "automount"}, May: []ID{AutomountKey, AutomountInformation, Description}},
	ManagedServiceAccount: {
		Name: "msDS-ManagedServiceAccount", OID: "1.2.840.113556.1.5.264", RDN: CN,
		Chain: []string{"top", "person", "organizationalPerson", "user", "computer", "msDS-ManagedServiceAccount"},
		May:   slices.DeleteFunc(slices.Clone(computer), func(id ID) bool { return slices.Contains(hosting, id) }),
	},
}

// everyEntry are the attributes that an entry of any class has.
var everyEntry = []ID{
	CN, Name, DistinguishedName, ObjectClass, ObjectCategory, ObjectGUID, InstanceType, WhenCreated, WhenChanged,
	USNCreated, USNChanged, CreateTimestamp, ModifyTimestamp, SubschemaSubentry, StructuralObjectClass, EntryUUID, EntryDN,
	HasSubordinates, NTSecurityDescriptor,
}

var allowed = func() [classes]map[ID]bool {
	var out [classes]map[ID]bool
	for c := range out {
		out[c] = make(map[ID]bool)
		for _, id := range everyEntry {
			out[c][id] = true
		}
		for _, id := range classTable[c].May {
			out[c][id] = true
		}
	}
	return out
}()

// Allows reports whether entries of the class can have the attribute.
func (c Class) Allows(id ID) bool { return allowed[c][id] }

// ClassOf finds the structural class that a list of objectClass values names:
// the most specific of them. ok is false if there is none, or if one of the
// values is not on that class's chain.
func ClassOf(names []string) (Class, bool) {
	best := NoClass
	for _, n := range names {
		if c, ok := lookupClass(n); ok && len(c.Info().Chain) > len(best.Info().Chain) {
			best = c
		}
	}
	if best == NoClass {
		return NoClass, false
	}
	for _, n := range names {
		if !best.IsA(n) {
			return NoClass, false
		}
	}
	return best, true
}

// IsA reports whether name is the class or one of its superclasses.
func (c Class) IsA(name string) bool {
	info := &classTable[c]
	for _, n := range info.Chain {
		if equalASCII(n, name) {
			return true
		}
	}
	// InetOrgPerson's and posix tools' auxiliary names add nothing here, and
	// scripts of other directories send them.
	return name == info.OID || c == User && equalASCII(name, "inetOrgPerson")
}

func lookupClass(name string) (Class, bool) {
	for c := User; c < classes; c++ {
		if equalASCII(classTable[c].Name, name) || classTable[c].OID == name {
			return c, true
		}
	}
	return NoClass, false
}

func equalASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x >= 'A' && x <= 'Z' {
			x |= 0x20
		}
		if y >= 'A' && y <= 'Z' {
			y |= 0x20
		}
		if x != y {
			return false
		}
	}
	return true
}
