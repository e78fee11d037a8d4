package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func sssdFile(_ context.Context, p *patient) []Finding {
	if !p.sssd.there {
		if !p.joined {
			return nil
		}
		return []Finding{found(Error, sssdPath+" is not there", "Nobody of the domain is known on this machine.", rejoin+p.domain)}
	}
	var out []Finding
	for _, f := range append([]string{sssdPath}, p.glob("/etc/sssd/conf.d/*.conf")...) {
		if how, fix := p.closed(f); how != "" {
			if fix != nil {
				fix.Then = restartSSSD
			}
			out = append(out, found(Error, f+" "+how, "SSSD does not start with settings that others may read or write.", "chown root: "+f+"; chmod 600 "+f).with(fix))
		}
	}
	if p.sssd.wrong != "" {
		out = append(out, found(Error, "a line cannot be read in "+p.sssd.wrong, "SSSD does not start.", "correct it; sssctl config-check says more"))
	}
	if p.sssd.domain == "" {
		out = append(out, found(Error, "[sssd] in sssd.conf lists no domain that has a section", "SSSD has nobody to ask.", "set domains = "+p.domain+" and write [domain/"+p.domain+"], or "+rejoin+p.domain))
	}
	return out
}

func sssdDomain(_ context.Context, p *patient) []Finding {
	if p.sssd.domain == "" {
		return nil
	}
	c := &p.sssd
	var out []Finding
	provider := c.get("id_provider")
	switch provider {
	case "ad", "ldap":
	case "":
		out = append(out, found(Error, "sssd.conf names no id_provider for "+c.domain, "SSSD does not start.", "set id_provider = ad").with(p.setDomain("id_provider", "ad")))
	default:
		out = append(out, found(Warning, "id_provider is "+provider, "The domain is one in Active Directory's shape.", "set id_provider = ad, after a join"))
	}
	if isTrue(c.get("use_fully_qualified_names")) {
		out = append(out, found(Warning, "people are called alice@"+c.domain+" here", "realm join sets use_fully_qualified_names: alice does not sign in by the name she has elsewhere.",
			"set use_fully_qualified_names = False").with(p.setDomain("use_fully_qualified_names", "False")))
	}
	if home := c.get("fallback_homedir"); home == "" && c.get("override_homedir") == "" {
		out = append(out, found(Warning, "sssd.conf says nothing of homes", "Who has no home in the directory gets / for one.", "set fallback_homedir = /home/%u").with(p.setDomain("fallback_homedir", "/home/%u")))
	} else if strings.Contains(home, "%d") || strings.Contains(home, "@") {
		out = append(out, found(Warning, "homes are made at "+home, "On every machine the home is named otherwise than a shared one.", "set fallback_homedir = /home/%u").with(p.setDomain("fallback_homedir", "/home/%u")))
	}
	if provider == "ad" {
		if access := c.get("access_provider"); access == "" || access == "permit" {
			out = append(out, found(Warning, "sssd.conf lets everybody in whom the domain knows", "With a key or a ticket even those sign in whose account is disabled or expired.",
				"set access_provider = ad").with(p.setDomain("access_provider", "ad")))
		}
	}
	if provider == "ad" && c.values["pam"]["pam_initgroups_scheme"] == "" {
		out = append(out, found(Note, "SSSD does not ask for groups anew while a session lasts", "Who left a group has it at the next sign-in still, while a process of theirs runs.",
			"set pam_initgroups_scheme = always in [pam]").with(p.setSSSD("pam", "pam_initgroups_scheme", "always")))
	}
	if shell := c.get("default_shell"); shell != "" && !p.exists(shell) {
		out = append(out, found(Error, "the shell "+shell+" is not on this machine", "Every sign-in ends at once.", "set default_shell = /bin/bash").with(p.setDomain("default_shell", "/bin/bash")))
	}
	return out
}

// serves reports whether one of SSSD's services runs: because it is listed, or by
// its socket when it is asked.
func (p *patient) serves(service string) bool {
	return slices.Contains(words(p.sssd.values["sssd"]["services"]), service) ||
		p.exists("/etc/systemd/system/sssd.service.wants/sssd-"+service+".socket", "/etc/systemd/system/sockets.target.wants/sssd-"+service+".socket")
}

func sssdServices(_ context.Context, p *patient) []Finding {
	if p.sssd.domain == "" {
		return nil
	}
	wanted := map[string]string{"nss": "people and groups are unknown", "pam": "nobody of the domain signs in"}
	if slices.Contains(p.databases()["sudoers"], "sss") {
		wanted["sudo"] = "sudo rules of the directory are not found"
	}
	if _, line := p.sshdValue("authorizedkeyscommand"); strings.Contains(line, "sss_ssh_authorizedkeys") {
		wanted["ssh"] = "SSH keys of the directory are not found"
	}
	var out []Finding
	for _, s := range []string{"nss", "pam", "sudo", "ssh"} {
		why, want := wanted[s]
		if !want || p.serves(s) {
			continue
		}
		now := words(p.sssd.values["sssd"]["services"])
		severity := Warning
		if s == "nss" || s == "pam" {
			severity = Error
		}
		out = append(out, found(severity, "SSSD does not serve "+s, upper(why)+".", "add "+s+" to services in [sssd]").
			with(p.setSSSD("sssd", "services", strings.Join(append(now, s), ", "))))
	}
	return out
}

// systemNames are the names of the machine's own people or groups: those below the
// numbers of persons, login.defs(5).
func (p *patient) systemNames(file string) []string {
	const firstPerson = 1000
	var out []string
	for _, e := range p.accounts(file) {
		if e.number < firstPerson {
			out = append(out, e.name)
		}
	}
	return out
}

