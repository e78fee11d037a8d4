package daemon

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"github.com/selfsame-dev/selfsame/internal/config"
	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/authn"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/crypt/pki"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/serve/api"
	"github.com/selfsame-dev/selfsame/internal/serve/dnsd"
	"github.com/selfsame-dev/selfsame/internal/serve/kdc"
	"github.com/selfsame-dev/selfsame/internal/serve/ldapd"
)

// Daemon is a running server.
type Daemon struct {
	cfg     config.Config
	log     *slog.Logger
	version string
	since   time.Time

	vault    *vault
	keys     *keys
	audit    *audit.Log
	dir      *directory.Directory
	authn    *authn.Authenticator
	machines *machine.Machines
	account  ident.ID // this server's own
	cert     *pki.Keeper
	ldap     *ldapd.Server
	kdc      *kdc.Server
	zone     *zone.Zone
	names    *dnsd.Server // nil where another one holds the port
	doors    doors
	ready    atomic.Bool
	closers  []func() error // in the order they were opened

	stop  context.CancelFunc
	ended sync.WaitGroup
}

// stopPatience is how long a stop waits for what is under way.
const stopPatience = 10 * time.Second

// Start opens a folder and every door. What fails half-way is closed again.
func Start(ctx context.Context, cfg config.Config, log *slog.Logger, version string) (_ *Daemon, err error) {
	d := &Daemon{cfg: cfg, log: log, version: version, since: time.Now()}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if err := checkMarker(cfg.Data); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{d.openStore, d.openCore, d.openZone, d.openCertificate, d.openDoors} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	run, stop := context.WithCancel(context.Background())
	d.stop = stop
	d.ended.Go(func() { d.housekeep(run) })
	d.ended.Go(func() { d.machines.Run(run) })
	d.ended.Go(func() { d.watchFirstPassword(run) })
	if err := d.audit.Write(ctx, d.systemRecord("server.start")); err != nil {
		return nil, err
	}
	d.ready.Store(true)
	if _, err := sd.SdNotify(false, sd.SdNotifyReady); err != nil {
		log.Debug("systemd was not told", "err", err)
	}
	log.Info("serving", "domain", d.dir.Domain().Name, "server", cfg.Server, "version", version)
	return d, nil
}

func (d *Daemon) opened(close func() error) { d.closers = append(d.closers, close) }

// close closes what was opened, the last first.
func (d *Daemon) close() error {
	var err error
	for i := len(d.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, d.closers[i]())
	}
	d.closers = nil
	return err
}

// Stop ends the server: no new work, what is under way is finished, everything is
// on disk.
func (d *Daemon) Stop() error {
	d.ready.Store(false)
	if _, err := sd.SdNotify(false, sd.SdNotifyStopping); err != nil {
		d.log.Debug("systemd was not told", "err", err)
	}
	d.stop()
	d.ended.Wait()
	if err := d.audit.Note(d.systemRecord("server.stop")); err != nil {
		d.log.Warn("audit log: the stop was not recorded", "err", err)
	}
	err := d.close()
	d.log.Info("stopped")
	return err
}

// self is this server as an actor, for its own housekeeping.
func (d *Daemon) self() ident.Actor {
	return ident.Mint(ident.Proven{Who: ident.Ref{Kind: ident.KindServer, Name: d.cfg.Server}, At: time.Now(), Door: "server"})
}

func (d *Daemon) systemRecord(action string) *audit.Record {
	return (&audit.Record{Kind: audit.System, Action: action, Target: ident.Ref{Name: d.cfg.Server}, Takes: true}).By(d.self())
}

func (d *Daemon) openStore(ctx context.Context) error {
	v, err := openStore(ctx, d.cfg.Data, d.cfg.SealKey, false, d.log)
	if err != nil {
		return err
	}
	d.vault = v
	d.opened(v.Close)
	return nil
}

