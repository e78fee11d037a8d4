package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// directory is a server of LDAP with everybody in it, in its own words.
type directory struct {
	*server
	name string
	base string // of the people
	sid  string // of the domain, where there is one
	// login is the attribute by which people are searched for.
	login      string
	dn         func(i int) string
	groupDN    func(cn string) string
	groupClass string
	admin      string // DN that may write
	pass       string
	groups     func(i int) *ldap.SearchRequest // finds a person's
	primary    *ldap.SearchRequest             // finds everybody's primary one
}

func (d *directory) process() *server {
	if d == nil {
		return nil
	}
	return d.server
}

// side is the directory's half of a row. An operation makes one client, of a
// connection of its own.
func (d *directory) side(op func(d *directory, s *session) (func(*rand.Rand) error, error)) side {
	return side{d.name, d.pid, func(int) (client, error) {
		s, err := dial(d.addr)
		if err != nil {
			return client{}, err
		}
		do, err := op(d, s)
		return client{do, func() { s.c.Close() }}, err
	}}
}

// bound is a connection on which the administrator is signed in.
func (d *directory) bound() (*session, error) {
	s, err := dial(d.addr)
	if err != nil {
		return nil, err
	}
	return s, s.do(simple(d.admin, d.pass))
}

func (d *directory) domainSID() (string, error) {
	s, err := d.bound()
	if err != nil {
		return "", err
	}
	defer s.c.Close()
	var sid []byte
	s.entry = func(e *ldap.SearchResultEntry) { sid = e.Attributes[0].Values[0] }
	err = s.find(&ldap.SearchRequest{Base: ourBase, Attributes: []string{"objectSid"}, Filter: ldap.Present{Attr: "objectClass"}})
	return sidText(sid), err
}

// sidText is a SID as text, [MS-DTYP] §2.4.2.1.
func sidText(b []byte) string {
	if len(b) < 8 {
		return ""
	}
	var s strings.Builder
	fmt.Fprintf(&s, "S-%d-%d", b[0], binary.BigEndian.Uint32(b[4:8]))
	for b = b[8:]; len(b) >= 4; b = b[4:] {
		fmt.Fprintf(&s, "-%d", binary.LittleEndian.Uint32(b))
	}
	return s.String()
}

func simple(name, pass string) *ldap.BindRequest {
	return &ldap.BindRequest{Version: 3, Name: name, Auth: ldap.Simple{Password: ldap.Secret(pass)}}
}

func equal(attr, value string) ldap.Filter { return ldap.Equal{Attr: attr, Value: []byte(value)} }

// asked are the ten attributes that both servers are asked for, in their words.
var askedOf = []string{"objectClass", "cn", "sn", "givenName", "displayName", "mail", "title", "department", "telephoneNumber", "description"}

func (d *directory) byLogin(i int) *ldap.SearchRequest {
	return &ldap.SearchRequest{Base: d.base, Scope: ldap.WholeSubtree, Attributes: askedOf, Filter: equal(d.login, login(i))}
}

func searchByLogin(d *directory, s *session) (func(*rand.Rand) error, error) {
	return func(rnd *rand.Rand) error { return s.find(d.byLogin(rnd.IntN(people))) }, s.do(simple(d.admin, d.pass))
}

func baseRead(d *directory, s *session) (func(*rand.Rand) error, error) {
	return func(rnd *rand.Rand) error {
		return s.find(&ldap.SearchRequest{Base: d.dn(rnd.IntN(people)), Attributes: askedOf, Filter: ldap.Present{Attr: "objectClass"}})
	}, s.do(simple(d.admin, d.pass))
}

func bind(d *directory, s *session) (func(*rand.Rand) error, error) {
	return func(rnd *rand.Rand) error { return s.do(simple(d.dn(rnd.IntN(binders)), password)) }, nil
}

func modify(d *directory, s *session) (func(*rand.Rand) error, error) {
	return func(rnd *rand.Rand) error {
		return s.do(&ldap.ModifyRequest{Entry: d.dn(rnd.IntN(people)), Changes: []ldap.Change{
			{Op: ldap.ReplaceValues, Attribute: ldap.Text("description", fmt.Sprintf("%x", rnd.Uint64()))},
		}})
	}, s.do(simple(d.admin, d.pass))
}

// groupsOf asks slapd which groups name a person as a member, and us for
// tokenGroups, in which those at any depth are.
func groupsOf(d *directory, s *session) (func(*rand.Rand) error, error) {
	return func(rnd *rand.Rand) error { return s.find(d.groups(rnd.IntN(people))) }, s.do(simple(d.admin, d.pass))
}

// signIn is what SSSD's LDAP provider asks when somebody signs in: the person, the
// groups, the primary group, and a bind on a connection of its own.
func signIn(d *directory, s *session) (func(*rand.Rand) error, error) {
	return func(rnd *rand.Rand) error {
		i := rnd.IntN(binders)
		for _, q := range []*ldap.SearchRequest{d.byLogin(i), d.groups(i), d.primary} {
			if err := s.find(q); err != nil {
				return err
			}
		}
		own, err := dial(d.addr)
		if err != nil {
			return err
		}
		defer own.c.Close()
		return own.do(simple(d.dn(i), password))
	}, s.do(simple(d.admin, d.pass))
}

// everyone is the group that grows in groupSizes.
const everyone = "staff-of-all"

// groupSizes measures what a person's groups cost when one of them has 10, 1,000
// and 10,000 members.
func (b *bench) groupSizes() error {
	had := 0
	for _, size := range []int{10, 1_000, 10_000} {
		name := fmt.Sprintf("groups of a person, one of %d members", size)
		if !b.wants(name) {
			continue
		}
		for _, d := range []*directory{b.slapd, b.selfsame} {
			if err := d.grow(had, size); err != nil {
				return err
			}
		}
		had = size
		r := row{name, 8, b.slapd.side(groupsOfFew), b.selfsame.side(groupsOfFew), false, 0.6}
		if err := b.measure(r); err != nil {
			return err
		}
	}
	return nil
}

func groupsOfFew(d *directory, s *session) (func(*rand.Rand) error, error) {
	return func(rnd *rand.Rand) error { return s.find(d.groups(rnd.IntN(10))) }, s.do(simple(d.admin, d.pass))
}

// grow adds people to the group until it has size members.
func (d *directory) grow(had, size int) error {
	s, err := d.bound()
	if err != nil {
		return err
	}
	defer s.c.Close()
	var members []string
	for i := had; i < size; i++ {
		members = append(members, d.dn(i))
	}
	if had == 0 {
		return s.do(d.addGroup(everyone, members))
	}
	return s.do(&ldap.ModifyRequest{Entry: d.groupDN(everyone), Changes: []ldap.Change{
		{Op: ldap.AddValues, Attribute: ldap.Text("member", members...)},
	}})
}
