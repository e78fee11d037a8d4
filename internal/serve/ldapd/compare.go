package ldapd

import (
	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// compare tests one value, RFC 4511 §4.10. What the client may not read is not
// there for it, whatever the value: a compare that told passwords right from
// wrong was CVE-2026-58222 elsewhere.
func (x *request) compare(q *ldap.CompareRequest) (ldap.Op, error) {
	x.target = q.Entry
	e, err := x.entry(q.Entry)
	if err != nil {
		return nil, err
	}
	id, ok := attribute(q.Attr)
	if !ok {
		return nil, refuse(ldap.UndefinedAttributeType, "there is no attribute %q", clip(q.Attr))
	}
	if err := x.assert(e, x.controls.assertion); err != nil {
		return nil, err
	}
	if !x.as.Test(e, directory.Filter{Op: directory.Present, Attr: id}) {
		return nil, refuse(ldap.NoSuchAttribute, "there is no %s to compare with", schema.Of(id).Name)
	}
	code := ldap.CompareFalse
	if x.as.Test(e, directory.Filter{Op: directory.Equal, Attr: id, Value: q.Value}) {
		code = ldap.CompareTrue
	}
	return ldap.ResponseTo(ldap.KindCompareRequest, ldap.Result{Code: code}), nil
}

// assert tests the assertion control's filter, RFC 4528; nil asserts nothing.
func (x *request) assert(e *directory.Entry, f ldap.Filter) error {
	if f == nil || x.as.Test(e, filterOf(f)) {
		return nil
	}
	return refuse(ldap.AssertionFailed, "the entry is not as asserted")
}

// clip bounds what an answer repeats of a request.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