// granting are the groups that give root, or a way to it, on the common
// distributions.
var granting = []string{"sudo", "wheel", "admin", "adm", "staff", "docker", "podman", "lxd", "incus-admin", "libvirt", "disk", "kmem", "shadow"}

// sssdNames looks whether a group of the directory that is called sudo, or docker,
// would be root here. The fix lists every name of this machine's own, so that the
// services it has are guarded and no others.
func sssdNames(_ context.Context, p *patient) []Finding {
	if p.sssd.domain == "" {
		return nil
	}
	var out []Finding
	for _, x := range []struct {
		key, file string
		guard     func(names []string) []string // those of the names that have to be kept back
		what      string
	}{
		{"filter_groups", "/etc/group", func(names []string) []string { return both(names, granting) }, "A group of the domain with such a name would give here what the local one gives."},
		{"filter_users", "/etc/passwd", func(names []string) []string { return names }, "Files and processes of a system account could be a person's."},
	} {
		has := words(p.sssd.values["nss"][x.key])
		var lacks []string
		for _, n := range p.systemNames(x.file) {
			if n != "root" && !slices.Contains(has, n) { // root is never looked up, sssd.conf(5)
				lacks = append(lacks, n)
			}
		}
		open := x.guard(lacks)
		if len(open) == 0 || x.key == "filter_users" && len(has) > 1 {
			continue
		}
		value := strings.Join(unique(append(append([]string{"root"}, has...), lacks...)), ", ")
		out = append(out, found(Warning, fmt.Sprintf("names of the system are looked up in the domain too: %s", list(open)), x.what,
			"list them in "+x.key+" of [nss], as selfsame machine sssd-conf does").with(p.setSSSD("nss", x.key, value)))
	}
	return out
}

func both(a, b []string) []string {
	var out []string
	for _, n := range a {
		if slices.Contains(b, n) {
			out = append(out, n)
		}
	}
	return out
}

// statusWait is how long SSSD may take to say whether it is online; it does so in a
// tenth of a second.
const statusWait = time.Second

func sssdRuns(ctx context.Context, p *patient) []Finding {
	if p.sssd.domain == "" {
		return nil
	}
	if !p.program("sssd") {
		return []Finding{found(Error, "SSSD is not installed", "Nobody of the domain is known on this machine.", "apt-get install sssd-ad sssd-tools libnss-sss libpam-sss")}
	}
	state, err := p.Run(ctx, "systemctl", "is-active", "sssd")
	if missing(err) || strings.Contains(state, "not been booted") {
		return nil // another init: what serves it is its own
	}
	if state = strings.TrimSpace(state); state != "active" {
		return []Finding{found(Error, "SSSD does not run: it is "+state, "Nobody of the domain is known on this machine.", "systemctl restart sssd; journalctl -u sssd says why it ended").
			with(&Fix{Then: restartSSSD})}
	}
	// It goes over D-Bus, which starts SSSD's end of it first: just after a restart that
	// may hang until D-Bus gives up, 25 s later. No answer is no finding.
	ctx, cancel := context.WithTimeout(ctx, statusWait)
	defer cancel()
	said, err := p.Run(ctx, "sssctl", "domain-status", "--online", p.sssd.domain)
	if err == nil && strings.Contains(said, "Offline") {
		return []Finding{found(Error, "SSSD is offline", "It knows only people who signed in here before, and tries again after a minute or more.",
			"mend what stands above, then systemctl restart sssd").with(&Fix{Then: restartSSSD})}
	}
	return nil
}

// account is a line of passwd or group.
type account struct {
	name   string
	number int
}

func (m *Machine) accounts(file string) []account {
	var out []account
	for _, line := range lines(m.read(file)) {
		f := strings.Split(line, ":")
		if len(f) < 3 {
			continue
		}
		if n, err := strconv.Atoi(f[2]); err == nil {
			out = append(out, account{f[0], n})
		}
	}
	return out
}

// firstSlice is where SSSD begins to give out numbers for SIDs, and slices the first
// number behind them: its own defaults, sssd-ad(5).
const firstSlice, afterSlices = 200_000, 2_000_200_000

func clashes(ctx context.Context, p *patient) []Finding {
	if p.sssd.domain == "" || !p.serves("nss") {
		return nil
	}
	var out []Finding
	for _, x := range []struct{ database, file, what, move string }{
		{"passwd", "/etc/passwd", "account", "usermod --login"},
		{"group", "/etc/group", "group", "groupmod --new-name"},
	} {
		local := p.accounts(x.file)
		names := []string{"-s", "sss", x.database}
		var numbers []string
		for _, a := range local {
			names = append(names, a.name)
			if a.number >= firstSlice && a.number < afterSlices {
				numbers = append(numbers, a.name+" ("+strconv.Itoa(a.number)+")")
			}
		}
		said, err := p.Run(ctx, "getent", names...)
		if missing(err) {
			said = ""
		}
		both := make(map[string]bool)
		for _, line := range lines(said) {
			name, _, _ := strings.Cut(line, ":")
			if slices.ContainsFunc(local, func(a account) bool { return a.name == name }) {
				both[name] = true
			}
		}
		for _, a := range local {
			if both[a.name] {
				out = append(out, found(Error, fmt.Sprintf("the %s %s is in %s and in the directory", x.what, a.name, x.file),
					"The local one counts: another number, another password, other rights than on every other machine.", fmt.Sprintf("rename the local one (%s NEW %s), or delete it", x.move, a.name)))
			}
		}
		if len(numbers) > 0 {
			out = append(out, found(Warning, fmt.Sprintf("local numbers in %s stand in the domain's range: %s", x.file, list(numbers)),
				"Whoever of the domain gets such a number owns the files of the local one.", "give them numbers below "+strconv.Itoa(firstSlice)))
		}
	}
	return out
}
