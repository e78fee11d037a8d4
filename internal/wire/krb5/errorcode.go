package krb5

import "strconv"

// ErrorCode is the reason of a KRB-ERROR, RFC 4120 §7.5.9.
type ErrorCode int32

// The reasons.
const (
	ErrNone               ErrorCode = 0  // KDC_ERR_NONE
	ErrClientExpired      ErrorCode = 1  // KDC_ERR_NAME_EXP
	ErrServiceExpired     ErrorCode = 2  // KDC_ERR_SERVICE_EXP
	ErrBadVersion         ErrorCode = 3  // KDC_ERR_BAD_PVNO
	ErrClientOldKVNO      ErrorCode = 4  // KDC_ERR_C_OLD_MAST_KVNO
	ErrServiceOldKVNO     ErrorCode = 5  // KDC_ERR_S_OLD_MAST_KVNO
	ErrClientUnknown      ErrorCode = 6  // KDC_ERR_C_PRINCIPAL_UNKNOWN
	ErrServiceUnknown     ErrorCode = 7  // KDC_ERR_S_PRINCIPAL_UNKNOWN
	ErrPrincipalNotUnique ErrorCode = 8  // KDC_ERR_PRINCIPAL_NOT_UNIQUE
	ErrNullKey            ErrorCode = 9  // KDC_ERR_NULL_KEY
	ErrCannotPostdate     ErrorCode = 10 // KDC_ERR_CANNOT_POSTDATE
	ErrNeverValid         ErrorCode = 11 // KDC_ERR_NEVER_VALID
	ErrPolicy             ErrorCode = 12 // KDC_ERR_POLICY
	ErrBadOption          ErrorCode = 13 // KDC_ERR_BADOPTION
	ErrETypeNoSupport     ErrorCode = 14 // KDC_ERR_ETYPE_NOSUPP
	ErrCheckNoSupport     ErrorCode = 15 // KDC_ERR_SUMTYPE_NOSUPP
	ErrPADataNoSupport    ErrorCode = 16 // KDC_ERR_PADATA_TYPE_NOSUPP
	ErrTransitedNoSupport ErrorCode = 17 // KDC_ERR_TRTYPE_NOSUPP
	ErrClientRevoked      ErrorCode = 18 // KDC_ERR_CLIENT_REVOKED
	ErrServiceRevoked     ErrorCode = 19 // KDC_ERR_SERVICE_REVOKED
	ErrTGTRevoked         ErrorCode = 20 // KDC_ERR_TGT_REVOKED
	ErrClientNotYet       ErrorCode = 21 // KDC_ERR_CLIENT_NOTYET
	ErrServiceNotYet      ErrorCode = 22 // KDC_ERR_SERVICE_NOTYET
	ErrKeyExpired         ErrorCode = 23 // KDC_ERR_KEY_EXPIRED
	ErrPreauthFailed      ErrorCode = 24 // KDC_ERR_PREAUTH_FAILED
	ErrPreauthRequired    ErrorCode = 25 // KDC_ERR_PREAUTH_REQUIRED
	ErrServerNoMatch      ErrorCode = 26 // KDC_ERR_SERVER_NOMATCH
	ErrMustUseUserToUser  ErrorCode = 27 // KDC_ERR_MUST_USE_USER2USER
	ErrPathNotAccepted    ErrorCode = 28 // KDC_ERR_PATH_NOT_ACCEPTED
	ErrServiceUnavailable ErrorCode = 29 // KDC_ERR_SVC_UNAVAILABLE
	ErrBadIntegrity       ErrorCode = 31 // KRB_AP_ERR_BAD_INTEGRITY
	ErrTicketExpired      ErrorCode = 32 // KRB_AP_ERR_TKT_EXPIRED
	ErrTicketNotYetValid  ErrorCode = 33 // KRB_AP_ERR_TKT_NYV
	ErrRepeat             ErrorCode = 34 // KRB_AP_ERR_REPEAT
	ErrNotUs              ErrorCode = 35 // KRB_AP_ERR_NOT_US
	ErrBadMatch           ErrorCode = 36 // KRB_AP_ERR_BADMATCH
	ErrSkew               ErrorCode = 37 // KRB_AP_ERR_SKEW
	ErrBadAddress         ErrorCode = 38 // KRB_AP_ERR_BADADDR
	ErrAPBadVersion       ErrorCode = 39 // KRB_AP_ERR_BADVERSION
	ErrMsgType            ErrorCode = 40 // KRB_AP_ERR_MSG_TYPE
	ErrModified           ErrorCode = 41 // KRB_AP_ERR_MODIFIED
	ErrBadOrder           ErrorCode = 42 // KRB_AP_ERR_BADORDER
	ErrBadKeyVersion      ErrorCode = 44 // KRB_AP_ERR_BADKEYVER
	ErrNoKey              ErrorCode = 45 // KRB_AP_ERR_NOKEY
	ErrMutualFailed       ErrorCode = 46 // KRB_AP_ERR_MUT_FAIL
	ErrBadDirection       ErrorCode = 47 // KRB_AP_ERR_BADDIRECTION
	ErrMethod             ErrorCode = 48 // KRB_AP_ERR_METHOD
	ErrBadSequence        ErrorCode = 49 // KRB_AP_ERR_BADSEQ
	ErrInappropriateCheck ErrorCode = 50 // KRB_AP_ERR_INAPP_CKSUM
	ErrAPPathNotAccepted  ErrorCode = 51 // KRB_AP_PATH_NOT_ACCEPTED
	ErrResponseTooBig     ErrorCode = 52 // KRB_ERR_RESPONSE_TOO_BIG
	ErrGeneric            ErrorCode = 60 // KRB_ERR_GENERIC
	ErrFieldTooLong       ErrorCode = 61 // KRB_ERR_FIELD_TOOLONG
	ErrNoTGT              ErrorCode = 67 // KRB_AP_ERR_NO_TGT
	ErrWrongRealm         ErrorCode = 68 // KDC_ERR_WRONG_REALM
	ErrUserToUserRequired ErrorCode = 69 // KRB_AP_ERR_USER_TO_USER_REQUIRED
	ErrPreauthExpired     ErrorCode = 90 // KDC_ERR_PREAUTH_EXPIRED, RFC 6113 §5.2
	ErrMorePreauth        ErrorCode = 91 // KDC_ERR_MORE_PREAUTH_DATA_REQUIRED
	ErrPreauthBadSet      ErrorCode = 92 // KDC_ERR_PREAUTH_BAD_AUTHENTICATION_SET
	ErrUnknownFastOptions ErrorCode = 93 // KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTIONS
)

