package ident

import (
	"bytes"
	"strings"
	"testing"
)

func TestNumberIsSSSDs(t *testing.T) {
	for _, c := range []struct {
		sid  string
		want uint32
	}{
		{"S-1-5-21-1004336348-1177238915-682003330-1104", 266801104},
		{"S-1-5-21-1740824782-24134368-4039794118-1103", 96601103},
		{"S-1-5-21-1740824782-24134368-4039794118-513", 96600513},
	} {
		sid, err := ParseSID(c.sid)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := sid.Number(); !ok || got != c.want {
			t.Errorf("Number(%s): got %d, want %d", c.sid, got, c.want)
		}
		if sid.String() != c.sid {
			t.Errorf("String: got %s, want %s", sid, c.sid)
		}
		if back, ok := SIDFromBytes([]byte(sid)); !ok || back != sid {
			t.Errorf("SIDFromBytes does not give %s back", sid)
		}
		domain, rid := sid.Split()
		if !domain.IsDomain() || domain.With(rid) != sid {
			t.Errorf("Split and With do not give %s back", sid)
		}
	}
}

func TestNewDomainSIDIsClearOfMachineRanges(t *testing.T) {
	for range 20 {
		s := NewDomainSID()
		n, ok := s.With(RIDFirst).Number()
		if !ok || n <= 1879048191 || n >= 1<<31 {
			t.Errorf("NewDomainSID: number %d lies in somebody's range", n)
		}
	}
}

func TestParseSIDRefuses(t *testing.T) {
	for _, s := range []string{"", "S-1-5", "S-1-5-", "S-2-5-21-1", "S-1-5-21-+1", "S-1-5-21-01", "S-1-5-21-4294967296", "S-1-5-21" + strings.Repeat("-1", 20)} {
		if sid, err := ParseSID(s); err == nil {
			t.Errorf("ParseSID(%q): got %s, want an error", s, sid)
		}
	}
}

func TestIDForms(t *testing.T) {
	id, err := ParseID("5f3b6c0e-9d0a-4b27-8a63-2f7f0c1d9e11")
	if err != nil {
		t.Fatal(err)
	}
	want := []byte{0x0e, 0x6c, 0x3b, 0x5f, 0x0a, 0x9d, 0x27, 0x4b, 0x8a, 0x63, 0x2f, 0x7f, 0x0c, 0x1d, 0x9e, 0x11}
	if !bytes.Equal(id.GUID(), want) {
		t.Errorf("GUID: got %x, want %x", id.GUID(), want)
	}
	if back, ok := IDFromGUID(want); !ok || back != id {
		t.Errorf("IDFromGUID: got %s, want %s", back, id)
	}
	if a, b := NewID(), NewID(); a == b || a.IsZero() {
		t.Error("NewID repeats itself")
	}
}

