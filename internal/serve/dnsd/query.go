package dnsd

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// request is one message under way.
type request struct {
	source netip.Addr
	packet []byte
	udp    bool
	proved bool // its signature was good

	question
}

// question is what a plain query asks: one question, and perhaps an OPT.
type question struct {
	end    int // of the question, in the packet
	typ    uint16
	class  uint16
	edns   bool
	size   int // of an answer the client takes, RFC 6891 §6.2.3
	ednsV  byte
	dnssec bool

	extended byte // the upper bits of the answer's code, RFC 6891 §6.1.3
}

const (
	headerLen = 12
	optLen    = 11

	// maxUDP is what passes every network unfragmented: fragments can be forged.
	maxUDP = 1232
	// amplify is how many times longer than its question an answer may be.
	amplify = 10

	bitQR = 0x8000
	bitAA = 0x0400
	bitTC = 0x0200
	bitRD = 0x0100
	bitRA = 0x0080
)

func randomSeed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:])
}

func (r *request) flags() uint16 { return binary.BigEndian.Uint16(r.packet[2:]) }
func (r *request) count(i int) int {
	return int(binary.BigEndian.Uint16(r.packet[4+2*i:]))
}

// answer answers one message. Answers of others, and what is too short to have an
// id, get none, so that two servers never talk to each other for ever.
func (s *Server) answer(ctx context.Context, r *request) []byte {
	if len(r.packet) < headerLen || r.flags()&bitQR != 0 {
		return nil
	}
	s.stats.Queries.Add(1)
	if opcode := int(r.flags() >> 11 & 15); opcode != dns.OpcodeQuery {
		if opcode != dns.OpcodeUpdate {
			return r.fail(dns.RcodeNotImplemented)
		}
		return s.answerWhole(ctx, r)
	}
	if r.count(0) != 1 || !r.parseQuestion() {
		return r.fail(dns.RcodeFormatError)
	}
	if !r.parseOPT() || r.typ == dns.TypeTKEY {
		return s.answerWhole(ctx, r)
	}
	return s.answerQuery(ctx, r)
}

