package directory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

func (d *Directory) entryByID(id ident.ID) *Entry {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.byID[id]
}

// byDN finds an entry by its name. The mission's template names people by CN in
// the users' unit wherever they stand, so that name is an alias; an entry that is
// really there always wins.
func (m *model) byDN(dn ident.DN) *Entry {
	if e, ok := m.tree.Get(dn.Key()); ok {
		return e
	}
	if len(dn) < 2 || !strings.EqualFold(dn[0].Type, "CN") {
		return nil
	}
	users := ident.DN{{Type: "OU", Value: UsersUnit}}
	if dn.Parent().Key() != append(users, m.domain.Base()...).Key() {
		return nil
	}
	if e := m.login[ident.Fold(dn[0].Value)]; e != nil && e.Class == schema.User {
		return e
	}
	return nil
}

// Resolve finds the entry a DN names, for use as the base or target of a
// request.
func (d *Directory) Resolve(dn ident.DN) (*Entry, error) {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	if e := d.m.byDN(dn); e != nil {
		return e, nil
	}
	return nil, fault.New(fault.NotFound, "there is no entry %s", dn)
}

// ByID finds an entry by its object id.
func (d *Directory) ByID(id ident.ID) (*Entry, error) {
	if e := d.entryByID(id); e != nil {
		return e, nil
	}
	return nil, fault.New(fault.NotFound, "there is no object %s", id)
}

// Nearest returns the DN of the lowest entry above dn that exists, for the
// matchedDN of an answer, RFC 4511 §4.1.9.
func (d *Directory) Nearest(dn ident.DN) string {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	for dn = dn.Parent(); len(dn) > 0; dn = dn.Parent() {
		if e := d.m.byDN(dn); e != nil {
			return e.dn
		}
	}
	return ""
}

// Account finds who a name at a sign-in means: a DN, a UPN, NETBIOS\login, an
// object id, or a login name. It is nil for an unknown name.
func (d *Directory) Account(name string) *Entry {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	e := d.m.account(name)
	if e == nil || !e.Class.Account() {
		return nil
	}
	return e
}

