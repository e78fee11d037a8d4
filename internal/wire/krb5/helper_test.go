package krb5

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// codec is one kind of message, parsed and written.
type codec struct {
	name    string
	recode  func([]byte) ([]byte, error) // parses and writes again
	samples [][]byte
}

// of makes a codec.
func of[T any](name string, parse func([]byte) (T, error), write func(*T) []byte, samples ...T) codec {
	c := codec{name: name, recode: func(p []byte) ([]byte, error) {
		v, err := parse(p)
		if err != nil {
			return nil, err
		}
		return write(&v), nil
	}}
	for _, s := range samples {
		c.samples = append(c.samples, write(&s))
	}
	return c
}

// codecs lists every message of the package, with samples that have all fields
// and such that have as few as possible.
func codecs() []codec {
	return []codec{
		of("KDC-REQ", ParseKDCReq, (*KDCReq).Marshal, asReq(), tgsReq()),
		of("KDC-REP", ParseKDCRep, (*KDCRep).Marshal, KDCRep{Type: TypeASRep, PAData: padata(), CRealm: "R", CName: alice(), Ticket: ticket(), EncPart: cipher()}),
		of("EncKDCRepPart", ParseEncKDCRepPart, (*EncKDCRepPart).Marshal, encRep(), EncKDCRepPart{
			Type: TypeTGSRep, LastReq: []LastReq{{Time: at}}, AuthTime: at, EndTime: at, SRealm: "R", SName: alice()}),
		of("Ticket", ParseTicket, func(t *Ticket) []byte { return t.Marshal() }, ticket()),
		of("EncTicketPart", ParseEncTicketPart, (*EncTicketPart).Marshal, encTicket(), EncTicketPart{CName: alice(), AuthTime: at, EndTime: at}),
		of("AP-REQ", ParseAPReq, (*APReq).Marshal, APReq{Options: APMutualRequired, Ticket: ticket(), Authenticator: cipher()}),
		of("Authenticator", ParseAuthenticator, (*Authenticator).Marshal, Authenticator{CRealm: "R", CName: alice(), CTime: at}, authenticator()),
		of("AP-REP", ParseAPRep, func(t *APRep) []byte { return t.Marshal() }, APRep{EncPart: cipher()}),
		of("EncAPRepPart", ParseEncAPRepPart, (*EncAPRepPart).Marshal, EncAPRepPart{CTime: at, CUsec: 999_999, Subkey: key(), SeqNo: 1<<32 - 1}),
		of("KRB-PRIV", ParsePriv, func(t *Priv) []byte { return t.Marshal() }, Priv{EncPart: cipher()}),
		of("EncKrbPrivPart", ParseEncPrivPart, (*EncPrivPart).Marshal, EncPrivPart{UserData: []byte("x"), Time: at, Usec: 3, SeqNo: 7, SAddress: address(), RAddress: ref(address())}),
		of("KRB-CRED", ParseCred, (*Cred).Marshal, Cred{Tickets: []Ticket{ticket()}, EncPart: cipher()}),
		of("EncKrbCredPart", ParseEncCredPart, (*EncCredPart).Marshal, encCred(), EncCredPart{Info: []CredInfo{{Key: *key()}}}),
		of("KRB-ERROR", ParseError, (*Error).Marshal, Error{STime: at, SName: alice()}, krbError()),
		of("METHOD-DATA", ParseMethodData, func(l *PADataList) []byte { return l.Marshal() }, padata()),
		of("PA-ENC-TS-ENC", ParseTimestamp, func(t *Timestamp) []byte { return t.Marshal() }, Timestamp{Time: at, Usec: 123_456}),
		of("ETYPE-INFO2", ParseETypeInfo2, func(l *ETypeInfo2) []byte { return l.Marshal() },
			ETypeInfo2{{EType: AES256SHA1, Salt: "Rälice", S2KParams: []byte{0, 0, 16, 0}}, {EType: RC4HMAC}}),
		of("PA-PAC-REQUEST", ParsePACRequest, func(q *PACRequest) []byte { return q.Marshal() }, PACRequest{Include: true}),
		of("PA-PAC-OPTIONS", ParsePACOptions, func(o *PACOptions) []byte { return o.Marshal() }, PACResourceBasedDelegation),
		of("PA-SUPPORTED-ENCTYPES", ParseSupportedETypes, func(s *SupportedETypes) []byte { return s.Marshal() }, SupportsAES128|SupportsAES256|SupportsFAST),
		of("AuthorizationData", ParseAuthorizationData, func(a *AuthorizationData) []byte { return a.Marshal() }, AuthorizationData{WithPAC([]byte("pac"))}),
		of("EncryptedData", ParseEncryptedData, func(e *EncryptedData) []byte { return e.Marshal() }, cipher()),
		of("Checksum", ParseChecksum, func(c *Checksum) []byte { return c.Marshal() }, checksum()),
		of("PA-FX-FAST-REQUEST", ParseFastArmoredReq, (*FastArmoredReq).Marshal,
			FastArmoredReq{Armor: &FastArmor{ArmorAPRequest, []byte("ap")}, Checksum: checksum(), EncReq: cipher()}, FastArmoredReq{}),
		of("KrbFastReq", ParseFastReq, (*FastReq).Marshal, FastReq{Options: FastHideClientNames, PAData: padata(), Body: asReq().Body}, FastReq{Body: asReq().Body}),
		of("PA-FX-FAST-REPLY", ParseFastArmoredRep, func(a *FastArmoredRep) []byte { return a.Marshal() }, FastArmoredRep{EncRep: cipher()}),
		of("KrbFastResponse", ParseFastResponse, (*FastResponse).Marshal, FastResponse{Nonce: -1}, fastResponse()),
		of("PA-FOR-USER", ParseForUser, (*ForUser).Marshal, ForUser{Name: alice(), Realm: "R", Checksum: checksum(), AuthPackage: "Kerberos"}),
		of("PA-S4U-X509-USER", ParseS4UX509User, (*S4UX509User).Marshal, S4UX509User{
			UserID: S4UUserID{Nonce: 5, CName: alice(), CRealm: "R", Certificate: []byte{}, Options: S4UUseReplyKey}, Checksum: checksum()}, S4UX509User{}),
		of("ChangePasswdData", ParseChangePasswdData, (*ChangePasswdData).Marshal, ChangePasswdData{Password: []byte("pw")},
			ChangePasswdData{Password: []byte("pw"), Name: alice(), Realm: "R"}),
		of("kpasswd", ParsePasswd, mustMarshal[PasswdMessage], PasswdMessage{PasswdSet, []byte("ap"), []byte("priv")}, PasswdMessage{Version: PasswdChange}),
		of("kpasswd result", ParsePasswdResult, func(a *PasswdResult) []byte { return a.Marshal() }, PasswdResult{PasswdSoftError, "too short"}),
		of("context token", ParseContextToken, func(t *ContextToken) []byte { return t.Marshal() }, ContextToken{OIDKerberos, TokenAPReq, []byte("ap")}),
		of("GSS checksum", ParseGSSChecksum, mustMarshal[GSSChecksum], GSSChecksum{Flags: GSSMutual}, GSSChecksum{
			Flags: GSSDelegate | GSSConf, Bindings: [16]byte{1}, Delegation: []byte("cred"), Extensions: []byte("more")}),
		of("wrap token", withRest(ParseWrap), func(t *rest[WrapHeader]) []byte { h := t.header.Bytes(); return append(h[:], t.rest...) },
			rest[WrapHeader]{WrapHeader{Sealed | SentByAcceptor, 1, 28, 1 << 40}, []byte("x")}),
		of("MIC token", withRest(ParseMIC), func(t *rest[MICHeader]) []byte { h := t.header.Bytes(); return append(h[:], t.rest...) },
			rest[MICHeader]{MICHeader{AcceptorSubkey, 9}, []byte("mic")}),
	}
}

