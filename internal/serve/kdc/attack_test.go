package kdc

import (
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/testkit"
	"github.com/selfsame-dev/selfsame/internal/testkit/krbclient"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/pac"
)

// Who learns what: the state of an account to a right proof only.
func TestWhoLearnsWhat(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(l *lab)
		right   krb5.ErrorCode
	}{
		{"enabled", func(*lab) {}, krb5.ErrNone},
		{"disabled", func(l *lab) { l.must(l.Admin.SetEnabled(l.t.Context(), l.alice.ID, false)) }, krb5.ErrClientRevoked},
		{"expired", func(l *lab) {
			l.must(l.Admin.Modify(l.t.Context(), l.alice.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.AccountExpires, Vals: [][]byte{[]byte("130000000000000000")}}}))
		}, krb5.ErrClientRevoked},
		{"must change", func(l *lab) {
			l.must(l.Admin.SetPassword(l.t.Context(), l.alice.ID, testkit.UserPassword, true))
		}, krb5.ErrKeyExpired},
		{"locked", func(l *lab) {
			for range 5 {
				_, _ = l.client("alice").Login("guess")
			}
		}, krb5.ErrPreauthFailed},
		{"removed", func(l *lab) { l.must(l.Admin.Delete(l.t.Context(), l.alice.ID)) }, krb5.ErrPreauthFailed},
		{"without a password", func(l *lab) { l.must(l.Admin.DropPassword(l.t.Context(), l.alice.ID)) }, krb5.ErrPreauthFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			l.t = t
			c.prepare(l)
			if _, err := l.client("alice").Login("wrong"); krbclient.CodeOf(err) != krb5.ErrPreauthFailed {
				t.Errorf("a wrong password hears %v", err)
			}
			if _, err := l.client("alice").Login(testkit.UserPassword); krbclient.CodeOf(err) != c.right {
				t.Errorf("a right password hears %v, want %v", err, c.right)
			}
		})
	}
}

// A name that is nobody's is answered like one that is somebody's, to the length of
// each message.
func TestUnknownNamesLookLikeNewAccounts(t *testing.T) {
	l := newLab(t)
	for _, c := range [][2]string{{"alice", "nobod"}, {"DSVM1$", "DSVM7$"}} {
		known, unknown := l.client(c[0]), l.client(c[1])
		a, b := l.ask(known.Request().Marshal()), l.ask(unknown.Request().Marshal())
		ea, _ := krb5.ParseError(a)
		eb, _ := krb5.ParseError(b)
		if len(a) != len(b) || ea.Code != eb.Code || len(ea.Data) != len(eb.Data) {
			t.Errorf("%s and %s: %v and %v, %d and %d octets", c[0], c[1], ea.Code, eb.Code, len(a), len(b))
		}
		if s, err := unknown.Salt(); err != nil || len(s.Salt) == 0 {
			t.Errorf("%s has no salt: %v", c[1], err)
		}
		if _, err := unknown.Login(testkit.UserPassword); krbclient.CodeOf(err) != krb5.ErrPreauthFailed {
			t.Errorf("%s: %v", c[1], err)
		}
	}
	// The salt is the one the account will have.
	before, _ := l.client("carol").Salt()
	l.User("carol")
	if after, err := l.client("carol").Salt(); err != nil || after.Salt != before.Salt {
		t.Errorf("the salt was %q and is %q", before.Salt, after.Salt)
	}
}

func TestMustChangeGetsNothingElse(t *testing.T) {
	l := newLab(t)
	l.must(l.Admin.SetPassword(t.Context(), l.alice.ID, testkit.UserPassword, true))
	c := l.client("alice")
	c.Server = krb5.ChangePassword()
	got, err := c.Login(testkit.UserPassword)
	l.must(err)
	if life := got.Part.EndTime.Sub(got.Part.StartTime); life > passwdLife || got.Part.Flags.Has(krb5.FlagForwardable) {
		t.Errorf("it lasts %s, flags %x", life, got.Part.Flags)
	}
	// The ticket to change it is no ticket-granting one (CVE-2022-2031).
	got.SName = krb5.TicketService("LAB.INTERNAL")
	if _, err := c.Get(got, krbclient.Further{Server: host("dsvm1.lab.internal")}); err == nil {
		t.Error("it was taken for a ticket-granting ticket")
	}
}

