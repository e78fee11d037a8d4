package krb5

import (
	"bytes"
	"os"
	"testing"
)

// TestRequestsOfKinit reads what kinit 1.20 sends first: "kinit alice" and
// "kinit -E -C -r 7d alice@lab.example".
func TestRequestsOfKinit(t *testing.T) {
	for file, want := range map[string]PrincipalName{
		"kinit": alice(), "enterprise": Name(NameEnterprise, "alice@lab.example"),
	} {
		text, err := os.ReadFile("testdata/" + file + ".hex")
		if err != nil {
			t.Fatal(err)
		}
		p := unhex(t, string(text))
		q, err := ParseKDCReq(p)
		if err != nil {
			t.Fatal(err)
		}
		_, wantsProof := q.PAData.Find(PAReqEncPARep)
		canonical := q.Body.Options.Has(OptCanonicalize | OptRenewable)
		if q.Type != TypeASReq || q.Body.CName.Type != want.Type || !q.Body.CName.Equal(want) || !wantsProof ||
			canonical != (file == "enterprise") || !q.Body.SName.Equal(TicketService("LAB.EXAMPLE")) || q.Body.ETypes[0] != AES256SHA1 {
			t.Errorf("%s: got %+v", file, q)
		}
		if got := q.Marshal(); !bytes.Equal(got, p) || !bytes.Equal(q.Raw, p) || !bytes.Equal(q.Body.Marshal(), q.Body.Raw) {
			t.Errorf("%s:\ngot  %x\nwant %x", file, got, p)
		}
	}
}
