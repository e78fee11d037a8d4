package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

const mitRealm = "BENCH.INTERNAL"

// startKrb5kdc makes a realm with the same people and machines and serves it from
// settings of its own. It keeps no last success and counts no lockout, so that
// nothing is written for a ticket but a line of its log; and it makes no PACs.
func startKrb5kdc(dir string) (*realm, error) {
	const program = "/usr/sbin/krb5kdc"
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("krb5-kdc is not installed: make deps installs it")
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "krb5kdc")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	settings := strings.NewReplacer("DIR", dir, "REALM", mitRealm, "ADDR", addr)
	for name, text := range map[string]string{"krb5.conf": krb5Conf, "kdc.conf": kdcConf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(settings.Replace(text)), 0o600); err != nil {
			return nil, err
		}
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(name, args...)
		c.Env = append(os.Environ(), "KRB5_CONFIG="+filepath.Join(dir, "krb5.conf"), "KRB5_KDC_PROFILE="+filepath.Join(dir, "kdc.conf"))
		return c
	}
	if err := fillKrb5kdc(dir, command); err != nil {
		return nil, err
	}
	s, err := serve(addr, command(program, "-n"))
	if err != nil {
		return nil, err
	}
	key, err := etype.AES256SHA1.StringToKey(password, mitRealm+"template")
	if err != nil {
		return nil, err
	}
	one := krb5.EncryptionKey{EType: krb5.AES256SHA1, Value: key}
	return &realm{
		server: s, title: "krb5kdc", name: mitRealm, keyOf: func(int) krb5.EncryptionKey { return one },
		person:  func(i int) krb5.PrincipalName { return krb5.Name(krb5.NamePrincipal, login(i)) },
		bare:    krb5.Name(krb5.NameHost, "host", machine(0)),
		machine: func(m int) krb5.PrincipalName { return krb5.Name(krb5.NameHost, "host", machine(m)) },
	}, nil
}

// fillKrb5kdc makes one principal and everybody of it: they have one key, which
// changes nothing for the server.
func fillKrb5kdc(dir string, command func(string, ...string) *exec.Cmd) error {
	dump := filepath.Join(dir, "dump")
	for _, c := range []*exec.Cmd{
		command("/usr/sbin/kdb5_util", "create", "-s", "-P", "master", "-r", mitRealm),
		command("/usr/sbin/kadmin.local", "-q", `addprinc -pw "`+password+`" +requires_preauth template`),
		command("/usr/sbin/kdb5_util", "dump", dump),
	} {
		if err := runs(c); err != nil {
			return err
		}
	}
	b, err := os.ReadFile(dump)
	if err != nil {
		return err
	}
	head, _, _ := strings.Cut(string(b), "\n")
	var template []string
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(line, "\t"); len(f) > 6 && f[6] == "template@"+mitRealm {
			template = f
		}
	}
	if template == nil {
		return fmt.Errorf("kdb5_util dumped no principal")
	}
	var out strings.Builder
	out.WriteString(head + "\n")
	add := func(name string) {
		f := append([]string(nil), template...)
		f[6] = name + "@" + mitRealm
		f[2] = fmt.Sprint(len(f[6]))
		out.WriteString(strings.Join(f, "\t"))
	}
	for i := range people {
		add(login(i))
	}
	for m := range machines {
		add("host/" + machine(m))
	}
	if err := os.WriteFile(dump, []byte(out.String()), 0o600); err != nil {
		return err
	}
	return runs(command("/usr/sbin/kdb5_util", "load", "-update", dump))
}

const krb5Conf = `[libdefaults]
 default_realm = REALM
 dns_lookup_kdc = false
 dns_lookup_realm = false
[dbmodules]
 db = {
  db_library = db2
  database_name = DIR/principal
  disable_last_success = true
  disable_lockout = true
 }
[realms]
 REALM = {
  database_module = db
 }
`

const kdcConf = `[kdcdefaults]
 kdc_listen = ADDR
 kdc_tcp_listen = ADDR
[realms]
 REALM = {
  database_module = db
  acl_file = DIR/acl
  key_stash_file = DIR/stash
  master_key_type = aes256-cts
  supported_enctypes = aes256-cts:normal
  disable_pac = true
 }
[logging]
 kdc = FILE:DIR/log
`