func TestWeakTypesAreNotServed(t *testing.T) {
	l := newLab(t)
	c := l.client("alice")
	for _, types := range [][]krb5.EType{{krb5.RC4HMAC}, {krb5.DES3SHA1, krb5.RC4HMAC, 1, 3}, {krb5.AES256SHA384}} {
		c.Types = types
		if _, err := krbclient.Ask(l.ask, c.Request().Marshal()); krbclient.CodeOf(err) != krb5.ErrETypeNoSupport {
			t.Errorf("%v: %v", types, err)
		}
	}
	tgt := l.login()
	if _, err := c.Get(tgt, krbclient.Further{Server: host("DSVM1"), Types: []krb5.EType{krb5.RC4HMAC}}); krbclient.CodeOf(err) != krb5.ErrETypeNoSupport {
		t.Errorf("a service's ticket with RC4: %v", err)
	}
	c.Types = []krb5.EType{krb5.AES128SHA1}
	if got, err := c.Login(testkit.UserPassword); err != nil || got.Key.EType != krb5.AES128SHA1 {
		t.Errorf("AES128 alone: %v", err)
	}
}

// Each change takes what a person has proved so far.
func TestATicketEndsWithItsProof(t *testing.T) {
	for name, c := range map[string]struct {
		change func(l *lab)
		want   krb5.ErrorCode
	}{
		"disabled":         {func(l *lab) { l.must(l.Admin.SetEnabled(l.t.Context(), l.alice.ID, false)) }, krb5.ErrClientRevoked},
		"password changed": {func(l *lab) { l.must(l.Admin.SetPassword(l.t.Context(), l.alice.ID, "Other heron 42", false)) }, krb5.ErrTGTRevoked},
		"signed out":       {func(l *lab) { l.must(l.Admin.Revoke(l.t.Context(), l.alice.ID)) }, krb5.ErrTGTRevoked},
		"removed":          {func(l *lab) { l.must(l.Admin.Delete(l.t.Context(), l.alice.ID)) }, krb5.ErrTGTRevoked},
		"another by the name": {func(l *lab) {
			l.must(l.Admin.Delete(l.t.Context(), l.alice.ID))
			l.User("alice")
		}, krb5.ErrTGTRevoked},
		"realm renounced": {func(l *lab) { l.must(l.Admin.RollRealm(l.t.Context(), true)) }, krb5.ErrBadKeyVersion},
		"realm rolled":    {func(l *lab) { l.must(l.Admin.RollRealm(l.t.Context(), false)) }, krb5.ErrNone},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.t = t
			tgt := l.login()
			c.change(l)
			if _, err := l.client("alice").Get(tgt, krbclient.Further{Server: host("DSVM1")}); krbclient.CodeOf(err) != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// In the second in which a password is changed, the old ticket is dead and the new
// one lives, though tickets know whole seconds only.
func TestATicketOfTheSecondOfAChange(t *testing.T) {
	l := newLab(t)
	l.Forward(l.Now().Truncate(time.Second).Add(time.Second + 100*time.Millisecond).Sub(l.Now()))
	old := l.login()
	l.Forward(200 * time.Millisecond)
	l.must(l.Admin.SetPassword(t.Context(), l.alice.ID, "Other heron 42", false))
	l.Forward(200 * time.Millisecond)
	young, err := l.client("alice").Login("Other heron 42")
	l.must(err)
	c := l.client("alice")
	if _, err := c.Get(old, krbclient.Further{Server: host("DSVM1")}); krbclient.CodeOf(err) != krb5.ErrTGTRevoked {
		t.Errorf("the old ticket: %v", err)
	}
	if _, err := c.Get(young, krbclient.Further{Server: host("DSVM1")}); err != nil {
		t.Errorf("the new ticket: %v", err)
	}
}

// Tickets that somebody with the realm's key, or none, has changed.
func TestForgedTickets(t *testing.T) {
	l := newLab(t)
	l.User("bob")
	alice := l.login()
	bob, err := l.client("bob").Login(testkit.UserPassword)
	l.must(err)
	ofBob := l.part(bob.Ticket).AuthData
	service, err := l.client("alice").Get(alice, krbclient.Further{Server: host("DSVM1")})
	l.must(err)
	ofService := l.part(service.Ticket).AuthData
	damaged := func(typ pac.Type) func(*krb5.EncTicketPart) {
		return func(p *krb5.EncTicketPart) {
			c, err := pac.Parse(append([]byte(nil), p.AuthData.PAC()...))
			l.must(err)
			b, err := c.Find(typ)
			l.must(err)
			b[len(b)-1] ^= 1
			p.AuthData = krb5.AuthorizationData{krb5.WithPAC(c.Bytes)}
		}
	}
	for name, change := range map[string]func(*krb5.EncTicketPart){
		"without a PAC":               func(p *krb5.EncTicketPart) { p.AuthData = nil },
		"with another's PAC":          func(p *krb5.EncTicketPart) { p.AuthData = ofBob },
		"with a service's PAC":        func(p *krb5.EncTicketPart) { p.AuthData = ofService },
		"with another's name":         func(p *krb5.EncTicketPart) { p.CName = krbclient.Name("bob") },
		"with the administrator's":    func(p *krb5.EncTicketPart) { p.CName = krbclient.Name("administrator") },
		"proved later":                func(p *krb5.EncTicketPart) { p.AuthTime = p.AuthTime.Add(time.Hour) },
		"with another owner":          damaged(pac.Requestor),
		"with other attributes":       damaged(pac.Attributes),
		"with a server's signature":   damaged(pac.ServerChecksum),
		"with a KDC's signature":      damaged(pac.KDCChecksum),
		"with other client's details": damaged(pac.Client),
		"with an empty PAC":           func(p *krb5.EncTicketPart) { p.AuthData = krb5.AuthorizationData{krb5.WithPAC(make([]byte, 8))} },
	} {
		c := l.client("alice")
		if _, err := c.Get(l.remade(alice, change), krbclient.Further{Server: host("DSVM1")}); err == nil {
			t.Errorf("a ticket %s is taken", name)
		}
	}
	if _, err := l.client("alice").Get(l.remade(alice, func(*krb5.EncTicketPart) {}), krbclient.Further{Server: host("DSVM1")}); err != nil {
		t.Errorf("a ticket nobody changed is not taken: %v", err)
	}
	// A service's ticket is none to get others with, under whatever name.
	for _, name := range []krb5.PrincipalName{service.SName, krb5.TicketService("LAB.INTERNAL")} {
		s := *service
		s.SName = name
		if _, err := l.client("alice").Get(&s, krbclient.Further{Server: host("DSVM1")}); err == nil {
			t.Errorf("a service's ticket called %s gets another", name)
		}
	}
}

func TestRequestsThatAreNotWhatWasSigned(t *testing.T) {
	l := newLab(t)
	tgt := l.login()
	c := l.client("alice")
	for name, f := range map[string]struct {
		f    krbclient.Further
		want krb5.ErrorCode
	}{
		"another service":      {krbclient.Further{After: func(b *krb5.KDCReqBody) { b.SName = host("dsvm1.lab.internal") }}, krb5.ErrModified},
		"no checksum":          {krbclient.Further{Before: func(a *krb5.Authenticator) { a.Checksum = nil }}, krb5.ErrInappropriateCheck},
		"a checksum of no key": {krbclient.Further{Before: func(a *krb5.Authenticator) { a.Checksum.Type = 7 }}, krb5.ErrInappropriateCheck},
		"another client":       {krbclient.Further{Before: func(a *krb5.Authenticator) { a.CName = krbclient.Name("bob") }}, krb5.ErrBadMatch},
		"too early":            {krbclient.Further{Before: func(a *krb5.Authenticator) { a.CTime = a.CTime.Add(-6 * time.Minute) }}, krb5.ErrSkew},
		"too late":             {krbclient.Further{Before: func(a *krb5.Authenticator) { a.CTime = a.CTime.Add(6 * time.Minute) }}, krb5.ErrSkew},
		"a subkey too short":   {krbclient.Further{Before: func(a *krb5.Authenticator) { a.Subkey.Value = a.Subkey.Value[:5] }}, krb5.ErrETypeNoSupport},
		"postdated":            {krbclient.Further{Options: krb5.OptPostdated}, krb5.ErrBadOption},
		"user to user":         {krbclient.Further{Options: krb5.OptEncTktInSkey}, krb5.ErrBadOption},
		"renewed":              {krbclient.Further{Options: krb5.OptRenew}, krb5.ErrBadOption},
	} {
		f.f.Server = host("DSVM1")
		if _, err := c.Get(tgt, f.f); krbclient.CodeOf(err) != f.want {
			t.Errorf("%s: got %v, want %v", name, err, f.want)
		}
	}
}

func TestReplays(t *testing.T) {
	l := newLab(t)
	c := l.client("alice")
	info, err := c.Salt()
	l.must(err)
	key, _ := etypeKey(info, testkit.UserPassword)
	q := c.Request(krbclient.Proof(key, l.Now()))
	first, err := c.Send(q, key)
	l.must(err)
	again, err := c.Send(q, key)
	if err != nil || string(again.EncPart.Cipher) != string(first.EncPart.Cipher) {
		t.Errorf("the same request again gets another answer: %v", err)
	}
	q.Body.Nonce++
	if _, err := c.Send(q, key); krbclient.CodeOf(err) != krb5.ErrRepeat {
		t.Errorf("the proof in another request: %v", err)
	}
	l.Forward(time.Minute)
	if _, err := c.Send(q, key); krbclient.CodeOf(err) != krb5.ErrRepeat {
		t.Errorf("the proof a minute later: %v", err)
	}
	for _, off := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		if _, err := c.Send(c.Request(krbclient.Proof(key, l.Now().Add(off))), key); krbclient.CodeOf(err) != krb5.ErrSkew {
			t.Errorf("a clock %s off: %v", off, err)
		}
	}
	// A clock that is off is no guess.
	if _, err := c.LoginKey(key); err != nil {
		t.Errorf("after clocks that were off: %v", err)
	}
	tgt := first
	r, _ := c.FurtherRequest(tgt, krbclient.Further{Server: host("DSVM1")})
	_, err = krbclient.Ask(l.ask, r)
	l.must(err)
	l.Forward(time.Minute)
	if _, err := krbclient.Ask(l.ask, r); krbclient.CodeOf(err) != krb5.ErrRepeat {
		t.Errorf("a request for a service a minute later: %v", err)
	}
}

func TestRenewalAndForwarding(t *testing.T) {
	l := newLab(t)
	c := l.client("alice")
	c.Options |= krb5.OptRenewable
	c.Renew = 24 * time.Hour
	tgt, err := c.Login(testkit.UserPassword)
	l.must(err)
	l.Forward(9 * time.Hour)
	granting := krb5.TicketService("LAB.INTERNAL")
	more, err := c.Get(tgt, krbclient.Further{Server: granting, Options: krb5.OptRenew})
	l.must(err)
	if !more.Part.EndTime.After(tgt.Part.EndTime) || !more.Part.AuthTime.Equal(tgt.Part.AuthTime) {
		t.Errorf("renewed until %s, proved at %s", more.Part.EndTime, more.Part.AuthTime)
	}
	l.Forward(9 * time.Hour)
	if more, err = c.Get(more, krbclient.Further{Server: granting, Options: krb5.OptRenew}); err != nil || more.Part.EndTime.After(tgt.Part.RenewTill) {
		t.Errorf("renewed beyond its end: %v, %v", more, err)
	}
	l.Forward(7 * time.Hour)
	if _, err := c.Get(more, krbclient.Further{Server: granting, Options: krb5.OptRenew}); krbclient.CodeOf(err) != krb5.ErrTicketExpired {
		t.Errorf("renewed after its end: %v", err)
	}
	tgt = l.login()
	sent, err := c.Get(tgt, krbclient.Further{Server: granting, Options: krb5.OptForwarded | krb5.OptForwardable})
	if err != nil || !sent.Part.Flags.Has(krb5.FlagForwarded) {
		t.Errorf("forwarded: %v", err)
	}
	l.must(l.Admin.Modify(t.Context(), l.alice.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.UserAccountControl, Vals: [][]byte{[]byte("1049088")}}}))
	tgt = l.login()
	if _, err := c.Get(tgt, krbclient.Further{Server: granting, Options: krb5.OptForwarded}); krbclient.CodeOf(err) != krb5.ErrBadOption {
		t.Errorf("forwarded for one who is not to be delegated: %v", err)
	}
}

