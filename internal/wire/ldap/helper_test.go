package ldap

import (
	"bytes"
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// recorded returns the messages in a file of testdata, one a line in
// hexadecimal.
func recorded(t testing.TB, name string) [][]byte {
	t.Helper()
	file, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	for line := range strings.Lines(string(file)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			list = append(list, unhex(t, line))
		}
	}
	return list
}

func mustParse(t testing.TB, p []byte) Message {
	t.Helper()
	m, err := Parse(p)
	if err != nil {
		t.Fatalf("%x: %v", p, err)
	}
	return m
}

// checkRoundTrip encodes a message, parses it, and compares.
func checkRoundTrip(t testing.TB, m Message) {
	t.Helper()
	p := m.Encode()
	if got := mustParse(t, p); !reflect.DeepEqual(got, m) {
		t.Fatalf("%x read again:\ngot  %#v\nwant %#v", p, got.Op, m.Op)
	}
	if again := mustParse(t, p).Encode(); !bytes.Equal(again, p) {
		t.Fatalf("encoded again:\ngot  %x\nwant %x", again, p)
	}
}

// samples holds one message of each kind, with every field filled or empty.
func samples() []Message {
	superior := "OU=x,DC=lab"
	failed := Result{Code: NoSuchObject, MatchedDN: "DC=lab", Text: "not there", Referrals: []string{"ldap://b"}}
	controls := []Control{{OID: OIDPaged, Critical: true, Value: Paged{Size: 500}.Encode()}, {OID: OIDShowDeleted}}
	return []Message{
		{ID: 1, Op: &BindRequest{Version: 3, Auth: Simple{Password: Secret{}}}},
		{ID: 1, Op: &BindRequest{Version: 3, Name: "CN=ada", Auth: SASL{Mechanism: "GSS-SPNEGO"}}},
		{ID: 1, Op: &BindRequest{Version: 2, Auth: SASL{Mechanism: "GSSAPI", Credentials: Secret{}}}},
		{ID: 1, Op: &BindRequest{Version: 3, Auth: UnknownAuth{Tag: 0x8a, Value: Secret("NTLMSSP")}}},
		{ID: 1, Op: &BindResponse{Result: Result{Code: SaslBindInProgress}, ServerCreds: []byte("x")}},
		{ID: 2, Op: &UnbindRequest{}},
		{ID: 3, Op: sssdSearch(), Controls: controls},
		{ID: 3, Op: &SearchResultEntry{DN: "CN=ada", Attributes: []Attribute{Text("mail", "a", "b"), {Name: "cn"}}}, Controls: controls},
		{ID: 3, Op: &SearchResultReference{URIs: []string{"ldap://a", "ldap://b"}}},
		{ID: 3, Op: &Response{Type: KindSearchResultDone, Result: failed}, Controls: controls},
		{ID: 4, Op: &ModifyRequest{Entry: "CN=ada", Changes: []Change{
			{AddValues, Text("mail", "a\x00b")}, {DeleteValues, Attribute{Name: "sn"}}, {Increment, Text("n", "1")}, {ChangeOp(9), Text("x", "")},
		}}},
		{ID: 4, Op: &Response{Type: KindModifyResponse}},
		{ID: 5, Op: &AddRequest{Entry: "CN=ada", Attributes: []Attribute{Text("objectClass", "user", "top")}}},
		{ID: 5, Op: &Response{Type: KindAddResponse}},
		{ID: 6, Op: &DelRequest{Entry: "CN=ada"}, Controls: []Control{{OID: OIDTreeDelete, Critical: true}}},
		{ID: 6, Op: &Response{Type: KindDelResponse}},
		{ID: 7, Op: &ModifyDNRequest{Entry: "CN=ada", NewRDN: "CN=eve", DeleteOldRDN: true, NewSuperior: &superior}},
		{ID: 7, Op: &ModifyDNRequest{Entry: "CN=ada", NewRDN: "CN=eve"}},
		{ID: 7, Op: &Response{Type: KindModifyDNResponse}},
		{ID: 8, Op: &CompareRequest{Entry: "CN=ada", Attr: "sn", Value: []byte{0}}},
		{ID: 8, Op: &Response{Type: KindCompareResponse, Result: Result{Code: CompareTrue}}},
		{ID: 9, Op: &AbandonRequest{Target: 8}},
		{ID: 1<<31 - 1, Op: &ExtendedRequest{Name: OIDStartTLS}},
		{ID: 10, Op: &ExtendedRequest{Name: OIDPasswordModify, Value: []byte{}}},
		{ID: 10, Op: &ExtendedResponse{Result: failed, Name: OIDStartTLS, Value: []byte("x")}},
		{ID: 11, Op: &IntermediateResponse{Name: "1.2", Value: []byte{}}},
		{ID: 11, Op: &IntermediateResponse{}},
		Disconnection(Unavailable, "shutting down"),
	}
}

// sssdSearch is how SSSD looks a user up.
func sssdSearch() *SearchRequest {
	return &SearchRequest{
		Base:   "DC=lab,DC=internal",
		Scope:  WholeSubtree,
		Filter: MustFilter(`(&(sAMAccountName=alice)(objectclass=user)(sAMAccountName=*)(objectSID=*))`),
		Attributes: []string{"objectClass", "sAMAccountName", "uidNumber", "gidNumber", "gecos", "unixHomeDirectory",
			"loginShell", "userPrincipalName", "name", "memberOf", "objectGUID", "objectSid", "primaryGroupID",
			"whenChanged", "uSNChanged", "accountExpires", "userAccountControl", "mail"},
	}
}
