package ldapd

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/selfsame-dev/selfsame/internal/core/directory"
	"github.com/selfsame-dev/selfsame/internal/core/schema"
	"github.com/selfsame-dev/selfsame/internal/net/listen"
	"github.com/selfsame-dev/selfsame/internal/wire/ber"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// builderPool keeps builders of answers.
type builderPool struct{ sync.Pool }

var builders = builderPool{sync.Pool{New: func() any { return new(ber.Builder) }}}

func (p *builderPool) Get() *ber.Builder { return p.Pool.Get().(*ber.Builder) }

func (p *builderPool) Put(b *ber.Builder) {
	b.Reset()
	p.Pool.Put(b)
}

// request is one operation under way.
type request struct {
	conn     *conn
	as       directory.As
	frame    listen.Frame // whose octets message holds
	message  ldap.Message
	controls controls
	began    time.Time
	code     ldap.ResultCode // how it ended
	target   string          // for the log
	found    int             // entries sent

	cancel    context.CancelFunc // of what runs beside
	abandoned atomic.Bool
}

// barrier reports whether a request stands between what came before it and what
// comes after: a bind, RFC 4511 §4.2.1, and StartTLS, §4.14.1.
func (x *request) barrier() bool {
	switch q := x.message.Op.(type) {
	case *ldap.BindRequest:
		return true
	case *ldap.ExtendedRequest:
		return q.Name == ldap.OIDStartTLS
	}
	return false
}

// limit is how long the operation may take.
func (x *request) limit() time.Duration {
	most := x.conn.s.cfg.Limits.Search
	if q, ok := x.message.Op.(*ldap.SearchRequest); ok && q.TimeLimit > 0 {
		return min(most, time.Duration(q.TimeLimit)*time.Second)
	}
	return most
}

// begin answers the request, or returns what is left to do where that takes long.
// Every operation comes this way: controls, sign-in, the operation, one answer.
func (x *request) begin(ctx context.Context) (rest func(context.Context)) {
	if err := x.admit(); err != nil {
		x.answerError(err)
		return nil
	}
	switch q := x.message.Op.(type) {
	case *ldap.SearchRequest:
		return x.search(ctx, q)
	case *ldap.BindRequest:
		x.finish(x.bind(ctx, q))
	case *ldap.CompareRequest:
		x.finish(x.compare(q))
	case *ldap.ExtendedRequest:
		return x.extended(ctx, q)
	case *ldap.AddRequest:
		return x.slow(func(ctx context.Context) (ldap.Op, error) { return x.add(ctx, q) })
	case *ldap.ModifyRequest:
		return x.slow(func(ctx context.Context) (ldap.Op, error) { return x.modify(ctx, q) })
	case *ldap.DelRequest:
		return x.slow(func(ctx context.Context) (ldap.Op, error) { return x.remove(ctx, q) })
	case *ldap.ModifyDNRequest:
		return x.slow(func(ctx context.Context) (ldap.Op, error) { return x.rename(ctx, q) })
	}
	return nil
}

// slow is the rest of an operation that waits for the store.
func (x *request) slow(op func(context.Context) (ldap.Op, error)) func(context.Context) {
	return func(ctx context.Context) { x.finish(op(ctx)) }
}

// writes reports whether the request changes something.
func (x *request) writes() bool {
	switch q := x.message.Op.(type) {
	case *ldap.AddRequest, *ldap.ModifyRequest, *ldap.DelRequest, *ldap.ModifyDNRequest:
		return true
	case *ldap.ExtendedRequest:
		return q.Name == ldap.OIDPasswordModify
	}
	return false
}

// open reports whether the request may be asked by anybody: what begins a
// session, and the root DSE. A password can be changed with the old one as proof,
// which whoever must change it cannot bind with.
func (x *request) open() bool {
	switch q := x.message.Op.(type) {
	case *ldap.BindRequest:
		return true
	case *ldap.ExtendedRequest:
		return true
	case *ldap.SearchRequest:
		return q.Base == "" && q.Scope == ldap.BaseObject
	}
	return false
}

