package zone

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
)

// site is the one site there is.
const site = "default-first-site-name"

// computedTTL is short: a server that is gone should be forgotten soon.
const computedTTL = 300

// webHosts are the labels before the domain under which the web doors answer.
var webHosts = []string{"portal", "login", "graph", "management", "vault", "*.vault", "track", "proxy"}

// reserved are the subtrees in which nothing can be set: the services of domain
// controllers, and the host names of vaults.
var reserved = []string{"_msdcs", "_sites", "vault"}

// computed is what follows from the servers. It is immutable.
type computed struct {
	domain  string
	servers []Server
	sets    map[string][]Set
	under   map[string]bool // names with something below them
	reverse map[netip.Addr]string
	zones   map[string]bool // reverse zones of the servers' networks
}

// compute makes everything that follows from the servers.
func compute(dom directory.Domain, servers []Server, p Ports) *computed {
	c := &computed{
		domain: dom.Name, servers: servers, sets: make(map[string][]Set), under: make(map[string]bool),
		reverse: make(map[netip.Addr]string), zones: make(map[string]bool),
	}
	c.addresses()
	c.services(dom, p)
	c.add("_kerberos", TXT, Value{dom.Realm()}) // the realm of a host, for clients that ask so
	for name := range c.sets {
		for above, ok := parent(name); ok && above != ""; above, ok = parent(above) {
			c.under[above] = true
		}
	}
	return c
}

// add adds a record at a name given relative to the domain.
func (c *computed) add(label string, t Type, v Value) {
	name := c.domain
	if label != "" {
		name = strings.ToLower(label) + "." + c.domain
	}
	sets := c.sets[name]
	if s := find(sets, t); s != nil {
		if !s.has(v) {
			s.Values = append(s.Values, v)
		}
		return
	}
	c.sets[name] = append(sets, Set{Type: t, TTL: computedTTL, Values: []Value{v}, Static: true})
}

// addresses gives each server its name, and the domain and the web hosts the
// addresses of all.
func (c *computed) addresses() {
	for _, s := range c.servers {
		host := c.host(s)
		c.add("", NS, Value{host})
		for _, a := range s.Addrs {
			a = a.Unmap()
			t := A
			if a.Is6() {
				t = AAAA
			}
			for _, label := range append([]string{s.Name, "", "gc._msdcs"}, webHosts...) {
				c.add(label, t, Value{a.String()})
			}
			if c.reverse[a] == "" {
				c.reverse[a] = host
			}
			c.zones[reverseZone(a)] = true
		}
	}
}

func (c *computed) host(s Server) string { return strings.ToLower(s.Name) + "." + c.domain }

// services announces the doors as Active Directory does, [MS-ADTS] §6.3.2.3.
func (c *computed) services(dom directory.Domain, p Ports) {
	inSite := func(name string) []string { return []string{name, name + "." + site + "._sites"} }
	dc := func(name string) []string {
		return []string{name + ".dc._msdcs", name + "." + site + "._sites.dc._msdcs"}
	}
	both := func(name string) []string { return append(inSite(name), dc(name)...) }
	for i, s := range c.servers {
		announce := func(port uint16, names ...string) {
			if port == 0 {
				return
			}
			for _, n := range names {
				c.add(n, SRV, Value{"0", "100", strconv.Itoa(int(port)), c.host(s)})
			}
		}
		announce(p.LDAP, both("_ldap._tcp")...)
		announce(p.LDAP, "_ldap._tcp."+dom.ID.String()+".domains._msdcs")
		announce(p.Kerberos, both("_kerberos._tcp")...)
		announce(p.Kerberos, "_kerberos._udp", "_kerberos-master._tcp", "_kerberos-master._udp")
		announce(p.Kpasswd, "_kpasswd._tcp", "_kpasswd._udp")
		announce(p.GC, inSite("_gc._tcp")...)
		announce(p.GC, "_ldap._tcp.gc._msdcs", "_ldap._tcp."+site+"._sites.gc._msdcs")
		if i == 0 { // there is one primary, and clients expect one
			announce(p.LDAP, "_ldap._tcp.pdc._msdcs")
		}
	}
}

// isComputed reports whether a name is not to be set by anybody. The domain's own
// name may carry what says nothing of where it is.
func (c *computed) isComputed(name string, t Type) bool {
	if name == c.domain {
		return t != TXT && t != MX && t != CAA
	}
	if c.sets[name] != nil {
		return true
	}
	for _, label := range reserved {
		if top := label + "." + c.domain; name == top || strings.HasSuffix(name, "."+top) {
			return true
		}
	}
	return false
}

// parent is the name above; ok is false for the root.
func parent(name string) (string, bool) {
	if name == "" {
		return "", false
	}
	_, above, _ := strings.Cut(name, ".")
	return above, true
}
