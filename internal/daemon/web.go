package daemon

import (
	"context"
	"net/http"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/serve/api"
)

// openWeb opens the HTTPS listener: the portal with its sign-in, and the API for
// the portal's sessions, under the portal's name.
func (d *Daemon) openWeb(ctx context.Context) error {
	mux := http.NewServeMux()
	rest := api.New(api.Config{Directory: d.dir, Keeper: d, Log: d.log, Actor: d.sessionActor})
	mux.Handle("/v1.0/", rest)
	mux.Handle("/selfsame/v1/", rest)
	probes := http.NewServeMux()
	d.probes(probes)
	door := httpd.Door{Name: "portal", Handler: mux}
	domain := d.dir.Domain().Name
	s, err := httpd.New(ctx, httpd.Config{
		Addr: d.addr(d.cfg.Ports.HTTPS, 443), TLS: d.tlsConfig(), Apex: domain, Default: door, Log: d.log,
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

// sessionActor says who asks at the API over HTTPS: the owner of the browser's
// session.
func (d *Daemon) sessionActor(r *http.Request) (ident.Actor, error) {
	actor, _, ok, err := d.authn.Resume(r.Context(), httpd.Cookie(r, sessionCookie))
	if err != nil {
		return ident.Actor{}, err
	}
	if !ok {
		return ident.Actor{}, fault.New(fault.Unauthenticated, "nobody has signed in").WithHint("sign in at the portal, or run the command on the server as root")
	}
	httpd.SetActor(r, actor.Who().Name)
	return actor, nil
}

const sessionCookie = "session"
