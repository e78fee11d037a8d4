package directory

import (
	"slices"
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
	field := "userName"
	if e.Class == schema.Group {
		field = "displayName"
	}
	add := func(kind, name, field, text, shown string) {
		out = append(out, claim{kind + ":" + ident.Fold(name), field, text, shown})
	}
	if e.Login != "" {
		stem, _ := ident.MachineStem(e.Login)
		add("name", stem, field, "the name %q is taken", strings.TrimSuffix(e.Login, "$"))
	}
	if !e.Parent.IsZero() {
		rdn := ident.RDN{Type: schema.Of(e.Class.Info().RDN).Name, Value: e.RDN}
		add("dn", e.Parent.String()+"/"+rdn.Key(), field, "there is already an entry %q at this place", e.RDN)
	}
	if e.Class == schema.User {
		own := e.Login + "@" + domain.Name
		add("upn", own, "userPrincipalName", "the user name %q is taken", own)
		if upn := e.First(schema.UserPrincipalName); upn != "" && ident.Fold(upn) != ident.Fold(own) {
			add("upn", upn, "userPrincipalName", "the user name %q is taken", upn)
		}
	}
	if e.Class == schema.Computer {
		for _, host := range hostNames(domain, e) {
			add("host", host, "dNSHostName", "the host name %q belongs to another machine", host)
		}
	}
	for _, v := range e.Stored(schema.ServicePrincipalName) {
		if host, ok := aliased(string(v)); ok {
			add("service", host, "servicePrincipalName", "the services of %q belong to another account", host)
		}
		add("spn", string(v), "servicePrincipalName", "the service name %q belongs to another account", string(v))
	}
	for _, v := range e.Stored(schema.SSHPublicKey) {
		_, fingerprint, _ := KeyOf(v)
		add("sshkey", keyClaim(v), "sshPublicKey", "the SSH key %s belongs to another account", fingerprint)
	}
	if e.Number != 0 {
		n := strconv.Itoa(int(e.Number))
		add("number", n, "uidNumber", "the number %s is taken", n)
	}
	return out
}

// claim is a name that is taken, and what a second taker hears.
type claim struct {
	name               string
	field, text, shown string
}

func (c claim) taken() error { return fault.New(fault.Exists, c.text, c.shown).WithField(c.field) }

func (d *Directory) claimAll(tx store.Tx, domain *Domain, e *Entry) error {
	return d.reclaim(tx, domain, nil, e)
}

// reclaim takes the names that are new to an entry and gives up those it no
// longer has; a nil entry has none.
//
// What it keeps is not looked at: its record, which the transaction has read, is
// never without its claims.
func (d *Directory) reclaim(tx store.Tx, domain *Domain, old, now *Entry) error {
	var had, has []claim
	if old != nil {
		had = d.claims(domain, old)
	}
	if now != nil {
		has = d.claims(domain, now)
	}
	for _, c := range minus(has, had) {
		if err := d.claim(tx, now.ID, c); err != nil {
			return err
		}
	}
	for _, c := range minus(had, has) {
		if err := d.release(tx, old.ID, c.name); err != nil {
			return err
		}
	}
	return nil
}

// minus returns the claims whose names are not among the others'.
func minus(cs, others []claim) []claim {
	names := make(map[string]bool, len(others))
	for _, c := range others {
		names[c.name] = true
	}
	return slices.DeleteFunc(slices.Clone(cs), func(c claim) bool { return names[c.name] })
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
