package api

import (
	"net/http"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

// realmDoc is the realm's keys as people may see them: their numbers and times.
type realmDoc struct {
	Realm string     `json:"realm"`
	Keys  []realmKey `json:"keys"` // the newest last
}

type realmKey struct {
	Number uint32    `json:"kvno"`
	From   time.Time `json:"from"`
}

func showRealm(c *call) (int, any, error) {
	if _, err := c.as.Require(role.PolicyRead); err != nil {
		return 0, nil, err
	}
	d := c.dir.Domain()
	doc := realmDoc{Realm: d.Realm()}
	for _, v := range c.dir.Realm().Versions {
		doc.Keys = append(doc.Keys, realmKey{v.Number, v.From})
	}
	return http.StatusOK, doc, nil
}

// rollRealm gives the realm a new key; with renounce no ticket made before opens.
// With server it is this server's own account that gets new ones.
func rollRealm(c *call) (int, any, error) {
	var q struct {
		Renounce bool `json:"renounce"`
		Server   bool `json:"server"`
	}
	if err := c.read(&q); err != nil {
		return 0, nil, err
	}
	if q.Server {
		own := c.dir.KerberosClient(c.dir.Server()+"$", false)
		if own == nil {
			return 0, nil, fault.New(fault.NotFound, "this server has no account of its own")
		}
		if err := c.as.RollServer(c.r.Context(), own.ID); err != nil {
			return 0, nil, err
		}
		return showRealm(c)
	}
	if err := c.as.RollRealm(c.r.Context(), q.Renounce); err != nil {
		return 0, nil, err
	}
	return showRealm(c)
}

func showTickets(c *call) (int, any, error) {
	return http.StatusOK, c.dir.TicketPolicy(), nil
}

func setTickets(c *call) (int, any, error) {
	t := c.dir.TicketPolicy()
	if err := c.read(&t); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, t, c.as.SetTicketPolicy(c.r.Context(), t)
}
