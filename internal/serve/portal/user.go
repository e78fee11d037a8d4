package portal

import (
	"net/url"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// target is the person the address names, if the actor may see her page.
func (v *visit) target() (*directory.Entry, error) {
	e, err := v.dir.Find(ident.KindUser, v.r.PathValue("user"))
	if err != nil {
		if rerr := v.as.MayReadLog(role.PortalRead); rerr != nil {
			return nil, rerr // who may not look around does not learn who there is
		}
		return nil, err
	}
	if !v.actor.Is(e.ID) {
		err = v.as.MayReadLog(role.PortalRead)
	}
	return e, err
}

// userHead stands on top of all of a person's pages.
type userHead struct {
	link
	UPN       string
	State     state
	Until     time.Time // of a lock
	Protected bool
	Self      bool
	Listed    bool // the person may see the list of people
	Tabs      []tab
	Actions   []action
}

type tab struct {
	Name, Path string
	Here       bool
}

// action is something that can be done now. It says what it will do before it is
// done.
type action struct {
	Key, Verb, Title, Before string
	Danger                   bool
	Confirm                  string // to be typed
	Path, CSRF               string
}

// headOf makes the head of a person's page; at is the tab that is open.
func (v *visit) headOf(e *directory.Entry, at string) userHead {
	dom := v.dir.Domain()
	h := userHead{
		link: linkTo(e), UPN: e.UPN(&dom), State: v.stateOf(e), Protected: v.dir.IsProtected(e.ID),
		Self: v.actor.Is(e.ID), Listed: v.reads(), Actions: v.actions(e),
	}
	for i := range h.Actions {
		a := &h.Actions[i]
		a.Path, a.CSRF = h.Path+"/do/"+a.Key, v.s.cfg.Form.Token(v.ses.CSRF)
	}
	if h.State.Key == "locked" {
		_, h.Until, _ = v.dir.Lockout(e.ID).Locked(v.now())
	}
	tabs := []tab{{Name: "Summary"}, {Name: "Profile", Path: "/profile"}, {Name: "Groups", Path: "/groups"}}
	tabs = append(tabs, tab{Name: "SSH keys", Path: "/keys"})
	if v.reads() {
		tabs = append(tabs, tab{Name: "Roles", Path: "/roles"})
	}
	if v.mayChangeAccount(e) {
		tabs = append(tabs, tab{Name: "Account", Path: "/account"})
	}
	if v.can(role.SignInsRead, e) {
		tabs = append(tabs, tab{Name: "Sign-ins", Path: "/signins"})
	}
	for _, t := range tabs {
		h.Tabs = append(h.Tabs, tab{t.Name, h.Path + t.Path, t.Path == at})
	}
	return h
}

// actions lists what this person may do to an account now.
func (v *visit) actions(e *directory.Entry) []action {
	name := e.Login
	var out []action
	if v.stateOf(e).Key == "locked" && v.can(role.UserUnlock, e) {
		out = append(out, action{Key: "unlock", Verb: "Unlock", Title: "Unlock " + name,
			Before: "Wrong passwords are forgotten, and the next right one signs in. The password stays as it is."})
	}
	if v.actor.Is(e.ID) {
		return append(out, action{Key: "revoke", Verb: "Sign out everywhere", Title: "Sign out everywhere",
			Before: "Every browser and everything you signed in to ends, this browser too. The password still holds."})
	}
	if v.can(role.UserPassword, e) {
		out = append(out, action{Key: "reset", Verb: "Reset password", Title: "Reset password of " + name,
			Before: "A new password is generated and shown once. " + name + " is unlocked, signed out everywhere, and changes it at the next sign-in."})
	}
	if v.can(role.UserRevoke, e) {
		out = append(out, action{Key: "revoke", Verb: "Sign out everywhere", Title: "Sign out " + name + " everywhere",
			Before: "Everything " + name + " signed in to ends at once. The password still holds."})
	}
	if v.can(role.UserDisable, e) {
		if e.Disabled() {
			out = append(out, action{Key: "enable", Verb: "Enable", Title: "Enable " + name,
				Before: name + " can sign in again, with the password from before."})
		} else {
			out = append(out, action{Key: "disable", Verb: "Disable", Title: "Disable " + name,
				Before: name + " can no longer sign in and is signed out everywhere. Files, groups and numbers stay, and Enable takes it back."})
		}
	}
	if v.can(role.UserDelete, e) {
		out = append(out, action{Key: "delete", Verb: "Delete", Title: "Delete " + name, Danger: true, Confirm: name,
			Before: "The account is lost for good, with its groups, roles and password. Files on machines keep its number, which nobody else gets. To keep it for a while, disable it."})
	}
	return out
}

// userPage is a person's summary.
type userPage struct {
	Head        userHead
	UID, GID    uint32
	Imported    bool
	GIDFrom     string
	SID, ID, DN string
	Groups      []membership
	Roles       []holding
	Facts       []fact
	Created     time.Time
	Changed     time.Time
	Set         time.Time // when the password was set
	Ends        time.Time // when it ends
	Expires     time.Time
	Wrong       int
	Support     bool
}

type fact struct{ Label, Value string }

func showUser(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	return v.show("user.html", e.DisplayName(), v.summary(e), shellFor(e)...)
}

// summary is what a person's page and one's own tell.
func (v *visit) summary(e *directory.Entry) userPage {
	p := userPage{
		Head: v.headOf(e, ""), Imported: e.Number != 0, SID: e.SID().String(), ID: e.ID.String(), DN: e.DN(),
		Groups: v.membershipsOf(e), Roles: v.holdingsOf(e), Created: e.Created, Changed: e.Changed, Expires: e.Expires(),
		Support: v.can(role.SupportRead, e),
	}
	p.UID, _ = e.UIDNumber()
	rd := v.as.Reader()
	p.GID, p.GIDFrom = v.gidOf(e)
	for _, id := range profileShown {
		if vals := rd.Values(e, id); len(vals) > 0 {
			p.Facts = append(p.Facts, fact{schema.Of(id).Label, texts(vals)})
		}
	}
	if m := e.Links(schema.Manager); len(m) > 0 {
		if boss, err := v.dir.ByID(m[0]); err == nil {
			p.Facts = append(p.Facts, fact{"Manager", boss.DisplayName()})
		}
	}
	if p.Support {
		if c := v.dir.Credential(e.ID); c != nil && c.Usable {
			p.Set = c.SetAt
		}
		p.Wrong = v.dir.Lockout(e.ID).Wrong()
		p.Ends, _ = v.dir.PasswordExpires(e)
	}
	return p
}

// gidOf is a person's group number, and whose it is.
func (v *visit) gidOf(e *directory.Entry) (gid uint32, from string) {
	if e.Gid != 0 {
		return e.Gid, "imported"
	}
	for _, m := range v.dir.Memberships(e.ID) {
		if m.Primary {
			n, _ := m.Group.UIDNumber()
			return n, "of " + m.Group.Name()
		}
	}
	return 0, ""
}

func texts(vals [][]byte) string {
	var out []string
	for _, v := range vals {
		out = append(out, string(v))
	}
	return strings.Join(out, ", ")
}

// shellFor is what does to a person from the shell what her page does.
func shellFor(e *directory.Entry) []page.Do {
	name, path := page.Quote(e.Login), "/v1.0/users/"+url.PathEscape(e.Login)
	return []page.Do{
		{What: "Show " + e.Login, Command: "selfsame user show " + name, Method: "GET", Path: path},
		{What: "Reset the password", Command: "selfsame user reset-password " + name, Method: "PATCH", Path: path, Body: `{"passwordProfile": {"forceChangePasswordNextSignIn": true}}`},
		{What: "Unlock", Command: "selfsame user unlock " + name, Method: "POST", Path: "/selfsame/v1/users/" + url.PathEscape(e.Login) + "/unlock"},
		{What: "Sign out everywhere", Command: "selfsame user sign-out " + name, Method: "POST", Path: path + "/revokeSignInSessions"},
		{What: "Disable", Command: "selfsame user disable " + name, Method: "PATCH", Path: path, Body: `{"accountEnabled": false}`},
		{What: "Delete", Command: "selfsame user delete " + name, Method: "DELETE", Path: path},
	}
}