// mustMarshal writes what may be too long, and is not in a test.
func mustMarshal[T any, P interface {
	*T
	Marshal() ([]byte, error)
}](v *T) []byte {
	p, err := P(v).Marshal()
	if err != nil {
		panic(err)
	}
	return p
}

type rest[T any] struct {
	header T
	rest   []byte
}

func withRest[T any](parse func([]byte) (T, []byte, error)) func([]byte) (rest[T], error) {
	return func(p []byte) (rest[T], error) {
		h, r, err := parse(p)
		return rest[T]{h, r}, err
	}
}

var at = time.Date(2026, 11, 24, 16, 0, 1, 0, time.UTC)

func ref[T any](v T) *T    { return &v }
func alice() PrincipalName { return Name(NamePrincipal, "alice") }
func cipher() EncryptedData {
	return EncryptedData{EType: AES256SHA1, KVNO: 3, Cipher: []byte("cipher")}
}
func key() *EncryptionKey {
	return &EncryptionKey{EType: AES128SHA1, Value: []byte("0123456789abcdef")}
}
func checksum() Checksum   { return Checksum{Type: CheckRC4HMAC, Value: []byte("sum")} }
func address() HostAddress { return HostAddress{Type: AddressIPv4, Address: []byte{10, 0, 0, 1}} }
func ticket() Ticket       { return Ticket{Realm: "R", SName: TicketService("R"), EncPart: cipher()} }
func padata() PADataList {
	return PADataList{{PAEncTimestamp, cipher().Marshal()}, {PAASFreshness, []byte{}}}
}

