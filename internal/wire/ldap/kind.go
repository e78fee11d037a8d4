package ldap

import "fmt"

// Kind says which operation a message carries. Its value is the tag of the
// operation, RFC 4511 §4.2 to §4.13.
type Kind uint8

// The operations of RFC 4511.
const (
	KindBindRequest           Kind = 0x60
	KindBindResponse          Kind = 0x61
	KindUnbindRequest         Kind = 0x42
	KindSearchRequest         Kind = 0x63
	KindSearchResultEntry     Kind = 0x64
	KindSearchResultDone      Kind = 0x65
	KindSearchResultReference Kind = 0x73
	KindModifyRequest         Kind = 0x66
	KindModifyResponse        Kind = 0x67
	KindAddRequest            Kind = 0x68
	KindAddResponse           Kind = 0x69
	KindDelRequest            Kind = 0x4a
	KindDelResponse           Kind = 0x6b
	KindModifyDNRequest       Kind = 0x6c
	KindModifyDNResponse      Kind = 0x6d
	KindCompareRequest        Kind = 0x6e
	KindCompareResponse       Kind = 0x6f
	KindAbandonRequest        Kind = 0x50
	KindExtendedRequest       Kind = 0x77
	KindExtendedResponse      Kind = 0x78
	KindIntermediateResponse  Kind = 0x79
)

// String returns the operation's name in RFC 4511.
func (k Kind) String() string {
	switch k {
	case KindBindRequest:
		return "bindRequest"
	case KindBindResponse:
		return "bindResponse"
	case KindUnbindRequest:
		return "unbindRequest"
	case KindSearchRequest:
		return "searchRequest"
	case KindSearchResultEntry:
		return "searchResEntry"
	case KindSearchResultDone:
		return "searchResDone"
	case KindSearchResultReference:
		return "searchResRef"
	case KindModifyRequest:
		return "modifyRequest"
	case KindModifyResponse:
		return "modifyResponse"
	case KindAddRequest:
		return "addRequest"
	case KindAddResponse:
		return "addResponse"
	case KindDelRequest:
		return "delRequest"
	case KindDelResponse:
		return "delResponse"
	case KindModifyDNRequest:
		return "modDNRequest"
	case KindModifyDNResponse:
		return "modDNResponse"
	case KindCompareRequest:
		return "compareRequest"
	case KindCompareResponse:
		return "compareResponse"
	case KindAbandonRequest:
		return "abandonRequest"
	case KindExtendedRequest:
		return "extendedReq"
	case KindExtendedResponse:
		return "extendedResp"
	case KindIntermediateResponse:
		return "intermediateResponse"
	}
	return fmt.Sprintf("operation(%02x)", uint8(k))
}
