package directory

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/keyring"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

const domainPrefix = "domain/"

var domainTable = store.Table[Domain]{
	Prefix: domainPrefix, Version: 1,
	ID: func(Domain) string { return "self" },
	Encode: func(b []byte, d Domain) ([]byte, error) {
		j, err := json.Marshal(storedDomain{Domain: d, SIDText: d.SID.String()})
		return append(b, j...), err
	},
	Decode: func(_ byte, data []byte) (Domain, error) {
		var s storedDomain
		if err := json.Unmarshal(data, &s); err != nil {
			return Domain{}, err
		}
		sid, err := ident.ParseSID(s.SIDText)
		s.Domain.SID = sid
		return s.Domain, err
	},
}

// storedDomain writes the SID as text.
type storedDomain struct {
	Domain
	SIDText string `json:"sid"`
}

// Names of the tree that init makes, as in Entra Domain Services.
const (
	UsersUnit     = "AADDC Users"
	ComputersUnit = "AADDC Computers"
	DomainAdmins  = "AAD DC Administrators"
	Administrator = "administrator"
	SiteName      = "Default-First-Site-Name"

	ServiceAccounts = "Managed Service Accounts" // the container
)

// Containers' well-known GUIDs, [MS-ADTS] §6.1.1.4.
const (
	wellKnownUsers     = "A9D1CA15768811D1ADED00C04FD8D5CD"
	wellKnownComputers = "AA312825768811D1ADED00C04FD8D5CD"
	wellKnownServices  = "1EB93889E40C45DF9F0C64D23BBB6237" // in otherWellKnownObjects
)

// wellKnownRIDs are the groups every domain has. Their SIDs are the same
// everywhere, and SSSD looks for Domain Users as everybody's primary group.
var wellKnownGroups = []struct {
	rid         ident.RID
	name        string
	description string
}{
	{ident.RIDDomainAdmins, "Domain Admins", "Empty: nobody administers the servers by membership."},
	{ident.RIDDomainUsers, "Domain Users", "Everybody's primary group."},
	{ident.RIDDomainComputers, "Domain Computers", "Every machine's primary group."},
	{ident.RIDDomainControllers, "Domain Controllers", "The servers of the domain."},
}

// Setup is what init asks for.
type Setup struct {
	Domain   string
	NetBIOS  string    // empty: the first label
	SID      ident.SID // empty: drawn
	Password credential.Password
	Must     bool // the administrator must change the password
}

// Init makes the domain in an empty store: the tree, the well-known groups, and
// the first account, administrator, who is Global Administrator and member of
// AAD DC Administrators.
func Init(ctx context.Context, st store.Store, nameKey []byte, s Setup, now time.Time) (Domain, error) {
	name, err := ident.ParseDomain(s.Domain)
	if err != nil {
		return Domain{}, err
	}
	d := Domain{Name: name, NetBIOS: s.NetBIOS, SID: s.SID, Tenant: ident.NewID(), ID: ident.NewID(), Created: now.UTC(), Suffixes: []string{name}, Epoch: 1}
	if d.NetBIOS == "" {
		d.NetBIOS = ident.NetBIOS(name)
	}
	if d.SID == "" {
		d.SID = ident.NewDomainSID()
	}
	if !d.SID.IsDomain() {
		return Domain{}, fault.New(fault.Invalid, "%s is not a domain's SID", d.SID).WithHint("it looks like S-1-5-21-1004336348-1177238915-682003330")
	}
	if err := credential.DefaultPolicy.Accept(s.Password, Administrator); err != nil {
		return Domain{}, err
	}
	keys, err := credential.Prepare(s.Password, credential.SaltOfUser(d.Realm(), Administrator))
	if err != nil {
		return Domain{}, err
	}
	b := &builder{dir: &Directory{cfg: Config{NameKey: nameKey}}, domain: &d, now: now.UTC()}
	b.tree()
	admin := b.principals()
	rec := credential.Record{ID: admin.ID}.Set(keys, now.UTC(), s.Must, 0)
	_, err = st.Update(ctx, func(tx store.Tx) error {
		if v, err := tx.Get(domainPrefix + "self"); err != nil || v != nil {
			if err == nil {
				err = fault.New(fault.Exists, "there is a domain in this folder already").WithHint("choose an empty folder")
			}
			return err
		}
		return b.write(tx, rec)
	})
	if err != nil {
		return Domain{}, asFault(err)
	}
	return d, nil
}

