package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

const portDNS = 53

func dnsAt(a netip.Addr) netip.AddrPort { return netip.AddrPortFrom(a, portDNS) }

// known is what a name server says of the domain: reply where it does not know it, err
// where it says nothing.
type known struct {
	reply string
	err   error
}

// knows asks a name server for the domain's own record, once: a silent one takes its
// time.
func (p *patient) knows(ctx context.Context, at netip.Addr) (reply string, err error) {
	k, asked := p.asked[at]
	if !asked {
		k.reply, k.err = p.soa(ctx, at)
		p.asked[at] = k
	}
	return k.reply, k.err
}

func (p *patient) soa(ctx context.Context, at netip.Addr) (reply string, err error) {
	a, err := p.query(ctx, dnsAt(at), p.domain, dnsmessage.TypeSOA)
	switch {
	case err != nil:
		return "", err
	case a.RCode != dnsmessage.RCodeSuccess:
		return strings.TrimPrefix(a.RCode.String(), "RCode"), nil
	case !slices.ContainsFunc(a.Answers, func(r dnsmessage.Resource) bool { return r.Header.Type == dnsmessage.TypeSOA }):
		return "no such zone", nil
	}
	return "", nil
}

// findServers finds a name server that knows the domain, and by it the domain's
// servers. Where DNS does not tell, the name servers stand in for them: in a domain
// of ours they are the same.
func (p *patient) findServers(ctx context.Context) {
	names, _ := p.nameServers()
	if p.domain != "" {
		for _, at := range names {
			if reply, err := p.knows(ctx, at); err == nil && reply == "" {
				p.resolver = at
				break
			}
		}
	}
	if p.resolver.IsValid() {
		hosts, _ := p.services(ctx, dnsAt(p.resolver), "_ldap._tcp."+p.domain)
		for _, h := range unique(hosts) {
			for _, a := range p.addresses(ctx, dnsAt(p.resolver), h) {
				p.servers = append(p.servers, server{h, a})
			}
		}
	}
	if len(p.servers) == 0 {
		for _, a := range names {
			if !a.IsLoopback() {
				p.servers = append(p.servers, server{"", a})
			}
		}
	}
	for _, s := range p.servers {
		// A connected socket of UDP sends nothing, and has the address of the route.
		if c, err := p.Net.DialContext(ctx, "udp", netip.AddrPortFrom(s.addr, portLDAP).String()); err == nil {
			local, _ := netip.ParseAddrPort(c.LocalAddr().String())
			p.own = local.Addr().Unmap()
			c.Close()
			break
		}
	}
}

func unique(names []string) []string {
	out := slices.Clone(names)
	slices.Sort(out)
	return slices.Compact(out)
}

func resolvers(ctx context.Context, p *patient) []Finding {
	names, _ := p.nameServers()
	if p.domain == "" {
		return []Finding{found(Error, "nothing on this machine names a domain",
			"SSSD, Kerberos and realmd find a domain by its name.", "say which one: selfsame doctor --domain lab.example")}
	}
	if len(names) == 0 {
		return []Finding{found(Error, "/etc/resolv.conf names no name server",
			"The domain's servers are found by DNS.", "add a line: nameserver ADDRESS, with the address of a server of the domain")}
	}
	var out []Finding
	for i, at := range names {
		reply, err := p.knows(ctx, at)
		s := Warning
		if !p.resolver.IsValid() {
			s = Error
		}
		switch {
		case err != nil:
			why := "Every look-up asks it first and waits for it: a sign-in takes minutes."
			if i > 0 {
				why = "When the servers before it are gone, names are not found."
			}
			out = append(out, found(s, fmt.Sprintf("name server %s is %s", at, manner(err)), why,
				fmt.Sprintf("open 53 to %s by UDP and TCP, or take it out of /etc/resolv.conf (or what writes that file: netplan, DHCP, NetworkManager)", at)))
		case reply != "":
			out = append(out, found(s, fmt.Sprintf("name server %s does not know %s: %s", at, p.domain, reply),
				"A resolver asks its first name server and believes it: the domain is there at some times and not at others.",
				"name only servers of the domain in /etc/resolv.conf, or let this one forward the domain to them"))
		}
	}
	return out
}

