package krb5

import (
	"testing"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// TestAnotherLibraryReadsOurs gives gokrb5 what we write.
func TestAnotherLibraryReadsOurs(t *testing.T) {
	a := authenticator()
	a.Checksum.Type, a.SeqNo = 16, 77
	var theirs types.Authenticator
	if err := theirs.Unmarshal(a.Marshal()); err != nil || theirs.SeqNumber != 77 || theirs.CName.PrincipalNameString() != "alice" || !theirs.CTime.Equal(at) {
		t.Errorf("Authenticator: got %+v, %v", theirs, err)
	}
	var req messages.ASReq
	if err := req.Unmarshal(ref(asReq()).Marshal()); err != nil || req.ReqBody.Nonce != -7 || len(req.PAData) != 2 || req.ReqBody.SName.PrincipalNameString() != "krbtgt/R" {
		t.Errorf("AS-REQ: got %+v, %v", req, err)
	}
	var rep messages.TGSRep
	if err := rep.Unmarshal(ref(KDCRep{Type: TypeTGSRep, CRealm: "R", CName: alice(), Ticket: ticket(), EncPart: cipher()}).Marshal()); err != nil || rep.Ticket.EncPart.KVNO != 3 {
		t.Errorf("TGS-REP: got %+v, %v", rep, err)
	}
	var part messages.EncKDCRepPart
	if err := part.Unmarshal(ref(encRep()).Marshal()); err != nil || part.Nonce != 8 || !part.RenewTill.Equal(at) || len(part.EncPAData) != 2 {
		t.Errorf("EncKDCRepPart: got %+v, %v", part, err)
	}
	var refused messages.KRBError
	if err := refused.Unmarshal(ref(krbError()).Marshal()); err != nil || refused.ErrorCode != 25 || refused.EText != "why" {
		t.Errorf("KRB-ERROR: got %+v, %v", refused, err)
	}
	var ap messages.APReq
	if err := ap.Unmarshal(ref(APReq{Options: APMutualRequired, Ticket: ticket(), Authenticator: cipher()}).Marshal()); err != nil || ap.EncryptedAuthenticator.EType != 18 {
		t.Errorf("AP-REQ: got %+v, %v", ap, err)
	}
}

// TestWeReadAnotherLibrary reads what gokrb5 writes.
func TestWeReadAnotherLibrary(t *testing.T) {
	c := config.New()
	req, err := messages.NewASReqForTGT("LAB.EXAMPLE", c, types.NewPrincipalName(1, "alice"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := req.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	q, err := ParseKDCReq(p)
	if err != nil || q.Type != TypeASReq || q.Body.CName.String() != "alice" || !q.Body.SName.Equal(TicketService("LAB.EXAMPLE")) || q.Body.Nonce != int64(req.ReqBody.Nonce) {
		t.Errorf("AS-REQ: got %+v, %v", q, err)
	}
	body, err := req.ReqBody.Marshal()
	if err != nil || string(body) != string(q.Body.Raw) {
		t.Errorf("the body as received is %x, want %x, %v", q.Body.Raw, body, err)
	}
	if got := q.Body.Marshal(); string(got) != string(body) {
		t.Errorf("the body written again is %x, want %x", got, body)
	}
	a, err := types.NewAuthenticator("LAB.EXAMPLE", types.NewPrincipalName(1, "alice"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err = a.Marshal(); err != nil {
		t.Fatal(err)
	}
	if got, err := ParseAuthenticator(p); err != nil || got.CName.In(got.CRealm) != "alice@LAB.EXAMPLE" || int(got.CUsec) != a.Cusec {
		t.Errorf("Authenticator: got %+v, %v", got, err)
	}
}
