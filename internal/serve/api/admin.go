package api

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"
)

func roleDefinitions(c *call) (int, any, error) {
	if err := c.as.Valid(); err != nil {
		return 0, nil, err
	}
	out := graph.List[graph.RoleDefinition]{Context: c.context("roleManagement/directory/roleDefinitions")}
	for _, d := range role.Builtin() {
		out.Value = append(out.Value, graph.RoleDefinition{ID: d.ID.String(), DisplayName: d.Name, Description: d.Description, BuiltIn: true, Actions: d.Actions})
	}
	return http.StatusOK, out, nil
}

func (c *call) describeAssignment(a role.Assignment) graph.RoleAssignment {
	out := graph.RoleAssignment{ID: a.ID.String(), PrincipalID: a.Principal.String(), RoleID: a.Role.String(), Scope: a.Scope, Until: a.Until}
	if e, err := c.dir.ByID(a.Principal); err == nil {
		out.PrincipalName = e.Name()
	}
	if d := role.ByID(a.Role); d != nil {
		out.RoleName = d.Name
	}
	return out
}

func roleAssignments(c *call) (int, any, error) {
	list, err := c.as.Assignments()
	if err != nil {
		return 0, nil, err
	}
	out := graph.List[graph.RoleAssignment]{Context: c.context("roleManagement/directory/roleAssignments"), Value: []graph.RoleAssignment{}}
	for _, a := range list {
		out.Value = append(out.Value, c.describeAssignment(a))
	}
	slices.SortFunc(out.Value, func(a, b graph.RoleAssignment) int {
		return strings.Compare(a.RoleName+"\x00"+a.PrincipalName, b.RoleName+"\x00"+b.PrincipalName)
	})
	return http.StatusOK, out, nil
}

func assignRole(c *call) (int, any, error) {
	var body graph.RoleAssignment
	if err := c.read(&body); err != nil {
		return 0, nil, err
	}
	e, err := c.dir.Find("", body.PrincipalID)
	if err != nil {
		return 0, nil, err
	}
	d, err := roleNamed(body.RoleID)
	if err != nil {
		return 0, nil, err
	}
	if body.Scope != "" && body.Scope != "/" {
		return 0, nil, fault.New(fault.Unsupported, "directory roles are given for the whole directory").WithField("directoryScopeId").WithHint("leave it out, or say /")
	}
	a, err := c.as.Assign(c.r.Context(), e.ID, d.ID, body.Until)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, c.describeAssignment(a), nil
}

func unassignRole(c *call) (int, any, error) {
	id, err := ident.ParseID(c.r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, c.as.Unassign(c.r.Context(), id)
}

func organization(c *call) (int, any, error) {
	if err := c.as.Valid(); err != nil {
		return 0, nil, err
	}
	d := c.dir.Domain()
	var domains []graph.Object
	for i, s := range d.Suffixes {
		domains = append(domains, graph.Object{"name": s, "isInitial": i == 0, "isDefault": i == 0, "type": "Managed"})
	}
	return http.StatusOK, graph.List[graph.Object]{Context: c.context("organization"), Value: []graph.Object{{
		"id": d.Tenant.String(), "displayName": d.Name, "createdDateTime": d.Created, "verifiedDomains": domains,
		"selfsame": graph.Object{"realm": d.Realm(), "netbiosName": d.NetBIOS, "sid": d.SID.String(), "baseDN": d.Base().String()},
	}}}, nil
}

// auditQuery reads the search of a log from the address.
func (c *call) auditQuery(action role.Action, kinds ...audit.Kind) (audit.Query, error) {
	if err := c.as.MayReadLog(action); err != nil {
		return audit.Query{}, err
	}
	v := c.r.URL.Query()
	q := audit.Query{Kinds: kinds, Terms: strings.Fields(v.Get("$search")), Limit: 100}
	if len(q.Terms) == 0 {
		q.Terms = v["term"]
	}
	if s := v.Get("$top"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 1000 {
			return q, fault.New(fault.Invalid, "$top is a number from 1 to 1000").WithField("$top")
		}
		q.Limit = n
	}
	if s := v.Get("$skiptoken"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return q, fault.New(fault.Invalid, "$skiptoken is not one we gave").WithField("$skiptoken")
		}
		q.Before = n
	}
	var err error
	if q.Since, err = timeParam(v.Get("since"), c.dir.Now()); err != nil {
		return q, err
	}
	q.Until, err = timeParam(v.Get("until"), c.dir.Now())
	return q, err
}

// timeParam reads a time, or how long ago it was.
func timeParam(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "%q is not a time", s).WithHint("it looks like 2026-11-22T10:00:00Z, 2026-11-22, or 24h for a day ago")
}

