package machine

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// As is the machines as one actor may see and change them.
type As struct {
	m   *Machines
	dir directory.As
}

// As returns the machines as actor may see and change them.
func (m *Machines) As(actor ident.Actor) As { return As{m, m.dir.As(actor)} }

// Machine is one machine: its account, and when it was last heard of.
type Machine struct {
	Entry   *directory.Entry
	Contact Contact // zero if it never proved itself
	Server  bool    // one of the domain's own
}

// Service reports whether it is a service account: one that a machine has to read the
// domain by, without being joined to it.
func (x *Machine) Service() bool { return x.Entry.Class == schema.ManagedServiceAccount }

// Stale is how long a machine may be silent before it is listed as such. A joined
// machine renews its password every 30 days and asks for a ticket every ten hours.
const Stale = 30 * 24 * time.Hour

// Silent reports whether the machine was not heard of for a time: since its account
// was made, if never.
func (x *Machine) Silent(now time.Time, stale time.Duration) bool {
	last := x.Entry.Created
	if x.Contact.At.After(last) {
		last = x.Contact.At
	}
	return !x.Server && now.Sub(last) >= stale
}

// List lists the machines, by name. With stale above nought only those that were
// silent as long.
func (a As) List(ctx context.Context, stale time.Duration) ([]Machine, error) {
	known, err := a.contacts(ctx)
	if err != nil {
		return nil, err
	}
	base, err := a.m.dir.Resolve(domainDN(a.m.dir))
	if err != nil {
		return nil, err
	}
	q := directory.Query{Base: base, Scope: directory.Subtree, Filter: directory.Filter{
		Op: directory.Equal, Attr: schema.ObjectClass, Value: []byte(schema.Computer.String()),
	}}
	var out []Machine
	err = a.dir.Search(ctx, q, func(e *directory.Entry) bool {
		if x := of(e, known); stale <= 0 || x.Silent(a.m.dir.Now(), stale) {
			out = append(out, x)
		}
		return true
	})
	slices.SortFunc(out, func(x, y Machine) int { return cmp.Compare(x.Entry.Login, y.Entry.Login) })
	return out, err
}

// Find finds a machine by its name, with or without its dollar or its domain, or by
// its object id.
func (a As) Find(ctx context.Context, name string) (Machine, error) {
	known, err := a.contacts(ctx)
	if err != nil {
		return Machine{}, err
	}
	e, err := a.m.dir.Machine(name)
	if err != nil {
		return Machine{}, err
	}
	return of(e, known), nil
}

func of(e *directory.Entry, known map[ident.ID]Contact) Machine {
	return Machine{Entry: e, Contact: known[e.ID], Server: e.Serves()}
}

// contacts reads every contact. Where a machine stands is not for everybody: it
// takes who administers, or who joins machines.
func (a As) contacts(ctx context.Context) (map[ident.ID]Contact, error) {
	if !a.dir.Can(role.ComputerJoin, nil).Allowed {
		if err := a.dir.MayReadLog(role.PortalRead); err != nil {
			return nil, err
		}
	}
	known, err := a.m.known(ctx)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the machines' last contacts cannot be read now")
	}
	return known, nil
}

func domainDN(d *directory.Directory) ident.DN {
	dom := d.Domain()
	return dom.Base()
}

// Ticket is a password to join with, told once.
type Ticket struct {
	Machine  *directory.Entry
	Password credential.Password
	Until    time.Time
}

// Lives is how long a password to join with lives unless set otherwise, and the
// longest it can be set to.
const (
	Lives   = 24 * time.Hour
	longest = 30 * 24 * time.Hour
)

// once draws a password to join with. adcli and realmd take it on a command line,
// so it holds nothing that a shell reads.
func (a As) once(lives time.Duration) (directory.Once, error) {
	if lives == 0 {
		lives = Lives
	}
	if lives < time.Minute || lives > longest {
		return directory.Once{}, fault.New(fault.Invalid, "a password to join with lives between a minute and 30 days").WithField("lives")
	}
	return directory.Once{Password: credential.Generate(), Until: a.m.dir.Now().Add(lives).Truncate(time.Second)}, nil
}

// Preset makes a machine's account with a password to join with.
func (a As) Preset(ctx context.Context, name string, lives time.Duration) (Ticket, error) {
	once, err := a.once(lives)
	if err != nil {
		return Ticket{}, err
	}
	dom := a.m.dir.Domain()
	stem := strings.TrimSuffix(strings.TrimSuffix(ident.Fold(name), "."+dom.Name), "$")
	host := stem + "." + dom.Name
	e, err := a.dir.CreateComputer(ctx, directory.NewComputer{Login: stem + "$", Control: directory.ControlNoExpire, Once: once, Attrs: []directory.Value{
		{Attr: schema.DNSHostName, Vals: [][]byte{[]byte(host)}},
		{Attr: schema.ServicePrincipalName, Vals: services(stem, host)},
	}})
	if fault.Is(err, fault.Exists) {
		if old, ferr := a.m.dir.Find(ident.KindComputer, stem); ferr == nil {
			return Ticket{}, fault.New(fault.Exists, "there is a machine %s already", old.Name()).
				WithHint("to let it join again: selfsame machine reset %s", stem)
		}
	}
	return Ticket{e, once.Password, once.Until}, err
}

// services are the names a joined machine has, as adcli gives them.
func services(stem, host string) [][]byte {
	var out [][]byte
	for _, class := range []string{"host", "RestrictedKrbHost"} {
		out = append(out, []byte(class+"/"+strings.ToUpper(stem)), []byte(class+"/"+host))
	}
	return out
}

// Reset gives a machine's account a password to join with again. What it proved
// with the one before ends.
func (a As) Reset(ctx context.Context, name string, lives time.Duration) (Ticket, error) {
	once, err := a.once(lives)
	if err != nil {
		return Ticket{}, err
	}
	e, err := a.m.dir.Machine(name)
	if err != nil {
		return Ticket{}, err
	}
	return Ticket{e, once.Password, once.Until}, a.dir.SetOnce(ctx, e.ID, once)
}

// Bury removes a machine that is gone: its account, and with it its names, its
// services and all it proved.
func (a As) Bury(ctx context.Context, name string) (*directory.Entry, error) {
	e, err := a.m.dir.Machine(name)
	if err != nil {
		return nil, err
	}
	if err := a.dir.Delete(ctx, e.ID); err != nil {
		return nil, err
	}
	a.m.mu.Lock()
	delete(a.m.seen, e.ID)
	a.m.mu.Unlock()
	_, err = a.m.st.Update(ctx, func(tx store.Tx) error { return contacts.Delete(tx, e.ID.String()) })
	if err != nil { // the account is gone, and nothing reads what is left
		a.m.log.Warn("machines: a buried machine's last contact stays", "machine", e.Name(), "err", err)
	}
	return e, nil
}
