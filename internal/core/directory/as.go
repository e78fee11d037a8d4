package directory

import (
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// forever is later than every proof: nothing a deleted principal proved holds.
var forever = time.Unix(1<<40, 0).UTC()

// As is the directory as one actor may see and change it. It is cheap to make,
// and made for each request.
type As struct {
	d  *Directory
	by ident.Actor
}

// As returns the directory as actor may see and change it.
func (d *Directory) As(actor ident.Actor) As { return As{d, actor} }

// Actor is who asks.
func (a As) Actor() ident.Actor { return a.by }

// Directory is what is asked.
func (a As) Directory() *Directory { return a.d }

// Valid says why the actor's proof no longer holds, or nil: it is refused once
// the principal's validFrom is later, at each use.
func (a As) Valid() error {
	switch a.by.Who().Kind {
	case ident.KindServer, ident.KindLocal:
		return nil
	case "":
		return fault.New(fault.Unauthenticated, "nobody has signed in").WithHint("sign in first")
	}
	if until := a.by.Until(); !until.IsZero() && !a.d.Now().Before(until) {
		return fault.New(fault.Unauthenticated, "the sign-in has ended").WithHint("sign in again")
	}
	e := a.d.entryByID(a.by.Who().ID)
	if e == nil || e.ValidFrom.After(a.by.At()) || a.d.everybodySince().After(a.by.At()) {
		return fault.New(fault.Unauthenticated, "the sign-in no longer holds").WithHint("sign in again")
	}
	if e.Disabled() || !e.expires.IsZero() && !a.d.Now().Before(e.expires) {
		return fault.New(fault.Unauthenticated, "the sign-in no longer holds").WithHint("ask an administrator")
	}
	return nil
}

// ProofTime is when a proof made now counts as made: not before what it has to
// outlive, even where the clock went back since.
func (d *Directory) ProofTime(e *Entry, now time.Time) time.Time {
	for _, t := range []time.Time{e.ValidFrom, d.everybodySince()} {
		if t.After(now) {
			now = t
		}
	}
	return now
}

// everybodySince is the domain's own validFrom.
func (d *Directory) everybodySince() time.Time {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.domain.ValidFrom
}

// Decision is why an actor may do something.
type Decision struct {
	Allowed bool
	Rule    string // role:<name>, owner, self, local, server
}

// Can answers whether the actor may do the action, without doing it: for pages
// that show what can be done. What does it checks again.
func (a As) Can(action role.Action, target *Entry) Decision {
	if a.Valid() != nil {
		return Decision{}
	}
	return a.decide(action, target)
}

// Require returns the rule by which the actor may do an action that has no entry
// for its target, for the verbs of other rooms.
func (a As) Require(action role.Action) (rule string, err error) { return a.require(action, nil) }

// require returns the rule by which the actor may do the action to the target,
// or a fault that says what is missing; a refusal of somebody known is recorded.
// target may be nil.
func (a As) require(action role.Action, target *Entry) (string, error) {
	rule, err := a.permit(action, target)
	if err != nil {
		a.recordRefusal(action, target, err)
	}
	return rule, err
}

func (a As) permit(action role.Action, target *Entry) (string, error) {
	if err := a.Valid(); err != nil {
		return "", err
	}
	if a.by.Limit() == ident.OnlyPassword {
		return "", fault.New(fault.Denied, "the password must be changed first").WithCode(fault.CodeMustChange)
	}
	if d := a.decide(action, target); d.Allowed {
		return d.Rule, nil
	}
	err := fault.New(fault.Denied, "%s may not do this", a.name())
	if hint := a.joinHint(target); hint != "" {
		return "", err.WithHint("%s", hint)
	}
	if target != nil && a.d.IsProtected(target.ID) {
		return "", err.WithHint("%s administers, or gives rights: only a Global or a Privileged Role Administrator changes it", target.Name())
	}
	return "", err.WithHint("it takes one of these roles: %s", strings.Join(rolesThatAllow(action), ", "))
}

func (a As) name() string {
	if n := a.by.Who().Name; n != "" {
		return n
	}
	return "this caller"
}

func rolesThatAllow(action role.Action) []string {
	var out []string
	for _, d := range role.Builtin() {
		if d.Allows(action) {
			out = append(out, d.Name)
		}
	}
	return out
}

// recordRefusal records that somebody known was refused.
func (a As) recordRefusal(action role.Action, target *Entry, err error) {
	if fault.KindOf(err) != fault.Denied {
		return
	}
	r := (&audit.Record{Kind: audit.Refusal, Action: string(action), Result: audit.Failure, Reason: fault.Message(err)}).By(a.by)
	if target != nil {
		r.Target = target.Ref()
	}
	if werr := a.d.cfg.Audit.Note(r); werr != nil {
		a.d.cfg.Log.Warn("audit log: a refusal was not recorded", "err", werr)
	}
}

// decide finds the assignment that allows the action. On a protected target it
// must allow that as well.
func (a As) decide(action role.Action, target *Entry) Decision {
	switch a.by.Who().Kind {
	case ident.KindServer:
		return Decision{true, "server"}
	case ident.KindLocal: // root on this host owns its files anyway; what it does is on record
		return Decision{true, "local"}
	}
	a.d.m.mu.RLock()
	defer a.d.m.mu.RUnlock()
	held := a.d.m.assignmentsOf(a.by.Who().ID)
	now := a.d.cfg.Now()
	dec := role.Check(held, action, "/", now)
	if dec.Allowed && target != nil && a.d.m.protected(target.ID) && !readOnly(action) {
		dec = both(dec, role.Check(held, role.Protected, "/", now))
	}
	if dec.Allowed {
		return Decision{true, dec.Rule()}
	}
	if target == nil {
		return Decision{}
	}
	return a.byRelation(action, target)
}

// byRelation allows what somebody may do for being who they are to the target.
// The caller holds the model's lock.
func (a As) byRelation(action role.Action, target *Entry) Decision {
	switch action {
	case role.GroupMembers, role.GroupOwners, role.GroupUpdate:
		if target.Class == schema.Group && !a.d.m.protected(target.ID) {
			for _, owner := range target.Links(schema.Owner) {
				if a.by.Is(owner) {
					return Decision{true, "owner"}
				}
			}
		}
	case role.SupportRead, role.SignInsRead:
		if a.by.Is(target.ID) {
			return Decision{true, "self"}
		}
	case role.ComputerOwn, role.ComputerPasswd, role.ComputerControl, role.ComputerDelete:
		return a.byJoining(action, target)
	}
	return Decision{}
}

func both(first, second role.Decision) role.Decision {
	if !second.Allowed {
		return role.Decision{}
	}
	return first
}

func readOnly(action role.Action) bool { return strings.HasSuffix(string(action), "/read") }

// assignmentsOf lists the assignments of a principal and of every group it counts
// as; members of AAD DC Administrators hold its role. The caller holds mu.
func (m *model) assignmentsOf(id ident.ID) []*role.Assignment {
	out := append([]*role.Assignment(nil), m.held[id]...)
	m.above(id, func(g, _ ident.ID) bool {
		out = append(out, m.held[g]...)
		if e := m.byID[g]; e != nil && e.System && e.Login == DomainAdmins {
			out = append(out, &role.Assignment{Principal: g, Role: role.DomainAdministrators, Scope: "/"})
		}
		return true
	})
	return out
}

// protected reports whether a principal administers, or gives rights: it, or a
// group it stands in at any depth, holds an assignment, is AAD DC Administrators,
// or is named by a sudo rule or as who may sign in on a machine. The groups on those paths are protected by the same rule. The
// caller holds mu.
func (m *model) protected(id ident.ID) bool {
	gives := func(id ident.ID) bool {
		if len(m.held[id]) > 0 || m.grants[id] > 0 {
			return true
		}
		e := m.byID[id]
		return e != nil && e.System && e.Class == schema.Group && (e.Login == DomainAdmins || e.RID == ident.RIDDomainAdmins)
	}
	if gives(id) {
		return true
	}
	found := false
	m.above(id, func(g, _ ident.ID) bool {
		found = gives(g)
		return !found
	})
	return found
}

// IsProtected reports whether only those who may change administrators may
// change this principal.
func (d *Directory) IsProtected(id ident.ID) bool {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.protected(id)
}

// Roles lists the assignments a principal holds, itself or by a group.
func (d *Directory) Roles(id ident.ID) []role.Assignment {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	var out []role.Assignment
	for _, a := range d.m.assignmentsOf(id) {
		out = append(out, *a)
	}
	return out
}

// MayReadLog checks that the actor may read a log or the policies.
func (a As) MayReadLog(action role.Action) error {
	_, err := a.require(action, nil)
	return err
}

// Assignments lists every assignment of a role that is in force.
func (a As) Assignments() ([]role.Assignment, error) {
	if _, err := a.require(role.PortalRead, nil); err != nil {
		return nil, err
	}
	a.d.m.mu.RLock()
	defer a.d.m.mu.RUnlock()
	out := make([]role.Assignment, 0, len(a.d.m.assignments))
	for _, x := range a.d.m.assignments {
		out = append(out, *x)
	}
	return out, nil
}