func (d *Daemon) openCore(ctx context.Context) error {
	domain, err := directory.DomainIn(ctx, d.vault.sealed)
	if err != nil {
		return err
	}
	if d.keys, err = loadKeys(ctx, d.vault.sealed, domain.Name, time.Now()); err != nil {
		return err
	}
	d.audit, err = audit.Open(audit.Config{
		Dir: filepath.Join(d.cfg.Data, auditDir), Server: d.cfg.Server, Sign: d.keys.audit, Seal: d.vault.sealer(),
		Retention: time.Duration(d.cfg.Audit.Retention), Log: d.log,
		Anchor: func(h audit.Head) {
			anchor, cancel := context.WithTimeout(context.Background(), stopPatience)
			defer cancel()
			if err := audit.Anchor(anchor, d.vault.sealed, h); err != nil {
				d.log.Warn("audit log: a head was not anchored", "err", err)
			}
		},
	})
	if err != nil {
		return err
	}
	d.opened(d.audit.Close)
	public := base64.StdEncoding.EncodeToString(d.keys.audit.Public().(ed25519.PublicKey)) + "\n"
	if err := writeFile(filepath.Join(d.cfg.Data, auditDir, publicFile), []byte(public), 0o644); err != nil {
		return err
	}
	if n, err := d.audit.Recover(ctx, d.vault.sealed); err != nil {
		return err
	} else if n > 0 {
		d.log.Warn("audit log: records of changes made before a crash were written again", "records", n)
	}
	d.dir, err = directory.Open(ctx, directory.Config{
		Store: d.vault.sealed, Audit: d.audit, Server: d.cfg.Server, NameKey: d.keys.names, Log: d.log,
	})
	if err != nil {
		return err
	}
	d.opened(func() error { d.dir.Close(); return nil })
	d.machines = machine.New(d.dir, d.vault.sealed, d.log)
	d.authn = authn.New(d.dir, d.vault.sealed, d.log)
	d.authn.Tell(d.machines)
	return d.furnish(ctx)
}

// furnish makes what this server needs of its own: its account, with the names of
// its services and of the web doors.
func (d *Daemon) furnish(ctx context.Context) error {
	domain := d.dir.Domain().Name
	shared := []string{domain}
	for _, label := range webHosts {
		shared = append(shared, label+"."+domain)
	}
	if err := d.dir.As(d.self()).EnsureUnits(ctx); err != nil {
		return err
	}
	account, err := d.dir.As(d.self()).Furnish(ctx, d.host(), shared)
	if err != nil {
		return err
	}
	d.account = account.ID
	return nil
}

// host is this server's full name.
func (d *Daemon) host() string { return d.cfg.Server + "." + d.dir.Domain().Name }

// webHosts are the labels before the domain under which the web doors answer.
var webHosts = []string{"portal", "login", "graph", "management", "vault", "track", "proxy"}

// openCertificate loads the certificate of one's own, or issues ours: for this
// server, the domain, and every web host.
func (d *Daemon) openCertificate(ctx context.Context) (err error) {
	if d.cfg.TLS.Certificate != "" {
		d.cert, err = pki.NewFileKeeper(d.cfg.TLS.Certificate, d.cfg.TLS.Key, time.Now)
		return err
	}
	domain := d.dir.Domain().Name
	names := []string{d.host(), domain, "*.vault." + domain}
	for _, h := range webHosts {
		names = append(names, h+"."+domain)
	}
	store := func(p pki.Pair) error {
		b, err := json.Marshal(pemPair{p.Cert, p.Key})
		if err != nil {
			return err
		}
		return keyring.Set(context.Background(), d.vault.sealed, keyring.ServerTLS+d.cfg.Server, b, time.Now())
	}
	var first pki.Pair
	if b, err := keyring.Get(ctx, d.vault.sealed, keyring.ServerTLS+d.cfg.Server); err != nil {
		return err
	} else if b != nil {
		var p pemPair
		if err := json.Unmarshal(b, &p); err != nil {
			return fmt.Errorf("read this server's certificate: %w", err)
		}
		first = pki.Pair{Cert: p.Cert, Key: p.Key}
	}
	d.cert, err = pki.NewKeeper(first, time.Now, func(now time.Time) (pki.Pair, error) {
		p, err := d.keys.authority.Issue(names, now, pki.ServerLife)
		if err == nil {
			err = store(p)
		}
		return p, err
	})
	return err
}

