package ldapd

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
	"github.com/selfsame-dev/selfsame/internal/wire/netlogon"
)

// netLogon is the attribute of the root DSE that a ping asks for, [MS-ADTS] §6.3.3.
const netLogon = "NetLogon"

// role is what every server of ours is and does. It keeps no time for others.
const role = netlogon.PDC | netlogon.GC | netlogon.LDAP | netlogon.DS | netlogon.KDC | netlogon.Closest | netlogon.Writable |
	netlogon.FullSecret | netlogon.WebService

// pingAsked is the spelling in which a search asks for the ping's answer; empty if
// it does not.
func pingAsked(q *ldap.SearchRequest) string {
	i := slices.IndexFunc(q.Attributes, func(a string) bool { return strings.EqualFold(a, netLogon) })
	if i < 0 {
		return ""
	}
	return q.Attributes[i]
}

// ping answers how realmd, adcli, SSSD and Samba find a server: a search of the root
// DSE whose filter describes the domain. One for another domain finds nothing.
func (x *request) ping(q *ldap.SearchRequest, name string) error {
	b := builders.Get()
	defer builders.Put(b)
	value, err := x.conn.s.pong(q.Filter)
	if err != nil || value == nil {
		return err
	}
	w := ldap.BeginEntry(b, nil)
	w.Attribute(name, [][]byte{value})
	w.Finish(x.message.ID, "")
	x.found++
	return x.conn.out.put(b.Bytes())
}

// pong is the answer to a ping; nil if it is not for this domain.
func (s *Server) pong(f ldap.Filter) ([]byte, error) {
	d := s.cfg.Directory.Domain()
	asked := pingValues(f)
	if name, ok := asked["dnsdomain"]; ok && !strings.EqualFold(strings.TrimSuffix(name, "."), d.Name) {
		return nil, nil
	}
	short, _, _ := strings.Cut(s.cfg.Host, ".")
	r := netlogon.Response{
		Flags: role, DomainGUID: [16]byte(d.ID.GUID()), Forest: d.Name, Domain: d.Name, Host: s.cfg.Host,
		NetBIOS: d.NetBIOS, NetBIOSHost: strings.ToUpper(short), User: asked["user"],
		Site: directory.SiteName, ClientSite: directory.SiteName, NtVer: netlogon.NtV1 | netlogon.NtV5Ex,
	}
	return r.Marshal()
}

// pingValues reads the equalities of a ping's filter, an AND of them.
func pingValues(f ldap.Filter) map[string]string {
	out := make(map[string]string)
	list, ok := f.(ldap.And)
	if !ok {
		list = ldap.And{f}
	}
	for _, item := range list {
		if e, ok := item.(ldap.Equal); ok {
			out[strings.ToLower(e.Attr)] = string(e.Value)
		}
	}
	return out
}

// ServeUDP answers pings over UDP, [MS-ADTS] §6.3.3, and nothing else: the root DSE
// is ten times as long as its question, and sources can be forged. It is for
// [listen.UDP].
func (s *Server) ServeUDP(_ context.Context, _ netip.AddrPort, packet []byte) []byte {
	m, err := ldap.Parse(packet)
	if err != nil {
		return nil
	}
	q, ok := m.Op.(*ldap.SearchRequest)
	if !ok || q.Base != "" || q.Scope != ldap.BaseObject {
		return nil
	}
	name := pingAsked(q)
	if name == "" {
		return nil
	}
	value, err := s.pong(q.Filter)
	if err != nil {
		return nil
	}
	b := builders.Get()
	defer builders.Put(b)
	ldap.Message{ID: m.ID, Op: ldap.ResponseTo(ldap.KindSearchRequest, ldap.Result{})}.AppendTo(b)
	done := append([]byte(nil), b.Bytes()...)
	if value == nil {
		return done
	}
	b.Reset()
	w := ldap.BeginEntry(b, nil)
	w.Attribute(name, [][]byte{value})
	w.Finish(m.ID, "")
	return append(append(make([]byte, 0, len(done)+b.Len()), b.Bytes()...), done...)
}
