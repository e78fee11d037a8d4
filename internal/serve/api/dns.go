package api

import (
	"net/http"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

// zone is the names of the domain as the caller may change them.
func (c *call) zone() (zone.As, error) {
	if c.s.cfg.Zone == nil {
		return zone.As{}, fault.New(fault.Unsupported, "this server serves no DNS")
	}
	return c.s.cfg.Zone.As(c.as.Actor()), nil
}

func listRecords(c *call) (int, any, error) {
	z, err := c.zone()
	if err != nil {
		return 0, nil, err
	}
	list, err := z.Records()
	return http.StatusOK, graph.List[zone.Record]{Value: append([]zone.Record{}, list...)}, err
}

// setRecord makes or replaces the records of a type at a name.
func setRecord(c *call) (int, any, error) {
	var body struct {
		TTL    uint32   `json:"ttl"`
		Values []string `json:"values"`
	}
	if err := c.read(&body); err != nil {
		return 0, nil, err
	}
	z, err := c.zone()
	if err != nil {
		return 0, nil, err
	}
	r, err := z.SetRecord(c.r.Context(), c.r.PathValue("name"), c.recordType(), body.TTL, body.Values)
	return http.StatusOK, r, err
}

// deleteRecord removes the records of a type at a name, or without one all of them.
func deleteRecord(c *call) (int, any, error) {
	z, err := c.zone()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, z.DeleteRecord(c.r.Context(), c.r.PathValue("name"), c.recordType())
}

func (c *call) recordType() zone.Type {
	if t := c.r.PathValue("type"); t != "" {
		return zone.Type(strings.ToUpper(t))
	}
	return zone.Any
}
