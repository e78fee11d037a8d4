package portal

import (
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
)

// membership is a group somebody stands in, and by which way.
type membership struct {
	link
	GID     uint32
	Way     []string // groups on the way, the nearest to the person first
	Primary bool
	Rights  bool // gives rights
	Remove  bool // may be taken out here
}

// membershipsOf lists the groups an entry stands in, at any depth, with the way.
func (v *visit) membershipsOf(e *directory.Entry) []membership {
	ms := v.dir.Memberships(e.ID)
	through := make(map[ident.ID]*directory.Entry, len(ms))
	for _, m := range ms {
		through[m.Group.ID] = m.Through
	}
	out := make([]membership, 0, len(ms))
	for _, m := range ms {
		x := membership{link: v.linkFor(m.Group), Primary: m.Primary, Rights: v.dir.IsProtected(m.Group.ID)}
		x.GID, _ = m.Group.UIDNumber()
		for g := m.Through; g != nil && len(x.Way) < len(ms); g = through[g.ID] {
			x.Way = append([]string{g.Name()}, x.Way...)
		}
		x.Remove = !m.Primary && m.Through == nil && v.can(role.GroupMembers, m.Group)
		out = append(out, x)
	}
	return out
}