func TestParseLogin(t *testing.T) {
	for _, s := range []string{"alice", "a", "bob.builder", "x_1-2", "a2345678901234567890"} {
		if got, err := ParseLogin(s); err != nil || got != s {
			t.Errorf("ParseLogin(%q): got %q, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "Alice", "9lives", "-rf", "_apt", "a b", "a/b", "..", "a..b", "a.", "álice", "аlice", // the last begins with a Cyrillic letter
		"alice\x00", "a\n", "$(id)", "a;b", "a*", "a)(b", "<b>", "a'b", "a23456789012345678901", "root", "sudo", "postgres", "selfsame", "krbtgt",
	} {
		if got, err := ParseLogin(s); err == nil {
			t.Errorf("ParseLogin(%q): got %q, want an error", s, got)
		}
	}
}

func TestParseGroupNameRefusesSystemGroupsInAnyForm(t *testing.T) {
	for _, s := range []string{"Data Scientists", "AAD DC Administrators", "ml-team"} {
		if _, err := ParseGroupName(s); err != nil {
			t.Errorf("ParseGroupName(%q): %v", s, err)
		}
	}
	for _, s := range []string{"sudo", "SUDO", "Sudo", "ｓｕｄｏ", "docker", "Wheel", " sudo", "sudo ", "a  b", "a,b", "a=b", "ſudo", "администраторы"} {
		if _, err := ParseGroupName(s); err == nil {
			t.Errorf("ParseGroupName(%q): want an error", s)
		}
	}
}

func TestFoldMakesLookalikesOne(t *testing.T) {
	for _, c := range [][2]string{{"Alice", "alice"}, {"ｓｕｄｏ", "sudo"}, {"Straße", "strasse"}, {" a  b ", "a b"}, {"É", "e\u0301"}} {
		if Fold(c[0]) != Fold(c[1]) {
			t.Errorf("Fold(%q) = %q, Fold(%q) = %q", c[0], Fold(c[0]), c[1], Fold(c[1]))
		}
	}
}

func TestParseUPN(t *testing.T) {
	u, err := ParseUPN("Ann.O'Neil@LAB.example")
	if err != nil || u.String() != "Ann.O'Neil@lab.example" {
		t.Errorf("got %v, %v", u, err)
	}
	for _, s := range []string{"", "a", "@lab.example", "a@", "a@b", "a.@lab.example", ".a@lab.example", "a b@lab.example", "a@lab..example", "a@-lab.example", "ä@lab.example", strings.Repeat("a", 65) + "@lab.example"} {
		if u, err := ParseUPN(s); err == nil {
			t.Errorf("ParseUPN(%q): got %v, want an error", s, u)
		}
	}
}

func TestDN(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"", ""},
		{"CN=alice,OU=AADDC Users,DC=lab,DC=internal", "CN=alice,OU=AADDC Users,DC=lab,DC=internal"},
		{" cn = alice , dc=lab", "cn=alice,dc=lab"},
		{"cn=alice  ; dc= lab ", "cn=alice,dc=lab"},
		{`CN=Smith\, John\20,DC=lab`, `CN=Smith\, John\ ,DC=lab`},
		{`CN=\23hash,DC=lab`, `CN=\#hash,DC=lab`},
		{`CN=a\00b,DC=lab`, `CN=a\00b,DC=lab`},
	} {
		dn, err := ParseDN(c.in)
		if err != nil || dn.String() != c.out {
			t.Errorf("ParseDN(%q): got %q, %v; want %q", c.in, dn.String(), err, c.out)
		}
	}
	for _, s := range []string{"x", "=a", "cn=", "cn=a,", "cn=a,,dc=b", "cn=a+sn=b", `cn=\zz`, `cn=a\`, `cn="a"`, "cn=#0401", "1.2.3=a", strings.Repeat("ou=a,", 40) + "dc=b", "cn=\xff", strings.Repeat("x", 5000)} {
		if dn, err := ParseDN(s); err == nil {
			t.Errorf("ParseDN(%q): got %q, want an error", clip(s), dn.String())
		}
	}
	a, b := MustDN("CN=Alice,OU=AADDC  Users,DC=Lab"), MustDN("cn=alice,ou=aaddc users,dc=lab")
	if a.Key() != b.Key() {
		t.Errorf("keys of equal names differ: %q, %q", a.Key(), b.Key())
	}
	if !strings.HasPrefix(a.Key(), a.Parent().Key()) {
		t.Errorf("a parent's key is not a prefix of its child's: %q, %q", a.Parent().Key(), a.Key())
	}
}

func TestDNKeyIsMadeOfFoldedParts(t *testing.T) {
	for _, c := range []struct{ dn, key string }{
		{"CN=alice,DC=lab", "dc=lab\x00cn=alice\x00"},
		{"Cn=Alice Zürcher,dc=LAB", "dc=lab\x00cn=alice zürcher\x00"},
		{"CN=ALICE   Zürcher,dc=lab", "dc=lab\x00cn=alice zürcher\x00"},
		{`CN=\ two  spaces\ ,dc=lab`, "dc=lab\x00cn=two spaces\x00"},
		{"OU=" + strings.Repeat("Long", 60) + ",DC=lab", "dc=lab\x00ou=" + strings.Repeat("long", 60) + "\x00"},
	} {
		if got := MustDN(c.dn).Key(); got != c.key {
			t.Errorf("%q has the key %q, want %q", c.dn, got, c.key)
		}
	}
}

func FuzzParseDN(f *testing.F) {
	for _, s := range []string{"CN=alice,OU=AADDC Users,DC=lab", `CN=Smith\, John,DC=lab`, `cn=\2c\00`, "cn=a+b=c", " = "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		dn, err := ParseDN(s)
		if err != nil {
			return
		}
		again, err := ParseDN(dn.String())
		if err != nil || again.Key() != dn.Key() {
			t.Errorf("%q reads as %q, which reads as %q, %v", s, dn, again, err)
		}
	})
}

func FuzzParseSID(f *testing.F) {
	f.Add("S-1-5-21-1-2-3")
	f.Fuzz(func(t *testing.T, s string) {
		sid, err := ParseSID(s)
		if err == nil && !strings.EqualFold(sid.String(), s) {
			t.Errorf("%q reads as %q", s, sid)
		}
	})
}

func TestParseServiceAccount(t *testing.T) {
	for _, s := range []string{"WEB1!x7Q$", "web1!0$", "WEB1$", "A23456789012345!abc$"} {
		if got, err := ParseServiceAccount(s); err != nil || got != s {
			t.Errorf("ParseServiceAccount(%q): got %q, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "$", "!abc$", "WEB1!$", "WEB1!abcd$", "WEB1!a!b$", "WEB1!a-b$", "WEB1!abc", "WEB1!é$", "WEB 1!abc$", "-WEB1!abc$", "A234567890123456!abc$", "WEB1!abc$$",
	} {
		if got, err := ParseServiceAccount(s); err == nil {
			t.Errorf("ParseServiceAccount(%q): got %q, want an error", s, got)
		}
	}
}
