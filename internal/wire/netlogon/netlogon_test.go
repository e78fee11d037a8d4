package netlogon

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// golden is an answer adcli, realmd, SSSD and net ads took.
const golden = `
17000000fd9100000e6c3b5f0a9d274b8a632f7f0c1d9e110c6d797465737464
6f6d61696e0b6f6e6d6963726f736f667403636f6d00c01803646331c0180c4d
5954455354444f4d41494e000344433100001744656661756c742d4669727374
2d536974652d4e616d6500c05205000000ffffffff`

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func response() Response {
	return Response{
		Flags:      PDC | GC | LDAP | DS | KDC | TimeServ | Closest | Writable | FullSecret | DS9,
		DomainGUID: [16]byte{0x0e, 0x6c, 0x3b, 0x5f, 0x0a, 0x9d, 0x27, 0x4b, 0x8a, 0x63, 0x2f, 0x7f, 0x0c, 0x1d, 0x9e, 0x11},
		Forest:     "mytestdomain.onmicrosoft.com", Domain: "mytestdomain.onmicrosoft.com", Host: "dc1.mytestdomain.onmicrosoft.com",
		NetBIOS: "MYTESTDOMAIN", NetBIOSHost: "DC1", Site: "Default-First-Site-Name", ClientSite: "Default-First-Site-Name", NtVer: NtV1 | NtV5Ex,
	}
}

func TestTheAnswerClientsTake(t *testing.T) {
	r, want := response(), unhex(t, golden)
	got, err := r.Marshal()
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %x, %v\nwant %x", got, err, want)
	}
	back, err := Parse(want)
	if err != nil || !reflect.DeepEqual(back, r) {
		t.Errorf("got %+v, %v\nwant %+v", back, err, r)
	}
}

func TestNamesThatCannotBeWritten(t *testing.T) {
	for _, s := range []string{"a..b", ".a", strings.Repeat("x", 64), strings.Repeat("abcdefg.", 32) + "a"} {
		r := Response{Domain: s}
		if p, err := r.Marshal(); !errors.Is(err, ErrName) {
			t.Errorf("%q: got %x, %v", s, p, err)
		}
	}
	r := Response{Domain: "lab.example.", UserUnknown: true}
	p, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Parse(p); err != nil || back.Domain != "lab.example" || !back.UserUnknown {
		t.Errorf("got %+v, %v", back, err)
	}
}

func TestMalformedAnswersAreRefused(t *testing.T) {
	good := unhex(t, golden)
	for n := range len(good) {
		if r, err := Parse(good[:n]); err == nil {
			t.Errorf("the first %d octets: got %+v", n, r)
		}
	}
	for name, c := range map[string]struct {
		at   int
		to   []byte
		want error
	}{
		"opcode":                 {0, []byte{24}, ErrOpcode},
		"pointer to itself":      {54, []byte{0xc0, 54}, ErrName},
		"pointer forwards":       {54, []byte{0xc0, 70}, ErrName},
		"pointer into the head":  {54, []byte{0xc0, 8}, ErrName},
		"label of a kind unused": {24, []byte{0x40}, ErrName},
		"dot in a label":         {25, []byte{'.'}, ErrName},
	} {
		p := bytes.Clone(good)
		copy(p[c.at:], c.to)
		if _, err := Parse(p); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(unhex(f, golden))
	f.Add(append(unhex(f, golden)[:24], bytes.Repeat([]byte{0xc0, 24}, 20)...))
	f.Add([]byte{23})
	f.Fuzz(func(t *testing.T, p []byte) {
		r, err := Parse(p)
		if err != nil {
			return
		}
		q, err := r.Marshal()
		if err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		if again, err := Parse(q); err != nil || !reflect.DeepEqual(again, r) {
			t.Fatalf("got %+v, %v\nwant %+v", again, err, r)
		}
	})
}
