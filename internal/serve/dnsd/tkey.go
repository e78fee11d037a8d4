package dnsd

import (
	"context"
	"encoding/hex"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const (
	// maxKeys bounds the contexts that are kept: a large lab's machines register
	// within some minutes, each with one.
	maxKeys = 2048
	// maxKeysOf bounds those of one address: as many as clients behind one
	// translator use at a time.
	maxKeysOf = 16
	// keyLife is how long a context is good.
	keyLife = time.Hour
	// tkeyRate bounds the tokens a second that are looked at for one network: each
	// costs decryptions.
	tkeyRate = 100

	modeGSS    = 3 // RFC 2930 §2.5
	modeDelete = 5
)

// key is an established context under its name.
type key struct {
	name      string
	algorithm string
	c         Context
	source    netip.Addr
	made      time.Time
	used      time.Time // guarded by the table's lock
}

// keyTable is the contexts by name. Only peers that have proved who they are have
// one there.
type keyTable struct {
	mu sync.Mutex
	of map[string]*key
}

// find returns a context that is still good; nil for none.
func (t *keyTable) find(name string, now time.Time) *key {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.of[strings.ToLower(name)]
	if k == nil {
		return nil
	}
	if now.Sub(k.made) >= keyLife {
		delete(t.of, strings.ToLower(name))
		return nil
	}
	k.used = now
	return k
}

// add keeps a context. To make room it drops the one of the same address that has
// been idle longest, or of all.
func (t *keyTable) add(k *key) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := strings.ToLower(k.name)
	if t.of[name] != nil {
		return false
	}
	var oldest, oldestOf string
	same := 0
	for n, x := range t.of {
		if oldest == "" || x.used.Before(t.of[oldest].used) {
			oldest = n
		}
		if x.source == k.source {
			if same++; oldestOf == "" || x.used.Before(t.of[oldestOf].used) {
				oldestOf = n
			}
		}
	}
	switch {
	case same >= maxKeysOf:
		delete(t.of, oldestOf)
	case len(t.of) >= maxKeys:
		delete(t.of, oldest)
	}
	t.of[name] = k
	return true
}

func (t *keyTable) drop(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, strings.ToLower(name))
}

// tkey makes a key, RFC 2930 §4.3 and RFC 3645 §4.1, or deletes one, RFC 2930 §4.2.
// The answer to a made one is signed with it.
func (s *Server) tkey(ctx context.Context, w *whole) *dns.Msg {
	ask := w.findTKEY()
	switch {
	case ask == nil:
		return w.reply(dns.RcodeFormatError)
	case s.cfg.Acceptor == nil || s.tkeys.over(w.source, s.cfg.Now()) > 0:
		s.stats.Refused.Add(1)
		return w.reply(dns.RcodeRefused)
	}
	now := s.cfg.Now()
	back := &dns.TKEY{
		Hdr:       dns.RR_Header{Name: ask.Hdr.Name, Rrtype: dns.TypeTKEY, Class: dns.ClassANY},
		Algorithm: ask.Algorithm, Mode: ask.Mode,
		Inception: uint32(now.Unix()), Expiration: uint32(now.Add(keyLife).Unix()),
	}
	reply := w.reply(dns.RcodeSuccess)
	reply.Answer = []dns.RR{back}
	switch {
	case ask.Mode == modeDelete && w.key != nil && strings.EqualFold(w.key.name, ask.Hdr.Name):
		s.keys.drop(w.key.name)
	case ask.Mode == modeDelete:
		back.Error = dns.RcodeBadKey
	case ask.Mode != modeGSS:
		back.Error = dns.RcodeBadMode
	case !isGSS(ask.Algorithm):
		back.Error = dns.RcodeBadAlg
	case s.keys.find(ask.Hdr.Name, now) != nil:
		back.Error = dns.RcodeBadName
	default:
		s.accept(ctx, w, ask, back)
	}
	return reply
}

// findTKEY finds the record of a request, whose name is the question's. RFC 3645
// puts it into the additional section; Windows once put it into the answer.
func (w *whole) findTKEY() *dns.TKEY {
	for _, part := range [][]dns.RR{w.m.Extra, w.m.Answer} {
		for _, rr := range part {
			if k, ok := rr.(*dns.TKEY); ok && k.Algorithm != "" && strings.EqualFold(k.Hdr.Name, w.m.Question[0].Name) {
				return k
			}
		}
	}
	return nil
}

// accept gives the token to the acceptor, and keeps the context if the peer has
// proved who it is. One that is not done is not kept, and so nothing of a stranger
// is (CVE-2026-58218).
func (s *Server) accept(ctx context.Context, w *whole, ask, back *dns.TKEY) {
	back.Error = dns.RcodeBadKey
	token, err := hex.DecodeString(ask.Key)
	if err != nil || len(token) == 0 {
		return
	}
	answer, c, err := s.cfg.Acceptor.Accept(ctx, w.source, token)
	if err != nil || c == nil {
		s.cfg.Log.Info("dnsd: a key was refused", "source", w.source, "err", err)
		return
	}
	now := s.cfg.Now()
	k := &key{name: ask.Hdr.Name, algorithm: ask.Algorithm, c: c, source: w.source, made: now, used: now}
	if !s.keys.add(k) {
		back.Error = dns.RcodeBadName
		return
	}
	s.stats.Contexts.Add(1)
	w.key, w.proved = k, true
	back.Error = 0
	back.Key, back.KeySize = hex.EncodeToString(answer), uint16(len(answer))
}
