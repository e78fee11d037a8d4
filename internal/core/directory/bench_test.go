package directory_test

import (
	"testing"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/core/role"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/testkit"
)

const adminPassword = testkit.AdminPassword

// bench is a domain, with the words these tests are written in.
type bench struct {
	*testkit.Domain
	t     *testing.T
	admin directory.As
}

func newBench(t *testing.T) *bench {
	t.Helper()
	d := testkit.New(t)
	return &bench{Domain: d, t: t, admin: d.Admin}
}

func (b *bench) as(name string) directory.As { return b.Domain.As(name) }

func (b *bench) user(login string, roles ...*role.Definition) *directory.Entry {
	b.t.Helper()
	var ids []ident.ID
	for _, r := range roles {
		ids = append(ids, r.ID)
	}
	return b.User(login, ids...)
}

func (b *bench) group(name string, members ...*directory.Entry) *directory.Entry {
	b.t.Helper()
	return b.Group(name, members...)
}

func vals(vs ...string) [][]byte {
	out := make([][]byte, len(vs))
	for i, v := range vs {
		out[i] = []byte(v)
	}
	return out
}

func replace(a schema.ID, vs ...string) []directory.Mod {
	return []directory.Mod{{Op: directory.ModReplace, Attr: a, Vals: vals(vs...)}}
}
