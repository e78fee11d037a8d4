package audit

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Fault is one thing that [Verify] found wrong.
type Fault struct {
	Segment string `json:"segment"`
	Offset  int64  `json:"offset"` // of the frame, in bytes
	Seq     uint64 `json:"seq"`    // the last record before it
	What    string `json:"what"`
}

// String says where and what, for people.
func (f Fault) String() string {
	return fmt.Sprintf("%s at byte %d, after record %d: %s", f.Segment, f.Offset, f.Seq, f.What)
}

// Report is what a verification found.
type Report struct {
	Segments int       `json:"segments"`
	Records  uint64    `json:"records"`
	Heads    int       `json:"heads"`  // signed heads that hold
	Signed   uint64    `json:"signed"` // the last record under a signature
	Last     time.Time `json:"last"`   // when that signature was made
	Faults   []Fault   `json:"faults"`
}

// OK reports whether nothing is wrong.
func (r *Report) OK() bool { return len(r.Faults) == 0 }

// Verify checks the segments in dir with the public key alone: that each frame
// follows from the one before and each segment from the one before, that the
// signed heads hold, and that the log reaches at least as far as the heads that
// were anchored elsewhere.
//
// The first segment there is may follow one whose retention is over; that one
// must stand in the list of closed segments.
func Verify(dir string, key ed25519.PublicKey, anchors []Head) (*Report, error) {
	names, err := segmentNames(dir)
	if err != nil {
		return nil, err
	}
	v := &verifier{dir: dir, key: key, rep: &Report{}, ends: make(map[string]tail), heads: make(map[string]map[uint64][]byte)}
	closed, err := readClosed(filepath.Join(dir, closedFile), key)
	if err != nil {
		v.rep.Faults = append(v.rep.Faults, Fault{Segment: closedFile, What: err.Error()})
	}
	v.closed = closed
	for i, name := range names {
		if err := v.segment(name, i == len(names)-1); err != nil {
			return nil, err
		}
		v.rep.Segments++
	}
	for _, a := range anchors {
		v.anchor(a)
	}
	return v.rep, nil
}

type verifier struct {
	dir    string
	key    ed25519.PublicKey
	rep    *Report
	prev   tail // of the segment before; zero for none
	ends   map[string]tail
	heads  map[string]map[uint64][]byte
	closed map[string]closedSegment
}

func (v *verifier) fault(name string, off int64, seq uint64, format string, args ...any) {
	v.rep.Faults = append(v.rep.Faults, Fault{name, off, seq, fmt.Sprintf(format, args...)})
}

// segment checks one file. open says that it may be being written.
func (v *verifier) segment(name string, open bool) error {
	f, err := os.Open(filepath.Join(v.dir, name))
	if err != nil {
		return fmt.Errorf("open an audit segment: %w", err)
	}
	defer f.Close()
	fr := &frameReader{r: bufio.NewReaderSize(f, 1<<16)}
	v.heads[name] = make(map[uint64][]byte)
	seq, first := uint64(0), true
	for {
		off, before := fr.off, fr.chain
		kind, body, err := fr.next()
		if ended(err) {
			if err == errTorn && !open {
				v.fault(name, off, seq, "the segment was cut in the middle of a frame")
			}
			break
		}
		if err != nil {
			v.fault(name, off, seq, "the frame was altered, or one before it removed, added or moved")
			break
		}
		if first != (kind == frameHeader) {
			v.fault(name, off, seq, "the segment does not begin with one header")
			break
		}
		switch kind {
		case frameHeader:
			h, err := parseHeader(body)
			if err != nil {
				v.fault(name, off, seq, "the header cannot be read")
				break
			}
			v.follows(name, h)
			seq = h.Seq
		case frameRecord:
			if got := recordSeq(body); got != seq+1 {
				v.fault(name, off, seq, "record %d stands where record %d belongs", got, seq+1)
			} else {
				v.rep.Records++
			}
			seq = recordSeq(body)
		case frameHead:
			v.signedHead(name, off, seq, before, body)
		}
		first = false
	}
	v.prev = tail{name: name, seq: seq, chain: fr.chain}
	v.ends[name] = v.prev
	return nil
}