func (d *Daemon) tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: d.cert.GetCertificate}
}

// shutdown ends a listener; what does not end in time is cut off, which is no
// error of the stop.
func shutdown(end func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	if err := end(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// openLocal opens the local socket, where root is who it is.
func (d *Daemon) openLocal(ctx context.Context) error {
	dir := filepath.Join(d.cfg.Data, runDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the folder of the local socket cannot be made")
	}
	ln, err := listen.Unix(ctx, filepath.Join(dir, socketFile), 0o600)
	if err != nil {
		return err
	}
	local := api.New(api.Config{Directory: d.dir, Zone: d.zone, Machines: d.machines, Keeper: d, Log: d.log, Actor: d.localActor})
	mux := http.NewServeMux()
	mux.Handle("/", local)
	d.probes(mux)
	d.doors.local = &http.Server{
		Handler: mux, ConnContext: listen.ConnContext, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelDebug),
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = d.doors.local.Serve(ln) })
	d.opened(func() error { defer serving.Wait(); return shutdown(d.doors.local.Shutdown) })
	return nil
}

// localActor says who speaks at the local socket: root, or the user this server
// runs as, who owns its files anyway.
func (d *Daemon) localActor(r *http.Request) (ident.Actor, error) {
	p, ok := listen.PeerFrom(r.Context())
	if !ok || p.UID != 0 && int(p.UID) != os.Geteuid() {
		return ident.Actor{}, fault.New(fault.Denied, "the local socket is root's").WithHint("run the command as root")
	}
	login := ""
	if p.HasLogin {
		login = "uid " + strconv.Itoa(int(p.LoginUID))
	}
	return authn.Local(d.cfg.Server, login, d.dir.Now()), nil
}

// housekeep does what is due now and then.
func (d *Daemon) housekeep(ctx context.Context) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	var hour time.Time
	var heap heap
	for {
		heap.pace()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := d.audit.Sweep(ctx, d.vault.sealed); err != nil && ctx.Err() == nil {
			d.log.Warn("housekeeping: the outbox was not swept", "err", err)
		}
		if time.Since(hour) < time.Hour {
			continue
		}
		hour = time.Now()
		d.hourly(ctx)
	}
}

// rollKeys gives the realm and this server new keys when theirs are a month old.
func (d *Daemon) rollKeys(ctx context.Context) {
	as := d.dir.As(d.self())
	if now := d.dir.Now(); d.dir.Realm().Due(now) {
		if err := as.RollRealm(ctx, false); err != nil && ctx.Err() == nil {
			d.log.Error("housekeeping: the realm's keys were not rolled", "err", err)
		}
	}
	if c := d.dir.Credential(d.account); c != nil && d.dir.Now().Sub(c.SetAt) >= keyring.RealmEvery {
		if err := as.RollServer(ctx, d.account); err != nil && ctx.Err() == nil {
			d.log.Error("housekeeping: this server's keys were not rolled", "err", err)
		}
	}
}

func (d *Daemon) hourly(ctx context.Context) {
	if days, err := d.audit.Retain(); err != nil {
		d.log.Error("housekeeping: the retention of the audit log was not kept", "err", err)
	} else if len(days) > 0 {
		r := d.systemRecord("audit.retain")
		r.Diffs = []audit.Diff{{Attr: "days", Old: days}}
		if err := d.audit.Write(ctx, r); err != nil {
			d.log.Warn("audit log: the end of retention was not recorded", "err", err)
		}
	}
	if _, err := d.authn.Sessions().Sweep(ctx); err != nil && ctx.Err() == nil {
		d.log.Warn("housekeeping: sessions were not swept", "err", err)
	}
	d.rollKeys(ctx)
	d.zone.Refresh()
	if _, err := d.zone.As(d.self()).Sweep(ctx, d.dir.Now()); err != nil && ctx.Err() == nil {
		d.log.Warn("housekeeping: names were not swept", "err", err)
	}
	if err := d.cert.Check(time.Now()); err != nil {
		d.log.Error("housekeeping: the certificate was not renewed", "err", err)
	}
}
