package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	ldap "github.com/go-ldap/ldap/v3"

	"github.com/selfsame-dev/selfsame/internal/testkit/krbclient"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// probes is how many names of each kind are tried.
const probes = 1000

// Nobody who asks the KDC or the directory can tell who has an account: not by what
// is answered, and not by how long it takes.
func TestNamesCannotBeTold(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes a thousand people")
	}
	l := newLab(t, nil)
	known := l.thousand()
	kdc := net.JoinHostPort(l.addr, strconv.Itoa(l.ports["kerberos"]))
	conn := l.dial()
	for _, p := range []struct {
		name string
		ask  func(name string) string // what was answered
	}{
		{"a first request", func(name string) string { return askKDC(t, kdc, name, false, false) }},
		{"a wrong proof", func(name string) string { return askKDC(t, kdc, name, false, true) }},
		{"as SSSD asks", func(name string) string { return askKDC(t, kdc, name+"@"+strings.ToUpper(domain), true, false) }},
		{"a wrong proof as SSSD sends it", func(name string) string { return askKDC(t, kdc, name+"@"+strings.ToUpper(domain), true, true) }},
		{"a bind", func(name string) string {
			err := conn.Bind(name+"@"+domain, "not it 4 sure")
			return err.Error()
		}},
	} {
		t.Run(p.name, func(t *testing.T) {
			var tried []trial
			for i, name := range known {
				tried = append(tried, trial{name: name, known: true}, trial{name: fmt.Sprintf("u%06d", i)})
			}
			rand.Shuffle(len(tried), func(i, j int) { tried[i], tried[j] = tried[j], tried[i] })
			for i := range tried {
				began := time.Now()
				tried[i].said = strings.ReplaceAll(p.ask(tried[i].name), tried[i].name, "NAME")
				tried[i].took = time.Since(began)
			}
			if said := tried[0].said; slices.ContainsFunc(tried, func(x trial) bool { return x.said != said }) {
				i := slices.IndexFunc(tried, func(x trial) bool { return x.said != said })
				t.Errorf("%q and %q", said, tried[i].said)
			}
			if right := classify(tried); right > 0.55 {
				t.Errorf("by the clock %.1f %% are told rightly", 100*right)
			}
		})
	}
	t.Run("by kinit", func(t *testing.T) { namesByKinit(t, l, known) })
}

// trial is one name that was tried.
type trial struct {
	name  string
	known bool
	said  string
	took  time.Duration
}

// classify finds on one half of the trials the time that tells the kinds apart best,
// and returns how much of the other half it tells rightly.
func classify(all []trial) float64 {
	half := len(all) / 2
	learn, test := all[:half], all[half:]
	right := func(of []trial, limit time.Duration, slowIsKnown bool) float64 {
		n := 0
		for _, x := range of {
			if (x.took > limit) == (x.known == slowIsKnown) {
				n++
			}
		}
		return float64(n) / float64(len(of))
	}
	best, at, way := 0.0, time.Duration(0), false
	for _, x := range learn {
		for _, slow := range []bool{false, true} {
			if r := right(learn, x.took, slow); r > best {
				best, at, way = r, x.took, slow
			}
		}
	}
	return right(test, at, way)
}

// thousand makes people, and returns their names.
func (l *lab) thousand() []string {
	l.t.Helper()
	conn := l.dial()
	if err := conn.Bind("administrator@"+domain, adminPassword); err != nil {
		l.t.Fatal(err)
	}
	names := make([]string, probes)
	for i := range names {
		names[i] = fmt.Sprintf("k%06d", i)
		q := ldap.NewAddRequest("CN="+names[i]+",OU=AADDC Users,"+base, nil)
		q.Attribute("objectClass", []string{"user"})
		q.Attribute("sAMAccountName", []string{names[i]})
		q.Attribute("userPassword", []string{"Correct horse " + strconv.Itoa(i)})
		if err := conn.Add(q); err != nil {
			l.t.Fatal(err)
		}
	}
	return names
}

// askKDC sends one AS-REQ and returns the answer without its times.
func askKDC(t *testing.T, addr, name string, enterprise, proof bool) string {
	t.Helper()
	c := krbclient.Client{Realm: krb5.Realm(strings.ToUpper(domain)), Now: time.Now, Name: krbclient.Name(name)}
	if enterprise {
		c.Name.Type = krb5.NameEnterprise
		c.Options = krb5.OptCanonicalize
	}
	q := c.Request()
	if proof {
		q.PAData = append(q.PAData, krbclient.Proof(krb5.EncryptionKey{EType: krb5.AES256SHA1, Value: make([]byte, 32)}, time.Now()))
	}
	out, err := exchange(addr, q.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	e, err := krb5.ParseError(out)
	if err != nil {
		t.Fatal(err)
	}
	e.STime, e.SUsec = time.Unix(0, 0), 0
	return fmt.Sprintf("%q", e.Marshal())
}

// namesByKinit: kinit prints the same and ends the same.
func namesByKinit(t *testing.T, l *lab, known []string) {
	need(t, "kinit")
	conf := filepath.Join(l.dir, "krb5.conf")
	write(t, conf, fmt.Sprintf("[libdefaults]\ndefault_realm = %[1]s\ndns_lookup_kdc = false\nudp_preference_limit = 1\n[realms]\n%[1]s = {\n kdc = %[2]s:%[3]d\n}\n",
		strings.ToUpper(domain), l.addr, l.ports["kerberos"]))
	var said []string
	for i := range 100 {
		for _, name := range []string{known[probes-1-i], fmt.Sprintf("v%06d", i)} {
			c := exec.CommandContext(t.Context(), "kinit", name)
			c.Env = append(os.Environ(), "KRB5_CONFIG="+conf, "KRB5CCNAME="+filepath.Join(l.dir, "cc"))
			c.Stdin = strings.NewReader("not it\n")
			out, status := output(c)
			said = append(said, strings.ReplaceAll(fmt.Sprintf("%d %s", status, out), name, "NAME"))
		}
	}
	slices.Sort(said)
	if said = slices.Compact(said); len(said) != 1 {
		t.Errorf("kinit tells them apart: %q", said)
	}
}
