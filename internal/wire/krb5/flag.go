package krb5

// Flags are the flags of a ticket, RFC 4120 §5.3. Bit 0 of the standard is the
// most significant.
type Flags uint32

// The flags of a ticket.
const (
	FlagForwardable      Flags = 1 << (31 - 1)
	FlagForwarded        Flags = 1 << (31 - 2)
	FlagProxiable        Flags = 1 << (31 - 3)
	FlagProxy            Flags = 1 << (31 - 4)
	FlagMayPostdate      Flags = 1 << (31 - 5)
	FlagPostdated        Flags = 1 << (31 - 6)
	FlagInvalid          Flags = 1 << (31 - 7)
	FlagRenewable        Flags = 1 << (31 - 8)
	FlagInitial          Flags = 1 << (31 - 9)
	FlagPreAuthent       Flags = 1 << (31 - 10)
	FlagHWAuthent        Flags = 1 << (31 - 11)
	FlagTransitedChecked Flags = 1 << (31 - 12) // transited-policy-checked
	FlagOKAsDelegate     Flags = 1 << (31 - 13)
	FlagEncPARep         Flags = 1 << (31 - 15) // RFC 6806 §11
	FlagAnonymous        Flags = 1 << (31 - 16) // RFC 8062
)

// Has reports whether every flag of g is set.
func (f Flags) Has(g Flags) bool { return f&g == g }

// Options are what a client asks of a KDC, RFC 4120 §5.4.1. Those with the name
// of a flag have its bit.
type Options uint32

// The options of a request to a KDC.
const (
	OptForwardable      Options = 1 << (31 - 1)
	OptForwarded        Options = 1 << (31 - 2)
	OptProxiable        Options = 1 << (31 - 3)
	OptProxy            Options = 1 << (31 - 4)
	OptAllowPostdate    Options = 1 << (31 - 5)
	OptPostdated        Options = 1 << (31 - 6)
	OptRenewable        Options = 1 << (31 - 8)
	OptCNameInAddlTkt   Options = 1 << (31 - 14) // cname-in-addl-tkt, [MS-SFU] §2.2.3
	OptCanonicalize     Options = 1 << (31 - 15) // RFC 6806 §3
	OptAnonymous        Options = 1 << (31 - 16) // request-anonymous, RFC 8062
	OptNoTransitedCheck Options = 1 << (31 - 26) // disable-transited-check
	OptRenewableOK      Options = 1 << (31 - 27)
	OptEncTktInSkey     Options = 1 << (31 - 28) // user to user
	OptRenew            Options = 1 << (31 - 30)
	OptValidate         Options = 1
)

// Has reports whether every option of p is set.
func (o Options) Has(p Options) bool { return o&p == p }

// APOptions are the options of an AP-REQ, RFC 4120 §5.5.1.
type APOptions uint32

// The options of an AP-REQ.
const (
	APUseSessionKey  APOptions = 1 << (31 - 1)
	APMutualRequired APOptions = 1 << (31 - 2)
)

// Has reports whether every option of p is set.
func (o APOptions) Has(p APOptions) bool { return o&p == p }

// FastOptions are the options of a FAST request, RFC 6113 §5.4.2. Those of bits
// 0 to 15 are critical: a KDC that does not know one refuses.
type FastOptions uint32

// The options of a FAST request.
const (
	FastHideClientNames FastOptions = 1 << (31 - 1)
	FastFollowReferrals FastOptions = 1 << (31 - 16) // kdc-follow-referrals
	FastCritical        FastOptions = 0xffff0000
)

// PACOptions are the flags of PA-PAC-OPTIONS, [MS-KILE] §2.2.10.
type PACOptions uint32

// The flags of PA-PAC-OPTIONS.
const (
	PACClaims                  PACOptions = 1 << (31 - 0)
	PACBranchAware             PACOptions = 1 << (31 - 1)
	PACForwardToFullDC         PACOptions = 1 << (31 - 2)
	PACResourceBasedDelegation PACOptions = 1 << (31 - 3)
)

// S4UOptions are the flags of an S4UUserID, [MS-SFU] §2.2.2.
type S4UOptions uint32

// The flags of an S4UUserID.
const (
	S4UCheckLogonHours S4UOptions = 1 << (31 - 1) // KERB_S4U_OPTIONS_check_logon_hour_restrictions
	S4UUseReplyKey     S4UOptions = 1 << (31 - 2) // KERB_S4U_OPTIONS_use_reply_key_usage
)
