package doctor

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/keytab"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
	"github.com/selfsame-dev/selfsame/internal/wire/netlogon"
)

const (
	realm    = "LAB.INTERNAL"
	serverIP = "10.80.1.4"
	ownIP    = "10.80.2.11"
)

// lab is a machine whose files are in a folder, and the domain that it sees: a
// function for each port, which a test changes.
type lab struct {
	*Machine
	t     *testing.T
	now   time.Time
	key   []byte
	kvno  uint32              // as the domain has it
	ahead time.Duration       // of the server's clock
	names map[string][]string // "TYPE name" to values
	host  string              // the server's name for itself
	ports map[string]error    // "udp/464" to how it fails
	said  map[string]string   // what programs of the machine print, by their command line
	ran   []string
	wait  sync.WaitGroup
}

// newLab makes a machine that is well.
func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{
		t: t, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), key: etype.AES256SHA1.NewKey(), kvno: 2, host: "dc1.lab.internal",
		ports: map[string]error{}, said: map[string]string{},
		names: map[string][]string{
			"SOA lab.internal": {"dc1.lab.internal"}, "A dc1.lab.internal": {serverIP}, "A dsvm1.lab.internal": {ownIP},
			"PTR 4.1.80.10.in-addr.arpa": {"dc1.lab.internal"},
		},
	}
	for _, r := range serviceRecords {
		l.names["SRV "+r.name+"lab.internal"] = []string{"dc1.lab.internal"}
	}
	l.Machine = &Machine{Root: t.TempDir(), Name: "dsvm1.lab.internal", Net: l, Now: func() time.Time { return l.now }, Wait: 50 * time.Millisecond, Run: l.run}
	for name, text := range wellFiles {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(name, "/etc/sssd") {
			mode = 0o600
		}
		if strings.HasPrefix(name, "/usr/") {
			mode = 0o755
		}
		l.put(name, text, mode)
	}
	if err := os.MkdirAll(l.path("/home"), 0o755); err != nil {
		t.Fatal(err)
	}
	l.keytab(keysOf(l.key, 2, "DSVM1$", "host/dsvm1.lab.internal")...)
	return l
}

func keysOf(key []byte, kvno uint32, names ...string) []keytab.Entry {
	var out []keytab.Entry
	for _, n := range names {
		out = append(out, keytab.Entry{Realm: realm, Name: krb5.Name(krb5.NamePrincipal, strings.Split(n, "/")...), KVNO: kvno, EType: krb5.AES256SHA1, Key: key})
	}
	return out
}

func (l *lab) keytab(entries ...keytab.Entry) {
	b, err := keytab.Marshal(entries)
	if err != nil {
		l.t.Fatal(err)
	}
	l.put(keytabPath, string(b), 0o600)
}

func (l *lab) put(name, text string, mode os.FileMode) {
	l.t.Helper()
	full := l.path(name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), mode); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Chmod(full, mode); err != nil {
		l.t.Fatal(err)
	}
}

// swap replaces something in a file.
func (l *lab) swap(name, old, new string) {
	l.t.Helper()
	text := l.read(name)
	if !strings.Contains(text, old) {
		l.t.Fatalf("%s does not hold %q", name, old)
	}
	if err := os.WriteFile(l.path(name), []byte(strings.Replace(text, old, new, 1)), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) remove(name string) {
	l.t.Helper()
	if err := os.RemoveAll(l.path(name)); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) run(_ context.Context, name string, args ...string) (string, error) {
	line := strings.Join(append([]string{name}, args...), " ")
	l.ran = append(l.ran, line)
	for prefix, out := range l.said {
		if strings.HasPrefix(line, prefix) {
			return out, nil
		}
	}
	return "", exec.ErrNotFound
}

// DialContext reaches the domain's server, at ports that nobody shut.
func (l *lab) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	at := netip.MustParseAddrPort(address)
	port := network + "/" + address[strings.LastIndexByte(address, ':')+1:]
	if err := l.ports[port]; err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if at.Addr().String() != serverIP || l.ports[port] == nil && l.closed(port) {
		if network == "udp" { // a datagram is sent, whoever gets it
			a, b := net.Pipe()
			l.wait.Go(func() { _, _ = io.Copy(io.Discard, b) })
			return conn{a}, nil
		}
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
	}
	ours, theirs := net.Pipe()
	l.wait.Go(func() { defer theirs.Close(); l.serve(network, at.Port(), theirs) })
	return conn{ours}, nil
}

