package api

import (
	"net/http"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/machine"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

func (c *call) machines() machine.As { return c.s.cfg.Machines.As(c.as.Actor()) }

// device writes a machine as Graph shows a device. What Graph has no word for
// stands under selfsame.
func (c *call) device(x machine.Machine) graph.Device {
	e := x.Entry
	d := graph.Device{
		ID: e.ID.String(), DeviceID: e.ID.String(), DisplayName: e.RDN, Enabled: !e.Disabled(), Created: e.Created.Truncate(time.Second),
		System: e.First(schema.OperatingSystem), Version: e.First(schema.OperatingSystemVersion), Trust: "ServerAd",
		Own: graph.OwnDevice{
			Login: e.Login, HostName: e.First(schema.DNSHostName), DN: e.DN(), SID: e.SID().String(), Server: x.Server, Service: x.Service(), Description: e.First(schema.Description),
			Services: texts(e.Stored(schema.ServicePrincipalName)), Silent: x.Silent(c.dir.Now(), machine.Stale),
		},
	}
	if maker := c.dir.BySID(ident.SID(e.First(schema.MsDSCreatorSID))); maker != nil {
		d.Own.JoinedBy = maker.Name()
	}
	if !x.Contact.At.IsZero() {
		d.LastSignIn = x.Contact.At.Truncate(time.Second)
		d.Own.LastAddress, d.Own.LastDoor = x.Contact.Source.String(), x.Contact.Door
	}
	if cred := c.dir.Credential(e.ID); cred != nil && cred.Usable {
		d.Own.PasswordSet, d.Own.KeyVersion, d.Own.JoinUntil = cred.SetAt.Truncate(time.Second), cred.Current.Version, cred.Until
	}
	for _, m := range c.dir.Memberships(e.ID) {
		if !m.Primary {
			d.Own.Groups = append(d.Own.Groups, m.Group.Name())
		}
	}
	return d
}

func texts(vals [][]byte) []string {
	out := make([]string, len(vals))
	for i, v := range vals {
		out[i] = string(v)
	}
	return out
}

// listDevices lists machines; with stale only those that were silent as long.
func listDevices(c *call) (int, any, error) {
	stale, err := durationParam(c.r.URL.Query().Get("stale"), "stale")
	if err != nil {
		return 0, nil, err
	}
	list, err := c.machines().List(c.r.Context(), stale)
	if err != nil {
		return 0, nil, err
	}
	out := graph.List[graph.Device]{Context: c.context("devices"), Value: []graph.Device{}}
	for _, x := range list {
		out.Value = append(out.Value, c.device(x))
	}
	return http.StatusOK, out, nil
}

// durationParam reads how long something is or lives; nought if it is not said.
func durationParam(s, name string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fault.New(fault.Invalid, "%s is a time such as 720h", name).WithField(name)
	}
	return d, nil
}

func getDevice(c *call) (int, any, error) {
	x, err := c.machines().Find(c.r.Context(), c.r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.device(x), nil
}

func buryDevice(c *call) (int, any, error) {
	_, err := c.machines().Bury(c.r.Context(), c.r.PathValue("id"))
	return http.StatusNoContent, nil, err
}

// presetMachine makes a machine's account with a password to join with, which
// stands in the answer, once.
func presetMachine(c *call) (int, any, error) {
	q, lives, err := c.preset()
	if err != nil {
		return 0, nil, err
	}
	t, err := c.machines().Preset(c.r.Context(), q.Name, lives)
	return c.ticket(http.StatusCreated, t, err)
}

// resetMachine gives a machine another password to join with.
func resetMachine(c *call) (int, any, error) {
	_, lives, err := c.preset()
	if err != nil {
		return 0, nil, err
	}
	t, err := c.machines().Reset(c.r.Context(), c.r.PathValue("id"), lives)
	return c.ticket(http.StatusOK, t, err)
}

// preset reads what a password to join with is asked for.
func (c *call) preset() (q graph.Preset, lives time.Duration, err error) {
	if err := c.read(&q); err != nil {
		return q, 0, err
	}
	lives, err = durationParam(q.Lives, "lives")
	return q, lives, err
}

func (c *call) ticket(status int, t machine.Ticket, err error) (int, any, error) {
	if err != nil {
		return 0, nil, err
	}
	return status, graph.JoinTicket{
		ID: t.Machine.ID.String(), Name: t.Machine.RDN, HostName: t.Machine.First(schema.DNSHostName), Password: string(t.Password), Until: t.Until,
		Domain: c.dir.Domain().Name,
	}, nil
}
