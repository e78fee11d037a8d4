package role

import (
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

func mustID(s string) ident.ID {
	id, err := ident.ParseID(s)
	if err != nil {
		panic(err)
	}
	return id
}

// The ids of the built-in directory roles are Entra ID's template ids, so that
// scripts and tokens that carry them mean the same here.
var (
	GlobalAdministrator         = mustID("62e90394-69f5-4237-9190-012177145e10")
	GlobalReader                = mustID("f2ef992c-3afb-46b9-b7cf-a126ee74c451")
	PrivilegedRoleAdministrator = mustID("e8611ab8-c189-46e8-94e1-60213ab1f814")
	UserAdministrator           = mustID("fe930be7-5e62-47db-91af-98c3a49a38b1")
	GroupsAdministrator         = mustID("fdd7a751-b60b-444a-984c-02652fe8fa1c")
	HelpdeskAdministrator       = mustID("729827e3-9c14-49f7-bb1b-9608f156bbb8")
	SecurityReader              = mustID("5d6b6bb7-de71-4623-b4af-95380a352509")

	// DeviceJoinAdministrator joins machines and does nothing else. Entra ID has no
	// role of just that, so its id is ours.
	DeviceJoinAdministrator = mustID("0d0c0a44-5e1f-4d5a-8a65-3f6b7a1f0002")

	// DomainAdministrators is the role that membership of AAD DC Administrators
	// gives. It cannot be assigned; its id is ours.
	DomainAdministrators = mustID("0d0c0a44-5e1f-4d5a-8a65-3f6b7a1f0001")
)

var builtin = []Definition{
	{
		ID: GlobalAdministrator, Name: "Global Administrator",
		Description: "Can do everything, and give and take every role.",
		Actions:     []string{"*"},
	},
	{
		ID: GlobalReader, Name: "Global Reader",
		Description: "Can read everything an administrator can, and change nothing.",
		Actions:     []string{"directory/*/read"},
	},
	{
		ID: PrivilegedRoleAdministrator, Name: "Privileged Role Administrator",
		Description: "Can give and take roles, and look after the accounts that hold them.",
		Actions: []string{
			string(RoleAssign), string(Protected), string(UserPassword), string(UserUnlock), string(UserRevoke),
			string(UserEnable), string(UserDisable), string(UserUpdate), string(GroupMembers), string(GroupOwners), string(GroupUpdate),
			string(SupportRead), string(SignInsRead), string(AuditRead), string(PolicyRead), string(PortalRead),
		},
	},
	{
		ID: UserAdministrator, Name: "User Administrator",
		Description: "Can add, change and remove people and groups, except those who administer.",
		Actions: []string{
			"directory/users/*", "directory/groups/*", string(PortalRead), string(SignInsRead),
		},
		NotActions: []string{string(UserNumbers)},
	},
	{
		ID: GroupsAdministrator, Name: "Groups Administrator",
		Description: "Can add, change and remove groups and their members, except groups that give rights.",
		Actions:     []string{"directory/groups/*", string(PortalRead)},
	},
	{
		ID: HelpdeskAdministrator, Name: "Helpdesk Administrator",
		Description: "Can reset passwords, unlock people and sign them out, except those who administer.",
		Actions: []string{
			string(UserPassword), string(UserUnlock), string(UserRevoke), string(SupportRead), string(SignInsRead), string(PortalRead),
		},
	},
	{
		ID: SecurityReader, Name: "Security Reader",
		Description: "Can read sign-ins, the audit log and the policies.",
		Actions:     []string{string(SignInsRead), string(AuditRead), string(PolicyRead), string(SupportRead), string(PortalRead)},
	},
	{
		ID: DeviceJoinAdministrator, Name: "Device Join Administrator",
		Description: "Can join machines, and join again and remove those they joined.",
		Actions:     []string{string(ComputerCreate), string(ComputerJoin)},
	},
	{
		ID: DomainAdministrators, Name: "AAD DC Administrators",
		Description: "Can manage machines, organizational units and DNS records; administers joined machines.",
		Actions:     []string{"directory/devices/*", string(UnitManage), string(DNSUpdate), string(PortalRead)},
	},
}

// Builtin lists the roles that can be assigned.
func Builtin() []Definition { return builtin[:len(builtin)-1] }

// ByID returns a role, or nil.
func ByID(id ident.ID) *Definition {
	for i := range builtin {
		if builtin[i].ID == id {
			return &builtin[i]
		}
	}
	return nil
}

// ByName returns an assignable role by its name, with or without spaces and in
// any case, or by its id; nil if there is none.
func ByName(name string) *Definition {
	squeeze := func(s string) string {
		return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(s))
	}
	for i := range Builtin() {
		if d := &builtin[i]; squeeze(d.Name) == squeeze(name) || strings.EqualFold(d.ID.String(), name) {
			return d
		}
	}
	return nil
}
