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

	"github.com/selfsame-dev/selfsame/internal/client"
	"github.com/selfsame-dev/selfsame/internal/testkit/krbclient"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// probes is how many names of each kind are tried.
const probes = 1000

// Nobody who asks the KDC or the directory can tell who has an account: not by what
// is answered, and not by how long it takes. What SSSD's conversation shows is tried
// on a joined machine, by TestDomainMachinesRead.
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
			alike(t, tried)
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

// alike fails if the names that were tried, in a random order, can be told apart.
func alike(t *testing.T, tried []trial) {
	t.Helper()
	said := tried[0].said
	if i := slices.IndexFunc(tried, func(x trial) bool { return x.said != said }); i > 0 {
		t.Errorf("%q and %q", said, tried[i].said)
	}
	right := classify(tried)
	t.Logf("by the clock %.1f %% of %d are told rightly", 100*right, len(tried))
	if right > 0.55 {
		t.Errorf("by the clock %.1f %% are told rightly", 100*right)
	}
}

// classify finds on each half of the trials the time that tells the kinds apart best,
// and returns how much of the other half it tells rightly.
func classify(all []trial) float64 {
	half := len(all) / 2
	return (learned(all[:half])(all[half:]) + learned(all[half:])(all[:half])) / 2
}

// learned is how much a limit that was found on some trials tells rightly of others.
func learned(on []trial) func(of []trial) float64 {
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
	for _, x := range on {
		for _, slow := range []bool{false, true} {
			if r := right(on, x.took, slow); r > best {
				best, at, way = r, x.took, slow
			}
		}
	}
	return func(of []trial) float64 { return right(of, at, way) }
}

// thousand makes people, and returns their names.
func (l *lab) thousand() []string {
	l.t.Helper()
	names := make([]string, probes)
	for i := range names {
		names[i] = fmt.Sprintf("k%06d", i)
		l.api("POST", map[string]any{
			"mailNickname":    names[i],
			"passwordProfile": map[string]any{"password": "Correct horse " + strconv.Itoa(i), "forceChangePasswordNextSignIn": false},
		}, "v1.0", "users")
	}
	return names
}

// api asks the server as root does, by its socket.
func (l *lab) api(method string, doc any, path ...string) {
	l.t.Helper()
	api := client.Local(filepath.Join(l.data, "run", "selfsame.sock"))
	if err := api.Do(l.t.Context(), method, client.Path(path...), nil, doc, nil); err != nil {
		l.t.Fatal(err)
	}
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

// namesBySSSD tries a wrong password for each name at a joined machine, through PAM
// and SSSD. Which names there are SSSD tells anybody on the machine: it reads the
// list of people, and for a name that is not on it asks the KDC nothing. So the names
// nobody has are those of people who were removed after SSSD had heard of them: for
// these it carries out its whole conversation with the KDC, if it is told not to look
// people up again at each sign-in, and what differs then are our answers. They are
// 500 of each kind, for a sign-in takes 35 ms, of which the KDC's part is one.
func namesBySSSD(t *testing.T, l *lab, m *machine) {
	conf := m.read("/etc/sssd/sssd.conf")
	m.setSSSD(strings.NewReplacer("pam_initgroups_scheme = always", "pam_initgroups_scheme = never",
		"entry_cache_timeout = 300", "entry_cache_timeout = 5400").Replace(conf))
	defer m.setSSSD(conf)
	names := l.thousand()
	m.input(strings.Join(names, "\n")).run("python3", "-c", "import os, sys\nfor name in sys.stdin.read().split(): os.getgrouplist(name, 0)")
	known := l.removeHalf(names)
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	out := m.tryPasswords(names...)
	var tried []trial
	for line := range strings.Lines(out) {
		var name string
		var code, took int
		if _, err := fmt.Sscan(line, &name, &code, &took); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		tried = append(tried, trial{name, known[name], fmt.Sprintf("PAM says %d", code), time.Duration(took) * time.Microsecond})
	}
	if len(tried) != probes {
		t.Fatalf("%d names were tried: %s", len(tried), out)
	}
	eventually(t, "each name nobody has reached the KDC", 5*time.Second, func() bool { // refusals are recorded once a second
		reached := 0
		for record := range strings.Lines(l.run("audit", "export")) {
			if strings.Contains(record, `"reason":"unknown user"`) && strings.Contains(record, m.Addr) {
				reached++
			}
		}
		return reached == probes/2
	})
	alike(t, tried)
}

// tryPasswords tries a wrong password for each name, through PAM and SSSD alone, and
// returns of each what PAM said and after how many microseconds.
func (m *machine) tryPasswords(names ...string) string {
	m.t.Helper()
	program, err := os.ReadFile(testdata(m.t, "pam_probe.py"))
	if err != nil {
		m.t.Fatal(err)
	}
	m.write("/root/pam_probe.py", string(program))
	m.write("/etc/pam.d/probe", "auth required pam_sss.so\n", 0o644)
	return m.input(strings.Join(names, "\n")).within(5*time.Minute).run("python3", "/root/pam_probe.py")
}

// removeHalf removes every second of some people, and returns who is left.
func (l *lab) removeHalf(names []string) map[string]bool {
	l.t.Helper()
	left := make(map[string]bool)
	for i, name := range names {
		if left[name] = i%2 == 0; !left[name] {
			l.api("DELETE", nil, "v1.0", "users", name)
		}
	}
	return left
}
