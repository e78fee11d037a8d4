package doctor

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

const (
	sshdPath = "/etc/ssh/sshd_config"
	// sshdOurs is read before what cloud-init writes, 50-cloud-init.conf: of two
	// lines for one thing the first counts, sshd_config(5).
	sshdOurs = "/etc/ssh/sshd_config.d/00-selfsame.conf"
)

// sshdLine is one setting of sshd's and where it stands.
type sshdLine struct{ key, value, file string }

// sshdLines are the settings outside of Match blocks, in the order in which they are
// read. Not from sshd -T: it says what holds, and not which file to correct.
func (m *Machine) sshdLines(file string, depth int) []sshdLine {
	var out []sshdLine
	if depth > maxInclude {
		return nil
	}
	for _, line := range lines(m.read(file)) {
		key, value, _ := strings.Cut(strings.Replace(line, "=", " ", 1), " ")
		if tab, rest, ok := strings.Cut(key, "\t"); ok {
			key, value = tab, rest+" "+value
		}
		key, value = strings.ToLower(key), strings.Trim(strings.TrimSpace(value), `"`)
		switch key {
		case "match":
			return out
		case "include":
			for _, pattern := range strings.Fields(value) {
				if !filepath.IsAbs(pattern) {
					pattern = filepath.Join("/etc/ssh", pattern)
				}
				for _, f := range m.glob(pattern) {
					out = append(out, m.sshdLines(f, depth+1)...)
				}
			}
		default:
			out = append(out, sshdLine{key, value, file})
		}
	}
	return out
}

// sshdValue is the setting that counts, and its file; empty if there is none.
func (m *Machine) sshdValue(key string) (file, value string) {
	for _, l := range m.sshdLines(sshdPath, 0) {
		if l.key == key {
			return l.file, l.value
		}
	}
	return "", ""
}

// sshdWants are the settings that sign-in by the domain needs, with the default that
// holds where nothing is said, sshd_config(5).
var sshdWants = []struct {
	key, name, unset string
	severity         Severity
	why              string
}{
	{"usepam", "UsePAM", "no", Error, "SSSD is reached through PAM: without it the domain's passwords are never asked for, and no home is made."},
	{"passwordauthentication", "PasswordAuthentication", "yes", Warning, "People do not sign in by their password. On cloud images a file of cloud-init says so, before the main one."},
	{"gssapiauthentication", "GSSAPIAuthentication", "no", Warning, "Who has a ticket is asked for a password all the same."},
	{"pubkeyauthentication", "PubkeyAuthentication", "yes", Warning, "SSH keys of the directory are of no use."},
}

func sshd(_ context.Context, p *patient) []Finding {
	if !p.exists(sshdPath) {
		return nil
	}
	var out []Finding
	for _, w := range sshdWants {
		file, value := p.sshdValue(w.key)
		said := fmt.Sprintf("sshd has %s %s, by %s", w.name, value, file)
		if file == "" {
			value, said = w.unset, fmt.Sprintf("sshd has %s %s, because no file says otherwise", w.name, w.unset)
		}
		if isTrue(value) {
			continue
		}
		out = append(out, found(w.severity, said, w.why, "set "+w.name+" yes in "+sshdOurs+", which is read before the others").with(p.setSSHD(w.name)))
	}
	for _, key := range []string{"allowusers", "allowgroups"} {
		if file, value := p.sshdValue(key); value != "" {
			out = append(out, found(Note, fmt.Sprintf("sshd lets in only some, by %s: %s", file, value), "Whoever of the domain is not named there is refused, whatever the domain says.", "name the domain's groups there too, or leave it to realm permit"))
		}
	}
	return out
}

// setSSHD is the fix of one setting: in a file of ours, where the main file includes
// such files, else as the main file's first line.
func (p *patient) setSSHD(name string) *Fix {
	f := &Fix{Check: []string{"sshd", "-t"}, Then: [][]string{{"systemctl", "try-reload-or-restart", "ssh.service", "sshd.service"}}}
	main := lines(p.read(sshdPath))
	drop := false
	for _, l := range main {
		key, value, _ := strings.Cut(strings.ToLower(l), " ")
		if key == "match" {
			break
		}
		drop = drop || key == "include" && strings.Contains(value, "sshd_config.d/*.conf")
	}
	edit := Edit{Path: sshdPath}
	if drop {
		edit = Edit{Path: sshdOurs, Mode: 0o644}
	}
	edit.Text = func(old string) string {
		for line := range strings.Lines(old) {
			if key, _, _ := strings.Cut(strings.TrimSpace(line), " "); drop && strings.EqualFold(key, name) {
				old = strings.Replace(old, line, "", 1)
			}
		}
		return name + " yes\n" + old
	}
	f.Edits = []Edit{edit}
	return f
}
