package keytab

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	gokeytab "github.com/jcmturner/gokrb5/v8/keytab"

	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

func entries() []Entry {
	at := time.Date(2026, 11, 24, 16, 0, 1, 0, time.UTC)
	return []Entry{
		{"LAB.EXAMPLE", krb5.Name(krb5.NamePrincipal, "DSVM1$"), at, 3, krb5.AES256SHA1, bytes.Repeat([]byte{1}, 32)},
		{"LAB.EXAMPLE", krb5.Name(krb5.NameHost, "host", "dsvm1.lab.example"), at, 300, krb5.AES128SHA1, bytes.Repeat([]byte{2}, 16)},
	}
}

func marshal(t testing.TB, l []Entry) []byte {
	t.Helper()
	p, err := Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// golden is the first of the entries as it stands in a file.
const golden = "0502 00000048 0001 000b 4c41422e4558414d504c45 0006 4453564d3124 00000001 6b05b481 03 0012 0020" +
	"0101010101010101010101010101010101010101010101010101010101010101 00000003"

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAFileIsReadAndWritten(t *testing.T) {
	if got, want := marshal(t, entries()[:1]), unhex(t, golden); !bytes.Equal(got, want) {
		t.Errorf("got %x\nwant %x", got, want)
	}
	got, err := Parse(marshal(t, entries()))
	if err != nil || !reflect.DeepEqual(got, entries()) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// MIT's ktutil wrote the file.
func TestAFileOfMIT(t *testing.T) {
	p, err := os.ReadFile("testdata/ktutil.keytab")
	if err != nil {
		t.Fatal(err)
	}
	l, err := Parse(p)
	if err != nil || len(l) != 1 || l[0].KVNO != 300 || l[0].EType != krb5.AES256SHA1 || l[0].Name.In(l[0].Realm) != "host/dsvm1.lab.example@LAB.EXAMPLE" {
		t.Fatalf("got %+v, %v", l, err)
	}
	if got := marshal(t, l); !bytes.Equal(got, p) {
		t.Errorf("got %x\nwant %x", got, p)
	}
}

func TestHolesAndEnds(t *testing.T) {
	p := marshal(t, entries()[:1])
	hole := binary.BigEndian.AppendUint32(nil, 0xfffffffd) // -3
	withHole := append(append(bytes.Clone(p[:2]), append(hole, 9, 9, 9)...), p[2:]...)
	if got, err := Parse(withHole); err != nil || !reflect.DeepEqual(got, entries()[:1]) {
		t.Errorf("a hole: got %+v, %v", got, err)
	}
	if got, err := Parse(append(bytes.Clone(p), 0, 0, 0, 0, 1, 2)); err != nil || len(got) != 1 {
		t.Errorf("a size of 0: got %+v, %v", got, err)
	}
	old := bytes.Clone(p[:len(p)-4]) // without the whole version
	binary.BigEndian.PutUint32(old[2:], uint32(len(old)-6))
	if got, err := Parse(old); err != nil || got[0].KVNO != 3 {
		t.Errorf("an old entry: got %+v, %v", got, err)
	}
	copy(p[len(p)-4:], "\x00\x00\x00\x00")
	if got, err := Parse(p); err != nil || got[0].KVNO != 3 {
		t.Errorf("a whole version of 0: got %+v, %v", got, err)
	}
}

func TestMalformedFilesAreRefused(t *testing.T) {
	for s, want := range map[string]error{
		"": ErrVersion, "0501": ErrVersion, "0502 00": ErrTruncated, "0502 7fffffff": ErrTruncated, "0502 80000000": ErrTruncated,
		"0502 00000001 00": ErrName, "0502 00000004 0000 0000": ErrName, "0502 00000004 ffff 0000": ErrName, "0502 00000006 0001 0000 ffff": ErrTruncated,
	} {
		if got, err := Parse(unhex(t, s)); !errors.Is(err, want) {
			t.Errorf("%s: got %+v, %v", s, got, err)
		}
	}
	for name, change := range map[string]func(*Entry){
		"no name": func(e *Entry) { e.Name.Parts = nil }, "long key": func(e *Entry) { e.Key = make([]byte, 1<<16) },
		"type": func(e *Entry) { e.EType = 1 << 15 }, "time": func(e *Entry) { e.Time = time.Unix(-1, 0) },
	} {
		l := entries()
		change(&l[0])
		if _, err := Marshal(l); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAnotherLibraryAgrees(t *testing.T) {
	theirs := gokeytab.New()
	if err := theirs.Unmarshal(marshal(t, entries())); err != nil {
		t.Fatal(err)
	}
	for i, e := range entries() {
		if g := theirs.Entries[i]; g.KVNO != e.KVNO || !bytes.Equal(g.Key.KeyValue, e.Key) || g.Key.KeyType != int32(e.EType) || g.Principal.Realm != string(e.Realm) || !g.Timestamp.Equal(e.Time) {
			t.Errorf("got %+v, want %+v", g, e)
		}
	}
	p, err := theirs.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Parse(p); err != nil || !reflect.DeepEqual(got, entries()) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestKlistReadsOurs asks MIT's own program, where it is installed.
func TestKlistReadsOurs(t *testing.T) {
	klist, err := exec.LookPath("klist")
	if err != nil {
		t.Skip("klist is not installed")
	}
	path := filepath.Join(t.TempDir(), "keytab")
	if err := os.WriteFile(path, marshal(t, entries()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(klist, "-kKe", path).CombinedOutput()
	for _, want := range []string{"3 DSVM1$@LAB.EXAMPLE (aes256-cts-hmac-sha1-96)", "300 host/dsvm1.lab.example@LAB.EXAMPLE", "0x0101"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("klist says %s, %v; want %s", out, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(marshal(f, entries()))
	f.Add(unhex(f, golden)[:40])
	f.Add(unhex(f, "0502 fffffffd 090909"))
	f.Add(unhex(f, "0502 80000000"))
	f.Fuzz(func(t *testing.T, p []byte) {
		l, err := Parse(p)
		if err != nil {
			return
		}
		again, err := Parse(marshal(t, l))
		if err != nil || !reflect.DeepEqual(again, l) {
			t.Fatalf("got %+v, %v\nwant %+v", again, err, l)
		}
	})
}
