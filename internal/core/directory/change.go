package directory

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// ModOp is what a modification does with its values.
type ModOp uint8

// The operations, RFC 4511 §4.6.
const (
	ModAdd ModOp = iota
	ModDelete
	ModReplace
	ModEnsure // adds what is not there yet, [MS-ADTS] §3.1.1.3.4.1.8
	ModRemove // deletes what is there
)

// Mod is one modification. Values of links are object ids.
type Mod struct {
	Op   ModOp
	Attr schema.ID
	Vals [][]byte
}

func (m *Mod) removes() bool { return m.Op == ModDelete || m.Op == ModRemove }

// Modify changes an entry by all of the modifications, in order, or by none.
// Passwords are set by [As.SetPassword]; a modification of one is refused here.
func (a As) Modify(ctx context.Context, id ident.ID, mods []Mod) error {
	target, err := a.d.ByID(id)
	if err != nil {
		return err
	}
	rules, err := a.mayModify(target, mods)
	if err != nil {
		return err
	}
	if mods, err = a.d.named(target, mods); err != nil {
		return err
	}
	takes := a.modTakes(target, mods)
	dom := a.d.Domain()
	namer := a.namer(&dom, target)
	err = a.d.commit(ctx, takes, func(tx store.Tx) (*audit.Record, error) {
		old, err := current(tx, id)
		if err != nil {
			return nil, err
		}
		x := &modification{as: a, tx: tx, domain: &dom, namer: namer, old: old, now: old.clone()}
		x.now.sid = dom.SID.With(old.RID)
		for _, m := range mods {
			if err := x.apply(m); err != nil {
				return nil, err
			}
		}
		return x.finish(strings.Join(rules, " "))
	})
	if target.Class.Machine() {
		a.recordRefusal(role.ComputerOwn, target, err) // a name that is not the machine's to take
	}
	return err
}

// actionFor is the action that writing an attribute of a target is.
func (a As) actionFor(target *Entry, row *schema.Attr) (role.Action, error) {
	never := fault.New(fault.Denied, "%s cannot be changed", row.Name).WithField(row.Name).WithCode(fault.CodeSchema)
	switch row.Write {
	case schema.Nobody:
		return "", never
	case schema.Numbers:
		return role.UserNumbers, nil
	case schema.Members:
		return role.GroupMembers, nil
	case schema.Owners:
		return role.GroupOwners, nil
	case schema.Naming:
		if row.ID != schema.UserPrincipalName {
			return "", fault.New(fault.Denied, "%s is part of the entry's name", row.Name).WithField(row.Name).WithHint("rename the entry")
		}
		return role.UserRename, nil
	case schema.Password:
		if row.ID == schema.PwdLastSet {
			return role.UserPassword, nil
		}
		return "", never
	}
	if action, ok := objectAction(target.Class); ok {
		return action, nil
	}
	switch target.Class {
	case schema.User:
		if row.Write == schema.Keys {
			return role.UserKeys, nil
		}
		switch row.ID {
		case schema.UserAccountControl:
			return role.UserDisable, nil
		case schema.LockoutTime:
			return role.UserUnlock, nil
		}
		return role.UserUpdate, nil
	case schema.Group:
		return role.GroupUpdate, nil
	case schema.Computer, schema.ManagedServiceAccount:
		return machineAction(row), nil
	case schema.OrganizationalUnit:
		return role.UnitManage, nil
	}
	return "", fault.New(fault.Denied, "%s is kept by the domain itself", target.dn)
}

// mayModify checks every modification, and returns the rules that allow them.
func (a As) mayModify(target *Entry, mods []Mod) ([]string, error) {
	if err := a.Valid(); err != nil {
		return nil, err
	}
	var rules []string
	for _, m := range mods {
		row := schema.Of(m.Attr)
		if target.Class == schema.User && (row.Write == schema.Self || row.Write == schema.Keys) && a.by.Is(target.ID) && a.by.Limit() == ident.Unlimited {
			rules = append(rules, "self")
			continue
		}
		action, err := a.actionFor(target, row)
		if err != nil {
			return nil, err
		}
		rule, err := a.require(action, target)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
		if m.Attr == schema.Member {
			if _, err := a.mayEnter(target, m); err != nil {
				return nil, err
			}
		}
	}
	return rules, nil
}

