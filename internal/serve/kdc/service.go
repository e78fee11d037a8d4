package kdc

import (
	"slices"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/serve/gss"
	"github.com/selfsame-dev/selfsame/internal/wire/krb5"
)

// service is who a ticket is for, and how it is encrypted.
type service struct {
	name     krb5.PrincipalName // as it was asked for
	entry    *directory.Entry   // nil for the realm's own
	granting bool               // the ticket-granting service
	passwd   bool               // the one that changes passwords
	key      gss.Key
	version  uint32
	types    []etype.Type // it can use
}

// everyType is what our own services can use, the strongest that clients prefer
// first.
var everyType = []etype.Type{etype.AES256SHA1, etype.AES128SHA1, etype.AES256SHA384, etype.AES128SHA256}

// findService finds who a server's name means.
func (x *exchange) findService(name krb5.PrincipalName) (*service, error) {
	if isGranting(name, x.s) {
		v := x.s.dir.Realm().Making(x.now)
		return &service{name: name, granting: true, key: x.s.realmKey(v), version: v.Number, types: everyType}, nil
	}
	if name.Equal(krb5.ChangePassword()) {
		v := x.s.dir.Realm().Making(x.now)
		return &service{name: name, passwd: true, key: gss.PasswordKey(v), version: v.Number, types: everyType}, nil
	}
	e := x.s.dir.KerberosService(name.Parts)
	if e == nil {
		return nil, refuse(krb5.ErrServiceUnknown, "there is no service "+name.String())
	}
	c := x.s.dir.Credential(e.ID)
	if e.Disabled() || c == nil || len(c.Current.Keys) == 0 {
		return nil, refuse(krb5.ErrServiceRevoked, "the account of "+name.String()+" is disabled or has no key")
	}
	set := c.Making(x.now)
	s := &service{name: name, entry: e, version: set.Version, types: typesOf(e)}
	for _, t := range s.types {
		if v, ok := set.Key(t); ok {
			s.key = gss.Key{Type: t, Value: v}
			return s, nil
		}
	}
	return nil, refuse(krb5.ErrETypeNoSupport, name.String()+" has no key of a type it can use")
}

// isGranting reports whether a name is the ticket-granting service's, under any of
// the names the domain has.
func isGranting(n krb5.PrincipalName, s *Server) bool {
	if len(n.Parts) != 2 || n.Parts[0] != "krbtgt" {
		return false
	}
	d := s.dir.Domain()
	return strings.EqualFold(n.Parts[1], d.Name) || strings.EqualFold(n.Parts[1], d.NetBIOS)
}

// realmKeys are the realm's keys, kept: every request needs one several times.
type realmKeys struct {
	realm *keyring.Realm
	keys  map[*keyring.RealmVersion]gss.Key
}

// realmKey is a version of the realm's key.
func (s *Server) realmKey(v *keyring.RealmVersion) gss.Key {
	realm := s.dir.Realm()
	held := s.keys.Load()
	if held == nil || held.realm != realm {
		held = keepRealm(realm)
		s.keys.Store(held)
	}
	if k, ok := held.keys[v]; ok {
		return k
	}
	return gss.Key{Type: keyring.RealmType, Value: v.Key} // rolled since v was found
}

func keepRealm(realm *keyring.Realm) *realmKeys {
	out := &realmKeys{realm, make(map[*keyring.RealmVersion]gss.Key, len(realm.Versions))}
	for i := range realm.Versions {
		v := &realm.Versions[i]
		kept, err := keyring.RealmType.Keep(v.Key)
		if err != nil {
			continue // a key of a wrong length seals nothing
		}
		out.keys[v] = gss.Key{Type: keyring.RealmType, Value: v.Key, Kept: kept}
	}
	return out
}

// typesOf is what a machine says it can use, [MS-KILE] §2.2.7; without a word of it
// AES, and RC4 never.
func typesOf(e *directory.Entry) []etype.Type {
	if e.Serves() {
		return everyType
	}
	bits, err := strconv.ParseUint(e.First(schema.MsDSSupportedEncryptionTypes), 10, 32)
	if err != nil || bits&0x18 == 0 {
		return everyType[:2]
	}
	var out []etype.Type
	for i, t := range everyType[:2] {
		if bits&(0x10>>i) != 0 {
			out = append(out, t)
		}
	}
	return out
}

// ref names the service in a record.
func (s *service) ref() ident.Ref {
	if s.entry != nil {
		return s.entry.Ref()
	}
	return ident.Ref{Name: s.name.String()}
}

// ours reports whether the service is one of this installation's servers.
func (s *service) ours() bool {
	return s.entry == nil || s.entry.Serves()
}

// sessionType is the first type of the client's that we serve and the service can
// use.
func (x *exchange) sessionType() (etype.Type, error) {
	for _, t := range x.body.ETypes {
		if slices.Contains(x.service.types, etype.Type(t)) {
			return etype.Type(t), nil
		}
	}
	return 0, refuse(krb5.ErrETypeNoSupport, "the client and the service have no type in common")
}
