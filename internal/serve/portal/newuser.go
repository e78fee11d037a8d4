package portal

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// newUserPage is the form of a person to be made.
type newUserPage struct {
	Name, User page.Field
	Domain     string // where there is one to choose
	Domains    []page.Option
	Login      string
	Profile    []page.Field
	Groups     []page.Option
	Many       bool
	Roles      []page.Option
	Number     page.Field
	MayNumber  bool
	More       bool // something is filled in there, or wrong
}

// newProfile is what can be told of a person at once.
var newProfile = []schema.ID{
	schema.GivenName, schema.SN, schema.Mail, schema.Title, schema.Department, schema.TelephoneNumber, schema.LoginShell,
}

// groupsMost is how many groups the form offers; with more, they are joined on
// the person's page.
const groupsMost = 100

func askUser(v *visit) error {
	if err := v.as.MayReadLog(role.UserCreate); err != nil {
		return err
	}
	return v.showNewUser(http.StatusOK, nil)
}

// showNewUser shows the form with what was typed so far.
func (v *visit) showNewUser(status int, problem error) error {
	dom := v.dir.Domain()
	_ = v.r.ParseForm()
	typed := v.r.Form
	p := newUserPage{
		Name:      page.Field{Name: "name", Label: "Name", Value: typed.Get("name"), Max: 256, Required: true, Focus: true, Placeholder: "Alice Liddell", Auto: "off"},
		User:      page.Field{Name: "user", Label: "User name", Value: typed.Get("user"), Max: 64, Required: true, Auto: "off", Placeholder: "alice"},
		MayNumber: v.can(role.UserNumbers, nil),
		Number:    page.Field{Name: "uidNumber", Label: "uid brought along", Value: typed.Get("uidNumber"), Max: 10, Help: "Only for files that exist already. Left empty, it is computed and the same on every machine."},
	}
	p.Login = strings.ToLower(p.User.Value)
	if p.Login == "" {
		p.Login = "…"
	}
	for _, s := range dom.Suffixes {
		p.Domains = append(p.Domains, page.Option{Value: s, Label: "@" + s, On: s == typed.Get("domain")})
	}
	if len(dom.Suffixes) < 2 {
		p.Domain, p.Domains = dom.Name, nil
	}
	p.Profile = v.profileFields(newProfile, func(row *schema.Attr) string { return typed.Get(row.Name) })
	for _, f := range p.Profile {
		p.More = p.More || f.Value != ""
	}
	groups, err := v.gather(schema.Group, "", func(g *directory.Entry) bool {
		return forPeople(g) && v.can(role.GroupMembers, g)
	})
	if err != nil {
		return err
	}
	sorted(groups, false, byName)
	p.Many = len(groups) > groupsMost
	for _, g := range groups[:min(len(groups), groupsMost)] {
		id := g.ID.String()
		o := page.Option{Value: id, Label: g.Name(), Help: g.First(schema.Description), On: slices.Contains(typed["group"], id)}
		p.Groups, p.More = append(p.Groups, o), p.More || o.On
	}
	if v.can(role.RoleAssign, nil) {
		for _, d := range role.Builtin() {
			o := page.Option{Value: d.ID.String(), Label: d.Name, Help: d.Description, On: slices.Contains(typed["role"], d.ID.String())}
			p.Roles, p.More = append(p.Roles, o), p.More || o.On
		}
	}
	if problem = p.place(problem); problem != nil {
		p.More = true
	}
	return v.showWith(status, "newuser.html", "New user", problem, p, page.Do{
		What: "Add a person", Command: `selfsame user add alice --display-name "Alice Liddell" --group "Data Scientists"`,
		Method: "POST", Path: "/v1.0/users", Body: `{"displayName": "Alice Liddell", "userPrincipalName": "alice@` + dom.Name + `", "accountEnabled": true, "passwordProfile": {"forceChangePasswordNextSignIn": true}}`,
	})
}

// forPeople leaves out the domain's own groups, which are for machines, except the
// one that administers them.
func forPeople(g *directory.Entry) bool { return !g.System || g.Login == directory.DomainAdmins }

// place puts what is wrong beside its field, and returns it if it has none here.
func (p *newUserPage) place(err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	put := func(to *page.Field) error {
		to.Error, to.Hint, to.Focus = page.Sentence(f.Text), page.Sentence(f.Hint), true
		p.Name.Focus = to == &p.Name
		return nil
	}
	switch f.Field {
	case "userName", "userPrincipalName", "sAMAccountName", "cn", "name", "upn", "dn": // the last three: a name that is somebody's
		return put(&p.User)
	case "displayName":
		return put(&p.Name)
	case "uidNumber", "number":
		p.More = true
		return put(&p.Number)
	}
	for i := range p.Profile {
		if p.Profile[i].Name == f.Field {
			p.More = true
			return put(&p.Profile[i])
		}
	}
	if f.Kind == fault.Exists && f.Field == "" {
		return put(&p.User)
	}
	return err
}

// createUser makes the person with a generated password, which the page that
// follows shows once.
func createUser(v *visit) error {
	n, err := v.newUser()
	var e *directory.Entry
	if err == nil {
		e, err = v.as.CreateUser(v.r.Context(), n)
	}
	if err != nil {
		return v.showNewUser(httpd.Status(err), err)
	}
	v.s.once.put(onceKey{v.ses.ID, e.ID}, n.Password, true)
	http.Redirect(v.w, v.r, linkTo(e).Path+"/key", http.StatusSeeOther)
	return nil
}

// newUser reads the form.
func (v *visit) newUser() (directory.NewUser, error) {
	dom := v.dir.Domain()
	suffix := v.field("domain")
	if suffix == "" {
		suffix = dom.Name
	}
	user := strings.ToLower(strings.TrimSpace(v.field("user")))
	n := directory.NewUser{Login: user, UPN: user + "@" + suffix, Password: credential.Generate(), Must: true}
	n.Attrs = appendText(n.Attrs, schema.DisplayName, v.field("name"))
	for _, id := range newProfile {
		n.Attrs = appendText(n.Attrs, id, v.field(schema.Of(id).Name))
	}
	if s := strings.TrimSpace(v.field("uidNumber")); s != "" {
		u, err := strconv.ParseUint(s, 10, 31)
		if err != nil {
			return n, fault.New(fault.Invalid, "a uid is a whole number").WithField("uidNumber")
		}
		n.Number = uint32(u)
	}
	var err error
	if n.Groups, err = ids(v.r.PostForm["group"]); err != nil {
		return n, err
	}
	n.Roles, err = ids(v.r.PostForm["role"])
	return n, err
}

func appendText(attrs []directory.Value, id schema.ID, s string) []directory.Value {
	if s = strings.TrimSpace(s); s == "" {
		return attrs
	}
	return append(attrs, directory.Value{Attr: id, Vals: [][]byte{[]byte(s)}})
}

func ids(list []string) ([]ident.ID, error) {
	var out []ident.ID
	for _, s := range list {
		id, err := ident.ParseID(s)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}
