package doctor

import (
	"context"
	"net/netip"
	"strings"
)

// patient is a machine under examination, with what several checks need to know of
// it: read once, asked once.
type patient struct {
	*Machine
	host   string // its whole name
	domain string // lower case; empty if nothing names it
	realm  string // upper case
	joined bool   // it has been told to be a machine of a domain
	sssd   sssdConf
	krb5   krb5Conf
	keys   keytabFile

	asked    map[netip.Addr]known // the name servers
	resolver netip.Addr           // the first name server that knows the domain
	servers  []server             // the domain's, as DNS has them, or the name servers where it does not
	own      netip.Addr           // its address on the way to the domain
}

// server is one of the domain's.
type server struct {
	host string // empty where DNS does not tell
	addr netip.Addr
}

// String names the server for people.
func (s server) String() string {
	if s.host == "" {
		return s.addr.String()
	}
	return s.host + " (" + s.addr.String() + ")"
}

// Examine looks at a machine.
func (m *Machine) Examine(ctx context.Context) *Report {
	p := &patient{Machine: m, host: m.fqdn(), sssd: m.readSSSD(), krb5: m.readKrb5(), keys: m.readKeytab(), asked: make(map[netip.Addr]known)}
	p.domain = p.findDomain()
	p.realm = strings.ToUpper(p.domain)
	p.joined = p.sssd.domain != "" || len(p.keys.entries) > 0
	p.findServers(ctx)
	r := &Report{Machine: p.host, Domain: p.domain, Joined: p.joined}
	examine(ctx, r, machineChecks, p)
	return r
}

// findDomain learns which domain the machine belongs to, or is to join: from who
// asks, else from the file that a join writes, else from the machine's own name.
func (p *patient) findDomain() string {
	_, host, _ := strings.Cut(p.host, ".")
	_, search := p.nameServers()
	realm, _ := p.krb5.get("libdefaults", "default_realm")
	candidates := append([]string{p.Domain, p.sssd.get("ad_domain"), p.sssd.domain, p.keys.realm(), host}, search...)
	for _, c := range append(candidates, realm.value) {
		if c = strings.ToLower(strings.Trim(c, ".")); strings.Contains(c, ".") {
			return c
		}
	}
	return ""
}

// stem is the machine's name without a domain, which its account has too.
func (p *patient) stem() string {
	s, _, _ := strings.Cut(p.host, ".")
	return s
}

// account is the name of the machine's account: its stem in upper case and a dollar
// sign. A name longer than fifteen characters was cut at the join.
func (p *patient) account() string {
	s := strings.ToUpper(p.stem())
	return s[:min(len(s), longestName)] + "$"
}

// longestName is how long a NetBIOS name is, [MS-NBTE] §2.2.1: sixteen octets, the
// last of which says what it names.
const longestName = 15

// machineChecks are in the order in which one thing rests on another.
var machineChecks = []check[*patient]{
	{"host-name", "the machine's name, /etc/hostname and /etc/hosts", hostName},
	{"resolver", "the name servers of /etc/resolv.conf: whether each answers, and knows the domain", resolvers},
	{"srv", "the SRV records of the domain, and whether their targets have addresses", srvRecords},
	{"reverse", "the name of each server's address, and whether Kerberos relies on it", reverse},
	{"ports", "each port of each server across the network: 53, 88, 389, 464 by TCP and UDP, 636, 3268 and 3269", ports},
	{"ping", "the netlogon ping over TCP and UDP, and whose name it answers with", ping},
	{"clock", "the machine's clock against the servers'", clock},
	{"time-service", "whether something keeps the clock", timeService},
	{"krb5-realm", "the realm in krb5.conf, and how its servers are found", krb5Realm},
	{"krb5-types", "the encryption types that krb5.conf permits", krb5Types},
	{"krb5-transport", "whether krb5.conf insists on UDP", krb5Transport},
	{"keytab", "/etc/krb5.keytab: whether it is there, who may read it, its names and its encryption types", keytabCheck},
	{"machine-key", "whether the domain accepts the machine's key, and its version", machineKey},
	{"sssd-conf", "sssd.conf: whether it is there, who may read it, whether it can be read", sssdFile},
	{"sssd-domain", "the domain's section of sssd.conf: provider, names, homes and who may sign in", sssdDomain},
	{"sssd-services", "whether SSSD serves what nsswitch, sudo and sshd ask it for", sssdServices},
	{"sssd-names", "whether names of the system are kept from the directory", sssdNames},
	{"sssd", "whether SSSD runs, and reaches the domain", sssdRuns},
	{"nsswitch", "whether people, groups and sudo rules are looked up in SSSD", nsswitch},
	{"pam", "whether PAM asks SSSD, and makes homes", pam},
	{"cracklib", "the dictionary that a change of a password needs", cracklib},
	{"sshd", "what sshd lets in, over all its files, and which line says so", sshd},
	{"sudoers", "which files sudo reads, and how it compares groups", sudoers},
	{"homes", "the folder that homes are made in", homes},
	{"clashes", "local people and groups that the directory has too, and local numbers in the domain's range", clashes},
	{"dns-update", "the program that registers the machine's addresses", dnsUpdate},
	{"own-record", "the machine's own address in DNS", ownRecord},
}
