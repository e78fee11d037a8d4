package daemon

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strconv"

	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/serve/kdc"
	"github.com/selfsame-dev/selfsame/internal/serve/kpasswd"
	"github.com/selfsame-dev/selfsame/internal/serve/ldapd"
)

// doors are the listeners.
type doors struct {
	streams  map[string]*listen.Server // by the name of their setting
	https    *httpd.Server
	local    *http.Server
	counters listen.Counters
}

// door is one protocol's: what listens at its port.
type door struct {
	name   string // of the setting of its port
	set    int    // the setting
	real   int    // the port that clients expect
	tls    *tls.Config
	stream func(context.Context, *listen.Conn)
	packet listen.PacketHandler
}

// shut is the setting of a door that stays shut.
const shut = -1

func (d *Daemon) openDoors(ctx context.Context) error {
	d.doors.streams = make(map[string]*listen.Server)
	d.ldap = ldapd.New(ldapd.Config{
		Directory: d.dir, Authn: d.authn, TLS: d.tlsConfig(), GSS: d.acceptor("ldap", "GC"), Host: d.host(), Version: d.version, Log: d.log,
	})
	d.opened(func() error { d.ldap.Close(); return nil })
	d.kdc = kdc.New(kdc.Config{Directory: d.dir, Authn: d.authn, Log: d.log})
	passwords := kpasswd.New(kpasswd.Config{Directory: d.dir, Authn: d.authn, Log: d.log})
	ports := d.cfg.Ports
	for _, x := range []door{
		{name: "ldap", set: ports.LDAP, real: 389, stream: d.ldap.Serve, packet: listen.AtOnce(d.ldap.ServeUDP)},
		{name: "ldaps", set: ports.LDAPS, real: 636, tls: d.tlsConfig(), stream: d.ldap.Serve},
		{name: "gc", set: ports.GC, real: 3268, stream: d.ldap.ServeCatalog},
		{name: "gcs", set: ports.GCS, real: 3269, tls: d.tlsConfig(), stream: d.ldap.ServeCatalog},
		{name: "kerberos", set: ports.Kerberos, real: 88, stream: d.kdc.ServeTCP, packet: d.kdc.ServeUDP},
		{name: "kpasswd", set: ports.Kpasswd, real: 464, stream: passwords.ServeTCP, packet: listen.AtOnce(passwords.ServeUDP)},
	} {
		if err := d.open(ctx, x); err != nil {
			return err
		}
	}
	d.openNames(ctx)
	if err := d.openWeb(ctx); err != nil {
		return err
	}
	return d.openLocal(ctx)
}

// acceptor accepts tickets for services of this server.
func (d *Daemon) acceptor(services ...string) *gss.Acceptor {
	return gss.New(gss.Config{
		Directory: d.dir, Authn: d.authn, Account: d.account, Services: services, Certificate: d.cert.Leaf,
	})
}

// open opens a door, unless it stays shut.
func (d *Daemon) open(ctx context.Context, x door) error {
	if x.set == shut {
		return nil
	}
	cfg := listen.Config{Addr: d.addr(x.set, x.real), TLS: x.tls, Log: d.log, Counters: &d.doors.counters}
	if x.packet != nil {
		s, err := listen.UDP(ctx, cfg, x.packet)
		if err != nil {
			return err
		}
		d.opened(func() error { return shutdown(s.Shutdown) })
	}
	s, err := listen.TCP(ctx, cfg, x.stream)
	if err != nil {
		return err
	}
	d.doors.streams[x.name] = s
	d.opened(func() error { return shutdown(s.Shutdown) })
	return nil
}

// addr is where a door listens by its setting.
func (d *Daemon) addr(set, real int) string {
	if set == 0 {
		set = listen.Port(real)
	}
	return net.JoinHostPort(d.cfg.Listen, strconv.Itoa(set))
}
