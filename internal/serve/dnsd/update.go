package dnsd

import (
	"context"
	"errors"
	"time"

	"github.com/miekg/dns"

	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// updatePatience bounds an update: whoever made it asks again.
const updatePatience = 5 * time.Second

// update makes a dynamic update, RFC 2136 §3.
func (s *Server) update(ctx context.Context, w *whole) *dns.Msg {
	q := w.m.Question[0]
	if q.Qtype != dns.TypeSOA {
		return w.reply(dns.RcodeFormatError)
	}
	name := nameOf(q.Name)
	if in, ok := s.zone.ZoneOf(name); !ok || in != name || q.Qclass != dns.ClassINET {
		return w.reply(dns.RcodeNotAuth)
	}
	if w.key == nil {
		s.stats.Refused.Add(1)
		s.cfg.Log.Info("dnsd: an update without a signature was refused", "source", w.source, "zone", name)
		return w.reply(dns.RcodeRefused)
	}
	u := zone.Update{Zone: name}
	if !conditions(w.m.Answer, &u) || !changes(w.m.Ns, &u) {
		return w.reply(dns.RcodeFormatError)
	}
	ctx, cancel := context.WithTimeout(ctx, updatePatience)
	defer cancel()
	who := w.key.c.Actor()
	err := s.zone.As(who).Update(ctx, u)
	rcode := rcodeOf(err)
	if err == nil {
		s.stats.Updates.Add(1)
	}
	line := []any{"source", w.source, "actor", who.Who().Name, "zone", name, "changes", len(u.Changes), "answer", dns.RcodeToString[rcode]}
	if err != nil {
		line = append(line, "err", err)
	}
	s.cfg.Log.Info("dnsd: update", line...)
	return w.reply(rcode)
}

// conditions reads the prerequisites, RFC 2136 §2.4. Records of one set are its
// values together.
func conditions(rrs []dns.RR, u *zone.Update) bool {
	sets := make(map[outside]int)
	for _, rr := range rrs {
		h := rr.Header()
		c := zone.Condition{Name: nameOf(h.Name), Type: typeOf(h.Rrtype)}
		switch {
		case h.Ttl != 0:
			return false
		case h.Class == dns.ClassANY && h.Rdlength == 0:
		case h.Class == dns.ClassNONE && h.Rdlength == 0:
			c.Absent = true
		case h.Class == dns.ClassINET && h.Rrtype != dns.TypeANY:
			v := valueOf(rr)
			if v == nil {
				v = zone.Value{} // of a type that is nowhere: no set has it
			}
			key := outside{c.Name, h.Rrtype}
			if at, seen := sets[key]; seen {
				u.Conditions[at].Values = append(u.Conditions[at].Values, v)
				continue
			}
			c.Values, sets[key] = []zone.Value{v}, len(u.Conditions)
		default:
			return false
		}
		u.Conditions = append(u.Conditions, c)
	}
	return true
}

// changes reads the updates, RFC 2136 §2.5.
func changes(rrs []dns.RR, u *zone.Update) bool {
	for _, rr := range rrs {
		h := rr.Header()
		c := zone.Change{Name: nameOf(h.Name), Type: typeOf(h.Rrtype), TTL: h.Ttl, Value: valueOf(rr)}
		meta := h.Rrtype == dns.TypeANY || h.Rrtype > 248 && h.Rrtype < 255
		switch {
		case h.Class == dns.ClassINET && !meta:
			c.Op = zone.Add
		case h.Class == dns.ClassANY && h.Ttl == 0 && h.Rdlength == 0:
			c.Op, c.Value = zone.DropSet, nil
		case h.Class == dns.ClassNONE && h.Ttl == 0 && !meta:
			c.Op = zone.Drop
		default:
			return false
		}
		u.Changes = append(u.Changes, c)
	}
	return true
}

// rcodeOf is the only place in dnsd that knows both vocabularies.
func rcodeOf(err error) int {
	for is, rcode := range map[error]int{
		zone.ErrNoName: dns.RcodeNameError, zone.ErrNameUsed: dns.RcodeYXDomain, zone.ErrNoSet: dns.RcodeNXRrset,
		zone.ErrSetUsed: dns.RcodeYXRrset, zone.ErrOutside: dns.RcodeNotZone,
	} {
		if errors.Is(err, is) {
			return rcode
		}
	}
	if err == nil {
		return dns.RcodeSuccess
	}
	switch fault.KindOf(err) {
	case fault.Invalid:
		return dns.RcodeFormatError
	case fault.Denied, fault.Unauthenticated, fault.Locked, fault.State, fault.NotFound, fault.Exists:
		return dns.RcodeRefused
	case fault.Unsupported:
		return dns.RcodeNotImplemented
	default:
		return dns.RcodeServerFailure
	}
}