// answerQuery answers a plain query: from the answers at hand, if it is there.
func (s *Server) answerQuery(ctx context.Context, r *request) []byte {
	switch {
	case r.ednsV != 0:
		return r.fail(dns.RcodeBadVers)
	case r.class != dns.ClassINET && r.class != dns.ClassANY:
		return s.refuse(r) // CHAOS among them: which version this is helps who attacks it
	case r.typ == dns.TypeAXFR, r.typ == dns.TypeIXFR:
		return s.refuse(r)
	case r.typ != dns.TypeANY && (r.typ == dns.TypeOPT || r.typ == dns.TypeTSIG || r.typ > 248 && r.typ < 256):
		return r.fail(dns.RcodeFormatError) // types that nothing is stored under, RFC 6895 §3.1
	}
	var buf [300]byte
	key := r.key(buf[:0])
	gen := s.zone.Generation()
	if a := s.kept.get(gen, key); a != nil {
		s.stats.Kept.Add(1)
		return s.reply(r, a)
	}
	name, _, err := dns.UnpackDomainName(r.packet, headerLen)
	if err != nil {
		return r.fail(dns.RcodeFormatError)
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	a, ours := s.lookUp(name, r.typ)
	if !ours || a.outside != "" {
		return s.forward(ctx, r, name, a)
	}
	if a.rcode != dns.RcodeNameError { // of names that are not there, anybody can ask for any number
		s.kept.put(gen, string(key), a)
	}
	return s.reply(r, a)
}

func (s *Server) refuse(r *request) []byte {
	s.stats.Refused.Add(1)
	return r.fail(dns.RcodeRefused)
}

// key is what answers are kept under: type and name, without regard to case.
func (r *request) key(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, r.typ)
	for _, c := range r.packet[headerLen : r.end-4] {
		// Lengths of labels are below the letters.
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// parseQuestion reads the question. A pointer in it has nothing to point to.
func (r *request) parseQuestion() bool {
	p, off := r.packet, headerLen
	for {
		if off >= len(p) || p[off] > 63 || off-headerLen > 254 {
			return false
		}
		n := int(p[off])
		off += 1 + n
		if n == 0 {
			break
		}
	}
	if off-headerLen > 255 || off+4 > len(p) {
		return false
	}
	r.typ, r.class = binary.BigEndian.Uint16(p[off:]), binary.BigEndian.Uint16(p[off+2:])
	r.end = off + 4
	return true
}

// parseOPT reads what stands behind the question: nothing, or an OPT, RFC 6891
// §6.1. It reports false for anything else, which is read whole.
func (r *request) parseOPT() bool {
	if r.count(1)+r.count(2) > 0 || r.count(3) > 1 {
		return false
	}
	if r.count(3) == 0 {
		return true
	}
	p := r.packet[r.end:]
	if len(p) < optLen || p[0] != 0 || binary.BigEndian.Uint16(p[1:]) != dns.TypeOPT || len(p) < optLen+int(binary.BigEndian.Uint16(p[9:])) {
		return false
	}
	r.edns, r.size = true, int(binary.BigEndian.Uint16(p[3:]))
	r.ednsV, r.dnssec = p[6], p[7]&0x80 != 0
	return true
}

// room is how long the answer may be.
func (r *request) room() int {
	if !r.udp {
		return maxMessage
	}
	n := 512
	if r.edns {
		n = min(max(n, r.size), maxUDP)
	}
	return min(n, amplify*len(r.packet))
}

// reply writes an answer: the question as it was asked, with its case, and behind
// it what was packed. Additional records are left out where there is no room, and
// where that does not do, the client comes again by TCP, RFC 2181 §9.
func (s *Server) reply(r *request, a *packed) []byte {
	flags := bitQR | r.flags()&bitRD | uint16(a.rcode)
	if a.own {
		flags |= bitAA
	}
	if flags&bitRD != 0 && s.away.serves(r.source) {
		flags |= bitRA
	}
	body, counts := a.body, a.counts
	room := r.room() - r.end
	if r.edns {
		room -= optLen
	}
	if len(body) > room {
		body, counts[2] = body[:a.short], 0
	}
	if len(body) > room {
		body, counts = nil, [3]uint16{}
		flags |= bitTC
	}
	return r.write(flags, counts, body)
}

// write writes a message that begins as the request does.
func (r *request) write(flags uint16, counts [3]uint16, body []byte) []byte {
	out := make([]byte, 0, r.end+len(body)+optLen)
	out = append(out, r.packet[:2]...)
	out = binary.BigEndian.AppendUint16(out, flags)
	if r.end > 0 {
		out = append(out, 0, 1)
	} else {
		out = append(out, 0, 0)
	}
	if r.edns {
		counts[2]++
	}
	for _, n := range counts {
		out = binary.BigEndian.AppendUint16(out, n)
	}
	if r.end > 0 {
		out = append(out, r.packet[headerLen:r.end]...)
	}
	out = append(out, body...)
	if r.edns {
		out = append(out, 0, 0, byte(dns.TypeOPT), maxUDP>>8, maxUDP&255, byte(r.extended), 0, 0, 0, 0, 0)
		if r.dnssec {
			out[len(out)-4] = 0x80 // RFC 3225 §3
		}
	}
	return out
}

// fail answers with an error and nothing else.
func (r *request) fail(rcode int) []byte {
	r.extended = byte(rcode >> 4)
	return r.write(bitQR|r.flags()&(15<<11|bitRD)|uint16(rcode&15), [3]uint16{}, nil)
}

// truncated tells the client to come by TCP; nil for what is no query.
func (s *Server) truncated(r *request) []byte {
	if len(r.packet) < headerLen || r.flags()&(bitQR|15<<11) != 0 || r.count(0) != 1 || !r.parseQuestion() || !r.parseOPT() {
		return nil
	}
	return r.write(bitQR|bitTC|r.flags()&bitRD, [3]uint16{}, nil)
}
