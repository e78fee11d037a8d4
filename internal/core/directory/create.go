package directory

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// NewUser is a person to be made.
type NewUser struct {
	Login    string // empty: made of the local part of UPN
	UPN      string // empty: the login name on the first domain
	Parent   ident.ID
	Attrs    []Value
	Password credential.Password // empty: nobody can sign in until one is set
	Must     bool                // change it at the first sign-in
	Control  uint32
	Number   uint32 // uid brought along; 0: computed
	Groups   []ident.ID
	Roles    []ident.ID
}

// CreateUser makes a person, with groups and roles, in one change. Its Kerberos
// keys are there from then on, so that every door knows it at once.
func (a As) CreateUser(ctx context.Context, n NewUser) (*Entry, error) {
	dom := a.d.Domain()
	if n.Login == "" && n.UPN != "" {
		upn, err := ident.ParseUPN(n.UPN)
		if err != nil {
			return nil, err
		}
		n.Login = strings.ToLower(upn.Local)
	}
	login, err := ident.ParseLogin(n.Login)
	if err != nil {
		return nil, err
	}
	e := a.d.newEntry(schema.User, login, n.Parent)
	e.Login, e.Control = login, n.Control&controlKept
	if err := setAttrs(e, n.Attrs); err != nil {
		return nil, err
	}
	upn := login + "@" + dom.Name
	if n.UPN != "" {
		if upn, err = checkUPN(&dom, n.UPN); err != nil {
			return nil, err
		}
	}
	e.setText(schema.UserPrincipalName, upn)
	if e.First(schema.DisplayName) == "" {
		if full := strings.TrimSpace(e.First(schema.GivenName) + " " + e.First(schema.SN)); full != "" {
			e.setText(schema.DisplayName, full)
		}
	}
	rule, err := a.require(role.UserCreate, nil)
	if err != nil {
		return nil, err
	}
	if err := a.namer(&dom, nil).check(nil, e); err != nil {
		return nil, err
	}
	if n.Number != 0 {
		if _, err := a.require(role.UserNumbers, nil); err != nil {
			return nil, err
		}
		if err := a.d.checkNumber(&dom, e, "uidNumber", n.Number); err != nil {
			return nil, err
		}
		e.Number = n.Number
	}
	groups, err := a.mayJoin(n.Groups)
	if err != nil {
		return nil, err
	}
	assign, err := a.mayAssign(n.Roles, e.ID)
	if err != nil {
		return nil, err
	}
	var rec *credential.Record
	if n.Password != "" {
		if rec, err = a.prepare(e, n.Password, credential.Record{ID: e.ID}, n.Must); err != nil {
			return nil, err
		}
	} else {
		rec = &credential.Record{ID: e.ID, Must: n.Must}
	}
	return a.insert(ctx, e, "user.create", rule, func(tx store.Tx, r *audit.Record) error {
		for _, g := range groups {
			if _, _, err := changeMembers(tx, g.ID, []ident.ID{e.ID}, nil); err != nil {
				return err
			}
			r.Diffs = append(r.Diffs, audit.Diff{Attr: "memberOf", New: []string{g.Name()}})
		}
		for _, x := range assign {
			if err := role.Assignments.Put(tx, x); err != nil {
				return err
			}
			r.Diffs = append(r.Diffs, audit.Diff{Attr: "role", New: []string{role.ByID(x.Role).Name}})
		}
		return credential.Table.Put(tx, *rec)
	})
}

// prepare makes the keys of a password that somebody else sets.
func (a As) prepare(e *Entry, pw credential.Password, rec credential.Record, must bool) (*credential.Record, error) {
	dom := a.d.Domain()
	pol := a.d.PasswordPolicy(e)
	salt := credential.SaltOfUser(dom.Realm(), e.Login)
	if e.Class.Machine() {
		// Machines choose their own, long ones; resetting a computer to its own
		// name is what tools do, and only an administrator can.
		salt = credential.SaltOfComputer(dom.Realm(), e.Login, dom.Name)
	} else if err := pol.Accept(pw, e.Login, e.First(schema.DisplayName)); err != nil {
		return nil, err
	}
	if len(pw) == 0 || len(pw) > 1024 {
		return nil, fault.New(fault.Invalid, "the password is empty or too long").WithField("password").WithCode(fault.CodePolicy)
	}
	keys, err := credential.Prepare(pw, salt)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the keys cannot be made")
	}
	out := rec.Set(keys, a.d.Now(), must, pol.History)
	return &out, nil
}

// NewGroup is a group to be made.
type NewGroup struct {
	Name    string
	Parent  ident.ID
	Attrs   []Value
	Number  uint32
	Members []ident.ID
	Owners  []ident.ID
}

