package daemon

import (
	"bufio"
	"context"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/serve/dnsd"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
)

// openZone opens what the domain publishes.
func (d *Daemon) openZone(ctx context.Context) (err error) {
	p := d.cfg.Ports
	d.zone, err = zone.Open(ctx, zone.Config{
		Store: d.vault.sealed, Directory: d.dir, NameKey: d.keys.names, Servers: d.servers, Log: d.log,
		Ports: zone.Ports{LDAP: portOf(p.LDAP, 389), GC: portOf(p.GC, 3268), Kerberos: portOf(p.Kerberos, 88), Kpasswd: portOf(p.Kpasswd, 464)},
	})
	if err != nil {
		return err
	}
	d.opened(func() error { d.zone.Close(); return nil })
	return nil
}

// portOf is where a door is announced; 0 if it stays shut.
func portOf(set, real int) uint16 {
	switch set {
	case shut:
		return 0
	case 0:
		return uint16(listen.Port(real))
	}
	return uint16(set)
}

// servers lists this server with the addresses it answers on.
func (d *Daemon) servers() []zone.Server {
	return []zone.Server{{Name: d.cfg.Server, Addrs: d.ownAddresses()}}
}

// ownAddresses are those that are set, the one that is listened on, or else those
// of the network devices; the loopback's only where there are no others.
func (d *Daemon) ownAddresses() []netip.Addr {
	var out []netip.Addr
	for _, s := range d.cfg.DNS.Addresses {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, a.Unmap())
		}
	}
	if len(out) > 0 {
		return out
	}
	if a, err := netip.ParseAddr(d.cfg.Listen); err == nil && !a.IsUnspecified() {
		return []netip.Addr{a.Unmap()}
	}
	var loopback []netip.Addr
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		d.log.Warn("dns: the host's addresses are not known", "err", err)
	}
	for _, x := range addrs {
		p, err := netip.ParsePrefix(x.String())
		if err != nil {
			continue
		}
		switch a := p.Addr().Unmap(); {
		case a.IsLoopback():
			loopback = append(loopback, a)
		case !a.IsLinkLocalUnicast() && !a.IsMulticast():
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return loopback
	}
	return out
}

// upstreams are the servers asked for names outside the domain.
func (d *Daemon) upstreams() []netip.AddrPort {
	names := d.cfg.DNS.Upstreams
	if len(names) == 0 {
		names = resolvers("/etc/resolv.conf")
	}
	var out []netip.AddrPort
	for _, s := range names {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.AddrPortFrom(a.Unmap(), 53))
		}
	}
	return out
}

// resolvers reads the name servers of resolv.conf(5).
func resolvers(path string) (out []string) {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if w := strings.Fields(s.Text()); len(w) >= 2 && w[0] == "nameserver" {
			out = append(out, w[1])
		}
	}
	return out
}

// openNames opens the name server. Another one may hold the port on this host: the
// rest of the domain is served without ours.
func (d *Daemon) openNames(ctx context.Context) {
	port := portOf(d.cfg.Ports.DNS, 53)
	if port == 0 {
		return
	}
	names := dnsd.New(dnsd.Config{
		Zone: d.zone, Acceptor: updates{d.acceptor("DNS"), d.dir.Server()}, Upstreams: d.upstreams(), Port: port, Now: d.dir.Now, Log: d.log,
	})
	d.opened(func() error { names.Close(); return nil })
	err := d.open(ctx, door{name: "dns", set: d.cfg.Ports.DNS, real: 53, stream: names.ServeTCP, packet: listen.AtOnce(names.ServeUDP)})
	if err != nil {
		d.log.Warn("dns: the name server does not answer", "err", err,
			"do", "free the port, or name an address of this host in listen, or set ports.dns to -1")
		return
	}
	d.names = names
}

// updates accepts the tickets of whoever updates names.
type updates struct {
	gss    *gss.Acceptor
	server string
}

// Accept is [gss.Acceptor.Accept] at this door.
func (u updates) Accept(ctx context.Context, source netip.Addr, token []byte) ([]byte, dnsd.Context, error) {
	at := policy.Attempt{Door: policy.DNS, Server: u.server, Source: source, Client: policy.Ticket}
	reply, c, err := u.gss.Accept(ctx, at, nil, token)
	if err != nil {
		return reply, nil, err
	}
	return reply, c, nil
}
