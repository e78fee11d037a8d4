package krb5

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/test/testdata"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

func TestEveryMessageComesBackAsItWas(t *testing.T) {
	for _, c := range codecs() {
		for i, p := range c.samples {
			again, err := c.recode(p)
			if err != nil || !bytes.Equal(again, p) {
				t.Errorf("%s %d:\ngot  %x, %v\nwant %x", c.name, i, again, err, p)
			}
			for n := range p {
				if c.name != "kpasswd result" && !strings.HasSuffix(c.name, "token") && c.name != "GSS checksum" {
					if _, err := c.recode(p[:n]); err == nil {
						t.Errorf("%s %d: its first %d octets parse", c.name, i, n)
					}
				}
			}
		}
	}
}

// What is written must also be what is read: a field swapped with another would
// come back as it was.
func TestFieldsStandWhereTheyBelong(t *testing.T) {
	q, err := ParseKDCReq(ref(asReq()).Marshal())
	if err != nil {
		t.Fatal(err)
	}
	want := asReq()
	want.Raw, want.Body.Raw = ref(want).Marshal(), want.Body.Marshal()
	if !reflect.DeepEqual(q, want) {
		t.Errorf("got %+v\nwant %+v", q, want)
	}
	e, err := ParseEncTicketPart(ref(encTicket()).Marshal())
	if err != nil || !reflect.DeepEqual(e, encTicket()) {
		t.Errorf("got %+v, %v", e, err)
	}
}

// mitVectors are the encodings the test suite of MIT krb5 compares with
// (src/tests/asn.1/reference_encode.out).
var mitVectors = map[string][]string{
	"KDC-REQ": {testdata.MarshaledKRB5as_req, testdata.MarshaledKRB5as_reqOptionalsNULLexceptserver, testdata.MarshaledKRB5as_reqOptionalsNULLexceptsecond_ticket,
		testdata.MarshaledKRB5tgs_req, testdata.MarshaledKRB5tgs_reqOptionalsNULLexceptserver, testdata.MarshaledKRB5tgs_reqOptionalsNULLexceptsecond_ticket},
	"KDC-REP":           {testdata.MarshaledKRB5as_rep, testdata.MarshaledKRB5as_repOptionalsNULL, testdata.MarshaledKRB5tgs_rep, testdata.MarshaledKRB5tgs_repOptionalsNULL},
	"EncKDCRepPart":     {testdata.MarshaledKRB5enc_kdc_rep_part, testdata.MarshaledKRB5enc_kdc_rep_partOptionalsNULL},
	"Ticket":            {testdata.MarshaledKRB5ticket},
	"EncTicketPart":     {testdata.MarshaledKRB5enc_tkt_part, testdata.MarshaledKRB5enc_tkt_partOptionalsNULL},
	"AP-REQ":            {testdata.MarshaledKRB5ap_req},
	"Authenticator":     {testdata.MarshaledKRB5authenticator, testdata.MarshaledKRB5authenticatorOptionalsNULL},
	"AP-REP":            {testdata.MarshaledKRB5ap_rep},
	"EncAPRepPart":      {testdata.MarshaledKRB5ap_rep_enc_part, testdata.MarshaledKRB5ap_rep_enc_partOptionalsNULL},
	"KRB-PRIV":          {testdata.MarshaledKRB5priv},
	"EncKrbPrivPart":    {testdata.MarshaledKRB5enc_priv_part, testdata.MarshaledKRB5enc_priv_partOptionalsNULL},
	"KRB-CRED":          {testdata.MarshaledKRB5cred},
	"EncKrbCredPart":    {testdata.MarshaledKRB5enc_cred_part, testdata.MarshaledKRB5enc_cred_partOptionalsNULL},
	"KRB-ERROR":         {testdata.MarshaledKRB5error, testdata.MarshaledKRB5errorOptionalsNULL},
	"METHOD-DATA":       {testdata.MarshaledKRB5padata_sequence, testdata.MarshaledKRB5padataSequenceEmpty},
	"PA-ENC-TS-ENC":     {testdata.MarshaledKRB5pa_enc_ts},
	"ETYPE-INFO2":       {testdata.MarshaledKRB5etype_info2, testdata.MarshaledKRB5etype_info2Only1},
	"AuthorizationData": {testdata.MarshaledKRB5authorization_data},
	"EncryptedData":     {testdata.MarshaledKRB5enc_data},
	"PA-FX-FAST-REPLY":  {testdata.MarshaledKRB5pa_fx_fast_reply},
	"KrbFastResponse":   {testdata.MarshaledKRB5fast_response},
	"PA-FOR-USER":       {testdata.MarshaledKRB5pa_for_user},
	"PA-S4U-X509-USER":  {testdata.MarshaledKRB5pa_s4u_x509_user},
}

func TestMessagesAreEncodedAsInMIT(t *testing.T) {
	all := codecs()
	for name, vectors := range mitVectors {
		which := slices.IndexFunc(all, func(c codec) bool { return c.name == name })
		for i, v := range vectors {
			p := unhex(t, v)
			got, err := all[which].recode(p)
			if err != nil || !bytes.Equal(got, p) {
				t.Errorf("%s %d:\ngot  %X, %v\nwant %X", name, i, got, err, p)
			}
		}
	}
}

