package ldapd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/serve/ldapd"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// raw is a control as octets.
func raw(oid string, critical bool, value []byte) goldap.Control {
	return goldap.NewControlString(oid, critical, string(value))
}

func TestControls(t *testing.T) {
	b := newBench(t)
	lab(b)
	c := b.asAdmin()
	search := func(cs ...goldap.Control) error {
		_, err := c.Search(&goldap.SearchRequest{BaseDN: "CN=alice," + users, Filter: "(objectClass=*)", Attributes: []string{"cn"}, Controls: cs})
		return err
	}
	modify := func(cs ...goldap.Control) error {
		m := goldap.NewModifyRequest("CN=alice,"+users, cs)
		m.Replace("title", []string{"Dr"})
		return c.Modify(m)
	}
	remove := func(cs ...goldap.Control) error { return c.Del(goldap.NewDelRequest("OU=AADDC Users,"+base, cs)) }
	compare := ldap.EncodeFilter(ldap.MustFilter("(sn=Zürcher)"))
	other := ldap.EncodeFilter(ldap.MustFilter("(sn=Smith)"))
	const unavailable = goldap.LDAPResultUnavailableCriticalExtension
	tests := []struct {
		name string
		err  error
		code uint16
	}{
		{"unknown", search(raw("1.2.3.4", false, nil)), 0},
		{"unknown and critical", search(raw("1.2.3.4", true, nil)), unavailable},
		{"pages of a modify", modify(raw(ldap.OIDPaged, false, ldap.Paged{Size: 1}.Encode())), 0},
		{"pages of a modify, critical", modify(raw(ldap.OIDPaged, true, ldap.Paged{Size: 1}.Encode())), unavailable},
		{"pages that cannot be read", search(raw(ldap.OIDPaged, true, []byte("x"))), goldap.LDAPResultProtocolError},
		{"pages of less than nothing", search(raw(ldap.OIDPaged, true, ldap.Paged{Size: -1}.Encode())), goldap.LDAPResultProtocolError},
		{"security descriptors", search(raw(ldap.OIDSDFlags, true, ldap.EncodeFlags(7))), 0},
		{"what was deleted", search(raw(ldap.OIDShowDeleted, true, nil)), 0},
		{"no referrals", search(raw(ldap.OIDManageDSAIT, true, nil)), 0},
		{"extended names", search(raw(ldap.OIDExtendedDN, true, ldap.EncodeFlags(1))), unavailable},
		{"extended names, not critical", search(raw(ldap.OIDExtendedDN, false, ldap.EncodeFlags(1))), 0},
		{"a whole tree deleted", remove(raw(ldap.OIDTreeDelete, true, nil)), unavailable},
		{"a whole tree deleted, not critical", remove(raw(ldap.OIDTreeDelete, false, nil)), goldap.LDAPResultInsufficientAccessRights},
		{"what is asserted", modify(raw(ldap.OIDAssertion, true, compare)), 0},
		{"what is not as asserted", modify(raw(ldap.OIDAssertion, true, other)), goldap.LDAPResultAssertionFailed},
		{"an assertion of a search", search(raw(ldap.OIDAssertion, true, other)), goldap.LDAPResultAssertionFailed},
		{"an assertion of a delete", remove(raw(ldap.OIDAssertion, true, other)), goldap.LDAPResultAssertionFailed},
		{"an assertion that cannot be read", search(raw(ldap.OIDAssertion, true, []byte{1})), goldap.LDAPResultProtocolError},
	}
	for _, tt := range tests {
		if codeOf(tt.err) != tt.code {
			t.Errorf("%s: got %v, want %d", tt.name, tt.err, tt.code)
		}
	}
}

// entriesOn makes some groups and a server that lets a page hold most entries.
func entriesOn(t *testing.T, n, most int) (*bench, *goldap.Conn) {
	b := newBench(t, func(c *ldapd.Config, _ *listen.Config) { c.Limits.Entries = most })
	for i := range n {
		b.group(fmt.Sprintf("Page %02d", i))
	}
	return b, b.asAdmin()
}

