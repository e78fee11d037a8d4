package kdc

import (
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/testkit"
	"github.com/selfsame-dev/selfsame/internal/testkit/krbclient"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/pac"
)

// toItself asks for a ticket to a machine, by the machine, in somebody's name.
func (l *lab) toItself(tgt *krbclient.Ticket, server krb5.PrincipalName, name string, damage func(*krb5.S4UX509User)) (*krbclient.Ticket, error) {
	return l.toItselfAs(l.client("DSVM1$"), tgt, server, name, damage)
}

func (l *lab) toItselfAs(c *krbclient.Client, tgt *krbclient.Ticket, server krb5.PrincipalName, name string, damage func(*krb5.S4UX509User)) (*krbclient.Ticket, error) {
	l.t.Helper()
	// The nonce and the key are those of the request, which is made first.
	req, subkey := c.FurtherRequest(tgt, krbclient.Further{Server: server, Options: krb5.OptForwardable})
	q, err := krb5.ParseKDCReq(req)
	l.must(err)
	u := krb5.S4UX509User{UserID: krb5.S4UUserID{
		Nonce: q.Body.Nonce, CName: krbclient.Name(name), CRealm: "LAB.INTERNAL", Options: krb5.S4UUseReplyKey,
	}}
	typ := etype.Type(subkey.EType)
	sum, err := typ.Checksum(subkey.Value, krb5.UsageS4UX509Request, u.UserID.Marshal())
	l.must(err)
	u.Checksum = krb5.Checksum{Type: krb5.CheckType(typ.CheckType()), Value: sum}
	if damage != nil {
		damage(&u)
	}
	q.PAData = append(q.PAData, krb5.PAData{Type: krb5.PAS4UX509User, Value: u.Marshal()})
	rep, err := krbclient.Ask(l.ask, q.Marshal())
	if err != nil {
		return nil, err
	}
	return krbclient.Open(rep, subkey, krb5.UsageTGSRepSubkey, q.Body.Nonce)
}

// A machine acts for whoever is on it, and for nobody else.
func TestAMachineActsForWhoeverIsOnIt(t *testing.T) {
	l := newLab(t)
	l.User("bob")
	c := l.client("DSVM1$")
	machine, err := c.Login(vmPassword)
	l.must(err)
	own := host("dsvm1.lab.internal")
	for _, name := range []string{"alice", "nobody9", "administrator", "DSVM1$"} {
		if _, err := l.toItself(machine, own, name, nil); krbclient.CodeOf(err) != krb5.ErrPolicy {
			t.Errorf("%s, who is not there: %v", name, err)
		}
	}
	alice := l.login()
	_, err = l.client("alice").Get(alice, krbclient.Further{Server: own})
	l.must(err)
	got, err := l.toItself(machine, own, "alice", nil)
	l.must(err)
	part := l.part(got.Ticket)
	p, err := pac.Parse(part.AuthData.PAC())
	l.must(err)
	b, err := p.Find(pac.UPNDNS)
	l.must(err)
	who, err := pac.ParseUPNInfo(b)
	l.must(err)
	if part.CName.String() != "alice" || string(who.SID) != string(l.alice.SID()) || part.Flags.Has(krb5.FlagForwardable) {
		t.Errorf("it is %s's, flags %x", part.CName, part.Flags)
	}
	if _, err := l.toItself(machine, own, "bob", nil); krbclient.CodeOf(err) != krb5.ErrPolicy {
		t.Errorf("bob, who is not there: %v", err)
	}
	if _, err := l.toItself(machine, krb5.Name(3, "ldap", "dc1.lab.internal"), "alice", nil); krbclient.CodeOf(err) != krb5.ErrBadOption {
		t.Errorf("at another service: %v", err)
	}
	if _, err := l.toItself(machine, own, "alice", func(u *krb5.S4UX509User) { u.UserID.CName = krbclient.Name("administrator") }); krbclient.CodeOf(err) != krb5.ErrModified {
		t.Errorf("a name that was not signed: %v", err)
	}
	if _, err := l.toItself(alice, own, "alice", nil); err == nil {
		t.Error("a person acts for another")
	}
	// A service account is nobody's host, though people have tickets for it: SSSD
	// proves the KDC by them.
	const login = "DSVM1!x7q$"
	_, err = l.Admin.CreateComputer(t.Context(), directory.NewComputer{Login: login, Service: true, Password: vmPassword})
	l.must(err)
	svc := l.client(login)
	tgt, err := svc.Login(vmPassword)
	l.must(err)
	_, err = l.client("alice").Get(alice, krbclient.Further{Server: krbclient.Name(login)})
	l.must(err)
	if _, err := l.toItselfAs(svc, tgt, krbclient.Name(login), "alice", nil); krbclient.CodeOf(err) != krb5.ErrPolicy {
		t.Errorf("a service account acts for alice: %v", err)
	}
	l.must(l.Admin.Revoke(t.Context(), l.alice.ID))
	if _, err := l.toItself(machine, own, "alice", nil); krbclient.CodeOf(err) != krb5.ErrPolicy {
		t.Errorf("after she signed out everywhere: %v", err)
	}
}

