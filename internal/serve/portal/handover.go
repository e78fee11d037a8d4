package portal

import (
	"net/http"
	"net/url"

	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// handOverPage is everything to give to the person.
type handOverPage struct {
	link
	UPN, Address string
	Password     string // empty once it has been shown
	Created      bool
	UID          uint32
	MayCreate    bool
	MayReset     bool
}

// handOver shows a generated password, once.
func handOver(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	if err := v.as.Valid(); err != nil {
		return err
	}
	var w waiting
	var ok bool
	if v.r.Method == http.MethodGet { // HEAD shows nothing, and must not use it up
		w, ok = v.s.once.take(onceKey{v.ses.ID, e.ID})
	}
	dom := v.dir.Domain()
	uid, _ := e.UIDNumber()
	p := handOverPage{
		link: linkTo(e), UPN: e.UPN(&dom), Address: v.s.cfg.Address, Created: w.created, UID: uid,
		MayCreate: v.can(role.UserCreate, nil), MayReset: v.can(role.UserPassword, e),
	}
	title := "Password of " + e.Login
	if ok {
		p.Password = string(w.pw)
		title = e.Login + " has a new password"
		if w.created {
			title = e.Login + " is created"
		}
	}
	path := "/v1.0/users/" + url.PathEscape(e.Login)
	return v.show("handover.html", title, p,
		page.Do{What: "Give a new password", Command: "selfsame user reset-password " + page.Quote(e.Login), Method: "PATCH", Path: path, Body: `{"passwordProfile": {"forceChangePasswordNextSignIn": true}}`})
}
