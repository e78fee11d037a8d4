package ldapd

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// sorted sends what is found in the order the client asks for, RFC 2891.
//
// To sort, all entries have to be gathered first, so there must be no more than
// one answer may hold. Where there are, the answer is none if the control is
// critical, and unsorted if not; both say why.
func (s *search) sorted(ctx context.Context) error {
	keys := s.controls.sort
	s.controls.sort = nil
	ids, code, bad := sortIDs(keys)
	if code != ldap.Success {
		return s.unsorted(ctx, code, bad)
	}
	var all []*directory.Entry
	err := s.each(ctx, func(e *directory.Entry) error {
		if len(all) == s.most {
			return errEnough
		}
		all = append(all, e)
		return nil
	})
	if errors.Is(err, errEnough) || s.query.After != "" {
		if s.found, err = s.as.Gather(&s.query); err != nil {
			return err
		}
		return s.unsorted(ctx, ldap.AdminLimitExceeded, "")
	}
	if err != nil {
		return err
	}
	s.arrange(all, keys, ids)
	for _, e := range all {
		if err := s.send(e); err != nil {
			return err
		}
	}
	s.controls.answer(ldap.OIDSortResponse, ldap.SortResult{}.Encode())
	return s.close("")
}

// unsorted tells why the answer is not sorted.
func (s *search) unsorted(ctx context.Context, code ldap.ResultCode, attr string) error {
	s.controls.answer(ldap.OIDSortResponse, ldap.SortResult{Code: code, Attr: attr}.Encode())
	if s.controls.sortMust {
		return refuse(ldap.UnavailableCriticalExtension, "the answer cannot be sorted: %s %s", code, attr)
	}
	return s.run(ctx)
}

// sortIDs finds the attributes to sort by. A matching rule of one's own choice is
// not served.
func sortIDs(keys []ldap.SortKey) (ids []schema.ID, code ldap.ResultCode, bad string) {
	for _, k := range keys {
		id, ok := attribute(k.Attr)
		if !ok {
			return nil, ldap.NoSuchAttribute, k.Attr
		}
		if k.Rule != "" {
			return nil, ldap.InappropriateMatching, k.Attr
		}
		ids = append(ids, id)
	}
	return ids, ldap.Success, ""
}

// arrange sorts entries. An entry without the attribute comes last, and by an
// attribute with several values the first counts.
func (s *search) arrange(all []*directory.Entry, keys []ldap.SortKey, ids []schema.ID) {
	r := s.found.Reader()
	slices.SortStableFunc(all, func(a, b *directory.Entry) int {
		for i, id := range ids {
			if order := compare(schema.Of(id), r.Values(a, id), r.Values(b, id)); order != 0 {
				if keys[i].Reverse {
					return -order
				}
				return order
			}
		}
		return 0
	})
}

func compare(row *schema.Attr, a, b [][]byte) int {
	switch {
	case len(a) == 0 && len(b) == 0:
		return 0
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	if order, ok := row.Compare(a[0], b[0]); ok {
		return order
	}
	return bytes.Compare(a[0], b[0])
}
