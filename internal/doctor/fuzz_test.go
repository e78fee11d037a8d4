package doctor

import (
	"strings"
	"testing"
)

// What is set is read back, whatever else stands in the file, and nothing else is
// taken away.
func FuzzSSSDConf(f *testing.F) {
	for _, s := range []string{wellFiles[sssdPath], "", "[nss]", "[a]\nb=c\n[nss]\n\n# filter_users = x\n", "filter_users = x\n", "[nss\n", "[ nss ]\n key : v\n\tmore\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := setINI(text, "nss", "filter_users", "root")
		var got string
		parseINI(out, func(section, key, value string) {
			if section == "nss" && key == "filter_users" && got == "" {
				got = value
			}
		})
		if wrong := parseINI(text, func(string, string, string) {}); wrong == "" && got != "root" {
			t.Errorf("got %q of\n%s", got, out)
		}
		if again := setINI(out, "nss", "filter_users", "root"); again != out {
			t.Errorf("set again it is another file:\n%s\n%s", out, again)
		}
	})
}

func FuzzKrb5Conf(f *testing.F) {
	for _, s := range []string{wellFiles[krb5Path], "", "[libdefaults]", "[libdefaults]\nrdns* = true\n[libdefaults]\nrdns=1", "[realms]\nA = {\n b = {\n}\n}\nc=d\n", "include /x\nincludedir /y\n", "}\n}\n= =\n"} {
		f.Add(s)
	}
	read := func(text string) krb5Conf {
		var c krb5Conf
		parseKrb5(text, func(r relation) { c.relations = append(c.relations, r) }, func(string, string) {})
		return c
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := setLibdefault(text, "rdns", "false")
		c := read(out)
		if r, ok := c.get("libdefaults", "rdns"); (!ok || r.value != "false") && !strings.ContainsAny(text, "{}") && !strings.Contains(text, "include") {
			t.Errorf("got %+v of\n%s", r, out)
		}
		if again := setLibdefault(out, "rdns", "false"); again != out {
			t.Errorf("set again it is another file:\n%s\n%s", out, again)
		}
	})
}

// The difference of two texts leads from one to the other.
func FuzzDifference(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nc\nd\n")
	f.Add("", "x")
	f.Add("a\na\nb", "a\nb\nb")
	f.Fuzz(func(t *testing.T, before, after string) {
		if len(before)+len(after) > 2000 {
			return
		}
		goes, comes := 0, 0
		for _, l := range difference(before, after) {
			switch {
			case strings.HasPrefix(l, "- "):
				goes++
			case strings.HasPrefix(l, "+ "):
				comes++
			default:
				t.Fatalf("a line that says neither: %q", l)
			}
		}
		if got, want := len(split(before))-goes+comes, len(split(after)); got != want {
			t.Errorf("%d lines, want %d", got, want)
		}
	})
}

func FuzzAddSource(f *testing.F) {
	for _, s := range []string{"passwd: files\n", "", "passwd:", "passwd: files [NOTFOUND=return] db # why", "#passwd: files\npasswd :x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := addSource(text, "passwd")
		if !strings.Contains(out, "sss") || len(out) > len(text)+len("\npasswd: files sss\n") {
			t.Errorf("got %q", out)
		}
	})
}
