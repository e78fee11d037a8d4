package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// attributes of a person, beside the names.
func attributes(i int) [][2]string {
	return [][2]string{
		{"sn", fmt.Sprintf("Family%05d", i)}, {"givenName", fmt.Sprintf("Given%05d", i)}, {"displayName", fmt.Sprintf("Given%05d Family%05d", i, i)},
		{"mail", login(i) + "@lab.example"}, {"title", "Scientist"}, {"telephoneNumber", fmt.Sprintf("+1 555 %05d", i)},
		{"description", "One of many"},
	}
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// startSlapd makes a database with slapadd and serves it, each change synced.
func startSlapd(dir string) (*peer, error) {
	slapd := "/usr/sbin/slapd"
	if _, err := os.Stat(slapd); err != nil {
		return nil, fmt.Errorf("slapd is not installed: make deps installs it")
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	db := filepath.Join(dir, "slapd")
	if err := os.Mkdir(db, 0o700); err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "slapd.conf")
	if err := os.WriteFile(conf, []byte(`include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
loglevel 0
threads 16
database mdb
suffix "dc=lab,dc=internal"
rootdn "cn=root,dc=lab,dc=internal"
rootpw "`+password+`"
directory `+db+`
maxsize 1073741824
index objectClass eq
index uid eq
`), 0o600); err != nil {
		return nil, err
	}
	var ldif bytes.Buffer
	fmt.Fprintf(&ldif, "dn: dc=lab,dc=internal\nobjectClass: dcObject\nobjectClass: organization\no: lab\ndc: lab\n\ndn: ou=people,dc=lab,dc=internal\nobjectClass: organizationalUnit\nou: people\n\n")
	salt := []byte("saltsalt")
	sum := sha1.Sum(append([]byte(password), salt...))
	hashed := "{SSHA}" + base64.StdEncoding.EncodeToString(append(sum[:], salt...))
	for i := range people {
		fmt.Fprintf(&ldif, "dn: uid=%s,ou=people,dc=lab,dc=internal\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\ndepartmentNumber: Vision\nuserPassword: %s\n", login(i), login(i), login(i), hashed)
		for _, a := range attributes(i) {
			fmt.Fprintf(&ldif, "%s: %s\n", a[0], a[1])
		}
		ldif.WriteByte('\n')
	}
	add := exec.Command("/usr/sbin/slapadd", "-q", "-f", conf)
	add.Stdin = &ldif
	if out, err := add.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("slapadd: %w: %s", err, out)
	}
	addr := "127.0.0.1:" + strconv.Itoa(port)
	c := exec.Command(slapd, "-d", "0", "-f", conf, "-h", "ldap://"+addr)
	if err := c.Start(); err != nil {
		return nil, err
	}
	p := &peer{
		name: "slapd", addr: addr, pid: c.Process.Pid, base: "ou=people,dc=lab,dc=internal", login: "uid",
		dn:    func(i int) string { return "uid=" + login(i) + ",ou=people,dc=lab,dc=internal" },
		admin: "cn=root,dc=lab,dc=internal", pass: password, stop: func() { end(c) },
	}
	return p, answers(addr)
}

// end stops a process by its id and waits for it.
func end(c *exec.Cmd) {
	_ = c.Process.Signal(os.Interrupt)
	done := make(chan struct{})
	go func() { _ = c.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = c.Process.Kill()
		<-done
	}
}

func answers(addr string) error {
	for range 200 {
		if c, err := net.Dial("tcp", addr); err == nil {
			return c.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("nothing answers at %s", addr)
}

// startSelfsame makes a domain and adds the same people over LDAP; those who bind
// have a password.
func startSelfsame(dir string) (*peer, error) {
	program := filepath.Join(dir, "selfsame-program")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/selfsame").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w: %s", err, out)
	}
	data := filepath.Join(dir, "selfsame")
	pw := filepath.Join(dir, "pw")
	if err := os.WriteFile(pw, []byte("Seven grey herons 7\n"), 0o600); err != nil {
		return nil, err
	}
	if out, err := exec.Command(program, "init", "--data", data, "--domain", "lab.internal", "--admin-password-file", pw, "--recovery-key-file", filepath.Join(dir, "recovery")).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("init: %w: %s", err, out)
	}
	var ports [3]int
	for i := range ports {
		var err error
		if ports[i], err = freePort(); err != nil {
			return nil, err
		}
	}
	settings := fmt.Sprintf("server: dc1\nlisten: 127.0.0.1\nports:\n  ldap: %d\n  ldaps: %d\n  https: %d\nlog:\n  level: warn\n", ports[0], ports[1], ports[2])
	if err := os.WriteFile(filepath.Join(data, "selfsame.yaml"), []byte(settings), 0o600); err != nil {
		return nil, err
	}
	c := exec.Command(program, "serve", "--data", data)
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return nil, err
	}
	addr := "127.0.0.1:" + strconv.Itoa(ports[0])
	p := &peer{
		name: "selfsame", addr: addr, pid: c.Process.Pid, base: "OU=AADDC Users,DC=lab,DC=internal", login: "sAMAccountName",
		dn:    func(i int) string { return "CN=" + login(i) + ",OU=AADDC Users,DC=lab,DC=internal" },
		admin: "CN=administrator,OU=AADDC Users,DC=lab,DC=internal", pass: "Seven grey herons 7", stop: func() { end(c) },
	}
	if err := answers(addr); err != nil {
		return nil, err
	}
	return p, fill(p, program, data)
}

func fill(p *peer, program, data string) error {
	const writers = 32
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for w := range writers {
		wg.Go(func() {
			s, err := dial(p.addr)
			if err != nil {
				errs[w] = err
				return
			}
			defer s.c.Close()
			if errs[w] = s.do(adminBind(p)); errs[w] != nil {
				return
			}
			for i := binders + w; i < people; i += writers {
				add := &ldap.AddRequest{Entry: p.dn(i), Attributes: []ldap.Attribute{ldap.Text("objectClass", "user"), ldap.Text("department", "Vision")}}
				for _, a := range attributes(i) {
					add.Attributes = append(add.Attributes, ldap.Text(a[0], a[1]))
				}
				if errs[w] = s.do(add); errs[w] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	for i := range binders {
		args := []string{"--data", data, "user", "add", login(i), "--password-file", "-", "--no-must-change"}
		for _, a := range attributes(i) {
			if g := graphName(a[0]); g != "" {
				args = append(args, "--set", g+"="+a[1])
			}
		}
		c := exec.Command(program, args...)
		c.Stdin = strings.NewReader(password + "\n")
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("user add: %w: %s", err, out)
		}
	}
	var page struct{ Value []json.RawMessage }
	out, err := exec.Command(program, "--data", data, "user", "list", "--json").Output()
	if err == nil {
		err = json.Unmarshal(out, &page)
	}
	if err == nil && len(page.Value) != people+1 {
		err = fmt.Errorf("%d people were made instead of %d", len(page.Value)-1, people)
	}
	return err
}

func graphName(attr string) string {
	switch attr {
	case "sn":
		return "surname"
	case "title":
		return "jobTitle"
	case "telephoneNumber", "description": // lists in the API; not what is measured
		return ""
	}
	return attr
}
