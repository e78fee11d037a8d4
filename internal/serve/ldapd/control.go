package ldapd

import (
	"errors"
	"slices"

	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// controls are what a request asks for beside the operation, RFC 4511 §4.1.11,
// and what its answer tells beside the result.
//
// An assertion is tested, and an entry read, just before the change and not in its
// transaction, where RFC 4528 §3 and RFC 4527 §3 ask for one step: they are fit to
// spare work, not to keep two writers apart. Deleting the old value in the same
// modify does that.
type controls struct {
	page       *ldap.Paged
	sort       []ldap.SortKey
	sortMust   bool // a sorted answer or none
	permissive bool
	through    schema.ID // of an attribute-scoped query; 0 for none
	assertion  ldap.Filter
	preRead    []string
	postRead   []string
	pre, post  bool
	answers    []ldap.Control
}

// served lists the controls with the operations each goes with. What is not here,
// or asked of another operation, is refused if it is critical, and else ignored.
var served = map[string][]ldap.Kind{
	ldap.OIDPaged:            {ldap.KindSearchRequest},
	ldap.OIDSortRequest:      {ldap.KindSearchRequest},
	ldap.OIDASQ:              {ldap.KindSearchRequest},
	ldap.OIDPermissiveModify: {ldap.KindModifyRequest},
	ldap.OIDAssertion: {
		ldap.KindSearchRequest, ldap.KindCompareRequest, ldap.KindModifyRequest, ldap.KindDelRequest, ldap.KindModifyDNRequest,
	},
	ldap.OIDPreRead:  {ldap.KindModifyRequest, ldap.KindDelRequest, ldap.KindModifyDNRequest},
	ldap.OIDPostRead: {ldap.KindModifyRequest, ldap.KindAddRequest, ldap.KindModifyDNRequest},

	// There are no security descriptors, no remains of what was deleted and no
	// referrals here: with or without these the answer is the same.
	ldap.OIDSDFlags:     {ldap.KindSearchRequest, ldap.KindAddRequest, ldap.KindModifyRequest},
	ldap.OIDShowDeleted: {ldap.KindSearchRequest, ldap.KindDelRequest, ldap.KindModifyRequest, ldap.KindModifyDNRequest},
	ldap.OIDManageDSAIT: {
		ldap.KindSearchRequest, ldap.KindCompareRequest, ldap.KindAddRequest, ldap.KindModifyRequest, ldap.KindDelRequest, ldap.KindModifyDNRequest,
	},
}

// errNotLink refuses a query scoped by an attribute that names no entries.
var errNotLink = refuse(ldap.NoSuchAttribute, "the attribute of the query's scope names no entries")

func parseControls(m ldap.Message) (c controls, err error) {
	for _, asked := range m.Controls {
		if !slices.Contains(served[asked.OID], m.Op.Kind()) {
			if asked.Critical {
				return c, refuse(ldap.UnavailableCriticalExtension, "the control %s is not served with this operation", asked.OID)
			}
			continue
		}
		if err := c.take(asked); errors.Is(err, errNotLink) {
			return c, err
		} else if err != nil {
			return c, refuse(ldap.ProtocolError, "the value of the control %s cannot be read", asked.OID)
		}
	}
	return c, nil
}

func (c *controls) take(asked ldap.Control) (err error) {
	switch asked.OID {
	case ldap.OIDPaged:
		var p ldap.Paged
		if p, err = ldap.ParsePaged(asked.Value); err == nil && p.Size < 0 {
			return errCookie
		}
		c.page = &p
	case ldap.OIDSortRequest:
		c.sort, err = ldap.ParseSortKeys(asked.Value)
		c.sortMust = asked.Critical
	case ldap.OIDASQ:
		var name string
		if name, err = ldap.ParseASQ(asked.Value); err != nil {
			return err
		}
		id, ok := attribute(name)
		if !ok || schema.Of(id).Syntax != schema.Link {
			return errNotLink
		}
		c.through = id
	case ldap.OIDPermissiveModify:
		c.permissive = true
	case ldap.OIDAssertion:
		c.assertion, err = ldap.DecodeFilter(asked.Value)
	case ldap.OIDPreRead:
		c.pre = true
		c.preRead, err = ldap.ParseSelection(asked.Value)
	case ldap.OIDPostRead:
		c.post = true
		c.postRead, err = ldap.ParseSelection(asked.Value)
	}
	return err
}

// answer tells something beside the result.
func (c *controls) answer(oid string, value []byte) {
	c.answers = append(c.answers, ldap.Control{OID: oid, Value: value})
}
