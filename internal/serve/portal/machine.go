package portal

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// machinePage is one machine.
type machinePage struct {
	Name, Path, Host, System, Address, Door string
	Description, JoinedBy, ID, SID, DN      string
	Seen, KeysSet, JoinUntil                time.Time
	KeyVersion                              uint32
	State                                   state
	Services                                []string
	Groups                                  []membership
	Access                                  []link
	Ruled, MayAccess, Service, Server       bool
	Lines                                   []string
	Actions                                 []action
	CSRF                                    string
}

func showMachine(v *visit) error {
	x, err := v.machines().Find(v.r.Context(), v.r.PathValue("machine"))
	if err != nil {
		return err
	}
	e := x.Entry
	p := machinePage{
		Name: e.RDN, Path: machinePath(&x), Host: e.First(schema.DNSHostName), Door: x.Contact.Door, Seen: x.Contact.At, State: v.machineState(&x),
		System:      strings.TrimSpace(e.First(schema.OperatingSystem) + " " + e.First(schema.OperatingSystemVersion)),
		Description: e.First(schema.Description), ID: e.ID.String(), SID: e.SID().String(), DN: e.DN(), Groups: v.membershipsOf(e),
		MayAccess: !x.Server && !x.Service() && v.can(role.ComputerAccess, e), Service: x.Service(), Server: x.Server, CSRF: v.s.cfg.Form.Token(v.ses.CSRF),
	}
	if x.Contact.Source.IsValid() {
		p.Address = x.Contact.Source.String()
	}
	if maker := v.dir.BySID(ident.SID(e.First(schema.MsDSCreatorSID))); maker != nil {
		p.JoinedBy = maker.Name()
	}
	if c := v.dir.Credential(e.ID); c != nil && c.Usable {
		p.KeysSet, p.KeyVersion, p.JoinUntil = c.SetAt, c.Current.Version, c.Until
	}
	for _, s := range e.Stored(schema.ServicePrincipalName) {
		p.Services = append(p.Services, string(s))
	}
	access, ruled := v.s.cfg.Machines.AccessOf(e)
	p.Ruled, p.Lines = ruled, access.Lines(ruled)
	for _, id := range e.Links(schema.HostAccess) {
		if who, err := v.dir.ByID(id); err == nil {
			p.Access = append(p.Access, v.linkFor(who))
		}
	}
	p.Actions = v.machineActions(&x, p.CSRF)
	stem := strings.TrimPrefix(p.Path, "/machines/")
	do := []page.Do{{What: "Show " + e.RDN, Command: "selfsame machine show " + stem, Method: "GET", Path: "/v1.0/devices/" + stem}}
	if !p.Service {
		do = append(do,
			page.Do{What: "Give it a password to join with", Command: "selfsame machine reset " + stem, Method: "POST", Path: "/selfsame/v1/machines/" + stem + "/reset", Body: "{}"},
			page.Do{What: "Say who may sign in", Command: "selfsame machine access " + stem + " --group Operators", Method: "PUT", Path: "/selfsame/v1/machines/" + stem + "/access", Body: `{"groups": ["Operators"]}`})
	}
	do = append(do, page.Do{What: "Bury it", Command: "selfsame machine bury " + stem, Method: "DELETE", Path: "/v1.0/devices/" + stem})
	return v.show("machine.html", e.RDN, p, do...)
}

func (v *visit) machineActions(x *machine.Machine, csrf string) []action {
	name, at := x.Entry.RDN, machinePath(x)
	var out []action
	if x.Server {
		return nil
	}
	if !x.Service() && v.can(role.ComputerPasswd, x.Entry) {
		out = append(out, action{Key: "reset", Verb: "Let it join again", Title: "Let " + name + " join again", Path: at + "/reset", CSRF: csrf,
			Before: "A password is generated that works once, for a day. The keys it has now end at once: until it joins again nobody signs in on it by password."})
	}
	if v.can(role.ComputerDelete, x.Entry) {
		out = append(out, action{Key: "bury", Verb: "Bury", Title: "Bury " + name, Danger: true, Confirm: name, Path: at + "/bury", CSRF: csrf,
			Before: "The account is lost for good, with its names, its groups and all it proved. To come back it joins anew, as another."})
	}
	return out
}