func signIns(c *call) (int, any, error) {
	q, err := c.auditQuery(role.SignInsRead, audit.SignIn, audit.Issue)
	if err != nil {
		return 0, nil, err
	}
	recs, err := c.dir.Audit().Search(c.r.Context(), q)
	if err != nil {
		return 0, nil, err
	}
	out := graph.List[graph.SignIn]{Context: c.context("auditLogs/signIns"), Value: []graph.SignIn{}}
	for _, r := range recs {
		s := graph.SignIn{
			ID: r.ID.String(), Created: r.Time, UserName: r.Target.Name, ClientApp: r.Client, Protocol: r.Door,
			CorrelationID: r.Correlation, Interactive: r.Client == string(policy.Interactive), Record: r.AppendJSON(nil),
		}
		if !r.Target.ID.IsZero() {
			s.UserID = r.Target.ID.String()
		}
		if r.Source.IsValid() {
			s.IPAddress = r.Source.String()
		}
		if r.Result == audit.Failure {
			s.Status = graph.SignInStatus{ErrorCode: errorCode(r), FailureReason: r.Reason, Details: r.Rule}
		}
		out.Value = append(out.Value, s)
	}
	if len(recs) == q.Limit {
		out.Next = c.nextLink(strconv.FormatUint(recs[len(recs)-1].Seq, 10))
	}
	return http.StatusOK, out, nil
}

// errorCode is Entra ID's number for why a sign-in failed, which people search
// for.
func errorCode(r *audit.Record) int {
	switch r.Reason {
	case "wrong password", "empty password":
		return 50126
	case "unknown user":
		return 50034
	case "locked out":
		return 50053
	case "disabled":
		return 50057
	case "must change the password":
		return 50055
	default:
		return 53003 // blocked by a policy
	}
}

func directoryAudits(c *call) (int, any, error) {
	q, err := c.auditQuery(role.AuditRead, audit.Change, audit.Refusal, audit.System, audit.Secret)
	if err != nil {
		return 0, nil, err
	}
	recs, err := c.dir.Audit().Search(c.r.Context(), q)
	if err != nil {
		return 0, nil, err
	}
	out := graph.List[graph.DirectoryAudit]{Context: c.context("auditLogs/directoryAudits"), Value: []graph.DirectoryAudit{}}
	for _, r := range recs {
		out.Value = append(out.Value, directoryAudit(r))
	}
	if len(recs) == q.Limit {
		out.Next = c.nextLink(strconv.FormatUint(recs[len(recs)-1].Seq, 10))
	}
	return http.StatusOK, out, nil
}

func directoryAudit(r *audit.Record) graph.DirectoryAudit {
	kind, verb, _ := strings.Cut(r.Action, ".")
	a := graph.DirectoryAudit{
		ID: r.ID.String(), Date: r.Time, Activity: r.Action, Operation: operation(verb), Result: string(r.Result), Reason: r.Reason,
		Category: map[string]string{"user": "UserManagement", "group": "GroupManagement", "role": "RoleManagement", "computer": "Device"}[kind],
		Record:   r.AppendJSON(nil),
	}
	if a.Category == "" {
		a.Category = "Policy"
	}
	who := &graph.Identity{DisplayName: r.Actor.Name}
	if !r.Actor.ID.IsZero() {
		who.ID = r.Actor.ID.String()
	}
	if r.Source.IsValid() {
		who.IPAddress = r.Source.String()
	}
	if r.Actor.Kind == ident.KindUser {
		a.By.User = who
	} else {
		a.By.App = who
	}
	t := graph.TargetObject{Name: r.Target.Name, Type: string(r.Target.Kind)}
	if !r.Target.ID.IsZero() {
		t.ID = r.Target.ID.String()
	}
	for _, d := range r.Diffs {
		t.Modified = append(t.Modified, graph.ModifiedProperty{Name: d.Attr, Old: strings.Join(d.Old, ", "), New: strings.Join(d.New, ", ")})
	}
	a.Targets = []graph.TargetObject{t}
	return a
}

func operation(verb string) string {
	switch verb {
	case "create":
		return "Add"
	case "delete":
		return "Delete"
	case "assign":
		return "Assign"
	case "remove":
		return "Unassign"
	default:
		return "Update"
	}
}

func searchAudit(c *call) (int, any, error) {
	q, err := c.auditQuery(role.AuditRead)
	if err != nil {
		return 0, nil, err
	}
	recs, err := c.dir.Audit().Search(c.r.Context(), q)
	if err != nil {
		return 0, nil, err
	}
	out := graph.List[json.RawMessage]{Value: []json.RawMessage{}}
	for _, r := range recs {
		out.Value = append(out.Value, r.AppendJSON(nil))
	}
	if len(recs) == q.Limit {
		out.Next = c.nextLink(strconv.FormatUint(recs[len(recs)-1].Seq, 10))
	}
	return http.StatusOK, out, nil
}

