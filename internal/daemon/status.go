package daemon

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Status is how a server is.
type Status struct {
	Domain      string    `json:"domain"`
	Server      string    `json:"server"`
	Version     string    `json:"version"`
	Since       time.Time `json:"since"`
	Epoch       int       `json:"epoch"`
	Users       int       `json:"users"`
	Groups      int       `json:"groups"`
	Computers   int       `json:"computers"`
	Portal      string    `json:"portal"`
	LDAP        string    `json:"ldap"`
	LDAPS       string    `json:"ldaps"`
	Root        string    `json:"rootCertificate"`
	Certificate time.Time `json:"certificateUntil"`
}

// Status says how the server is.
func (d *Daemon) Status(context.Context) any {
	dom := d.dir.Domain()
	return Status{
		Domain: dom.Name, Server: d.host(), Version: d.version, Since: d.since, Epoch: dom.Epoch,
		Users: d.dir.Count(schema.User), Groups: d.dir.Count(schema.Group), Computers: d.dir.Count(schema.Machines...),
		Portal: d.portalURL(), LDAP: d.streamURL("ldap", 389), LDAPS: d.streamURL("ldaps", 636),
		Root: filepath.Join(d.cfg.Data, rootFile), Certificate: d.cert.Leaf().NotAfter,
	}
}

func (d *Daemon) portalURL() string { return url("https", d.doors.https.Addr(), 443) + "/" }

// streamURL is the address of a door that is named like its scheme; empty if it is
// shut.
func (d *Daemon) streamURL(scheme string, usual uint16) string {
	s := d.doors.streams[scheme]
	if s == nil {
		return ""
	}
	return url(scheme, s.Addr(), usual)
}

// url is where somebody on this host finds a listener without any name service: by
// address where it listens on one, by localhost otherwise.
func url(scheme string, addr netip.AddrPort, usual uint16) string {
	host := addr.Addr().String()
	if addr.Addr().IsUnspecified() || addr.Addr().IsLoopback() {
		host = "localhost"
	}
	switch {
	case addr.Port() != usual:
		host = net.JoinHostPort(host, strconv.Itoa(int(addr.Port())))
	case addr.Addr().Is6() && host != "localhost":
		host = "[" + host + "]"
	}
	return scheme + "://" + host
}

// Backup writes a backup to a file on this server.
func (d *Daemon) Backup(ctx context.Context, by ident.Actor, path string) error {
	if !filepath.IsAbs(path) {
		return fault.New(fault.Invalid, "%q is not the whole path of a file", path)
	}
	if err := writeBackup(ctx, d.vault, path, time.Now()); err != nil {
		return err
	}
	r := (&audit.Record{Kind: audit.System, Action: "backup.create", Target: ident.Ref{Name: path}}).By(by)
	return d.audit.Write(ctx, r)
}

// VerifyAudit checks this server's log against the heads it anchored.
func (d *Daemon) VerifyAudit(ctx context.Context) (any, error) {
	heads, err := audit.Anchors(ctx, d.vault.sealed, d.cfg.Server)
	if err != nil {
		return nil, err
	}
	return audit.Verify(filepath.Join(d.cfg.Data, auditDir), d.keys.audit.Public().(ed25519.PublicKey), heads)
}

// AuditReport is what a verification of an audit log found.
type AuditReport = audit.Report

// VerifyFolder checks a folder of segments with the public key alone. heads may
// name a file of heads that were anchored elsewhere.
func VerifyFolder(dir, keyFile, headsFile string) (*AuditReport, error) {
	if keyFile == "" {
		keyFile = filepath.Join(dir, publicFile)
	}
	b, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fault.Wrap(fault.NotFound, err, "the public key cannot be read").WithHint("name it with --key FILE")
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fault.New(fault.Invalid, "%s is not the public key of an audit log", keyFile)
	}
	var heads []audit.Head
	if headsFile != "" {
		b, err := os.ReadFile(headsFile)
		if err == nil {
			err = json.Unmarshal(b, &heads)
		}
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "the heads cannot be read")
		}
	}
	return audit.Verify(dir, key, heads)
}

