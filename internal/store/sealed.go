package store

import (
	"context"
	"errors"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Sealer seals a value so that it can be read only with the sealing key, and
// only at the key of the store it was sealed for.
//
// A box is at most [SealRoom] bytes longer than what it holds.
type Sealer interface {
	Seal(key string, plain []byte) []byte
	Open(key string, box []byte) ([]byte, error)
}

// Sealed returns engine with every value sealed before it gets there. Whoever
// writes through it cannot forget to, and a value moved to another key by
// someone with access to the disk does not open. Keys are not sealed.
func Sealed(engine Store, s Sealer) Store {
	sealed := sealedStore{engine: engine, sealer: s}
	if b, ok := engine.(Backuper); ok {
		return sealedBackuper{sealedStore: sealed, Backuper: b}
	}
	return sealed
}

type sealedStore struct {
	engine Store
	sealer Sealer
}

// sealedBackuper is a sealedStore whose engine can copy itself. The copy is of
// sealed values.
type sealedBackuper struct {
	sealedStore
	Backuper
}

func (s sealedStore) View(ctx context.Context, fn func(Tx) error) error {
	return s.engine.View(ctx, func(tx Tx) error { return fn(sealedTx{tx, s.sealer}) })
}

func (s sealedStore) Update(ctx context.Context, fn func(Tx) error) (Rev, error) {
	return s.engine.Update(ctx, func(tx Tx) error { return fn(sealedTx{tx, s.sealer}) })
}

func (s sealedStore) Close() error { return s.engine.Close() }

// sealedTx seals what is put and opens what is got.
type sealedTx struct {
	Tx
	sealer Sealer
}

func (t sealedTx) Get(key string) ([]byte, error) {
	box, err := t.Tx.Get(key)
	if box == nil || err != nil {
		return nil, err
	}
	return open(t.sealer, key, box)
}

func (t sealedTx) Scan(prefix, start string, fn func(key string, value []byte) bool) error {
	var openErr error
	err := t.Tx.Scan(prefix, start, func(key string, box []byte) bool {
		var plain []byte
		if plain, openErr = open(t.sealer, key, box); openErr != nil {
			return false
		}
		return fn(key, plain)
	})
	return errors.Join(err, openErr)
}

func (t sealedTx) Put(key string, value []byte) error {
	if len(value) > MaxValue {
		return ErrTooLarge
	}
	return t.Tx.Put(key, t.sealer.Seal(key, value))
}

// open opens a box. A failure is not the caller's: it names the key for the log.
func open(s Sealer, key string, box []byte) ([]byte, error) {
	plain, err := s.Open(key, box)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err,
			"the record %q does not open: the sealing key is the wrong one, or the record is damaged", key).
			WithHint("Start the server with the sealing key this data was written with, or restore a backup.")
	}
	if plain == nil {
		plain = []byte{}
	}
	return plain, nil
}

// Watch opens the values of the engine's watch. One that does not open ends it.
func (s sealedStore) Watch(ctx context.Context, prefix string, after Rev) Watch {
	ctx, stop := context.WithCancel(ctx)
	w := &sealedWatch{inner: s.engine.Watch(ctx, prefix, after), ch: make(chan Batch)}
	go func() {
		defer close(w.ch)
		defer stop()
		w.err = w.run(ctx, s.sealer)
	}()
	return w
}

type sealedWatch struct {
	inner Watch
	ch    chan Batch
	err   error // written before ch is closed
}

func (w *sealedWatch) Changes() <-chan Batch { return w.ch }
func (w *sealedWatch) Err() error            { return w.err }

func (w *sealedWatch) run(ctx context.Context, s Sealer) error {
	for b := range w.inner.Changes() {
		opened := Batch{Rev: b.Rev, Changes: make([]Change, len(b.Changes))}
		for i, c := range b.Changes {
			opened.Changes[i].Key = c.Key
			if c.Value == nil {
				continue
			}
			var err error
			if opened.Changes[i].Value, err = open(s, c.Key, c.Value); err != nil {
				return err
			}
		}
		select {
		case w.ch <- opened:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return w.inner.Err()
}
