package selfsame

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/selfsame-dev/selfsame/"

// plan says which part of the house may import which. A part is a folder under
// internal. What is not listed is not allowed.
var plan = map[string][]string{
	"fault":   {},
	"wire":    {"fault"},
	"crypt":   {"fault"},
	"config":  {"fault"},
	"store":   {"fault"},
	"net":     {"fault"},
	"core":    {"fault", "crypt", "store"},
	"serve":   {"fault", "crypt", "wire", "net", "core"},
	"daemon":  {"fault", "config", "crypt", "store", "net", "core", "serve"},
	"client":  {"fault", "wire"},
	"doctor":  {"fault", "wire", "crypt", "config", "client"}, // crypt: it signs in with the machine's own key
	"node":    {"fault", "config", "crypt", "wire", "net", "client"},
	"proxy":   {"fault", "config", "crypt", "wire", "net", "client"},
	"cli":     {"fault", "config", "wire", "daemon", "client", "node", "proxy", "doctor"}, // wire: it reads the API's documents
	"testkit": {"fault", "config", "crypt", "wire", "store", "core", "daemon", "client"},  // crypt, wire: krbclient speaks Kerberos
}

// core lists the rooms of core from the ground up: each may import those above it
// in the list.
var core = []string{
	"flat", "ident", "schema", "audit", "keyring", "credential", "session", "feed", "policy", "role", "directory", "machine", "authn", "zone",
}

// minters are the rooms that may make an actor: the authenticator, the local
// socket's and the server's own in the daemon. Tests may too.
var minters = []string{"internal/core/authn", "internal/daemon", "internal/testkit"}

type file struct {
	path    string // from the module's root
	pkg     string // folder from the module's root
	imports []string
	ast     *ast.File
	test    bool
}

// files parses every Go file of the house.
func files(t *testing.T) []file {
	t.Helper()
	var out []file
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		x := file{path: path, pkg: filepath.ToSlash(filepath.Dir(path)), ast: f, test: strings.HasSuffix(path, "_test.go")}
		for _, i := range f.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			x.imports = append(x.imports, p)
		}
		out = append(out, x)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// room splits internal/part/room.
func room(pkg string) (part, room string, ok bool) {
	rest, ok := strings.CutPrefix(pkg, "internal/")
	part, room, _ = strings.Cut(rest, "/")
	return part, room, ok
}

func TestThePlanHolds(t *testing.T) {
	for _, f := range files(t) {
		part, from, ok := room(f.pkg)
		if !ok || f.test {
			continue
		}
		allowed, known := plan[part]
		if !known {
			t.Errorf("%s: internal/%s is not in the plan", f.path, part)
			continue
		}
		for _, p := range f.imports {
			local, ours := strings.CutPrefix(p, module)
			if !ours {
				continue
			}
			toPart, to, _ := room(local)
			switch {
			case toPart != part && !slices.Contains(allowed, toPart):
				t.Errorf("%s: %s may not know %s", f.path, part, toPart)
			case part == "serve" && toPart == "serve" && to != from && to != "gss":
				t.Errorf("%s: a door may not know another door", f.path)
			case toPart == "store" && (to == "mem" || to == "etcd") && part != "daemon" && part != "testkit" && part != "store":
				t.Errorf("%s: only daemon and testkit name a store engine", f.path)
			case part == "core" && toPart == "core" && to != from && slices.Index(core, to) > slices.Index(core, from):
				t.Errorf("%s: core/%s stands below core/%s", f.path, from, to)
			}
		}
		if part == "core" && !slices.Contains(core, strings.Split(from, "/")[0]) {
			t.Errorf("%s: core/%s is not in the list of core's rooms", f.path, from)
		}
	}
}

func TestEachPackageHasOneComment(t *testing.T) {
	comments := make(map[string]int)
	for _, f := range files(t) {
		if f.test || f.pkg == "." {
			continue
		}
		if f.ast.Doc != nil {
			comments[f.pkg]++
		} else {
			comments[f.pkg] += 0
		}
	}
	for pkg, n := range comments {
		if n != 1 {
			t.Errorf("%s has %d package comments", pkg, n)
		}
	}
}

func TestOnlyTheAuthenticatorMakesActors(t *testing.T) {
	for _, f := range files(t) {
		if f.test || slices.Contains(minters, f.pkg) || f.pkg == "internal/core/ident" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Mint" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "ident" {
					t.Errorf("%s makes an actor", f.path)
				}
			}
			return true
		})
	}
}

// Calls that have hurt others: a shell that reads names, templates without
// escaping, weak randomness.
func TestForbiddenCalls(t *testing.T) {
	for _, f := range files(t) {
		if f.test {
			continue
		}
		for _, p := range f.imports {
			if p == "text/template" || p == "math/rand" || p == "unsafe" {
				t.Errorf("%s imports %s", f.path, p)
			}
		}
		src, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(f.imports, "github.com/miekg/dns") && f.pkg != "internal/serve/dnsd" {
			t.Errorf("%s imports the DNS codec: only the door does", f.path)
		}
		for _, bad := range []string{`exec.Command("sh"`, `exec.Command("bash"`, `InsecureSkipVerify`} {
			if strings.Contains(string(src), bad) && !strings.HasPrefix(f.pkg, "e2e") {
				t.Errorf("%s holds %s", f.path, bad)
			}
		}
	}
}

func TestNothingIsHeavierThanItLooks(t *testing.T) {
	for _, f := range files(t) {
		src, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(src), "\n"); n > 700 {
			t.Errorf("%s has %d lines: look whether it is two files", f.path, n)
		}
	}
}