// admit says why a request is not even begun.
func (x *request) admit() (err error) {
	if x.controls, err = parseControls(x.message); err != nil {
		return err
	}
	if x.conn.actor.IsZero() && !x.open() {
		return errAnonymous
	}
	if x.writes() && !x.conn.whole() {
		return refuse(ldap.ConfidentialityRequired, "nothing is changed over an unencrypted connection: use StartTLS or port 636")
	}
	if !x.conn.private() && x.carriesPassword() {
		return refuse(ldap.ConfidentialityRequired, "no password is taken over a connection that others can read: use TLS or a sealed one")
	}
	return nil
}

// carriesPassword reports whether the request sets somebody's password.
func (x *request) carriesPassword() bool {
	names := func(a ldap.Attribute) bool { id, _ := attribute(a.Name); return isPassword(id) }
	switch q := x.message.Op.(type) {
	case *ldap.AddRequest:
		return slices.ContainsFunc(q.Attributes, names)
	case *ldap.ModifyRequest:
		return slices.ContainsFunc(q.Changes, func(c ldap.Change) bool { return names(c.Attribute) })
	case *ldap.ExtendedRequest:
		return q.Name == ldap.OIDPasswordModify
	}
	return false
}

// finish answers with a response or an error.
func (x *request) finish(op ldap.Op, err error) {
	if err != nil {
		x.answerError(err)
		return
	}
	x.answer(op)
}

// ok is the response of success.
func (x *request) ok() ldap.Op { return ldap.ResponseTo(x.message.Op.Kind(), ldap.Result{}) }

func (x *request) answerError(err error) {
	res := resultOf(err)
	x.code = res.Code
	x.note(err)
	x.reply(ldap.ResponseTo(x.message.Op.Kind(), res))
}

func (x *request) answer(op ldap.Op) {
	switch r := op.(type) {
	case *ldap.Response:
		x.code = r.Code
	case *ldap.BindResponse:
		x.code = r.Code
	}
	x.reply(op)
}

func (x *request) reply(op ldap.Op) {
	if x.abandoned.Load() {
		return
	}
	if x.cancel != nil { // it runs beside
		x.conn.retire(x)
	}
	// A client that cannot be written to is found gone by whoever reads.
	_ = x.conn.send(ldap.Message{ID: x.message.ID, Op: op, Controls: x.controls.answers})
}

// note logs what the client is not told.
func (x *request) note(err error) {
	if x.code == ldap.Other {
		x.conn.s.cfg.Log.Error("ldap: an operation failed", "op", x.message.Op.Kind().String(), "target", x.target, "err", err)
	}
}

// log writes the request's line, at its end, and counts it.
func (x *request) log() {
	s := x.conn.s
	level := slog.LevelInfo
	switch x.message.Op.(type) {
	case *ldap.SearchRequest:
		s.stats.Searches.Add(1)
		level = slog.LevelDebug
	case *ldap.BindRequest:
		s.stats.Binds.Add(1)
		if x.code != ldap.Success && x.code != ldap.SaslBindInProgress {
			s.stats.Refused.Add(1)
		}
	default:
		if x.writes() {
			s.stats.Writes.Add(1)
			break
		}
		s.stats.Others.Add(1)
		level = slog.LevelDebug
	}
	ctx := context.Background()
	if !s.cfg.Log.Enabled(ctx, level) {
		return
	}
	s.cfg.Log.LogAttrs(ctx, level, "ldap", slices.Concat(x.attrs(), []slog.Attr{
		slog.String("code", x.code.String()), slog.Duration("took", time.Since(x.began)),
	})...)
}

func (x *request) attrs() []slog.Attr {
	out := []slog.Attr{
		slog.String("op", x.message.Op.Kind().String()), slog.String("actor", x.as.Actor().Who().Name),
		slog.String("target", x.target), slog.String("source", x.conn.source.String()), slog.Bool("tls", x.conn.tls),
	}
	if q, ok := x.message.Op.(*ldap.SearchRequest); ok {
		out = append(out, slog.String("filter", shown(q.Filter)), slog.Int("found", x.found))
	}
	return out
}

// shown is a filter for the log. One on a secret attribute holds somebody's guess
// at a secret.
func shown(f ldap.Filter) string {
	if namesSecret(filterOf(f)) {
		return "[secret]"
	}
	return f.String()
}

func namesSecret(f directory.Filter) bool {
	return f.Attr != 0 && schema.Of(f.Attr).Source == schema.Secret || slices.ContainsFunc(f.Children, namesSecret)
}
