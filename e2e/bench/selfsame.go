package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

const (
	ourDomain   = "lab.internal"
	ourRealm    = "LAB.INTERNAL"
	ourBase     = "DC=lab,DC=internal"
	ourPeople   = "OU=AADDC Users," + ourBase
	ourMachines = "OU=AADDC Computers," + ourBase
	bareMachine = "nopac" // wants no PACs in its tickets
)

// startSelfsame makes a domain and adds the same people over LDAP.
func (b *bench) startSelfsame(dir string) error {
	program := filepath.Join(dir, "selfsame-program")
	if err := runs(exec.Command("go", "build", "-o", program, "./cmd/selfsame")); err != nil {
		return err
	}
	data := filepath.Join(dir, "selfsame")
	pw := filepath.Join(dir, "pw")
	if err := os.WriteFile(pw, []byte(adminPassword+"\n"), 0o600); err != nil {
		return err
	}
	if err := runs(exec.Command(program, "init", "--data", data, "--domain", ourDomain, "--admin-password-file", pw, "--recovery-key-file", filepath.Join(dir, "recovery"))); err != nil {
		return err
	}
	var addrs [4]string
	settings := "server: dc1\nlisten: 127.0.0.1\nlog:\n  level: warn\nports:\n  ldaps: -1\n  gc: -1\n  gcs: -1\n  kpasswd: -1\n"
	for i, door := range []string{"ldap", "kerberos", "dns", "https"} {
		port, err := freePort()
		if err != nil {
			return err
		}
		addrs[i] = fmt.Sprintf("127.0.0.1:%d", port)
		settings += fmt.Sprintf("  %s: %d\n", door, port)
	}
	if err := os.WriteFile(filepath.Join(data, "selfsame.yaml"), []byte(settings), 0o600); err != nil {
		return err
	}
	c := exec.Command(program, "serve", "--data", data)
	c.Stderr = os.Stderr
	s, err := serve(addrs[0], c)
	if err != nil {
		return err
	}
	dn := func(i int) string { return "CN=" + login(i) + "," + ourPeople }
	d := &directory{
		server: s, name: "selfsame", base: ourPeople, login: "sAMAccountName", dn: dn,
		groupDN: func(cn string) string { return "CN=" + cn + "," + ourPeople }, groupClass: "group",
		admin: "CN=administrator," + ourPeople, pass: adminPassword,
		groups: func(i int) *ldap.SearchRequest {
			return &ldap.SearchRequest{Base: dn(i), Scope: ldap.BaseObject, Attributes: []string{"tokenGroups"}, Filter: ldap.Present{Attr: "objectClass"}}
		},
	}
	b.selfsame, b.dns = d, addrs[2]
	if d.sid, err = d.domainSID(); err != nil {
		return err
	}
	d.primary = &ldap.SearchRequest{Base: ourBase, Scope: ldap.WholeSubtree, Attributes: []string{"cn"},
		Filter: ldap.And{equal("objectSid", d.sid+"-513"), equal("objectClass", "group")}}
	if err := d.fill(); err != nil {
		return err
	}
	b.ours, err = ourRealmAt(&server{addr: addrs[1], pid: s.pid})
	return err
}

// ourRealmAt is our KDC, with the keys of everybody who has one.
func ourRealmAt(s *server) (*realm, error) {
	keys := make([]krb5.EncryptionKey, keyed)
	err := each(keyed, runtime.NumCPU(), func(int) (func(int) error, error) {
		return func(i int) (err error) {
			keys[i].EType = krb5.AES256SHA1
			keys[i].Value, err = etype.AES256SHA1.StringToKey(password, ourRealm+login(i))
			return err
		}, nil
	})
	return &realm{
		server: s, title: "selfsame", name: ourRealm, keyOf: func(i int) krb5.EncryptionKey { return keys[i] }, enterprise: true,
		person:  func(i int) krb5.PrincipalName { return krb5.Name(krb5.NamePrincipal, login(i)) },
		bare:    krb5.Name(krb5.NameHost, "host", bareMachine+"."+ourDomain),
		machine: func(m int) krb5.PrincipalName { return krb5.Name(krb5.NamePrincipal, strings.ToUpper(machine(m))+"$") },
	}, err
}