// exportAudit streams every record since a time, one JSON object a line, and with
// follow those that come after.
func exportAudit(c *call) (int, any, error) {
	if err := c.as.MayReadLog(role.AuditRead); err != nil {
		return 0, nil, err
	}
	v := c.r.URL.Query()
	since, err := timeParam(v.Get("since"), c.dir.Now())
	if err != nil {
		return 0, nil, err
	}
	c.w.Header().Set("Content-Type", "application/x-ndjson")
	follow := v.Get("follow") == "true"
	live, cancel := c.dir.Audit().Subscribe()
	defer cancel()
	var last uint64
	var buf []byte
	send := func(r *audit.Record) bool {
		last = r.Seq
		buf = append(r.AppendJSON(buf[:0]), '\n')
		_, err := c.w.Write(buf)
		return err == nil
	}
	if v.Get("tail") != "true" {
		if err := c.dir.Audit().Export(c.r.Context(), since, send); err != nil {
			return 0, nil, err
		}
	}
	for flush := http.NewResponseController(c.w); follow; {
		if err := flush.Flush(); err != nil {
			break
		}
		select {
		case r, ok := <-live:
			if !ok || r.Seq > last && !send(r) {
				return 0, nil, nil
			}
		case <-c.r.Context().Done():
			return 0, nil, nil
		}
	}
	return 0, nil, nil
}

func verifyAudit(c *call) (int, any, error) {
	if err := c.as.MayReadLog(role.AuditRead); err != nil {
		return 0, nil, err
	}
	rep, err := c.s.cfg.Keeper.VerifyAudit(c.r.Context())
	return http.StatusOK, rep, err
}

func listNetworks(c *call) (int, any, error) {
	if err := c.as.MayReadLog(role.PolicyRead); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, graph.List[policy.NamedNetwork]{Value: append([]policy.NamedNetwork{}, c.dir.Networks()...)}, nil
}

func setNetwork(c *call) (int, any, error) {
	var n policy.NamedNetwork
	if err := c.read(&n); err != nil {
		return 0, nil, err
	}
	n.Name = c.r.PathValue("name")
	if len(n.Ranges) == 0 {
		return 0, nil, fault.New(fault.Invalid, "a network has at least one range").WithField("ranges")
	}
	return http.StatusOK, n, c.as.SetNetwork(c.r.Context(), n)
}

func deleteNetwork(c *call) (int, any, error) {
	return http.StatusNoContent, nil, c.as.SetNetwork(c.r.Context(), policy.NamedNetwork{Name: c.r.PathValue("name")})
}

// legacyBind allows or denies clear-text binds from a range, in the network kept
// for that.
func legacyBind(c *call) (int, any, error) {
	var body struct {
		Network netip.Prefix `json:"network"`
		Allow   bool         `json:"allow"`
	}
	if err := c.read(&body); err != nil {
		return 0, nil, err
	}
	n, err := c.as.SetLegacyBind(c.r.Context(), body.Network, body.Allow)
	return http.StatusOK, n, err
}

func listPasswordPolicies(c *call) (int, any, error) {
	if err := c.as.MayReadLog(role.PolicyRead); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, graph.List[credential.Policy]{Value: c.dir.PasswordPolicies()}, nil
}

func setPasswordPolicy(c *call) (int, any, error) {
	var p credential.Policy
	if err := c.read(&p); err != nil {
		return 0, nil, err
	}
	p.ID = c.r.PathValue("id")
	return http.StatusOK, p, c.as.SetPasswordPolicy(c.r.Context(), p)
}

func deletePasswordPolicy(c *call) (int, any, error) {
	return http.StatusNoContent, nil, c.as.DeletePasswordPolicy(c.r.Context(), c.r.PathValue("id"))
}

func backup(c *call) (int, any, error) {
	var body struct {
		Path string `json:"path"`
	}
	if err := c.read(&body); err != nil {
		return 0, nil, err
	}
	if err := c.localOnly(); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, c.s.cfg.Keeper.Backup(c.r.Context(), c.as.Actor(), body.Path)
}

// resetAdministrator gets somebody back in: the built-in account is switched on,
// unlocked, Global Administrator again, and has a new password.
func resetAdministrator(c *call) (int, any, error) {
	var body graph.PasswordProfile
	if err := c.read(&body); err != nil {
		return 0, nil, err
	}
	if err := c.localOnly(); err != nil {
		return 0, nil, err
	}
	pw := credential.Password(body.Password)
	if pw == "" {
		pw = credential.Generate()
	}
	e, err := c.as.ResetAdministrator(c.r.Context(), pw, body.Force)
	if err != nil {
		return 0, nil, err
	}
	doc := c.describe(e, c.as.Reader())
	if body.Password == "" {
		doc["passwordProfile"] = graph.PasswordProfile{Password: string(pw), Force: body.Force}
	}
	return http.StatusOK, doc, nil
}

// localOnly refuses what writes files on the server to callers from elsewhere.
func (c *call) localOnly() error {
	if c.as.Actor().Who().Kind != ident.KindLocal {
		return fault.New(fault.Denied, "this is done on the server itself").WithHint("run it there as root")
	}
	return nil
}

func status(c *call) (int, any, error) {
	if err := c.as.Valid(); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.s.cfg.Keeper.Status(c.r.Context()), nil
}
