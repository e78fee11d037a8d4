package ldap

import (
	"bytes"
	"io"
	"net"
	"reflect"
	"slices"
	"testing"

	goldap "github.com/go-ldap/ldap/v3"
)

// TestFiltersCompileAsInAnotherLibrary compares with go-ldap, octet by octet. It
// writes a true dnAttributes as 01, where RFC 4511 §5.1 says FF.
func TestFiltersCompileAsInAnotherLibrary(t *testing.T) {
	for _, s := range []string{
		`(cn=a)`, `(cn=*)`, `(cn=a*)`, `(cn=*a)`, `(cn=a*b*c*d)`, `(cn=*\2a*)`, `(n>=1)`, `(n<=1)`, `(n~=1)`, `(bin=\00\ff)`,
		`(&)`, `(|)`, `(&(a=b)(|(c=d)(e=f))(!(g=h*i)))`, `(memberOf:1.2.840.113556.1.4.1941:=cn=g)`, `(o:dn:=a)`, `(:dn:1.2.3:=a)`,
		`(cn:=a)`, `(sn:dn:2.4.6.8.10:=a)`, `(cn=zürich)`, `(cn=)`, `(&(sAMAccountName=alice)(objectclass=user)(sAMAccountName=*)(objectSID=*))`,
	} {
		p, err := goldap.CompileFilter(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		want := bytes.Replace(p.Bytes(), []byte{0x84, 1, 1}, []byte{0x84, 1, 0xff}, 1)
		if got := EncodeFilter(MustFilter(s)); !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, want %x", s, got, want)
		}
		back, err := DecodeFilter(p.Bytes())
		if err != nil || !reflect.DeepEqual(back, MustFilter(s)) {
			t.Errorf("%s decoded: got %v, %v", s, back, err)
		}
	}
}

// peer answers go-ldap over a pipe as a server would, and keeps the requests.
type peer struct {
	requests []Message
	answers  func(Message) []Message
	err      error
	done     chan struct{}
}

func (p *peer) serve(conn net.Conn) {
	defer close(p.done)
	for {
		m, err := readMessage(conn)
		if err != nil || m.Op.Kind() == KindUnbindRequest {
			if err != io.EOF {
				p.err = err
			}
			return
		}
		p.requests = append(p.requests, m)
		for _, a := range p.answers(m) {
			if _, p.err = conn.Write(a.Encode()); p.err != nil {
				return
			}
		}
	}
}

// readMessage reads one message, and never an octet of the next.
func readMessage(conn io.Reader) (Message, error) {
	var p []byte
	for {
		total, need, err := FrameLen(p, MaxMessage)
		if err != nil {
			return Message{}, err
		}
		if total > 0 {
			need = total - len(p)
		}
		if need == 0 {
			return Parse(p)
		}
		begin := len(p)
		p = slices.Grow(p, need)[:begin+need]
		if _, err := io.ReadFull(conn, p[begin:]); err != nil {
			return Message{}, err
		}
	}
}

