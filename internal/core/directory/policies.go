package directory

import (
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/core/audit"
	"github.com/selfsame-dev/selfsame/internal/core/credential"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/policy"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// SetNetwork makes or replaces a named network; one without ranges is removed.
func (a As) SetNetwork(ctx context.Context, n policy.NamedNetwork) error {
	if n.Name == "" || len(n.Name) > 64 || strings.ContainsAny(n.Name, "/\x00") {
		return fault.New(fault.Invalid, "a network has a name of up to 64 characters").WithField("name")
	}
	for _, r := range n.Ranges {
		if !r.IsValid() || r != r.Masked() {
			return fault.New(fault.Invalid, "%s is not a network", r).WithField("network").WithHint("it looks like 10.1.2.0/24")
		}
	}
	return a.setPolicy(ctx, "network.update", n.Name, n, len(n.Ranges) == 0, func(tx store.Tx) (any, error) {
		old, ok, err := policy.Networks.Get(tx, n.Name)
		switch {
		case err != nil:
			return nil, err
		case len(n.Ranges) == 0 && !ok:
			return nil, fault.New(fault.NotFound, "there is no network %q", n.Name)
		case len(n.Ranges) == 0:
			return old, policy.Networks.Delete(tx, n.Name)
		case !ok:
			return nil, policy.Networks.Put(tx, n)
		}
		return old, policy.Networks.Put(tx, n)
	})
}

// SetLegacyBind allows or denies clear-text binds from a range of addresses, and
// returns the network in which these ranges are kept.
func (a As) SetLegacyBind(ctx context.Context, r netip.Prefix, allow bool) (policy.NamedNetwork, error) {
	n := policy.NamedNetwork{Name: LegacyNetwork, LegacyBind: true}
	if !r.IsValid() || r != r.Masked() {
		return n, fault.New(fault.Invalid, "%s is not a network", r).WithField("network").WithHint("it looks like 10.1.2.0/24")
	}
	for _, have := range a.d.Networks() {
		if have.Name == LegacyNetwork {
			n.Ranges = slices.DeleteFunc(slices.Clone(have.Ranges), func(x netip.Prefix) bool { return x == r })
		}
	}
	if allow {
		n.Ranges = append(n.Ranges, r)
	}
	return n, a.SetNetwork(ctx, n)
}

// LegacyNetwork is the name of the network whose members are allowed one by one
// by policy legacy-bind allow.
const LegacyNetwork = "legacy-bind"

// SetPasswordPolicy makes or replaces a password policy.
func (a As) SetPasswordPolicy(ctx context.Context, p credential.Policy) error {
	if p.ID == "" {
		p.ID = ident.NewID().String()
	}
	if err := p.Check(); err != nil {
		return err
	}
	if p.ID == credential.DefaultPolicy.ID && len(p.Groups) > 0 {
		return fault.New(fault.Invalid, "the default policy holds for everybody").WithField("groups")
	}
	return a.setPolicy(ctx, "passwordPolicy.update", p.Name, p, false, func(tx store.Tx) (any, error) {
		old, ok, err := credential.Policies.Get(tx, p.ID)
		if err != nil {
			return nil, err
		}
		if err := credential.Policies.Put(tx, p); err != nil || !ok {
			return nil, err
		}
		return old, nil
	})
}

// DeletePasswordPolicy removes a password policy other than the default.
func (a As) DeletePasswordPolicy(ctx context.Context, id string) error {
	if id == credential.DefaultPolicy.ID {
		return fault.New(fault.Denied, "the default policy cannot be removed").WithHint("change it instead")
	}
	return a.setPolicy(ctx, "passwordPolicy.delete", id, nil, true, func(tx store.Tx) (any, error) {
		old, ok, err := credential.Policies.Get(tx, id)
		if err == nil && !ok {
			err = fault.New(fault.NotFound, "there is no password policy %q", clip(id))
		}
		if err != nil {
			return nil, err
		}
		return old, credential.Policies.Delete(tx, id)
	})
}

// setPolicy writes a policy with its record, old and new side by side.
func (a As) setPolicy(ctx context.Context, action, name string, now any, gone bool, write func(store.Tx) (old any, err error)) error {
	rule, err := a.require(role.PolicyUpdate, nil)
	if err != nil {
		return err
	}
	return a.d.commit(ctx, true, func(tx store.Tx) (*audit.Record, error) {
		old, err := write(tx)
		if err != nil {
			return nil, err
		}
		diff := audit.Diff{Attr: "policy"}
		if old != nil {
			diff.Old = []string{asJSON(old)}
		}
		if !gone {
			diff.New = []string{asJSON(now)}
		}
		if slices.Equal(diff.Old, diff.New) {
			return nil, nil
		}
		r := &audit.Record{Kind: audit.Change, Action: action, Rule: rule, Target: ident.Ref{Name: name}, Diffs: []audit.Diff{diff}}
		return r.By(a.by), nil
	})
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(b)
}

// TicketPolicy is how long Kerberos tickets last.
func (d *Directory) TicketPolicy() policy.Tickets {
	d.m.mu.RLock()
	defer d.m.mu.RUnlock()
	return d.m.tickets
}

// SetTicketPolicy sets how long Kerberos tickets last, from the next one on.
func (a As) SetTicketPolicy(ctx context.Context, t policy.Tickets) error {
	if err := t.Check(); err != nil {
		return err
	}
	return a.setPolicy(ctx, "ticketPolicy.update", "tickets", t, false, func(tx store.Tx) (any, error) {
		old, ok, err := policy.TicketTable.Get(tx, "self")
		if err != nil {
			return nil, err
		}
		if !ok {
			old = policy.DefaultTickets
		}
		return old, policy.TicketTable.Put(tx, t)
	})
}
