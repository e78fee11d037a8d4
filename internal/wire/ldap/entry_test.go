package ldap

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

func TestEntryWriterWritesWhatTheStructDoes(t *testing.T) {
	controls := []Control{{OID: "1.2.3"}}
	entry := &SearchResultEntry{DN: "CN=ada", Attributes: []Attribute{
		Text("cn", "ada"), Text("mail", "a", "b"), {Name: "sn"}, Text("member", "x", "y"),
	}}
	var b ber.Builder
	w := BeginEntry(&b, controls)
	w.Encoded(entry.Attributes[3].Encode())
	w.Attribute("sn", nil)
	w.Attribute("mail", entry.Attributes[1].Values)
	w.Text("cn", "ada")
	w.Finish(7, entry.DN)
	want := Message{ID: 7, Op: entry, Controls: controls}.Encode()
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("got  %x\nwant %x", b.Bytes(), want)
	}
}

func TestEntryWriterStandsInFrontOfAnotherMessage(t *testing.T) {
	var b ber.Builder
	Message{ID: 7, Op: ResponseTo(KindSearchRequest, Result{})}.AppendTo(&b)
	done := b.Len()
	w := BeginEntry(&b, nil)
	w.Text("cn", "ada")
	w.Finish(7, "CN=ada")
	entry, rest := b.Bytes()[:b.Len()-done], b.Bytes()[b.Len()-done:]
	if got := mustParse(t, entry).Op.Kind(); got != KindSearchResultEntry {
		t.Errorf("first message: got %s", got)
	}
	if got := mustParse(t, rest).Op.Kind(); got != KindSearchResultDone {
		t.Errorf("second message: got %s", got)
	}
}

// tenAttributes is an entry as SSSD reads it, near 450 octets.
func tenAttributes() *SearchResultEntry {
	return &SearchResultEntry{DN: "CN=alice,OU=AADDC Users,DC=lab,DC=internal", Attributes: []Attribute{
		Text("objectClass", "top", "person", "organizationalPerson", "user"), Text("sAMAccountName", "alice"),
		Text("uidNumber", "266801104"), Text("gidNumber", "266800513"), Text("unixHomeDirectory", "/home/alice"),
		Text("userPrincipalName", "alice@lab.internal"), Text("whenChanged", "20261122103000.0Z"),
		Text("objectSid", "0123456789012345678901234567"), Text("mail", "alice@lab.internal"), Text("userAccountControl", "512"),
	}}
}

func writeEntry(b *ber.Builder, e *SearchResultEntry) {
	b.Reset()
	w := BeginEntry(b, nil)
	for i := len(e.Attributes) - 1; i >= 0; i-- {
		w.Attribute(e.Attributes[i].Name, e.Attributes[i].Values)
	}
	w.Finish(2, e.DN)
}

func TestEntryWriterDoesNotAllocate(t *testing.T) {
	var b ber.Builder
	e := tenAttributes()
	writeEntry(&b, e)
	if allocs := testing.AllocsPerRun(100, func() { writeEntry(&b, e) }); allocs != 0 {
		t.Errorf("got %v allocations, want none", allocs)
	}
}

func BenchmarkWriteEntry(b *testing.B) {
	var w ber.Builder
	e := tenAttributes()
	b.ReportAllocs()
	for b.Loop() {
		writeEntry(&w, e)
	}
	b.SetBytes(int64(w.Len()))
}

func BenchmarkWriteEncodedGroupOf10000(b *testing.B) {
	member := Attribute{Name: "member"}
	for i := range 10_000 {
		member.Values = append(member.Values, fmt.Appendf(nil, "CN=user%05d,OU=AADDC Users,DC=lab,DC=internal", i))
	}
	encoded := member.Encode()
	var buf ber.Builder
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		w := BeginEntry(&buf, nil)
		w.Encoded(encoded)
		w.Finish(2, "CN=g")
	}
	b.SetBytes(int64(buf.Len()))
}

func BenchmarkParseSearch(b *testing.B) {
	p := Message{ID: 3, Op: sssdSearch()}.Encode()
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(p); err != nil {
			b.Fatal(err)
		}
	}
}
