package directory_test

import (
	"testing"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// cast is the people and groups that the rights are tried on.
type cast struct {
	*bench
	plain, other, boss, helper      *directory.Entry
	team, admins, inner, privileged *directory.Entry
}

func newCast(t *testing.T) *cast {
	c := &cast{bench: newBench(t)}
	c.plain, c.other = c.user("plain"), c.user("other")
	c.boss = c.user("boss", role.ByID(role.GlobalAdministrator))
	c.helper = c.user("helper", role.ByID(role.HelpdeskAdministrator))
	c.user("keeper", role.ByID(role.UserAdministrator))
	c.user("grouper", role.ByID(role.GroupsAdministrator))
	c.user("reader", role.ByID(role.GlobalReader))
	c.user("auditor", role.ByID(role.SecurityReader))
	c.user("privileger", role.ByID(role.PrivilegedRoleAdministrator))
	c.team = c.group("Team", c.other)
	c.privileged = c.group("Privileged Team")
	if _, err := c.admin.Assign(t.Context(), c.privileged.ID, role.UserAdministrator, time.Time{}); err != nil {
		t.Fatal(err)
	}
	c.inner = c.group("Inner Team")
	if err := c.admin.AddMembers(t.Context(), c.privileged.ID, []ident.ID{c.inner.ID}); err != nil {
		t.Fatal(err)
	}
	c.admins, _ = c.Find(ident.KindGroup, directory.DomainAdmins)
	domain := c.user("domain")
	if err := c.admin.AddMembers(t.Context(), c.admins.ID, []ident.ID{domain.ID}); err != nil {
		t.Fatal(err)
	}
	return c
}

// Who may do what. The cases named "escalates" are ways in which others have
// become administrators by way of nesting, ownership or a helper's rights.
func TestRights(t *testing.T) {
	pw := credential.Password("Another horse 9")
	owner := func(c *cast, g *directory.Entry, who *directory.Entry) {
		id := who.ID
		if err := c.admin.Modify(c.t.Context(), g.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.Owner, Vals: [][]byte{id[:]}}}); err != nil {
			c.t.Fatal(err)
		}
	}
	add := func(c *cast, as directory.As, g, m *directory.Entry) error {
		return as.AddMembers(c.t.Context(), g.ID, []ident.ID{m.ID})
	}
	for _, x := range []struct {
		name string
		as   string
		may  bool
		do   func(c *cast, as directory.As) error
	}{
		{"a person adds a user", "plain", false, func(c *cast, as directory.As) error {
			_, err := as.CreateUser(c.t.Context(), directory.NewUser{Login: "new", Password: pw})
			return err
		}},
		{"User Administrator adds a user", "keeper", true, func(c *cast, as directory.As) error {
			_, err := as.CreateUser(c.t.Context(), directory.NewUser{Login: "new", Password: pw})
			return err
		}},
		{"Helpdesk adds a user", "helper", false, func(c *cast, as directory.As) error {
			_, err := as.CreateUser(c.t.Context(), directory.NewUser{Login: "new", Password: pw})
			return err
		}},
		{"User Administrator adds a user with a role", "keeper", false, func(c *cast, as directory.As) error {
			_, err := as.CreateUser(c.t.Context(), directory.NewUser{Login: "new", Password: pw, Roles: []ident.ID{role.GlobalAdministrator}})
			return err
		}},
		{"escalates: User Administrator adds a user into a group that gives rights", "keeper", false, func(c *cast, as directory.As) error {
			_, err := as.CreateUser(c.t.Context(), directory.NewUser{Login: "new", Password: pw, Groups: []ident.ID{c.admins.ID}})
			return err
		}},
		{"User Administrator brings a number along", "keeper", false, func(c *cast, as directory.As) error {
			_, err := as.CreateUser(c.t.Context(), directory.NewUser{Login: "new", Password: pw, Number: 10001})
			return err
		}},
		{"Helpdesk resets a person's password", "helper", true, func(c *cast, as directory.As) error {
			return as.SetPassword(c.t.Context(), c.plain.ID, pw, true)
		}},
		{"escalates: Helpdesk resets an administrator's password", "helper", false, func(c *cast, as directory.As) error {
			return as.SetPassword(c.t.Context(), c.boss.ID, pw, true)
		}},
		{"escalates: Helpdesk resets the password of a member of AAD DC Administrators", "helper", false, func(c *cast, as directory.As) error {
			e, _ := c.Find("", "domain")
			return as.SetPassword(c.t.Context(), e.ID, pw, true)
		}},
		{"User Administrator resets an administrator's password", "keeper", false, func(c *cast, as directory.As) error {
			return as.SetPassword(c.t.Context(), c.boss.ID, pw, true)
		}},
		{"Privileged Role Administrator resets an administrator's password", "privileger", true, func(c *cast, as directory.As) error {
			return as.SetPassword(c.t.Context(), c.boss.ID, pw, true)
		}},
		{"a person resets another's password", "plain", false, func(c *cast, as directory.As) error {
			return as.SetPassword(c.t.Context(), c.other.ID, pw, false)
		}},
		{"a person changes their own password", "plain", true, func(c *cast, as directory.As) error { return as.ChangePassword(c.t.Context(), pw) }},
		{"Helpdesk unlocks a person", "helper", true, func(c *cast, as directory.As) error { return as.Unlock(c.t.Context(), c.plain.ID) }},
		{"Helpdesk disables a person", "helper", false, func(c *cast, as directory.As) error { return as.SetEnabled(c.t.Context(), c.plain.ID, false) }},
		{"User Administrator disables a person", "keeper", true, func(c *cast, as directory.As) error { return as.SetEnabled(c.t.Context(), c.plain.ID, false) }},
		{"User Administrator disables an administrator", "keeper", false, func(c *cast, as directory.As) error { return as.SetEnabled(c.t.Context(), c.boss.ID, false) }},
		{"User Administrator removes a person", "keeper", true, func(c *cast, as directory.As) error { return as.Delete(c.t.Context(), c.plain.ID) }},
		{"User Administrator removes an administrator", "keeper", false, func(c *cast, as directory.As) error { return as.Delete(c.t.Context(), c.boss.ID) }},
		{"an administrator removes themselves", "boss", false, func(c *cast, as directory.As) error { return as.Delete(c.t.Context(), c.boss.ID) }},
		{"Helpdesk signs a person out", "helper", true, func(c *cast, as directory.As) error { return as.Revoke(c.t.Context(), c.plain.ID) }},
		{"Helpdesk signs an administrator out", "helper", false, func(c *cast, as directory.As) error { return as.Revoke(c.t.Context(), c.boss.ID) }},
		{"a person signs themselves out", "plain", true, func(c *cast, as directory.As) error { return as.Revoke(c.t.Context(), c.plain.ID) }},
		{"a person changes their own phone", "plain", true, func(c *cast, as directory.As) error {
			return as.Modify(c.t.Context(), c.plain.ID, replace(schema.TelephoneNumber, "+1 23"))
		}},
		{"a person changes another's phone", "plain", false, func(c *cast, as directory.As) error {
			return as.Modify(c.t.Context(), c.other.ID, replace(schema.TelephoneNumber, "+1 23"))
		}},
		{"a person changes their own department", "plain", false, func(c *cast, as directory.As) error {
			return as.Modify(c.t.Context(), c.plain.ID, replace(schema.Department, "Board"))
		}},
		{"a person changes their own number", "plain", false, func(c *cast, as directory.As) error {
			return as.Modify(c.t.Context(), c.plain.ID, replace(schema.UIDNumber, "10001"))
		}},
		{"User Administrator changes a number", "keeper", false, func(c *cast, as directory.As) error {
			return as.Modify(c.t.Context(), c.plain.ID, replace(schema.UIDNumber, "10001"))
		}},
		{"escalates: User Administrator gives somebody an administrator's user name", "keeper", false, func(c *cast, as directory.As) error {
			return as.Modify(c.t.Context(), c.boss.ID, replace(schema.UserPrincipalName, "b2@lab.internal"))
		}},
		{"User Administrator renames a person", "keeper", true, func(c *cast, as directory.As) error {
			return as.Rename(c.t.Context(), c.plain.ID, "plainer", ident.ID{})
		}},
		{"User Administrator renames an administrator", "keeper", false, func(c *cast, as directory.As) error {
			return as.Rename(c.t.Context(), c.boss.ID, "bossier", ident.ID{})
		}},
		{"Groups Administrator adds a member", "grouper", true, func(c *cast, as directory.As) error { return add(c, as, c.team, c.plain) }},
		{"a person adds themselves to a group", "plain", false, func(c *cast, as directory.As) error { return add(c, as, c.team, c.plain) }},
		{"an owner adds a member", "plain", true, func(c *cast, as directory.As) error {
			owner(c, c.team, c.plain)
			return add(c, as, c.team, c.plain)
		}},
		{"escalates: an owner adds a member to a group that gives rights", "plain", false, func(c *cast, as directory.As) error {
			owner(c, c.privileged, c.plain)
			return add(c, as, c.privileged, c.plain)
		}},
		{"escalates: an owner adds a member to a group nested in one that gives rights", "plain", false, func(c *cast, as directory.As) error {
			owner(c, c.inner, c.plain)
			return add(c, as, c.inner, c.plain)
		}},
		{"escalates: Groups Administrator enters AAD DC Administrators", "grouper", false, func(c *cast, as directory.As) error {
			e, _ := c.Find("", "grouper")
			return add(c, as, c.admins, e)
		}},
		{"escalates: Groups Administrator nests a group of theirs in one that gives rights", "grouper", false, func(c *cast, as directory.As) error { return add(c, as, c.inner, c.team) }},
		{"escalates: User Administrator makes themselves owner of a group that gives rights", "keeper", false, func(c *cast, as directory.As) error {
			e, _ := c.Find("", "keeper")
			id := e.ID
			return as.Modify(c.t.Context(), c.privileged.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.Owner, Vals: [][]byte{id[:]}}})
		}},
		{"Groups Administrator removes a group that gives rights", "grouper", false, func(c *cast, as directory.As) error { return as.Delete(c.t.Context(), c.privileged.ID) }},
		{"Groups Administrator removes a group", "grouper", true, func(c *cast, as directory.As) error { return as.Delete(c.t.Context(), c.team.ID) }},
		{"User Administrator gives a role", "keeper", false, func(c *cast, as directory.As) error {
			_, err := as.Assign(c.t.Context(), c.plain.ID, role.GlobalAdministrator, time.Time{})
			return err
		}},
		{"Privileged Role Administrator gives a role", "privileger", true, func(c *cast, as directory.As) error {
			_, err := as.Assign(c.t.Context(), c.plain.ID, role.HelpdeskAdministrator, time.Time{})
			return err
		}},
		{"Global Reader changes a person", "reader", false, func(c *cast, as directory.As) error {
			return as.Modify(c.t.Context(), c.plain.ID, replace(schema.Department, "Board"))
		}},
		{"Global Reader reads the log", "reader", true, func(c *cast, as directory.As) error { return as.MayReadLog(role.AuditRead) }},
		{"Security Reader reads the log", "auditor", true, func(c *cast, as directory.As) error { return as.MayReadLog(role.AuditRead) }},
		{"Helpdesk reads the audit log", "helper", false, func(c *cast, as directory.As) error { return as.MayReadLog(role.AuditRead) }},
		{"a person reads the sign-in log", "plain", false, func(c *cast, as directory.As) error { return as.MayReadLog(role.SignInsRead) }},
		{"User Administrator changes a policy", "keeper", false, func(c *cast, as directory.As) error {
			return as.SetNetwork(c.t.Context(), policy.NamedNetwork{Name: "x"})
		}},
		{"a domain administrator makes a unit", "domain", true, func(c *cast, as directory.As) error {
			_, err := as.CreateUnit(c.t.Context(), ident.ID{}, "Physics", nil)
			return err
		}},
		{"a domain administrator makes a machine", "domain", true, func(c *cast, as directory.As) error {
			_, err := as.CreateComputer(c.t.Context(), directory.NewComputer{Login: "DSVM1$"})
			return err
		}},
		{"a person makes a machine", "plain", false, func(c *cast, as directory.As) error {
			_, err := as.CreateComputer(c.t.Context(), directory.NewComputer{Login: "DSVM1$"})
			return err
		}},
		{"a domain administrator adds a user", "domain", false, func(c *cast, as directory.As) error {
			_, err := as.CreateUser(c.t.Context(), directory.NewUser{Login: "new", Password: pw})
			return err
		}},
		{"Global Administrator removes AAD DC Administrators", "boss", false, func(c *cast, as directory.As) error { return as.Delete(c.t.Context(), c.admins.ID) }},
		{"Global Administrator writes what the server computes", "boss", false, func(c *cast, as directory.As) error {
			return as.Modify(c.t.Context(), c.plain.ID, replace(schema.ObjectSID, "S-1-5-21-1-2-3-500"))
		}},
		{"nobody does anything", "", false, func(c *cast, as directory.As) error { return as.Revoke(c.t.Context(), c.plain.ID) }},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := newCast(t)
			as := c.Directory.As(ident.Actor{})
			if x.as != "" {
				as = c.as(x.as)
			}
			err := x.do(c, as)
			switch {
			case x.may && err != nil:
				t.Errorf("refused: %v", err)
			case !x.may && err == nil:
				t.Error("allowed")
			case !x.may && !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Unauthenticated):
				t.Errorf("failed for another reason: %v", err)
			}
		})
	}
}
