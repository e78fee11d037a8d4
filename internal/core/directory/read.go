package directory

import (
	"strconv"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
)

// Reader reads attributes as one actor may see them. It is made once for a
// request and used by one goroutine.
type Reader struct {
	d       *Directory
	domain  Domain
	as      As
	err     error // why the actor's proof does not hold
	known   bool
	support right // may read what the helpdesk reads, of everybody
}

// right is a right that is looked up when it is first asked for.
type right uint8

const (
	unasked right = iota
	granted
	refused
)

// Reader returns a reader for the actor.
func (a As) Reader() *Reader {
	r := &Reader{d: a.d, domain: a.d.Domain(), as: a, err: a.Valid()}
	r.known = r.err == nil && a.by.Limit() == ident.Unlimited
	return r
}

func (r *Reader) supports() bool {
	if r.support == unasked {
		r.support = refused
		if r.as.decide(role.SupportRead, nil).Allowed {
			r.support = granted
		}
	}
	return r.support == granted
}

// May reports whether the actor may read an attribute of an entry.
func (r *Reader) May(e *Entry, row *schema.Attr) bool {
	switch row.Read {
	case schema.Anyone:
		return true
	case schema.Known:
		return r.known
	case schema.Support:
		return r.known && (r.as.by.Is(e.ID) || r.supports())
	}
	return false
}

// Values returns an attribute's values in the form LDAP shows them, nil for what
// the entry does not have or the actor may not read. Links are DNs.
func (r *Reader) Values(e *Entry, id schema.ID) [][]byte {
	row := schema.Of(id)
	if !r.May(e, row) || !e.Class.Allows(id) {
		return nil
	}
	if row.Source == schema.Stored && row.Syntax != schema.Link && row.Syntax != schema.Named && id != schema.UserAccountControl {
		return e.Stored(id)
	}
	return r.d.computed(e, id, &r.domain)
}

// Has reports whether Values would return any, without making them where that is
// dear.
func (r *Reader) Has(e *Entry, id schema.ID) bool {
	switch id {
	case schema.Member:
		return r.known && e.Class == schema.Group && r.d.MemberCount(e.ID) > 0
	case schema.MemberOf:
		r.d.m.mu.RLock()
		defer r.d.m.mu.RUnlock()
		return r.known && len(r.d.m.groups[e.ID]) > 0
	case schema.ObjectClass:
		return true
	}
	return len(r.Values(e, id)) > 0
}

func text(s string) [][]byte {
	if s == "" {
		return nil
	}
	return [][]byte{[]byte(s)}
}

func number(n int64) [][]byte { return [][]byte{itoa(n)} }

// classValues are the values of objectClass, shared by all entries of a class.
var classValues = func() (out [schema.Classes][][]byte) {
	for c := range out {
		for _, n := range schema.Class(c).Info().Chain {
			out[c] = append(out[c], []byte(n))
		}
	}
	return out
}()

// computed makes the values that follow from an entry's record and its place.
func (d *Directory) computed(e *Entry, id schema.ID, dom *Domain) [][]byte {
	switch id {
	case schema.ObjectClass:
		return classValues[e.Class]
	case schema.DistinguishedName, schema.EntryDN:
		return text(e.dn)
	case schema.CN:
		if e.Class.Info().RDN == schema.CN {
			return text(e.RDN)
		}
	case schema.OU:
		if e.Class.Info().RDN == schema.OU {
			return text(e.RDN)
		}
	case schema.SudoUser, schema.SudoHost, schema.SudoRunAsUser, schema.SudoRunAsGroup:
		return d.namedValues(id, e.Stored(id), dom)
	case schema.AutomountMapName, schema.AutomountKey:
		if e.Class.Info().RDN == id {
			return text(e.RDN)
		}
	case schema.DC:
		first, _, _ := strings.Cut(dom.Name, ".")
		return text(first)
	case schema.Name:
		if e.Class == schema.DomainDNS {
			first, _, _ := strings.Cut(dom.Name, ".")
			return text(first)
		}
		return text(e.RDN)
	case schema.SAMAccountName, schema.UID, schema.MsDSAzureADMailNickname:
		if id == schema.SAMAccountName || e.Class == schema.User {
			return text(e.Login)
		}
	case schema.ObjectGUID:
		return [][]byte{e.ID.GUID()}
	case schema.EntryUUID, schema.MsDSAadObjectId:
		return text(e.ID.String())
	case schema.ObjectSID:
		return text(string(e.sid))
	case schema.ObjectCategory:
		return text("CN=" + category(e.Class) + ",CN=Schema,CN=Configuration," + dom.Base().String())
	case schema.StructuralObjectClass:
		return text(e.Class.String())
	case schema.InstanceType:
		if e.Class == schema.DomainDNS {
			return number(5) // the head of a naming context, writable: [MS-ADTS] §2.2.12
		}
		return number(4)
	case schema.WhenCreated, schema.CreateTimestamp:
		return text(schema.FormatTime(e.Created))
	case schema.WhenChanged, schema.ModifyTimestamp:
		return text(schema.FormatTime(e.Changed))
	case schema.USNCreated:
		return number(int64(e.USN.Created))
	case schema.USNChanged:
		return number(int64(e.USN.Changed))
	case schema.SubschemaSubentry:
		return text(SubschemaDN(dom))
	case schema.HasSubordinates:
		return text(strings.ToUpper(strconv.FormatBool(d.Children(e.ID) > 0)))
	case schema.IsCriticalSystemObject:
		if e.System {
			return text("TRUE")
		}
	case schema.MemberOf:
		return d.memberOf(e)
	case schema.Member:
		return d.memberDNs(e)
	case schema.TokenGroups:
		return d.tokenGroups(e)
	case schema.Owner, schema.Manager, schema.ManagedBy, schema.HostAccess:
		return d.linkDNs(e.Links(id))
	default:
		return d.computedPrincipal(e, id, dom)
	}
	return nil
}