// modTakes reports whether the modifications take something away.
func (a As) modTakes(target *Entry, mods []Mod) bool {
	for _, m := range mods {
		switch m.Attr {
		case schema.UserAccountControl, schema.AccountExpires, schema.PwdLastSet, schema.SudoUser, schema.HostAccess, schema.SSHPublicKey:
			return true
		case schema.Member:
			if m.Op != ModAdd && m.Op != ModEnsure {
				return true
			}
		}
	}
	return false
}

// modification is one Modify at work in its transaction.
type modification struct {
	as     As
	tx     store.Tx
	domain *Domain
	namer  namer
	old    *Entry
	now    *Entry
	diffs  []audit.Diff
	raise  bool // validFrom rises
}

func (x *modification) apply(m Mod) error {
	row := schema.Of(m.Attr)
	switch m.Attr {
	case schema.Member:
		return x.members(m)
	case schema.UserAccountControl:
		return x.control(m)
	case schema.PwdLastSet:
		return x.mustChange(m)
	case schema.LockoutTime:
		return x.unlock(m)
	case schema.UIDNumber, schema.GIDNumber:
		return x.number(m)
	}
	if row.Source != schema.Stored {
		return fault.New(fault.Denied, "%s cannot be changed", row.Name).WithField(row.Name).WithCode(fault.CodeSchema)
	}
	vals, err := merge(x.now, row, m)
	if err != nil {
		return err
	}
	if m.Attr == schema.UserPrincipalName {
		if len(vals) == 0 {
			return fault.New(fault.Invalid, "a user has a user name").WithField(row.Name).WithCode(fault.CodeSchema)
		}
		upn, err := checkUPN(x.domain, string(vals[0]))
		if err != nil {
			return err
		}
		vals = [][]byte{[]byte(upn)}
	}
	before := x.now.Stored(m.Attr)
	x.now.set(m.Attr, vals)
	x.diff(row.Name, x.as.d.texts(Value{m.Attr, before}), x.as.d.texts(Value{m.Attr, vals}))
	if end := fileTimeOf(x.now.First(schema.AccountExpires)); m.Attr == schema.AccountExpires && !end.IsZero() {
		x.raise = x.raise || !x.as.d.Now().Before(end)
		return x.as.d.keepAnAdministrator(x.tx, x.old.ID)
	}
	return nil
}

// merge returns an attribute's values after a modification, RFC 4511 §4.6.
func merge(e *Entry, row *schema.Attr, m Mod) ([][]byte, error) {
	have := e.Stored(row.ID)
	key := func(v []byte) string { k, _ := row.Key(v); return k }
	switch m.Op {
	case ModReplace:
		return checkValues(e.Class, row, m.Vals)
	case ModAdd, ModEnsure:
		if len(m.Vals) == 0 {
			return nil, fault.New(fault.Invalid, "%s: no value to add", row.Name).WithField(row.Name)
		}
		all := slices.Clone(have)
		for _, v := range m.Vals {
			if slices.ContainsFunc(have, func(h []byte) bool { return key(h) == key(v) }) {
				if m.Op == ModEnsure {
					continue
				}
				return nil, fault.New(fault.Exists, "%s: the value is there already", row.Name).WithField(row.Name).WithCode(fault.CodeHasValue)
			}
			all = append(all, v)
		}
		return checkValues(e.Class, row, all)
	default:
		if len(m.Vals) == 0 {
			if len(have) == 0 && m.Op != ModRemove {
				return nil, noValue(row)
			}
			return nil, nil
		}
		left := slices.Clone(have)
		for _, v := range m.Vals {
			i := slices.IndexFunc(left, func(h []byte) bool { return key(h) == key(v) })
			if i < 0 && m.Op == ModRemove {
				continue
			}
			if i < 0 {
				return nil, noValue(row)
			}
			left = slices.Delete(left, i, i+1)
		}
		return left, nil
	}
}

func noValue(row *schema.Attr) error {
	return fault.New(fault.NotFound, "%s: the value is not there", row.Name).WithField(row.Name).WithCode(fault.CodeNoValue)
}

func (x *modification) diff(attr string, old, now []string) {
	if !slices.Equal(old, now) {
		x.diffs = append(x.diffs, audit.Diff{Attr: attr, Old: old, New: now})
	}
}

