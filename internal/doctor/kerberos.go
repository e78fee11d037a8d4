package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/wire/keytab"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

func krb5Realm(_ context.Context, p *patient) []Finding {
	if p.domain == "" {
		return nil
	}
	var out []Finding
	set := p.setKrb5("default_realm", p.realm)
	switch r, ok := p.krb5.get("libdefaults", "default_realm"); {
	case !ok:
		out = append(out, found(Warning, "krb5.conf names no default_realm", "kinit alice does not know of which realm: only kinit alice@"+p.realm+" works.",
			"set default_realm = "+p.realm+" in [libdefaults]").with(set))
	case r.value != p.realm && strings.EqualFold(r.value, p.realm):
		out = append(out, found(Error, fmt.Sprintf("default_realm is %s in %s", r.value, r.file), "Realms are upper case, and compared letter by letter.",
			"set default_realm = "+p.realm).with(set))
	case r.value != p.realm:
		out = append(out, found(Warning, fmt.Sprintf("default_realm is %s in %s", r.value, r.file), "kinit alice asks another realm than this machine's.",
			"set default_realm = "+p.realm).with(set))
	}
	pinned, isPinned := p.krb5.in("realms", p.realm, "kdc")
	if r, ok := p.krb5.get("libdefaults", "dns_lookup_kdc"); ok && !isTrue(r.value) && !isPinned {
		out = append(out, found(Error, "dns_lookup_kdc is off in "+r.file+", and no kdc is named for "+p.realm, "\"Cannot find KDC for realm\".",
			"set dns_lookup_kdc = true").with(p.setKrb5("dns_lookup_kdc", "true")))
	}
	if isPinned {
		out = append(out, found(Note, fmt.Sprintf("%s names the kdc %s", pinned.file, pinned.value), "Kerberos asks that one alone, and not those that DNS has.", "leave it out, unless that is meant"))
	}
	return out
}

func krb5Types(_ context.Context, p *patient) []Finding {
	var out []Finding
	for _, key := range []string{"permitted_enctypes", "default_tkt_enctypes", "default_tgs_enctypes"} {
		r, ok := p.krb5.get("libdefaults", key)
		if !ok || permitsAES(r.value) {
			continue
		}
		out = append(out, found(Error, fmt.Sprintf("%s in %s leaves out AES: %s", key, r.file, r.value),
			"The domain has AES keys only: \"KDC has no support for encryption type\".", "take the line out: Kerberos's own default is right").with(p.dropKrb5(r)))
	}
	return out
}

// permitsAES reads a list of encryption types, krb5.conf(5): names and families, those
// behind a minus sign taken away.
func permitsAES(value string) bool {
	permits := false
	for _, w := range words(strings.ToLower(value)) {
		switch name := strings.TrimPrefix(w, "-"); {
		case name == "default", strings.HasPrefix(name, "aes128"), strings.HasPrefix(name, "aes256"):
			permits = permits || name == w
		case name == "aes":
			permits = name == w
		}
	}
	return permits
}

// mostUDP is how long a request may be that goes over UDP first, MIT's own default.
const mostUDP = 1465

func krb5Transport(_ context.Context, p *patient) []Finding {
	r, ok := p.krb5.get("libdefaults", "udp_preference_limit")
	if n, err := strconv.Atoi(r.value); !ok || err != nil || n <= mostUDP {
		return nil
	}
	return []Finding{found(Warning, fmt.Sprintf("udp_preference_limit is %s in %s", r.value, r.file), "Requests with a ticket in them go over UDP in pieces, which many firewalls drop: sign-ins hang.",
		"set udp_preference_limit = 0").with(p.setKrb5("udp_preference_limit", "0"))}
}

const keytabPath = "/etc/krb5.keytab"

// keytabFile is the machine's keytab.
type keytabFile struct {
	there   bool
	err     error
	entries []keytab.Entry
}

func (m *Machine) readKeytab() keytabFile {
	b, err := os.ReadFile(m.path(keytabPath))
	if err != nil {
		return keytabFile{there: !os.IsNotExist(err), err: err}
	}
	entries, err := keytab.Parse(b)
	return keytabFile{there: true, err: err, entries: entries}
}

// realm is the realm of the keytab; empty if it has none.
func (k *keytabFile) realm() string {
	if len(k.entries) == 0 {
		return ""
	}
	return string(k.entries[0].Realm)
}

// best is the newest key of a name of a type that is served, the strongest first.
func (k *keytabFile) best(name, realm string) (keytab.Entry, bool) {
	var best keytab.Entry
	for _, e := range k.entries {
		if !strings.EqualFold(e.Name.String(), name) || string(e.Realm) != realm || etype.Type(e.EType).KeySize() != len(e.Key) {
			continue
		}
		if e.KVNO > best.KVNO || e.KVNO == best.KVNO && len(e.Key) > len(best.Key) {
			best = e
		}
	}
	return best, len(best.Key) > 0
}

const rejoin = "join again, as root: realm leave; realm join --user=administrator "

// usesAD reports whether the machine is to be a member, rather than a reader with a
// search account.
func (p *patient) usesAD() bool { return p.sssd.get("id_provider") == "ad" || len(p.keys.entries) > 0 }

