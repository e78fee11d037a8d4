// Package role answers one question: may this actor do this, and by which
// assignment?
//
// A role is a named set of actions. An assignment gives a role to a principal at
// a scope. Scopes form a tree; an assignment holds at its scope and at every
// scope below it.
//
// What always holds:
//
//   - Nothing is allowed unless an assignment allows it.
//   - A decision names the assignment it rests on, so that the audit log can.
//   - Check reads and never writes.
//
// How groups nest is not known here: the caller supplies the principals an actor
// counts as.
package role

import (
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Action is what somebody wants to do: Entra's names of directory actions
// without the vendor before them, such as directory/users/password/update.
type Action string

// The actions on the directory.
const (
	UserCreate      Action = "directory/users/create"
	UserUpdate      Action = "directory/users/basic/update"
	UserRename      Action = "directory/users/userPrincipalName/update"
	UserDelete      Action = "directory/users/delete"
	UserEnable      Action = "directory/users/enable"
	UserDisable     Action = "directory/users/disable"
	UserPassword    Action = "directory/users/password/update"
	UserUnlock      Action = "directory/users/unlock"
	UserRevoke      Action = "directory/users/invalidateAllRefreshTokens"
	UserNumbers     Action = "directory/users/numbers/update"
	GroupCreate     Action = "directory/groups/create"
	GroupUpdate     Action = "directory/groups/basic/update"
	GroupDelete     Action = "directory/groups/delete"
	GroupMembers    Action = "directory/groups/members/update"
	GroupOwners     Action = "directory/groups/owners/update"
	ComputerCreate  Action = "directory/devices/create"
	ComputerUpdate  Action = "directory/devices/basic/update"
	ComputerDelete  Action = "directory/devices/delete"
	ComputerPasswd  Action = "directory/devices/password/update"
	ComputerOwn     Action = "directory/devices/own/update" // names, system, encryption types: a machine's own besides
	ComputerControl Action = "directory/devices/accountControl/update"
	ComputerRename  Action = "directory/devices/rename"
	ComputerJoin    Action = "directory/devices/join" // what a delegated joiner does, to machines of its own
	ComputerAccess  Action = "directory/devices/access/update"
	SudoManage      Action = "directory/sudo/manage"
	MountManage     Action = "directory/automount/manage"
	UserKeys        Action = "directory/users/sshKeys/update"
	UnitManage      Action = "directory/administrativeUnits/manage"
	RoleAssign      Action = "directory/roleAssignments/update"
	Protected       Action = "directory/protected/update" // on top of the action itself
	PolicyUpdate    Action = "directory/policies/update"
	PolicyRead      Action = "directory/policies/read"
	SignInsRead     Action = "directory/signInReports/allProperties/read"
	AuditRead       Action = "directory/auditLogs/allProperties/read"
	SupportRead     Action = "directory/users/support/read" // lockout, wrong passwords, last sign-in
	BackupCreate    Action = "directory/backups/create"
	PortalRead      Action = "directory/allProperties/read"
	RealmRoll       Action = "directory/realm/keys/update"
	DNSUpdate       Action = "directory/dns/records/update"
	RetentionUpdate Action = "directory/auditLogs/retention/update"
)

// Definition is a role.
type Definition struct {
	ID          ident.ID
	Name        string
	Description string
	Actions     []string // patterns
	NotActions  []string
}

// Allows reports whether the role's actions hold the action.
func (d *Definition) Allows(a Action) bool {
	return matchAny(d.Actions, string(a)) && !matchAny(d.NotActions, string(a))
}

func matchAny(patterns []string, action string) bool {
	for _, p := range patterns {
		if Match(p, action) {
			return true
		}
	}
	return false
}

// Match reports whether a pattern covers an action, without regard to case. A
// star within a segment, or at the end, matches any characters; a segment that
// is a star alone matches zero or more segments, so that workspaces/*/read covers
// workspaces/read.
func Match(pattern, action string) bool {
	return matchSegments(strings.Split(strings.ToLower(pattern), "/"), strings.Split(strings.ToLower(action), "/"))
}

func matchSegments(p, a []string) bool {
	for len(p) > 0 {
		if p[0] == "*" {
			for i := 0; i <= len(a); i++ {
				if matchSegments(p[1:], a[i:]) {
					return true
				}
			}
			return false
		}
		if len(a) == 0 || !matchSegment(p[0], a[0]) {
			return false
		}
		p, a = p[1:], a[1:]
	}
	return len(a) == 0
}

func matchSegment(p, a string) bool {
	before, after, star := strings.Cut(p, "*")
	if !star {
		return p == a
	}
	if !strings.HasPrefix(a, before) {
		return false
	}
	for rest := a[len(before):]; ; rest = rest[1:] {
		if matchSegment(after, rest) {
			return true
		}
		if rest == "" {
			return false
		}
	}
}

// Assignment gives a role to a principal at a scope.
type Assignment struct {
	ID        ident.ID  `json:"id"`
	Principal ident.ID  `json:"principalId"`
	Role      ident.ID  `json:"roleDefinitionId"`
	Scope     string    `json:"directoryScopeId"` // "/" for the whole directory
	Until     time.Time `json:"until,omitzero"`
	Created   time.Time `json:"createdDateTime"`
	By        ident.Ref `json:"createdBy,omitzero"`
}

// Assignments is the table of assignments.
var Assignments = store.JSON("assignment/", 1, func(a Assignment) string { return a.ID.String() }, nil)

// Holds reports whether the assignment holds at a scope at a time.
func (a *Assignment) Holds(scope string, now time.Time) bool {
	if !a.Until.IsZero() && !now.Before(a.Until) {
		return false
	}
	return a.Scope == "/" || scope == a.Scope || strings.HasPrefix(scope, strings.TrimSuffix(a.Scope, "/")+"/")
}

// Name is the name of the assigned role.
func (a *Assignment) Name() string {
	if d := ByID(a.Role); d != nil {
		return d.Name
	}
	return a.Role.String()
}

// Decision is the answer, and what it rests on.
type Decision struct {
	Allowed    bool
	Assignment *Assignment
	Role       *Definition
}

// Rule names what the decision rests on, for the audit log.
func (d Decision) Rule() string {
	if d.Role == nil {
		return ""
	}
	return "role:" + d.Role.Name
}

// Check decides whether one of the assignments allows the action at the scope.
// The assignments are those of the actor and of every group it counts as.
func Check(assignments []*Assignment, action Action, scope string, now time.Time) Decision {
	for _, a := range assignments {
		if d := ByID(a.Role); d != nil && a.Holds(scope, now) && d.Allows(action) {
			return Decision{Allowed: true, Assignment: a, Role: d}
		}
	}
	return Decision{}
}
