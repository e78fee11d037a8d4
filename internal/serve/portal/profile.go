package portal

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// profileShown is what a summary tells of a person.
var profileShown = []schema.ID{
	schema.GivenName, schema.SN, schema.Mail, schema.Title, schema.Department, schema.Company, schema.PhysicalDeliveryOfficeName,
	schema.TelephoneNumber, schema.Mobile, schema.EmployeeID, schema.Description, schema.LoginShell, schema.UnixHomeDirectory,
}

// profileEdited is what the profile page offers, in its order.
var profileEdited = append([]schema.ID{schema.DisplayName}, append(profileShown, schema.StreetAddress, schema.PostalCode, schema.L, schema.CO, schema.PreferredLanguage, schema.WWWHomePage, schema.Info)...)

// profilePage is the form of a person's attributes.
type profilePage struct {
	Head    userHead
	Fields  []page.Field
	MayEdit bool
	Partly  bool // only some of it
}

// profileFields makes the fields of attributes, labelled by the schema.
func (v *visit) profileFields(of []schema.ID, value func(*schema.Attr) string) []page.Field {
	out := make([]page.Field, 0, len(of))
	for _, id := range of {
		row := schema.Of(id)
		f := page.Field{Name: row.Name, Label: row.Label, Value: value(row), Max: row.MaxLen(), Auto: "off"}
		switch id {
		case schema.Mail:
			f.Placeholder = "alice@example.org"
		case schema.LoginShell:
			f.Placeholder = "/bin/bash"
		}
		out = append(out, f)
	}
	return out
}

func showProfile(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	rd := v.as.Reader()
	return v.showProfile(http.StatusOK, e, nil, func(row *schema.Attr) string { return texts(rd.Values(e, row.ID)) })
}

func (v *visit) showProfile(status int, e *directory.Entry, problem error, value func(*schema.Attr) string) error {
	p := profilePage{Head: v.headOf(e, "/profile"), Fields: v.profileFields(profileEdited, value)}
	for i := range p.Fields {
		id, _ := schema.Lookup(p.Fields[i].Name)
		if v.mayWrite(e, id) {
			p.MayEdit = true
		} else {
			p.Fields[i].ReadOnly, p.Partly = true, true
		}
	}
	if f := fault.Of(problem); f != nil {
		for i := range p.Fields {
			if p.Fields[i].Name == f.Field {
				p.Fields[i].Error, p.Fields[i].Hint, p.Fields[i].Focus = page.Sentence(f.Text), page.Sentence(f.Hint), true
				problem = nil
			}
		}
	}
	return v.showWith(status, "profile.html", e.DisplayName()+": profile", problem, p, page.Do{
		What: "Change the profile", Command: "selfsame user set " + page.Quote(e.Login) + " department=Vision jobTitle='Data scientist'",
		Method: "PATCH", Path: "/v1.0/users/" + url.PathEscape(e.Login), Body: `{"department": "Vision", "jobTitle": "Data scientist"}`,
	})
}

// mayWrite reports whether the page offers to change an attribute; core decides
// when it is changed.
func (v *visit) mayWrite(e *directory.Entry, id schema.ID) bool {
	return schema.Of(id).Write == schema.Self && v.actor.Is(e.ID) || v.can(role.UserUpdate, e)
}

// saveProfile changes what differs, in one change.
func saveProfile(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "the form cannot be read")
	}
	rd := v.as.Reader()
	var mods []directory.Mod
	for _, id := range profileEdited {
		row := schema.Of(id)
		if !v.r.PostForm.Has(row.Name) {
			continue
		}
		s := strings.TrimSpace(v.r.PostForm.Get(row.Name))
		if s == texts(rd.Values(e, id)) {
			continue
		}
		m := directory.Mod{Op: directory.ModReplace, Attr: id}
		if s != "" {
			m.Vals = [][]byte{bytes.Clone([]byte(s))}
		}
		mods = append(mods, m)
	}
	if len(mods) > 0 {
		if err := v.as.Modify(v.r.Context(), e.ID, mods); err != nil {
			return v.showProfile(httpd.Status(err), e, err, func(row *schema.Attr) string { return v.r.PostForm.Get(row.Name) })
		}
	}
	return v.done(linkTo(e).Path+"/profile", "saved", e.Login)
}