func keytabCheck(_ context.Context, p *patient) []Finding {
	if !p.usesAD() {
		if p.sssd.domain == "" {
			return []Finding{found(Note, "this machine has not joined a domain", "It has neither a keytab nor an sssd.conf.", "realm join --user=administrator "+p.domain)}
		}
		return nil
	}
	if !p.keys.there {
		return []Finding{found(Error, keytabPath+" is not there", "With it the machine proves to the domain who it is: SSSD does not start without.", rejoin+p.domain)}
	}
	var out []Finding
	if how, fix := p.closed(keytabPath); how != "" {
		out = append(out, found(Error, keytabPath+" "+how, "Who reads it is this machine to the domain, and root to whoever signs in here.",
			"chmod 600 "+keytabPath+"; if others sign in here, "+rejoin+p.domain).with(fix))
	}
	if p.keys.err != nil {
		return append(out, found(Error, keytabPath+" cannot be read: "+p.keys.err.Error(), "SSSD does not start without it.", rejoin+p.domain))
	}
	return append(out, p.keytabNames()...)
}

// keytabNames compares the names in the keytab with the machine's.
func (p *patient) keytabNames() []Finding {
	var out []Finding
	weak, ours, host := 0, false, false
	others := make(map[string]bool)
	for _, e := range p.keys.entries {
		if etype.Type(e.EType).KeySize() == 0 {
			weak++
		}
		switch name := e.Name.String(); {
		case string(e.Realm) != p.realm:
			others[e.Name.In(e.Realm)] = true
		case strings.EqualFold(name, p.account()):
			ours = true
		case strings.HasSuffix(name, "$"):
			others[name] = true
		case strings.EqualFold(name, "host/"+p.host):
			host = true
		}
	}
	if len(p.keys.entries) > 0 && weak == len(p.keys.entries) {
		out = append(out, found(Error, keytabPath+" has no AES key", "The domain accepts AES only.", rejoin+p.domain))
	}
	if !ours {
		what := fmt.Sprintf("%s has no key of %s", keytabPath, p.account())
		if len(others) > 0 {
			var names []string
			for n := range others {
				names = append(names, n)
			}
			what += ", but of " + list(unique(names))
		}
		out = append(out, found(Error, what, "The machine was renamed, or its disk is a copy of another's: it cannot prove who it is.", "give it the name it joined with, or "+rejoin+p.domain))
	} else if !host && weak < len(p.keys.entries) {
		out = append(out, found(Warning, fmt.Sprintf("%s has no key of host/%s", keytabPath, p.host), "sshd finds no key for the tickets that people bring: sign-ins without a password are refused.",
			"give the machine its whole name (hostnamectl set-hostname "+p.stem()+"."+p.domain+"), then adcli update --add-service-principal=host/"+p.stem()+"."+p.domain))
	}
	return out
}

func machineKey(ctx context.Context, p *patient) []Finding {
	best, ok := p.keys.best(p.account(), p.realm)
	if !ok {
		return nil
	}
	for _, s := range p.servers {
		kvno, err := p.signIn(ctx, s.addr, best.Realm, p.account(), krb5.EncryptionKey{EType: best.EType, Value: best.Key})
		var refusal *krb5.Error
		switch {
		case err == nil && kvno != 0 && kvno != best.KVNO:
			return []Finding{found(Error, fmt.Sprintf("the keytab calls its key version %d, and the domain version %d", best.KVNO, kvno),
				"Tickets name the domain's version, and programs look for that one in the keytab: \"Cannot find key of appropriate type\".", rejoin+p.domain)}
		case err == nil:
			return nil
		case errors.As(err, &refusal):
			return p.refused(s, best.KVNO, refusal.Code)
		case errors.Is(err, errOtherKey):
			return []Finding{found(Error, fmt.Sprintf("%s answers with a key that is not this machine's", s), "It is not a server of the domain that was joined, or the domain was made anew.", rejoin+p.domain)}
		}
	}
	return nil // that no server is reached, the ports tell
}

// refused explains why a server does not take the machine for who it is.
func (p *patient) refused(s server, kvno uint32, code krb5.ErrorCode) []Finding {
	why := "SSSD reaches nobody: it knows only people who signed in here before."
	switch code {
	case krb5.ErrPreauthFailed, krb5.ErrBadIntegrity:
		return []Finding{found(Error, fmt.Sprintf("the domain does not accept the machine's key, version %d", kvno),
			"Its password was changed elsewhere (joined again, reset, restored from an old image), or its account was buried: a server does not tell which. "+why, rejoin+p.domain)}
	case krb5.ErrClientUnknown:
		return []Finding{found(Error, "the domain has no account "+p.account(), "The machine was buried, or joined another domain. "+why, "realm join --user=administrator "+p.domain)}
	case krb5.ErrClientRevoked:
		return []Finding{found(Error, "the account "+p.account()+" is disabled or locked", why, "on a server: selfsame machine show "+p.stem())}
	case krb5.ErrSkew:
		return nil // the clock's finding
	case krb5.ErrETypeNoSupport:
		return []Finding{found(Error, "the domain has no key of this type for "+p.account(), why, rejoin+p.domain)}
	}
	return []Finding{found(Error, fmt.Sprintf("%s refuses %s: %s", s, p.account(), code), why, "look for the refusal on a server: selfsame audit search")}
}
