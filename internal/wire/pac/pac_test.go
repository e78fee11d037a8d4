package pac

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	gopac "github.com/jcmturner/gokrb5/v8/pac"
	"github.com/jcmturner/gokrb5/v8/test/testdata"
)

var at = time.Date(2026, 11, 24, 16, 0, 1, 0, time.UTC)

// sid is S-1-5-21-1-2-3 followed by sub-authorities.
func sid(subs ...uint32) SID {
	s := SID{1, byte(4 + len(subs)), 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}
	for _, v := range subs {
		s = le.AppendUint32(s, v)
	}
	return s
}

func logon() *LogonInfo {
	return &LogonInfo{
		LogonTime: at, PasswordLastSet: at.Add(-time.Hour), PasswordCanChange: at.Add(-time.Hour), Name: "alice", FullName: "Älice 😀",
		LogonCount: 2, BadPasswordCount: 1, UserRID: 1104, PrimaryGroupRID: 513, Groups: []Group{{513, GroupEnabled}, {1113, GroupEnabled}},
		UserFlags: UserExtraSIDs | UserResourceGroups, LogonServer: "DC1", Domain: "LAB", DomainSID: sid(), UserAccountControl: AccountNormal,
		ExtraSIDs:         []SIDAttributes{{SID{1, 1, 0, 0, 0, 0, 0, 18, 1, 0, 0, 0}, GroupEnabled}, {sid(999), GroupEnabled}},
		ResourceDomainSID: sid(), ResourceGroups: []Group{{2000, 0x20000007}},
	}
}

func upn() UPNInfo {
	return UPNInfo{UPN: "alice@lab.example", DNSDomain: "LAB.EXAMPLE", SAM: "alice", SID: sid(1104)}
}

