package portal

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
)

// perPage is how many rows a list shows: a page stays below 100 kB.
const perPage = 50

// pager is where in a list a page stands. Its state is in the address, so that a
// link shows what the sender sees.
type pager struct {
	Total, First, Last int
	Prev, Next         string
}

// paged cuts out the rows of the page that the address asks for.
func paged[T any](v *visit, all []T) ([]T, pager) {
	n, _ := strconv.Atoi(v.field("page"))
	pages := max(1, (len(all)+perPage-1)/perPage)
	n = min(max(n, 1), pages)
	from, to := (n-1)*perPage, min(n*perPage, len(all))
	p := pager{Total: len(all), First: from + 1, Last: to}
	if n > 1 {
		p.Prev = v.with("page", strconv.Itoa(n-1))
	}
	if n < pages {
		p.Next = v.with("page", strconv.Itoa(n+1))
	}
	return all[from:to], p
}

// with is the address of this page with one parameter changed; empty takes it
// away.
func (v *visit) with(name, value string) string {
	q := v.r.URL.Query()
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	if name != "page" {
		q.Del("page")
	}
	return address(v.r.URL.Path, q)
}

func address(path string, q url.Values) string {
	u := url.URL{Path: path, RawQuery: q.Encode()}
	return u.String()
}

// column is a head that sorts.
type column struct {
	Key, Name, Class string
	Link             string
	Sort             string // aria-sort; empty if the list is not sorted by it
}

// columns makes the heads of a list, sorted by what the address says.
func (v *visit) columns(sort string, cols ...column) []column {
	key, down := sortOf(sort)
	for i, c := range cols {
		if c.Key == "" {
			continue
		}
		to := c.Key
		if c.Key == key {
			cols[i].Sort = "ascending"
			if to = "-" + c.Key; down {
				cols[i].Sort, to = "descending", c.Key
			}
		}
		cols[i].Link = v.with("sort", to)
	}
	return cols
}

func sortOf(s string) (key string, down bool) {
	if len(s) > 0 && s[0] == '-' {
		return s[1:], true
	}
	return s, false
}

// gather lists what the actor finds of a class, in the order of names.
func (v *visit) gather(class schema.Class, typed string, keep func(*directory.Entry) bool) ([]*directory.Entry, error) {
	base, err := v.dir.ByID(v.dir.Domain().ID)
	if err != nil {
		return nil, err
	}
	f := directory.Filter{Op: directory.And, Children: []directory.Filter{
		{Op: directory.Equal, Attr: schema.ObjectCategory, Value: []byte(categories[class])},
	}}
	if typed != "" {
		f.Children = append(f.Children, directory.AnyName(typed))
	}
	var out []*directory.Entry
	err = v.as.Search(v.r.Context(), directory.Query{Base: base, Scope: directory.Subtree, Filter: f}, func(e *directory.Entry) bool {
		if e.Class == class && (keep == nil || keep(e)) {
			out = append(out, e)
		}
		return true
	})
	return out, err
}

var categories = map[schema.Class]string{schema.User: "person", schema.Group: "group", schema.SudoRole: "sudoRole"}

// sorted sorts entries by a key, which is made once for each.
func sorted[K cmp.Ordered](es []*directory.Entry, down bool, key func(*directory.Entry) K) {
	type keyed struct {
		k K
		e *directory.Entry
	}
	all := make([]keyed, len(es))
	for i, e := range es {
		all[i] = keyed{key(e), e}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		if down {
			return cmp.Compare(b.k, a.k)
		}
		return cmp.Compare(a.k, b.k)
	})
	for i := range all {
		es[i] = all[i].e
	}
}

func byName(e *directory.Entry) string { return ident.Fold(e.DisplayName()) }

// link is a principal's name with its page.
type link struct {
	Name, Login, Path string
	Group, Machine    bool
	ID                string
}

func linkTo(e *directory.Entry) link {
	l := link{Name: e.DisplayName(), Login: e.Login, ID: e.ID.String()}
	switch e.Class {
	case schema.User:
		l.Path = "/users/" + url.PathEscape(e.Login)
	case schema.Group:
		l.Path, l.Group = "/groups/"+url.PathEscape(e.Login), true
	default:
		stem, _ := ident.MachineStem(e.Login)
		l.Path, l.Machine = "/machines/"+url.PathEscape(stem), true
	}
	return l
}

// linkFor is linkTo for who may not see others' pages as text without a link.
func (v *visit) linkFor(e *directory.Entry) link {
	l := linkTo(e)
	if !v.reads() && !v.actor.Is(e.ID) && !v.owns(e) {
		l.Path = ""
	}
	return l
}

// owns reports whether the person looks after a group.
func (v *visit) owns(e *directory.Entry) bool {
	return e.Class == schema.Group && slices.ContainsFunc(e.Links(schema.Owner), v.actor.Is)
}
