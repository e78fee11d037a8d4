package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func hostName(_ context.Context, p *patient) []Finding {
	var out []Finding
	stem := p.stem()
	switch {
	case stem == "" || stem == "localhost":
		return []Finding{found(Error, "the machine is called localhost", "Its account is named for it, and every other unnamed machine's too.", "hostnamectl set-hostname NAME."+p.domain)}
	case !strings.Contains(p.host, "."):
		out = append(out, found(Warning, "the machine has no whole name, only "+stem, "A join registers host/"+stem+", and tickets are asked for under the whole name.", "hostnamectl set-hostname "+stem+"."+p.domain))
	case p.domain != "" && p.host != stem+"."+p.domain:
		out = append(out, found(Warning, fmt.Sprintf("the machine is called %s, and its domain is %s", p.host, p.domain), "Machines of a domain have names in it: a join refuses others, and tickets to them are not found.", "hostnamectl set-hostname "+stem+"."+p.domain))
	}
	if len(stem) > longestName {
		out = append(out, found(Error, fmt.Sprintf("the name %s has %d characters", stem, len(stem)), "An account of a machine has fifteen at most: two machines with one beginning would be one.", "hostnamectl set-hostname, with a shorter name; then join"))
	}
	if strings.Contains(stem, "_") {
		out = append(out, found(Error, "the name "+stem+" has an underscore", "Hosts' names are letters, digits and hyphens, RFC 1123: DNS and the join refuse it.", "hostnamectl set-hostname, with another name"))
	}
	for _, f := range p.hostsLines() {
		a, err := netip.ParseAddr(f[0])
		if err == nil && a.IsLoopback() && slices.Contains(f[1:], p.host) && p.host != stem {
			out = append(out, found(Warning, fmt.Sprintf("/etc/hosts gives %s to %s", a, p.host), "Programs here that ask for the machine's own address get one that nobody else can reach: notebooks and jobs tell it to others.",
				"give it the machine's address there, or take the line out: DNS knows it"))
		}
	}
	return out
}

// databases are the sources of nsswitch.conf by what is looked up, nsswitch.conf(5).
func (m *Machine) databases() map[string][]string {
	out := make(map[string][]string)
	for _, line := range lines(m.read("/etc/nsswitch.conf")) {
		if name, sources, ok := strings.Cut(line, ":"); ok {
			out[strings.TrimSpace(name)] = strings.Fields(sources)
		}
	}
	return out
}

func nsswitch(_ context.Context, p *patient) []Finding {
	if !p.joined {
		return nil
	}
	has := p.databases()
	var out []Finding
	for _, x := range []struct {
		name, why string
		severity  Severity
	}{
		{"passwd", "Nobody of the domain is known to any program.", Error},
		{"group", "Nobody is in a group of the domain.", Error},
		{"sudoers", "Sudo rules of the directory do not count here.", Warning},
	} {
		if x.name == "sudoers" && !p.program("sudo") || slices.Contains(has[x.name], "sss") {
			continue
		}
		out = append(out, found(x.severity, "nsswitch.conf does not look for "+x.name+" in SSSD", x.why, "add sss to the line "+x.name+": in /etc/nsswitch.conf").
			with(&Fix{Edits: []Edit{{Path: "/etc/nsswitch.conf", Mode: 0o644, Text: func(old string) string { return addSource(old, x.name) }}}}))
	}
	return out
}

