package doctor

import (
	"slices"
	"strings"
)

const sssdPath = "/etc/sssd/sssd.conf"

// sssdConf is sssd.conf with the snippets of conf.d over it, sssd.conf(5).
type sssdConf struct {
	there  bool
	wrong  string // the first line that cannot be read
	values map[string]map[string]string
	from   map[string]string // the file that has the last word on section/key
	domain string            // the first one of [sssd] that has a section
}

func (m *Machine) readSSSD() sssdConf {
	c := sssdConf{values: make(map[string]map[string]string), from: make(map[string]string)}
	c.there = m.exists(sssdPath)
	for _, file := range append([]string{sssdPath}, m.glob("/etc/sssd/conf.d/*.conf")...) {
		if wrong := parseINI(m.read(file), func(section, key, value string) {
			if c.values[section] == nil {
				c.values[section] = make(map[string]string)
			}
			c.values[section][key] = value
			c.from[section+"/"+key] = file
		}); wrong != "" && c.wrong == "" {
			c.wrong = file + ": " + wrong
		}
	}
	for _, d := range words(c.values["sssd"]["domains"]) {
		if _, ok := c.values["domain/"+d]; ok {
			c.domain = d
			break
		}
	}
	return c
}

// get is a setting of the domain's section.
func (c *sssdConf) get(key string) string { return c.values["domain/"+c.domain][key] }

// file is where a setting stands; the main file where it stands nowhere.
func (c *sssdConf) file(section, key string) string {
	if f, ok := c.from[section+"/"+key]; ok {
		return f
	}
	return sssdPath
}

// parseINI reads sections of settings, and returns the first line that is neither.
func parseINI(text string, each func(section, key, value string)) (wrong string) {
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		s := strings.TrimSpace(line)
		switch {
		case s == "" || s[0] == '#' || s[0] == ';':
		case s[0] == '[':
			name, ok := strings.CutSuffix(s[1:], "]")
			if !ok {
				return line
			}
			section = strings.TrimSpace(name)
		default:
			key, value, ok := strings.Cut(s, "=")
			if !ok || section == "" {
				if line[0] == ' ' || line[0] == '\t' {
					continue // goes on with the value above
				}
				return line
			}
			each(section, strings.TrimSpace(key), strings.TrimSpace(value))
		}
	}
	return ""
}

// setINI sets a setting in the text of a file: in its line, else at the end of its
// section, else in a section of its own. What else stands there stays as it is.
func setINI(text, section, key, value string) string {
	all := strings.SplitAfter(text, "\n")
	line := key + " = " + value + "\n"
	inside, end := false, -1
	for i, l := range all {
		s := strings.TrimSpace(l)
		if strings.HasPrefix(s, "[") {
			inside = s == "["+section+"]"
		}
		if !inside {
			continue
		}
		if s != "" && s[0] != '#' && s[0] != ';' {
			end = i + 1
		}
		if k, _, ok := strings.Cut(s, "="); ok && strings.TrimSpace(k) == key {
			all[i] = line
			return strings.Join(all, "")
		}
	}
	if end < 0 {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		return text + "\n[" + section + "]\n" + line
	}
	if end == len(all) && !strings.HasSuffix(all[end-1], "\n") {
		all[end-1] += "\n"
	}
	return strings.Join(slices.Insert(all, end, line), "")
}

// words are the parts of a list with commas.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}

func isTrue(s string) bool {
	switch strings.ToLower(s) {
	case "true", "yes", "y", "t", "1", "on":
		return true
	}
	return false
}

// setSSSD is the fix of one setting. SSSD starts only with a file that it accepts.
func (p *patient) setSSSD(section, key, value string) *Fix {
	return &Fix{
		Edits: []Edit{{Path: p.sssd.file(section, key), Text: func(old string) string { return setINI(old, section, key, value) }}},
		Then:  restartSSSD,
	}
}

// setDomain is the fix of one setting of the domain's section.
func (p *patient) setDomain(key, value string) *Fix {
	return p.setSSSD("domain/"+p.sssd.domain, key, value)
}

// restartSSSD also forgets how often it was started: five times in ten seconds is
// all that its unit allows.
var restartSSSD = [][]string{{"systemctl", "reset-failed", "sssd"}, {"systemctl", "restart", "sssd"}}
