package store

import (
	"encoding/json"
	"errors"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Table is records of one type under one prefix.
//
// A stored record is a byte with its version, then what Encode wrote. Decode is
// given the version and reads every one ever shipped.
type Table[T any] struct {
	Prefix  string // ends in a character that no other prefix continues, such as '/'
	Version byte   // of what Encode writes
	ID      func(T) string
	Encode  func(dst []byte, rec T) ([]byte, error) // appends to dst
	Decode  func(version byte, data []byte) (T, error)
}

// JSON returns a table whose records are JSON, for what is low in volume. A
// field may be added at any time; when the meaning of one changes, the version
// rises, and upgrade turns an older record into a present one. It may be nil.
func JSON[T any](prefix string, version byte, id func(T) string, upgrade func(from byte, rec *T) error) Table[T] {
	return Table[T]{
		Prefix: prefix, Version: version, ID: id,
		Encode: func(dst []byte, rec T) ([]byte, error) {
			b, err := json.Marshal(rec)
			return append(dst, b...), err
		},
		Decode: func(v byte, data []byte) (rec T, err error) {
			if err = json.Unmarshal(data, &rec); err == nil && v < version && upgrade != nil {
				err = upgrade(v, &rec)
			}
			return rec, err
		},
	}
}

// Get returns the record with id, and whether there is one.
func (t Table[T]) Get(tx Tx, id string) (rec T, ok bool, err error) {
	b, err := tx.Get(t.Prefix + id)
	if b == nil || err != nil {
		return rec, false, err
	}
	rec, err = t.Read(t.Prefix+id, b)
	return rec, err == nil, err
}

// Put writes rec under its id.
func (t Table[T]) Put(tx Tx, rec T) error {
	key := t.Prefix + t.ID(rec)
	b, err := t.Encode([]byte{t.Version}, rec)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the record %q cannot be encoded", key)
	}
	return tx.Put(key, b)
}

// Delete removes the record with id, if there is one.
func (t Table[T]) Delete(tx Tx, id string) error { return tx.Delete(t.Prefix + id) }

// Scan calls fn for the records whose ids begin with under, in the order of
// their ids, from the id start on, until fn returns false.
func (t Table[T]) Scan(tx Tx, under, start string, fn func(T) bool) error {
	if start != "" {
		start = t.Prefix + start
	}
	var readErr error
	err := tx.Scan(t.Prefix+under, start, func(key string, value []byte) bool {
		var rec T
		if rec, readErr = t.Read(key, value); readErr != nil {
			return false
		}
		return fn(rec)
	})
	return errors.Join(err, readErr)
}

// Read decodes a stored value, such as one that a watch told of. The key is
// named in the error.
func (t Table[T]) Read(key string, value []byte) (rec T, err error) {
	if len(value) == 0 {
		return rec, fault.New(fault.Internal, "the record %q is damaged: it is empty", key)
	}
	if v := value[0]; v > t.Version {
		return rec, fault.New(fault.Unsupported, "the record %q was written by a newer version", key).
			WithCode(fault.CodeNewer).WithHint("Run the version that wrote it, or a later one.")
	}
	if rec, err = t.Decode(value[0], value[1:]); err != nil {
		return rec, fault.Wrap(fault.Internal, err, "the record %q is damaged", key)
	}
	return rec, nil
}