// addSource lets a database be looked up in SSSD, last. A rule in brackets there ends
// the search, and SSSD stands before it.
func addSource(text, database string) string {
	all := strings.SplitAfter(text, "\n")
	for i, l := range all {
		name, sources, ok := strings.Cut(l, ":")
		if !ok || strings.TrimSpace(name) != database {
			continue
		}
		bare, comment, _ := strings.Cut(strings.TrimRight(sources, "\n"), "#")
		if comment != "" {
			comment = " #" + comment
		}
		if before, rule, ok := strings.Cut(bare, "["); ok {
			bare = strings.TrimRight(before, " \t") + " sss [" + rule
		} else {
			bare = strings.TrimRight(bare, " \t") + " sss"
		}
		all[i] = name + ":" + bare + comment + "\n"
		return strings.Join(all, "")
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + database + ": files sss\n"
}

// pamStacks are the shared files of Debian's PAM, and of Red Hat's.
var pamStacks = map[string][]string{
	"auth":     {"/etc/pam.d/common-auth", "/etc/pam.d/system-auth", "/etc/pam.d/password-auth"},
	"account":  {"/etc/pam.d/common-account", "/etc/pam.d/system-auth", "/etc/pam.d/password-auth"},
	"password": {"/etc/pam.d/common-password", "/etc/pam.d/system-auth", "/etc/pam.d/password-auth"},
	"session":  {"/etc/pam.d/common-session", "/etc/pam.d/system-auth", "/etc/pam.d/password-auth"},
}

// stacked reports whether a module stands in one of PAM's stacks.
func (m *Machine) stacked(stack string, modules ...string) bool {
	for _, file := range pamStacks[stack] {
		for _, l := range lines(m.read(file)) {
			f := strings.Fields(l)
			if strings.TrimPrefix(f[0], "-") == stack && slices.ContainsFunc(f, func(w string) bool { return slices.Contains(modules, filepath.Base(w)) }) {
				return true
			}
		}
	}
	return false
}

func pam(_ context.Context, p *patient) []Finding {
	if !p.joined || !p.exists("/etc/pam.d") {
		return nil
	}
	var out []Finding
	var lacks []string
	for _, stack := range []string{"auth", "account", "password", "session"} {
		if !p.stacked(stack, "pam_sss.so") {
			lacks = append(lacks, stack)
		}
	}
	if len(lacks) > 0 {
		out = append(out, found(Error, "PAM does not ask SSSD for "+list(lacks), "Passwords of the domain do not sign in, or are not changed.", "pam-auth-update --enable sss; on Red Hat authselect select sssd").with(p.enablePAM("sss")))
	}
	if !p.stacked("session", "pam_mkhomedir.so", "pam_oddjob_mkhomedir.so") {
		out = append(out, found(Warning, "PAM makes no homes", "Who signs in for the first time stands in /, and notebooks do not start.", "pam-auth-update --enable mkhomedir; on Red Hat authselect enable-feature with-mkhomedir").with(p.enablePAM("mkhomedir")))
	}
	return out
}

// enablePAM is the fix by Debian's own tool, which knows the order of the modules.
func (p *patient) enablePAM(profile string) *Fix {
	if !p.program("pam-auth-update") || !p.exists("/usr/share/pam-configs/"+profile) {
		return nil
	}
	f := &Fix{Do: [][]string{{"pam-auth-update", "--package", "--enable", profile}}}
	for _, s := range []string{"auth", "account", "password", "session", "session-noninteractive"} {
		f.Edits = append(f.Edits, Edit{Path: "/etc/pam.d/common-" + s})
	}
	return f
}

func cracklib(_ context.Context, p *patient) []Finding {
	if !p.stacked("password", "pam_pwquality.so", "pam_cracklib.so") {
		return nil
	}
	if p.exists("/var/cache/cracklib/cracklib_dict.pwd", "/usr/share/cracklib/pw_dict.pwd", "/usr/share/cracklib/pw_dict.pwd.gz") {
		return nil
	}
	return []Finding{found(Error, "PAM checks passwords by a dictionary that is not there", "Every change of a password fails with \"error loading dictionary\", a forced one at the first sign-in too.",
		"apt-get install cracklib-runtime wamerican; update-cracklib")}
}

const sudoOurs = "/etc/sudoers.d/selfsame"

func sudoers(_ context.Context, p *patient) []Finding {
	if !p.exists("/etc/sudoers") {
		return nil
	}
	var out []Finding
	text := p.read("/etc/sudoers")
	included := false
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		included = included || len(f) == 2 && (f[0] == "@includedir" || f[0] == "#includedir") && strings.TrimRight(f[1], "/") == "/etc/sudoers.d"
	}
	files := p.glob("/etc/sudoers.d/*")
	if !included && len(files) > 0 {
		out = append(out, found(Warning, "/etc/sudoers does not include /etc/sudoers.d", "What stands there has no effect.", "add by visudo: @includedir /etc/sudoers.d"))
	}
	byNumber := strings.Contains(text, "match_group_by_gid")
	for _, f := range files {
		base := filepath.Base(f)
		switch {
		case strings.HasSuffix(base, "~") || strings.Contains(base, "."):
			if base != "README" && !strings.HasSuffix(base, ".bak") {
				out = append(out, found(Warning, "sudo passes over "+f, "Names with a dot or a ~ at the end are not read, sudoers(5).", "rename it: mv "+f+" /etc/sudoers.d/"+strings.Trim(strings.ReplaceAll(base, ".", "-"), "~")))
			}
		case included:
			byNumber = byNumber || strings.Contains(p.read(f), "match_group_by_gid")
		}
	}
	if p.joined && included && !byNumber {
		out = append(out, found(Warning, "sudo compares groups by name", "It looks up every group of a person at each call, and a group of the domain with a local one's name counts as that.",
			"Defaults match_group_by_gid in "+sudoOurs).with(&Fix{
			Edits: []Edit{{Path: sudoOurs, Mode: 0o440, Text: func(old string) string { return old + "Defaults match_group_by_gid\n" }}},
			Check: []string{"visudo", "-c"},
		}))
	}
	return out
}

