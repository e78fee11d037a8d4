package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

const (
	slapdPeople = "ou=people,dc=lab,dc=internal"
	slapdGroups = "ou=groups,dc=lab,dc=internal"
)

// startSlapd makes a database with slapadd and serves it, each change synced.
func startSlapd(dir string) (*directory, error) {
	slapd := "/usr/sbin/slapd"
	if _, err := os.Stat(slapd); err != nil {
		return nil, fmt.Errorf("slapd is not installed: make deps installs it")
	}
	addr, err := freeAddr()
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
sortvals member
database mdb
suffix "dc=lab,dc=internal"
rootdn "cn=root,dc=lab,dc=internal"
rootpw "`+password+`"
directory `+db+`
maxsize 1073741824
index objectClass eq
index uid eq
index cn eq
index member eq
`), 0o600); err != nil {
		return nil, err
	}
	add := exec.Command("/usr/sbin/slapadd", "-q", "-f", conf)
	add.Stdin = slapdLDIF()
	if err := runs(add); err != nil {
		return nil, err
	}
	s, err := serve(addr, exec.Command(slapd, "-d", "0", "-f", conf, "-h", "ldap://"+addr))
	if err != nil {
		return nil, err
	}
	dn := func(i int) string { return "uid=" + login(i) + "," + slapdPeople }
	return &directory{
		server: s, name: "slapd", base: slapdPeople, login: "uid", dn: dn, groupDN: func(cn string) string { return "cn=" + cn + "," + slapdGroups },
		groupClass: "groupOfNames", admin: "cn=root,dc=lab,dc=internal", pass: password,
		groups: func(i int) *ldap.SearchRequest {
			return &ldap.SearchRequest{Base: slapdGroups, Scope: ldap.WholeSubtree, Attributes: []string{"cn"},
				Filter: ldap.And{equal("objectClass", "groupOfNames"), equal("member", dn(i))}}
		},
		primary: &ldap.SearchRequest{Base: slapdGroups, Scope: ldap.WholeSubtree, Attributes: []string{"cn"},
			Filter: ldap.And{equal("objectClass", "groupOfNames"), equal("cn", "domain users")}},
	}, nil
}

// slapdLDIF is everybody, with the passwords' hashes ready.
func slapdLDIF() *bytes.Buffer {
	var b bytes.Buffer
	b.WriteString("dn: dc=lab,dc=internal\nobjectClass: dcObject\nobjectClass: organization\no: lab\ndc: lab\n\n")
	for _, ou := range []string{"people", "groups"} {
		fmt.Fprintf(&b, "dn: ou=%s,dc=lab,dc=internal\nobjectClass: organizationalUnit\nou: %s\n\n", ou, ou)
	}
	salt := []byte("saltsalt")
	sum := sha1.Sum(append([]byte(password), salt...))
	hashed := "{SSHA}" + base64.StdEncoding.EncodeToString(append(sum[:], salt...))
	for i := range people {
		fmt.Fprintf(&b, "dn: uid=%s,%s\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\ndepartmentNumber: Vision\nuserPassword: %s\n", login(i), slapdPeople, login(i), login(i), hashed)
		for _, a := range attributes(i) {
			fmt.Fprintf(&b, "%s: %s\n", a[0], a[1])
		}
		b.WriteByte('\n')
	}
	group := func(cn string) {
		fmt.Fprintf(&b, "dn: cn=%s,%s\nobjectClass: groupOfNames\ncn: %s\n", cn, slapdGroups, cn)
	}
	group("domain users")
	fmt.Fprintf(&b, "member: cn=nobody\n\n")
	for t := range teams {
		group(team(t))
		for i := range teamSize {
			fmt.Fprintf(&b, "member: uid=%s,%s\n", login(t*teamSize+i), slapdPeople)
		}
		b.WriteByte('\n')
	}
	for d := range departments {
		group(department(d))
		for t := d; t < teams; t += departments {
			fmt.Fprintf(&b, "member: cn=%s,%s\n", team(t), slapdGroups)
		}
		b.WriteByte('\n')
	}
	return &b
}
