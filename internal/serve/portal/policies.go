package portal

import (
	"net/url"
	"strconv"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// policiesPage shows the rules in force.
type policiesPage struct {
	MayEdit   bool
	Passwords []passwordRow
	Networks  []networkRow
}

type passwordRow struct {
	Path, Name, For, Rules, Age, Lock string
}

type networkRow struct {
	Name   string
	Ranges []string
	Legacy bool
}

func showPolicies(v *visit) error {
	if err := v.as.MayReadLog(role.PolicyRead); err != nil {
		return err
	}
	p := policiesPage{MayEdit: v.can(role.PolicyUpdate, nil)}
	list := v.dir.PasswordPolicies()
	if len(list) == 0 {
		list = append(list, credential.DefaultPolicy)
	}
	for _, x := range list {
		p.Passwords = append(p.Passwords, v.passwordRow(&x))
	}
	for _, n := range v.dir.Networks() {
		row := networkRow{Name: n.Name, Legacy: n.LegacyBind}
		for _, r := range n.Ranges {
			row.Ranges = append(row.Ranges, r.String())
		}
		p.Networks = append(p.Networks, row)
	}
	return v.show("policies.html", "Policies", p,
		page.Do{What: "Change a password policy", Command: "selfsame policy password set default --min-length 12", Method: "PUT", Path: "/selfsame/v1/policies/passwords/default"},
		page.Do{What: "Name a network", Command: "selfsame policy network set office 10.1.0.0/16", Method: "PUT", Path: "/selfsame/v1/policies/networks/office", Body: `{"ranges": ["10.1.0.0/16"]}`},
		page.Do{What: "Allow passwords in clear from a network", Command: "selfsame policy legacy-bind allow --network 10.1.2.0/24", Method: "POST", Path: "/selfsame/v1/policies/legacyBind", Body: `{"network": "10.1.2.0/24", "allow": true}`})
}

func (v *visit) passwordRow(x *credential.Policy) passwordRow {
	r := passwordRow{Path: "/policies/passwords/" + url.PathEscape(x.ID), Name: x.Name, For: "Everybody no other policy holds for"}
	if len(x.Groups) > 0 {
		r.For = ""
		for i, id := range x.Groups {
			name := id.String()
			if g, err := v.dir.ByID(id); err == nil {
				name = g.Name()
			}
			if i > 0 {
				r.For += ", "
			}
			r.For += name
		}
	}
	r.Rules = "At least " + strconv.Itoa(x.MinLength) + " characters"
	if x.Complex {
		r.Rules += ", of three kinds or 20 characters"
	}
	if x.History > 0 {
		r.Rules += "; not one of the last " + strconv.Itoa(x.History)
	}
	r.Age = "Never expires"
	if x.MaxAge > 0 {
		r.Age = "Expires after " + page.Count(int(x.MaxAge/(24*time.Hour)), "day", "days")
	}
	r.Lock = "Never locks"
	if x.Threshold > 0 {
		r.Lock = page.Count(x.Threshold, "wrong password", "wrong passwords") + " within " + page.Span(x.Window) + " lock for " + page.Span(x.Duration)
		if x.Strict {
			r.Lock += ", over all networks"
		} else {
			r.Lock += ", from one network"
		}
	}
	return r
}
