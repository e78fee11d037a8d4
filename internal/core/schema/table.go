package schema

// The attributes. The order is the number in stored records: append, never
// reorder and never remove.
const (
	_ ID = iota
	CN
	Name
	DistinguishedName
	ObjectClass
	ObjectCategory
	ObjectGUID
	ObjectSID
	SAMAccountName
	SAMAccountType
	UserPrincipalName
	UserAccountControl
	PrimaryGroupID
	GroupType
	InstanceType
	WhenCreated
	WhenChanged
	USNCreated
	USNChanged
	CreateTimestamp
	ModifyTimestamp
	SubschemaSubentry
	StructuralObjectClass
	EntryUUID
	EntryDN
	HasSubordinates
	MemberOf
	Member
	Owner
	Manager
	ManagedBy
	TokenGroups
	UIDNumber
	GIDNumber
	Gecos
	UnixHomeDirectory
	LoginShell
	AccountExpires
	PwdLastSet
	BadPwdCount
	LockoutTime
	MsDSKeyVersionNumber
	MsDSUserAccountControlComputed
	MsDSUserPasswordExpiryTimeComputed
	MsDSPrincipalName
	UnicodePwd
	UserPassword
	DisplayName
	GivenName
	SN
	Initials
	Description
	Mail
	ProxyAddresses
	Title
	Department
	Company
	PhysicalDeliveryOfficeName
	TelephoneNumber
	Mobile
	HomePhone
	FacsimileTelephoneNumber
	StreetAddress
	L
	ST
	PostalCode
	CO
	C
	O
	EmployeeID
	EmployeeType
	EmployeeNumber
	PreferredLanguage
	WWWHomePage
	Info
	AltSecurityIdentities
	SIDHistory
	MsDSAadObjectId
	MsDSAzureADMailNickname
	ServicePrincipalName
	DNSHostName
	OperatingSystem
	OperatingSystemVersion
	OperatingSystemServicePack
	MsDSSupportedEncryptionTypes
	UserCertificate
	OU
	DC
	WellKnownObjects
	NCName
	NETBIOSName
	DnsRoot
	SystemFlags
	IsCriticalSystemObject
	GPLink
	GPOptions
	NTSecurityDescriptor
	LastLogonTimestamp
	UnixUserPassword
	UID
	MemberUid
	UniqueMember
	DefaultNamingContext
	RootDomainNamingContext
	ConfigurationNamingContext
	SchemaNamingContext
	NamingContexts
	AltServer
	SupportedExtension
	SupportedControl
	SupportedSASLMechanisms
	SupportedLDAPVersion
	SupportedFeatures
	SupportedCapabilities
	SupportedLDAPPolicies
	LdapServiceName
	ServerName
	DsServiceName
	CurrentTime
	HighestCommittedUSN
	DomainFunctionality
	ForestFunctionality
	DomainControllerFunctionality
	IsSynchronized
	IsGlobalCatalogReady
	VendorName
	VendorVersion
	AttributeTypes
	ObjectClasses
	LdapSyntaxes
	MatchingRules
	MatchingRuleUse
	DITContentRules
	DITStructureRules
	NameForms
	SecurityIdentifier
	TrustPartner
	FlatName
	TrustType
	TrustAttributes
	TrustDirection
	MsDSMachineAccountQuota
	MsDSCreatorSID
	SSHPublicKey
	SudoUser
	SudoHost
	SudoCommand
	SudoOption
	SudoRunAsUser
	SudoRunAsGroup
	SudoNotBefore
	SudoNotAfter
	SudoOrder
	AutomountMapName
	AutomountKey
	AutomountInformation
	HostAccess
	MsDSAllowedToDelegateTo
	OtherWellKnownObjects
)

