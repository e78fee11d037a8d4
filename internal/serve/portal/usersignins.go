package portal

import (
	"strconv"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/net/page"
)

// signInsPage lists one person's sign-ins.
type signInsPage struct {
	Head      userHead
	Rows      []recordRow
	Chart     page.Chart
	Good, Bad int
	Older     string
	Newest    string
}

func showUserSignIns(v *visit) error {
	e, err := v.target()
	if err != nil {
		return err
	}
	if !v.can(role.SignInsRead, e) {
		return v.as.MayReadLog(role.SignInsRead)
	}
	p := signInsPage{Head: v.headOf(e, "/signins")}
	p.Chart, err = v.weekOf(e)
	if err != nil {
		return err
	}
	p.Good, p.Bad = p.Chart.Totals()
	q := audit.Query{Kinds: signInKinds, Terms: []string{e.ID.String()}, Limit: perPage + 1}
	q.Before, _ = strconv.ParseUint(v.field("before"), 10, 64)
	if q.Before > 0 {
		p.Newest = v.with("before", "")
	}
	recs, err := v.dir.Audit().Search(v.r.Context(), q)
	if err != nil {
		return err
	}
	if len(recs) > perPage {
		recs = recs[:perPage]
		p.Older = v.with("before", strconv.FormatUint(recs[perPage-1].Seq, 10))
	}
	for _, r := range recs {
		p.Rows = append(p.Rows, v.row(r, false))
	}
	return v.show("usersignins.html", e.DisplayName()+": sign-ins", p,
		page.Do{What: "Find them in the log", Command: "selfsame audit search signIn " + page.Quote(e.Login), Method: "GET", Path: "/v1.0/auditLogs/signIns?term=" + e.ID.String()})
}

// weekOf draws a person's week.
func (v *visit) weekOf(e *directory.Entry) (page.Chart, error) {
	const step = 6 * time.Hour
	end := v.now().Truncate(step).Add(step)
	since := end.Add(-7 * 24 * time.Hour)
	recs, err := v.dir.Audit().Search(v.r.Context(), audit.Query{Kinds: signInKinds, Terms: []string{"signIn", e.ID.String()}, Since: since, Limit: 5000})
	if err != nil {
		return page.Chart{}, err
	}
	return chartOf("week", recs, since, step, 28, 110), nil
}

// chartOf counts sign-ins and refusals over time.
func chartOf(id string, recs []*audit.Record, since time.Time, step time.Duration, n, height int) page.Chart {
	c := page.Chart{ID: id, Step: step, Height: height, Points: make([]page.Point, n)}
	for i := range c.Points {
		c.Points[i].At = since.Add(time.Duration(i) * step)
	}
	for _, r := range recs {
		i := int(r.Time.Sub(since) / step)
		if i < 0 || i >= n {
			continue
		}
		if r.Result == audit.Failure {
			c.Points[i].Bad += max(1, r.Count)
		} else {
			c.Points[i].Good += max(1, r.Count)
		}
	}
	good, bad := c.Totals()
	c.Label = page.Count(good, "sign-in", "sign-ins") + " and " + page.Count(bad, "refusal", "refusals") + " over time"
	return c
}