// one returns the single number a modification sets; ok is false if it removes
// the value.
func one(m Mod) (n int64, ok bool, err error) {
	row := schema.Of(m.Attr)
	if m.removes() || len(m.Vals) == 0 {
		return 0, false, nil
	}
	n, perr := strconv.ParseInt(string(m.Vals[0]), 10, 64)
	if perr != nil || len(m.Vals) != 1 {
		return 0, false, fault.New(fault.Invalid, "%s is one whole number", row.Name).WithField(row.Name).WithCode(fault.CodeSchema)
	}
	return n, true, nil
}

// control changes the account's switches.
func (x *modification) control(m Mod) error {
	n, ok, err := one(m)
	if err != nil || !ok {
		if err == nil && m.removes() {
			return nil // what precedes an add of the new value
		}
		return err
	}
	bits := uint32(n)
	if n < 0 || n > 1<<31 || bits&^(controlKept|controlIgnored) != 0 {
		return fault.New(fault.Invalid, "userAccountControl: %#x holds a switch that is not offered here", bits&^uint32(controlKept|controlIgnored)).
			WithField("userAccountControl").WithCode(fault.CodeSchema)
	}
	// What makes an account a server's is not changed by whoever may switch it off.
	if x.old.Class.Machine() && bits&ControlServer != 0 && !x.old.Serves() {
		return fault.New(fault.Denied, "only a server of the domain is one").WithField("userAccountControl").
			WithHint("a machine's userAccountControl is 4096 or 69632")
	}
	bits = bits&^ControlServer | x.old.Control&ControlServer
	before := x.now.Control
	x.now.Control = bits & controlKept
	x.diff("userAccountControl", []string{strconv.Itoa(int(before))}, []string{strconv.Itoa(int(x.now.Control))})
	if x.now.Disabled() && before&ControlDisabled == 0 {
		x.raise = true
		return x.as.d.keepAnAdministrator(x.tx, x.old.ID)
	}
	return nil
}

// mustChange is a write of pwdLastSet, [MS-ADTS] §3.1.1.5.3.1.1.2: 0 makes the
// person change the password, -1 takes that back.
func (x *modification) mustChange(m Mod) error {
	n, ok, err := one(m)
	if err != nil {
		return err
	}
	if !ok || n != 0 && n != -1 {
		return fault.New(fault.Invalid, "pwdLastSet can be set to 0 or -1").WithField("pwdLastSet").WithCode(fault.CodeSchema)
	}
	rec, have, err := credential.Table.Get(x.tx, x.old.ID.String())
	if err != nil {
		return err
	}
	if !have {
		return fault.New(fault.Invalid, "%s has no password", x.old.Name())
	}
	x.diff("mustChange", []string{strconv.FormatBool(rec.Must)}, []string{strconv.FormatBool(n == 0)})
	return credential.Table.Put(x.tx, rec.WithMust(n == 0))
}

// unlock is a write of lockoutTime: 0 lets the person sign in again.
func (x *modification) unlock(m Mod) error {
	n, ok, err := one(m)
	if err != nil {
		return err
	}
	if ok && n != 0 {
		return fault.New(fault.Invalid, "lockoutTime can be set to 0").WithField("lockoutTime").WithCode(fault.CodeSchema)
	}
	x.diff("lockoutTime", []string{"locked"}, []string{"0"})
	return credential.LockoutTable.Delete(x.tx, x.old.ID.String())
}

// number changes a number that was brought along.
func (x *modification) number(m Mod) error {
	row := schema.Of(m.Attr)
	n, ok, err := one(m)
	if err != nil {
		return err
	}
	if n < 0 || n >= 1<<31 {
		return fault.New(fault.Invalid, "%s is a number from 1000 to 2147483647", row.Name).WithField(row.Name)
	}
	number := uint32(0)
	if ok {
		number = uint32(n)
		if own, _ := x.now.sid.Number(); number == own && m.Attr == schema.UIDNumber {
			number = 0
		}
	}
	if x.old.Class == schema.Group == (m.Attr == schema.UIDNumber) {
		return fault.New(fault.Invalid, "a %s has no %s of its own", x.old.Class, row.Name).WithField(row.Name).WithCode(fault.CodeSchema)
	}
	if number != 0 {
		if err := x.as.d.checkNumber(x.domain, x.now, row.Name, number); err != nil {
			return err
		}
	}
	x.diff(row.Name, []string{strconv.Itoa(int(x.now.Number))}, []string{strconv.Itoa(int(number))})
	x.now.Number = number
	return nil
}

