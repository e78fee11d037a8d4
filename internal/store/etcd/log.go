package etcd

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// bridge returns a logger for etcd that writes to log, and says less.
//
// What etcd calls a warning is mostly a slow disk or a peer that went, so it is
// told one step lower than etcd does; what it calls information is left out.
// Where etcd would end the program it panics, so that the log has its reason,
// and so that [Open] can make an error of it.
func bridge(log *slog.Logger) *zap.Logger {
	return zap.New(&logCore{log: log.With("part", "etcd")}, zap.WithFatalHook(zapcore.WriteThenPanic))
}

// logCore is a core of zap over slog.
type logCore struct {
	log    *slog.Logger
	fields []zapcore.Field
}

// usual are the errors etcd tells of in its ordinary course: at every Close, and
// at the first start of a member.
var usual = map[string]bool{
	"setting up serving from embedded etcd failed.": true,
	"failed to update storage version":              true,
}

func level(l zapcore.Level) slog.Level {
	switch {
	case l >= zapcore.DPanicLevel:
		return slog.LevelError
	case l == zapcore.ErrorLevel:
		return slog.LevelWarn
	default:
		return slog.LevelDebug
	}
}

func (c *logCore) Enabled(l zapcore.Level) bool {
	return l >= zapcore.WarnLevel && c.log.Enabled(context.Background(), level(l))
}

func (c *logCore) With(f []zapcore.Field) zapcore.Core {
	return &logCore{log: c.log, fields: append(c.fields[:len(c.fields):len(c.fields)], f...)}
}

func (c *logCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if !c.Enabled(e.Level) || usual[e.Message] {
		return ce
	}
	return ce.AddCore(e, c)
}

func (c *logCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	m := zapcore.NewMapObjectEncoder()
	for _, f := range c.fields {
		f.AddTo(m)
	}
	for _, f := range fields {
		f.AddTo(m)
	}
	attrs := make([]slog.Attr, 0, len(m.Fields))
	for k, v := range m.Fields {
		attrs = append(attrs, slog.Any(k, v))
	}
	c.log.LogAttrs(context.Background(), level(e.Level), e.Message, attrs...)
	return nil
}

func (c *logCore) Sync() error { return nil }
