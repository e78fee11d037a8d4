package portal

import (
	"net/http"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// doUser does one of the actions, and says what it did.
func doUser(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	ctx, to := v.r.Context(), linkTo(e).Path
	switch v.r.PathValue("action") {
	case "reset":
		return v.resetPassword(e)
	case "unlock":
		err = v.as.Unlock(ctx, e.ID)
		return v.after(err, to, "unlocked", e.Login)
	case "disable":
		err = v.as.SetEnabled(ctx, e.ID, false)
		return v.after(err, to, "disabled", e.Login)
	case "enable":
		err = v.as.SetEnabled(ctx, e.ID, true)
		return v.after(err, to, "enabled", e.Login)
	case "revoke":
		err = v.as.Revoke(ctx, e.ID)
		return v.after(err, to, "signedOut", e.Login)
	case "delete":
		if strings.TrimSpace(v.field("confirm")) != e.Login {
			return fault.New(fault.Invalid, "the name typed is not %s, and nothing was deleted", e.Login).WithHint("go back and type the login name to delete the account")
		}
		err = v.as.Delete(ctx, e.ID)
		return v.after(err, "/users", "deleted", e.Login)
	}
	return fault.New(fault.NotFound, "there is no such action")
}

// after ends an action.
func (v *visit) after(err error, to, code, name string) error {
	if err != nil {
		return err
	}
	return v.done(to, code, name)
}

func (v *visit) resetPassword(e *directory.Entry) error {
	pw := credential.Generate()
	if err := v.as.SetPassword(v.r.Context(), e.ID, pw, true); err != nil {
		return err
	}
	v.s.once.put(onceKey{v.ses.ID, e.ID}, pw, false)
	http.Redirect(v.w, v.r, linkTo(e).Path+"/key", http.StatusSeeOther)
	return nil
}
