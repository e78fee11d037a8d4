package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/config"
	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/crypt/seal"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store/etcd"
)

// RestoreOptions says what is restored to where.
type RestoreOptions struct {
	Backup      string
	Data        string
	SealKey     string // file; empty for the place that belongs to Data
	RecoveryKey string
	Surviving   string // the old data folder, if its audit log can still be read
}

// Restored says what a restore did.
type Restored struct {
	Domain  string   `json:"domain"`
	Data    string   `json:"data"`
	Epoch   int      `json:"epoch"`
	Applied []string `json:"applied,omitempty"` // what surviving records had applied again
}

// Restore makes a data folder from a backup and the recovery key alone.
func Restore(ctx context.Context, o RestoreOptions) (rep Restored, err error) {
	recovery, err := seal.ParseRecoveryKey(o.RecoveryKey)
	if err != nil {
		return rep, err
	}
	data, err := filepath.Abs(o.Data)
	if err != nil {
		return rep, fault.Wrap(fault.Invalid, err, "the data folder has no path")
	}
	if o.SealKey == "" {
		o.SealKey = config.SealKeyFor(data)
	}
	if err := mustBeEmpty(data); err != nil {
		return rep, err
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return rep, fault.Wrap(fault.Invalid, err, "the data folder %s cannot be made", data)
	}
	defer func() {
		if err != nil {
			clearFolder(data, false)
		}
	}()
	created, err := unpack(ctx, o, recovery, data)
	if err != nil {
		return rep, err
	}
	quiet := slog.New(slog.DiscardHandler)
	v, err := openStore(ctx, data, o.SealKey, false, quiet)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	since, atLeast, err := survivors(o.Surviving, v, created)
	if err != nil {
		return rep, err
	}
	now := time.Now()
	dom, err := directory.NewEpoch(ctx, v.sealed, now, atLeast)
	if err != nil {
		return rep, err
	}
	rep = Restored{Domain: dom.Name, Data: data, Epoch: dom.Epoch}
	k, err := loadKeys(ctx, v.sealed, dom.Name, now)
	if err != nil {
		return rep, err
	}
	if rep.Applied, err = applyAgain(ctx, v, k, data, since, created); err != nil {
		return rep, err
	}
	if err := writeFile(filepath.Join(data, rootFile), k.authority.CertPEM(), 0o644); err != nil {
		return rep, err
	}
	if err := writeFile(filepath.Join(data, config.File), settings(""), 0o600); err != nil {
		return rep, err
	}
	return rep, writeMarker(data, now)
}

// unpack puts the store and the sealing key of a backup in place.
func unpack(ctx context.Context, o RestoreOptions, recovery seal.RecoveryKey, data string) (created time.Time, err error) {
	snap, err := os.CreateTemp(data, ".snapshot-*")
	if err != nil {
		return created, fault.Wrap(fault.Unavailable, err, "the backup cannot be unpacked")
	}
	defer os.Remove(snap.Name())
	m, err := readBackup(o.Backup, snap)
	if cerr := snap.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return created, err
	}
	key, err := seal.UnwrapWithRecovery(recovery, m.SealKey)
	if err != nil {
		return created, fault.Wrap(fault.Denied, err, "this recovery key does not open this backup").WithHint("it is the one shown when the domain was made")
	}
	have, err := seal.ReadKeyFile(o.SealKey)
	switch {
	case err == nil && !have.Equal(key):
		return created, fault.New(fault.Exists, "there is another sealing key in %s", o.SealKey).WithHint("it may belong to another domain: move it away")
	case err != nil:
		if !errors.Is(err, fs.ErrNotExist) && !fault.Is(err, fault.NotFound) {
			return created, err
		}
		if err := os.MkdirAll(filepath.Dir(o.SealKey), 0o755); err != nil {
			return created, err
		}
		if err := seal.WriteKeyFile(o.SealKey, key); err != nil {
			return created, err
		}
	}
	return m.Created, etcd.Restore(ctx, snap.Name(), filepath.Join(data, storeDir))
}

// survivors reads what the log of the old folder knows since the backup, and the
// first RID that nobody had.
func survivors(old string, v *vault, created time.Time) (since []*audit.Record, atLeast ident.RID, err error) {
	if old == "" {
		return nil, 0, nil
	}
	err = audit.ReadFolder(filepath.Join(old, auditDir), v.sealer(), func(r *audit.Record) {
		if r.Kind == audit.Change && r.Result == audit.Success && r.Time.After(created.Add(-time.Minute)) {
			since = append(since, r)
		}
		for _, d := range r.Diffs {
			if d.Attr == "rid" && len(d.New) == 1 {
				if n, err := strconv.ParseUint(d.New[0], 10, 32); err == nil && ident.RID(n) >= atLeast {
					atLeast = ident.RID(n) + 1
				}
			}
		}
	})
	if err != nil {
		return nil, 0, fault.Wrap(fault.Invalid, err, "the audit log in %s cannot be read", old).WithHint("leave --surviving out to restore without it")
	}
	return since, atLeast, nil
}

