package machine

import (
	"slices"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
)

// Access is who may sign in on a machine; empty for everybody.
type Access struct{ Groups, Users []string }

// AccessOf reads who may sign in on a machine. Who is gone is no longer among them,
// and a rule of nobody left lets nobody in.
func (m *Machines) AccessOf(e *directory.Entry) (a Access, ruled bool) {
	ids := e.Links(schema.HostAccess)
	for _, id := range ids {
		switch x, err := m.dir.ByID(id); {
		case err != nil:
		case x.Class == schema.Group:
			a.Groups = append(a.Groups, x.Login)
		default:
			a.Users = append(a.Users, x.Login)
		}
	}
	return a, len(ids) > 0
}

// Lines are the lines of sssd.conf that enforce the rule, sssd-simple(5): what realm
// permit writes. SSSD counts nested groups. Without a rule the domain's own check
// holds, which is whether the account is enabled.
func (a Access) Lines(ruled bool) []string {
	if !ruled {
		return []string{"access_provider = ad"}
	}
	out := []string{"access_provider = simple"}
	if len(a.Groups) > 0 {
		out = append(out, "simple_allow_groups = "+strings.Join(a.Groups, ", "))
	}
	users := a.Users
	if len(users) == 0 && len(a.Groups) == 0 { // with both lists empty SSSD lets everybody in
		users = []string{nobody}
	}
	if len(users) > 0 {
		out = append(out, "simple_allow_users = "+strings.Join(users, ", "))
	}
	return out
}

// nobody is a name that no account of the directory can have.
const nobody = "nobody"

// Permits are the commands that do the same on a machine that was joined by realmd.
func (a Access) Permits() []string {
	out := []string{"realm deny --all"}
	for _, g := range a.Groups {
		out = append(out, "realm permit -g '"+g+"'")
	}
	for _, u := range a.Users {
		out = append(out, "realm permit '"+u+"'")
	}
	return out
}

// SSSDConf is the sssd.conf we recommend; e is the machine it is for, nil for any.
func (m *Machines) SSSDConf(e *directory.Entry) string {
	dom := m.dir.Domain()
	access := []string{"access_provider = ad"}
	if e != nil {
		access = Access.Lines(m.AccessOf(e))
	}
	mapping := "True"
	if m.dir.Imported() {
		mapping = "False"
	}
	filter := strings.Join(ident.SystemNames(), ", ")
	lines := []string{
		"# /etc/sssd/sssd.conf, mode 0600",
		"[sssd]",
		"domains = " + dom.Name,
		"services = nss, pam, ssh, sudo, pac",
		"",
		"[nss]",
		"# A directory's name never stands for an account or group of the system, even if",
		"# one got in: a group called sudo would be root.",
		"filter_users = " + filter,
		"filter_groups = " + filter,
		"",
		"[pam]",
		"# Who left a group, or was disabled, has lost it at the next sign-in, although",
		"# a process of theirs still runs.",
		"pam_initgroups_scheme = always",
		"",
		"[pac]",
		"pac_lifetime = 60",
		"",
		"[domain/" + dom.Name + "]",
		"id_provider = ad",
		"ad_domain = " + dom.Name,
		"krb5_realm = " + dom.Realm(),
		"use_fully_qualified_names = False",
		"fallback_homedir = /home/%u",
		"default_shell = /bin/bash",
		"# The same numbers on every machine" + map[string]string{"True": ": made of the SID.", "False": ": those the directory publishes."}[mapping],
		"ldap_id_mapping = " + mapping,
		"ldap_user_ssh_public_key = sshPublicKey",
		"sudo_provider = ad",
		"ldap_sudo_search_base = OU=" + directory.SudoersUnit + "," + dom.Base().String(),
		"autofs_provider = ad",
		"ldap_autofs_search_base = OU=" + directory.AutomountUnit + "," + dom.Base().String(),
		"ldap_autofs_map_object_class = automountMap",
		"ldap_autofs_map_name = automountMapName",
		"ldap_autofs_entry_object_class = automount",
		"ldap_autofs_entry_key = automountKey",
		"ldap_autofs_entry_value = automountInformation",
		"cache_credentials = True",
		"entry_cache_timeout = 300",
	}
	return strings.Join(slices.Concat(lines, serviceLines(e, dom.Name), access), "\n") + "\n"
}

// serviceLines are what SSSD has to be told to read by a service account in the stead
// of the machine's own, sssd-ad(5), with the keytab where adcli create-msa writes it.
func serviceLines(e *directory.Entry, domain string) []string {
	if e == nil || e.Class != schema.ManagedServiceAccount {
		return nil
	}
	keytab := "/etc/krb5.keytab." + domain
	return []string{
		"# By the service account: the machine is not joined, and names no host here.",
		"ldap_sasl_authid = " + e.Login,
		"ldap_krb5_keytab = " + keytab,
		"krb5_keytab = " + keytab,
		"dyndns_update = False",
	}
}

// Sudoers is a file for /etc/sudoers.d of the same machines. Without it sudo asks for
// the name of each of a person's groups and compares names; with it, it looks the
// rule's group up and compares numbers, sudoers(5) match_group_by_gid: a group that
// has a system group's name has not its number.
func Sudoers() string {
	return "# /etc/sudoers.d/selfsame, mode 0440\nDefaults match_group_by_gid\n"
}