// serviceRecords are what clients ask for, and who.
var serviceRecords = []struct{ name, who string }{
	{"_ldap._tcp.", "realmd, adcli and SSSD"},
	{"_kerberos._udp.", "realmd and Kerberos"},
	{"_kerberos._tcp.", "Kerberos"},
	{"_kpasswd._udp.", "kpasswd"},
	{"_kpasswd._tcp.", "kpasswd"},
	{"_gc._tcp.", "SSSD, for the groups of people"},
}

func srvRecords(ctx context.Context, p *patient) []Finding {
	if !p.resolver.IsValid() {
		return nil
	}
	var out []Finding
	targets := make(map[string]bool)
	for _, r := range serviceRecords {
		hosts, err := p.services(ctx, dnsAt(p.resolver), r.name+p.domain)
		if err != nil || len(hosts) == 0 {
			out = append(out, found(Error, "there is no SRV record "+r.name+p.domain, r.who+" find the servers by it.",
				"ask a server of the domain itself: a forwarder in between may filter SRV records; on the server: selfsame dns list --all"))
		}
		for _, h := range hosts {
			targets[h] = true
		}
	}
	for h := range targets {
		if len(p.addresses(ctx, dnsAt(p.resolver), h)) == 0 {
			out = append(out, found(Error, "the server "+h+" has no address in DNS", "SRV records name it, and clients wait for it.",
				"on the server: selfsame dns list --all; a server that is gone for good has to be removed from the domain"))
		}
	}
	return out
}

func reverse(ctx context.Context, p *patient) []Finding {
	if !p.resolver.IsValid() {
		return nil
	}
	var out []Finding
	rdns, told := p.krb5.get("libdefaults", "rdns")
	matters := !told || isTrue(rdns.value)
	for _, s := range p.servers {
		if s.host == "" {
			continue
		}
		if got := p.pointer(ctx, dnsAt(p.resolver), s.addr); got != s.host {
			what := fmt.Sprintf("the address %s of %s has no name in DNS", s.addr, s.host)
			if got != "" {
				what = fmt.Sprintf("the address %s of %s is named %s in DNS", s.addr, s.host, got)
			}
			if matters {
				out = append(out, found(Warning, what, "Kerberos asks for the service under the name of the address: \"Server not found in Kerberos database\".",
					"set rdns = false in /etc/krb5.conf, or send the reverse zone to the domain's servers").with(p.setKrb5("rdns", "false")))
			} else {
				out = append(out, found(Note, what, "ldapsearch -Y GSSAPI takes the service's name from there.", "give it -N, or send the reverse zone to the domain's servers"))
			}
		}
	}
	return out
}

// port is a port that clients use, and what it says when it is asked.
type port struct {
	number  uint16
	network string
	need    string
	ask     func(*patient) []byte // over UDP, where only an answer proves anything
}

var portTable = []port{
	{portDNS, "udp", "every name is looked up there", func(p *patient) []byte {
		q, _, _ := question(p.domain, dnsmessage.TypeSOA)
		return q
	}},
	{portDNS, "tcp", "long answers of DNS, and the machine's updates of its own address", nil},
	{portKDC, "udp", "kinit asks there first", func(p *patient) []byte {
		q, _ := asRequest(krb5.Realm(p.realm), p.account(), p.Now())
		return q.Marshal()
	}},
	{portKDC, "tcp", "tickets with groups in them do not fit into UDP, and after a join SSSD uses TCP alone", nil},
	{portLDAP, "tcp", "people and groups are read there, and a join writes there", nil},
	{portLDAP, "udp", "net ads and adcli info find a server by it", func(p *patient) []byte { return rootSearch(pingFilter(p.domain), "netlogon") }},
	{portPasswd, "udp", "kpasswd sets passwords there, and with them machines join", func(*patient) []byte {
		q, _ := krb5.PasswdMessage{Version: noVersion}.Marshal()
		return q
	}},
	{portPasswd, "tcp", "realm join sets the machine's password there, and passwd people's", nil},
	{636, "tcp", "LDAP inside TLS", nil},
	{3268, "tcp", "SSSD reads the groups of people there: without it they have numbers and no names", nil},
	{3269, "tcp", "the same inside TLS", nil},
}

