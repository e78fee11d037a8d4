package schema

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "append new rows to the golden files")

// The numbers stand in every record ever written.
func TestNumbersNeverChange(t *testing.T) {
	var b strings.Builder
	for _, a := range Attributes() {
		fmt.Fprintf(&b, "attribute %d %s\n", a.ID, a.Name)
	}
	for c := User; c < classes; c++ {
		fmt.Fprintf(&b, "class %d %s\n", c, c)
	}
	if *update {
		if err := os.WriteFile("testdata/numbers.txt", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shipped, err := os.ReadFile("testdata/numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(shipped)) {
		if !strings.Contains(b.String(), line) {
			t.Errorf("shipped records hold %q, which the table no longer says", strings.TrimSpace(line))
		}
	}
	if b.String() != string(shipped) {
		t.Error("the table has rows that the golden file lacks; run with -update")
	}
}

func TestRowsAreSound(t *testing.T) {
	seen := make(map[string]string)
	for _, a := range Attributes() {
		for _, key := range []string{strings.ToLower(a.Name), a.OID} {
			if seen[key] != "" {
				t.Errorf("%s and %s share %q", a.Name, seen[key], key)
			}
			seen[key] = a.Name
		}
		if a.Source == Secret && a.Read != Nobody {
			t.Errorf("%s is secret and readable", a.Name)
		}
		if a.Label == "" {
			t.Errorf("%s has no label", a.Name)
		}
		if id, ok := Lookup(strings.ToUpper(a.Name)); !ok || id != a.ID {
			t.Errorf("Lookup(%q): got %d, %v", strings.ToUpper(a.Name), id, ok)
		}
	}
}

func TestClassOf(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Class
		ok   bool
	}{
		{"user", User, true},
		{"top person organizationalPerson user", User, true},
		{"USER inetOrgPerson", User, true},
		{"computer", Computer, true},
		{"top person organizationalPerson user computer", Computer, true},
		{"msDS-ManagedServiceAccount", ManagedServiceAccount, true},
		{"top person organizationalPerson user computer msDS-ManagedServiceAccount", ManagedServiceAccount, true},
		{"group", Group, true},
		{"organizationalUnit", OrganizationalUnit, true},
		{"person", NoClass, false},
		{"user group", NoClass, false},
		{"nonsense", NoClass, false},
		{"", NoClass, false},
	} {
		if got, ok := ClassOf(strings.Fields(c.in)); got != c.want || ok != c.ok {
			t.Errorf("ClassOf(%q): got %v, %v; want %v, %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		id   ID
		in   string
		want string
		ok   bool
	}{
		{DisplayName, "Ada Lovelace", "Ada Lovelace", true},
		{DisplayName, "", "", false},
		{DisplayName, "a\x00b", "", false},
		{DisplayName, "a\u202eb", "", false},
		{DisplayName, "\xff", "", false},
		{DisplayName, strings.Repeat("x", 257), "", false},
		{UserAccountControl, "+512", "512", true},
		{UserAccountControl, "x", "", false},
		{LoginShell, "/bin/zsh", "/bin/zsh", true},
		{LoginShell, "/bin/zsh\n", "", false},
		{WhenCreated, "20261122103000Z", "20261122103000.0Z", true},
		{WhenCreated, "20261122103000.7Z", "20261122103000.0Z", true},
		{WhenCreated, "yesterday", "", false},
	} {
		got, err := Of(c.id).Check([]byte(c.in))
		if string(got) != c.want || (err == nil) != c.ok {
			t.Errorf("%s: Check(%q): got %q, %v", Of(c.id).Name, c.in, got, err)
		}
	}
}

func TestSIDAndGUIDAreFoundByText(t *testing.T) {
	text, _ := Of(ObjectSID).Key([]byte("S-1-5-21-1-2-3-1104"))
	binary, ok := Of(ObjectSID).Key([]byte(text))
	if !ok || text != binary {
		t.Errorf("the two forms of a SID have the keys %x and %x", text, binary)
	}
	if _, ok := Of(ObjectGUID).Key([]byte("5f3b6c0e-9d0a-4b27-8a63-2f7f0c1d9e11")); !ok {
		t.Error("a GUID's text form is not understood")
	}
}

func TestPublishNamesEveryAttribute(t *testing.T) {
	p := Publish()
	all := strings.Join(p.AttributeTypes, "\n")
	for _, a := range Attributes() {
		if !strings.Contains(all, "NAME '"+a.Name+"'") {
			t.Errorf("the subschema lacks %s", a.Name)
		}
	}
	if len(p.ObjectClasses) < int(classes) || len(p.Syntaxes) == 0 || len(p.MatchingRules) == 0 {
		t.Error("the subschema lacks a part")
	}
}