// presetMachine makes a machine's account, and shows its password on the page that
// follows, once.
func presetMachine(v *visit) error {
	t, err := v.machines().Preset(v.r.Context(), strings.TrimSpace(v.field("name")), 0)
	return v.ticket(t, err, true)
}

func resetMachine(v *visit) error {
	t, err := v.machines().Reset(v.r.Context(), v.r.PathValue("machine"), 0)
	return v.ticket(t, err, false)
}

func (v *visit) ticket(t machine.Ticket, err error, created bool) error {
	if err != nil {
		return err
	}
	v.s.once.put(onceKey{v.ses.ID, t.Machine.ID}, t.Password, created)
	http.Redirect(v.w, v.r, machinePath(&machine.Machine{Entry: t.Machine})+"/key", http.StatusSeeOther)
	return nil
}

// ticketPage is what to type on a machine.
type ticketPage struct {
	Name, Path, Password, Domain string
	Created                      bool
	Until                        time.Time
}

// showTicket shows a password to join with, once.
func showTicket(v *visit) error {
	x, err := v.machines().Find(v.r.Context(), v.r.PathValue("machine"))
	if err != nil {
		return err
	}
	var w waiting
	if v.r.Method == http.MethodGet { // HEAD shows nothing, and must not use it up
		w, _ = v.s.once.take(onceKey{v.ses.ID, x.Entry.ID})
	}
	p := ticketPage{Name: x.Entry.RDN, Path: machinePath(&x), Password: string(w.pw), Domain: v.dir.Domain().Name, Created: w.created}
	if c := v.dir.Credential(x.Entry.ID); c != nil {
		p.Until = c.Until
	}
	return v.show("machinekey.html", "Let "+p.Name+" join", p,
		page.Do{What: "Give another", Command: "selfsame machine reset " + strings.TrimPrefix(p.Path, "/machines/"), Method: "POST", Path: "/selfsame/v1" + p.Path + "/reset", Body: "{}"})
}

func buryMachine(v *visit) error {
	x, err := v.machines().Find(v.r.Context(), v.r.PathValue("machine"))
	if err != nil {
		return err
	}
	if strings.TrimSpace(v.field("confirm")) != x.Entry.RDN {
		return fault.New(fault.Invalid, "the name typed is not %s, and nothing was changed", strconv.Quote(x.Entry.RDN)).WithHint("go back and type the name to bury the machine")
	}
	_, err = v.machines().Bury(v.r.Context(), x.Entry.ID.String())
	return v.after(err, "/machines", "buried", x.Entry.RDN)
}

// changeAccess adds somebody to who may sign in on a machine, takes somebody out, or
// lets everybody in.
func changeAccess(v *visit) error {
	e, err := v.dir.Machine(v.r.PathValue("machine"))
	if err != nil {
		return err
	}
	who := e.Links(schema.HostAccess)
	switch v.field("do") {
	case "everybody":
		who = nil
	default:
		var x *directory.Entry
		if x, err = v.dir.Find("", strings.TrimSpace(v.field("who"))); err != nil {
			return err
		}
		left := who[:0]
		for _, id := range who {
			if id != x.ID {
				left = append(left, id)
			}
		}
		if who = left; v.field("do") != "remove" {
			who = append(who, x.ID)
		} else if len(who) == 0 {
			return fault.New(fault.Invalid, "%s is the last who may sign in, and without a name the rule would let everybody in", x.Name()).
				WithHint("add somebody else first, or let everybody in")
		}
	}
	stem, _ := ident.MachineStem(e.Login)
	return v.after(v.as.SetAccess(v.r.Context(), e.ID, who), "/machines/"+url.PathEscape(stem), "access", e.RDN)
}