// MIT and Microsoft have written the upper half of an unsigned number as a
// negative one.
func TestAKeyVersionMayBeNegative(t *testing.T) {
	for v, want := range map[string]uint32{testdata.MarshaledKRB5enc_dataMSBSetkvno: 0xff000000, testdata.MarshaledKRB5enc_dataKVNONegOne: 0xffffffff} {
		e, err := ParseEncryptedData(unhex(t, v))
		if err != nil || e.KVNO != want {
			t.Errorf("got %#x, %v; want %#x", e.KVNO, err, want)
		}
	}
}

func TestTimes(t *testing.T) {
	for s, want := range map[string]time.Time{
		"20261124160001Z": at, "19700101000000Z": time.Unix(0, 0).UTC(), "20240229235959Z": time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC),
		"20230229000000Z": {}, "20261124160060Z": {}, "20261124240000Z": {}, "20261324160001Z": {}, "20260024160001Z": {}, "20261124160001": {},
		"20261124160001+": {}, "20261124160001.5Z": {}, "2026112416000 Z": {}, "00010101000000Z": {}, "00000101000000Z": {}, "-0261124160001Z": {}, "": {},
	} {
		var b ber.Builder
		b.Text(ber.GeneralizedTime, s)
		r := ber.NewReader(b.Bytes())
		got := readTime(&r)
		if !got.Equal(want) || want.IsZero() != (r.Err() != nil) {
			t.Errorf("%q: got %v, %v", s, got, r.Err())
		}
	}
}

