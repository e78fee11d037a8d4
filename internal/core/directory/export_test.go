package directory

import (
	"fmt"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// PutTestUsers writes bare people straight into the store, many at once.
func PutTestUsers(tx store.Tx, ids []ident.ID) error {
	dom, _, err := domainTable.Get(tx, "self")
	if err != nil {
		return err
	}
	for _, id := range ids {
		name := fmt.Sprintf("t%x", id[:8])
		if err := put(tx, &Entry{ID: id, Parent: dom.ID, Class: schema.User, RDN: name, Login: name}); err != nil {
			return err
		}
	}
	return nil
}