func TestAServiceWithoutPAC(t *testing.T) {
	l := newLab(t)
	tgt := l.login()
	l.must(l.Admin.Modify(t.Context(), l.vm.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.UserAccountControl, Vals: [][]byte{[]byte("33558528")}}}))
	got, err := l.client("alice").Get(tgt, krbclient.Further{Server: host("DSVM1")})
	l.must(err)
	if l.part(got.Ticket).AuthData.PAC() != nil {
		t.Error("a service that wants no PAC gets one")
	}
	no := false
	c := l.client("alice")
	c.PAC = &no
	if tgt, err = c.Login(testkit.UserPassword); err != nil || l.part(tgt.Ticket).AuthData.PAC() == nil {
		t.Errorf("a ticket-granting ticket has none: %v", err)
	}
	if got, err = c.Get(tgt, krbclient.Further{Server: krb5.Name(2, "ldap", "dc1.lab.internal")}); err != nil || l.part(got.Ticket).AuthData.PAC() == nil {
		t.Errorf("a ticket for a server of ours has none: %v", err)
	}
}

func TestRubbish(t *testing.T) {
	l := newLab(t)
	good := l.client("alice").Request().Marshal()
	for i := range good {
		_ = l.ask(good[:i])
		bad := append([]byte(nil), good...)
		bad[i] ^= 0xff
		_ = l.ask(bad)
	}
}

func FuzzAnswer(f *testing.F) {
	l := newLab(f)
	f.Add(l.client("alice").Request().Marshal())
	tgt := l.login()
	q, _ := l.client("alice").FurtherRequest(tgt, krbclient.Further{Server: host("DSVM1")})
	f.Add(q)
	f.Fuzz(func(t *testing.T, p []byte) { _ = l.kdc.Answer(t.Context(), here, p) })
}