// String returns the standard's name of the reason, or its number.
func (c ErrorCode) String() string {
	if s, ok := errorNames[c]; ok {
		return s
	}
	return "error " + strconv.Itoa(int(c))
}

var errorNames = map[ErrorCode]string{
	ErrNone:               "KDC_ERR_NONE",
	ErrClientExpired:      "KDC_ERR_NAME_EXP",
	ErrServiceExpired:     "KDC_ERR_SERVICE_EXP",
	ErrBadVersion:         "KDC_ERR_BAD_PVNO",
	ErrClientOldKVNO:      "KDC_ERR_C_OLD_MAST_KVNO",
	ErrServiceOldKVNO:     "KDC_ERR_S_OLD_MAST_KVNO",
	ErrClientUnknown:      "KDC_ERR_C_PRINCIPAL_UNKNOWN",
	ErrServiceUnknown:     "KDC_ERR_S_PRINCIPAL_UNKNOWN",
	ErrPrincipalNotUnique: "KDC_ERR_PRINCIPAL_NOT_UNIQUE",
	ErrNullKey:            "KDC_ERR_NULL_KEY",
	ErrCannotPostdate:     "KDC_ERR_CANNOT_POSTDATE",
	ErrNeverValid:         "KDC_ERR_NEVER_VALID",
	ErrPolicy:             "KDC_ERR_POLICY",
	ErrBadOption:          "KDC_ERR_BADOPTION",
	ErrETypeNoSupport:     "KDC_ERR_ETYPE_NOSUPP",
	ErrCheckNoSupport:     "KDC_ERR_SUMTYPE_NOSUPP",
	ErrPADataNoSupport:    "KDC_ERR_PADATA_TYPE_NOSUPP",
	ErrTransitedNoSupport: "KDC_ERR_TRTYPE_NOSUPP",
	ErrClientRevoked:      "KDC_ERR_CLIENT_REVOKED",
	ErrServiceRevoked:     "KDC_ERR_SERVICE_REVOKED",
	ErrTGTRevoked:         "KDC_ERR_TGT_REVOKED",
	ErrClientNotYet:       "KDC_ERR_CLIENT_NOTYET",
	ErrServiceNotYet:      "KDC_ERR_SERVICE_NOTYET",
	ErrKeyExpired:         "KDC_ERR_KEY_EXPIRED",
	ErrPreauthFailed:      "KDC_ERR_PREAUTH_FAILED",
	ErrPreauthRequired:    "KDC_ERR_PREAUTH_REQUIRED",
	ErrServerNoMatch:      "KDC_ERR_SERVER_NOMATCH",
	ErrMustUseUserToUser:  "KDC_ERR_MUST_USE_USER2USER",
	ErrPathNotAccepted:    "KDC_ERR_PATH_NOT_ACCEPTED",
	ErrServiceUnavailable: "KDC_ERR_SVC_UNAVAILABLE",
	ErrBadIntegrity:       "KRB_AP_ERR_BAD_INTEGRITY",
	ErrTicketExpired:      "KRB_AP_ERR_TKT_EXPIRED",
	ErrTicketNotYetValid:  "KRB_AP_ERR_TKT_NYV",
	ErrRepeat:             "KRB_AP_ERR_REPEAT",
	ErrNotUs:              "KRB_AP_ERR_NOT_US",
	ErrBadMatch:           "KRB_AP_ERR_BADMATCH",
	ErrSkew:               "KRB_AP_ERR_SKEW",
	ErrBadAddress:         "KRB_AP_ERR_BADADDR",
	ErrAPBadVersion:       "KRB_AP_ERR_BADVERSION",
	ErrMsgType:            "KRB_AP_ERR_MSG_TYPE",
	ErrModified:           "KRB_AP_ERR_MODIFIED",
	ErrBadOrder:           "KRB_AP_ERR_BADORDER",
	ErrBadKeyVersion:      "KRB_AP_ERR_BADKEYVER",
	ErrNoKey:              "KRB_AP_ERR_NOKEY",
	ErrMutualFailed:       "KRB_AP_ERR_MUT_FAIL",
	ErrBadDirection:       "KRB_AP_ERR_BADDIRECTION",
	ErrMethod:             "KRB_AP_ERR_METHOD",
	ErrBadSequence:        "KRB_AP_ERR_BADSEQ",
	ErrInappropriateCheck: "KRB_AP_ERR_INAPP_CKSUM",
	ErrAPPathNotAccepted:  "KRB_AP_PATH_NOT_ACCEPTED",
	ErrResponseTooBig:     "KRB_ERR_RESPONSE_TOO_BIG",
	ErrGeneric:            "KRB_ERR_GENERIC",
	ErrFieldTooLong:       "KRB_ERR_FIELD_TOOLONG",
	ErrNoTGT:              "KRB_AP_ERR_NO_TGT",
	ErrWrongRealm:         "KDC_ERR_WRONG_REALM",
	ErrUserToUserRequired: "KRB_AP_ERR_USER_TO_USER_REQUIRED",
	ErrPreauthExpired:     "KDC_ERR_PREAUTH_EXPIRED",
	ErrMorePreauth:        "KDC_ERR_MORE_PREAUTH_DATA_REQUIRED",
	ErrPreauthBadSet:      "KDC_ERR_PREAUTH_BAD_AUTHENTICATION_SET",
	ErrUnknownFastOptions: "KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTIONS",
}
