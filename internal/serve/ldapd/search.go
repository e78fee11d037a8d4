package ldapd

import (
	"context"
	"errors"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// answeredAtOnce is how many entries a search may have to test to be answered
// where the message was read: fewer than a millisecond's worth.
const answeredAtOnce = 64

// search answers a search, RFC 4511 §4.5, or returns what is left to do where it
// takes long.
func (x *request) search(ctx context.Context, q *ldap.SearchRequest) func(context.Context) {
	x.target = q.Base
	if q.Base == "" && q.Scope == ldap.BaseObject {
		if name := pingAsked(q); name != "" {
			x.finish(x.ok(), x.ping(q, name))
			return nil
		}
		x.finish(x.ok(), x.readRoot(q))
		return nil
	}
	s, err := x.gather(q)
	if err != nil {
		x.answerError(err)
		return nil
	}
	if n, indexed := s.found.Size(); indexed && n <= answeredAtOnce {
		x.finish(x.ok(), s.run(ctx))
		return nil
	}
	return func(ctx context.Context) { x.finish(x.ok(), s.run(ctx)) }
}

// search is one search under way.
type search struct {
	*request
	q     *ldap.SearchRequest
	query directory.Query
	found directory.Found
	page  *page // nil without the control
	most  int   // entries it may send
	write entryWriter
}

// gather finds the base and what has to be tested.
func (x *request) gather(q *ldap.SearchRequest) (*search, error) {
	if q.Scope < ldap.BaseObject || q.Scope > ldap.WholeSubtree || q.SizeLimit < 0 || q.TimeLimit < 0 {
		return nil, refuse(ldap.ProtocolError, "the search has a scope or a limit that is none")
	}
	base, err := x.entry(q.Base)
	if err != nil {
		return nil, err
	}
	s := &search{request: x, q: q, query: directory.Query{Base: base, Scope: directory.Scope(q.Scope), Filter: filterOf(q.Filter)}}
	if s.query.Through = x.controls.through; s.query.Through != 0 {
		if s.query.Scope != directory.Base {
			return nil, refuse(ldap.UnwillingToPerform, "a query scoped by an attribute has the scope base")
		}
		x.controls.answer(ldap.OIDASQ, ldap.EncodeASQResult(ldap.Success))
	}
	if f := x.controls.assertion; f != nil {
		if err := x.assert(base, f); err != nil {
			return nil, err
		}
	}
	if err := s.limits(); err != nil {
		return nil, err
	}
	if s.found, err = x.as.Gather(&s.query); err != nil {
		return nil, err
	}
	s.write = entryWriter{
		s: x.conn.s, reader: s.found.Reader(), pick: selectionOf(q.Attributes), types: q.TypesOnly, base: q.Scope == ldap.BaseObject && s.query.Through == 0,
	}
	return s, nil
}

// entry finds the entry a request names.
func (x *request) entry(name string) (*directory.Entry, error) {
	if name == x.conn.s.base {
		return x.conn.s.cfg.Directory.ByID(x.conn.s.domain)
	}
	dn, err := ident.ParseDN(name)
	if err != nil {
		return nil, refuse(ldap.InvalidDNSyntax, "%v", err)
	}
	d := x.conn.s.cfg.Directory
	if len(dn) == 0 && x.conn.catalog {
		return d.ByID(x.conn.s.domain) // the root of the forest, [MS-ADTS] §3.1.1.3.1.3.3
	}
	if len(dn) == 0 {
		return nil, refuse(ldap.NoSuchObject, "the name is empty; the domain is %s", d.Domain().Name)
	}
	e, err := d.Resolve(dn)
	if err != nil {
		return nil, at(d.Nearest(dn), err)
	}
	return e, nil
}

// limits says how much the search may send: what the client and the server
// allow, RFC 4511 §4.5.1.4, and the page.
func (s *search) limits() (err error) {
	s.most = s.conn.s.cfg.Limits.Entries
	if s.controls.page != nil {
		return s.turn()
	}
	if n := int(s.q.SizeLimit); n > 0 {
		s.most = min(s.most, n)
	}
	return nil
}

// errEnough ends a search that has sent what it may.
var errEnough = errors.New("enough")

// run sends what is found.
func (s *search) run(ctx context.Context) error {
	if s.controls.sort != nil {
		return s.sorted(ctx)
	}
	if s.page != nil && s.page.over {
		return s.close("")
	}
	last := ""
	err := s.each(ctx, func(e *directory.Entry) error {
		if s.request.found == s.most {
			return errEnough
		}
		last = e.Key()
		return s.send(e)
	})
	switch {
	case errors.Is(err, errEnough) && s.page != nil:
		return s.close(last)
	case errors.Is(err, errEnough):
		return s.tooMany()
	case err != nil:
		return err
	}
	return s.close("")
}

func (s *search) tooMany() error {
	return refuse(ldap.SizeLimitExceeded, "there are more entries than %d", s.most)
}

// each calls fn for each entry found, until it returns an error.
func (s *search) each(ctx context.Context, fn func(*directory.Entry) error) error {
	var stopped error
	err := s.found.Each(ctx, func(e *directory.Entry) bool {
		stopped = fn(e)
		return stopped == nil
	})
	if stopped != nil {
		return stopped
	}
	return err
}

// send sends one entry.
func (s *search) send(e *directory.Entry) error {
	if s.abandoned.Load() {
		return context.Canceled
	}
	b := builders.Get()
	defer builders.Put(b)
	w := ldap.BeginEntry(b, nil)
	s.write.write(w, e)
	w.Finish(s.message.ID, e.DN())
	s.request.found++
	s.conn.s.stats.Entries.Add(1)
	return s.conn.out.put(b.Bytes())
}