// noVersion is a version of the password protocol that does not exist: the server
// answers that, and no more happens, RFC 3244 §2.
const noVersion = 2

// ports asks every port of every server at once: a port that is dropped takes as
// long as all of them.
func ports(ctx context.Context, p *patient) []Finding {
	all := make([]*Finding, len(p.servers)*len(portTable))
	var wait sync.WaitGroup
	for i, s := range p.servers {
		for j, x := range portTable {
			wait.Go(func() { all[i*len(portTable)+j] = p.port(ctx, s, x) })
		}
	}
	wait.Wait()
	var out []Finding
	for _, f := range all {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}

func (p *patient) port(ctx context.Context, s server, x port) *Finding {
	at := netip.AddrPortFrom(s.addr, x.number)
	var err error
	if x.network == "udp" {
		_, _, err = p.exchange(ctx, "udp", at, framed32, x.ask(p))
	} else {
		dial, cancel := context.WithTimeout(ctx, p.Wait)
		defer cancel()
		c, derr := p.Net.DialContext(dial, "tcp", at.String())
		if err = derr; err == nil {
			c.Close()
		}
	}
	if err == nil {
		return nil
	}
	severity := Error
	if x.number == 636 || x.number == 3269 || x.network == "udp" && x.number == portLDAP {
		severity = Warning // nothing in a join or a sign-in uses it
	}
	f := found(severity, fmt.Sprintf("port %d/%s of %s is %s", x.number, x.network, s, manner(err)), upper(x.need)+".",
		fmt.Sprintf("open %d/%s from this machine's network to %s, on every firewall in between and on the server", x.number, x.network, s.addr))
	return &f
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func ping(ctx context.Context, p *patient) []Finding {
	if p.domain == "" {
		return nil
	}
	var out []Finding
	for _, s := range p.servers {
		r, err := p.Machine.ping(ctx, "tcp", s.addr, p.domain)
		switch {
		case err != nil && (timedOut(err) || !isAnswer(err)):
			continue // its port is told of already
		case err != nil:
			out = append(out, found(Error, fmt.Sprintf("%s does not answer for %s", s, p.domain), "realmd, adcli and SSSD ask each server whether it serves the domain, before anything else.",
				"look whether DNS names the right server, and whether its domain is spelt as here"))
		case s.host != "" && !strings.EqualFold(r.Host, s.host):
			out = append(out, found(Error, fmt.Sprintf("%s calls itself %s", s, r.Host), "Clients ask for tickets to the name in DNS, and the server has a key for its own: every sign-in fails.",
				"make the SRV records and the server's name agree"))
		}
	}
	return out
}

// isAnswer reports whether an error says that a server answered, and not what was
// asked.
func isAnswer(err error) bool { return strings.HasPrefix(manner(err), "not answering") }

// maxSkew is what Kerberos forgives, RFC 4120 §5.5.1's five minutes; half of it is
// a clock on its way out.
const maxSkew = 5 * time.Minute

func clock(ctx context.Context, p *patient) []Finding {
	for _, s := range p.servers {
		before := p.Now()
		theirs, err := p.kdcTime(ctx, s.addr, krb5.Realm(p.realm), p.account())
		if err != nil {
			before = p.Now()
			theirs, err = p.ldapTime(ctx, s.addr)
		}
		if err != nil {
			continue
		}
		off := before.Sub(theirs)
		ahead := "ahead of"
		if off < 0 {
			off, ahead = -off, "behind"
		}
		do := "set it by a time service: apt-get install systemd-timesyncd (or chrony), then timedatectl set-ntp true"
		what := fmt.Sprintf("the clock is %s %s that of %s", off.Round(time.Second), ahead, s)
		switch {
		case off > maxSkew:
			return []Finding{found(Error, what, "Kerberos refuses every proof that is more than five minutes off: \"Clock skew too great\".", do)}
		case off > maxSkew/2:
			return []Finding{found(Warning, what, "At five minutes Kerberos refuses every sign-in.", do)}
		}
		return nil
	}
	return nil
}