// computedPrincipal makes the values that only accounts, groups and the domain
// have.
func (d *Directory) computedPrincipal(e *Entry, id schema.ID, dom *Domain) [][]byte {
	switch id {
	case schema.SAMAccountType: // [MS-SAMR] §2.2.1.9
		switch e.Class {
		case schema.User:
			return number(805306368)
		case schema.Computer, schema.ManagedServiceAccount:
			return number(805306369)
		case schema.Group:
			return number(268435456)
		}
	case schema.GroupType:
		if e.Class == schema.Group {
			return number(-2147483646) // global, security: [MS-ADTS] §2.2.12
		}
	case schema.PrimaryGroupID:
		if rid := primaryRID(e); rid != 0 {
			return number(int64(rid))
		}
	case schema.UserAccountControl:
		if e.Class.Account() {
			return number(int64(d.control(e, false)))
		}
	case schema.MsDSUserAccountControlComputed:
		if e.Class.Account() {
			return number(int64(d.control(e, true) &^ (controlKept | ControlNormal | ControlWorkstation)))
		}
	case schema.UIDNumber:
		if n, ok := e.UIDNumber(); ok && e.Class.Account() {
			return number(int64(n))
		}
	case schema.GIDNumber:
		return d.gidNumber(e)
	case schema.MsDSMachineAccountQuota:
		return number(0) // nobody joins machines without a role
	case schema.AltSecurityIdentities:
		return e.Stored(schema.SSHPublicKey) // the name under which SSSD asks for keys
	case schema.MsDSPrincipalName:
		return text(dom.NetBIOS + `\` + e.Login)
	case schema.WellKnownObjects:
		return text2(
			"B:32:"+wellKnownUsers+":OU="+UsersUnit+","+dom.Base().String(),
			"B:32:"+wellKnownComputers+":OU="+ComputersUnit+","+dom.Base().String(),
		)
	case schema.OtherWellKnownObjects:
		return text("B:32:" + wellKnownServices + ":CN=" + ServiceAccounts + "," + dom.Base().String())
	case schema.NCName:
		return text(dom.Base().String())
	case schema.NETBIOSName:
		return text(dom.NetBIOS)
	case schema.DnsRoot:
		return text(dom.Name)
	case schema.SystemFlags:
		if e.Class == schema.CrossRef {
			return number(3) // a naming context of a domain: [MS-ADTS] §2.2.10
		}
	default:
		return d.computedCredential(e, id)
	}
	return nil
}

func text2(a, b string) [][]byte { return [][]byte{[]byte(a), []byte(b)} }

// computedCredential makes the values that tell of a credential, none of which is
// secret.
func (d *Directory) computedCredential(e *Entry, id schema.ID) [][]byte {
	if !e.Class.Account() {
		return nil
	}
	d.m.mu.RLock()
	c, l := d.m.credentials[e.ID], d.m.lockouts[e.ID]
	d.m.mu.RUnlock()
	switch id {
	case schema.PwdLastSet:
		if c == nil || c.Must || !c.Usable {
			return number(0)
		}
		return number(FileTime(c.SetAt))
	case schema.MsDSKeyVersionNumber:
		if c == nil {
			return number(0)
		}
		return number(int64(c.Current.Version)) // 0 until there is a password: the first is number 1
	case schema.BadPwdCount:
		return number(int64(l.Wrong()))
	case schema.LockoutTime:
		if since, _, locked := l.Locked(d.Now()); locked {
			return number(FileTime(since))
		}
		return number(0)
	case schema.MsDSUserPasswordExpiryTimeComputed:
		if at, ok := d.PasswordExpires(e); ok {
			return number(FileTime(at))
		}
		return number(fileTimeNever)
	}
	return nil
}

// control is userAccountControl as it reads: the kind of account and its
// switches, and whether it is locked out where that is asked for.
func (d *Directory) control(e *Entry, computed bool) uint32 {
	bits := e.Control
	switch {
	case e.Class == schema.User:
		bits |= ControlNormal
	case bits&ControlServer == 0:
		bits |= ControlWorkstation
	}
	if computed {
		if _, _, locked := d.Lockout(e.ID).Locked(d.Now()); locked {
			bits |= 0x10
		}
		if at, ok := d.PasswordExpires(e); ok && d.Now().After(at) {
			bits |= 0x800000
		}
	}
	return bits
}

// category is the name of a class in objectCategory.
func category(c schema.Class) string {
	switch c {
	case schema.User:
		return "Person"
	case schema.Computer:
		return "Computer"
	case schema.ManagedServiceAccount:
		return "ms-DS-Managed-Service-Account"
	case schema.Group:
		return "Group"
	case schema.OrganizationalUnit:
		return "Organizational-Unit"
	case schema.DomainDNS:
		return "Domain-DNS"
	case schema.CrossRef:
		return "Cross-Ref"
	default:
		n := c.String()
		return strings.ToUpper(n[:1]) + n[1:]
	}
}

// SubschemaDN is where the schema can be read.
func SubschemaDN(dom *Domain) string {
	return "CN=Aggregate,CN=Schema,CN=Configuration," + dom.Base().String()
}

func (d *Directory) gidNumber(e *Entry) [][]byte {
	switch {
	case e.Class == schema.Group:
		if n, ok := e.UIDNumber(); ok {
			return number(int64(n))
		}
	case e.Gid != 0:
		return number(int64(e.Gid))
	default:
		d.m.mu.RLock()
		g := d.m.primaryGroup(e)
		d.m.mu.RUnlock()
		if g != nil {
			if n, ok := g.UIDNumber(); ok {
				return number(int64(n))
			}
		}
	}
	return nil
}

func (d *Directory) memberOf(e *Entry) [][]byte {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	in := d.m.groups[e.ID]
	if len(in) == 0 {
		return nil
	}
	out := make([][]byte, 0, len(in))
	for _, g := range in {
		if x := d.m.byID[g]; x != nil {
			out = append(out, []byte(x.dn))
		}
	}
	return out
}

func (d *Directory) memberDNs(e *Entry) [][]byte {
	if e.Class != schema.Group {
		return nil
	}
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	set := d.m.members[e.ID]
	if set == nil {
		return nil
	}
	out := make([][]byte, 0, set.size)
	for _, b := range set.bucket {
		for _, id := range b {
			if x := d.m.byID[id]; x != nil {
				out = append(out, []byte(x.dn))
			}
		}
	}
	return out
}

func (d *Directory) linkDNs(ids []ident.ID) [][]byte {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	var out [][]byte
	for _, id := range ids {
		if x := d.m.byID[id]; x != nil { // who is gone is no longer named
			out = append(out, []byte(x.dn))
		}
	}
	return out
}

// builtinUsers is S-1-5-32-545, which Active Directory adds for everybody.
var builtinUsers = []byte(ident.NewSID(32, 545))

// tokenGroups are the SIDs of all groups an account stands in, at any depth, with
// the primary group's own, [MS-ADTS] §3.1.1.4.5.19.
func (d *Directory) tokenGroups(e *Entry) [][]byte {
	if !e.Class.Principal() {
		return nil
	}
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	var out [][]byte
	d.m.above(e.ID, func(g, _ ident.ID) bool {
		out = append(out, []byte(d.m.byID[g].sid))
		return true
	})
	return append(out, builtinUsers)
}

// Stamp is the state an answer was made from: the highest update number.
func (d *Directory) Stamp() (usn int64, at time.Time) { return int64(d.m.seen.Rev()), d.Now() }
