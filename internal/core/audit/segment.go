package audit

import (
	"bufio"
	"bytes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

// A segment is a file of frames:
//
//	length  u32, of body
//	kind    u8
//	body
//	check   the first 8 bytes of the chain after this frame
//
// The chain is SHA-256 over the chain before, the kind and the body. Kinds:
//
//	H  header, once, first: JSON
//	R  a record: sequence number u64, nonce, sealed JSON
//	I  index of the records since the last index: keyed hashes of their terms
//	S  signed head: sequence number u64, Unix nanoseconds u64, chain, signature
const (
	frameHeader = 'H'
	frameRecord = 'R'
	frameIndex  = 'I'
	frameHead   = 'S'

	checkSize = 8
	frameOver = 4 + 1 + checkSize
	// maxFrame bounds a frame when reading: a record is a few hundred bytes, and
	// one of a change of 10,000 values a megabyte.
	maxFrame = 16 << 20

	dayLayout     = "2006-01-02"
	segmentSuffix = ".seg"
	formatVersion = 1
)

// header is the first frame of a segment.
type header struct {
	Version int       `json:"version"`
	Server  string    `json:"server"`
	Day     string    `json:"day"`
	Created time.Time `json:"created"`
	After   string    `json:"after,omitempty"` // the segment before
	Seq     uint64    `json:"seq"`             // the last record before this segment
	Chain   string    `json:"chain"`           // the chain at the end of the segment before
	Key     []byte    `json:"key"`             // public key that signs the heads
}

// Head is a signed statement: after record Seq the chain of Segment stands at
// Chain.
type Head struct {
	Server  string    `json:"server"`
	Segment string    `json:"segment"`
	Seq     uint64    `json:"seq"`
	Time    time.Time `json:"time"`
	Chain   []byte    `json:"chain"`
	Sig     []byte    `json:"sig"`
}

// signed returns the bytes a head's signature is over.
func (h *Head) signed() []byte {
	b := append([]byte("selfsame audit head 1\x00"), h.Segment...)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint64(b, h.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Time.UnixNano()))
	return append(b, h.Chain...)
}

// tail is where a segment ended, for the next to follow.
type tail struct {
	name  string
	day   string
	seq   uint64
	chain [32]byte
}

// segment is the open segment. Its log's mu guards it.
type segment struct {
	f       *os.File
	name    string
	day     string
	server  string
	key     *dayKey
	sign    ed25519.PrivateKey
	seq     uint64
	chain   [32]byte
	over    time.Time // when the day ends
	pending []*Record // not yet in an index
	headSeq uint64    // the last record under a signed head
	out     []byte    // frames not yet written
	written int64     // the size of the file
	plain   []byte    // a record before it is sealed; kept for the next
	syncing sync.WaitGroup
}

func createSegment(dir, day string, key *dayKey, prev tail, server string, sign ed25519.PrivateKey, now time.Time) (*segment, error) {
	begins, err := time.Parse(dayLayout, day)
	if err != nil {
		return nil, fmt.Errorf("create an audit segment: %w", err)
	}
	name := fmt.Sprintf("%s-%08d%s", day, nextNumber(prev.name), segmentSuffix)
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create an audit segment: %w", err)
	}
	s := &segment{
		f: f, name: name, day: day, over: begins.AddDate(0, 0, 1), server: server, key: key, sign: sign, seq: prev.seq, headSeq: prev.seq,
	}
	h, err := json.Marshal(header{
		Version: formatVersion, Server: server, Day: day, Created: now, After: prev.name, Seq: prev.seq,
		Chain: base64.StdEncoding.EncodeToString(prev.chain[:]), Key: sign.Public().(ed25519.PublicKey),
	})
	if err != nil {
		return nil, err
	}
	s.frame(frameHeader, h)
	if err := s.flush(); err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, fmt.Errorf("write an audit segment: %w", err)
	}
	return s, nil
}

// nextNumber is one more than the number in a segment's name. Numbers run on
// over days and restarts, so that a file that is missing leaves a gap.
func nextNumber(name string) int {
	var n int
	if len(name) > len(dayLayout) {
		fmt.Sscanf(strings.TrimSuffix(name[len(dayLayout)+1:], segmentSuffix), "%d", &n)
	}
	return n + 1
}

