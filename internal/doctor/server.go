package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/selfsame-dev/selfsame/internal/client"
	"github.com/selfsame-dev/selfsame/internal/config"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

// Server is what a doctor sees of a server on this host.
type Server struct {
	*Machine
	Config config.Config
	API    *client.Client

	status  status
	down    error // why the API does not answer; nil if it does
	devices []graph.Device
}

// status is what the server says of itself.
type status struct {
	Domain      string    `json:"domain"`
	Server      string    `json:"server"`
	LDAP        string    `json:"ldap"`
	Certificate time.Time `json:"certificateUntil"`
}

// Examine looks at a server.
func (s *Server) Examine(ctx context.Context) *Report {
	s.down = s.API.Do(ctx, "GET", "/selfsame/v1/status", nil, nil, &s.status)
	if s.down == nil {
		s.devices, s.down = client.All[graph.Device](ctx, s.API, "/v1.0/devices", nil)
	}
	r := &Report{Machine: s.fqdn(), Domain: s.status.Domain, Joined: true}
	if s.status.Server != "" {
		r.Machine = s.status.Server
	}
	examine(ctx, r, serverChecks, s)
	return r
}

var serverChecks = []check[*Server]{
	{"answers", "whether the server answers at its local socket", serverAnswers},
	{"doors", "whether every door listens, and who holds its port where it does not", doors},
	{"room", "the room on the disk of the data folder", room},
	{"seal-key", "the sealing key: whether it is there, and who may read it", sealKey},
	{"certificate", "how long the certificate lasts", certificate},
	{"own-records", "the server's addresses in DNS against those it has", ownRecords},
	{"time-service", "whether something keeps the clock", func(ctx context.Context, s *Server) []Finding {
		return timeService(ctx, &patient{Machine: s.Machine})
	}},
	{"realm-key", "the age of the key that tickets are made with", realmKey},
	{"services", "service names that two machines have, and those whose host is nobody's", services},
	{"keys", "accounts that may sign in and have no keys to do it with", keys},
	{"silent", "machines that were not heard of for thirty days", silent},
}

func serverAnswers(_ context.Context, s *Server) []Finding {
	if s.down == nil {
		return nil
	}
	do := "start it: selfsame serve --data " + s.Config.Data + ", or systemctl start selfsame"
	if f := fault.Of(s.down); f != nil && f.Hint != "" {
		do = f.Hint
	}
	return []Finding{found(Error, fault.Message(s.down), "Nobody signs in through this server.", do)}
}

// serverDoor is a door with the port that clients expect.
type serverDoor struct {
	name     string
	set      int
	real     uint16
	datagram bool
}

func (s *Server) doors() []serverDoor {
	p := s.Config.Ports
	return []serverDoor{
		{"ldap", p.LDAP, 389, true}, {"ldaps", p.LDAPS, 636, false}, {"gc", p.GC, 3268, false}, {"gcs", p.GCS, 3269, false},
		{"kerberos", p.Kerberos, 88, true}, {"kpasswd", p.Kpasswd, 464, true}, {"dns", p.DNS, 53, true}, {"https", p.HTTPS, 443, false},
	}
}

// port is where a door listens; 0 if it stays shut.
func (s *Server) port(d serverDoor) uint16 {
	switch {
	case d.set < 0:
		return 0
	case d.set > 0:
		return uint16(d.set)
	}
	// Without the right to low ports all doors stand as far above as this one does.
	if at, err := netip.ParseAddrPort(strings.TrimPrefix(s.status.LDAP, "ldap://")); err == nil && s.Config.Ports.LDAP == 0 {
		return d.real + at.Port() - 389
	}
	return d.real
}