// A machine passes a person's ticket on to the services it is listed for.
func TestConstrainedDelegation(t *testing.T) {
	l := newLab(t)
	l.machine("DSVM2$", "host/dsvm2.lab.internal")
	c := l.client("DSVM1$")
	machine, err := c.Login(vmPassword)
	l.must(err)
	own, other := host("dsvm1.lab.internal"), host("dsvm2.lab.internal")
	alice := l.login()
	shown, err := l.client("alice").Get(alice, krbclient.Further{Server: own, Options: krb5.OptForwardable})
	l.must(err)
	pass := func(server krb5.PrincipalName, evidence krb5.Ticket) (*krbclient.Ticket, error) {
		return c.Get(machine, krbclient.Further{Server: server, Options: krb5.OptCNameInAddlTkt, Tickets: []krb5.Ticket{evidence}})
	}
	if _, err := pass(other, shown.Ticket); krbclient.CodeOf(err) != krb5.ErrBadOption {
		t.Errorf("without a list: %v", err)
	}
	l.must(l.Admin.Modify(t.Context(), l.vm.ID, []directory.Mod{{
		Op: directory.ModReplace, Attr: schema.MsDSAllowedToDelegateTo, Vals: [][]byte{[]byte("host/DSVM2.lab.internal")},
	}}))
	got, err := pass(other, shown.Ticket)
	l.must(err)
	part := l.part(got.Ticket)
	p, err := pac.Parse(part.AuthData.PAC())
	l.must(err)
	b, err := p.Find(pac.Delegated)
	l.must(err)
	trail, err := pac.ParseDelegationInfo(b)
	if err != nil || part.CName.String() != "alice" || trail.Target != "host/dsvm2.lab.internal" || len(trail.Transited) != 1 || trail.Transited[0] != "DSVM1$" {
		t.Errorf("it is %s's, through %+v, %v", part.CName, trail, err)
	}
	for name, evidence := range map[string]krb5.Ticket{
		"a ticket-granting ticket":     alice.Ticket,
		"a ticket for another service": got.Ticket,
		"one that the service forged": l.remade(shown, func(p *krb5.EncTicketPart) {
			p.CName = krbclient.Name("administrator")
		}).Ticket,
		"one made forwardable (CVE-2020-17049)": l.remade(func() *krbclient.Ticket {
			stiff := l.client("alice")
			stiff.Options = 0
			tgt, err := stiff.Login(testkit.UserPassword)
			l.must(err)
			s, err := stiff.Get(tgt, krbclient.Further{Server: own})
			l.must(err)
			return s
		}(), func(p *krb5.EncTicketPart) { p.Flags |= krb5.FlagForwardable }).Ticket,
	} {
		if _, err := pass(other, evidence); err == nil {
			t.Errorf("%s is passed on", name)
		}
	}
	l.must(l.Admin.SetEnabled(t.Context(), l.alice.ID, false))
	if _, err := pass(other, shown.Ticket); err == nil {
		t.Error("for one who is disabled")
	}
}
