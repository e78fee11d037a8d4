package krb5

// MsgType is the type of a message, RFC 4120 §7.5.7. It is also the number of
// its application tag.
type MsgType int32

// The types of messages.
const (
	TypeASReq  MsgType = 10 // KRB_AS_REQ
	TypeASRep  MsgType = 11 // KRB_AS_REP
	TypeTGSReq MsgType = 12 // KRB_TGS_REQ
	TypeTGSRep MsgType = 13 // KRB_TGS_REP
	TypeAPReq  MsgType = 14 // KRB_AP_REQ
	TypeAPRep  MsgType = 15 // KRB_AP_REP
	TypeSafe   MsgType = 20 // KRB_SAFE
	TypePriv   MsgType = 21 // KRB_PRIV
	TypeCred   MsgType = 22 // KRB_CRED
	TypeError  MsgType = 30 // KRB_ERROR
)

// TypeOf tells from its first octet what a message is; 0 if it is none.
func TypeOf(p []byte) MsgType {
	if len(p) == 0 || p[0]&0xe0 != 0x60 || p[0]&0x1f == 0x1f {
		return 0
	}
	return MsgType(p[0] & 0x1f)
}

// The application tags of what is encrypted inside messages, RFC 4120 §5.10.
const (
	appTicket        = 1
	appAuthenticator = 2
	appEncTicketPart = 3
	appEncASRepPart  = 25
	appEncTGSRepPart = 26
	appEncAPRepPart  = 27
	appEncPrivPart   = 28
	appEncCredPart   = 29
)

// NameType is the type of a principal's name, RFC 4120 §6.2.
type NameType int32

// The types of names.
const (
	NameUnknown    NameType = 0  // KRB5_NT_UNKNOWN
	NamePrincipal  NameType = 1  // KRB5_NT_PRINCIPAL
	NameService    NameType = 2  // KRB5_NT_SRV_INST: krbtgt among them
	NameHost       NameType = 3  // KRB5_NT_SRV_HST
	NameXHost      NameType = 4  // KRB5_NT_SRV_XHST
	NameUID        NameType = 5  // KRB5_NT_UID
	NameX500       NameType = 6  // KRB5_NT_X500_PRINCIPAL
	NameSMTP       NameType = 7  // KRB5_NT_SMTP_NAME
	NameEnterprise NameType = 10 // KRB5_NT_ENTERPRISE, RFC 6806 §5
	NameWellKnown  NameType = 11 // KRB5_NT_WELLKNOWN, RFC 6111
)

// EType is the number of an encryption type, RFC 3961 §8.
type EType int32

// The encryption types peers name. Which are served is not decided here.
const (
	DES3SHA1     EType = 16 // des3-cbc-sha1-kd
	AES128SHA1   EType = 17 // aes128-cts-hmac-sha1-96
	AES256SHA1   EType = 18 // aes256-cts-hmac-sha1-96
	AES128SHA256 EType = 19 // aes128-cts-hmac-sha256-128
	AES256SHA384 EType = 20 // aes256-cts-hmac-sha384-192
	RC4HMAC      EType = 23 // rc4-hmac
)

// CheckType is the number of a checksum type, RFC 3961 §8.
type CheckType int32

// Checksum types that are not a keyed AES one.
const (
	CheckRC4HMAC CheckType = -138   // KERB_CHECKSUM_HMAC_MD5, [MS-KILE] §3.1.5.9, RFC 4757
	CheckGSS     CheckType = 0x8003 // RFC 4121 §4.1.1
)

// PAType is the type of pre-authentication data, RFC 4120 §7.5.2.
type PAType int32

// The types of pre-authentication data.
const (
	PATGSReq             PAType = 1   // PA-TGS-REQ
	PAEncTimestamp       PAType = 2   // PA-ENC-TIMESTAMP
	PAPWSalt             PAType = 3   // PA-PW-SALT
	PAETypeInfo          PAType = 11  // PA-ETYPE-INFO
	PAPKASReq            PAType = 16  // PA-PK-AS-REQ, RFC 4556
	PAPKASRep            PAType = 17  // PA-PK-AS-REP, RFC 4556
	PAETypeInfo2         PAType = 19  // PA-ETYPE-INFO2
	PASvrReferral        PAType = 20  // PA-SVR-REFERRAL-INFO, RFC 6806 §8
	PAPACRequest         PAType = 128 // PA-PAC-REQUEST, [MS-KILE] §2.2.3
	PAForUser            PAType = 129 // PA-FOR-USER, [MS-SFU] §2.2.1
	PAS4UX509User        PAType = 130 // PA-S4U-X509-USER, [MS-SFU] §2.2.2
	PAFXCookie           PAType = 133 // PA-FX-COOKIE, RFC 6113 §5.2
	PAFXFast             PAType = 136 // PA-FX-FAST, RFC 6113 §5.4
	PAFXError            PAType = 137 // PA-FX-ERROR, RFC 6113 §5.4.3
	PAEncryptedChallenge PAType = 138 // PA-ENCRYPTED-CHALLENGE, RFC 6113 §5.4.6
	PAReqEncPARep        PAType = 149 // PA-REQ-ENC-PA-REP, RFC 6806 §11
	PAASFreshness        PAType = 150 // PA-AS-FRESHNESS, RFC 8070
	PASupportedETypes    PAType = 165 // PA-SUPPORTED-ENCTYPES, [MS-KILE] §2.2.8
	PAPACOptions         PAType = 167 // PA-PAC-OPTIONS, [MS-KILE] §2.2.10
)