func must(t testing.TB) func([]byte, error) []byte {
	return func(p []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

// full is a PAC with every buffer, each signature filled with a letter.
func full(t testing.TB) PAC {
	t.Helper()
	ok := must(t)
	p := Build(
		Buffer{Logon, ok(logon().Marshal())},
		Buffer{Client, ok(ClientInfo{at, "alice"}.Marshal())},
		Buffer{UPNDNS, ok(upn().Marshal())},
		Buffer{Delegated, ok(DelegationInfo{"cifs/dc1", []string{"host/web@LAB", "x"}}.Marshal())},
		Buffer{Attributes, PACRequested.Marshal()},
		Buffer{Requestor, sid(1104)},
		Unsigned(ServerChecksum, 20), Unsigned(KDCChecksum, 16), Unsigned(TicketChecksum, 15), Unsigned(FullChecksum, 19),
	)
	for i, typ := range []Type{ServerChecksum, KDCChecksum, TicketChecksum, FullChecksum} {
		s, err := p.Signature(typ)
		if err != nil {
			t.Fatal(err)
		}
		for j := range s.Sum {
			s.Sum[j] = byte('a' + i)
		}
	}
	return p
}

func TestAPACComesBackAsItWas(t *testing.T) {
	built := full(t)
	p, err := Parse(built.Bytes)
	if err != nil || !reflect.DeepEqual(p, built) {
		t.Fatalf("got %v, %v", p, err)
	}
	find := func(typ Type) []byte { return must(t)(p.Find(typ)) }
	if l, err := ParseLogonInfo(find(Logon)); err != nil || !reflect.DeepEqual(l, logon()) {
		t.Errorf("logon: got %+v, %v", l, err)
	}
	if c, err := ParseClientInfo(find(Client)); err != nil || c != (ClientInfo{at, "alice"}) {
		t.Errorf("client: got %+v, %v", c, err)
	}
	if u, err := ParseUPNInfo(find(UPNDNS)); err != nil || !reflect.DeepEqual(u, upn()) {
		t.Errorf("UPN: got %+v, %v", u, err)
	}
	if d, err := ParseDelegationInfo(find(Delegated)); err != nil || !reflect.DeepEqual(d, DelegationInfo{"cifs/dc1", []string{"host/web@LAB", "x"}}) {
		t.Errorf("delegation: got %+v, %v", d, err)
	}
	if a, err := ParseAttributesInfo(find(Attributes)); err != nil || a != PACRequested {
		t.Errorf("attributes: got %v, %v", a, err)
	}
	if s, err := ParseRequestor(find(Requestor)); err != nil || !bytes.Equal(s, sid(1104)) {
		t.Errorf("requestor: got %x, %v", s, err)
	}
	if _, err := p.Find(Device); !errors.Is(err, ErrMissing) {
		t.Errorf("a buffer that is not there: got %v", err)
	}
}

func TestSignaturesAreFoundAndZeroed(t *testing.T) {
	p := full(t)
	for typ, n := range map[Type]int{ServerChecksum: 24, KDCChecksum: 12, TicketChecksum: 12, FullChecksum: 16} {
		if s, err := p.Signature(typ); err != nil || len(s.Sum) != n {
			t.Errorf("type %d: got %d octets, %v; want %d", typ, len(s.Sum), err, n)
		}
	}
	z := p.Zeroed(ServerChecksum, KDCChecksum, Device)
	if len(z) != len(p.Bytes) || bytes.Contains(z, []byte("aaaa")) || bytes.Contains(z, []byte("bbbb")) || !bytes.Contains(z, []byte("cccccccccccc")) || !bytes.Contains(z, []byte("dddd")) {
		t.Error("other octets than those of two signatures are zero")
	}
	if s, _ := p.Signature(ServerChecksum); s.Sum[0] != 'a' {
		t.Error("the original was changed")
	}
	rodc := Build(Buffer{ServerChecksum, append(Unsigned(ServerChecksum, 16).Data, 7, 7)})
	if s, err := rodc.Signature(ServerChecksum); err != nil || len(s.Sum) != 12 {
		t.Errorf("before the number of a read-only controller: got %d octets, %v", len(s.Sum), err)
	}
	if _, err := Build(Buffer{ServerChecksum, []byte{16, 0, 0, 0, 1}}).Signature(ServerChecksum); !errors.Is(err, ErrTruncated) {
		t.Errorf("a short checksum: got %v", err)
	}
}

func TestAMalformedPACIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(p []byte) []byte
		want   error
	}{
		"empty":               {func(p []byte) []byte { return nil }, ErrTruncated},
		"list cut off":        {func(p []byte) []byte { return p[:30] }, ErrTruncated},
		"many buffers":        {func(p []byte) []byte { p[3] = 0xff; return p }, ErrBuffers},
		"version":             {func(p []byte) []byte { p[4] = 1; return p }, ErrVersion},
		"two of one type":     {func(p []byte) []byte { p[24] = 1; return p }, ErrBuffers},
		"size of 4 GiB":       {func(p []byte) []byte { copy(p[12:], "\xff\xff\xff\xff"); return p }, ErrOffset},
		"offset near 2^64":    {func(p []byte) []byte { copy(p[16:], "\xf8\xff\xff\xff\xff\xff\xff\xff"); return p }, ErrOffset},
		"offset in the list":  {func(p []byte) []byte { le.PutUint64(p[16:], 8); return p }, ErrOffset},
		"offset not aligned":  {func(p []byte) []byte { p[16]++; return p }, ErrOffset},
		"last buffer cut off": {func(p []byte) []byte { return p[:len(p)-8] }, ErrOffset},
	} {
		if _, err := Parse(c.change(bytes.Clone(full(t).Bytes))); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	long := strings.Repeat("x", 1<<15)
	for name, f := range map[string]func() ([]byte, error){
		"logon, long name":      func() ([]byte, error) { return (&LogonInfo{Name: long}).Marshal() },
		"logon, bad SID":        func() ([]byte, error) { return (&LogonInfo{DomainSID: SID{1}}).Marshal() },
		"logon, bad extra SID":  func() ([]byte, error) { return (&LogonInfo{ExtraSIDs: make([]SIDAttributes, 1)}).Marshal() },
		"client, long name":     func() ([]byte, error) { return ClientInfo{Name: long}.Marshal() },
		"UPN, long":             func() ([]byte, error) { return UPNInfo{UPN: long}.Marshal() },
		"UPN, name without SID": func() ([]byte, error) { return UPNInfo{SAM: "a"}.Marshal() },
		"delegation, long":      func() ([]byte, error) { return DelegationInfo{Target: long}.Marshal() },
	} {
		if p, err := f(); err == nil {
			t.Errorf("%s: got %d octets", name, len(p))
		}
	}
}

func TestTimes(t *testing.T) {
	for v, want := range map[uint64]time.Time{
		never: {}, 1<<64 - 1: {}, 0: time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC), 116444736000000001: time.Unix(0, 100).UTC(),
	} {
		if got := fromFiletime(v); !got.Equal(want) {
			t.Errorf("%d: got %v, want %v", v, got, want)
		}
		if got := filetime(want); got != min(v, never) {
			t.Errorf("%v: got %d, want %d", want, got, v)
		}
	}
	if filetime(time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC)) != 0 || filetime(time.Date(40000, 1, 1, 0, 0, 0, 0, time.UTC)) != never {
		t.Error("times out of range are not at its ends")
	}
}