// CreateGroup makes a group.
func (a As) CreateGroup(ctx context.Context, n NewGroup) (*Entry, error) {
	name, err := ident.ParseGroupName(n.Name)
	if err != nil {
		return nil, err
	}
	e := a.d.newEntry(schema.Group, name, n.Parent)
	e.Login = name
	if err := setAttrs(e, n.Attrs); err != nil {
		return nil, err
	}
	rule, err := a.require(role.GroupCreate, nil)
	if err != nil {
		return nil, err
	}
	if n.Number != 0 {
		dom := a.d.Domain()
		if _, err := a.require(role.UserNumbers, nil); err != nil {
			return nil, err
		}
		if err := a.d.checkNumber(&dom, e, "gidNumber", n.Number); err != nil {
			return nil, err
		}
		e.Number = n.Number
	}
	members, err := a.d.principals(n.Members)
	if err != nil {
		return nil, err
	}
	owners, err := a.d.principals(n.Owners)
	if err != nil {
		return nil, err
	}
	for _, o := range owners {
		e.set(schema.Owner, append(e.Stored(schema.Owner), slices.Clone(o.ID[:])))
	}
	return a.insert(ctx, e, "group.create", rule, func(tx store.Tx, r *audit.Record) error {
		if _, _, err := changeMembers(tx, e.ID, n.Members, nil); err != nil {
			return err
		}
		if len(members) > 0 {
			r.Diffs = append(r.Diffs, audit.Diff{Attr: "member", New: namesOf(members)})
		}
		return nil
	})
}

// CreateUnit makes an organizational unit.
func (a As) CreateUnit(ctx context.Context, parent ident.ID, name string, attrs []Value) (*Entry, error) {
	v, err := schema.Of(schema.OU).Check([]byte(name))
	if err != nil {
		return nil, err
	}
	e := a.d.newEntry(schema.OrganizationalUnit, string(v), parent)
	if parent.IsZero() {
		e.Parent = a.d.Domain().ID
	}
	if err := setAttrs(e, attrs); err != nil {
		return nil, err
	}
	rule, err := a.require(role.UnitManage, nil)
	if err != nil {
		return nil, err
	}
	return a.insert(ctx, e, "unit.create", rule, nil)
}

// newEntry begins an entry. Without a parent people and groups go to AADDC
// Users, machines and their service accounts where those stand.
func (d *Directory) newEntry(c schema.Class, rdn string, parent ident.ID) *Entry {
	now := d.Now()
	e := &Entry{ID: ident.NewID(), Class: c, RDN: rdn, Parent: parent, Created: now, Changed: now, ValidFrom: now}
	if parent.IsZero() {
		place := d.domainDN().Child("OU", UsersUnit)
		if c.Machine() {
			place = d.joinedAt(c)
		}
		if p, err := d.Resolve(place); err == nil {
			e.Parent = p.ID
		}
	}
	return e
}

func (d *Directory) domainDN() ident.DN {
	dom := d.Domain()
	return dom.Base()
}

// insert claims the names of a new entry, numbers it and commits it.
func (a As) insert(ctx context.Context, e *Entry, action, rule string, also func(store.Tx, *audit.Record) error) (*Entry, error) {
	if err := a.d.mayHold(e); err != nil {
		return nil, err
	}
	if e.Class.Principal() {
		rid, err := a.d.nextRID(ctx)
		if err != nil {
			return nil, err
		}
		e.RID = rid
	}
	dom := a.d.Domain()
	err := a.d.commit(ctx, e.Class.Machine(), func(tx store.Tx) (*audit.Record, error) {
		if _, err := current(tx, e.Parent); err != nil {
			return nil, err
		}
		if err := a.d.claimAll(tx, &dom, e); err != nil {
			return nil, err
		}
		if err := put(tx, e); err != nil {
			return nil, err
		}
		r := (&audit.Record{Kind: audit.Change, Action: action, Rule: rule, Target: e.Ref()}).By(a.by)
		if e.RID != 0 {
			r.Diffs = append(r.Diffs, audit.Diff{Attr: "rid", New: []string{strconv.Itoa(int(e.RID))}})
		}
		for _, v := range e.Attrs {
			r.Diffs = append(r.Diffs, audit.Diff{Attr: schema.Of(v.Attr).Name, New: a.d.texts(v)})
		}
		if also != nil {
			if err := also(tx, r); err != nil {
				return nil, err
			}
		}
		return r, nil
	})
	if err != nil {
		return nil, err
	}
	return a.d.ByID(e.ID)
}

