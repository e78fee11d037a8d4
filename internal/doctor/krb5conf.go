package doctor

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const krb5Path = "/etc/krb5.conf"

// relation is one line of krb5.conf.
type relation struct {
	section, sub, key, value string // sub: of a realm, its name
	file                     string
}

// krb5Conf is krb5.conf with what it includes, in order: of two lines for one thing
// the first counts, krb5.conf(5).
type krb5Conf struct{ relations []relation }

func (m *Machine) readKrb5() krb5Conf {
	var c krb5Conf
	m.krb5File(&c, krb5Path, 0)
	return c
}

// plainFile are the names of files that includedir reads, krb5.conf(5).
var plainFile = regexp.MustCompile(`^[A-Za-z0-9_-]+$|\.conf$`)

// maxInclude bounds how deep files include one another; a circle ends there.
const maxInclude = 8

func (m *Machine) krb5File(c *krb5Conf, file string, depth int) {
	if depth > maxInclude {
		return
	}
	parseKrb5(m.read(file), func(r relation) { r.file = file; c.relations = append(c.relations, r) }, func(kind, path string) {
		if kind == "include" {
			m.krb5File(c, path, depth+1)
			return
		}
		for _, f := range m.glob(filepath.Join(path, "*")) {
			if plainFile.MatchString(filepath.Base(f)) {
				m.krb5File(c, f, depth+1)
			}
		}
	})
}

func parseKrb5(text string, each func(relation), include func(kind, path string)) {
	var section, sub string
	depth := 0
	for line := range strings.Lines(text) {
		s := strings.TrimSpace(line)
		if s == "" || s[0] == '#' || s[0] == ';' {
			continue
		}
		if kind, path, ok := strings.Cut(s, " "); ok && (kind == "include" || kind == "includedir") {
			include(kind, strings.TrimSpace(path))
			continue
		}
		if s[0] == '[' {
			section, _, _ = strings.Cut(s[1:], "]")
			sub, depth = "", 0
			continue
		}
		if s[0] == '}' {
			if depth--; depth <= 0 {
				sub, depth = "", 0
			}
			continue
		}
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			continue
		}
		key, value = strings.TrimRight(strings.TrimSpace(key), "*"), strings.TrimSpace(value)
		if strings.HasPrefix(value, "{") {
			if depth++; depth == 1 {
				sub = key
			}
			continue
		}
		each(relation{section: section, sub: sub, key: key, value: strings.Trim(value, `"`)})
	}
}

// get is the line that counts for a key outside of braces.
func (c *krb5Conf) get(section, key string) (relation, bool) { return c.in(section, "", key) }

func (c *krb5Conf) in(section, sub, key string) (relation, bool) {
	i := slices.IndexFunc(c.relations, func(r relation) bool { return r.section == section && r.sub == sub && r.key == key })
	if i < 0 {
		return relation{}, false
	}
	return c.relations[i], true
}

// setKrb5 is the fix of one line of libdefaults.
func (p *patient) setKrb5(key, value string) *Fix {
	file := krb5Path
	if r, ok := p.krb5.get("libdefaults", key); ok {
		file = r.file
	}
	return &Fix{Edits: []Edit{{Path: file, Mode: 0o644, Text: func(old string) string { return setLibdefault(old, key, value) }}}}
}

// dropKrb5 is the fix that makes a comment of a line.
func (p *patient) dropKrb5(r relation) *Fix {
	return &Fix{Edits: []Edit{{Path: r.file, Text: func(old string) string {
		all := strings.SplitAfter(old, "\n")
		for i, l := range all {
			if k, _, ok := strings.Cut(strings.TrimSpace(l), "="); ok && strings.TrimRight(strings.TrimSpace(k), "*") == r.key {
				all[i] = "# " + l
			}
		}
		return strings.Join(all, "")
	}}}}
}

// setLibdefault sets a key in its line, else at the beginning of its section: what
// stands first counts.
func setLibdefault(text, key, value string) string {
	all := strings.SplitAfter(text, "\n")
	line := "\t" + key + " = " + value + "\n"
	section, head := "", -1
	for i, l := range all {
		s := strings.TrimSpace(l)
		if strings.HasPrefix(s, "[") {
			section, _, _ = strings.Cut(s[1:], "]")
			if section == "libdefaults" && head < 0 {
				head = i
			}
			continue
		}
		if k, _, ok := strings.Cut(s, "="); ok && section == "libdefaults" && strings.TrimRight(strings.TrimSpace(k), "*") == key {
			all[i] = line
			return strings.Join(all, "")
		}
	}
	if head < 0 {
		return "[libdefaults]\n" + line + text
	}
	if !strings.HasSuffix(all[head], "\n") {
		all[head] += "\n"
	}
	return strings.Join(slices.Insert(all, head+1, line), "")
}
