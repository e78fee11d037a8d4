package directory

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/flat"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Entry is one object. It is immutable: a change replaces it.
type Entry struct {
	ID        ident.ID
	Parent    ident.ID // zero for a naming context
	Class     schema.Class
	RDN       string // the value of the naming attribute
	RID       ident.RID
	Login     string // sAMAccountName; empty for what is no principal
	Control   uint32 // the bits of userAccountControl that are kept
	Number    uint32 // uid or gid brought along; 0: computed from the SID
	Gid       uint32 // a person's group number brought along; 0: Domain Users'
	Created   time.Time
	Changed   time.Time
	ValidFrom time.Time
	System    bool // made by init: not renamed, moved or deleted
	Attrs     []Value
	USN       USN

	// Derived when the entry enters the model.
	dn      string
	key     string
	sid     ident.SID
	expires time.Time
}

// USN is the update numbers of an entry: the states of the store that its making
// and its last change follow. They never fall.
type USN struct{ Created, Changed store.Rev }

// put writes an entry in a transaction, with its update numbers.
func put(tx store.Tx, e *Entry) error {
	e.USN.Changed = tx.Rev() + 1
	if e.USN.Created == 0 {
		e.USN.Created = e.USN.Changed
	}
	return entries.Put(tx, e)
}

// Value is an attribute's values. Links are object ids, 16 bytes each.
type Value struct {
	Attr schema.ID
	Vals [][]byte
}

// The bits of userAccountControl, [MS-ADTS] §2.2.16, that an account keeps. What
// kind of account it is, and whether it is locked, is computed.
const (
	ControlDisabled     = 0x2
	ControlNormal       = 0x200
	ControlWorkstation  = 0x1000
	ControlServer       = 0x2000
	ControlNoExpire     = 0x10000
	ControlNotDelegated = 0x100000
	ControlNoAuthData   = 0x2000000

	controlKept = ControlDisabled | ControlNoExpire | ControlNotDelegated | ControlNoAuthData | ControlServer
	// controlIgnored are bits clients send that say nothing we keep: a lockout,
	// "no password needed", "cannot change the password", the account types.
	controlIgnored = 0x10 | 0x20 | 0x40 | 0x80 | ControlNormal | ControlWorkstation | 0x800000
)

// DN is the entry's distinguished name.
func (e *Entry) DN() string { return e.dn }

// Key is the key of the entry's DN.
func (e *Entry) Key() string { return e.key }

// SID is the entry's security identifier; empty if it has none.
func (e *Entry) SID() ident.SID { return e.sid }

// Disabled reports whether the account is switched off.
func (e *Entry) Disabled() bool { return e.Control&ControlDisabled != 0 }

// Serves reports whether the account is a server's of this domain.
func (e *Entry) Serves() bool { return e.Control&ControlServer != 0 }

// Expires is when the account ends; zero for never.
func (e *Entry) Expires() time.Time { return e.expires }

// Kind is the kind of principal the entry is.
func (e *Entry) Kind() ident.Kind {
	switch e.Class {
	case schema.User:
		return ident.KindUser
	case schema.Group:
		return ident.KindGroup
	case schema.Computer, schema.ManagedServiceAccount:
		return ident.KindComputer
	}
	return ""
}

// Name is what the entry is called: the login name of a principal, else the
// value of its RDN.
func (e *Entry) Name() string {
	if e.Login != "" {
		return e.Login
	}
	return e.RDN
}

// Ref names the entry in a record.
func (e *Entry) Ref() ident.Ref { return ident.Ref{ID: e.ID, Kind: e.Kind(), Name: e.Name()} }

// DisplayName is the entry's display name, else its name.
func (e *Entry) DisplayName() string {
	if v := e.First(schema.DisplayName); v != "" {
		return v
	}
	return e.Name()
}

// Stored returns the values kept for an attribute. The caller must not change
// them.
func (e *Entry) Stored(a schema.ID) [][]byte {
	i, ok := slices.BinarySearchFunc(e.Attrs, a, func(v Value, a schema.ID) int { return cmp.Compare(v.Attr, a) })
	if !ok {
		return nil
	}
	return e.Attrs[i].Vals
}

// First returns the first value kept for an attribute, as text; empty if there is
// none.
func (e *Entry) First(a schema.ID) string {
	if v := e.Stored(a); len(v) > 0 {
		return string(v[0])
	}
	return ""
}

// Links returns the ids kept for a link attribute.
func (e *Entry) Links(a schema.ID) []ident.ID {
	vals := e.Stored(a)
	out := make([]ident.ID, 0, len(vals))
	for _, v := range vals {
		if len(v) == len(ident.ID{}) {
			out = append(out, ident.ID(v))
		}
	}
	return out
}

// UPN is the entry's user principal name, or the one made up of its login name.
func (e *Entry) UPN(d *Domain) string {
	if v := e.First(schema.UserPrincipalName); v != "" {
		return v
	}
	if e.Class == schema.User {
		return e.Login + "@" + d.Name
	}
	return ""
}

// UIDNumber is the number machines know the account or group by; ok is false if
// it has none.
func (e *Entry) UIDNumber() (uint32, bool) {
	if e.Number != 0 {
		return e.Number, true
	}
	return e.sid.Number()
}

// set replaces an attribute's values, in e itself: only for an entry that nobody
// else has seen.
func (e *Entry) set(a schema.ID, vals [][]byte) {
	i, ok := slices.BinarySearchFunc(e.Attrs, a, func(v Value, a schema.ID) int { return cmp.Compare(v.Attr, a) })
	switch {
	case len(vals) == 0 && ok:
		e.Attrs = slices.Delete(slices.Clone(e.Attrs), i, i+1)
	case len(vals) == 0:
	case ok:
		e.Attrs = slices.Clone(e.Attrs)
		e.Attrs[i].Vals = vals
	default:
		e.Attrs = slices.Insert(slices.Clone(e.Attrs), i, Value{a, vals})
	}
}