func TestBitsOfAnyLength(t *testing.T) {
	for s, want := range map[string]uint32{
		"03 05 00 40 80 00 10": 0x40800010, "03 02 00 40": 0x40000000, "03 01 00": 0, "03 06 00 40 80 00 10 ff": 0x40800010,
		"03 02 04 4f": 0x40000000, "03 05 07 00 00 00 ff": 0x80,
	} {
		r := ber.NewReader(unhex(t, s))
		if got := readBits(&r); got != want || r.Err() != nil {
			t.Errorf("%s: got %#x, %v", s, got, r.Err())
		}
	}
	for _, s := range []string{"03 00", "03 02 08 40", "03 01 01"} {
		r := ber.NewReader(unhex(t, s))
		if readBits(&r); !errors.Is(r.Err(), ErrBitString) {
			t.Errorf("%s: got %v", s, r.Err())
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	q := asReq()
	for name, change := range map[string]func(){
		"padata":  func() { q.PAData = make(PADataList, MaxPAData+1) },
		"types":   func() { q.Body.ETypes = make([]EType, MaxETypes+1) },
		"no type": func() { q.Body.ETypes = nil },
		"parts":   func() { q.Body.CName.Parts = make([]string, MaxNameParts+1) },
		"tickets": func() {
			q.Body.Tickets = nil
			for range MaxTickets + 1 {
				q.Body.Tickets = append(q.Body.Tickets, ticket())
			}
		},
	} {
		q = asReq()
		change()
		if _, err := ParseKDCReq(q.Marshal()); !errors.Is(err, ErrList) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Heimdal asks for a ticket to forward without addresses by a list of none, against
// RFC 4120 §5.2.5.
func TestNoAddressesAreAList(t *testing.T) {
	p, err := hex.DecodeString("6c81a130819ea103020105a20302010ca4819130818ea00703050060800000a20e1b0c4c41422e494e5445524e414ca3" +
		"21301fa003020102a11830161b066b72627467741b0c4c41422e494e5445524e414ca411180f31393730303130313030" +
		"303030305aa511180f31393730303130313030303030305aa611180f31393730303130313030303030305aa706020400" +
		"000007a80b3009020112020111020117a9023000")
	if err != nil {
		t.Fatal(err)
	}
	q, err := ParseKDCReq(p)
	if err != nil || !q.Body.Options.Has(OptForwarded) || len(q.Body.Addresses) != 0 {
		t.Errorf("got %+v, %v", q.Body, err)
	}
}

func TestForeignMessagesAreRefused(t *testing.T) {
	q := ref(asReq()).Marshal()
	if _, err := ParseAPReq(q); err == nil {
		t.Error("an AS-REQ parses as AP-REQ")
	}
	if _, err := ParseKDCReq(bytes.Replace(q, []byte{0xa1, 3, 2, 1, 5}, []byte{0xa1, 3, 2, 1, 4}, 1)); !errors.Is(err, ErrVersion) {
		t.Errorf("version 4: got %v", err)
	}
	if _, err := ParseKDCReq(bytes.Replace(q, []byte{0xa2, 3, 2, 1, 10}, []byte{0xa2, 3, 2, 1, 12}, 1)); !errors.Is(err, ErrType) {
		t.Errorf("type of a TGS-REQ in an AS-REQ: got %v", err)
	}
	if TypeOf(q) != TypeASReq || TypeOf(nil) != 0 || TypeOf([]byte{0x30}) != 0 || TypeOf([]byte{0x7f}) != 0 {
		t.Error("TypeOf is wrong")
	}
}

func TestNamesInOneLine(t *testing.T) {
	for want, n := range map[string]PrincipalName{
		"krbtgt/LAB": TicketService("LAB"), `alice\@lab`: Name(NameEnterprise, "alice@lab"), `a\/b/c\\`: Name(NameUnknown, "a/b", `c\`),
		`a\n\t\b\0`: Name(NameUnknown, "a\n\t\b\x00"), "": {},
	} {
		if n.String() != want {
			t.Errorf("got %s, want %s", n, want)
		}
	}
	if got := alice().In("LAB"); got != "alice@LAB" {
		t.Errorf("got %s", got)
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	e := encTicket()
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s"} {
		if s := fmt.Sprintf(verb, e); strings.Contains(s, "0123456789") || strings.Contains(s, "30313233") {
			t.Errorf("%s prints the key: %s", verb, s)
		}
	}
}

func TestThePACIsFound(t *testing.T) {
	a := AuthorizationData{{ADETypes, nil}, {ADIfRelevant, []byte("junk")}, IfRelevant(AuthDatum{ADETypes, nil}), WithPAC([]byte("pac"))}
	if got := a.PAC(); string(got) != "pac" {
		t.Errorf("got %q", got)
	}
	if got := (AuthorizationData{{ADWin2KPAC, []byte("bare")}}).PAC(); got != nil {
		t.Errorf("a PAC outside AD-IF-RELEVANT: got %q", got)
	}
}

func TestErrorCodesHaveNames(t *testing.T) {
	if ErrPreauthRequired.String() != "KDC_ERR_PREAUTH_REQUIRED" || ErrorCode(99).String() != "error 99" {
		t.Error("names are wrong")
	}
	if e := krbError(); e.Error() != "krb5: KDC_ERR_PREAUTH_REQUIRED: why" {
		t.Errorf("got %v", ref(e).Error())
	}
}

func TestGSSTokens(t *testing.T) {
	p := ContextToken{OIDMSKerberos, TokenAPRep, []byte("x")}.Marshal()
	if want := unhex(t, "60 0e 06 09 2a864882f712010202 02 00 78"); !bytes.Equal(p, want) {
		t.Errorf("got %x, want %x", p, want)
	}
	for _, bad := range []string{"", "60 00", "60 03 06 01 2a", "60 0d 06 09 2a864886f712010203 01 00", "60 0c 06 09 2a864886f712010202 01", "61 0d 06 09 2a864886f712010202 01 00"} {
		if _, err := ParseContextToken(unhex(t, bad)); err == nil {
			t.Errorf("%s parses", bad)
		}
	}
	if _, _, err := ParseWrap(unhex(t, "05 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00")); err == nil {
		t.Error("a wrap token without filler parses")
	}
	if _, _, err := ParseMIC(unhex(t, "04 04 00 ff ff ff ff fe 00 00 00 00 00 00 00 00")); err == nil {
		t.Error("a MIC token with a short filler parses")
	}
	if _, err := (&GSSChecksum{Delegation: make([]byte, 1<<16)}).Marshal(); !errors.Is(err, ErrLength) {
		t.Errorf("a delegation of 64 KiB: got %v", err)
	}
	if _, err := (PasswdMessage{AP: make([]byte, 1<<16)}).Marshal(); !errors.Is(err, ErrLength) {
		t.Errorf("a password message of 64 KiB: got %v", err)
	}
}

func TestNumbersHaveTheirRanges(t *testing.T) {
	for s, c := range map[string]struct {
		read func(*ber.Reader)
		want error
	}{
		"02 03 0f 42 40":       {func(r *ber.Reader) { readMicros(r) }, ErrMicros}, // 1,000,000
		"02 01 ff":             {func(r *ber.Reader) { readMicros(r) }, ErrMicros},
		"02 05 01 00 00 00 00": {func(r *ber.Reader) { readNonce(r) }, ErrNumber},
		"02 05 ff 7f ff ff ff": {func(r *ber.Reader) { readNonce(r) }, ErrNumber},
		"02 05 01 00 00 00 01": {func(r *ber.Reader) { readUint32(r) }, ErrNumber},
	} {
		r := ber.NewReader(unhex(t, s))
		if c.read(&r); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: got %v, want %v", s, r.Err(), c.want)
		}
	}
}

func TestADelegationEndsInsideItsChecksum(t *testing.T) {
	p, err := (&GSSChecksum{Delegation: []byte("cred")}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseGSSChecksum(p[:len(p)-1]); !errors.Is(err, ErrLength) {
		t.Errorf("cut off: got %v", err)
	}
	p[4+gssBindings+4] = 2
	if _, err := ParseGSSChecksum(p); !errors.Is(err, ErrToken) {
		t.Errorf("another option: got %v", err)
	}
}