// probes are what a supervisor asks: whether the process lives, whether every
// door answers, and what was counted.
func (d *Daemon) probes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := d.answers(r.Context()); err != nil {
			http.Error(w, "not ready: "+fault.Message(err), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /metrics", d.metrics)
}

// answers reports whether every door answers: the listeners stand, the directory
// follows the store, and the audit log can be written.
func (d *Daemon) answers(ctx context.Context) error {
	if !d.ready.Load() {
		return fault.New(fault.Unavailable, "the server is starting or stopping")
	}
	if err := d.audit.Room(false); err != nil {
		return err
	}
	for _, s := range d.doors.streams {
		addr := s.Addr().String()
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "the door at %s does not answer", addr)
		}
		c.Close()
	}
	return nil
}

// metrics writes the counters in Prometheus' text format, version 0.0.4.
func (d *Daemon) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	var b []byte
	gauge := func(name, help string, v int64) {
		b = append(b, "# HELP selfsame_"+name+" "+help+"\n# TYPE selfsame_"+name+" gauge\nselfsame_"+name+" "...)
		b = append(strconv.AppendInt(b, v, 10), '\n')
	}
	counter := func(name, help string, v int64) {
		b = append(b, "# HELP selfsame_"+name+" "+help+"\n# TYPE selfsame_"+name+" counter\nselfsame_"+name+" "...)
		b = append(strconv.AppendInt(b, v, 10), '\n')
	}
	gauge("up", "Whether every door answers.", int64(b2i(d.ready.Load())))
	gauge("users", "People in the directory.", int64(d.dir.Count(schema.User)))
	gauge("groups", "Groups in the directory.", int64(d.dir.Count(schema.Group)))
	gauge("computers", "Machines in the directory.", int64(d.dir.Count(schema.Machines...)))
	gauge("directory_revision", "Revision of the store this server has seen.", int64(d.dir.Revision()))
	gauge("certificate_expiry_seconds", "When the certificate ends, Unix time.", d.cert.Leaf().NotAfter.Unix())
	c := &d.doors.counters
	gauge("connections", "Open LDAP connections.", c.Open.Load())
	counter("connections_accepted_total", "LDAP connections accepted.", c.Accepted.Load())
	counter("connections_refused_total", "LDAP connections over a limit.", c.Refused.Load())
	counter("connections_slow_total", "LDAP connections cut for being slow.", c.Slow.Load())
	counter("panics_total", "Requests that ended in a panic.", c.Panics.Load())
	counter("audit_records_total", "Records in the audit log.", int64(d.audit.Seq()))
	_, _ = w.Write(b)
}

func b2i(v bool) int {
	if v {
		return 1
	}
	return 0
}

// firstPasswordLife is how long the administrator's first password is good where
// it stands in a file.
const firstPasswordLife = 24 * time.Hour

// watchFirstPassword removes the file of the administrator's first password at
// the first sign-in, and makes the password useless when a day is over.
func (d *Daemon) watchFirstPassword(ctx context.Context) {
	path := filepath.Join(d.cfg.Data, FirstPasswordFile)
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		d.log.Warn("the file of the first password cannot be read", "err", err)
		return
	}
	records, cancel := d.audit.Subscribe()
	defer cancel()
	end := time.NewTimer(time.Until(st.ModTime().Add(firstPasswordLife)))
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case r, ok := <-records:
			if !ok {
				return
			}
			if r.Target.Name != directory.Administrator || r.Result != audit.Success || r.Kind != audit.SignIn && r.Kind != audit.Issue && r.Action != "user.resetPassword" {
				continue
			}
		case <-end.C:
			d.dropFirstPassword(ctx)
		}
		if err := os.Remove(path); err != nil {
			d.log.Warn("the file of the first password was not removed", "err", err)
		}
		return
	}
}

func (d *Daemon) dropFirstPassword(ctx context.Context) {
	admin, err := d.dir.Find(ident.KindUser, directory.Administrator)
	if err == nil {
		if c := d.dir.Credential(admin.ID); c != nil && c.Must && c.Current.Version == 1 {
			err = d.dir.As(d.self()).DropPassword(ctx, admin.ID)
		}
	}
	if err != nil {
		d.log.Warn("the first password was not made useless", "err", err)
		return
	}
	d.log.Warn("nobody signed in as administrator for a day: its first password is dead", "do", "selfsame admin reset")
}
