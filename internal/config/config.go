// Package config reads the one settings file of a server.
//
// What always holds: a key that is not known is refused with its line, so that
// a misspelt setting is never a silent default; the zero value of every setting
// is safe; a file of an older version means what it meant.
//
// What a setting does is not known here.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Config is the settings of a server.
type Config struct {
	// Data is the data folder.
	Data string `yaml:"data"`
	// SealKey is the file of the key that seals what rests in the data folder. It
	// must stand outside of it.
	SealKey string `yaml:"seal_key"`
	// Server is this server's name within the domain; the host's first label if
	// empty.
	Server string `yaml:"server"`
	// Listen is the address of every door, without a port; all addresses if empty.
	Listen string `yaml:"listen"`
	// Ports of the doors; 0: the real ones as root, 10000 above otherwise; -1: the
	// door stays shut.
	Ports Ports `yaml:"ports"`
	// DNS is what the name server does beyond the domain's own names.
	DNS DNS `yaml:"dns"`
	// TLS is one's own certificate; the installation's own if empty.
	TLS TLS `yaml:"tls"`
	// Audit is how long the log can be read.
	Audit Audit `yaml:"audit"`
	// Log is what the server says of itself.
	Log Log `yaml:"log"`
}

// Ports are the ports of the doors.
type Ports struct {
	LDAP     int `yaml:"ldap"`
	LDAPS    int `yaml:"ldaps"`
	GC       int `yaml:"gc"`  // Global Catalog
	GCS      int `yaml:"gcs"` // the same inside TLS
	Kerberos int `yaml:"kerberos"`
	Kpasswd  int `yaml:"kpasswd"`
	DNS      int `yaml:"dns"`
	HTTPS    int `yaml:"https"`
}

// Each calls fn for each door's setting.
func (p *Ports) Each(fn func(name string, port int)) {
	for _, x := range []struct {
		name string
		port int
	}{
		{"ldap", p.LDAP},
		{"ldaps", p.LDAPS},
		{"gc", p.GC},
		{"gcs", p.GCS},
		{"kerberos", p.Kerberos},
		{"kpasswd", p.Kpasswd},
		{"dns", p.DNS},
		{"https", p.HTTPS},
	} {
		fn(x.name, x.port)
	}
}

// DNS is the settings of the name server.
type DNS struct {
	// Addresses are this server's own, as clients reach it; those of its network
	// devices if empty.
	Addresses []string `yaml:"addresses"`
	// Upstreams are asked for names outside the domain, for the networks that may
	// have them asked; the host's own name servers if empty.
	Upstreams []string `yaml:"upstreams"`
}

// TLS names the files of a certificate and its key, PEM.
type TLS struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// Audit is the settings of the audit log.
type Audit struct {
	Retention Duration `yaml:"retention"`
}

// Log is the settings of the server's own log.
type Log struct {
	Level string `yaml:"level"` // debug, info, warn or error
	JSON  bool   `yaml:"json"`
}

// Duration is a time span such as 36h or 30d.
type Duration time.Duration

// UnmarshalYAML reads a span; d is a day.
func (d *Duration) UnmarshalYAML(b []byte) error {
	s := strings.Trim(strings.TrimSpace(string(b)), `"'`)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		if _, err := fmt.Sscanf(days, "%d", &n); err == nil && n > 0 && n < 36500 {
			*d = Duration(time.Duration(n) * 24 * time.Hour)
			return nil
		}
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is not a span of time; it looks like 36h or 30d", s)
	}
	*d = Duration(v)
	return nil
}

// Packaged is the data folder of a packaged server, which commands look for when
// no other is named.
const Packaged = "/var/lib/selfsame"

// packagedSealKey is where a packaged server's sealing key stands.
const packagedSealKey = "/etc/selfsame/seal.key"

// File is the settings file in a data folder, which is read when no other is
// named.
const File = "selfsame.yaml"

// Read reads a settings file. Without one named it is the data folder's, if it has
// one.
func Read(path, data string) (Config, error) {
	var c Config
	if own := filepath.Join(data, File); path == "" && data != "" {
		if _, err := os.Stat(own); err == nil {
			path = own
		}
	}
	if path != "" {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return c, fault.New(fault.NotFound, "there is no settings file %s", path)
		}
		if err != nil {
			return c, fault.Wrap(fault.Invalid, err, "the settings file cannot be read")
		}
		if err := Parse(b, &c); err != nil {
			return c, err
		}
	}
	if data != "" {
		c.Data = data
	}
	return c, c.complete()
}

// Parse reads settings from text.
func Parse(b []byte, c *Config) error {
	if err := yaml.UnmarshalWithOptions(b, c, yaml.Strict()); err != nil {
		return fault.New(fault.Invalid, "the settings file is wrong:\n%s", strings.TrimSpace(yaml.FormatError(err, false, true))).
			WithHint("the settings are described in docs/reference/settings.md")
	}
	return nil
}

// complete fills in the defaults and checks the whole.
func (c *Config) complete() error {
	if c.Data == "" {
		c.Data = Packaged
	}
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the data folder has no path")
	}
	c.Data = abs
	if c.SealKey == "" {
		c.SealKey = SealKeyFor(c.Data)
	}
	if c.Server == "" {
		host, _ := os.Hostname()
		c.Server, _, _ = strings.Cut(strings.ToLower(host), ".")
	}
	return c.Validate()
}

// SealKeyFor is where the sealing key of a data folder stands unless the settings
// say otherwise: beside the folder, never in it.
func SealKeyFor(data string) string {
	if data == Packaged {
		return packagedSealKey
	}
	return strings.TrimRight(data, "/") + ".seal.key"
}

// Validate says what is wrong with the settings.
func (c *Config) Validate() error {
	bad := func(field, format string, args ...any) error {
		return fault.New(fault.Invalid, format, args...).WithField(field)
	}
	if rel, err := filepath.Rel(c.Data, c.SealKey); err == nil && !strings.HasPrefix(rel, "..") {
		return fault.New(fault.Invalid, "seal_key: %s stands in the data folder", c.SealKey).WithField("seal_key").
			WithHint("who takes the folder must not get its key: put it elsewhere")
	}
	if c.Listen != "" {
		if _, err := netip.ParseAddr(c.Listen); err != nil {
			return bad("listen", "listen: %q is not an address without a port", c.Listen)
		}
	}
	var wrong error
	c.Ports.Each(func(name string, p int) {
		if p < -1 || p > 65535 || p == -1 && name == "https" {
			wrong = bad("ports."+name, "ports.%s: %d is not a port", name, p)
		}
	})
	if wrong != nil {
		return wrong
	}
	for _, a := range slices.Concat(c.DNS.Addresses, c.DNS.Upstreams) {
		if _, err := netip.ParseAddr(a); err != nil {
			return bad("dns", "dns: %q is not an address", a)
		}
	}
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		return bad("tls", "tls: a certificate and its key are named together")
	}
	if r := time.Duration(c.Audit.Retention); r != 0 && r < 24*time.Hour {
		return bad("audit.retention", "audit.retention: the log is kept for a day or more")
	}
	if !validServer(c.Server) {
		return fault.New(fault.Invalid, "server: %q is not a host's name", c.Server).WithField("server").WithHint("set server: to a label such as dc1")
	}
	switch c.Log.Level {
	case "", "debug", "info", "warn", "error":
	default:
		return bad("log.level", "log.level: %q is not debug, info, warn or error", c.Log.Level)
	}
	return nil
}

func validServer(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' {
		return false
	}
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}