// ADType is the type of an element of authorization data, RFC 4120 §7.5.4.
type ADType int32

// The types of authorization data.
const (
	ADIfRelevant    ADType = 1   // AD-IF-RELEVANT
	ADKDCIssued     ADType = 4   // AD-KDCIssued
	ADAndOr         ADType = 5   // AD-AND-OR
	ADMandatory     ADType = 8   // AD-MANDATORY-FOR-KDC
	ADFXArmor       ADType = 71  // AD-fx-fast-armor, RFC 6113 §5.4.1.1
	ADFXUsed        ADType = 72  // AD-fx-fast-used, RFC 6113 §5.4.3
	ADWin2KPAC      ADType = 128 // AD-WIN2K-PAC, [MS-PAC] §2.1
	ADETypes        ADType = 129 // AD-ETYPE-NEGOTIATION, RFC 4537
	ADTokenRestrict ADType = 141 // KERB-AUTH-DATA-TOKEN-RESTRICTIONS, [MS-KILE] §2.2.6
	ADAPOptions     ADType = 143 // KERB-AP-OPTIONS, [MS-KILE] §3.2.5.8
)

// Usage says what a key is used for, RFC 4120 §7.5.1.
type Usage = uint32

// The usages of keys.
const (
	UsageASReqTimestamp  Usage = 1  // PA-ENC-TIMESTAMP, client's key
	UsageTicket          Usage = 2  // EncTicketPart, service's key
	UsageASRepPart       Usage = 3  // EncASRepPart, client's key
	UsageTGSReqADSession Usage = 4  // enc-authorization-data, session key
	UsageTGSReqADSubkey  Usage = 5  // enc-authorization-data, authenticator's subkey
	UsageTGSReqChecksum  Usage = 6  // checksum over the body of a TGS-REQ
	UsageTGSReqAuth      Usage = 7  // Authenticator of a TGS-REQ
	UsageTGSRepSession   Usage = 8  // EncTGSRepPart, session key
	UsageTGSRepSubkey    Usage = 9  // EncTGSRepPart, authenticator's subkey
	UsageAPReqChecksum   Usage = 10 // checksum in an AP-REQ
	UsageAPReqAuth       Usage = 11 // Authenticator of an AP-REQ
	UsageAPRepPart       Usage = 12 // EncAPRepPart
	UsagePriv            Usage = 13 // EncKrbPrivPart
	UsageCred            Usage = 14 // EncKrbCredPart
	UsageSafe            Usage = 15 // checksum of KRB-SAFE
	UsageForUser         Usage = 17 // checksum of PA-FOR-USER, [MS-SFU] §2.2.1
	UsagePAC             Usage = 17 // KERB_NON_KERB_CKSUM_SALT, [MS-PAC] §2.8
	UsageAcceptorSeal    Usage = 22 // wrap tokens of the acceptor, RFC 4121 §2
	UsageAcceptorSign    Usage = 23 // MIC tokens of the acceptor
	UsageInitiatorSeal   Usage = 24 // wrap tokens of the initiator
	UsageInitiatorSign   Usage = 25 // MIC tokens of the initiator
	UsageS4UX509Request  Usage = 26 // checksum of PA-S4U-X509-USER, [MS-SFU] §2.2.2
	UsageS4UX509Reply    Usage = 27 // the same in the reply
	UsageFastReqChecksum Usage = 50 // checksum over the outer body, RFC 6113 §5.4.2
	UsageFastEnc         Usage = 51 // KrbFastReq
	UsageFastRep         Usage = 52 // KrbFastResponse
	UsageFastFinished    Usage = 53 // checksum over the ticket
	UsageChallengeClient Usage = 54 // PA-ENCRYPTED-CHALLENGE of the client
	UsageChallengeKDC    Usage = 55 // PA-ENCRYPTED-CHALLENGE of the KDC
	UsageASReqChecksum   Usage = 56 // PA-REQ-ENC-PA-REP, RFC 6806 §11
)

// LastReqType is what an entry of last-req tells, RFC 4120 §5.4.2.
type LastReqType int32

// LastReqNone tells nothing; clients want a list that is not empty.
const LastReqNone LastReqType = 0

// ArmorType is the type of FAST armor, RFC 6113 §5.4.1.
type ArmorType int32

// ArmorAPRequest is armor from a ticket (FX_FAST_ARMOR_AP_REQUEST).
const ArmorAPRequest ArmorType = 1

// TransitedType is how transited realms are written, RFC 4120 §5.3.
type TransitedType int32

// TransitedX500 is the form of RFC 4120 §3.3.3.2 (DOMAIN-X500-COMPRESS).
const TransitedX500 TransitedType = 1
