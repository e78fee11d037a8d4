package main

import (
	"fmt"
	"os"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// atOnce is how many machines have somebody signing in at a time.
const atOnce = 32

// monday is nine o'clock: people sign in at machines, each machine with a connection
// to the directory that it keeps. It prints how many people a second of one
// processor serves.
func (b *bench) monday() error {
	const name = "Monday, nine o'clock"
	if !b.wants(name) {
		return nil
	}
	fmt.Fprintf(os.Stderr, "%s…\n", name)
	ours, err := b.ourMachines()
	if err != nil {
		return fmt.Errorf("the machines' connections: %w", err)
	}
	theirs, err := b.theirMachines()
	if err != nil {
		return err
	}
	var us, them []sample
	for range 3 {
		t, err := morning([]int{b.slapd.pid, b.mit.pid}, theirs)
		if err != nil {
			return fmt.Errorf("%s against slapd and krb5kdc: %w", name, err)
		}
		o, err := morning([]int{b.selfsame.pid}, ours)
		if err != nil {
			return fmt.Errorf("%s against selfsame: %w", name, err)
		}
		us, them = append(us, o), append(them, t)
	}
	perCore := func(s sample) float64 { return float64(s.ops) / s.spent.Seconds() }
	t, o := median(them, perCore), median(us, perCore)
	fmt.Fprintf(b.w, "%s: people\t%d\tslapd+krb5kdc\t%.0f /core-s\t%.0f /core-s\t%.2f\t\t\n", name, machines, t, o, o/t)
	t, o = median(them, sample.rate), median(us, sample.rate)
	fmt.Fprintf(b.w, "%s: elapsed\t%d\tslapd+krb5kdc\t%.0f /s\t%.0f /s\t%.2f\t\t\n", name, machines, t, o, o/t)
	return nil
}

// morning signs everybody in once.
func morning(pids []int, at []func(i int) error) (sample, error) {
	cpu := func() (sum time.Duration, err error) {
		for _, pid := range pids {
			n, err := cpuOf(pid)
			if err != nil {
				return 0, err
			}
			sum += n
		}
		return sum, nil
	}
	before, err := cpu()
	if err != nil {
		return sample{}, err
	}
	began := time.Now()
	err = each(len(at), atOnce, func(int) (func(int) error, error) {
		return func(m int) error {
			for i := m; i < keyed; i += len(at) {
				if err := at[m](i); err != nil {
					return fmt.Errorf("%s at %s: %w", login(i), machine(m), err)
				}
			}
			return nil
		}, nil
	})
	if err != nil {
		return sample{}, err
	}
	after, err := cpu()
	return sample{ops: keyed, took: time.Since(began), spent: after - before}, err
}

// theirMachines sign people in with slapd and krb5kdc.
func (b *bench) theirMachines() ([]func(int) error, error) {
	var out []func(int) error
	for m := range machines {
		s, err := b.slapd.bound()
		if err != nil {
			return nil, err
		}
		c := b.mit.overTCP()
		out = append(out, func(i int) error {
			for _, q := range []*ldap.SearchRequest{b.slapd.byLogin(i), b.slapd.groups(i), b.slapd.primary} {
				if err := s.find(q); err != nil {
					return err
				}
			}
			return c.signIn(c.person(i), i, c.machine(m))
		})
	}
	return out, nil
}

// signIn asks for a ticket as SSSD does, with the proof at the second try, and for
// one for the machine, by which the machine knows that the KDC is the real one.
func (c *conversation) signIn(who krb5.PrincipalName, i int, machine krb5.PrincipalName) error {
	options := krb5.OptForwardable | krb5.OptProxiable | krb5.OptRenewableOK | krb5.OptCanonicalize
	also := []krb5.PAData{{Type: krb5.PAReqEncPARep}}
	if err := c.askProof(who, options, also...); err != nil {
		return err
	}
	tgt, err := c.prove(who, c.keyOf(i), options, also...)
	if err != nil {
		return err
	}
	_, err = c.get(tgt, machine)
	return err
}

// ourMachines sign in themselves, and then people.
func (b *bench) ourMachines() ([]func(int) error, error) {
	out := make([]func(int) error, machines)
	return out, each(machines, 4, func(int) (func(int) error, error) {
		return func(m int) error {
			key, err := machineKey(m)
			if err != nil {
				return err
			}
			c := b.ours.overTCP()
			tgt, err := c.prove(c.machine(m), key, krb5.OptForwardable)
			if err != nil {
				return err
			}
			t, err := c.get(tgt, krb5.Name(krb5.NameHost, "ldap", "dc1."+ourDomain))
			if err != nil {
				return err
			}
			s, err := b.selfsame.dialSealed(b.ours, t)
			if err != nil {
				return err
			}
			v := &visit{d: b.selfsame, c: c, s: s, m: m}
			out[m] = v.signIn
			return nil
		}, nil
	})
}

// visit is a machine at which people sign in: SSSD's conversation, with nothing in
// its cache.
type visit struct {
	d *directory
	c *conversation
	s *session
	m int
}

var (
	userAsked = []string{"objectClass", "sAMAccountName", "unixUserPassword", "uidNumber", "gidNumber", "gecos", "unixHomeDirectory", "loginShell",
		"userPrincipalName", "name", "memberOf", "objectGUID", "objectSID", "primaryGroupID", "whenChanged", "uSNChanged", "accountExpires",
		"userAccountControl", "userCertificate;binary", "mail"}
	groupAsked = []string{"objectClass", "sAMAccountName", "gidNumber", "member", "objectGUID", "objectSID", "whenChanged", "uSNChanged", "groupType"}
)

func (v *visit) signIn(i int) error {
	if err := v.initgroups(i); err != nil {
		return err
	}
	who := krb5.Name(krb5.NameEnterprise, login(i)+"@"+ourRealm)
	if err := v.c.signIn(who, i, v.c.machine(v.m)); err != nil {
		return err
	}
	return v.policies()
}

// initgroups reads the person and the groups, one by one.
func (v *visit) initgroups(i int) error {
	err := v.s.find(&ldap.SearchRequest{Base: ourBase, Scope: ldap.WholeSubtree, Attributes: userAsked, Filter: ldap.And{
		ldap.And{equal("sAMAccountName", login(i)), equal("objectclass", "user")}, ldap.Present{Attr: "objectSID"}}})
	if err != nil {
		return err
	}
	var sids []string
	v.s.entry = func(e *ldap.SearchResultEntry) {
		for _, a := range e.Attributes {
			for _, b := range a.Values {
				sids = append(sids, sidText(b))
			}
		}
	}
	err = v.s.find(v.d.groups(i))
	v.s.entry = nil
	for _, sid := range sids {
		if err == nil {
			err = v.s.do(&ldap.SearchRequest{Base: ourBase, Scope: ldap.WholeSubtree, Attributes: groupAsked, Filter: ldap.And{
				ldap.And{equal("objectSID", sid), equal("objectClass", "group")}, ldap.Present{Attr: "sAMAccountName"}}})
		}
	}
	if err != nil {
		return err
	}
	return v.s.find(v.d.primary)
}

// policies looks for group policies where they would be linked, and finds none.
func (v *visit) policies() error {
	dn := machineDN(machine(v.m))
	for _, q := range []*ldap.SearchRequest{
		{Base: "dc=lab,dc=internal", Scope: ldap.WholeSubtree, Attributes: []string{"distinguishedName", "userAccountControl"}, Filter: ldap.And{
			equal("objectclass", "user"), equal("sAMAccountName", v.c.machine(v.m).String())}},
		{Base: dn, Attributes: []string{"objectSid"}, Filter: ldap.And{}},
		{Attributes: []string{"configurationNamingContext"}, Filter: ldap.Present{Attr: "objectClass"}},
		{Base: ourMachines, Attributes: []string{"gPLink", "gpOptions"}, Filter: ldap.Present{Attr: "objectClass"}},
		{Base: ourBase, Attributes: []string{"gPLink", "gpOptions"}, Filter: ldap.Present{Attr: "objectClass"}},
		{Base: "cn=Default-First-Site-Name,cn=Sites,CN=Configuration," + ourBase, Attributes: []string{"gPLink", "gpOptions"}, Filter: ldap.Present{Attr: "objectClass"}},
	} {
		if err := v.s.find(q); err != nil {
			return err
		}
	}
	return nil
}
