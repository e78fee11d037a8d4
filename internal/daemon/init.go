package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/selfsame-dev/selfsame/internal/config"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/crypt/pki"
	"github.com/selfsame-dev/selfsame/internal/crypt/seal"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// InitOptions is what a new domain is made of.
type InitOptions struct {
	Data     string
	Domain   string
	NetBIOS  string
	SID      string
	Listen   string
	SealKey  string // file; empty for the place that belongs to Data
	Password string // of the administrator; empty: generated, and must be changed
}

// Made is what init made, with the two secrets it hands over once.
type Made struct {
	Domain          string
	Data            string
	SealKeyFile     string
	RootFile        string
	RootFingerprint string
	RecoveryKey     string
	Password        string
}

// Init makes a domain in an empty folder. If it fails, the folder is as empty as
// it was.
func Init(ctx context.Context, o InitOptions) (made Made, err error) {
	data, err := filepath.Abs(o.Data)
	if err != nil {
		return Made{}, fault.Wrap(fault.Invalid, err, "the data folder has no path")
	}
	if o.SealKey == "" {
		o.SealKey = config.SealKeyFor(data)
	}
	check := config.Config{Data: data, SealKey: o.SealKey, Server: "dc1", Listen: o.Listen}
	if err := check.Validate(); err != nil {
		return Made{}, err
	}
	var sid ident.SID
	if o.SID != "" {
		if sid, err = ident.ParseSID(o.SID); err != nil {
			return Made{}, err
		}
	}
	if err := mustBeEmpty(data); err != nil {
		return Made{}, err
	}
	_, existed := os.Stat(data)
	if err := os.MkdirAll(data, 0o700); err != nil {
		return Made{}, fault.Wrap(fault.Invalid, err, "the data folder %s cannot be made", data)
	}
	defer func() {
		if err != nil {
			clearFolder(data, existed != nil)
		}
	}()
	if _, err := ensureSealKey(o.SealKey); err != nil {
		return Made{}, err
	}
	now := time.Now()
	v, err := openStore(ctx, data, o.SealKey, true, slog.New(slog.DiscardHandler))
	if err != nil {
		return Made{}, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()

	made = Made{Data: data, SealKeyFile: o.SealKey, RootFile: filepath.Join(data, rootFile), Password: o.Password}
	if made.Password == "" {
		made.Password = string(credential.Generate())
	}
	names, err := ensureNames(ctx, v.sealed, now)
	if err != nil {
		return Made{}, err
	}
	dom, err := directory.Init(ctx, v.sealed, names, directory.Setup{
		Domain: o.Domain, NetBIOS: o.NetBIOS, SID: sid, Password: credential.Password(made.Password), Must: o.Password == "",
	}, now)
	if err != nil {
		return Made{}, err
	}
	made.Domain = dom.Name
	root, err := ensureAuthority(ctx, v.sealed, dom.Name, now)
	if err != nil {
		return Made{}, err
	}
	made.RootFingerprint = pki.Fingerprint(root.Certificate())
	recovery := seal.NewRecoveryKey()
	made.RecoveryKey = recovery.Text()
	if err := keyring.Set(ctx, v.sealed, keyring.Recovery, recovery.Public(), now); err != nil {
		return Made{}, err
	}
	if err := writeFile(made.RootFile, root.CertPEM(), 0o644); err != nil {
		return Made{}, err
	}
	if err := writeFile(filepath.Join(data, config.File), settings(o.Listen), 0o600); err != nil {
		return Made{}, err
	}
	return made, writeMarker(data, now)
}

// mustBeEmpty refuses a folder that is in use, for anything.
func mustBeEmpty(data string) error {
	entries, err := os.ReadDir(data)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s cannot be a data folder", data)
	}
	if len(entries) > 0 {
		return fault.New(fault.Exists, "the folder %s is not empty", data).WithHint("choose an empty one: a domain is never made over another")
	}
	return nil
}

func clearFolder(data string, remove bool) {
	if remove {
		_ = os.RemoveAll(data)
		return
	}
	entries, _ := os.ReadDir(data)
	for _, e := range entries {
		_ = os.RemoveAll(filepath.Join(data, e.Name()))
	}
}

// settings is the settings file of a new folder: every setting, with its default.
func settings(listen string) []byte {
	line := "# listen: \"\""
	if listen != "" {
		line = fmt.Sprintf("listen: %q", listen)
	}
	return []byte(`# Settings of this server. Unknown ones are refused.

# The address of every door, without a port; all addresses if empty.
` + line + `

# Ports of the doors; 0: the real ones (389, 88, 443 and so on) as root, 10000 above
# otherwise; -1: the door stays shut.
# ports:
#   ldap: 0
#   ldaps: 0
#   gc: 0
#   gcs: 0
#   kerberos: 0
#   kpasswd: 0
#   dns: 0
#   https: 0

# This server's name within the domain; the host's own if empty.
# server: ""

# The name server. Its own addresses are those of the network devices if none are
# named; the upstreams are the host's own name servers.
# dns:
#   addresses: []
#   upstreams: []

# A certificate of one's own, PEM; the installation's own if empty. A changed file
# is taken up without a restart.
# tls:
#   certificate: ""
#   key: ""

# How long the audit log can be read. After that its keys are destroyed.
# audit:
#   retention: 30d

# What the server says of itself: debug, info, warn or error.
# log:
#   level: info
#   json: false
`)
}