func (e *Entry) setText(a schema.ID, v string) {
	if v == "" {
		e.set(a, nil)
		return
	}
	e.set(a, [][]byte{[]byte(v)})
}

// clone returns a copy that may be changed.
func (e *Entry) clone() *Entry {
	c := *e
	return &c
}

// current reads an entry that a transaction is about to change. The copy in memory
// may be older.
func current(tx store.Tx, id ident.ID) (*Entry, error) {
	e, ok, err := entries.Get(tx, id.String())
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "it was removed meanwhile")
	}
	return e, err
}

const entryVersion = 1

// entries is the table of entries.
var entries = store.Table[*Entry]{
	Prefix: "entry/", Version: entryVersion,
	ID:     func(e *Entry) string { return e.ID.String() },
	Encode: encodeEntry, Decode: decodeEntry,
}

func encodeEntry(b []byte, e *Entry) ([]byte, error) {
	b = append(b, e.ID[:]...)
	b = append(b, e.Parent[:]...)
	b = append(b, byte(e.Class))
	b = flat.String(flat.String(b, e.RDN), e.Login)
	for _, n := range []uint32{uint32(e.RID), e.Control, e.Number, e.Gid} {
		b = flat.Uint(b, uint64(n))
	}
	for _, t := range []time.Time{e.Created, e.Changed, e.ValidFrom} {
		b = flat.Time(b, t)
	}
	b = flat.Bool(b, e.System)
	b = flat.Uint(b, uint64(len(e.Attrs)))
	for _, v := range e.Attrs {
		b = flat.Uint(flat.Uint(b, uint64(v.Attr)), uint64(len(v.Vals)))
		for _, x := range v.Vals {
			b = flat.Bytes(b, x)
		}
	}
	return flat.Int(flat.Int(b, int64(e.USN.Created)), int64(e.USN.Changed)), nil
}

func decodeEntry(_ byte, data []byte) (*Entry, error) {
	d := flat.NewDecoder(data)
	e := new(Entry)
	d.Fixed(e.ID[:])
	d.Fixed(e.Parent[:])
	var class [1]byte
	d.Fixed(class[:])
	e.Class = schema.Class(class[0])
	e.RDN, e.Login = d.String(), d.String()
	e.RID, e.Control, e.Number, e.Gid = ident.RID(d.Uint()), uint32(d.Uint()), uint32(d.Uint()), uint32(d.Uint())
	e.Created, e.Changed, e.ValidFrom = d.Time(), d.Time(), d.Time()
	e.System = d.Bool()
	n := d.Len()
	if n > 0 {
		e.Attrs = make([]Value, 0, n)
	}
	for range n {
		v := Value{Attr: schema.ID(d.Uint())}
		k := d.Len()
		v.Vals = make([][]byte, 0, k)
		for range k {
			v.Vals = append(v.Vals, d.Bytes())
		}
		e.Attrs = append(e.Attrs, v)
	}
	e.USN = USN{store.Rev(d.Int()), store.Rev(d.Int())}
	if err := d.Err(); err != nil {
		return nil, err
	}
	if e.Class == schema.NoClass || e.Class >= schema.Classes {
		return nil, flat.ErrDamaged
	}
	for i, v := range e.Attrs {
		if v.Attr == 0 || int(v.Attr) > len(schema.Attributes()) || i > 0 && e.Attrs[i-1].Attr >= v.Attr {
			return nil, flat.ErrDamaged
		}
	}
	return e, nil
}

// derive fills in what follows from the record and its place.
func (e *Entry) derive(domain *Domain, parent *Entry) {
	attr := schema.Of(e.Class.Info().RDN)
	rdn := ident.RDN{Type: upperName(attr.Name), Value: e.RDN}
	switch {
	case e.Class == schema.DomainDNS:
		base := domain.Base()
		e.dn, e.key = base.String(), base.Key()
	case parent != nil:
		e.dn = rdn.Type + "=" + ident.EscapeDNValue(e.RDN) + "," + parent.dn
		e.key = parent.key + rdn.Key()
	}
	e.sid = ""
	if e.RID != 0 {
		e.sid = domain.SID.With(e.RID)
	} else if e.Class == schema.DomainDNS {
		e.sid = domain.SID
	}
	e.expires = fileTimeOf(e.First(schema.AccountExpires))
}

// upperName spells CN, OU and DC as Active Directory writes them in names.
func upperName(s string) string {
	switch s {
	case "cn":
		return "CN"
	case "ou":
		return "OU"
	case "dc":
		return "DC"
	default:
		return s
	}
}

// fileTimeZero is 1601-01-01 in Unix time, in units of 100 ns, [MS-DTYP] §2.3.3.
const (
	fileTimeZero  = 116444736000000000
	fileTimeNever = 9223372036854775807
)

// FileTime returns a time as 100 ns since 1601; 0 for the zero time.
func FileTime(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()/100 + fileTimeZero
}

// fileTimeOf reads the text of a FILETIME; 0 and the greatest mean never.
func fileTimeOf(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n == fileTimeNever {
		return time.Time{}
	}
	return time.Unix(0, 0).Add(time.Duration(n-fileTimeZero) * 100).UTC()
}

func itoa(n int64) []byte { return strconv.AppendInt(nil, n, 10) }