// frame appends a frame for the next flush to write.
func (s *segment) frame(kind byte, body []byte) {
	at := s.begin(kind)
	s.out = append(s.out, body...)
	s.end(at)
}

// begin begins a frame, whose body is to be appended to s.out, and returns where.
func (s *segment) begin(kind byte) int {
	at := len(s.out)
	s.out = append(s.out, 0, 0, 0, 0, kind)
	return at
}

// end completes the frame that begins at at.
func (s *segment) end(at int) {
	b := s.out[at:]
	binary.BigEndian.PutUint32(b, uint32(len(b)-5))
	s.chain = step(s.chain, b[4:])
	s.out = append(s.out, s.chain[:checkSize]...)
}

// size is how long the segment is, with the frames that are due.
func (s *segment) size() int64 { return s.written + int64(len(s.out)) }

// flush writes the frames that are due, with one write for all of them. What a
// failed write left is written over by the next, or cut as torn at the next start.
func (s *segment) flush() error {
	if len(s.out) == 0 {
		return nil
	}
	if _, err := s.f.WriteAt(s.out, s.written); err != nil {
		return err
	}
	s.written += int64(len(s.out))
	s.out = s.out[:0]
	return nil
}

// step moves the chain over a frame's kind and body.
func step(chain [32]byte, kindAndBody []byte) [32]byte {
	h := sha256.New()
	h.Write(chain[:])
	h.Write(kindAndBody)
	h.Sum(chain[:0])
	return chain
}

func (s *segment) record(r *Record) {
	s.seq++
	r.Seq = s.seq
	s.plain = r.AppendJSON(s.plain[:0])
	at := s.begin(frameRecord)
	s.out = s.key.seal(s.out, r.Seq, s.plain)
	s.end(at)
	s.pending = append(s.pending, r)
}

// index writes the keyed hashes of the terms of the pending records: each term
// once, with the records that hold it.
func (s *segment) index() {
	if len(s.pending) == 0 {
		return
	}
	first := s.pending[0].Seq
	terms := make(map[uint64][]uint32, 2*len(s.pending))
	for _, r := range s.pending {
		off := uint32(r.Seq - first)
		add := func(h uint64) {
			if have := terms[h]; len(have) == 0 || have[len(have)-1] != off {
				terms[h] = append(have, off)
			}
		}
		add(s.key.hashes.once(r.ID))
		r.terms(func(t string) { add(s.key.hashes.word(t)) }, func(t string) { add(s.key.hashes.token(t)) },
			func(id ident.ID) { add(s.key.hashes.object(id)) })
	}
	body := binary.BigEndian.AppendUint64(nil, first)
	for h, offs := range terms {
		body = binary.BigEndian.AppendUint64(body, h)
		body = binary.AppendUvarint(body, uint64(len(offs)))
		for i, o := range offs {
			d := o
			if i > 0 {
				d -= offs[i-1]
			}
			body = binary.AppendUvarint(body, uint64(d))
		}
	}
	s.frame(frameIndex, body)
	clear(s.pending)
	s.pending = s.pending[:0]
}

func (s *segment) headDue() bool { return s.seq > s.headSeq }

func (s *segment) head(now time.Time) Head {
	h := Head{Server: s.server, Segment: s.name, Seq: s.seq, Time: now.UTC(), Chain: bytes.Clone(s.chain[:])}
	h.Sig = ed25519.Sign(s.sign, h.signed())
	body := binary.BigEndian.AppendUint64(nil, h.Seq)
	body = binary.BigEndian.AppendUint64(body, uint64(h.Time.UnixNano()))
	body = append(append(body, h.Chain...), h.Sig...)
	s.frame(frameHead, body)
	s.headSeq = s.seq
	return h
}

func (s *segment) tail() tail { return tail{s.name, s.day, s.seq, s.chain} }

func (s *segment) close() {
	s.syncing.Wait()
	s.f.Close()
}

// segmentNames lists the segments in order.
func segmentNames(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the audit folder: %w", err)
	}
	var out []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), segmentSuffix) && len(e.Name()) > len(dayLayout) {
			out = append(out, e.Name())
		}
	}
	slices.SortFunc(out, func(a, b string) int { return nextNumber(a) - nextNumber(b) })
	return out, nil
}

