package directory

import (
	"context"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Once is a password that a machine joins with. It signs in until a time, and the
// machine's first change of it replaces it.
type Once struct {
	Password credential.Password
	Until    time.Time
}

func (o Once) prepare(dom *Domain, e *Entry) (credential.Prepared, error) {
	return credential.Prepare(o.Password, credential.SaltOfComputer(dom.Realm(), e.Login, dom.Name))
}

// SetOnce gives a machine's account a password to join with, in the stead of the
// one it has. Everything proved with that ends.
func (a As) SetOnce(ctx context.Context, id ident.ID, once Once) error {
	e, err := a.d.ByID(id)
	if err != nil {
		return err
	}
	if e.Class == schema.ManagedServiceAccount {
		return fault.New(fault.Invalid, "%s is a service account, and does not join", e.Name()).WithHint("adcli create-msa on its machine gives it a new password")
	}
	if e.Class != schema.Computer || e.System {
		return fault.New(fault.Invalid, "%s is no machine that joins", e.Name())
	}
	rule, err := a.require(role.ComputerPasswd, e)
	if err != nil {
		return err
	}
	dom := a.d.Domain()
	keys, err := once.prepare(&dom, e)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the keys cannot be made")
	}
	return a.d.commit(ctx, true, func(tx store.Tx) (*audit.Record, error) {
		rec, _, err := credential.Table.Get(tx, id.String())
		if err != nil {
			return nil, err
		}
		rec.ID = id
		if err := credential.Table.Put(tx, rec.SetUntil(keys, a.d.Now(), once.Until)); err != nil {
			return nil, err
		}
		if err := a.d.endProofs(tx, id); err != nil {
			return nil, err
		}
		r := &audit.Record{Kind: audit.Change, Action: "computer.preset", Rule: rule, Target: e.Ref()}
		r.Diffs = []audit.Diff{{Attr: "until", New: []string{schema.FormatTime(once.Until)}}}
		return r.By(a.by), nil
	})
}
