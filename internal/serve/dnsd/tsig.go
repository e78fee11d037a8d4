package dnsd

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/miekg/dns"
)

// The algorithms of GSS-TSIG: RFC 3645 §2.2's name, and the one Windows 2000 made up
// before it.
const (
	gssTSIG   = "gss-tsig."
	gssTSIGMS = "gss.microsoft.com."
)

// fudge is how far apart the clocks may be, RFC 8945 §10.
const fudge = 300

// signer signs and tests messages with a context, for the codec.
type signer struct{ c Context }

// Generate signs.
func (s signer) Generate(msg []byte, _ *dns.TSIG) ([]byte, error) { return s.c.MIC(msg), nil }

// Verify tests a signature.
func (s signer) Verify(msg []byte, t *dns.TSIG) error {
	mac, err := hex.DecodeString(t.MAC)
	if err != nil {
		return err
	}
	return s.c.VerifyMIC(mac, msg)
}

// whole is a message that is more than a plain query.
type whole struct {
	*request
	m    *dns.Msg
	tsig *dns.TSIG // nil: not signed
	key  *key      // whose signature was good; nil: nobody's
}

// answerWhole answers a message that has to be read whole: an update, the making
// of a key, or anything signed.
func (s *Server) answerWhole(ctx context.Context, r *request) []byte {
	w := &whole{request: r, m: new(dns.Msg)}
	if w.m.Unpack(r.packet) != nil || len(w.m.Question) != 1 || !w.findTSIG() {
		r.end, r.edns = 0, false
		return r.fail(dns.RcodeFormatError)
	}
	if w.tsig != nil {
		if bad := s.verify(w); bad != 0 {
			s.cfg.Log.Info("dnsd: a signature was refused", "source", r.source, "error", dns.RcodeToString[bad])
			return s.send(w, w.reply(dns.RcodeNotAuth), uint16(bad))
		}
	}
	q := w.m.Question[0]
	var reply *dns.Msg
	switch {
	case w.m.Opcode == dns.OpcodeUpdate:
		reply = s.update(ctx, w)
	case q.Qtype == dns.TypeTKEY:
		reply = s.tkey(ctx, w)
	case w.key == nil:
		reply = w.reply(dns.RcodeFormatError) // sections that no query has
	default:
		reply = s.signedQuery(w, q)
	}
	return s.send(w, reply, 0)
}

// findTSIG finds the signature. It stands last and is the only one, RFC 8945 §5.1:
// what stood behind it would not be signed.
func (w *whole) findTSIG() bool {
	for _, part := range [][]dns.RR{w.m.Answer, w.m.Ns, w.m.Extra} {
		for i, rr := range part {
			t, is := rr.(*dns.TSIG)
			if !is {
				continue
			}
			if t.Algorithm == "" || i != len(part)-1 || len(w.m.Extra) == 0 || w.m.Extra[len(w.m.Extra)-1] != rr {
				return false
			}
			w.tsig = t
		}
	}
	return true
}

// verify tests the signature, RFC 8945 §5.2, and returns the error for its answer;
// 0 if it is good.
func (s *Server) verify(w *whole) (bad int) {
	k := s.keys.find(w.tsig.Hdr.Name, s.cfg.Now())
	if k == nil || !isGSS(w.tsig.Algorithm) {
		return dns.RcodeBadKey
	}
	// The codec writes into what it verifies.
	err := dns.TsigVerifyWithProvider(bytes.Clone(w.packet), signer{k.c}, "", false)
	switch {
	case errors.Is(err, dns.ErrTime):
		w.key = k // the answer is signed, so that the client can believe our clock
		return dns.RcodeBadTime
	case err != nil:
		return dns.RcodeBadSig
	}
	w.key, w.proved = k, true
	return 0
}

func isGSS(algorithm string) bool {
	return strings.EqualFold(algorithm, gssTSIG) || strings.EqualFold(algorithm, gssTSIGMS)
}

// reply begins the answer to a message.
func (w *whole) reply(rcode int) *dns.Msg {
	m := new(dns.Msg)
	m.SetRcode(w.m, rcode)
	m.RecursionDesired = w.m.RecursionDesired
	return m
}

// signedQuery answers a query that is signed, as one that is not, but signed.
func (s *Server) signedQuery(w *whole, q dns.Question) *dns.Msg {
	if q.Qclass != dns.ClassINET || q.Qtype == dns.TypeAXFR || q.Qtype == dns.TypeIXFR {
		return w.reply(dns.RcodeRefused)
	}
	name := nameOf(q.Name)
	found := s.zone.Find(name, typeOf(q.Qtype))
	if found.Zone == "" {
		return w.reply(dns.RcodeRefused)
	}
	got := s.message(name, q.Qtype, found)
	m := w.reply(got.Rcode)
	m.Authoritative = true
	if w.udp && got.Len() > 512 { // a signature comes on top
		m.Truncated = true
		return m
	}
	m.Answer, m.Ns, m.Extra = got.Answer, got.Ns, got.Extra
	return m
}

// send packs an answer, signed over the request's signature as RFC 8945 §5.3 has
// it: what Active Directory's like leaves out, and clients then cannot verify.
// An error of key or signature is told unsigned, §5.3.2.
func (s *Server) send(w *whole, m *dns.Msg, bad uint16) []byte {
	if w.tsig == nil && w.key == nil {
		return s.packWhole(m)
	}
	t := &dns.TSIG{
		Hdr:       dns.RR_Header{Rrtype: dns.TypeTSIG, Class: dns.ClassANY},
		Algorithm: gssTSIG, TimeSigned: uint64(s.cfg.Now().Unix()), Fudge: fudge, OrigId: w.m.Id, Error: bad,
	}
	mac := ""
	if w.tsig != nil {
		t.Hdr.Name, t.Algorithm, mac = w.tsig.Hdr.Name, w.tsig.Algorithm, w.tsig.MAC
	} else {
		t.Hdr.Name, t.Algorithm = w.key.name, w.key.algorithm
	}
	if bad == dns.RcodeBadTime { // §5.2.3: the client's time, and ours beside it
		t.OtherLen, t.OtherData = 6, hex.EncodeToString(uint48(t.TimeSigned))
		t.TimeSigned = w.tsig.TimeSigned
	}
	m.Extra = append(m.Extra, t)
	if w.key == nil {
		return s.packWhole(m)
	}
	out, _, err := dns.TsigGenerateWithProvider(m, signer{w.key.c}, mac, false)
	if err != nil {
		s.cfg.Log.Warn("dnsd: an answer cannot be signed", "err", err)
		return nil
	}
	return out
}

func (s *Server) packWhole(m *dns.Msg) []byte {
	out, err := m.Pack()
	if err != nil {
		s.cfg.Log.Warn("dnsd: an answer cannot be packed", "err", err)
		return nil
	}
	return out
}

func uint48(n uint64) []byte {
	return []byte{byte(n >> 40), byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}