// closed reports whether a port is there and dropped.
func (l *lab) closed(port string) bool { _, shut := l.ports[port]; return shut }

type conn struct{ net.Conn }

func (conn) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.MustParseAddrPort(ownIP + ":40000"))
}

func (l *lab) serve(network string, port uint16, c net.Conn) {
	b := make([]byte, 1<<16)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		q, prefix := b[:n], 0
		if network == "tcp" {
			prefix = map[uint16]int{portDNS: 2, portKDC: 4}[port]
		}
		var out []byte
		switch q = q[min(prefix, n):]; port {
		case portDNS:
			out = l.dns(q)
		case portKDC:
			out = l.kdc(q)
		case portLDAP:
			out = l.ldap(q)
		default:
			out = []byte("an answer")
		}
		switch prefix {
		case 2:
			out = append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)
		case 4:
			out = append(binary.BigEndian.AppendUint32(nil, uint32(len(out))), out...)
		}
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

func (l *lab) dns(q []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(q); err != nil {
		return nil
	}
	asked := m.Questions[0]
	kind := strings.TrimPrefix(asked.Type.String(), "Type")
	m.Response = true
	for _, v := range l.names[kind+" "+plain(asked.Name)] {
		r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: asked.Name, Class: dnsmessage.ClassINET, TTL: 60}}
		switch asked.Type {
		case dnsmessage.TypeA:
			r.Body = &dnsmessage.AResource{A: netip.MustParseAddr(v).As4()}
		case dnsmessage.TypePTR:
			r.Body = &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(v + ".")}
		case dnsmessage.TypeSRV:
			r.Body = &dnsmessage.SRVResource{Target: dnsmessage.MustNewName(v + ".")}
		case dnsmessage.TypeSOA:
			r.Body = &dnsmessage.SOAResource{NS: dnsmessage.MustNewName(v + "."), MBox: dnsmessage.MustNewName("hostmaster." + v + ".")}
		}
		m.Answers = append(m.Answers, r)
	}
	out, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return out
}

func (l *lab) ldap(p []byte) []byte {
	q, err := ldap.Parse(p)
	if err != nil {
		return nil
	}
	search := q.Op.(*ldap.SearchRequest)
	e := &ldap.SearchResultEntry{Attributes: []ldap.Attribute{ldap.Text("currentTime", l.now.Add(l.ahead).Format("20060102150405.0Z"))}}
	if search.Attributes[0] == "netlogon" {
		r := netlogon.Response{Forest: "lab.internal", Domain: "lab.internal", Host: l.host, NetBIOS: "LAB", NetBIOSHost: "DC1", Site: "s", ClientSite: "s", NtVer: netlogon.NtV5Ex}
		b, err := r.Marshal()
		if err != nil {
			panic(err)
		}
		e.Attributes = []ldap.Attribute{{Name: "netlogon", Values: [][]byte{b}}}
	}
	return ldap.Message{ID: q.ID, Op: e}.Encode()
}

