package ldapd

import (
	"slices"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// selection is which attributes of an entry a client asks for, RFC 4511
// §4.5.1.8, RFC 3673.
type selection struct {
	user        bool // all that are not operational
	operational bool
	named       []selected
}

// selected is an attribute asked for by name, spelled as the answer spells it.
type selected struct {
	id    schema.ID
	name  string
	first int // of a range of its values, [MS-ADTS] §3.1.1.3.1.3.3
	last  int // of the range; -1 to the end
	part  bool
}

// selectionOf reads the attributes of a search. Names that are not known are
// passed over, and each attribute is answered once.
func selectionOf(names []string) selection {
	var s selection
	if len(names) == 0 {
		s.user = true
		return s
	}
	seen := make([]bool, len(schema.Attributes())+1)
	s.named = make([]selected, 0, len(names))
	for _, name := range names {
		switch name {
		case ldap.AllUser:
			s.user = true
		case ldap.AllOperational:
			s.operational = true
		default:
			s.add(name, seen)
		}
	}
	return s
}

func (s *selection) add(description string, seen []bool) {
	name, options, _ := strings.Cut(description, ";")
	id, ok := schema.Lookup(name)
	if !ok || seen[id] {
		return
	}
	seen[id] = true
	one := selected{id: id, name: schema.Of(id).Name}
	switch low := strings.ToLower(options); {
	case strings.HasPrefix(low, "range="):
		if one.first, one.last, one.part = rangeOf(low[len("range="):]); !one.part {
			return
		}
	case low == "binary":
		one.name += ";binary"
	}
	s.named = append(s.named, one)
}

// rangeOf reads first-last, where last may be *.
func rangeOf(s string) (first, last int, ok bool) {
	from, to, ok := strings.Cut(s, "-")
	first, err := strconv.Atoi(from)
	if !ok || err != nil || first < 0 {
		return 0, 0, false
	}
	if to == "*" {
		return first, -1, true
	}
	last, err = strconv.Atoi(to)
	return first, last, err == nil && last >= first
}

// cut returns the asked part of an attribute's values, and the name that says
// which it is: the last part is told by a star.
func (s *selected) cut(vals [][]byte) (string, [][]byte) {
	if !s.part || s.first >= len(vals) {
		return s.name, vals
	}
	base := s.name + ";range=" + strconv.Itoa(s.first) + "-"
	if s.last < 0 || s.last >= len(vals)-1 {
		return base + "*", vals[s.first:]
	}
	return base + strconv.Itoa(s.last), vals[s.first : s.last+1]
}

// userAttributes and operationalAttributes list what * and + stand for, by class:
// what is kept or follows from an entry, and what is made only when asked for.
// tokenGroups is asked for by name: it walks all groups.
var userAttributes, operationalAttributes = func() (user, operational [schema.Classes][]schema.ID) {
	for _, a := range schema.Attributes() {
		for c := schema.User; c < schema.Classes; c++ {
			switch {
			case !c.Allows(a.ID) || a.Read == schema.Nobody || a.ID == schema.TokenGroups:
			case a.Source == schema.Stored || a.Source == schema.Computed:
				user[c] = append(user[c], a.ID)
			case a.Source == schema.Asked:
				operational[c] = append(operational[c], a.ID)
			}
		}
	}
	// objectClass first: it is what people look for.
	for c := range user {
		slices.SortStableFunc(user[c], func(a, b schema.ID) int {
			switch {
			case a == schema.ObjectClass:
				return -1
			case b == schema.ObjectClass:
				return 1
			}
			return 0
		})
	}
	return user, operational
}()

// entryWriter writes entries as one client asked for them.
type entryWriter struct {
	s      *Server
	reader *directory.Reader
	pick   selection
	types  bool // names without values
	base   bool // a search of one entry
}

// write writes an entry's attributes. The last written comes first in the
// message.
func (w *entryWriter) write(out ldap.EntryWriter, e *directory.Entry) {
	w.each(e, out.Attribute)
}

// each calls fn for each attribute to send, the most telling last.
func (w *entryWriter) each(e *directory.Entry, fn func(name string, vals [][]byte)) {
	if w.pick.operational {
		w.all(e, operationalAttributes[e.Class], fn)
	}
	if e.Class == schema.SubSchema && (w.pick.operational || w.pick.user && w.base) {
		w.all(e, w.s.schema.ids, fn)
	}
	if w.pick.user {
		w.all(e, userAttributes[e.Class], fn)
	}
	for i := len(w.pick.named) - 1; i >= 0; i-- {
		one := &w.pick.named[i]
		if w.listed(e, one) {
			continue
		}
		if vals := w.values(e, one.id); len(vals) > 0 {
			name, part := one.cut(vals)
			fn(name, w.shown(part))
		}
	}
}

// listed reports whether * or + has brought an attribute already.
func (w *entryWriter) listed(e *directory.Entry, one *selected) bool {
	if one.part || !w.pick.user && !w.pick.operational {
		return false
	}
	return w.pick.user && slices.Contains(userAttributes[e.Class], one.id) ||
		w.pick.operational && slices.Contains(operationalAttributes[e.Class], one.id) ||
		e.Class == schema.SubSchema && (w.pick.operational || w.base) && w.s.schema.values[one.id] != nil
}

func (w *entryWriter) all(e *directory.Entry, ids []schema.ID, fn func(name string, vals [][]byte)) {
	for _, id := range slices.Backward(ids) {
		if vals := w.values(e, id); len(vals) > 0 {
			fn(schema.Of(id).Name, w.shown(vals))
		}
	}
}

// shown is what of the values is sent: nothing, if only names are asked for.
func (w *entryWriter) shown(vals [][]byte) [][]byte {
	if w.types {
		return nil
	}
	return vals
}

func (w *entryWriter) values(e *directory.Entry, id schema.ID) [][]byte {
	if e.Class == schema.SubSchema {
		if v := w.s.schema.values[id]; v != nil {
			return v
		}
	}
	if id == schema.TokenGroups && !w.base {
		return nil // [MS-ADTS] §3.1.1.4.5.19: in a search of one entry only
	}
	return w.reader.Values(e, id)
}
