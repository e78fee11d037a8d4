package api

import (
	"net/http"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/wire/graph"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// list answers with a page of the entries of a class.
func (c *call) list(class schema.Class, context string) (int, any, error) {
	top, skip, err := c.page()
	if err != nil {
		return 0, nil, err
	}
	f := directory.Filter{Op: directory.And, Children: []directory.Filter{
		{Op: directory.Equal, Attr: schema.ObjectClass, Value: []byte(class.String())},
	}}
	if class == schema.User {
		f.Children = append(f.Children, directory.Filter{Op: directory.Not, Children: []directory.Filter{
			{Op: directory.Equal, Attr: schema.ObjectClass, Value: []byte("computer")},
		}})
	}
	q := c.r.URL.Query()
	if s := q.Get("$filter"); s != "" {
		expr, err := graph.ParseFilter(s)
		if err != nil {
			return 0, nil, fault.New(fault.Invalid, "%s", err.Error()).WithField("$filter")
		}
		x, err := filter(expr)
		if err != nil {
			return 0, nil, err
		}
		f.Children = append(f.Children, x)
	}
	if s := q.Get("$search"); s != "" {
		f.Children = append(f.Children, directory.AnyName(s))
	}
	base, err := c.dir.ByID(c.dir.Domain().ID)
	if err != nil {
		return 0, nil, err
	}
	query := directory.Query{Base: base, Scope: directory.Subtree, Filter: f}
	if query.After, err = untoken(skip); err != nil {
		return 0, nil, err
	}
	out := graph.List[graph.Object]{Context: c.context(context), Value: []graph.Object{}}
	rd := c.as.Reader()
	total := 0
	err = c.as.Search(c.r.Context(), query, func(e *directory.Entry) bool {
		if total++; total <= top {
			out.Value = append(out.Value, c.selected(c.describe(e, rd)))
			if total == top {
				out.Next = e.Key()
			}
		}
		return total <= top || q.Get("$count") == "true"
	})
	if err != nil {
		return 0, nil, err
	}
	if total <= top {
		out.Next = ""
	} else {
		out.Next = c.nextLink(token(out.Next))
	}
	if q.Get("$count") == "true" {
		out.Count = &total
	}
	return http.StatusOK, out, nil
}

// objects answers with entries of several kinds.
func (c *call) objects(es []*directory.Entry) (int, any, error) {
	out := graph.List[graph.Object]{Context: c.context("directoryObjects"), Value: []graph.Object{}}
	rd := c.as.Reader()
	for _, e := range es {
		out.Value = append(out.Value, c.selected(typed(c.describe(e, rd), e)))
	}
	return http.StatusOK, out, nil
}
