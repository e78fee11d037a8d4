package directory

import (
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// claims lists the names an entry takes, each with what a second taker hears.
//
// One claim stands for the login names of people and groups and the stems of
// machines alike: a person called dsvm1 beside a machine DSVM1$ is how accounts
// have been taken over elsewhere (CVE-2021-42278).
func (d *Directory) claims(domain *Domain, e *Entry) []claim {
	var out []claim
	fields := map[string]string{"name": "userName", "upn": "userPrincipalName", "spn": "servicePrincipalName", "number": "uidNumber", "dn": "userName"}
	if e.Class == schema.Group {
		fields["name"], fields["dn"] = "displayName", "displayName"
	}
	add := func(kind, name, format string, args ...any) {
		out = append(out, claim{kind + ":" + ident.Fold(name), fault.New(fault.Exists, format, args...).WithField(fields[kind])})
	}
	if e.Login != "" {
		stem, _ := ident.MachineStem(e.Login)
		add("name", stem, "the name %q is taken", strings.TrimSuffix(e.Login, "$"))
	}
	if !e.Parent.IsZero() {
		add("dn", e.Parent.String()+"/"+ident.RDN{Type: schema.Of(e.Class.Info().RDN).Name, Value: e.RDN}.Key(), "there is already an entry %q at this place", e.RDN)
	}
	if e.Class == schema.User {
		add("upn", e.Login+"@"+domain.Name, "the user name %q is taken", e.Login+"@"+domain.Name)
		if upn := e.First(schema.UserPrincipalName); upn != "" && ident.Fold(upn) != ident.Fold(e.Login+"@"+domain.Name) {
			add("upn", upn, "the user name %q is taken", upn)
		}
	}
	for _, v := range e.Stored(schema.ServicePrincipalName) {
		add("spn", string(v), "the service name %q belongs to another account", v)
	}
	if e.Number != 0 {
		add("number", strconv.Itoa(int(e.Number)), "the number %d is taken", e.Number)
	}
	return out
}

type claim struct {
	name  string
	taken error
}

func (d *Directory) claimAll(tx store.Tx, domain *Domain, e *Entry) error {
	for _, c := range d.claims(domain, e) {
		if err := d.claim(tx, e.ID, c.name, c.taken); err != nil {
			return err
		}
	}
	return nil
}

// reclaim gives up the names an entry no longer has and takes the new ones; a
// nil entry has none.
func (d *Directory) reclaim(tx store.Tx, domain *Domain, old, now *Entry) error {
	keep := make(map[string]bool)
	if now != nil {
		for _, c := range d.claims(domain, now) {
			keep[c.name] = true
			if err := d.claim(tx, now.ID, c.name, c.taken); err != nil {
				return err
			}
		}
	}
	if old != nil {
		for _, c := range d.claims(domain, old) {
			if !keep[c.name] {
				if err := d.release(tx, old.ID, c.name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkNumber says why a number that somebody brings along cannot be taken. In
// the domain's own range a number is somebody's by its RID, now or later.
func (d *Directory) checkNumber(domain *Domain, e *Entry, field string, n uint32) error {
	const least = 1000 // below are the accounts of the system itself
	first, _ := domain.SID.With(0).Number()
	own, _ := e.sid.Number()
	switch {
	case n == own:
		return nil
	case n < least || n == 65534 || n == 65535 || n >= 1<<31:
		return fault.New(fault.Invalid, "the number %d is the system's", n).WithField(field).WithHint("choose one from %d to 2147483647", least)
	case n >= first && n < first+ridLast+1:
		return fault.New(fault.Exists, "the number %d belongs to the range the domain gives out itself", n).WithField(field)
	}
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	for _, x := range d.m.number[n] {
		if x.ID != e.ID {
			return fault.New(fault.Exists, "the number %d is taken by %s", n, x.Name()).WithField(field)
		}
	}
	return nil
}

// checkUPN checks a user name against the domains users can be made on.
func checkUPN(domain *Domain, s string) (string, error) {
	upn, err := ident.ParseUPN(s)
	if err != nil {
		return "", err
	}
	for _, suffix := range domain.Suffixes {
		if suffix == upn.Suffix {
			return upn.String(), nil
		}
	}
	return "", fault.New(fault.Invalid, "%q is not a verified domain here", upn.Suffix).WithField("userPrincipalName").
		WithHint("the domains are: %s", strings.Join(domain.Suffixes, ", "))
}
