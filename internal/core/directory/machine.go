package directory

import (
	"context"
	"slices"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// NewComputer is a machine's account to be made.
type NewComputer struct {
	Login   string // DSVM1$
	Service bool   // a service account of a machine, which hosts nothing
	Parent  ident.ID
	Attrs   []Value
	Control uint32
	// Password is the machine's, which it drew; empty where it is set after.
	Password credential.Password
	// Once is a password that a machine joins with, and changes by that; empty for
	// none.
	Once Once
}

// CreateComputer makes a machine's account. Without a password it has used up no
// key version.
func (a As) CreateComputer(ctx context.Context, n NewComputer) (*Entry, error) {
	class := schema.Computer
	if n.Service {
		class = schema.ManagedServiceAccount
	}
	login, err := parseMachine(class, n.Login)
	if err != nil {
		return nil, err
	}
	e := a.d.newEntry(class, strings.TrimSuffix(login, "$"), n.Parent)
	e.Login = login
	if err := a.d.checkMachineName(e); err != nil {
		return nil, err
	}
	if e.Control, err = machineControl(n.Control); err != nil {
		return nil, err
	}
	if err := setAttrs(e, n.Attrs); err != nil {
		return nil, err
	}
	rule, err := a.require(role.ComputerCreate, nil)
	if err != nil {
		return nil, err
	}
	dom := a.d.Domain()
	namer := a.namer(&dom, nil)
	if err := namer.mayMake(e); err != nil {
		a.recordRefusal(role.ComputerCreate, nil, err)
		return nil, err
	}
	e.set(schema.MsDSCreatorSID, [][]byte{a.sid()})
	rec := credential.Record{ID: e.ID}
	if n.Password != "" {
		set, err := a.prepare(e, n.Password, rec, false)
		if err != nil {
			return nil, err
		}
		rec = *set
	}
	if n.Once.Password != "" {
		keys, err := n.Once.prepare(&dom, e)
		if err != nil {
			return nil, err
		}
		rec = rec.SetUntil(keys, a.d.Now(), n.Once.Until)
	}
	return a.insert(ctx, e, "computer.create", rule, func(tx store.Tx, _ *audit.Record) error {
		return credential.Table.Put(tx, rec)
	})
}

// parseMachine checks the login name of a machine's account.
func parseMachine(class schema.Class, login string) (string, error) {
	if class == schema.ManagedServiceAccount {
		return ident.ParseServiceAccount(login)
	}
	return ident.ParseMachine(login)
}

// joinedAt is where the accounts of a class stand that joining makes.
func (d *Directory) joinedAt(c schema.Class) ident.DN {
	if c == schema.ManagedServiceAccount {
		return d.domainDN().Child("CN", ServiceAccounts)
	}
	return d.domainDN().Child("OU", ComputersUnit)
}

// machineControl checks the switches of a new machine's account.
func machineControl(bits uint32) (uint32, error) {
	if bits&ControlServer != 0 || bits&^(controlKept|controlIgnored) != 0 {
		return 0, fault.New(fault.Invalid, "userAccountControl: %#x holds a switch that is not offered here", bits).
			WithField("userAccountControl").WithCode(fault.CodeSchema).WithHint("a machine's userAccountControl is 4096 or 69632")
	}
	return bits & controlKept, nil
}

// checkMachineName says why a machine may not have its name: one that clients
// take for something else, or the domain's own, which is that of an account of
// trust, [MS-ADTS] §6.1.6.7.
func (d *Directory) checkMachineName(e *Entry) error {
	stem := strings.TrimSuffix(e.Login, "$")
	dom := d.Domain()
	if first, _, _ := strings.Cut(dom.Name, "."); ident.Fold(stem) == ident.Fold(dom.NetBIOS) || ident.Fold(stem) == first {
		return fault.New(fault.Invalid, "the machine name %q is the domain's own", stem).WithField("sAMAccountName").WithHint("choose another host name")
	}
	return ident.CheckHostName(stem)
}

// builtinAdministrators is S-1-5-32-544, who owns what no account of the
// directory made, [MS-DTYP] §2.4.2.4.
var builtinAdministrators = ident.NewSID(32, 544)

// sid is the actor's SID, for what it makes.
func (a As) sid() []byte {
	if e := a.d.entryByID(a.by.Who().ID); e != nil && e.sid != "" {
		return []byte(e.sid)
	}
	return []byte(builtinAdministrators)
}

// machineAction is the action that writing an attribute of a machine is.
func machineAction(row *schema.Attr) role.Action {
	switch {
	case row.ID == schema.UserAccountControl:
		return role.ComputerControl
	case row.Write == schema.Access:
		return role.ComputerAccess
	case isMachinesOwn(row):
		return role.ComputerOwn
	}
	return role.ComputerUpdate
}

// isMachinesOwn reports whether an attribute is one that a machine writes of
// itself, and whoever joins it.
func isMachinesOwn(row *schema.Attr) bool {
	return row.Write == schema.Machine || row.ID == schema.Description
}

// byJoining allows a machine what is its own, and a delegated joiner what joining
// again takes. The caller holds the model's lock.
func (a As) byJoining(action role.Action, target *Entry) Decision {
	if !target.Class.Machine() || target.Serves() {
		return Decision{}
	}
	if a.by.Is(target.ID) && (action == role.ComputerOwn || action == role.ComputerPasswd) {
		return Decision{true, "self"}
	}
	dec := role.Check(a.d.m.assignmentsOf(a.by.Who().ID), role.ComputerJoin, "/", a.d.cfg.Now())
	if dec.Allowed && !a.d.m.protected(target.ID) && a.d.m.joinable(target, a.by.Who().ID) {
		return Decision{true, dec.Rule()}
	}
	return Decision{}
}

// joinable reports whether a delegated joiner may take a machine's account over:
// whoever can set its password is the machine. One that an administrator made, or
// another joiner, is theirs. The caller holds mu.
func (m *model) joinable(target *Entry, joiner ident.ID) bool {
	maker := ident.SID(target.First(schema.MsDSCreatorSID))
	if maker == "" || maker == builtinAdministrators {
		return false // the server's own, or made before makers were kept
	}
	owner := m.sid[maker]
	return owner == nil || owner.ID == joiner || !m.protected(owner.ID)
}

// joinHint says why a delegated joiner was refused a machine; empty if that is not
// what happened.
func (a As) joinHint(target *Entry) string {
	if target == nil || !target.Class.Machine() || !a.decide(role.ComputerJoin, nil).Allowed {
		return ""
	}
	maker := "the domain"
	if e := a.d.BySID(ident.SID(target.First(schema.MsDSCreatorSID))); e != nil {
		maker = e.Name()
	}
	return "Device Join Administrators change the machines they joined themselves, in what joining writes; " + target.Name() + " was made by " + maker
}

// ownServices are the service classes that only servers of the domain have:
// whoever held one would be taken for a server, or get the realm's own tickets.
// The GUID is replication's, [MS-DRSR] §2.2.3.2.
var ownServices = map[string]bool{
	"ldap": true, "gc": true, "dns": true, "kadmin": true, "krbtgt": true, "kpasswd": true, "e3514235-4b06-11d1-ab04-00c04fc2dcd2": true,
}

// namer checks the names that an actor gives a machine, or a person who runs a
// service: validated writes, [MS-ADTS] §3.1.1.5.3.1.1.
type namer struct {
	as     As
	domain *Domain
	target *Entry // nil for one to be made
}

func (a As) namer(dom *Domain, target *Entry) namer { return namer{a, dom, target} }

// free reports whether the actor administers machines, and may give them names
// that are not their own.
func (n namer) free() bool { return n.as.decide(role.ComputerUpdate, n.target).Allowed }

// mayMake says why the actor may not make a machine's account like this. One who
// only joins makes it where machines stand, and writes what joining writes.
func (n namer) mayMake(e *Entry) error {
	if !n.free() {
		for _, v := range e.Attrs {
			if row := schema.Of(v.Attr); !isMachinesOwn(row) {
				return fault.New(fault.Denied, "%s is not set by joining a machine", row.Name).WithField(row.Name)
			}
		}
		place := n.as.d.joinedAt(e.Class)
		unit, err := n.as.d.Resolve(place)
		if err != nil {
			return err
		}
		if !n.as.d.under(e.Parent, unit.ID) {
			return fault.New(fault.Denied, "a %s is made below %s", e.Class, place)
		}
	}
	return n.check(nil, e)
}

// check says why the names that are new to an entry may not be given to it. old is
// nil for a new one.
func (n namer) check(old, now *Entry) error {
	if !now.Class.Account() {
		return nil
	}
	had := func(id schema.ID, v []byte) bool {
		return old != nil && slices.ContainsFunc(old.Stored(id), func(o []byte) bool { return ident.Fold(string(o)) == ident.Fold(string(v)) })
	}
	if v := now.Stored(schema.DNSHostName); len(v) > 0 && !had(schema.DNSHostName, v[0]) {
		if err := n.checkHost(now, string(v[0])); err != nil {
			return err
		}
	}
	for _, v := range now.Stored(schema.ServicePrincipalName) {
		if had(schema.ServicePrincipalName, v) {
			continue
		}
		if err := n.checkService(now, string(v)); err != nil {
			return err
		}
	}
	return nil
}

// checkHost checks a dNSHostName, [MS-ADTS] §3.1.1.5.3.1.1.2: the machine's name
// in the domain, unless an administrator says otherwise. A service account takes no
// name by it: it says whose account it is, and that machine may be another domain's.
func (n namer) checkHost(e *Entry, host string) error {
	if _, err := ident.ParseDomain(host); err != nil {
		return fault.New(fault.Invalid, "dNSHostName: %q is not a host's full name", clip(host)).WithField("dNSHostName").WithCode(fault.CodeSchema)
	}
	own := fullName(n.domain, e)
	if !n.free() && ident.Fold(host) != own && e.Class == schema.Computer {
		return fault.New(fault.Denied, "dNSHostName: %s is not %s's name", clip(host), e.Name()).WithField("dNSHostName").WithHint("its name is %s", own)
	}
	return n.notOurs(e, host, "dNSHostName")
}

// checkService checks a servicePrincipalName, [MS-ADTS] §3.1.1.5.3.1.1.4.
func (n namer) checkService(e *Entry, s string) error {
	spn, err := ident.ParseSPN(s)
	if err != nil {
		return err
	}
	if e.Serves() && e.Class == schema.Computer {
		return nil // only the server itself and administrators get here
	}
	const field = "servicePrincipalName"
	if ownServices[ident.Fold(spn.Class)] {
		return fault.New(fault.Denied, "only servers of the domain have the service %s", spn.Class).WithField(field)
	}
	if err := n.notOurs(e, spn.Host, field); err != nil {
		return err
	}
	if n.free() {
		return nil
	}
	host := ident.Fold(spn.Host)
	stem, machine := ident.MachineStem(e.Login)
	switch {
	case !machine:
		return fault.New(fault.Denied, "service names of people are given by who administers machines").WithField(field)
	case spn.Name != "", host != stem && host != ident.Fold(e.First(schema.DNSHostName)):
		return fault.New(fault.Denied, "%s is not a name of %s", clip(s), e.Name()).WithField(field).
			WithHint("its service names end in %s or %s; an administrator can give it others", stem, fullName(n.domain, e))
	}
	return nil
}

// notOurs refuses the names of the domain's servers and services.
func (n namer) notOurs(e *Entry, host, field string) error {
	host = ident.Fold(host)
	label, rest, _ := strings.Cut(host, ".")
	vault := "vault." + n.domain.Name
	if server := n.as.d.serverNamed(host); server != nil && server.ID != e.ID {
		return fault.New(fault.Denied, "%s is a server of the domain", host).WithField(field)
	}
	switch {
	case host == n.domain.Name, (rest == "" || rest == n.domain.Name) && ident.IsServiceLabel(label), strings.HasSuffix(host, "."+vault):
		return fault.New(fault.Denied, "%s is a name under which the domain itself answers", host).WithField(field)
	}
	return nil
}

// serverNamed finds the server that a host name, full or short, means; nil for
// none.
func (d *Directory) serverNamed(host string) *Entry {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	label := host
	if l, rest, _ := strings.Cut(host, "."); rest == d.m.domain.Name {
		label = l
	}
	for _, e := range []*Entry{d.m.spn["host/"+host], d.m.login[label+"$"]} {
		if e != nil && e.Class == schema.Computer && e.Serves() {
			return e
		}
	}
	return nil
}

// fullName is a machine's name in the domain.
func fullName(domain *Domain, e *Entry) string {
	return strings.ToLower(strings.TrimSuffix(e.Login, "$")) + "." + domain.Name
}

// hostNames are the host names that are a machine's alone: the one it has in the
// domain, and the one it was given.
func hostNames(domain *Domain, e *Entry) []string {
	out := []string{fullName(domain, e)}
	if given := ident.Fold(e.First(schema.DNSHostName)); given != "" && given != out[0] {
		out = append(out, given)
	}
	return out
}

// aliased returns the host whose services a service name stands for: who has
// host/web1 is asked for cifs/web1 too, so that nobody else may have that, nor the
// other way about. ok is false for a name that stands for itself alone.
func aliased(s string) (host string, ok bool) {
	spn, err := ident.ParseSPN(s)
	if err != nil || spn.Port != "" || spn.Name != "" {
		return "", false
	}
	class := ident.Fold(spn.Class)
	return ident.Fold(spn.Host), class == "host" || hostAliases[class]
}

// Machine finds a machine by what a person types: its name, short or full, with or
// without its dollar, or its object id.
func (d *Directory) Machine(name string) (*Entry, error) {
	d.m.mu.RLock()
	short := strings.TrimSuffix(ident.Fold(name), "."+d.m.domain.Name)
	d.m.mu.RUnlock()
	e, err := d.Find(ident.KindComputer, short)
	if err != nil {
		return nil, fault.New(fault.NotFound, "there is no machine %q", clip(name)).WithHint("list them: selfsame machine list")
	}
	return e, nil
}