// errTorn says that a file ends in the middle of a frame: the tail of a crash.
var errTorn = errors.New("the file ends in the middle of a frame")

// errFlipped says that a frame is not what was written.
var errFlipped = errors.New("the frame does not follow from the one before")

// frameReader reads a segment's frames and checks the chain as it goes.
type frameReader struct {
	r     *bufio.Reader
	chain [32]byte
	off   int64 // of the next frame
	body  []byte
}

// next returns the next frame, io.EOF at the end, errTorn or errFlipped. The
// body is good until the next call.
func (fr *frameReader) next() (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(fr.r, head[:]); err != nil {
		if err == io.EOF {
			return 0, nil, io.EOF
		}
		return 0, nil, errTorn
	}
	n := int(binary.BigEndian.Uint32(head[:]))
	if n > maxFrame {
		return 0, nil, errFlipped
	}
	need := 1 + n + checkSize
	if cap(fr.body) < need {
		fr.body = make([]byte, need)
	}
	b := fr.body[:need]
	b[0] = head[4]
	if _, err := io.ReadFull(fr.r, b[1:]); err != nil {
		return 0, nil, errTorn
	}
	chain := step(fr.chain, b[:1+n])
	if !hmac.Equal(chain[:checkSize], b[1+n:]) {
		return 0, nil, errFlipped
	}
	fr.chain = chain
	fr.off += int64(n + frameOver)
	return b[0], b[1 : 1+n], nil
}

// readTail finds where a segment ends. A tail torn by a crash is cut off; a frame
// that was altered is left for [Verify] to name, and the log goes on from the
// last good one.
func readTail(path string, log *slog.Logger) (tail, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return tail{}, fmt.Errorf("open an audit segment: %w", err)
	}
	defer f.Close()
	name := filepath.Base(path)
	t := tail{name: name, day: name[:len(dayLayout)]}
	fr := &frameReader{r: bufio.NewReaderSize(f, 1<<16)}
	for {
		kind, body, err := fr.next()
		switch {
		case err == io.EOF:
			t.chain = fr.chain
			return t, nil
		case err == errTorn:
			log.Warn("audit log: cut the torn tail of a segment", "segment", name, "at", fr.off)
			t.chain = fr.chain
			if err := f.Truncate(fr.off); err != nil {
				return tail{}, fmt.Errorf("cut a torn audit segment: %w", err)
			}
			return t, nil
		case err != nil:
			log.Error("audit log: a segment was altered", "segment", name, "at", fr.off)
			t.chain = fr.chain
			return t, nil
		}
		switch kind {
		case frameHeader:
			var h header
			if err := json.Unmarshal(body, &h); err != nil {
				return tail{}, fmt.Errorf("read the header of audit segment %s: %w", name, err)
			}
			t.seq = h.Seq
		case frameRecord:
			if len(body) >= 8 {
				t.seq = binary.BigEndian.Uint64(body)
			}
		}
	}
}

// dayKey seals the records of one day.
type dayKey struct {
	aead   cipher.AEAD
	hashes *hashes
}

// seal appends the body of a record frame. The sequence number stands outside,
// so that a record can be found without its key, and is bound to what is inside.
//
// Nonces are random: the outbox and the segment use one key, and a counter for
// each would have to outlive crashes and restored folders.
func (k *dayKey) seal(b []byte, seq uint64, plain []byte) []byte {
	at := len(b)
	b = binary.BigEndian.AppendUint64(b, seq)
	b = append(b, make([]byte, k.aead.NonceSize())...)
	_, _ = rand.Read(b[at+8:])
	return k.aead.Seal(b, b[at+8:], plain, b[at:at+8])
}

// open reverses seal.
func (k *dayKey) open(body []byte) (*Record, error) {
	n := k.aead.NonceSize()
	if len(body) < 8+n {
		return nil, errFlipped
	}
	plain, err := k.aead.Open(nil, body[8:8+n], body[8+n:], body[:8])
	if err != nil {
		return nil, errFlipped
	}
	return parseRecord(plain)
}
