package portal

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/httpd"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// userAccountPage changes what an account is called and when it ends.
type userAccountPage struct {
	Head      userHead
	User, End page.Field
	Domain    string
	MayRename bool
	MayEnd    bool
	Ends      time.Time
}

// mayChangeAccount reports whether the page of an account has something to offer.
func (v *visit) mayChangeAccount(e *directory.Entry) bool {
	return v.can(role.UserRename, e) || v.can(role.UserUpdate, e)
}

func showUserAccount(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	end := ""
	if t := e.Expires(); !t.IsZero() {
		end = t.Format(time.DateOnly)
	}
	return v.showUserAccount(http.StatusOK, e, nil, e.Login, end)
}

// showUserAccount shows both forms with what was typed, and what is wrong with it
// beside its field.
func (v *visit) showUserAccount(status int, e *directory.Entry, problem error, login, end string) error {
	p := userAccountPage{
		Head: v.headOf(e, "/account"), Domain: v.dir.Domain().Name, Ends: e.Expires(),
		MayRename: !e.System && v.can(role.UserRename, e), MayEnd: v.can(role.UserUpdate, e),
		User: page.Field{Name: "user", Label: "User name", Value: login, Max: 64, Required: true, Auto: "off", Suffix: "@" + v.dir.Domain().Name},
		End:  page.Field{Name: "end", Label: "First day without the account", Value: end, Type: "date", Help: "Empty for no end. Days begin at midnight UTC."},
	}
	if f := fault.Of(problem); f != nil {
		at := &p.User
		if f.Field == schema.Of(schema.AccountExpires).Name {
			at = &p.End
		}
		at.Error, at.Hint, at.Focus = page.Sentence(f.Text), page.Sentence(f.Hint), true
		problem = nil
	}
	path := "/v1.0/users/" + url.PathEscape(e.Login)
	return v.showWith(status, "useraccount.html", e.DisplayName()+": account", problem, p,
		page.Do{What: "Rename", Command: "selfsame user rename " + page.Quote(e.Login) + " alicia", Method: "POST", Path: "/selfsame/v1/users/" + url.PathEscape(e.Login) + "/rename", Body: `{"name": "alicia"}`},
		page.Do{What: "End the account on a day", Command: "selfsame user set " + page.Quote(e.Login) + " accountExpires=2027-01-31", Method: "PATCH", Path: path, Body: `{"accountExpires": "2027-01-31"}`})
}

// renameUser gives an account another name.
func renameUser(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	login, err := ident.ParseLogin(v.field("user"))
	if err == nil {
		err = v.as.Rename(v.r.Context(), e.ID, login, ident.ID{})
	}
	if err != nil {
		return v.showUserAccount(httpd.Status(err), e, err, v.field("user"), "")
	}
	return v.done("/users/"+url.PathEscape(login)+"/account", "renamed", login)
}

// endUser sets the day an account ends, or takes it away.
func endUser(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	end, err := dayParam(v.field("end"), v.now())
	if err != nil {
		err = fault.Of(err).WithField(schema.Of(schema.AccountExpires).Name)
	} else {
		err = v.as.Modify(v.r.Context(), e.ID, []directory.Mod{{Op: directory.ModReplace, Attr: schema.AccountExpires, Vals: ends(end)}})
	}
	if err != nil {
		return v.showUserAccount(httpd.Status(err), e, err, e.Login, v.field("end"))
	}
	code := "ends"
	if end.IsZero() {
		code = "endless"
	}
	return v.done(linkTo(e).Path+"/account", code, e.Login)
}

// ends is the value of the attribute; no value for no end.
func ends(t time.Time) [][]byte {
	if t.IsZero() {
		return nil
	}
	return [][]byte{strconv.AppendInt(nil, directory.FileTime(t), 10)}
}