// TestAnotherLibraryTalksToUs has go-ldap encode each request and read each
// answer.
func TestAnotherLibraryTalksToUs(t *testing.T) {
	here, there := net.Pipe()
	entry := &SearchResultEntry{DN: "CN=ada", Attributes: []Attribute{Text("cn", "ada"), Text("mail", "a", "b")}}
	p := &peer{done: make(chan struct{}), answers: func(m Message) []Message {
		switch q := m.Op.(type) {
		case *SearchRequest:
			return []Message{
				{ID: m.ID, Op: entry},
				{ID: m.ID, Op: &SearchResultReference{URIs: []string{"ldap://b"}}},
				{ID: m.ID, Op: ResponseTo(m.Op.Kind(), Result{}), Controls: []Control{{OID: OIDPaged, Value: Paged{Cookie: []byte("next")}.Encode()}}},
			}
		case *CompareRequest:
			return []Message{{ID: m.ID, Op: ResponseTo(m.Op.Kind(), Result{Code: CompareTrue})}}
		case *ExtendedRequest:
			if q.Name == OIDPasswordModify {
				return []Message{{ID: m.ID, Op: &ExtendedResponse{Value: EncodeMadePassword(Secret("made"))}}}
			}
			return []Message{{ID: m.ID, Op: &ExtendedResponse{Value: []byte(`u:LAB\ada`)}}}
		case *DelRequest:
			return []Message{{ID: m.ID, Op: ResponseTo(m.Op.Kind(), Result{Code: NoSuchObject, MatchedDN: "DC=lab", Text: "not there"})}}
		}
		return []Message{{ID: m.ID, Op: ResponseTo(m.Op.Kind(), Result{})}}
	}}
	go p.serve(there)
	c := goldap.NewConn(here, false)
	c.Start()

	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	check(c.Bind("CN=ada", "seven grey herons"))
	found, err := c.Search(goldap.NewSearchRequest("DC=lab", goldap.ScopeWholeSubtree, goldap.NeverDerefAliases, 5, 6, true,
		`(&(cn=a*)(!(sn=b)))`, []string{"cn", "mail"}, []goldap.Control{goldap.NewControlPaging(500)}))
	check(err)
	if found != nil {
		if got := found.Entries[0].GetAttributeValues("mail"); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("mail: got %q", got)
		}
		if got := found.Referrals; !slices.Equal(got, []string{"ldap://b"}) {
			t.Errorf("referrals: got %q", got)
		}
		paging, ok := goldap.FindControl(found.Controls, OIDPaged).(*goldap.ControlPaging)
		if !ok || string(paging.Cookie) != "next" {
			t.Errorf("paging: got %v", found.Controls)
		}
	}
	modify := goldap.NewModifyRequest("CN=ada", nil)
	modify.Add("mail", []string{"c"})
	modify.Delete("sn", nil)
	check(c.Modify(modify))
	add := goldap.NewAddRequest("CN=eve", nil)
	add.Attribute("objectClass", []string{"top", "user"})
	check(c.Add(add))
	check(c.ModifyDN(goldap.NewModifyDNRequest("CN=eve", "CN=eva", true, "OU=x")))
	if same, err := c.Compare("CN=ada", "sn", "b"); err != nil || !same {
		t.Errorf("compare: got %v, %v", same, err)
	}
	if made, err := c.PasswordModify(goldap.NewPasswordModifyRequest("CN=ada", "old", "new")); err != nil || made.GeneratedPassword != "made" {
		t.Errorf("password modify: got %v, %v", made, err)
	}
	if who, err := c.WhoAmI(nil); err != nil || who.AuthzID != `u:LAB\ada` {
		t.Errorf("who am I: got %v, %v", who, err)
	}
	err = c.Del(goldap.NewDelRequest("CN=bob", []goldap.Control{goldap.NewControlSubtreeDelete()}))
	if e, ok := err.(*goldap.Error); !ok || e.ResultCode != goldap.LDAPResultNoSuchObject || e.MatchedDN != "DC=lab" {
		t.Errorf("delete: got %v", err)
	}
	check(c.Unbind())
	<-p.done
	check(p.err)

	superior := "OU=x"
	want := []Op{
		&BindRequest{Version: 3, Name: "CN=ada", Auth: Simple{Secret("seven grey herons")}},
		&SearchRequest{Base: "DC=lab", Scope: WholeSubtree, SizeLimit: 5, TimeLimit: 6, TypesOnly: true,
			Filter: MustFilter(`(&(cn=a*)(!(sn=b)))`), Attributes: []string{"cn", "mail"}},
		&ModifyRequest{Entry: "CN=ada", Changes: []Change{{AddValues, Text("mail", "c")}, {DeleteValues, Attribute{Name: "sn"}}}},
		&AddRequest{Entry: "CN=eve", Attributes: []Attribute{Text("objectClass", "top", "user")}},
		&ModifyDNRequest{Entry: "CN=eve", NewRDN: "CN=eva", DeleteOldRDN: true, NewSuperior: &superior},
		&CompareRequest{Entry: "CN=ada", Attr: "sn", Value: []byte("b")},
		&ExtendedRequest{Name: OIDPasswordModify, Value: PasswordModify{[]byte("CN=ada"), Secret("old"), Secret("new")}.Encode()},
		&ExtendedRequest{Name: OIDWhoAmI},
		&DelRequest{Entry: "CN=bob"},
	}
	for i, m := range p.requests {
		if i >= len(want) || !reflect.DeepEqual(m.Op, want[i]) {
			t.Errorf("request %d: got %#v", i, m.Op)
		}
	}
	if len(p.requests) != len(want) {
		t.Errorf("got %d requests, want %d", len(p.requests), len(want))
	}
	if c, ok := FindControl(p.requests[1].Controls, OIDPaged); !ok {
		t.Error("the search came without its control")
	} else if v, err := ParsePaged(c.Value); err != nil || v.Size != 500 {
		t.Errorf("paging: got %v, %v", v, err)
	}
}