func homes(_ context.Context, p *patient) []Finding {
	home := p.sssd.get("override_homedir")
	if home == "" {
		home = p.sssd.get("fallback_homedir")
	}
	before, _, ok := strings.Cut(home, "%")
	if !ok || !strings.HasPrefix(before, "/") {
		return nil
	}
	parent := filepath.Dir(before + "x") // of the part that is the same for all
	st, err := os.Stat(p.path(parent))
	switch {
	case err != nil || !st.IsDir():
		return []Finding{found(Error, "homes are made in "+parent+", which is not there", "A first sign-in has no home, and notebooks do not start.", "mkdir -p "+parent+", or mount what belongs there")}
	case st.Mode().Perm()&0o022 != 0:
		return []Finding{found(Warning, "everybody may write in "+parent, "Who signs in first can take the home of who comes later.", "chmod 755 "+parent)}
	}
	var fs syscall.Statfs_t
	const readOnly = 0x1 // ST_RDONLY, statvfs(3)
	if err := syscall.Statfs(p.path(parent), &fs); err == nil && fs.Flags&readOnly != 0 {
		return []Finding{found(Error, parent+" cannot be written to", "No home can be made there.", "mount it for writing")}
	}
	return nil
}

func timeService(ctx context.Context, p *patient) []Finding {
	if p.exists("/run/systemd/container") {
		return nil // its clock is another machine's
	}
	units := []string{"systemd-timesyncd", "chrony", "chronyd", "ntp", "ntpd", "ntpsec", "openntpd"}
	said, err := p.Run(ctx, "systemctl", append([]string{"is-active"}, units...)...)
	if missing(err) || slices.Contains(strings.Fields(said), "active") || strings.Contains(said, "not been booted") {
		return nil
	}
	return []Finding{found(Warning, "nothing keeps the clock", "Kerberos refuses whoever is five minutes off.", "apt-get install systemd-timesyncd (or chrony)")}
}

func dnsUpdate(_ context.Context, p *patient) []Finding {
	update := p.sssd.get("dyndns_update")
	if p.sssd.get("id_provider") != "ad" || update != "" && !isTrue(update) || p.program("nsupdate") {
		return nil
	}
	return []Finding{found(Warning, "nsupdate is not installed", "SSSD registers the machine's address by it: others do not find the machine by its name.", "apt-get install bind9-dnsutils")}
}

func ownRecord(ctx context.Context, p *patient) []Finding {
	if !p.joined || !p.usesAD() || !p.resolver.IsValid() || !p.own.IsValid() || p.host != p.stem()+"."+p.domain {
		return nil
	}
	has := p.addresses(ctx, dnsAt(p.resolver), p.host)
	do := "SSSD does it within five minutes of its start, by nsupdate; by hand see docs/how-to/dns.md. On a server: selfsame dns list"
	switch {
	case len(has) == 0:
		return []Finding{found(Warning, p.host+" has no address in DNS", "Others do not find the machine, and tickets to it are asked for under no name.", do)}
	case !slices.Contains(has, p.own):
		return []Finding{found(Warning, fmt.Sprintf("DNS gives %s to %s, whose address is %s", has[0], p.host, p.own), "Others reach another machine by this name, or none.", do)}
	}
	return nil
}
