package zone

import (
	"net/netip"
	"strings"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

const (
	// maxOwn bounds a machine's addresses: more than one with many networks has.
	maxOwn = 32
	// refreshEvery is how old the last refresh on record may be: a write at every
	// start of a machine that is started again and again would be one for nothing.
	refreshEvery = time.Hour
)

// refusedHosts are names by which clients find their proxy and their tunnel
// without being told to: whoever registers one reads everybody's traffic.
var refusedHosts = map[string]bool{"wpad": true, "isatap": true}

// machine is a machine that makes an update.
type machine struct {
	ref  ident.Ref
	host string // the one name it may write
}

// machineOf finds what a machine may write.
func (z *Zone) machineOf(who ident.Ref) (*machine, error) {
	e, err := z.dir.ByID(who.ID)
	if err != nil {
		return nil, err
	}
	if e.Class != schema.Computer {
		return nil, fault.New(fault.Denied, "%s is a service account, and no host", e.Name())
	}
	stem, _ := ident.MachineStem(e.Login)
	host, ok := hostOf(stem, e.First(schema.DNSHostName), z.Domain())
	if !ok {
		return nil, fault.New(fault.Denied, "the host name %q of %s is not one it can register", clip(host), e.Name()).
			WithHint("the dNSHostName of the machine is %s.%s", stem, z.Domain())
	}
	return &machine{e.Ref(), host}, nil
}

// hostOf is the host name that a machine may write: the one it goes by, if that is
// one of the domain and its first label is the machine's name, which no other
// account has. A label is up to 63 characters long, and a machine's name 15.
func hostOf(stem, host, domain string) (string, bool) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" {
		host = stem + "." + domain
	}
	label, rest, _ := strings.Cut(host, ".")
	return host, rest == domain && label[:min(len(label), ident.MaxMachine)] == stem && !refusedHosts[label] && validName(host)
}

// may checks a change to a name of the domain.
func (m *machine) may(c *Change) error {
	switch {
	case c.Name != m.host:
		return fault.New(fault.Denied, "%s may change the records of %s only", m.ref.Name, m.host)
	case c.Type != A && c.Type != AAAA && c.Type != SSHFP && (c.Type != Any || c.Op != DropSet):
		return fault.New(fault.Denied, "a machine may change its addresses and key fingerprints only, not %s", clip(string(c.Type)))
	}
	if c.Op != Add || c.Type == SSHFP {
		return nil
	}
	if a, err := netip.ParseAddr(c.Value[0]); err != nil || a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast() {
		return fault.New(fault.Denied, "%s is not an address a machine can be reached at", c.Value[0])
	}
	return nil
}

// mayTake checks that a name is the machine's, or free.
func (z *Zone) mayTake(n *node, m *machine, now time.Time) error {
	if n.Owner.ID.IsZero() || n.Owner.ID == m.ref.ID {
		return nil
	}
	if _, lives := z.lives(n.Owner.ID); lives {
		return fault.New(fault.Denied, "the name %s belongs to %s", n.Name, n.Owner.Name)
	}
	until := n.heldUntil(now)
	if now.Before(until) {
		return fault.New(fault.Denied, "the name %s belonged to %s, which was deleted, and is held until %s", n.Name, n.Owner.Name, until.Format("2006-01-02 15:04 MST")).
			WithHint("an administrator can free it: selfsame dns delete %s", n.Name)
	}
	kept := n.Sets[:0]
	for _, s := range n.Sets {
		if s.Static {
			kept = append(kept, s)
		}
	}
	n.Sets, n.Owner = kept, ident.Ref{}
	return nil
}

// touch makes a node the machine's, or notes that it is still there.
func (m *machine) touch(n *node, now time.Time) {
	if n.Owner.ID != m.ref.ID || now.Sub(n.Refreshed) >= refreshEvery {
		n.Refreshed = now
	}
	n.Owner, n.Gone = m.ref, time.Time{}
}

// applyPointer takes a change to a reverse zone. Pointers follow the addresses of
// machines by themselves, so that nothing is stored: what agrees with that is
// accepted, and nothing else.
func (d *draft) applyPointer(c Change, m *machine) error {
	addr, whole := addrOf(c.Name)
	if !whole || c.Type != PTR && (c.Type != Any || c.Op != DropSet) {
		return fault.New(fault.Denied, "a reverse zone holds the pointers of machines only")
	}
	host := ""
	if m != nil {
		host = m.host
	} else if len(c.Value) == 1 {
		host = c.Value[0]
	}
	if host != "" && (c.Op == DropSet || len(c.Value) == 1 && c.Value[0] == host) {
		if has, err := d.hasAddr(host, addr); has || err != nil {
			return err
		}
		d.z.m.mu.RLock()
		defer d.z.m.mu.RUnlock()
		if c.Op != Add && len(d.z.m.namesOf(addr)) == 0 {
			return nil
		}
	}
	return fault.New(fault.Denied, "the pointer of %s follows the address of a machine", addr).
		WithHint("set the address of the machine, and its pointer is there")
}

// hasAddr reports whether a machine's name has an address.
func (d *draft) hasAddr(host string, a netip.Addr) (bool, error) {
	n, err := d.node(host)
	if err != nil {
		return false, err
	}
	t := A
	if a.Is6() {
		t = AAAA
	}
	s := n.set(t)
	return s != nil && !s.Static && s.has(Value{a.String()}), nil
}