// mayHold checks that the entry's place can hold it. Nothing can be made at
// somebody's alias: a name in the users' unit that the mission's template gives
// to a person who stands elsewhere.
func (d *Directory) mayHold(e *Entry) error {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	parent := d.m.byID[e.Parent]
	if parent == nil {
		return fault.New(fault.NotFound, "the place for %q does not exist", e.RDN)
	}
	if err := d.m.mayHoldObject(parent, e); err != nil {
		return err
	}
	switch parent.Class {
	case schema.OrganizationalUnit, schema.DomainDNS, schema.AutomountMap:
	case schema.Container:
		if e.Class == schema.OrganizationalUnit {
			return fault.New(fault.Invalid, "an organizational unit cannot stand in a container").WithCode(fault.CodeSchema)
		}
	default:
		return fault.New(fault.Invalid, "nothing can be added below %s", parent.dn).WithCode(fault.CodeSchema)
	}
	if parent.Class == schema.OrganizationalUnit && parent.RDN == UsersUnit && e.Class != schema.OrganizationalUnit {
		who := d.m.login[ident.Fold(e.RDN)]
		if who != nil && who.ID != e.ID && who.Class == schema.User && ident.Fold(e.Login) != ident.Fold(who.Login) { // of one login name the claim tells
			return fault.New(fault.Exists, "the name CN=%s here is %s's", e.RDN, who.Name())
		}
	}
	return nil
}

// setAttrs checks and sets the attributes of a new entry.
func setAttrs(e *Entry, attrs []Value) error {
	for _, v := range attrs {
		row := schema.Of(v.Attr)
		if row.Source != schema.Stored || row.Write == schema.Nobody {
			return fault.New(fault.Invalid, "%s cannot be set", row.Name).WithField(row.Name).WithCode(fault.CodeSchema)
		}
		vals, err := checkValues(e.Class, row, v.Vals)
		if err != nil {
			return err
		}
		e.set(v.Attr, vals)
	}
	return nil
}

// checkValues checks all values of an attribute and drops repeated ones.
func checkValues(c schema.Class, row *schema.Attr, vals [][]byte) ([][]byte, error) {
	if !c.Allows(row.ID) {
		return nil, fault.New(fault.Invalid, "a %s has no %s", c, row.Name).WithField(row.Name).WithCode(fault.CodeSchema)
	}
	if row.Single && len(vals) > 1 {
		return nil, fault.New(fault.Invalid, "%s has one value", row.Name).WithField(row.Name).WithCode(fault.CodeSchema)
	}
	const most = 1000 // of one attribute in an entry; members stand elsewhere
	if len(vals) > most {
		return nil, fault.New(fault.Limit, "%s has more than %d values", row.Name, most).WithField(row.Name)
	}
	seen := make(map[string]bool, len(vals))
	out := make([][]byte, 0, len(vals))
	for _, v := range vals {
		if row.Syntax == schema.Link {
			if len(v) != len(ident.ID{}) {
				return nil, fault.New(fault.Invalid, "%s names no entry", row.Name).WithField(row.Name).WithCode(fault.CodeSchema)
			}
			out = append(out, v)
			continue
		}
		checked, err := row.Check(v)
		if err == nil {
			checked, err = checkPublished(row, checked)
		}
		if err != nil {
			return nil, err
		}
		if k, _ := row.Key(checked); !seen[k] {
			seen[k] = true
			out = append(out, slices.Clone(checked))
		}
	}
	return out, nil
}

// principals looks ids up, and refuses those that are nobody.
func (d *Directory) principals(ids []ident.ID) ([]*Entry, error) {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	out := make([]*Entry, 0, len(ids))
	for _, id := range ids {
		e := d.m.byID[id]
		if e == nil || !e.Class.Principal() {
			return nil, fault.New(fault.NotFound, "there is no person, group or machine %s", id)
		}
		out = append(out, e)
	}
	return out, nil
}

func namesOf(es []*Entry) []string {
	out := make([]string, len(es))
	for i, e := range es {
		out[i] = e.Name()
	}
	return out
}

// texts writes an attribute's values for the log: links by name, bytes in
// hexadecimal.
func (d *Directory) texts(v Value) []string {
	row := schema.Of(v.Attr)
	if row.Syntax == schema.Named {
		dom := d.Domain()
		v.Vals = d.namedValues(v.Attr, v.Vals, &dom)
	}
	out := make([]string, len(v.Vals))
	for i, x := range v.Vals {
		switch row.Syntax {
		case schema.Link:
			out[i] = ident.ID(x).String()
			if e := d.entryByID(ident.ID(x)); e != nil {
				out[i] = e.Name()
			}
		case schema.SIDs:
			out[i] = ident.SID(x).String()
		case schema.Exact, schema.GUID:
			out[i] = "(" + row.Name + ")"
		default:
			out[i] = string(x)
		}
	}
	return out
}
