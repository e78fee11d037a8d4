package directory

import (
	"context"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// KerberosClient finds the account a client's principal name of one component
// means; nil for none. An enterprise name is a UPN, or a login name with the
// domain after it, which is what SSSD sends, RFC 6806 §5 and [MS-KILE] §3.3.5.6.1.
func (d *Directory) KerberosClient(name string, enterprise bool) *Entry {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	e := d.m.login[ident.Fold(name)]
	if at := strings.LastIndexByte(name, '@'); enterprise && at >= 0 {
		if e = d.m.upn[ident.Fold(name)]; e == nil {
			suffix := ident.Fold(name[at+1:])
			if suffix == d.m.domain.Name || suffix == ident.Fold(d.m.domain.NetBIOS) {
				e = d.m.login[ident.Fold(name[:at])]
			}
		}
	}
	if e == nil || !e.Class.Account() {
		return nil
	}
	return e
}

// hostAliases are the services that a machine offers under its host/ name
// without one of their own, [MS-ADTS] §3.1.1.1.4 sPNMappings. LDAP is not one:
// only servers of ours have it.
var hostAliases = map[string]bool{
	"cifs": true, "dns": true, "http": true, "www": true, "w3svc": true, "rpc": true, "rpcss": true, "time": true, "nfs": true,
}

// KerberosService finds the account a service's principal name means; nil for
// none. A name of one component is an account's own: SSSD asks for a ticket to
// DSVM1$ to test that the KDC knows the machine.
func (d *Directory) KerberosService(parts []string) *Entry {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	if len(parts) == 1 {
		e := d.m.login[ident.Fold(parts[0])]
		if e == nil {
			e = d.m.login[ident.Fold(parts[0])+"$"]
		}
		if e == nil || !e.Class.Machine() {
			return nil // people have no key that a service could hold
		}
		return e
	}
	if e := d.m.spn[ident.Fold(strings.Join(parts, "/"))]; e != nil {
		return e
	}
	if len(parts) == 2 && hostAliases[ident.Fold(parts[0])] {
		return d.m.spn["host/"+ident.Fold(parts[1])]
	}
	return nil
}

// SignInStateOf reads what the authenticator needs to know of an account that was
// found already; e is nil for nobody.
func (d *Directory) SignInStateOf(e *Entry) SignInState {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	if e != nil {
		e = d.m.byID[e.ID]
	}
	return d.m.signInState(e)
}

// BySID finds a principal by its SID; nil for none.
func (d *Directory) BySID(sid ident.SID) *Entry {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.sid[sid]
}

// Realm is the realm's own keys. Only the KDC asks.
func (d *Directory) Realm() *keyring.Realm {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.realm
}

// RollRealm gives the realm a new key. Tickets made with the old one open until
// their end; with renounce none does, as after a theft.
func (a As) RollRealm(ctx context.Context, renounce bool) error {
	rule, err := a.require(role.RealmRoll, nil)
	if err != nil {
		return err
	}
	return a.d.commit(ctx, true, func(tx store.Tx) (*audit.Record, error) {
		r, _, err := keyring.RealmTable.Get(tx, "self")
		if err != nil {
			return nil, err
		}
		action := "realm.roll"
		if renounce {
			action, r = "realm.renounce", r.Renounce(a.d.Now())
		} else {
			r = r.Roll(a.d.Now())
		}
		rec := (&audit.Record{Kind: audit.Change, Action: action, Rule: rule}).By(a.by)
		return rec, keyring.RealmTable.Put(tx, r)
	})
}

// Furnish gives the domain what this server needs to serve tickets: the realm's
// key, and an account of the server's own with the names of its services. host is
// the server's full name. What is there already stays.
func (a As) Furnish(ctx context.Context, host string, shared []string) (*Entry, error) {
	if a.d.Realm() == nil {
		if err := a.RollRealm(ctx, false); err != nil {
			return nil, err
		}
	}
	label, _, _ := strings.Cut(host, ".")
	login, err := ident.ParseMachine(strings.ToUpper(label[:min(len(label), ident.MaxMachine)]) + "$")
	if err != nil {
		return nil, err
	}
	e := a.d.KerberosClient(login, false)
	if e == nil {
		if e, err = a.createServer(ctx, login, host); err != nil {
			return nil, err
		}
	}
	return e, a.nameServices(ctx, e, host, shared)
}

// createServer makes a server's own account, [MS-ADTS] §6.1.1.3.1, with keys that
// nobody ever types.
func (a As) createServer(ctx context.Context, login, host string) (*Entry, error) {
	dom := a.d.Domain()
	unit, err := a.d.Resolve(dom.Base().Child("OU", "Domain Controllers"))
	if err != nil {
		return nil, err
	}
	rule, err := a.require(role.ComputerCreate, nil)
	if err != nil {
		return nil, err
	}
	e := a.d.newEntry(schema.Computer, strings.TrimSuffix(login, "$"), unit.ID)
	e.Login, e.Control, e.System = login, ControlServer|ControlNoExpire, true
	e.setText(schema.DNSHostName, host)
	rec := credential.Record{ID: e.ID}.Set(credential.Draw(credential.SaltOfComputer(dom.Realm(), login, dom.Name)), a.d.Now(), false, 0)
	return a.insert(ctx, e, "computer.create", rule, func(tx store.Tx, _ *audit.Record) error {
		return credential.Table.Put(tx, rec)
	})
}

// nameServices gives a server's account the names of its services: each by the
// host's full and short name, and the shared ones that no other account has.
func (a As) nameServices(ctx context.Context, e *Entry, host string, shared []string) error {
	short, _, _ := strings.Cut(host, ".")
	dom := a.d.Domain()
	names := []string{"GC/" + host + "/" + dom.Name, "ldap/" + host + "/" + dom.Name}
	for _, class := range []string{"host", "RestrictedKrbHost", "ldap", "cifs", "DNS", "HTTP"} {
		names = append(names, class+"/"+host, class+"/"+strings.ToUpper(short))
	}
	for _, h := range shared {
		names = append(names, "HTTP/"+h)
	}
	var missing [][]byte
	for _, n := range names {
		a.d.m.mu.RLock()
		owner := a.d.m.spn[ident.Fold(n)]
		a.d.m.mu.RUnlock()
		if owner == nil {
			missing = append(missing, []byte(n))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return a.Modify(ctx, e.ID, []Mod{{ModAdd, schema.ServicePrincipalName, missing}})
}

// RollServer gives a server's own account new keys. Tickets made with the old
// ones open until the next roll.
func (a As) RollServer(ctx context.Context, id ident.ID) error {
	e, err := a.d.ByID(id)
	if err != nil {
		return err
	}
	rule, err := a.require(role.ComputerPasswd, e)
	if err != nil {
		return err
	}
	dom := a.d.Domain()
	keys := credential.Draw(credential.SaltOfComputer(dom.Realm(), e.Login, dom.Name))
	return a.d.commit(ctx, true, func(tx store.Tx) (*audit.Record, error) {
		rec, _, err := credential.Table.Get(tx, id.String())
		if err != nil {
			return nil, err
		}
		rec.ID = id
		r := (&audit.Record{Kind: audit.Change, Action: "computer.rollKeys", Rule: rule, Target: e.Ref()}).By(a.by)
		return r, credential.Table.Put(tx, rec.Set(keys, a.d.Now(), false, 0))
	})
}

// TokenRIDs lists the groups that count for an account, at any depth, by RID, and
// tells which is its primary one. They are those of tokenGroups.
func (d *Directory) TokenRIDs(e *Entry) (primary ident.RID, all []ident.RID) {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	all = make([]ident.RID, 0, 8)
	d.m.above(e.ID, func(g, _ ident.ID) bool {
		if rid := d.m.byID[g].RID; rid != 0 {
			all = append(all, rid)
		}
		return true
	})
	return primaryRID(e), all
}
