package dnsd

import (
	"net"
	"strconv"
	"sync"

	"github.com/miekg/dns"

	"github.com/selfsame-dev/selfsame/internal/core/zone"
)

// packed is an answer as it goes out, without its header and question. Names in it
// point into the question, whose letters may be of any case.
type packed struct {
	body   []byte
	short  int // length of the body without additional records
	counts [3]uint16
	rcode  int
	own    bool // we are the authority for it

	outside string   // where an alias leads out of our zones
	aliases []dns.RR // up to there
}

// lookUp asks the zone, and packs what it says. ours is false for a name in no zone
// of ours.
func (s *Server) lookUp(name string, typ uint16) (a *packed, ours bool) {
	found := s.zone.Find(name, typeOf(typ))
	if found.Outcome == zone.Foreign {
		return &packed{}, false
	}
	m := s.message(name, typ, found)
	a = pack(m)
	a.own = true
	if a.outside = found.Outside; a.outside != "" {
		a.aliases = m.Answer
	}
	return a, true
}

// message is the answer to a question in our zones.
func (s *Server) message(name string, typ uint16, found zone.Answer) *dns.Msg {
	m := &dns.Msg{Question: []dns.Question{{Name: name + ".", Qtype: typ, Qclass: dns.ClassINET}}, Compress: true}
	m.Response, m.Authoritative = true, true
	for _, set := range found.Sets {
		m.Answer = append(m.Answer, records(set)...)
		for _, v := range set.Values {
			m.Extra = append(m.Extra, s.glue(set.Type, v)...)
		}
	}
	if found.Outcome == zone.NoName {
		m.Rcode = dns.RcodeNameError
	}
	if found.Outcome != zone.Found {
		for _, soa := range records(s.zone.Authority(found.Zone)) {
			soa.Header().Ttl = min(soa.Header().Ttl, soa.(*dns.SOA).Minttl) // RFC 2308 §3
			m.Ns = append(m.Ns, soa)
		}
	}
	return m
}

// glue is the addresses of the host that a record points to.
func (s *Server) glue(t zone.Type, v zone.Value) (out []dns.RR) {
	var host string
	switch t {
	case zone.SRV:
		host = v[3]
	case zone.MX:
		host = v[1]
	case zone.NS:
		host = v[0]
	default:
		return nil
	}
	for _, t := range []zone.Type{zone.A, zone.AAAA} {
		if found := s.zone.Find(host, t); found.Outcome == zone.Found && len(found.Sets) == 1 {
			out = append(out, records(found.Sets[0])...)
		}
	}
	return out
}

// pack packs the sections of a message behind its question.
func pack(m *dns.Msg) *packed {
	a := &packed{rcode: m.Rcode, counts: [3]uint16{uint16(len(m.Answer)), uint16(len(m.Ns)), uint16(len(m.Extra))}}
	whole, err := m.Pack()
	if err != nil {
		return &packed{rcode: dns.RcodeServerFailure}
	}
	short := *m
	short.Extra = nil
	part, err := short.Pack()
	_, end, bad := dns.UnpackDomainName(whole, headerLen)
	if err != nil || bad != nil {
		return &packed{rcode: dns.RcodeServerFailure}
	}
	end += 4
	a.body, a.short = whole[end:], len(part)-end
	return a
}

// typeOf is the zone's word for a type.
func typeOf(typ uint16) zone.Type {
	if s := dns.TypeToString[typ]; s != "" {
		return zone.Type(s)
	}
	return zone.Type("TYPE" + strconv.Itoa(int(typ))) // RFC 3597 §5
}

// records turns a set into records.
func records(n zone.Named) []dns.RR {
	out := make([]dns.RR, 0, len(n.Values))
	for _, v := range n.Values {
		if rr := record(n.Type, v); rr != nil {
			*rr.Header() = dns.RR_Header{Name: n.Name + ".", Rrtype: dns.StringToType[string(n.Type)], Class: dns.ClassINET, Ttl: n.TTL}
			out = append(out, rr)
		}
	}
	return out
}

// record turns a value, whose fields core has checked, into a record.
func record(t zone.Type, v zone.Value) dns.RR {
	num := func(i int) uint64 { n, _ := strconv.ParseUint(v[i], 10, 32); return n }
	host := func(i int) string { return dns.Fqdn(v[i]) }
	switch t {
	case zone.A:
		return &dns.A{A: net.ParseIP(v[0])}
	case zone.AAAA:
		return &dns.AAAA{AAAA: net.ParseIP(v[0])}
	case zone.CNAME:
		return &dns.CNAME{Target: host(0)}
	case zone.PTR:
		return &dns.PTR{Ptr: host(0)}
	case zone.NS:
		return &dns.NS{Ns: host(0)}
	case zone.MX:
		return &dns.MX{Preference: uint16(num(0)), Mx: host(1)}
	case zone.SRV:
		return &dns.SRV{Priority: uint16(num(0)), Weight: uint16(num(1)), Port: uint16(num(2)), Target: host(3)}
	case zone.TXT:
		txt := make([]string, len(v))
		for i, s := range v {
			txt[i] = escape(s)
		}
		return &dns.TXT{Txt: txt}
	case zone.CAA:
		return &dns.CAA{Flag: uint8(num(0)), Tag: v[1], Value: escape(v[2])}
	case zone.SSHFP:
		return &dns.SSHFP{Algorithm: uint8(num(0)), Type: uint8(num(1)), FingerPrint: v[2]}
	case zone.SOA:
		return &dns.SOA{
			Ns: host(0), Mbox: host(1), Serial: uint32(num(2)), Refresh: uint32(num(3)),
			Retry: uint32(num(4)), Expire: uint32(num(5)), Minttl: uint32(num(6)),
		}
	}
	return nil
}

// keptMost bounds the answers at hand: the services of a domain and the hosts of a
// large lab, and no more room than a few megabytes.
const keptMost = 8192

// keptAnswers are packed answers of one generation of the zone.
type keptAnswers struct {
	mu  sync.RWMutex
	gen uint64
	of  map[string]*packed
}

func (k *keptAnswers) get(gen uint64, key []byte) *packed {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.gen != gen {
		return nil
	}
	return k.of[string(key)]
}

// put keeps an answer that was made when the zone was at gen.
func (k *keptAnswers) put(gen uint64, key string, a *packed) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gen > gen {
		return
	}
	if k.gen < gen || k.of == nil || len(k.of) >= keptMost {
		k.gen, k.of = gen, make(map[string]*packed)
	}
	k.of[key] = a
}