// Windows wrote these, and [MS-PAC] §3 prints one of them.
func TestPACsOfWindows(t *testing.T) {
	for _, s := range []string{testdata.MarshaledPAC_Kerb_Validation_Info_MS, testdata.MarshaledPAC_Kerb_Validation_Info, testdata.MarshaledPAC_Kerb_Validation_Info_Trust} {
		p, _ := hex.DecodeString(s)
		l, err := ParseLogonInfo(p)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, l, p)
		again, err := ParseLogonInfo(must(t)(l.Marshal()))
		if err != nil || !reflect.DeepEqual(again, l) {
			t.Errorf("got %+v, %v\nwant %+v", again, err, l)
		}
	}
	whole, _ := hex.DecodeString(testdata.MarshaledPAC_AD_WIN2K_PAC)
	p, err := Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	for typ, s := range map[Type]string{Client: testdata.MarshaledPAC_Client_Info, UPNDNS: testdata.MarshaledPAC_UPN_DNS_Info} {
		if got := hex.EncodeToString(must(t)(p.Find(typ))); !strings.EqualFold(got, s) {
			t.Errorf("buffer %d: got %s, want %s", typ, got, s)
		}
	}
	if c, err := ParseClientInfo(must(t)(p.Find(Client))); err != nil || c.Name == "" || !bytes.Equal(must(t)(c.Marshal()), must(t)(p.Find(Client))) {
		t.Errorf("client: got %+v, %v", c, err)
	}
	if u, err := ParseUPNInfo(must(t)(p.Find(UPNDNS))); err != nil || u.UPN == "" || u.SID != nil {
		t.Errorf("UPN: got %+v, %v", u, err)
	}
}

// compare reads a buffer with gokrb5 too.
func compare(t *testing.T, l *LogonInfo, p []byte) {
	t.Helper()
	var k gopac.KerbValidationInfo
	if err := k.Unmarshal(p); err != nil {
		t.Fatal(err)
	}
	if k.EffectiveName.String() != l.Name || k.FullName.String() != l.FullName || k.UserID != l.UserRID || k.PrimaryGroupID != l.PrimaryGroupRID ||
		k.LogonServer.String() != l.LogonServer || k.LogonDomainName.String() != l.Domain || k.UserAccountControl != l.UserAccountControl ||
		k.LogonCount != l.LogonCount || k.UserFlags != l.UserFlags || !k.LogOnTime.Time().Equal(l.LogonTime) {
		t.Errorf("got %+v\nwant %+v", l, k)
	}
	if len(k.GroupIDs) != len(l.Groups) || len(k.ExtraSIDs) != len(l.ExtraSIDs) || len(k.ResourceGroupIDs) != len(l.ResourceGroups) {
		t.Fatalf("lists: got %+v\nwant %+v", l, k)
	}
	for i, g := range k.GroupIDs {
		if l.Groups[i] != (Group{g.RelativeID, g.Attributes}) {
			t.Errorf("group %d: got %v, want %v", i, l.Groups[i], g)
		}
	}
	for i, s := range k.ExtraSIDs {
		if got := l.ExtraSIDs[i]; got.Attributes != s.Attributes || int(got.SID[1]) != len(s.SID.SubAuthority) || le.Uint32(got.SID[8:]) != s.SID.SubAuthority[0] {
			t.Errorf("SID %d: got %v, want %v", i, got, s)
		}
	}
}

