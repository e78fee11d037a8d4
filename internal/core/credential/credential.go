// Package credential holds what proves who an account is: its Kerberos keys,
// made from its password, with their salt and version; what a password must be;
// and how many wrong ones are too many.
//
// What always holds:
//
//   - A password is kept only as Kerberos keys. There is no second hash beside
//     them, and no way back.
//   - The salt is fixed when the password is set and kept with the keys, so that
//     renaming an account does not change it.
//   - The key version starts at 1 and rises by exactly one with every set.
//   - Nothing here prints a key or a password.
//
// Whose account it is, and who may change it, is not known here.
package credential

import (
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/flat"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/crypt/etype"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Password is a password. It prints as [secret].
type Password string

// String hides the password.
func (Password) String() string { return "[secret]" }

// GoString hides the password.
func (Password) GoString() string { return "[secret]" }

// Key is one Kerberos key.
type Key struct {
	Type  etype.Type
	Value Secret
}

// Secret is key material. It prints as [secret].
type Secret []byte

// String hides the key.
func (Secret) String() string { return "[secret]" }

// GoString hides the key.
func (Secret) GoString() string { return "[secret]" }

// served are the types of the keys made of a password, the strongest first: the
// two that Active Directory makes and every client asks for first.
var served = []etype.Type{etype.AES256SHA1, etype.AES128SHA1}

// Set is the keys of one version of a password.
type Set struct {
	Version uint32 // kvno
	Salt    string
	Keys    []Key
}

// Key is the key of a type, if the set has one.
func (s *Set) Key(t etype.Type) (Secret, bool) {
	for _, k := range s.Keys {
		if k.Type == t {
			return k.Value, true
		}
	}
	return nil, false
}

// maxHistory bounds how many earlier passwords a record can remember.
const maxHistory = 24

// Record is an account's credentials.
type Record struct {
	ID      ident.ID
	Current Set
	Before  Set       // the set before, for tickets still in use
	SetAt   time.Time // when the password was set; pwdLastSet
	Must    bool      // must change at the next sign-in
	Usable  bool      // false: no password signs in with this account
	Old     []Past    // earlier passwords, the last first
	Gen     uint64    // rises with every change of the record
	Until   time.Time // when the password ends by itself: one to join with; zero for never
	Own     bool      // the machine set it itself
	Lags    bool      // and holds the keys before, which tickets are made with for Lag
}

// Lag is how long tickets for a machine are still made with the keys before when it
// renews its own password. It changes the password first and writes its keytab
// then: adcli takes up to two seconds between, in which it could open nothing.
const Lag = 10 * time.Second

// Past is an earlier password: its strongest key, and the salt it was made with.
type Past struct {
	Salt string
	Key  Secret
}

// Prepared is a password made into keys: the slow part of setting one, done
// before the transaction that stores it.
type Prepared struct {
	salt string
	keys []Key
}

// Prepare makes keys. It takes milliseconds.
func Prepare(p Password, salt string) (Prepared, error) {
	out := Prepared{salt: salt, keys: make([]Key, len(served))}
	for i, t := range served {
		k, err := t.StringToKey(string(p), salt)
		if err != nil {
			return Prepared{}, err
		}
		out.keys[i] = Key{t, k}
	}
	return out, nil
}

// Burn does the work of testing a password for an account that does not exist.
func Burn(p Password, salt string) { matches(p, salt, Key{served[0], make([]byte, 32)}) }

// Set returns r with a new password.
func (r Record) Set(p Prepared, now time.Time, must bool, history int) Record {
	if len(r.Current.Keys) > 0 {
		r.Old = slices.Insert(slices.Clone(r.Old), 0, Past{r.Current.Salt, r.Current.Keys[0].Value})
	}
	r.Old = r.Old[:min(len(r.Old), history, maxHistory)]
	r.Before = r.Current
	r.Current = Set{Version: r.Current.Version + 1, Salt: p.salt, Keys: p.keys}
	r.SetAt, r.Must, r.Usable, r.Until, r.Own, r.Lags = now, must, true, time.Time{}, false, false
	r.Gen++
	return r
}

// SetUntil returns r with a new password that ends by itself, and with the next
// one that is set.
func (r Record) SetUntil(p Prepared, now, until time.Time) Record {
	r = r.Set(p, now, false, 0)
	r.Until = until
	return r
}

// Over reports whether the password's own end is past.
func (r *Record) Over(now time.Time) bool { return !r.Until.IsZero() && !now.Before(r.Until) }

// Renewed returns r, which came out of base by a password that the machine set
// itself. Its keytab holds the keys before if those were its own, or somebody's who
// joined it a day ago or more; one given a password to join with has none yet.
func (r Record) Renewed(base *Record) Record {
	r.Own = true
	r.Lags = len(base.Current.Keys) > 0 && base.Until.IsZero() && (base.Own || r.SetAt.Sub(base.SetAt) > 24*time.Hour)
	return r
}

// Making returns the keys that tickets for the account are made with at a time.
func (r *Record) Making(now time.Time) *Set {
	if r.Lags && now.Sub(r.SetAt) < Lag {
		return &r.Before
	}
	return &r.Current
}

// WithMust returns r with or without the duty to change the password.
func (r Record) WithMust(must bool) Record {
	r.Must = must
	r.Gen++
	return r
}

// Drop returns r with no password that signs in. The keys stay as history, so
// that it cannot be set again.
func (r Record) Drop() Record {
	r.Usable = false
	r.Gen++
	return r
}

// Verify reports whether p is the account's password. It takes milliseconds.
func (r *Record) Verify(p Password) bool {
	if !r.Usable || len(r.Current.Keys) == 0 {
		return false
	}
	return matches(p, r.Current.Salt, r.Current.Keys[0])
}

// Reuses reports whether p is the present password or one of the last n before
// it. It takes milliseconds for each.
func (r *Record) Reuses(p Password, n int) bool {
	if n > 0 && r.Verify(p) {
		return true
	}
	for i, old := range r.Old {
		if i >= n-1 {
			break
		}
		if matches(p, old.Salt, Key{served[0], old.Key}) {
			return true
		}
	}
	return false
}

func matches(p Password, salt string, k Key) bool {
	got, err := k.Type.StringToKey(string(p), salt)
	return err == nil && subtle.ConstantTimeCompare(got, k.Value) == 1
}

// SaltOfUser is the salt of a person's keys: the realm and the login name as it
// stands when the password is set, [MS-KILE] §3.1.1.2.
func SaltOfUser(realm, login string) string { return realm + login }

// SaltOfComputer is the salt of a machine's keys: the realm, "host", and the
// machine's full name in lower case, [MS-KILE] §3.1.1.2.
func SaltOfComputer(realm, login, domain string) string {
	return realm + "host" + strings.ToLower(strings.TrimSuffix(login, "$")+"."+domain)
}

const recordVersion = 3 // 2: Until; 3: Own, Lags

// Prefix is where credentials stand in the store: credential/<object id>. The
// directory's entries hold none of it.
const Prefix = "credential/"

// Table is the table of credentials.
var Table = store.Table[Record]{
	Prefix: Prefix, Version: recordVersion,
	ID:     func(r Record) string { return r.ID.String() },
	Encode: encode, Decode: decode,
}

func encode(b []byte, r Record) ([]byte, error) {
	b = append(b, r.ID[:]...)
	b = encodeSet(encodeSet(b, r.Current), r.Before)
	b = flat.Time(b, r.SetAt)
	b = flat.Bool(flat.Bool(b, r.Must), r.Usable)
	b = flat.Uint(b, uint64(len(r.Old)))
	for _, p := range r.Old {
		b = flat.Bytes(flat.String(b, p.Salt), p.Key)
	}
	return flat.Bool(flat.Bool(flat.Time(flat.Uint(b, r.Gen), r.Until), r.Own), r.Lags), nil
}

func encodeSet(b []byte, s Set) []byte {
	b = flat.String(flat.Uint(b, uint64(s.Version)), s.Salt)
	b = flat.Uint(b, uint64(len(s.Keys)))
	for _, k := range s.Keys {
		b = flat.Bytes(flat.Int(b, int64(k.Type)), k.Value)
	}
	return b
}

func decode(version byte, data []byte) (Record, error) {
	d := flat.NewDecoder(data)
	var r Record
	d.Fixed(r.ID[:])
	r.Current, r.Before = decodeSet(d), decodeSet(d)
	r.SetAt = d.Time()
	r.Must, r.Usable = d.Bool(), d.Bool()
	for range d.Len() {
		r.Old = append(r.Old, Past{d.String(), Secret(d.Bytes())})
	}
	r.Gen = d.Uint()
	if version >= 2 {
		r.Until = d.Time()
	}
	if version >= 3 {
		r.Own, r.Lags = d.Bool(), d.Bool()
	}
	return r, d.Err()
}

func decodeSet(d *flat.Decoder) Set {
	s := Set{Version: uint32(d.Uint()), Salt: d.String()}
	for range d.Len() {
		s.Keys = append(s.Keys, Key{etype.Type(d.Int()), Secret(d.Bytes())})
	}
	return s
}