// each does n things with several workers, each of which is made once.
func each(n, workers int, make func(w int) (func(i int) error, error)) error {
	errs := []error(nil)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			do, err := make(w)
			for i := w; i < n && err == nil; i += workers {
				err = do(i)
			}
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// fill adds everybody: first people, then the groups that hold them.
func (d *directory) fill() error {
	adds := [][]*ldap.AddRequest{make([]*ldap.AddRequest, people), nil, nil}
	for i := range people {
		add := &ldap.AddRequest{Entry: d.dn(i), Attributes: []ldap.Attribute{ldap.Text("objectClass", "user"), ldap.Text("department", "Vision")}}
		for _, a := range attributes(i) {
			add.Attributes = append(add.Attributes, ldap.Text(a[0], a[1]))
		}
		if i < keyed {
			add.Attributes = append(add.Attributes, ldap.Text("userPassword", password), ldap.Text("userAccountControl", "512"))
		}
		adds[0][i] = add
	}
	for m := range machines {
		adds[0] = append(adds[0], addMachine(machine(m), "4096"))
	}
	adds[0] = append(adds[0], addMachine(bareMachine, fmt.Sprint(0x1000|0x2000000)))
	for t := range teams {
		var members []string
		for i := range teamSize {
			members = append(members, d.dn(t*teamSize+i))
		}
		adds[1] = append(adds[1], d.addGroup(team(t), members))
	}
	for n := range departments {
		var members []string
		for t := n; t < teams; t += departments {
			members = append(members, d.groupDN(team(t)))
		}
		adds[2] = append(adds[2], d.addGroup(department(n), members))
	}
	for _, wave := range adds {
		err := each(len(wave), 32, func(int) (func(int) error, error) {
			s, err := d.bound()
			return func(i int) error { return s.do(wave[i]) }, err
		})
		if err != nil {
			return err
		}
	}
	return each(machines+1, 8, func(int) (func(int) error, error) {
		s, err := d.bound()
		return func(m int) error {
			name := bareMachine
			if m < machines {
				name = machine(m)
			}
			return s.do(&ldap.ModifyRequest{Entry: machineDN(name), Changes: []ldap.Change{
				{Op: ldap.ReplaceValues, Attribute: ldap.Text("unicodePwd", utf16(`"`+password+`"`))},
			}})
		}, err
	})
}

func machineDN(name string) string { return "CN=" + strings.ToUpper(name) + "," + ourMachines }

func addMachine(name, control string) *ldap.AddRequest {
	upper := strings.ToUpper(name)
	return &ldap.AddRequest{Entry: machineDN(name), Attributes: []ldap.Attribute{
		ldap.Text("objectClass", "computer"), ldap.Text("sAMAccountName", upper+"$"), ldap.Text("userAccountControl", control),
		ldap.Text("dNSHostName", name+"."+ourDomain), ldap.Text("servicePrincipalName", "host/"+upper, "host/"+name+"."+ourDomain),
	}}
}

func (d *directory) addGroup(cn string, members []string) *ldap.AddRequest {
	return &ldap.AddRequest{Entry: d.groupDN(cn), Attributes: []ldap.Attribute{ldap.Text("objectClass", d.groupClass), ldap.Text("cn", cn), ldap.Text("member", members...)}}
}

// utf16 is a text of ASCII as unicodePwd wants it.
func utf16(s string) string {
	var b []byte
	for _, c := range s {
		b = binary.LittleEndian.AppendUint16(b, uint16(c))
	}
	return string(b)
}

// machineKey is a machine's key.
func machineKey(m int) (krb5.EncryptionKey, error) {
	key, err := etype.AES256SHA1.StringToKey(password, ourRealm+"host"+machine(m)+"."+ourDomain)
	return krb5.EncryptionKey{EType: krb5.AES256SHA1, Value: key}, err
}
