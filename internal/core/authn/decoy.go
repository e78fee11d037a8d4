package authn

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
)

// A name that is nobody's must look like one that is somebody's, in what is said
// and in how long that takes. Its proof is tested with a decoy's key, and its wrong
// proofs are counted, which is the one slow thing a wrong one causes.

// decoy is what stands in for accounts that do not exist.
type decoy struct {
	keys   credential.Set
	secret []byte // under which names become counters
}

func newDecoy() decoy {
	drawn := credential.Record{}.Set(credential.Draw(""), time.Time{}, false, 0).Current
	return decoy{keys: drawn, secret: drawn.Keys[0].Value}
}

// decoyID is the counter of a name that is nobody's. There are 65,536 of them, some
// 15 MB when all are in use, however many names somebody makes up.
func (a *Authenticator) decoyID(name string) ident.ID {
	m := hmac.New(sha256.New, a.decoy.secret)
	m.Write([]byte(a.dir.Decoy(name))) // of the login name, however the name is written
	sum := m.Sum(nil)
	id := ident.ID{6: 0x80, 8: 0x80} // version 8, RFC 9562 §5.8: of nobody's
	copy(id[10:], "decoy")
	id[0], id[1] = sum[0], sum[1]
	return id
}

// namesMachine reports whether a name has a machine's form.
func namesMachine(name string) bool {
	if _, after, ok := strings.Cut(name, `\`); ok {
		name = after
	}
	login, _, _ := strings.Cut(name, "@")
	return strings.HasSuffix(login, "$")
}