func asReq() KDCReq {
	return KDCReq{Type: TypeASReq, PAData: padata(), Body: KDCReqBody{
		Options: OptForwardable | OptCanonicalize, CName: alice(), Realm: "R", SName: TicketService("R"), From: at, Till: at.Add(time.Hour),
		RTime: at, Nonce: -7, ETypes: []EType{AES256SHA1, -135}, Addresses: []HostAddress{address()}, EncAD: ref(cipher()), Tickets: []Ticket{ticket()},
	}}
}

func tgsReq() KDCReq {
	return KDCReq{Type: TypeTGSReq, Body: KDCReqBody{Realm: "R", Till: time.Unix(0, 0).UTC(), Nonce: 1<<32 - 1, ETypes: []EType{18}}}
}

func encRep() EncKDCRepPart {
	return EncKDCRepPart{Type: TypeASRep, Key: *key(), LastReq: []LastReq{{LastReqNone, at}}, Nonce: 8, KeyExpiration: at, Flags: FlagInitial,
		AuthTime: at, StartTime: at, EndTime: at, RenewTill: at, SRealm: "R", SName: TicketService("R"), CAddr: []HostAddress{address()}, EncPAData: padata()}
}

func encTicket() EncTicketPart {
	return EncTicketPart{Flags: FlagInitial | FlagPreAuthent, Key: *key(), CRealm: "R", CName: alice(),
		Transited: TransitedEncoding{Type: TransitedX500, Contents: []byte{}}, AuthTime: at, StartTime: at, EndTime: at, RenewTill: at,
		CAddr: []HostAddress{address()}, AuthData: AuthorizationData{WithPAC([]byte("pac"))}}
}

func authenticator() Authenticator {
	return Authenticator{CRealm: "R", CName: alice(), Checksum: ref(checksum()), CUsec: 4, CTime: at, Subkey: key(), SeqNo: 5,
		AuthData: AuthorizationData{{ADETypes, []byte("x")}}}
}

func encCred() EncCredPart {
	return EncCredPart{Nonce: 3, Time: at, Usec: 4, SAddress: ref(address()), RAddress: ref(address()), Info: []CredInfo{{
		Key: *key(), PRealm: "R", PName: alice(), Flags: FlagForwarded, AuthTime: at, StartTime: at, EndTime: at, RenewTill: at, SRealm: "R",
		SName: TicketService("R"), CAddr: []HostAddress{address()}}}}
}

func krbError() Error {
	return Error{CTime: at, CUsec: 1, STime: at, SUsec: 2, Code: ErrPreauthRequired, CRealm: "R", CName: alice(), Realm: "R",
		SName: TicketService("R"), Text: "why", Data: padata().Marshal()}
}

func fastResponse() FastResponse {
	return FastResponse{PAData: padata(), StrengthenKey: key(), Nonce: 9,
		Finished: &FastFinished{Time: at, Usec: 5, CRealm: "R", CName: alice(), TicketChecksum: checksum()}}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
