package ldap

// OIDs of controls.
const (
	OIDPaged            = "1.2.840.113556.1.4.319"  // RFC 2696
	OIDSortRequest      = "1.2.840.113556.1.4.473"  // RFC 2891
	OIDSortResponse     = "1.2.840.113556.1.4.474"  // RFC 2891
	OIDShowDeleted      = "1.2.840.113556.1.4.417"  // [MS-ADTS] §3.1.1.3.4.1.14
	OIDExtendedDN       = "1.2.840.113556.1.4.529"  // [MS-ADTS] §3.1.1.3.4.1.5
	OIDSDFlags          = "1.2.840.113556.1.4.801"  // [MS-ADTS] §3.1.1.3.4.1.11
	OIDTreeDelete       = "1.2.840.113556.1.4.805"  // [MS-ADTS] §3.1.1.3.4.1.15
	OIDPermissiveModify = "1.2.840.113556.1.4.1413" // [MS-ADTS] §3.1.1.3.4.1.8
	OIDASQ              = "1.2.840.113556.1.4.1504" // [MS-ADTS] §3.1.1.3.4.1.18
	OIDPreRead          = "1.3.6.1.1.13.1"          // RFC 4527
	OIDPostRead         = "1.3.6.1.1.13.2"          // RFC 4527
	OIDAssertion        = "1.3.6.1.1.12"            // RFC 4528; the value is a filter, see DecodeFilter
	OIDManageDSAIT      = "2.16.840.1.113730.3.4.2" // RFC 3296
)

// OIDs of extended operations and unasked notices.
const (
	OIDStartTLS       = "1.3.6.1.4.1.1466.20037"  // RFC 4511 §4.14
	OIDDisconnection  = "1.3.6.1.4.1.1466.20036"  // RFC 4511 §4.4.1
	OIDPasswordModify = "1.3.6.1.4.1.4203.1.11.1" // RFC 3062
	OIDWhoAmI         = "1.3.6.1.4.1.4203.1.11.3" // RFC 4532
	OIDCancel         = "1.3.6.1.1.8"             // RFC 3909
)

// OIDs of Active Directory's matching rules, [MS-ADTS] §3.1.1.3.4.4.
const (
	OIDBitAnd  = "1.2.840.113556.1.4.803"
	OIDBitOr   = "1.2.840.113556.1.4.804"
	OIDInChain = "1.2.840.113556.1.4.1941"
)

// OIDs of features a root DSE announces.
const (
	OIDAllOperational = "1.3.6.1.4.1.4203.1.5.1" // RFC 3673
	OIDTrueFalse      = "1.3.6.1.4.1.4203.1.5.3" // RFC 4526
	OIDIncrement      = "1.3.6.1.1.14"           // RFC 4525
)
