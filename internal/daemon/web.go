package daemon

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/serve/api"
	"github.com/selfsame-dev/selfsame/internal/serve/portal"
	"github.com/selfsame-dev/selfsame/internal/serve/signin"
)

// openWeb opens the HTTPS listener: the portal with its sign-in, and the API for
// the portal's sessions, under the portal's name.
func (d *Daemon) openWeb(ctx context.Context) error {
	domain := d.dir.Domain().Name
	at, address := d.addr(d.cfg.Ports.HTTPS, 443), "https://portal."+domain
	if _, port, err := net.SplitHostPort(at); err == nil && port != "443" {
		address += ":" + port
	}
	secret, err := keyring.Ensure(ctx, d.vault.sealed, keyring.Forms, time.Now(), random)
	if err != nil {
		return err
	}
	form := httpd.NewForm(secret)
	in, err := signin.New(signin.Config{Directory: d.dir, Authn: d.authn, Form: form, Tickets: d.acceptor("HTTP"), Log: d.log})
	if err != nil {
		return err
	}
	pages, err := portal.New(portal.Config{
		Directory: d.dir, Machines: d.machines, Authn: d.authn, Who: in.Who, Form: form, Address: address, LDAP: d.host(), Version: d.version, Log: d.log,
	})
	if err != nil {
		return err
	}
	rest := api.New(api.Config{Directory: d.dir, Zone: d.zone, Machines: d.machines, Keeper: d, Log: d.log, Actor: in.Caller, Tickets: true})
	mux := http.NewServeMux()
	mux.Handle("/v1.0/", rest)
	mux.Handle("/selfsame/v1/", rest)
	mux.Handle("/signin", in)
	mux.Handle("/signin/", in)
	mux.Handle("/", pages)
	probes := http.NewServeMux()
	d.probes(probes)
	door := httpd.Door{Name: "portal", Handler: mux, Fail: pages.Fail}
	s, err := httpd.New(ctx, httpd.Config{
		Addr: at, TLS: d.tlsConfig(), Apex: domain, Default: door, Log: d.log,
		Hosts:   map[string]httpd.Door{"portal." + domain: door, d.host(): door},
		Healthz: probes, Readyz: probes, Metrics: probes,
	})
	if err != nil {
		return err
	}
	d.doors.https = s
	d.opened(func() error { return shutdown(s.Shutdown) })
	return nil
}