// applyAgain takes away again what was taken away after the backup was made: it
// would come back with it.
func applyAgain(ctx context.Context, v *vault, k *keys, data string, since []*audit.Record, created time.Time) (applied []string, err error) {
	quiet := slog.New(slog.DiscardHandler)
	log, err := audit.Open(audit.Config{Dir: filepath.Join(data, auditDir), Server: "restore", Sign: k.audit, Seal: v.sealer(), Log: quiet})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	dir, err := directory.Open(ctx, directory.Config{Store: v.sealed, Audit: log, Server: "restore", NameKey: k.names, Log: quiet})
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	as := dir.As(ident.Mint(ident.Proven{Who: ident.Ref{Kind: ident.KindServer, Name: "restore"}, At: time.Now(), Door: "restore"}))
	if err := log.Write(ctx, (&audit.Record{Kind: audit.System, Action: "restore", Target: ident.Ref{Name: dir.Domain().Name},
		Diffs: []audit.Diff{{Attr: "backup", New: []string{created.UTC().Format(time.RFC3339)}}}}).By(as.Actor())); err != nil {
		return nil, err
	}
	for _, r := range since {
		what, err := again(ctx, as, r)
		switch {
		case err != nil && !fault.Is(err, fault.NotFound):
			applied = append(applied, fmt.Sprintf("NOT applied: %s %s: %s", r.Action, r.Target.Name, fault.Message(err)))
		case err == nil && what != "":
			applied = append(applied, what)
		}
	}
	return applied, nil
}

// again applies one record that took something away.
func again(ctx context.Context, as directory.As, r *audit.Record) (string, error) {
	id := r.Target.ID
	_, verb, _ := strings.Cut(r.Action, ".")
	switch verb {
	case "delete":
		return r.Target.Name + " is removed", as.Delete(ctx, id)
	case "resetPassword", "changePassword":
		return r.Target.Name + " needs a new password: it was changed after the backup", as.DropPassword(ctx, id)
	case "remove":
		return takeRoles(ctx, as, r)
	case "update":
		return disableAgain(ctx, as, r)
	}
	return "", nil
}

func takeRoles(ctx context.Context, as directory.As, r *audit.Record) (string, error) {
	var gone []string
	for _, a := range as.Directory().Roles(r.Target.ID) {
		for _, d := range r.Diffs {
			if a.Principal == r.Target.ID && d.Attr == "role" && len(d.Old) == 1 && d.Old[0] == a.Name() {
				if err := as.Unassign(ctx, a.ID); err != nil {
					return "", err
				}
				gone = append(gone, a.Name())
			}
		}
	}
	if gone == nil {
		return "", nil
	}
	return r.Target.Name + " no longer holds " + strings.Join(gone, ", "), nil
}

// disableAgain applies a change that switched somebody off or took somebody out
// of a group.
func disableAgain(ctx context.Context, as directory.As, r *audit.Record) (string, error) {
	for _, d := range r.Diffs {
		switch d.Attr {
		case "userAccountControl":
			if bits, err := strconv.Atoi(strings.Join(d.New, "")); err == nil && bits&directory.ControlDisabled != 0 {
				return r.Target.Name + " is disabled", as.SetEnabled(ctx, r.Target.ID, false)
			}
		case "member":
			var ids []ident.ID
			for _, name := range d.Old {
				if e, err := as.Directory().Find("", name); err == nil {
					ids = append(ids, e.ID)
				}
			}
			if len(ids) > 0 {
				return strings.Join(d.Old, ", ") + " left " + r.Target.Name, as.RemoveMembers(ctx, r.Target.ID, ids)
			}
		}
	}
	return "", nil
}

// RotateSealKey makes a new sealing key for a folder whose server is stopped.
func RotateSealKey(ctx context.Context, data string) (path string, err error) {
	cfg, err := config.Read("", data)
	if err != nil {
		return "", err
	}
	if err := checkMarker(cfg.Data); err != nil {
		return "", err
	}
	v, err := openStore(ctx, cfg.Data, cfg.SealKey, false, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	next := seal.NewKey()
	// The new key stands beside the old one before the ring is wrapped with it, so
	// that a crash between the two leaves both; openStore knows where to look.
	staged := cfg.SealKey + stagedSuffix
	if err := seal.ReplaceKeyFile(staged, next); err != nil {
		return "", err
	}
	if err := v.storeRing(ctx, v.ring, next); err != nil {
		return "", err
	}
	return cfg.SealKey, os.Rename(staged, cfg.SealKey)
}