// follows checks that a segment's header continues the segment before it.
func (v *verifier) follows(name string, h header) {
	chain, _ := base64.StdEncoding.DecodeString(h.Chain)
	if !bytes.Equal(h.Key, v.key) {
		v.fault(name, 0, h.Seq, "the header names another signing key")
	}
	switch {
	case v.prev.name == "" && h.After == "":
		return
	case v.prev.name == "": // retention took the one before
		c, ok := v.closed[h.After]
		if !ok {
			v.fault(name, 0, h.Seq, "the segment before it, %s, is missing", h.After)
		} else if c.Seq != h.Seq || !bytes.Equal(c.Chain, chain) {
			v.fault(name, 0, h.Seq, "it does not follow from %s, whose retention is over", h.After)
		}
	case h.After != v.prev.name:
		v.fault(name, 0, h.Seq, "it follows %s, and %s stands before it: a segment is missing or was added", h.After, v.prev.name)
	case h.Seq != v.prev.seq || !bytes.Equal(chain, v.prev.chain[:]):
		v.fault(name, 0, h.Seq, "it does not follow from the end of %s, which was cut, replaced or added to", v.prev.name)
	}
}

func (v *verifier) signedHead(name string, off int64, seq uint64, chain [32]byte, body []byte) {
	h, err := parseHead(name, body)
	switch {
	case err != nil, !ed25519.Verify(v.key, h.signed(), h.Sig):
		v.fault(name, off, seq, "the signature of a head does not hold")
	case h.Seq != seq || !bytes.Equal(h.Chain, chain[:]):
		v.fault(name, off, seq, "a signed head says other than what stands before it")
	default:
		v.rep.Heads++
		v.rep.Signed, v.rep.Last = h.Seq, h.Time
		v.heads[name][h.Seq] = h.Chain
	}
}

// anchor checks that the log holds a head that was anchored elsewhere.
func (v *verifier) anchor(a Head) {
	if !ed25519.Verify(v.key, a.signed(), a.Sig) {
		v.fault(a.Segment, 0, a.Seq, "an anchored head's signature does not hold")
		return
	}
	if c, ok := v.closed[a.Segment]; ok && c.Seq >= a.Seq {
		return // its retention is over
	}
	chain, ok := v.heads[a.Segment][a.Seq]
	if !ok {
		v.fault(a.Segment, 0, v.ends[a.Segment].seq, "the log once held record %d, signed at %s, and no longer does: its tail was dropped or replaced", a.Seq, a.Time.Format(time.RFC3339))
	} else if !bytes.Equal(chain, a.Chain) {
		v.fault(a.Segment, 0, a.Seq, "the log says other than the head anchored at %s", a.Time.Format(time.RFC3339))
	}
}

func parseHeader(body []byte) (header, error) {
	var h header
	if err := json.Unmarshal(body, &h); err != nil {
		return header{}, err
	}
	if h.Version != formatVersion {
		return header{}, fmt.Errorf("version %d of the audit format is not known here", h.Version)
	}
	return h, nil
}

func parseHead(name string, body []byte) (Head, error) {
	const size = 8 + 8 + 32 + ed25519.SignatureSize
	if len(body) != size {
		return Head{}, errFlipped
	}
	return Head{
		Segment: name,
		Seq:     binary.BigEndian.Uint64(body),
		Time:    time.Unix(0, int64(binary.BigEndian.Uint64(body[8:]))).UTC(),
		Chain:   bytes.Clone(body[16:48]),
		Sig:     bytes.Clone(body[48:]),
	}, nil
}

// closedFile lists the segments that retention removed: one signed statement a
// line, so that a log that forgot on schedule is told from one that was cut.
const closedFile = "closed.jsonl"

// closedSegment is what is left of a segment whose retention is over.
type closedSegment struct {
	Segment string    `json:"segment"`
	Seq     uint64    `json:"seq"` // its last record
	Chain   []byte    `json:"chain"`
	At      time.Time `json:"at"`
	Sig     []byte    `json:"sig"`
}

func (c *closedSegment) signed() []byte {
	b := append([]byte("selfsame audit closed 1\x00"), c.Segment...)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint64(b, c.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(c.At.UnixNano()))
	return append(b, c.Chain...)
}

func readClosed(path string, key ed25519.PublicKey) (map[string]closedSegment, error) {
	out := make(map[string]closedSegment)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	for i, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		var c closedSegment
		if err := json.Unmarshal(line, &c); err != nil {
			return out, fmt.Errorf("line %d cannot be read", i+1)
		}
		if !ed25519.Verify(key, c.signed(), c.Sig) {
			return out, fmt.Errorf("the signature of line %d does not hold", i+1)
		}
		out[c.Segment] = c
	}
	return out, nil
}