// kdc answers as RFC 4120 §3.1 has it, to the machine alone.
func (l *lab) kdc(p []byte) []byte {
	q, err := krb5.ParseKDCReq(p)
	if err != nil {
		return nil
	}
	now := l.now.Add(l.ahead)
	refuse := func(code krb5.ErrorCode) []byte {
		e := krb5.Error{STime: now, Code: code, Realm: realm, SName: q.Body.SName}
		return e.Marshal()
	}
	if q.Body.CName.String() != "DSVM1$" {
		return refuse(krb5.ErrClientUnknown)
	}
	proof, ok := q.PAData.Find(krb5.PAEncTimestamp)
	if !ok {
		return refuse(krb5.ErrPreauthRequired)
	}
	sealed, err := krb5.ParseEncryptedData(proof)
	if err != nil {
		return refuse(krb5.ErrGeneric)
	}
	plain, err := etype.AES256SHA1.Decrypt(l.key, krb5.UsageASReqTimestamp, sealed.Cipher)
	if err != nil {
		return refuse(krb5.ErrPreauthFailed)
	}
	if stamp, err := krb5.ParseTimestamp(plain); err != nil || stamp.Time.Sub(now).Abs() > maxSkew {
		return refuse(krb5.ErrSkew)
	}
	part := krb5.EncKDCRepPart{
		Type: krb5.TypeASRep, Key: krb5.EncryptionKey{EType: krb5.AES256SHA1, Value: etype.AES256SHA1.NewKey()},
		LastReq: []krb5.LastReq{{Time: now}}, Nonce: q.Body.Nonce, AuthTime: now, EndTime: now.Add(time.Hour), SRealm: realm, SName: q.Body.SName,
	}
	cipher, err := etype.AES256SHA1.Encrypt(l.key, krb5.UsageASRepPart, part.Marshal())
	if err != nil {
		panic(err)
	}
	rep := krb5.KDCRep{
		Type: krb5.TypeASRep, CRealm: realm, CName: q.Body.CName, EncPart: krb5.EncryptedData{EType: krb5.AES256SHA1, KVNO: l.kvno, Cipher: cipher},
		Ticket: krb5.Ticket{Realm: realm, SName: q.Body.SName, EncPart: krb5.EncryptedData{EType: krb5.AES256SHA1, Cipher: []byte("ticket")}},
	}
	return rep.Marshal()
}

var refused = syscall.ECONNREFUSED

// wellFiles are the files of a machine that joined and is set up as recommended.
var wellFiles = map[string]string{
	"/etc/hosts":         "127.0.0.1 localhost\n" + ownIP + " dsvm1.lab.internal dsvm1\n",
	"/etc/resolv.conf":   "search lab.internal\nnameserver " + serverIP + "\n",
	"/etc/krb5.conf":     "[libdefaults]\n\tdefault_realm = LAB.INTERNAL\n\trdns = false\n[realms]\n\tOTHER = {\n\t\tkdc = elsewhere\n\t}\n",
	"/etc/nsswitch.conf": "passwd: files sss\ngroup: files sss\nsudoers: files sss\n",
	"/etc/passwd":        "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\ncarol:x:1000:1000::/home/carol:/bin/sh\n",
	"/etc/group":         "root:x:0:\nsudo:x:27:carol\ndocker:x:998:\ncarol:x:1000:\n",
	"/etc/sssd/sssd.conf": "[sssd]\ndomains = lab.internal\nservices = nss, pam, sudo\n\n[nss]\nfilter_users = root, daemon\nfilter_groups = root, sudo, docker\n\n" +
		"[pam]\npam_initgroups_scheme = always\n\n[domain/lab.internal]\nid_provider = ad\nad_domain = lab.internal\naccess_provider = ad\n" +
		"use_fully_qualified_names = False\nfallback_homedir = /home/%u\n",
	"/etc/pam.d/common-auth":                "auth sufficient pam_unix.so\nauth sufficient pam_sss.so use_first_pass\n",
	"/etc/pam.d/common-account":             "account [default=bad success=ok user_unknown=ignore] pam_sss.so\n",
	"/etc/pam.d/common-password":            "password requisite pam_pwquality.so retry=3\npassword sufficient pam_sss.so use_authtok\n",
	"/etc/pam.d/common-session":             "session optional pam_sss.so\nsession optional pam_mkhomedir.so\n",
	"/usr/share/pam-configs/mkhomedir":      "Name: homes\n",
	"/usr/share/pam-configs/sss":            "Name: SSSD\n",
	"/var/cache/cracklib/cracklib_dict.pwd": "words",
	"/etc/ssh/sshd_config":                  "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n",
	"/etc/ssh/sshd_config.d/10-lab.conf":    "GSSAPIAuthentication yes\n",
	"/etc/sudoers":                          "root ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n",
	"/etc/sudoers.d/selfsame":               "Defaults match_group_by_gid\n",
	"/usr/bin/nsupdate":                     "",
	"/usr/bin/sudo":                         "",
	"/usr/sbin/sssd":                        "",
	"/usr/sbin/pam-auth-update":             "",
}
