package portal

import (
	"net/url"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

func (v *visit) machines() machine.As { return v.s.cfg.Machines.As(v.actor) }

// joins reports whether the person may look after machines.
func (v *visit) joins() bool { return v.reads() || v.can(role.ComputerJoin, nil) }

// machinePath is where a machine's page is.
func machinePath(x *machine.Machine) string {
	stem, _ := ident.MachineStem(x.Entry.Login)
	return "/machines/" + url.PathEscape(stem)
}

// machinesPage lists machines, with when each was last heard of.
type machinesPage struct {
	Query  string
	Silent bool
	Rows   []machineRow
	Pager  pager
	May    bool
	CSRF   string
}

type machineRow struct {
	Name, Path, Host, System, Address string
	Seen                              time.Time
	State                             state
	Server                            bool
}

// machineState says how a machine is.
func (v *visit) machineState(x *machine.Machine) state {
	cred := v.dir.Credential(x.Entry.ID)
	switch {
	case x.Server:
		return state{Word: "serves the domain"}
	case x.Entry.Disabled():
		return state{Word: "disabled", Class: "off"}
	case x.Silent(v.now(), machine.Stale):
		return state{Word: "silent", Class: "bad"}
	case cred == nil || !cred.Usable || !cred.Until.IsZero():
		return state{Word: "has not joined yet", Class: "off"}
	}
	if x.Service() {
		return state{Word: "service account"}
	}
	return state{Word: "joined"}
}

func listMachines(v *visit) error {
	p := machinesPage{Query: strings.TrimSpace(v.field("q")), Silent: v.field("state") == "silent", May: v.can(role.ComputerCreate, nil), CSRF: v.s.cfg.Form.Token(v.ses.CSRF)}
	stale := time.Duration(0)
	if p.Silent {
		stale = machine.Stale
	}
	all, err := v.machines().List(v.r.Context(), stale)
	if err != nil {
		return err
	}
	typed := ident.Fold(p.Query)
	var rows []machineRow
	for _, x := range all {
		row := machineRow{
			Name: x.Entry.RDN, Path: machinePath(&x), Host: x.Entry.First(schema.DNSHostName), System: x.Entry.First(schema.OperatingSystem),
			Seen: x.Contact.At, State: v.machineState(&x), Server: x.Server,
		}
		if x.Contact.Source.IsValid() {
			row.Address = x.Contact.Source.String()
		}
		if strings.HasPrefix(ident.Fold(row.Name), typed) || strings.HasPrefix(ident.Fold(row.Host), typed) || strings.HasPrefix(row.Address, typed) {
			rows = append(rows, row)
		}
	}
	p.Rows, p.Pager = paged(v, rows)
	return v.show("machines.html", "Machines", p,
		page.Do{What: "List machines", Command: "selfsame machine list", Method: "GET", Path: "/v1.0/devices"},
		page.Do{What: "List those not heard of for 30 days", Command: "selfsame machine list --stale 30d", Method: "GET", Path: "/v1.0/devices?stale=720h"},
		page.Do{What: "Let one join", Command: "selfsame machine preset web1", Method: "POST", Path: "/selfsame/v1/machines", Body: `{"name": "web1"}`})
}