// address is where doors are reached from this host.
func (s *Server) address() netip.Addr {
	if a, err := netip.ParseAddr(s.Config.Listen); err == nil && !a.IsUnspecified() {
		return a
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

func doors(ctx context.Context, s *Server) []Finding {
	var out []Finding
	for _, d := range s.doors() {
		port := s.port(d)
		if port == 0 {
			if d.name != "dns" {
				out = append(out, found(Note, "the door "+d.name+" is shut by the settings", "ports."+d.name+" is -1.", "take the line out if that is not meant"))
			}
			continue
		}
		holder := s.holder("tcp", port)
		if d.datagram && (holder == "" || holder == program) {
			if other := s.holder("udp", port); other != "" && other != program {
				holder = other
			}
		}
		if holder != "" && holder != program {
			do := "stop " + holder + ", or set listen to an address of this host that it leaves free"
			if strings.HasPrefix(holder, "systemd-resolve") {
				do = "set DNSStubListener=no in /etc/systemd/resolved.conf.d/selfsame.conf, systemctl restart systemd-resolved, then start the server again"
			}
			if s.down == nil && s.listens(ctx, port) && d.name != "dns" {
				continue // on other addresses
			}
			out = append(out, found(Error, fmt.Sprintf("port %d is held by %s", port, holder), "The door "+d.name+" cannot listen there, and clients ask at that port and no other.", do))
			continue
		}
		if s.down == nil && !s.listens(ctx, port) {
			out = append(out, found(Error, fmt.Sprintf("nothing listens at port %d, the door %s", port, d.name), "Clients ask there.", "start the server again, and read its log: journalctl -u selfsame"))
		}
	}
	return out
}

// program is the name of our process, proc(5).
const program = "selfsame"

func (s *Server) listens(ctx context.Context, port uint16) bool {
	ctx, cancel := context.WithTimeout(ctx, s.Wait)
	defer cancel()
	c, err := s.Net.DialContext(ctx, "tcp", netip.AddrPortFrom(s.address(), port).String())
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// holder is the program that has a port, at whatever address; empty if none has, and
// if it cannot be told.
func (s *Server) holder(network string, port uint16) string {
	const listening, unconnected = "0A", "07" // TCP_LISTEN, and UDP's TCP_CLOSE, net/tcp_states.h
	want := map[string]string{"tcp": listening, "udp": unconnected}[network]
	inodes := make(map[string]bool)
	for _, table := range []string{network, network + "6"} {
		for line := range strings.Lines(s.read("/proc/net/" + table)) {
			// sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
			f := strings.Fields(line)
			if len(f) < 10 || f[3] != want {
				continue
			}
			if _, hex, ok := strings.Cut(f[1], ":"); ok {
				if n, err := strconv.ParseUint(hex, 16, 16); err == nil && uint16(n) == port {
					inodes["socket:["+f[9]+"]"] = true
				}
			}
		}
	}
	if len(inodes) == 0 {
		return ""
	}
	best := ""
	for _, fd := range s.glob("/proc/[0-9]*/fd/*") {
		to, err := os.Readlink(s.path(fd))
		if err != nil || !inodes[to] {
			continue
		}
		name := strings.TrimSpace(s.read("/proc/" + strings.Split(fd, "/")[2] + "/comm"))
		if name != program { // two may have it at different addresses: the other one is news
			return name
		}
		best = name
	}
	return best
}

// Room that is worth a word. A full disk stops the audit log, and with it every
// change and every sign-in.
const (
	littleRoom = 2 << 30
	noRoom     = 256 << 20
)

func room(_ context.Context, s *Server) []Finding {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(s.path(s.Config.Data), &fs); err != nil {
		return []Finding{found(Error, "the data folder "+s.Config.Data+" cannot be read", "Everything the domain knows stands in it.", "run the doctor as root, or name the folder with --data DIR")}
	}
	free := fs.Bavail * uint64(fs.Bsize)
	switch {
	case free < noRoom:
		return []Finding{found(Error, fmt.Sprintf("%d MiB are free where %s stands", free>>20, s.Config.Data), "What cannot be written to the audit log is not done: the server is about to refuse sign-ins.", "make room, or move the folder to a larger disk")}
	case free < littleRoom:
		return []Finding{found(Warning, fmt.Sprintf("%d MiB are free where %s stands", free>>20, s.Config.Data), "What cannot be written to the audit log is not done.", "make room, or shorten audit.retention")}
	}
	return nil
}

func sealKey(_ context.Context, s *Server) []Finding {
	st, err := os.Stat(s.path(s.Config.SealKey))
	if errors.Is(err, os.ErrNotExist) {
		return []Finding{found(Error, "the sealing key "+s.Config.SealKey+" is not there", "Without it the server does not start again, and its data cannot be opened.", "put it back, or restore a backup with the recovery key: docs/how-to/get-back-in.md")}
	}
	if err != nil {
		return []Finding{found(Note, "the sealing key "+s.Config.SealKey+" cannot be looked at", err.Error()+".", "run the doctor as root")}
	}
	var out []Finding
	if mode := st.Mode().Perm(); mode&0o077 != 0 {
		out = append(out, found(Error, s.Config.SealKey+" has mode 0"+octal(mode), "Who has this key and a copy of the data folder has every key of the domain.", "chmod 600 "+s.Config.SealKey+"; if others sign in on this host: selfsame seal --help").
			with(&Fix{Edits: []Edit{{Path: s.Config.SealKey, Mode: 0o600}}}))
	}
	if folder, err := os.Stat(s.path(s.Config.Data)); err == nil && folder.Mode().Perm()&0o007 != 0 {
		out = append(out, found(Warning, s.Config.Data+" has mode 0"+octal(folder.Mode().Perm()), "Others on this host may look into the data folder.", "chmod 700 "+s.Config.Data))
	}
	return out
}

// certificateLead is when a certificate that renews itself has long done so.
const certificateLead = 14 * 24 * time.Hour

func certificate(_ context.Context, s *Server) []Finding {
	if s.down != nil || s.status.Certificate.IsZero() {
		return nil
	}
	left := s.status.Certificate.Sub(s.Now())
	do := "the server renews its own: start it again, and read its log"
	if s.Config.TLS.Certificate != "" {
		do = "renew it, and put it at " + s.Config.TLS.Certificate + ": it is taken up without a restart"
	}
	until := s.status.Certificate.Local().Format(time.DateOnly)
	switch {
	case left <= 0:
		return []Finding{found(Error, "the certificate ended on "+until, "LDAP inside TLS, the portal and the web doors are refused by every client.", do)}
	case left < certificateLead:
		return []Finding{found(Warning, "the certificate ends on "+until, "LDAP inside TLS, the portal and the web doors are refused by every client from then on.", do)}
	}
	return nil
}

func ownRecords(ctx context.Context, s *Server) []Finding {
	port := s.port(serverDoor{"dns", s.Config.Ports.DNS, 53, true})
	if s.down != nil || port == 0 || s.status.Server == "" {
		return nil
	}
	has := s.addresses(ctx, netip.AddrPortFrom(s.address(), port), s.status.Server)
	if len(has) == 0 {
		return []Finding{found(Error, s.status.Server+" has no address in its own DNS", "Clients find the server by that name.", "selfsame dns list --all; set listen to the address that clients reach")}
	}
	mine, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var here []netip.Addr
	for _, a := range mine {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			here = append(here, p.Addr())
		}
	}
	var out []Finding
	for _, a := range has {
		if !slices.Contains(here, a) {
			out = append(out, found(Warning, fmt.Sprintf("DNS gives %s to %s, and this host has no such address", a, s.status.Server), "Every second client waits for it in vain.", "start the server again after a change of addresses; behind NAT that is as it should be"))
		}
	}
	return out
}

// oldRealmKey is older than a key that rolls by itself every thirty days grows, with a
// week for a server that was switched off.
const oldRealmKey = 37 * 24 * time.Hour

func realmKey(ctx context.Context, s *Server) []Finding {
	var realm struct {
		Keys []struct {
			KVNO uint32    `json:"kvno"`
			From time.Time `json:"from"`
		} `json:"keys"` // the newest last
	}
	if s.down != nil || s.API.Do(ctx, "GET", "/selfsame/v1/realm", nil, nil, &realm) != nil || len(realm.Keys) == 0 {
		return nil
	}
	newest := realm.Keys[len(realm.Keys)-1]
	age := s.Now().Sub(newest.From)
	if age < oldRealmKey {
		return nil
	}
	return []Finding{found(Warning, fmt.Sprintf("the realm's key, version %d, makes tickets for %d days already", newest.KVNO, int(age.Hours()/24)),
		"Who ever had it can make tickets for anybody until it is rolled. It rolls by itself every thirty days, and did not.", "selfsame realm roll")}
}

// services looks at service names across machines: the directory refuses a second
// owner, and what was brought along from elsewhere may have one.
func services(_ context.Context, s *Server) []Finding {
	owners := make(map[string][]string)
	hosts := make(map[string]bool)
	for _, d := range s.devices {
		hosts[strings.ToLower(d.DisplayName)], hosts[strings.ToLower(d.Own.HostName)] = true, true
		for _, spn := range d.Own.Services {
			owners[strings.ToLower(spn)] = append(owners[strings.ToLower(spn)], d.DisplayName)
		}
	}
	var out []Finding
	for _, d := range s.devices {
		for _, spn := range d.Own.Services {
			if o := owners[strings.ToLower(spn)]; len(o) > 1 && o[0] == d.DisplayName {
				out = append(out, found(Error, fmt.Sprintf("%s have the service %s", list(o), spn), "A ticket is made for one of them, and the other cannot read it.", "take it from one: adcli update, or selfsame machine bury the one that is gone"))
			}
			_, host, _ := strings.Cut(spn, "/")
			host, _, _ = strings.Cut(strings.ToLower(host), "/")
			host, _, _ = strings.Cut(host, ":")
			if !d.Own.Server && host != "" && !hosts[host] {
				out = append(out, found(Warning, fmt.Sprintf("%s has the service %s, whose host is no machine of the domain", d.DisplayName, spn), "Left by a machine that was renamed: who takes that name in DNS is not whom the tickets are for.", "take it out, unless it is an alias that is meant"))
			}
		}
	}
	return out
}

func keys(ctx context.Context, s *Server) []Finding {
	if s.down != nil {
		return nil
	}
	type person struct {
		Name    string `json:"onPremisesSamAccountName"`
		Enabled bool   `json:"accountEnabled"`
		Own     struct {
			HasPassword *bool `json:"hasPassword"`
		} `json:"selfsame"`
	}
	var out []Finding
	people, err := client.All[person](ctx, s.API, "/v1.0/users", nil)
	if err != nil {
		return []Finding{found(Note, "people cannot be listed: "+fault.Message(err), "Whether each has keys is not known.", "run the doctor as root")}
	}
	var bare, unused []string
	for _, p := range people {
		if p.Enabled && p.Own.HasPassword != nil && !*p.Own.HasPassword {
			bare = append(bare, p.Name)
		}
	}
	for _, d := range s.devices {
		if d.Enabled && !d.Own.Server && d.Own.KeyVersion == 0 {
			unused = append(unused, d.DisplayName)
		}
	}
	if len(bare) > 0 {
		out = append(out, found(Warning, "no password and no keys: "+list(bare), "They cannot sign in at any door.", "selfsame user reset-password NAME, or disable those that are not people"))
	}
	if len(unused) > 0 {
		out = append(out, found(Note, "machines without keys: "+list(unused), "They were made and never joined.", "join them, or selfsame machine bury NAME"))
	}
	return out
}

func silent(_ context.Context, s *Server) []Finding {
	var names []string
	for _, d := range s.devices {
		if d.Own.Silent && d.Enabled && !d.Own.Server {
			names = append(names, d.DisplayName)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []Finding{found(Note, "not heard of for thirty days: "+list(names), "Their keys are good all the same, for whoever has a copy of their disks.", "selfsame machine bury NAME, for those that are gone")}
}