// table has one row an attribute, in the order of the constants. OIDs are those of
// RFC 4519, RFC 4512, RFC 2307 and [MS-ADA1] to [MS-ADSC] where these define one;
// those below 1.2.840.113556.1.4.2301 and .2325 name rootDSE and synchronization
// attributes, for which Active Directory publishes none.
var table = [...]Attr{
	{},
	{ID: CN, Name: "cn", OID: "2.5.4.3", Syntax: Text, Single: true, Source: Computed, Read: Known, Write: Naming, Max: 64, Label: "Common name"},
	{ID: Name, Name: "name", OID: "1.2.840.113556.1.4.1", Syntax: Text, Single: true, Source: Computed, Read: Known, Write: Naming, Max: 255, Label: "Name"},
	{ID: DistinguishedName, Name: "distinguishedName", OID: "2.5.4.49", Syntax: Text, Single: true, Source: Computed, Read: Known, Label: "Distinguished name"},
	{ID: ObjectClass, Name: "objectClass", OID: "2.5.4.0", Syntax: OID, Source: Computed, Read: Known, Label: "Object class"},
	{ID: ObjectCategory, Name: "objectCategory", OID: "1.2.840.113556.1.4.782", Syntax: Text, Single: true, Source: Computed, Read: Known, Label: "Object category"},
	{ID: ObjectGUID, Name: "objectGUID", OID: "1.2.840.113556.1.4.2", Syntax: GUID, Single: true, Source: Computed, Read: Known, Label: "Object id"},
	{ID: ObjectSID, Name: "objectSid", OID: "1.2.840.113556.1.4.146", Syntax: SIDs, Single: true, Source: Computed, Read: Known, Label: "Security identifier"},
	{ID: SAMAccountName, Name: "sAMAccountName", OID: "1.2.840.113556.1.4.221", Syntax: Text, Single: true, Source: Computed, Read: Known, Write: Naming, Max: 64, Graph: "onPremisesSamAccountName", Label: "Login name"},
	{ID: SAMAccountType, Name: "sAMAccountType", OID: "1.2.840.113556.1.4.302", Syntax: Int, Single: true, Source: Computed, Read: Known, Label: "Account type"},
	{ID: UserPrincipalName, Name: "userPrincipalName", OID: "1.2.840.113556.1.4.656", Syntax: Text, Single: true, Read: Known, Write: Naming, Max: 113, Graph: "userPrincipalName", Label: "User name"},
	{ID: UserAccountControl, Name: "userAccountControl", OID: "1.2.840.113556.1.4.8", Syntax: Int, Single: true, Read: Known, Write: Account, Label: "Account control"},
	{ID: PrimaryGroupID, Name: "primaryGroupID", OID: "1.2.840.113556.1.4.98", Syntax: Int, Single: true, Source: Computed, Read: Known, Label: "Primary group"},
	{ID: GroupType, Name: "groupType", OID: "1.2.840.113556.1.4.750", Syntax: Int, Single: true, Source: Computed, Read: Known, Label: "Group type"},
	{ID: InstanceType, Name: "instanceType", OID: "1.2.840.113556.1.2.1", Syntax: Int, Single: true, Source: Computed, Read: Known, Label: "Instance type"},
	{ID: WhenCreated, Name: "whenCreated", OID: "1.2.840.113556.1.2.2", Syntax: Time, Single: true, Source: Computed, Read: Known, Graph: "createdDateTime", Label: "Created"},
	{ID: WhenChanged, Name: "whenChanged", OID: "1.2.840.113556.1.2.3", Syntax: Time, Single: true, Source: Computed, Read: Known, Label: "Changed"},
	{ID: USNCreated, Name: "uSNCreated", OID: "1.2.840.113556.1.2.19", Syntax: Int64, Single: true, Source: Computed, Read: Known, Label: "Update number when created"},
	{ID: USNChanged, Name: "uSNChanged", OID: "1.2.840.113556.1.2.120", Syntax: Int64, Single: true, Source: Computed, Read: Known, Label: "Update number when changed"},
	{ID: CreateTimestamp, Name: "createTimestamp", OID: "2.5.18.1", Syntax: Time, Single: true, Source: Asked, Read: Known, Label: "Created"},
	{ID: ModifyTimestamp, Name: "modifyTimestamp", OID: "2.5.18.2", Syntax: Time, Single: true, Source: Asked, Read: Known, Label: "Changed"},
	{ID: SubschemaSubentry, Name: "subschemaSubentry", OID: "2.5.18.10", Syntax: Text, Single: true, Source: Asked, Read: Known, Label: "Subschema"},
	{ID: StructuralObjectClass, Name: "structuralObjectClass", OID: "2.5.21.9", Syntax: OID, Single: true, Source: Asked, Read: Known, Label: "Structural class"},
	{ID: EntryUUID, Name: "entryUUID", OID: "1.3.6.1.1.16.4", Syntax: ASCII, Single: true, Source: Asked, Read: Known, Graph: "id", Label: "Object id"},
	{ID: EntryDN, Name: "entryDN", OID: "1.3.6.1.1.20", Syntax: Text, Single: true, Source: Asked, Read: Known, Label: "Entry's name"},
	{ID: HasSubordinates, Name: "hasSubordinates", OID: "2.5.18.9", Syntax: Bool, Single: true, Source: Asked, Read: Known, Label: "Has children"},
	{ID: MemberOf, Name: "memberOf", OID: "1.2.840.113556.1.2.102", Syntax: Link, Source: Computed, Read: Known, Label: "Member of"},
	{ID: Member, Name: "member", OID: "2.5.4.31", Syntax: Link, Source: Computed, Read: Known, Write: Members, Label: "Members"},
	{ID: Owner, Name: "owner", OID: "2.5.4.32", Syntax: Link, Read: Known, Write: Owners, Label: "Owners"},
	{ID: Manager, Name: "manager", OID: "0.9.2342.19200300.100.1.10", Syntax: Link, Single: true, Read: Known, Write: Profile, Label: "Manager"},
	{ID: ManagedBy, Name: "managedBy", OID: "1.2.840.113556.1.4.653", Syntax: Link, Single: true, Read: Known, Write: Profile, Label: "Managed by"},
	{ID: TokenGroups, Name: "tokenGroups", OID: "1.2.840.113556.1.4.1301", Syntax: SIDs, Source: Asked, Read: Known, Label: "Groups, nested"},
	{ID: UIDNumber, Name: "uidNumber", OID: "1.3.6.1.1.1.1.0", Syntax: Int, Single: true, Source: Computed, Read: Known, Write: Numbers, Graph: "uidNumber", Label: "User number"},
	{ID: GIDNumber, Name: "gidNumber", OID: "1.3.6.1.1.1.1.1", Syntax: Int, Single: true, Source: Computed, Read: Known, Write: Numbers, Graph: "gidNumber", Label: "Group number"},
	{ID: Gecos, Name: "gecos", OID: "1.3.6.1.1.1.1.2", Syntax: ASCII, Single: true, Read: Known, Write: Profile, Max: 256, Label: "GECOS"},
	{ID: UnixHomeDirectory, Name: "unixHomeDirectory", OID: "1.2.840.113556.1.6.18.1.309", Syntax: ASCII, Single: true, Read: Known, Write: Profile, Max: 256, Graph: "unixHomeDirectory", Label: "Home directory"},
	{ID: LoginShell, Name: "loginShell", OID: "1.3.6.1.1.1.1.4", Syntax: ASCII, Single: true, Read: Known, Write: Self, Max: 64, Graph: "loginShell", Label: "Shell"},
	{ID: AccountExpires, Name: "accountExpires", OID: "1.2.840.113556.1.4.159", Syntax: Int64, Single: true, Read: Known, Write: Account, Graph: "accountExpires", Label: "Account expires"},
	{ID: PwdLastSet, Name: "pwdLastSet", OID: "1.2.840.113556.1.4.96", Syntax: Int64, Single: true, Source: Computed, Read: Known, Write: Password, Label: "Password set"},
	{ID: BadPwdCount, Name: "badPwdCount", OID: "1.2.840.113556.1.4.12", Syntax: Int, Single: true, Source: Asked, Read: Support, Label: "Wrong passwords"},
	{ID: LockoutTime, Name: "lockoutTime", OID: "1.2.840.113556.1.4.662", Syntax: Int64, Single: true, Source: Asked, Read: Support, Write: Account, Label: "Locked since"},
	{ID: MsDSKeyVersionNumber, Name: "msDS-KeyVersionNumber", OID: "1.2.840.113556.1.4.1782", Syntax: Int, Single: true, Source: Asked, Read: Known, Label: "Key version"},
	{ID: MsDSUserAccountControlComputed, Name: "msDS-User-Account-Control-Computed", OID: "1.2.840.113556.1.4.1460", Syntax: Int, Single: true, Source: Asked, Read: Support, Label: "Account control, computed"},
	{ID: MsDSUserPasswordExpiryTimeComputed, Name: "msDS-UserPasswordExpiryTimeComputed", OID: "1.2.840.113556.1.4.1996", Syntax: Int64, Single: true, Source: Asked, Read: Support, Label: "Password expires"},
	{ID: MsDSPrincipalName, Name: "msDS-PrincipalName", OID: "1.2.840.113556.1.4.1865", Syntax: Text, Single: true, Source: Asked, Read: Known, Label: "Principal name"},
	{ID: UnicodePwd, Name: "unicodePwd", OID: "1.2.840.113556.1.4.90", Syntax: Exact, Single: true, Source: Secret, Read: Nobody, Write: Password, Max: 1024, Label: "Password"},
	{ID: UserPassword, Name: "userPassword", OID: "2.5.4.35", Syntax: Exact, Single: true, Source: Secret, Read: Nobody, Write: Password, Max: 1024, Label: "Password"},
	{ID: DisplayName, Name: "displayName", OID: "1.2.840.113556.1.2.13", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 256, Graph: "displayName", Label: "Display name"},
	{ID: GivenName, Name: "givenName", OID: "2.5.4.42", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 64, Graph: "givenName", Label: "First name"},
	{ID: SN, Name: "sn", OID: "2.5.4.4", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 64, Graph: "surname", Label: "Last name"},
	{ID: Initials, Name: "initials", OID: "2.5.4.43", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 6, Label: "Initials"},
	{ID: Description, Name: "description", OID: "2.5.4.13", Syntax: Text, Read: Known, Write: Profile, Max: 1024, Graph: "description", Label: "Description"},
	{ID: Mail, Name: "mail", OID: "0.9.2342.19200300.100.1.3", Syntax: ASCII, Single: true, Read: Known, Write: Profile, Max: 256, Graph: "mail", Label: "Mail"},
	{ID: ProxyAddresses, Name: "proxyAddresses", OID: "1.2.840.113556.1.2.210", Syntax: Text, Read: Known, Write: Profile, Max: 1123, Graph: "proxyAddresses", Label: "Mail aliases"},
	{ID: Title, Name: "title", OID: "2.5.4.12", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 128, Graph: "jobTitle", Label: "Job title"},
	{ID: Department, Name: "department", OID: "1.2.840.113556.1.2.141", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 64, Graph: "department", Label: "Department"},
	{ID: Company, Name: "company", OID: "1.2.840.113556.1.2.146", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 64, Graph: "companyName", Label: "Company"},
	{ID: PhysicalDeliveryOfficeName, Name: "physicalDeliveryOfficeName", OID: "2.5.4.19", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 128, Graph: "officeLocation", Label: "Office"},
	{ID: TelephoneNumber, Name: "telephoneNumber", OID: "2.5.4.20", Syntax: Phone, Single: true, Read: Known, Write: Self, Max: 64, Graph: "businessPhone", Label: "Phone"},
	{ID: Mobile, Name: "mobile", OID: "0.9.2342.19200300.100.1.41", Syntax: Phone, Single: true, Read: Known, Write: Self, Max: 64, Graph: "mobilePhone", Label: "Mobile"},
	{ID: HomePhone, Name: "homePhone", OID: "0.9.2342.19200300.100.1.20", Syntax: Phone, Single: true, Read: Known, Write: Self, Max: 64, Label: "Home phone"},
	{ID: FacsimileTelephoneNumber, Name: "facsimileTelephoneNumber", OID: "2.5.4.23", Syntax: Phone, Single: true, Read: Known, Write: Profile, Max: 64, Graph: "faxNumber", Label: "Fax"},
	{ID: StreetAddress, Name: "streetAddress", OID: "1.2.840.113556.1.2.256", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 1024, Graph: "streetAddress", Label: "Street"},
	{ID: L, Name: "l", OID: "2.5.4.7", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 128, Graph: "city", Label: "City"},
	{ID: ST, Name: "st", OID: "2.5.4.8", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 128, Graph: "state", Label: "State"},
	{ID: PostalCode, Name: "postalCode", OID: "2.5.4.17", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 40, Graph: "postalCode", Label: "Postal code"},
	{ID: CO, Name: "co", OID: "1.2.840.113556.1.2.131", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 128, Graph: "country", Label: "Country"},
	{ID: C, Name: "c", OID: "2.5.4.6", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 3, Graph: "usageLocation", Label: "Country code"},
	{ID: O, Name: "o", OID: "2.5.4.10", Syntax: Text, Read: Known, Write: Profile, Max: 64, Label: "Organization"},
	{ID: EmployeeID, Name: "employeeID", OID: "1.2.840.113556.1.4.35", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 16, Graph: "employeeId", Label: "Employee id"},
	{ID: EmployeeType, Name: "employeeType", OID: "1.2.840.113556.1.2.613", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 256, Graph: "employeeType", Label: "Employee type"},
	{ID: EmployeeNumber, Name: "employeeNumber", OID: "1.2.840.113556.1.2.610", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 512, Label: "Employee number"},
	{ID: PreferredLanguage, Name: "preferredLanguage", OID: "2.16.840.1.113730.3.1.39", Syntax: Text, Single: true, Read: Known, Write: Self, Max: 32, Graph: "preferredLanguage", Label: "Language"},
	{ID: WWWHomePage, Name: "wWWHomePage", OID: "1.2.840.113556.1.2.464", Syntax: Text, Single: true, Read: Known, Write: Self, Max: 2048, Label: "Web page"},
	{ID: Info, Name: "info", OID: "1.2.840.113556.1.2.81", Syntax: Text, Single: true, Read: Known, Write: Profile, Max: 1024, Label: "Notes"},
	{ID: AltSecurityIdentities, Name: "altSecurityIdentities", OID: "1.2.840.113556.1.4.867", Syntax: Cased, Source: Computed, Read: Known, Write: Keys, Max: 4096, Label: "SSH keys, as SSSD asks for them"},
	{ID: SIDHistory, Name: "sIDHistory", OID: "1.2.840.113556.1.4.609", Syntax: SIDs, Read: Known, Graph: "onPremisesSecurityIdentifier", Label: "Earlier SIDs"},
	{ID: MsDSAadObjectId, Name: "msDS-aadObjectId", OID: "1.2.840.113556.1.4.2325.1", Syntax: Text, Single: true, Source: Computed, Read: Known, Label: "Object id"},
	{ID: MsDSAzureADMailNickname, Name: "msDS-AzureADMailNickname", OID: "1.2.840.113556.1.4.2325.2", Syntax: Text, Single: true, Source: Computed, Read: Known, Graph: "mailNickname", Label: "Mail nickname"},
	{ID: ServicePrincipalName, Name: "servicePrincipalName", OID: "1.2.840.113556.1.4.771", Syntax: Text, Read: Known, Write: Machine, Max: 512, Label: "Service names"},
	{ID: DNSHostName, Name: "dNSHostName", OID: "1.2.840.113556.1.4.619", Syntax: ASCII, Single: true, Read: Known, Write: Machine, Max: 253, Label: "Host name"},
	{ID: OperatingSystem, Name: "operatingSystem", OID: "1.2.840.113556.1.4.363", Syntax: Text, Single: true, Read: Known, Write: Machine, Max: 256, Label: "Operating system"},
	{ID: OperatingSystemVersion, Name: "operatingSystemVersion", OID: "1.2.840.113556.1.4.364", Syntax: Text, Single: true, Read: Known, Write: Machine, Max: 256, Label: "System version"},
	{ID: OperatingSystemServicePack, Name: "operatingSystemServicePack", OID: "1.2.840.113556.1.4.365", Syntax: Text, Single: true, Read: Known, Write: Machine, Max: 256, Label: "Service pack"},
	{ID: MsDSSupportedEncryptionTypes, Name: "msDS-SupportedEncryptionTypes", OID: "1.2.840.113556.1.4.1963", Syntax: Int, Single: true, Read: Known, Write: Machine, Label: "Encryption types"},
	{ID: UserCertificate, Name: "userCertificate", OID: "2.5.4.36", Syntax: Exact, Read: Known, Label: "Certificates"},
	{ID: OU, Name: "ou", OID: "2.5.4.11", Syntax: Text, Single: true, Source: Computed, Read: Known, Write: Naming, Max: 64, Label: "Organizational unit"},
	{ID: DC, Name: "dc", OID: "0.9.2342.19200300.100.1.25", Syntax: ASCII, Single: true, Source: Computed, Read: Known, Label: "Domain component"},
	{ID: WellKnownObjects, Name: "wellKnownObjects", OID: "1.2.840.113556.1.4.618", Syntax: LinkBin, Source: Computed, Read: Known, Label: "Well-known objects"},
	{ID: NCName, Name: "nCName", OID: "1.2.840.113556.1.2.16", Syntax: Text, Single: true, Source: Computed, Read: Known, Label: "Naming context"},
	{ID: NETBIOSName, Name: "nETBIOSName", OID: "1.2.840.113556.1.4.87", Syntax: Text, Single: true, Source: Computed, Read: Known, Label: "NetBIOS name"},
	{ID: DnsRoot, Name: "dnsRoot", OID: "1.2.840.113556.1.4.28", Syntax: ASCII, Single: true, Source: Computed, Read: Known, Label: "DNS root"},
	{ID: SystemFlags, Name: "systemFlags", OID: "1.2.840.113556.1.4.375", Syntax: Int, Single: true, Source: Computed, Read: Known, Label: "System flags"},
	{ID: IsCriticalSystemObject, Name: "isCriticalSystemObject", OID: "1.2.840.113556.1.4.868", Syntax: Bool, Single: true, Source: Computed, Read: Known, Label: "Critical object"},
	{ID: GPLink, Name: "gPLink", OID: "1.2.840.113556.1.4.891", Syntax: Text, Single: true, Read: Known, Label: "Group policy links"},
	{ID: GPOptions, Name: "gPOptions", OID: "1.2.840.113556.1.4.892", Syntax: Int, Single: true, Read: Known, Label: "Group policy options"},
	{ID: NTSecurityDescriptor, Name: "nTSecurityDescriptor", OID: "1.2.840.113556.1.2.281", Syntax: Exact, Single: true, Source: Asked, Read: Nobody, Label: "Security descriptor"},
	{ID: LastLogonTimestamp, Name: "lastLogonTimestamp", OID: "1.2.840.113556.1.4.1696", Syntax: Int64, Single: true, Source: Asked, Read: Support, Label: "Last sign-in"},
	{ID: UnixUserPassword, Name: "unixUserPassword", OID: "1.2.840.113556.1.4.1910", Syntax: Exact, Source: Secret, Read: Nobody, Label: "Unix password"},
	{ID: UID, Name: "uid", OID: "0.9.2342.19200300.100.1.1", Syntax: Text, Single: true, Source: Computed, Read: Known, Label: "User id"},
	{ID: MemberUid, Name: "memberUid", OID: "1.3.6.1.1.1.1.12", Syntax: Text, Source: Asked, Read: Nobody, Label: "Members' login names"},
	{ID: UniqueMember, Name: "uniqueMember", OID: "2.5.4.50", Syntax: Text, Source: Asked, Read: Nobody, Label: "Unique members"},
	{ID: DefaultNamingContext, Name: "defaultNamingContext", OID: "1.2.840.113556.1.4.2301.1", Syntax: Text, Single: true, Source: Asked, Read: Anyone, Label: "Default naming context"},
	{ID: RootDomainNamingContext, Name: "rootDomainNamingContext", OID: "1.2.840.113556.1.4.2301.2", Syntax: Text, Single: true, Source: Asked, Read: Anyone, Label: "Root domain"},
	{ID: ConfigurationNamingContext, Name: "configurationNamingContext", OID: "1.2.840.113556.1.4.2301.3", Syntax: Text, Single: true, Source: Asked, Read: Anyone, Label: "Configuration"},
	{ID: SchemaNamingContext, Name: "schemaNamingContext", OID: "1.2.840.113556.1.4.2301.4", Syntax: Text, Single: true, Source: Asked, Read: Anyone, Label: "Schema"},
	{ID: NamingContexts, Name: "namingContexts", OID: "1.3.6.1.4.1.1466.101.120.5", Syntax: Text, Source: Asked, Read: Anyone, Label: "Naming contexts"},
	{ID: AltServer, Name: "altServer", OID: "1.3.6.1.4.1.1466.101.120.6", Syntax: ASCII, Source: Asked, Read: Anyone, Label: "Other servers"},
	{ID: SupportedExtension, Name: "supportedExtension", OID: "1.3.6.1.4.1.1466.101.120.7", Syntax: OID, Source: Asked, Read: Anyone, Label: "Extensions"},
	{ID: SupportedControl, Name: "supportedControl", OID: "1.3.6.1.4.1.1466.101.120.13", Syntax: OID, Source: Asked, Read: Anyone, Label: "Controls"},
	{ID: SupportedSASLMechanisms, Name: "supportedSASLMechanisms", OID: "1.3.6.1.4.1.1466.101.120.14", Syntax: Text, Source: Asked, Read: Anyone, Label: "SASL mechanisms"},
	{ID: SupportedLDAPVersion, Name: "supportedLDAPVersion", OID: "1.3.6.1.4.1.1466.101.120.15", Syntax: Int, Source: Asked, Read: Anyone, Label: "LDAP versions"},
	{ID: SupportedFeatures, Name: "supportedFeatures", OID: "1.3.6.1.4.1.4203.1.3.5", Syntax: OID, Source: Asked, Read: Anyone, Label: "Features"},
	{ID: SupportedCapabilities, Name: "supportedCapabilities", OID: "1.2.840.113556.1.4.2301.5", Syntax: OID, Source: Asked, Read: Anyone, Label: "Capabilities"},
	{ID: SupportedLDAPPolicies, Name: "supportedLDAPPolicies", OID: "1.2.840.113556.1.4.2301.6", Syntax: Text, Source: Asked, Read: Anyone, Label: "Policies"},
	{ID: LdapServiceName, Name: "ldapServiceName", OID: "1.2.840.113556.1.4.2301.8", Syntax: Text, Single: true, Source: Asked, Read: Anyone, Label: "Service name"},
	{ID: ServerName, Name: "serverName", OID: "1.2.840.113556.1.4.2301.9", Syntax: Text, Single: true, Source: Asked, Read: Anyone, Label: "Server object"},
	{ID: DsServiceName, Name: "dsServiceName", OID: "1.2.840.113556.1.4.2301.10", Syntax: Text, Single: true, Source: Asked, Read: Anyone, Label: "Directory service"},
	{ID: CurrentTime, Name: "currentTime", OID: "1.2.840.113556.1.4.2301.11", Syntax: Time, Single: true, Source: Asked, Read: Anyone, Label: "Server's time"},
	{ID: HighestCommittedUSN, Name: "highestCommittedUSN", OID: "1.2.840.113556.1.4.2301.12", Syntax: Int64, Single: true, Source: Asked, Read: Anyone, Label: "Highest update number"},
	{ID: DomainFunctionality, Name: "domainFunctionality", OID: "1.2.840.113556.1.4.2301.13", Syntax: Int, Single: true, Source: Asked, Read: Anyone, Label: "Domain level"},
	{ID: ForestFunctionality, Name: "forestFunctionality", OID: "1.2.840.113556.1.4.2301.14", Syntax: Int, Single: true, Source: Asked, Read: Anyone, Label: "Forest level"},
	{ID: DomainControllerFunctionality, Name: "domainControllerFunctionality", OID: "1.2.840.113556.1.4.2301.15", Syntax: Int, Single: true, Source: Asked, Read: Anyone, Label: "Server level"},
	{ID: IsSynchronized, Name: "isSynchronized", OID: "1.2.840.113556.1.4.2301.16", Syntax: Bool, Single: true, Source: Asked, Read: Anyone, Label: "Synchronized"},
	{ID: IsGlobalCatalogReady, Name: "isGlobalCatalogReady", OID: "1.2.840.113556.1.4.2301.17", Syntax: Bool, Single: true, Source: Asked, Read: Anyone, Label: "Global catalog ready"},
	{ID: VendorName, Name: "vendorName", OID: "1.3.6.1.1.4", Syntax: Text, Single: true, Source: Asked, Read: Anyone, Label: "Vendor"},
	{ID: VendorVersion, Name: "vendorVersion", OID: "1.3.6.1.1.5", Syntax: Text, Single: true, Source: Asked, Read: Anyone, Label: "Version"},
	{ID: AttributeTypes, Name: "attributeTypes", OID: "2.5.21.5", Syntax: Text, Source: Asked, Read: Known, Label: "Attribute types"},
	{ID: ObjectClasses, Name: "objectClasses", OID: "2.5.21.6", Syntax: Text, Source: Asked, Read: Known, Label: "Object classes"},
	{ID: LdapSyntaxes, Name: "ldapSyntaxes", OID: "1.3.6.1.4.1.1466.101.120.16", Syntax: Text, Source: Asked, Read: Known, Label: "Syntaxes"},
	{ID: MatchingRules, Name: "matchingRules", OID: "2.5.21.4", Syntax: Text, Source: Asked, Read: Known, Label: "Matching rules"},
	{ID: MatchingRuleUse, Name: "matchingRuleUse", OID: "2.5.21.8", Syntax: Text, Source: Asked, Read: Known, Label: "Matching rule use"},
	{ID: DITContentRules, Name: "dITContentRules", OID: "2.5.21.2", Syntax: Text, Source: Asked, Read: Known, Label: "Content rules"},
	{ID: DITStructureRules, Name: "dITStructureRules", OID: "2.5.21.1", Syntax: Text, Source: Asked, Read: Known, Label: "Structure rules"},
	{ID: NameForms, Name: "nameForms", OID: "2.5.21.7", Syntax: Text, Source: Asked, Read: Known, Label: "Name forms"},
	{ID: SecurityIdentifier, Name: "securityIdentifier", OID: "1.2.840.113556.1.4.121", Syntax: SIDs, Single: true, Source: Asked, Read: Known, Label: "Trust's SID"},
	{ID: TrustPartner, Name: "trustPartner", OID: "1.2.840.113556.1.4.133", Syntax: Text, Single: true, Source: Asked, Read: Known, Label: "Trust's partner"},
	{ID: FlatName, Name: "flatName", OID: "1.2.840.113556.1.4.511", Syntax: Text, Single: true, Source: Asked, Read: Known, Label: "Trust's flat name"},
	{ID: TrustType, Name: "trustType", OID: "1.2.840.113556.1.4.136", Syntax: Int, Single: true, Source: Asked, Read: Known, Label: "Trust's type"},
	{ID: TrustAttributes, Name: "trustAttributes", OID: "1.2.840.113556.1.4.470", Syntax: Int, Single: true, Source: Asked, Read: Known, Label: "Trust's attributes"},
	{ID: TrustDirection, Name: "trustDirection", OID: "1.2.840.113556.1.4.132", Syntax: Int, Single: true, Source: Asked, Read: Known, Label: "Trust's direction"},
	{ID: MsDSMachineAccountQuota, Name: "ms-DS-MachineAccountQuota", OID: "1.2.840.113556.1.4.1411", Syntax: Int, Single: true, Source: Computed, Read: Known, Label: "Machines a person may join"},
	{ID: MsDSCreatorSID, Name: "mS-DS-CreatorSID", OID: "1.2.840.113556.1.4.1410", Syntax: SIDs, Single: true, Read: Known, Label: "Joined by"},
	{ID: SSHPublicKey, Name: "sshPublicKey", OID: "1.3.6.1.4.1.24552.500.1.1.1.13", Syntax: Cased, Read: Known, Write: Keys, Max: 4096, Label: "SSH keys"},
	{ID: SudoUser, Name: "sudoUser", OID: "1.3.6.1.4.1.15953.9.1.1", Syntax: Named, Read: Known, Write: Sudo, Max: 256, Label: "Who"},
	{ID: SudoHost, Name: "sudoHost", OID: "1.3.6.1.4.1.15953.9.1.2", Syntax: Named, Read: Known, Write: Sudo, Max: 256, Label: "On which machines"},
	{ID: SudoCommand, Name: "sudoCommand", OID: "1.3.6.1.4.1.15953.9.1.3", Syntax: Cased, Read: Known, Write: Sudo, Max: 1024, Label: "Which commands"},
	{ID: SudoOption, Name: "sudoOption", OID: "1.3.6.1.4.1.15953.9.1.5", Syntax: Cased, Read: Known, Write: Sudo, Max: 256, Label: "Options"},
	{ID: SudoRunAsUser, Name: "sudoRunAsUser", OID: "1.3.6.1.4.1.15953.9.1.6", Syntax: Named, Read: Known, Write: Sudo, Max: 256, Label: "As whom"},
	{ID: SudoRunAsGroup, Name: "sudoRunAsGroup", OID: "1.3.6.1.4.1.15953.9.1.7", Syntax: Named, Read: Known, Write: Sudo, Max: 256, Label: "As which group"},
	{ID: SudoNotBefore, Name: "sudoNotBefore", OID: "1.3.6.1.4.1.15953.9.1.8", Syntax: Time, Single: true, Read: Known, Write: Sudo, Label: "From"},
	{ID: SudoNotAfter, Name: "sudoNotAfter", OID: "1.3.6.1.4.1.15953.9.1.9", Syntax: Time, Single: true, Read: Known, Write: Sudo, Label: "Until"},
	{ID: SudoOrder, Name: "sudoOrder", OID: "1.3.6.1.4.1.15953.9.1.10", Syntax: Int, Single: true, Read: Known, Write: Sudo, Label: "Order"},
	{ID: AutomountMapName, Name: "automountMapName", OID: "1.3.6.1.1.1.1.31", Syntax: Text, Single: true, Source: Computed, Read: Known, Write: Naming, Max: 64, Label: "Map"},
	{ID: AutomountKey, Name: "automountKey", OID: "1.3.6.1.1.1.1.32", Syntax: Text, Single: true, Source: Computed, Read: Known, Write: Naming, Max: 256, Label: "Mount point"},
	{ID: AutomountInformation, Name: "automountInformation", OID: "1.3.6.1.1.1.1.33", Syntax: Cased, Single: true, Read: Known, Write: Mounts, Max: 1024, Label: "What is mounted"},
	{ID: HostAccess, Name: "selfsameHostAccess", OID: "2.25.127385024911640294337205884153099517063.1", Syntax: Link, Read: Known, Write: Access, Label: "Who may sign in"},
	{ID: MsDSAllowedToDelegateTo, Name: "msDS-AllowedToDelegateTo", OID: "1.2.840.113556.1.4.1787", Syntax: Text, Read: Known, Write: Access, Max: 512, Label: "Services it may act for people at"},
	{ID: OtherWellKnownObjects, Name: "otherWellKnownObjects", OID: "1.2.840.113556.1.4.1359", Syntax: LinkBin, Source: Computed, Read: Known, Label: "Other well-known objects"},
}