func (m *model) account(name string) *Entry {
	if strings.ContainsRune(name, '=') {
		dn, err := ident.ParseDN(name)
		if err != nil {
			return nil
		}
		return m.byDN(dn)
	}
	if domain, login, ok := strings.Cut(name, `\`); ok {
		if ident.Fold(domain) != ident.Fold(m.domain.NetBIOS) && ident.Fold(domain) != m.domain.Name {
			return nil
		}
		return m.login[ident.Fold(login)]
	}
	if at := strings.LastIndexByte(name, '@'); at >= 0 {
		if e := m.upn[ident.Fold(name)]; e != nil {
			return e
		}
		// login@NETBIOS, which clients make up, [MS-ADTS] §5.1.1.1.1.
		if ident.Fold(name[at+1:]) == ident.Fold(m.domain.NetBIOS) {
			return m.login[ident.Fold(name[:at])]
		}
		return nil
	}
	if id, err := ident.ParseID(name); err == nil {
		return m.byID[id]
	}
	return m.login[ident.Fold(name)]
}

// Find finds a principal by what a person types: an object id, a login name, a
// UPN, a DN or a SID. kind narrows it; empty for any.
func (d *Directory) Find(kind ident.Kind, name string) (*Entry, error) {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	e := d.m.account(name)
	if e == nil {
		if sid, err := ident.ParseSID(name); err == nil {
			e = d.m.sid[sid]
		}
	}
	if e == nil && kind == ident.KindComputer {
		e = d.m.login[ident.Fold(name)+"$"]
	}
	if e == nil || kind != "" && e.Kind() != kind {
		what := string(kind)
		if what == "" {
			what = "principal"
		}
		return nil, fault.New(fault.NotFound, "there is no %s %q", what, clip(name)).
			WithHint("names are login names (alice), user names (alice@%s) or object ids", d.m.domain.Name)
	}
	return e, nil
}

func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}

// Credential returns what an account signs in with, from memory; nil if it has
// nothing. Only the authenticator asks.
func (d *Directory) Credential(id ident.ID) *credential.Record { return d.credentialOf(id) }

// SignInState is what the authenticator needs to know of an account at once.
type SignInState struct {
	Entry      *Entry
	Credential *credential.Record
	Lockout    *credential.Counters
	Policy     *credential.Policy
	Rules      *policy.Rules
}

// SignInState reads it from one state of memory. Without an entry only the rules
// and the default policy are filled in.
func (d *Directory) SignInState(name string) SignInState {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.signInState(d.m.account(name))
}

func (m *model) signInState(e *Entry) SignInState {
	if e == nil || !e.Class.Account() {
		return SignInState{Rules: m.rules, Policy: m.passwordPolicy(nil)}
	}
	return SignInState{
		Entry: e, Credential: m.credentials[e.ID], Lockout: m.lockouts[e.ID], Rules: m.rules, Policy: m.passwordPolicy(e),
	}
}

// Still reports whether the account and its credentials are those of s.
func (d *Directory) Still(s *SignInState) bool {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return s.Entry != nil && d.m.byID[s.Entry.ID] == s.Entry && d.m.credentials[s.Entry.ID] == s.Credential
}

// PasswordPolicy returns the policy that holds for an account.
func (d *Directory) PasswordPolicy(e *Entry) *credential.Policy {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.passwordPolicy(e)
}

func (m *model) passwordPolicy(e *Entry) *credential.Policy {
	var in map[ident.ID]bool
	best := &credential.DefaultPolicy
	found := false
	for _, p := range m.passwords {
		if found && p.Precedence >= best.Precedence {
			continue
		}
		if len(p.Groups) > 0 {
			if e == nil {
				continue
			}
			if in == nil {
				in = make(map[ident.ID]bool)
				m.above(e.ID, func(g, _ ident.ID) bool { in[g] = true; return true })
			}
			if !slices.ContainsFunc(p.Groups, func(g ident.ID) bool { return in[g] }) {
				continue
			}
		}
		best, found = p, true
	}
	return best
}

// PasswordPolicies lists the password policies, the one that wins first.
func (d *Directory) PasswordPolicies() []credential.Policy {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	out := make([]credential.Policy, 0, len(d.m.passwords))
	for _, p := range d.m.passwords {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b credential.Policy) int { return cmp.Compare(a.Precedence, b.Precedence) })
	return out
}

// Networks lists the named networks.
func (d *Directory) Networks() []policy.NamedNetwork {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return slices.Clone(d.m.rules.Networks)
}

// Rules are the rules of sign-in in force.
func (d *Directory) Rules() *policy.Rules {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.rules
}

// Lockout says whether an account is locked out, from where and until when.
func (d *Directory) Lockout(id ident.ID) *credential.Counters {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.lockouts[id]
}

// Membership is a group somebody stands in, and how.
type Membership struct {
	Group   *Entry
	Through *Entry // the group on the way; nil if directly
	Primary bool   // everybody's primary group
}

// Memberships lists every group an entry stands in, the direct ones first.
func (d *Directory) Memberships(id ident.ID) []Membership {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	var out []Membership
	primary := ident.ID{}
	if e := d.m.byID[id]; e != nil {
		if g := d.m.primaryGroup(e); g != nil {
			primary = g.ID
		}
	}
	d.m.above(id, func(g, through ident.ID) bool {
		out = append(out, Membership{Group: d.m.byID[g], Through: d.m.byID[through], Primary: g == primary && through.IsZero()})
		return true
	})
	return out
}

// Members lists the entries that stand in a group themselves.
func (d *Directory) Members(group ident.ID) []*Entry {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.membersOf(group)
}

func (m *model) membersOf(group ident.ID) []*Entry {
	set := m.members[group]
	if set == nil {
		return nil
	}
	out := make([]*Entry, 0, set.size)
	for _, b := range set.bucket {
		for _, id := range b {
			if e := m.byID[id]; e != nil {
				out = append(out, e)
			}
		}
	}
	return out
}

// MemberCount is how many entries stand in a group themselves.
func (d *Directory) MemberCount(group ident.ID) int {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	if s := d.m.members[group]; s != nil {
		return s.size
	}
	return 0
}

// AllMembers lists the people and machines that stand in a group at any depth,
// each with the group it stands in.
func (d *Directory) AllMembers(group ident.ID) []Membership {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	seen := map[ident.ID]bool{group: true}
	var out []Membership
	queue := []ident.ID{group}
	for len(queue) > 0 {
		g := queue[0]
		queue = queue[1:]
		for _, e := range d.m.membersOf(g) {
			if seen[e.ID] {
				continue
			}
			seen[e.ID] = true
			if e.Class == schema.Group {
				queue = append(queue, e.ID)
				continue
			}
			through := d.m.byID[g]
			if g == group {
				through = nil
			}
			out = append(out, Membership{Group: e, Through: through})
		}
	}
	return out
}

// Children counts the entries directly below one.
func (d *Directory) Children(id ident.ID) int {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return len(d.m.children[id])
}

// Count says how many entries of some classes there are.
func (d *Directory) Count(classes ...schema.Class) int {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	n := 0
	for _, c := range classes {
		n += len(d.m.byClass[c])
	}
	return n
}

// Imported reports whether anybody's number was brought along, so that machines must
// read numbers and cannot make them of SIDs.
func (d *Directory) Imported() bool {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	for _, c := range []schema.Class{schema.User, schema.Group} {
		for _, e := range d.m.byClass[c] {
			if e.Number != 0 || e.Gid != 0 {
				return true
			}
		}
	}
	return false
}

// Decoy is the salt a new account of this name would have, so that an unknown
// name looks like a known one.
func (d *Directory) Decoy(name string) string {
	login := name
	if dn, err := ident.ParseDN(name); err == nil && len(dn) > 0 {
		login = dn[0].Value
	}
	if _, after, ok := strings.Cut(login, `\`); ok {
		login = after
	}
	login, _, _ = strings.Cut(login, "@")
	dom := d.Domain()
	return credential.SaltOfUser(dom.Realm(), clip(ident.Fold(login)))
}

// Warning of a password's end: when it expires, if it does.
func (d *Directory) PasswordExpires(e *Entry) (time.Time, bool) {
	c := d.credentialOf(e.ID)
	p := d.PasswordPolicy(e)
	if c == nil || !c.Usable || p.MaxAge == 0 || e.Control&ControlNoExpire != 0 {
		return time.Time{}, false
	}
	return c.SetAt.Add(p.MaxAge), true
}
