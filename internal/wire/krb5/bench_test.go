package krb5

import (
	"testing"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

func BenchmarkParseKDCReq(b *testing.B) {
	q := asReq()
	q.Body.Tickets, q.Body.EncAD, q.Body.Addresses = nil, nil, nil
	p := q.Marshal()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseKDCReq(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuildKDCRep(b *testing.B) {
	part, a := encRep(), KDCRep{Type: TypeASRep, PAData: padata(), CRealm: "R", CName: alice(), Ticket: ticket(), EncPart: cipher()}
	var out ber.Builder
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		part.Append(&out)
		out.Reset()
		a.Append(&out)
	}
}
