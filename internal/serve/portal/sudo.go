package portal

import (
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// sudoPage lists the rules by which people are root.
type sudoPage struct {
	Rows []sudoRow
	May  bool
	CSRF string
}

type sudoRow struct{ ID, Name, Who, Where, What, As, Options, Until string }

func listSudo(v *visit) error {
	if err := v.as.MayReadLog(role.PortalRead); err != nil {
		return err
	}
	es, err := v.gather(schema.SudoRole, "", nil)
	if err != nil {
		return err
	}
	sorted(es, false, byName)
	p := sudoPage{May: v.can(role.SudoManage, nil), CSRF: v.s.cfg.Form.Token(v.ses.CSRF)}
	r := v.as.Reader()
	for _, e := range es {
		read := func(id schema.ID) string {
			var out []string
			for _, x := range r.Values(e, id) {
				out = append(out, string(x))
			}
			return strings.Join(out, ", ")
		}
		p.Rows = append(p.Rows, sudoRow{
			ID: e.ID.String(), Name: e.RDN, Who: read(schema.SudoUser), Where: read(schema.SudoHost), What: read(schema.SudoCommand),
			As: read(schema.SudoRunAsUser), Options: read(schema.SudoOption), Until: read(schema.SudoNotAfter),
		})
	}
	return v.show("sudo.html", "Sudo rules", p,
		page.Do{What: "List the rules", Command: "selfsame sudo list", Method: "GET", Path: "/selfsame/v1/sudo"},
		page.Do{What: "Add one", Command: "selfsame sudo add web --group Operators --host web1 --command '/usr/bin/systemctl restart nginx'", Method: "POST", Path: "/selfsame/v1/sudo",
			Body: `{"name": "web", "users": ["%Operators"], "hosts": ["web1"], "commands": ["/usr/bin/systemctl restart nginx"]}`})
}

// changeSudo adds a rule, or removes one.
func changeSudo(v *visit) error {
	if v.field("do") == "remove" {
		id, err := ident.ParseID(v.field("rule"))
		if err != nil {
			return err
		}
		e, err := v.dir.ByID(id)
		if err == nil && e.Class != schema.SudoRole {
			err = fault.New(fault.NotFound, "there is no such rule")
		}
		if err != nil {
			return err
		}
		return v.after(v.as.Delete(v.r.Context(), id), "/sudo", "unruled", e.RDN)
	}
	name := strings.TrimSpace(v.field("name"))
	var attrs []directory.Value
	for _, f := range []struct {
		attr  schema.ID
		field string
	}{{schema.SudoUser, "who"}, {schema.SudoHost, "where"}, {schema.SudoCommand, "what"}} {
		s := strings.TrimSpace(v.field(f.field))
		if s == "" {
			return fault.New(fault.Invalid, "a rule says who, where and what").WithField(f.field).WithHint("ALL means all of them")
		}
		attrs = append(attrs, directory.Value{Attr: f.attr, Vals: [][]byte{[]byte(s)}})
	}
	_, err := v.as.CreateObject(v.r.Context(), schema.SudoRole, name, ident.ID{}, attrs)
	return v.after(err, "/sudo", "rule", name)
}