// builder collects the entries of a new domain.
type builder struct {
	dir     *Directory
	domain  *Domain
	now     time.Time
	entries []*Entry
	admin   *Entry
	admins  *Entry
	base    *Entry
	users   *Entry
}

func (b *builder) add(parent *Entry, class schema.Class, rdn string) *Entry {
	e := &Entry{ID: ident.NewID(), Class: class, RDN: rdn, Created: b.now, Changed: b.now, ValidFrom: b.now, System: true}
	if parent != nil {
		e.Parent = parent.ID
	}
	b.entries = append(b.entries, e)
	return e
}

// tree makes what clients look for by place, whoever is in it.
func (b *builder) tree() {
	b.base = b.add(nil, schema.DomainDNS, b.domain.Name)
	b.base.ID = b.domain.ID
	b.users = b.add(b.base, schema.OrganizationalUnit, UsersUnit)
	b.add(b.base, schema.OrganizationalUnit, ComputersUnit)
	b.add(b.base, schema.OrganizationalUnit, "Domain Controllers")
	b.add(b.base, schema.OrganizationalUnit, SudoersUnit)
	b.add(b.base, schema.OrganizationalUnit, AutomountUnit)
	b.add(b.base, schema.Container, "Users")
	b.add(b.base, schema.Container, ServiceAccounts)
	config := b.add(b.base, schema.Configuration, "Configuration")
	partitions := b.add(config, schema.CrossRefContainer, "Partitions")
	b.add(partitions, schema.CrossRef, b.domain.NetBIOS)
	sites := b.add(config, schema.SitesContainer, "Sites")
	b.add(sites, schema.Site, SiteName)
	dmd := b.add(config, schema.DMD, "Schema")
	b.add(dmd, schema.SubSchema, "Aggregate")
}

// principals makes the accounts and groups every domain has, and returns the
// administrator.
func (b *builder) principals() *Entry {
	container := b.entries[slices.IndexFunc(b.entries, func(e *Entry) bool { return e.Class == schema.Container })]
	for _, g := range wellKnownGroups {
		e := b.add(container, schema.Group, g.name)
		e.Login, e.RID = g.name, g.rid
		e.setText(schema.Description, g.description)
	}
	b.admins = b.add(b.users, schema.Group, DomainAdmins)
	b.admins.Login, b.admins.RID = DomainAdmins, ident.RIDFirst
	b.admins.setText(schema.Description, "Administers machines and organizational units.")
	b.admin = b.add(b.users, schema.User, Administrator)
	b.admin.Login, b.admin.RID = Administrator, ident.RIDAdministrator
	b.admin.setText(schema.UserPrincipalName, Administrator+"@"+b.domain.Name)
	b.admin.setText(schema.DisplayName, "Administrator")
	return b.admin
}

func (b *builder) write(tx store.Tx, rec credential.Record) error {
	if err := domainTable.Put(tx, *b.domain); err != nil {
		return err
	}
	for _, e := range b.entries {
		if err := b.dir.claimAll(tx, b.domain, e); err != nil {
			return err
		}
		if err := put(tx, e); err != nil {
			return err
		}
	}
	if _, _, err := changeMembers(tx, b.admins.ID, []ident.ID{b.admin.ID}, nil); err != nil {
		return err
	}
	if err := credential.Table.Put(tx, rec); err != nil {
		return err
	}
	if err := role.Assignments.Put(tx, role.Assignment{
		ID: ident.NewID(), Principal: b.admin.ID, Role: role.GlobalAdministrator, Scope: "/", Created: b.now,
	}); err != nil {
		return err
	}
	if err := credential.Policies.Put(tx, credential.DefaultPolicy); err != nil {
		return err
	}
	if err := keyring.RealmTable.Put(tx, keyring.Realm{}.Roll(b.now)); err != nil {
		return err
	}
	return writeRID(tx, ident.RIDFirst+1)
}

// DomainIn reads what init fixed from a store that no directory is open on.
func DomainIn(ctx context.Context, st store.Store) (Domain, error) {
	var d Domain
	ok := false
	err := st.View(ctx, func(tx store.Tx) (err error) {
		d, ok, err = domainTable.Get(tx, "self")
		return err
	})
	if err == nil && !ok {
		err = noDomain
	}
	return d, err
}

var noDomain = fault.New(fault.NotFound, "there is no domain in this folder").WithHint("make one: selfsame init --data DIR --domain lab.example")
