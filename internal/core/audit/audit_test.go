package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
	"github.com/selfsame-dev/selfsame/internal/store/mem"
)

// plainSealer seals nothing: what it would hide is not what is tested here.
type plainSealer struct{}

func (plainSealer) Seal(key string, plain []byte) []byte { return append([]byte(key+":"), plain...) }
func (plainSealer) Open(key string, box []byte) ([]byte, error) {
	return bytes.TrimPrefix(box, []byte(key+":")), nil
}

// bench is a log in a folder, with a clock that can be set.
type bench struct {
	t    *testing.T
	dir  string
	sign ed25519.PrivateKey
	mu   sync.Mutex
	at   time.Time
	head []Head
}

func newBench(t *testing.T) *bench {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, dir: t.TempDir(), sign: key, at: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

func (b *bench) forward(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = b.at.Add(d)
}

func (b *bench) open() *Log {
	b.t.Helper()
	l, err := Open(Config{
		Dir: b.dir, Server: "dc1", Sign: b.sign, Seal: plainSealer{}, Now: b.now,
		Anchor: func(h Head) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.head = append(b.head, h)
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { l.Close() })
	return l
}

func (b *bench) verify() *Report {
	b.t.Helper()
	b.mu.Lock()
	heads := b.head
	b.mu.Unlock()
	rep, err := Verify(b.dir, b.sign.Public().(ed25519.PublicKey), heads)
	if err != nil {
		b.t.Fatal(err)
	}
	return rep
}

func signIn(name string) *Record {
	return &Record{Kind: SignIn, Action: "signIn", Door: "ldap", Target: ident.Ref{Kind: ident.KindUser, Name: name}, Source: netip.MustParseAddr("192.0.2.7")}
}

func TestRecordsComeBack(t *testing.T) {
	b := newBench(t)
	l := b.open()
	for _, name := range []string{"alice", "bob", "alice"} {
		if err := l.Write(t.Context(), signIn(name)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := l.Search(t.Context(), Query{Terms: []string{"ALICE", "192.0.2.7"}})
	if err != nil || len(got) != 2 || got[0].Seq != 3 || got[1].Seq != 1 {
		t.Fatalf("search for alice: got %v, %v", got, err)
	}
	if got, _ := l.Search(t.Context(), Query{Terms: []string{"alice", "bob"}}); len(got) != 0 {
		t.Errorf("search for two names at once: got %v", got)
	}
	if got := l.Recent(2, nil); len(got) != 2 || got[0].Seq != 3 {
		t.Errorf("recent: got %v", got)
	}
	l.Close()
	l = b.open()
	if err := l.Write(t.Context(), signIn("carol")); err != nil {
		t.Fatal(err)
	}
	var seqs []uint64
	if err := l.Export(t.Context(), time.Time{}, func(r *Record) bool { seqs = append(seqs, r.Seq); return true }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(seqs, []uint64{1, 2, 3, 4}) {
		t.Errorf("export after a restart: got %v", seqs)
	}
	l.Close()
	if rep := b.verify(); !rep.OK() || rep.Records != 4 || rep.Segments != 2 {
		t.Errorf("verify: got %+v", rep)
	}
}

func TestJSONIsWhatTheStandardLibraryReads(t *testing.T) {
	r := &Record{
		ID: ident.NewID(), Time: time.Date(2026, 11, 22, 10, 0, 0, 123456000, time.UTC), Server: "dc1", Seq: 7, Door: "ldap",
		Kind: Change, Action: "user.update", Result: Failure, Reason: "no \"right\"\n{\"id\":1}", Rule: "role:x",
		Actor: ident.Ref{ID: ident.NewID(), Kind: ident.KindUser, Name: "a<b>&\u2028\u202ec"}, Chain: []ident.Ref{{Name: "b"}},
		Methods: []ident.Method{{Name: "pwd", At: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}}, Login: "root", Client: "c", TLS: true,
		Source: netip.MustParseAddr("2001:db8::1"), Target: ident.Ref{Kind: ident.KindUser}, Scope: "/", Token: "t", Parent: "p", Correlation: "x",
		Diffs: []Diff{{Attr: "mail", Old: []string{"é"}, New: []string{"a", "b"}}, {Attr: "title"}}, Count: 2,
	}
	line := r.AppendJSON(nil)
	if bytes.ContainsAny(line, "\n<>\u2028\u202e") {
		t.Errorf("the line holds what could break out of it: %s", line)
	}
	var got Record
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	if !reflect.DeepEqual(&got, r) {
		t.Errorf("got  %+v\nwant %+v", &got, r)
	}
}

func TestCommitRecordsAndRecovers(t *testing.T) {
	b := newBench(t)
	st := mem.New(mem.Config{})
	defer st.Close()
	l := b.open()
	change := func(key string) func(store.Tx) (*Record, error) {
		return func(tx store.Tx) (*Record, error) {
			return &Record{Kind: Change, Action: "test." + key}, tx.Put("k/"+key, []byte("v"))
		}
	}
	if _, err := l.Commit(t.Context(), st, false, change("a")); err != nil {
		t.Fatal(err)
	}
	// A change whose record did not reach the log: as after a crash between the
	// commit and the record.
	r := &Record{Kind: Change, Action: "test.lost"}
	l.stamp(r)
	box, err := l.sealOutbox(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Update(t.Context(), func(tx store.Tx) error {
		return tx.Put(OutboxPrefix+"dc1/"+r.ID.String(), box)
	}); err != nil {
		t.Fatal(err)
	}
	l.Close()

	l = b.open()
	n, err := l.Recover(t.Context(), st)
	if err != nil || n != 1 {
		t.Fatalf("Recover: got %d, %v; want the one lost record", n, err)
	}
	if got, _ := l.Search(t.Context(), Query{Terms: []string{"test.lost"}}); len(got) != 1 || got[0].ID != r.ID {
		t.Errorf("the lost record: got %v", got)
	}
	if got, _ := l.Search(t.Context(), Query{Terms: []string{"test.a"}}); len(got) != 1 {
		t.Errorf("the record that was not lost stands %d times", len(got))
	}
	_ = st.View(t.Context(), func(tx store.Tx) error {
		return tx.Scan(OutboxPrefix, "", func(key string, _ []byte) bool { t.Errorf("the outbox holds %s", key); return true })
	})
}

func TestRefusalsAreCountedTogether(t *testing.T) {
	b := newBench(t)
	l := b.open()
	for range 1000 {
		r := signIn("mallory")
		r.Reason = "wrong password"
		l.Refuse(r)
	}
	l.FlushRefusals()
	got, err := l.Search(t.Context(), Query{Terms: []string{"mallory"}})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range got {
		n += r.Count
	}
	if n != 1000 || len(got) > 2 {
		t.Errorf("got %d records that count %d refusals", len(got), n)
	}
}

func TestWritersShareSyncs(t *testing.T) {
	b := newBench(t)
	l := b.open()
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for range 50 {
				if err := l.Write(context.Background(), signIn("alice")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	l.Close()
	if rep := b.verify(); !rep.OK() || rep.Records != 1600 {
		t.Errorf("verify: got %+v", rep)
	}
}

// Who does not wait is called once the record is on disk.
func TestWhoDoesNotWaitIsTold(t *testing.T) {
	b := newBench(t)
	l := b.open()
	var told sync.WaitGroup
	for range 200 {
		told.Add(1)
		r := signIn("alice")
		l.WriteThen(r, func(err error) {
			defer told.Done()
			l.mu.Lock()
			defer l.mu.Unlock()
			if err != nil || l.synced < r.Seq {
				t.Errorf("record %d: told %v when all up to %d were on disk", r.Seq, err, l.synced)
			}
		})
	}
	told.Wait()
	l.WriteThen(signIn("alice"), func(error) { panic("a mistake") })
	if err := l.Write(t.Context(), signIn("alice")); err != nil {
		t.Errorf("after a panic: %v", err)
	}
	l.Close()
	if rep := b.verify(); !rep.OK() || rep.Records != 202 {
		t.Errorf("verify: got %+v", rep)
	}
	late := make(chan error, 1)
	l.WriteThen(signIn("alice"), func(err error) { late <- err })
	if err := <-late; !fault.Is(err, fault.Unavailable) {
		t.Errorf("on a closed log: got %v", err)
	}
}

// A full disk refuses whom it concerns; what was appended meanwhile is written once
// there is room, and the chain is whole.
func TestWhatCannotBeWrittenIsRefusedAndTriedAgain(t *testing.T) {
	b := newBench(t)
	l := b.open()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	onto := func(f *os.File) (before *os.File) {
		l.mu.Lock()
		defer l.mu.Unlock()
		before, l.seg.f = l.seg.f, f
		return before
	}
	disk := onto(full)
	if err := l.Note(signIn("alice")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a note: got %v", err)
	}
	if err := l.Write(t.Context(), signIn("bob")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a record to be synced: got %v", err)
	}
	told := make(chan error, 1)
	l.WriteThen(signIn("bob"), func(err error) { told <- err })
	if err := <-told; !fault.Is(err, fault.Unavailable) {
		t.Errorf("a record nobody waits for: got %v", err)
	}
	onto(disk)
	if err := l.Write(t.Context(), signIn("carol")); err != nil {
		t.Errorf("with room again: %v", err)
	}
	l.Close()
	if rep := b.verify(); !rep.OK() || rep.Records != 4 {
		t.Errorf("verify: got %+v", rep)
	}
}

// Who only tells does not wait for the sync, and must not have to remind of it.
func TestANoteIsSyncedSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBench(t).open()
		defer l.Close()
		synced := func() uint64 {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.synced
		}
		for range 3 {
			for range 5 {
				if err := l.Note(signIn("alice")); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(noteDelay)
			synctest.Wait()
			if got, want := synced(), l.Seq(); got != want {
				t.Fatalf("record %d is on disk, want %d", got, want)
			}
			// Between two syncs somebody waits for one.
			if err := l.Write(t.Context(), signIn("bob")); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRetentionForgets(t *testing.T) {
	b := newBench(t)
	l := b.open()
	const canary = "canary-tq81"
	if err := l.Write(t.Context(), signIn(canary)); err != nil {
		t.Fatal(err)
	}
	b.forward(31 * 24 * time.Hour)
	if err := l.Write(t.Context(), signIn("today")); err != nil {
		t.Fatal(err)
	}
	keysBefore, _ := os.ReadFile(filepath.Join(b.dir, keysFile))
	days, err := l.Retain()
	if err != nil || len(days) != 1 {
		t.Fatalf("Retain: got %v, %v", days, err)
	}
	if got, _ := l.Search(t.Context(), Query{Terms: []string{canary}}); len(got) != 0 {
		t.Errorf("a record is found after its retention: %v", got)
	}
	keysAfter, _ := os.ReadFile(filepath.Join(b.dir, keysFile))
	if !strings.Contains(string(keysBefore), days[0]) || strings.Contains(string(keysAfter), days[0]) {
		t.Error("the key of the day that is over is still there")
	}
	l.Close()
	if rep := b.verify(); !rep.OK() {
		t.Errorf("a log that forgot on schedule does not verify: %v", rep.Faults)
	}
	// Who deletes the statement of what was forgotten is found out.
	os.Remove(filepath.Join(b.dir, closedFile))
	if rep := b.verify(); rep.OK() {
		t.Error("a log whose beginning is missing verifies")
	}
}

func TestAClockSetBackDoesNotReopenADay(t *testing.T) {
	b := newBench(t)
	l := b.open()
	b.forward(24 * time.Hour)
	l.Write(t.Context(), signIn("later"))
	b.forward(-48 * time.Hour)
	if err := l.Write(t.Context(), signIn("earlier")); err != nil {
		t.Fatal(err)
	}
	l.Close()
	l = b.open()
	l.Write(t.Context(), signIn("again"))
	l.Close()
	if rep := b.verify(); !rep.OK() || rep.Records != 3 {
		t.Errorf("verify: got %+v", rep)
	}
}

// Each way to tamper with the files, and that it is seen with the public key
// alone.
func TestVerifySeesTampering(t *testing.T) {
	build := func(t *testing.T) (*bench, []string) {
		b := newBench(t)
		for range 3 {
			l := b.open()
			for range 20 {
				if err := l.Write(t.Context(), signIn("alice")); err != nil {
					t.Fatal(err)
				}
			}
			l.Close()
		}
		names, err := segmentNames(b.dir)
		if err != nil || len(names) != 3 {
			t.Fatalf("segments: %v, %v", names, err)
		}
		if rep := b.verify(); !rep.OK() || rep.Records != 60 {
			t.Fatalf("before tampering: %+v", rep)
		}
		return b, names
	}
	read := func(b *bench, name string) []byte {
		data, err := os.ReadFile(filepath.Join(b.dir, name))
		if err != nil {
			b.t.Fatal(err)
		}
		return data
	}
	write := func(b *bench, name string, data []byte) {
		if err := os.WriteFile(filepath.Join(b.dir, name), data, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	// frames cuts a segment into its frames.
	frames := func(data []byte) (out [][]byte) {
		for len(data) > 0 {
			n := int(data[0])<<24 | int(data[1])<<16 | int(data[2])<<8 | int(data[3])
			out = append(out, data[:n+frameOver])
			data = data[n+frameOver:]
		}
		return out
	}
	for name, tamper := range map[string]func(b *bench, names []string){
		"flip a bit in the middle": func(b *bench, n []string) {
			d := read(b, n[1])
			d[len(d)/2] ^= 1
			write(b, n[1], d)
		},
		"flip a bit in the last segment": func(b *bench, n []string) {
			d := read(b, n[2])
			d[len(d)-20] ^= 1
			write(b, n[2], d)
		},
		"flip a bit in a header": func(b *bench, n []string) {
			d := read(b, n[0])
			d[20] ^= 1
			write(b, n[0], d)
		},
		"remove a frame": func(b *bench, n []string) {
			f := frames(read(b, n[1]))
			write(b, n[1], bytes.Join(append(f[:5:5], f[6:]...), nil))
		},
		"swap two frames": func(b *bench, n []string) {
			f := frames(read(b, n[1]))
			f[4], f[5] = f[5], f[4]
			write(b, n[1], bytes.Join(f, nil))
		},
		"double a frame": func(b *bench, n []string) {
			f := frames(read(b, n[1]))
			write(b, n[1], bytes.Join(append(f[:6:6], f[5:]...), nil))
		},
		"cut the middle segment": func(b *bench, n []string) {
			f := frames(read(b, n[1]))
			write(b, n[1], bytes.Join(f[:len(f)-3], nil))
		},
		"cut inside a frame": func(b *bench, n []string) {
			d := read(b, n[1])
			write(b, n[1], d[:len(d)-10])
		},
		"drop the tail of the log": func(b *bench, n []string) {
			f := frames(read(b, n[2]))
			write(b, n[2], bytes.Join(f[:len(f)-3], nil))
		},
		"drop the last segment":   func(b *bench, n []string) { os.Remove(filepath.Join(b.dir, n[2])) },
		"drop the middle segment": func(b *bench, n []string) { os.Remove(filepath.Join(b.dir, n[1])) },
		"drop the first segment":  func(b *bench, n []string) { os.Remove(filepath.Join(b.dir, n[0])) },
		"replace a segment by another": func(b *bench, n []string) {
			write(b, n[1], read(b, n[0]))
		},
		"replace the log by one of another key": func(b *bench, n []string) {
			other := newBench(b.t)
			l := other.open()
			for range 20 {
				l.Write(context.Background(), signIn("mallory"))
			}
			l.Close()
			names, _ := segmentNames(other.dir)
			write(b, n[0], read(other, names[0]))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, names := build(t)
			tamper(b, names)
			rep := b.verify()
			if rep.OK() {
				t.Error("nothing was found")
			}
			for _, f := range rep.Faults {
				if f.What == "" || f.Segment == "" {
					t.Errorf("a fault does not say what and where: %+v", f)
				}
			}
		})
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 'R', 1, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 'H'})
	dir := f.TempDir()
	pub, _, _ := ed25519.GenerateKey(nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, "2026-11-22-00000001.seg"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(dir, pub, nil); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkNote(b *testing.B) {
	_, key, _ := ed25519.GenerateKey(nil)
	l, err := Open(Config{Dir: b.TempDir(), Server: "dc1", Sign: key, Seal: plainSealer{}})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for b.Loop() {
		if err := l.Note(signIn("alice")); err != nil {
			b.Fatal(err)
		}
	}
}