// members changes who stands in a group.
func (x *modification) members(m Mod) error {
	if x.old.Class != schema.Group {
		return fault.New(fault.Invalid, "a %s has no members", x.old.Class).WithField("member").WithCode(fault.CodeSchema)
	}
	ids := make([]ident.ID, 0, len(m.Vals))
	for _, v := range m.Vals {
		if len(v) != len(ident.ID{}) {
			return fault.New(fault.Invalid, "member names no entry").WithField("member").WithCode(fault.CodeSchema)
		}
		ids = append(ids, ident.ID(v))
	}
	var add, remove []ident.ID
	switch m.Op {
	case ModAdd, ModEnsure:
		add = ids
	case ModDelete, ModRemove:
		if remove = ids; len(ids) == 0 {
			remove = idsOf(x.as.d.Members(x.old.ID))
		}
	case ModReplace:
		add = ids
		for _, e := range x.as.d.Members(x.old.ID) {
			if !slices.Contains(ids, e.ID) {
				remove = append(remove, e.ID)
			}
		}
	}
	added, removed, err := changeMembers(x.tx, x.old.ID, add, remove)
	if err != nil {
		return err
	}
	row := schema.Of(schema.Member)
	if m.Op == ModAdd && len(added) < len(ids) {
		return fault.New(fault.Exists, "member: the value is there already").WithField("member").WithCode(fault.CodeHasValue)
	}
	if m.Op == ModDelete && len(removed) < len(ids) {
		return noValue(row)
	}
	if err := x.lose(removed); err != nil {
		return err
	}
	x.diff("member", x.as.d.logNames(removed), x.as.d.logNames(added))
	return nil
}

// lose ends what former members of a group that gives rights have proved.
func (x *modification) lose(removed []ident.ID) error {
	if !x.as.d.IsProtected(x.old.ID) {
		return nil
	}
	for _, id := range removed {
		if err := x.as.d.keepAnAdministrator(x.tx, id); err != nil {
			return err
		}
		if err := x.as.d.endProofs(x.tx, id); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the entry, its claims and the record.
func (x *modification) finish(rule string) (*audit.Record, error) {
	if len(x.diffs) == 0 {
		return nil, nil
	}
	if err := x.namer.check(x.old, x.now); err != nil {
		return nil, err
	}
	if err := x.as.ungrant(x.tx, x.old, x.now); err != nil {
		return nil, err
	}
	now := x.as.d.Now()
	x.now.Changed = now
	if x.raise {
		x.now.ValidFrom = later(x.now.ValidFrom, now)
	}
	if err := x.as.d.reclaim(x.tx, x.domain, x.old, x.now); err != nil {
		return nil, err
	}
	if err := put(x.tx, x.now); err != nil {
		return nil, err
	}
	r := &audit.Record{Kind: audit.Change, Action: kindWord(x.old) + ".update", Rule: rule, Target: x.old.Ref(), Diffs: x.diffs}
	return r.By(x.as.by), nil
}

// later returns t, or a moment after from if the clock stands before it: a proof
// made before a revocation must never look newer than it.
func later(from, t time.Time) time.Time {
	if !t.After(from) {
		return from.Add(time.Microsecond)
	}
	return t
}

// endProofs raises a principal's validFrom in a transaction.
func (d *Directory) endProofs(tx store.Tx, id ident.ID) error {
	e, ok, err := entries.Get(tx, id.String())
	if err != nil || !ok {
		return err
	}
	e = e.clone()
	e.ValidFrom = later(e.ValidFrom, d.Now())
	return put(tx, e)
}

func kindWord(e *Entry) string {
	switch e.Class {
	case schema.OrganizationalUnit:
		return "unit"
	case schema.SudoRole:
		return "sudo"
	case schema.ManagedServiceAccount:
		return schema.Computer.String()
	default:
		return strings.ToLower(e.Class.String())
	}
}

func idsOf(es []*Entry) []ident.ID {
	out := make([]ident.ID, len(es))
	for i, e := range es {
		out[i] = e.ID
	}
	return out
}

// logNames names principals in the log: all of them, up to a bound that keeps a
// record of ten thousand readable, with the rest counted.
func (d *Directory) logNames(ids []ident.ID) []string {
	const most = 1000
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	var out []string
	for i, id := range ids {
		if i == most {
			return append(out, "and "+strconv.Itoa(len(ids)-most)+" more")
		}
		name := id.String()
		if e := d.m.byID[id]; e != nil {
			name = e.Name()
		}
		out = append(out, name)
	}
	return out
}
