package ldapd

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// rootAttribute is an attribute of the root DSE, RFC 4512 §5.1 and [MS-ADTS]
// §3.1.1.3.2. Names are Active Directory's.
type rootAttribute struct {
	name   string
	values [][]byte
}

// capabilities say what we have of Active Directory, [MS-ADTS] §3.1.1.3.4.3.
var capabilities = []string{
	"1.2.840.113556.1.4.800",  // it is Active Directory: realmd and adcli look for this
	"1.2.840.113556.1.4.1670", // of Windows Server 2003 or later
	"1.2.840.113556.1.4.1791", // signing and sealing
	"1.2.840.113556.1.4.1935", // of Windows Server 2008 or later
	"1.2.840.113556.1.4.2080", // of Windows Server 2008 R2 or later
	"1.2.840.113556.1.4.2237", // of Windows Server 2012 or later
}

// functionality is the level of domain, forest and server: Windows Server 2016.
// SSSD uses tokenGroups from level 2 on.
const functionality = "7"

// rootDSE makes what stays the same as long as the server runs.
func (s *Server) rootDSE(d *directory.Domain) []rootAttribute {
	base := s.base
	config := "CN=Configuration," + base
	short, _, _ := strings.Cut(s.cfg.Host, ".")
	server := "CN=" + ident.EscapeDNValue(strings.ToUpper(short)) + ",CN=Servers,CN=" + directory.SiteName + ",CN=Sites," + config
	controls := []string{ldap.OIDSortResponse}
	for oid := range served {
		controls = append(controls, oid)
	}
	slices.Sort(controls)
	extensions := []string{ldap.OIDPasswordModify, ldap.OIDWhoAmI}
	if s.cfg.TLS != nil {
		extensions = append(extensions, ldap.OIDStartTLS)
	}
	var out []rootAttribute
	add := func(name string, values ...string) { out = append(out, rootAttribute{name, octets(values)}) }
	add("objectClass", "top")
	add("namingContexts", base, config, "CN=Schema,"+config)
	add("defaultNamingContext", base)
	add("rootDomainNamingContext", base)
	add("configurationNamingContext", config)
	add("schemaNamingContext", "CN=Schema,"+config)
	add("subschemaSubentry", directory.SubschemaDN(d))
	add("supportedLDAPVersion", "3")
	add("supportedControl", controls...)
	add("supportedExtension", extensions...)
	add("supportedFeatures", ldap.OIDAllOperational, ldap.OIDTrueFalse)
	add("supportedCapabilities", capabilities...)
	if s.cfg.GSS != nil {
		add("supportedSASLMechanisms", mechGSSAPI, mechSPNEGO)
	}
	add("dnsHostName", s.cfg.Host)
	add("ldapServiceName", d.Name+":"+strings.ToLower(short)+"$@"+d.Realm())
	add("serverName", server)
	add("dsServiceName", "CN=NTDS Settings,"+server)
	add("domainFunctionality", functionality)
	add("forestFunctionality", functionality)
	add("domainControllerFunctionality", functionality)
	add("isSynchronized", "TRUE")
	add("isGlobalCatalogReady", "TRUE")
	add("vendorName", "Selfsame")
	if s.cfg.Version != "" {
		add("vendorVersion", s.cfg.Version)
	}
	return out
}

// rootNow is the root DSE with what moves.
func (s *Server) rootNow() []rootAttribute {
	usn, now := s.cfg.Directory.Stamp()
	return append(s.root[:len(s.root):len(s.root)],
		rootAttribute{"currentTime", octets([]string{schema.FormatTime(now)})},
		rootAttribute{"highestCommittedUSN", octets([]string{strconv.FormatInt(usn, 10)})})
}

// readRoot answers a search of the root DSE. Whether an attribute counts as
// operational differs among servers, and clients ask for * and mean all.
func (x *request) readRoot(q *ldap.SearchRequest) error {
	root := x.conn.s.rootNow()
	if !matchRoot(root, q.Filter) {
		return nil
	}
	all := len(q.Attributes) == 0 || slices.Contains(q.Attributes, ldap.AllUser) || slices.Contains(q.Attributes, ldap.AllOperational)
	b := builders.Get()
	defer builders.Put(b)
	w := ldap.BeginEntry(b, nil)
	for _, a := range slices.Backward(root) {
		if !all && !slices.ContainsFunc(q.Attributes, func(name string) bool { return strings.EqualFold(name, a.name) }) {
			continue
		}
		vals := a.values
		if q.TypesOnly {
			vals = nil
		}
		w.Attribute(a.name, vals)
	}
	w.Finish(x.message.ID, "")
	x.found++
	return x.conn.out.put(b.Bytes())
}

// matchRoot tests a filter on the root DSE; undefined counts as false, also below
// a not.
func matchRoot(root []rootAttribute, f ldap.Filter) bool {
	holds, known := testRoot(root, f)
	return holds && known
}

func testRoot(root []rootAttribute, f ldap.Filter) (holds, known bool) {
	find := func(name string) [][]byte {
		for _, a := range root {
			if strings.EqualFold(a.name, name) {
				return a.values
			}
		}
		return nil
	}
	switch f := f.(type) {
	case ldap.And:
		holds, known = true, true
		for _, sub := range f {
			h, k := testRoot(root, sub)
			if k && !h {
				return false, true
			}
			known = known && k
		}
		return holds, known
	case ldap.Or:
		known = true
		for _, sub := range f {
			h, k := testRoot(root, sub)
			if k && h {
				return true, true
			}
			known = known && k
		}
		return false, known
	case ldap.Not:
		h, k := testRoot(root, f.Filter)
		return !h, k
	case ldap.Present:
		return find(f.Attr) != nil, find(f.Attr) != nil
	case ldap.Equal:
		vals := find(f.Attr)
		return slices.ContainsFunc(vals, func(v []byte) bool { return bytes.EqualFold(v, f.Value) }), vals != nil
	}
	return false, false
}
