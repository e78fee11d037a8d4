package ident

import "testing"

func TestParseSPN(t *testing.T) {
	for _, c := range []struct {
		in   string
		want SPN
		ok   bool
	}{
		{"host/DSVM1", SPN{Class: "host", Host: "DSVM1"}, true},
		{"RestrictedKrbHost/dsvm1.lab.internal", SPN{Class: "RestrictedKrbHost", Host: "dsvm1.lab.internal"}, true},
		{"HTTP/web1.lab.internal:8080", SPN{Class: "HTTP", Host: "web1.lab.internal", Port: "8080"}, true},
		{"MSSQLSvc/db1.lab.internal:PROD", SPN{Class: "MSSQLSvc", Host: "db1.lab.internal", Port: "PROD"}, true},
		{"GC/dc1.lab.internal/lab.internal", SPN{Class: "GC", Host: "dc1.lab.internal", Name: "lab.internal"}, true},
		{"host", SPN{}, false},
		{"/dsvm1", SPN{}, false},
		{"host/", SPN{}, false},
		{"host/dsvm1/", SPN{}, false},
		{"host/dsvm1:", SPN{}, false},
		{"host/a/b/c", SPN{}, false},
		{"host/dsvm1@LAB.INTERNAL", SPN{}, false},
		{"host/dsvm1 ", SPN{}, false},
		{"ho st/dsvm1", SPN{}, false},
		{"host/ds\x00vm1", SPN{}, false},
		{"host/dsvm1.", SPN{}, false},
		{"host/-dsvm1", SPN{}, false},
		{"host/*.lab.internal", SPN{}, false},
		{`host/dsvm1\.lab`, SPN{}, false},
		{"host/dsvｍ1", SPN{}, false}, // a letter of another width
	} {
		got, err := ParseSPN(c.in)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("ParseSPN(%q): got %+v, %v", c.in, got, err)
		}
	}
}

func TestHostNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"DSVM1": true, "gpu-01": true, "mail": true, "git": true,
		"WPAD": false, "isatap": false, "localhost": false, "LocalHost": false, "portal": false, "login": false, "vault": false,
		"kerberos": false, "ldap": false, "12345": false, "xn--bcher-kva": false,
	} {
		if err := CheckHostName(name); (err == nil) != ok {
			t.Errorf("CheckHostName(%q): got %v", name, err)
		}
	}
}

func FuzzParseSPN(f *testing.F) {
	for _, s := range []string{"host/DSVM1", "HTTP/web1.lab.internal:8080", "GC/dc1.lab.internal/lab.internal", "a//b", "/:/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseSPN(s)
		if err != nil {
			return
		}
		if again, err := ParseSPN(n.String()); err != nil || again != n || n.String() != s {
			t.Errorf("%q is %+v, which is written %q", s, n, n)
		}
	})
}