func TestAnotherLibraryReadsOurs(t *testing.T) {
	l := logon()
	l.FullName = "Älice" // gokrb5 does not join surrogates
	compare(t, l, must(t)(l.Marshal()))
	var u gopac.UPNDNSInfo
	if err := u.Unmarshal(must(t)(upn().Marshal())); err != nil || u.UPN != "alice@lab.example" || u.DNSDomain != "LAB.EXAMPLE" {
		t.Errorf("UPN: got %+v, %v", u, err)
	}
	var d gopac.S4UDelegationInfo
	if err := d.Unmarshal(must(t)(DelegationInfo{"cifs/dc1", []string{"host/web", "x"}}.Marshal())); err != nil || d.S4U2proxyTarget.String() != "cifs/dc1" || len(d.S4UTransitedServices) != 2 {
		t.Errorf("delegation: got %+v, %v", d, err)
	}
	var whole gopac.PACType
	if err := whole.Unmarshal(full(t).Bytes); err != nil || len(whole.Buffers) != 10 {
		t.Errorf("PAC: got %+v, %v", whole, err)
	}
}

// Samba's ndrdump 4.17 accepts these octets ("ndrdump krb5pac PAC_DATA struct") and
// prints every buffer as it is above.
func TestTheBytesSambaReadAreTheBytesWeWrite(t *testing.T) {
	got := hex.Dump(full(t).Bytes)
	if os.Getenv("SELFSAME_WRITE_GOLDEN") != "" {
		if err := os.WriteFile("testdata/full.hex", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/full.hex")
	if err != nil || got != string(want) {
		t.Errorf("got\n%s\nwant\n%s%v", got, want, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full(f).Bytes)
	whole, _ := hex.DecodeString(testdata.MarshaledPAC_AD_WIN2K_PAC)
	f.Add(whole)
	f.Add(whole[:100])
	for _, s := range []string{testdata.MarshaledPAC_Kerb_Validation_Info_MS, testdata.MarshaledPAC_Kerb_Validation_Info_Trust} {
		p, _ := hex.DecodeString(s)
		f.Add(p)
	}
	for _, b := range full(f).Buffers {
		f.Add(b.Data)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		stable(t, input)
		p, err := Parse(input)
		if err != nil {
			return
		}
		again, err := Parse(Build(p.Buffers...).Bytes)
		if err != nil || len(again.Buffers) != len(p.Buffers) {
			t.Fatalf("got %v, %v", again, err)
		}
		for i, b := range p.Buffers {
			if c := again.Buffers[i]; c.Type != b.Type || !bytes.Equal(c.Data, b.Data) {
				t.Fatalf("buffer %d: got %v, want %v", i, c, b)
			}
			stable(t, b.Data)
			_, _ = p.Signature(b.Type)
		}
		if z := p.Zeroed(ServerChecksum, KDCChecksum); len(z) != len(input) {
			t.Fatalf("zeroed: got %d octets, want %d", len(z), len(input))
		}
	})
}

// stable reads a buffer as each kind there is. What parses must come back.
func stable(t *testing.T, data []byte) {
	if l, err := ParseLogonInfo(data); err == nil {
		again, err := ParseLogonInfo(must(t)(l.Marshal()))
		if err != nil || !reflect.DeepEqual(again, l) {
			t.Fatalf("logon: got %+v, %v\nwant %+v", again, err, l)
		}
	}
	if c, err := ParseClientInfo(data); err == nil {
		if again, err := ParseClientInfo(must(t)(c.Marshal())); err != nil || again != c {
			t.Fatalf("client: got %+v, %v; want %+v", again, err, c)
		}
	}
	if d, err := ParseDelegationInfo(data); err == nil {
		if again, err := ParseDelegationInfo(must(t)(d.Marshal())); err != nil || !reflect.DeepEqual(again, d) {
			t.Fatalf("delegation: got %+v, %v; want %+v", again, err, d)
		}
	}
	if u, err := ParseUPNInfo(data); err == nil {
		p, err := u.Marshal()
		if errors.Is(err, ErrLong) { // parts may overlap, and need not as we write them
			return
		}
		if again, err := ParseUPNInfo(must(t)(p, err)); err != nil || !reflect.DeepEqual(again, u) {
			t.Fatalf("UPN: got %+v, %v; want %+v", again, err, u)
		}
	}
	_, _ = ParseAttributesInfo(data)
	_, _ = ParseRequestor(data)
}

func BenchmarkBuild(b *testing.B) {
	l := logon()
	for i := range 30 {
		l.Groups = append(l.Groups, Group{uint32(2000 + i), GroupEnabled})
	}
	b.ReportAllocs()
	for b.Loop() {
		p, err := l.Marshal()
		if err != nil {
			b.Fatal(err)
		}
		Build(Buffer{Logon, p}, Unsigned(ServerChecksum, 16), Unsigned(KDCChecksum, 16))
	}
}