func TestPagesOverChanges(t *testing.T) {
	b, c := entriesOn(t, 25, 1000)
	for _, filter := range []string{"(cn=Page *)", "(|(cn=Page 01)(cn=Page 02)(cn=Page 03)(cn=Page 24))", "(cn=nothing)"} {
		res, err := c.SearchWithPaging(&goldap.SearchRequest{BaseDN: base, Scope: 2, Filter: filter, Attributes: []string{"cn"}}, 7)
		want := map[string]int{"(cn=Page *)": 25, "(cn=nothing)": 0}
		if n, ok := want[filter]; !ok && len(res.Entries) != 4 || ok && len(res.Entries) != n || err != nil {
			t.Errorf("%s: got %d, %v", filter, len(res.Entries), err)
		}
	}

	paging := goldap.NewControlPaging(10)
	ask := func(c *goldap.Conn) []string {
		t.Helper()
		res, err := c.Search(&goldap.SearchRequest{BaseDN: users, Scope: 1, Filter: "(cn=Page *)", Attributes: []string{"cn"}, Controls: []goldap.Control{paging}})
		if err != nil {
			t.Fatal(err)
		}
		answer, ok := goldap.FindControl(res.Controls, goldap.ControlTypePaging).(*goldap.ControlPaging)
		if !ok {
			t.Fatal("no answer to the control")
		}
		paging.SetCookie(answer.Cookie)
		var names []string
		for _, e := range res.Entries {
			names = append(names, e.GetAttributeValue("cn"))
		}
		return names
	}
	got := ask(c)
	for _, gone := range []string{"Page 03", "Page 09", "Page 15"} {
		e, _ := b.dir.Find("", gone)
		if err := b.admin.Delete(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
	}
	b.group("Page 005") // comes before what was sent already
	b.group("Page 105")
	got = append(got, ask(b.asAdmin())...) // another connection goes on
	got = append(got, ask(c)...)
	if len(paging.Cookie) != 0 {
		t.Error("the last page has a cookie")
	}
	if len(got) != 25 || !slices.IsSorted(got) || slices.Contains(got, "Page 15") || !slices.Contains(got, "Page 105") {
		t.Errorf("got %d: %q", len(got), got)
	}
}

func TestACookieIsOfOneSearch(t *testing.T) {
	b, c := entriesOn(t, 12, 1000)
	b.user("alice")
	page := func(c *goldap.Conn, base, filter string, size int32, cookie []byte) (int, []byte, error) {
		res, err := c.Search(&goldap.SearchRequest{BaseDN: base, Scope: 2, Filter: filter, Attributes: []string{"cn"},
			Controls: []goldap.Control{raw(ldap.OIDPaged, true, ldap.Paged{Size: size, Cookie: cookie}.Encode())}})
		if err != nil {
			return 0, nil, err
		}
		p, _ := goldap.FindControl(res.Controls, goldap.ControlTypePaging).(*goldap.ControlPaging)
		return len(res.Entries), p.Cookie, nil
	}
	n, cookie, err := page(c, base, "(cn=Page *)", 5, nil)
	if n != 5 || len(cookie) == 0 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	changed := slices.Clone(cookie)
	changed[len(changed)-2] ^= 1
	for name, err := range map[string]error{
		"another filter": third(page(c, base, "(cn=page *x)", 5, cookie)),
		"another base":   third(page(c, users, "(cn=Page *)", 5, cookie)),
		"another person": third(page(b.bind("alice", password), base, "(cn=Page *)", 5, cookie)),
		"a changed one":  third(page(c, base, "(cn=Page *)", 5, changed)),
		"a short one":    third(page(c, base, "(cn=Page *)", 5, cookie[:10])),
	} {
		if codeOf(err) != goldap.LDAPResultUnwillingToPerform {
			t.Errorf("%s: got %v, want unwillingToPerform", name, err)
		}
	}
	if n, again, err := page(c, base, "(cn=Page *)", 0, cookie); n != 0 || len(again) != 0 || err != nil {
		t.Errorf("given up: got %d, %q, %v", n, again, err)
	}
	if n, _, err := page(c, base, "(cn=Page *)", 5, cookie); n != 5 || err != nil {
		t.Errorf("the same cookie again: got %d, %v", n, err)
	}
}

func third[A, B any](_ A, _ B, err error) error { return err }

func TestPagesAndLimits(t *testing.T) {
	_, c := entriesOn(t, 30, 10)
	res, err := c.Search(&goldap.SearchRequest{BaseDN: base, Scope: 2, Filter: "(cn=Page *)"})
	if codeOf(err) != goldap.LDAPResultSizeLimitExceeded || len(res.Entries) != 10 {
		t.Errorf("without pages: got %d, %v", len(res.Entries), err)
	}
	res, err = c.SearchWithPaging(&goldap.SearchRequest{BaseDN: base, Scope: 2, Filter: "(cn=Page *)"}, 500)
	if err != nil || len(res.Entries) != 30 {
		t.Errorf("in pages larger than the server's: got %d, %v", len(res.Entries), err)
	}
	res, err = c.SearchWithPaging(&goldap.SearchRequest{BaseDN: base, Scope: 2, SizeLimit: 15, Filter: "(cn=Page *)"}, 8)
	if codeOf(err) != goldap.LDAPResultSizeLimitExceeded || len(res.Entries) != 15 {
		t.Errorf("with the client's limit: got %d, %v", len(res.Entries), err)
	}
}

func TestSorting(t *testing.T) {
	b, c := entriesOn(t, 8, 20)
	lab(b)
	sorted := func(base string, critical bool, page int32, keys ...ldap.SortKey) (string, error) {
		cs := []goldap.Control{raw(ldap.OIDSortRequest, critical, ldap.EncodeSortKeys(keys))}
		if page > 0 {
			cs = append(cs, goldap.NewControlPaging(uint32(page)))
		}
		res, err := c.Search(&goldap.SearchRequest{BaseDN: base, Scope: 1, Filter: "(|(cn=Page *)(sn=*))", Attributes: []string{"cn"}, Controls: cs})
		if err != nil {
			return "", err
		}
		var names []string
		for _, e := range res.Entries {
			names = append(names, strings.TrimPrefix(e.GetAttributeValue("cn"), "Page "))
		}
		return strings.Join(names, " "), nil
	}
	tests := []struct {
		name     string
		critical bool
		page     int32
		keys     []ldap.SortKey
		want     string
		code     uint16
	}{
		{"by name", true, 0, []ldap.SortKey{{Attr: "cn"}}, "alice bob 00 01 02 03 04 05 06 07", 0},
		{"backwards", true, 0, []ldap.SortKey{{Attr: "cn", Reverse: true}}, "07 06 05 04 03 02 01 00 bob alice", 0},
		{"by an attribute some have", true, 0, []ldap.SortKey{{Attr: "sn"}, {Attr: "cn", Reverse: true}}, "bob alice 07 06 05 04 03 02 01 00", 0},
		{"on one page", true, 15, []ldap.SortKey{{Attr: "cn"}}, "alice bob 00 01 02 03 04 05 06 07", 0},
		{"on more than one page", true, 3, []ldap.SortKey{{Attr: "cn"}}, "", goldap.LDAPResultUnavailableCriticalExtension},
		{"on more than one page, not critical", false, 3, []ldap.SortKey{{Attr: "cn", Reverse: true}}, "alice bob 00", 0},
		{"by what there is not", true, 0, []ldap.SortKey{{Attr: "penguin"}}, "", goldap.LDAPResultUnavailableCriticalExtension},
		{"by what there is not, not critical", false, 0, []ldap.SortKey{{Attr: "penguin"}}, "alice bob 00 01 02 03 04 05 06 07", 0},
		{"by a rule of one's own", true, 0, []ldap.SortKey{{Attr: "cn", Rule: "2.5.13.3"}}, "", goldap.LDAPResultUnavailableCriticalExtension},
	}
	for _, tt := range tests {
		got, err := sorted(users, tt.critical, tt.page, tt.keys...)
		if got != tt.want || codeOf(err) != tt.code {
			t.Errorf("%s: got %q, %v; want %q, %d", tt.name, got, err, tt.want, tt.code)
		}
	}
}
