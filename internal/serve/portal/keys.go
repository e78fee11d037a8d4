package portal

import (
	"net/url"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// keysPage lists the keys that sign a person in over SSH.
type keysPage struct {
	Head userHead
	Keys []sshKey
	May  bool
	CSRF string
}

type sshKey struct{ Kind, Fingerprint, Comment, Stored string }

func showKeys(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	p := keysPage{Head: v.headOf(e, "/keys"), May: v.actor.Is(e.ID) || v.can(role.UserKeys, e), CSRF: v.s.cfg.Form.Token(v.ses.CSRF)}
	for _, stored := range e.Stored(schema.SSHPublicKey) {
		k := sshKey{Stored: string(stored)}
		k.Kind, k.Fingerprint, k.Comment = directory.KeyOf(stored)
		p.Keys = append(p.Keys, k)
	}
	name, at := page.Quote(e.Login), "/selfsame/v1/users/"+url.PathEscape(e.Login)+"/sshKeys"
	return v.show("keys.html", e.DisplayName()+": SSH keys", p,
		page.Do{What: "List the keys", Command: "selfsame user ssh-key list " + name, Method: "GET", Path: at},
		page.Do{What: "Add one", Command: "selfsame user ssh-key add " + name + " --key-file id_ed25519.pub", Method: "POST", Path: at, Body: `{"key": "ssh-ed25519 …"}`})
}

// changeKeys adds a key, or takes one away.
func changeKeys(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	mod := directory.Mod{Op: directory.ModAdd, Attr: schema.SSHPublicKey, Vals: [][]byte{[]byte(strings.TrimSpace(v.field("key")))}}
	if v.field("do") == "remove" {
		mod.Op = directory.ModDelete
	}
	return v.after(v.as.Modify(v.r.Context(), e.ID, []directory.Mod{mod}), linkTo(e).Path+"/keys", "keys", e.Login)
}
