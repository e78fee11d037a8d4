package krb5

import (
	"math"
	"slices"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// Everything in Kerberos is tagged explicitly: a field n of a sequence is an
// element [n] that holds one element, RFC 4120 §5. field and optional read one,
// the put functions write one.

// field reads the field n.
func field[T any](r *ber.Reader, n uint8, read func(*ber.Reader) T) T {
	outer := r.Enter(ber.ContextConstructed(n))
	v := read(r)
	r.Done()
	r.Leave(outer)
	return v
}

// optional reads the field n if it is there.
func optional[T any](r *ber.Reader, n uint8, read func(*ber.Reader) T) T {
	if !r.Is(ber.ContextConstructed(n)) {
		var absent T
		return absent
	}
	return field(r, n, read)
}

// part reads a part of a message.
func part[T any, P interface {
	*T
	decoder
}](r *ber.Reader) T {
	var v T
	P(&v).decode(r)
	return v
}

// pointer reads a part of a message that may be absent.
func pointer[T any, P interface {
	*T
	decoder
}](r *ber.Reader) *T {
	v := new(T)
	P(v).decode(r)
	return v
}

// list reads a sequence of 1 to limit parts.
func list[T any](r *ber.Reader, limit int, read func(*ber.Reader) T) []T {
	v := listOrNone(r, limit, read)
	if v == nil {
		r.Fail(ErrList)
	}
	return v
}

// listOrNone reads a sequence of at most limit parts; nil if it is empty.
func listOrNone[T any](r *ber.Reader, limit int, read func(*ber.Reader) T) []T {
	outer := r.Enter(ber.Sequence)
	n := r.Count()
	if n > limit {
		r.Fail(ErrList)
		return nil
	}
	var v []T
	if n > 0 {
		v = make([]T, 0, n)
	}
	for r.More() {
		v = append(v, read(r))
	}
	r.Leave(outer)
	return v
}

func readInt32(r *ber.Reader) int32   { return r.Int32(ber.Integer) }
func readOctets(r *ber.Reader) []byte { return r.Octets(ber.OctetString) }
func readText(r *ber.Reader) string   { return r.Text(ber.GeneralString) }
func readRealm(r *ber.Reader) Realm   { return Realm(r.Text(ber.GeneralString)) }

// readUint32 reads an unsigned number. Some peers write its upper half as
// negative numbers, as MIT did with sequence numbers and Microsoft does with the
// key version of a read-only controller.
func readUint32(r *ber.Reader) uint32 { return uint32(readNonce(r)) }

// readNonce reads a number of 32 bits, with or without a sign.
func readNonce(r *ber.Reader) int64 {
	v := r.Int64(ber.Integer)
	if v < math.MinInt32 || v > math.MaxUint32 {
		r.Fail(ErrNumber)
		return 0
	}
	return v
}

// readMicros reads the microseconds of a time, RFC 4120 §5.2.4.
func readMicros(r *ber.Reader) int32 {
	v := r.Int32(ber.Integer)
	if v < 0 || v > 999_999 {
		r.Fail(ErrMicros)
		return 0
	}
	return v
}

// readBits reads a bit string of flags, RFC 4120 §5.2.8: bit 0 is the most
// significant. Missing bits are 0 and those above 31 are nobody's.
func readBits(r *ber.Reader) uint32 {
	p := r.Octets(ber.BitString)
	if len(p) == 0 || p[0] > 7 || len(p) == 1 && p[0] != 0 {
		r.Fail(ErrBitString)
		return 0
	}
	unused, p := p[0], p[1:]
	var v uint32
	for i := range min(4, len(p)) {
		v |= uint32(p[i]) << (24 - 8*i)
	}
	if len(p) > 0 && len(p) <= 4 {
		v &^= (1<<unused - 1) << (32 - 8*len(p))
	}
	return v
}

// header reads the version and the type that begin most messages, as the fields
// n and n+1.
func header(r *ber.Reader, n uint8, t MsgType) {
	version(r, n)
	if field(r, n+1, readInt32) != int32(t) {
		r.Fail(ErrType)
	}
}

// version reads the version of the protocol as the field n.
func version(r *ber.Reader, n uint8) {
	if field(r, n, readInt32) != Version {
		r.Fail(ErrVersion)
	}
}

func putInt(b *ber.Builder, n uint8, v int64) {
	end := b.Len()
	b.Int(ber.Integer, v)
	b.Wrap(ber.ContextConstructed(n), end)
}

func putOctets(b *ber.Builder, n uint8, p []byte) {
	end := b.Len()
	b.Octets(ber.OctetString, p)
	b.Wrap(ber.ContextConstructed(n), end)
}

func putText(b *ber.Builder, n uint8, s string) {
	end := b.Len()
	b.Text(ber.GeneralString, s)
	b.Wrap(ber.ContextConstructed(n), end)
}

func putBits(b *ber.Builder, n uint8, v uint32) {
	end := b.Len()
	b.Octets(ber.BitString, []byte{0, byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
	b.Wrap(ber.ContextConstructed(n), end)
}

func putHeader(b *ber.Builder, n uint8, t MsgType) {
	putInt(b, n+1, int64(t))
	putInt(b, n, Version)
}

func put[T appender](b *ber.Builder, n uint8, v T) {
	end := b.Len()
	v.Append(b)
	b.Wrap(ber.ContextConstructed(n), end)
}

func appendList[T appender](b *ber.Builder, l []T) {
	end := b.Len()
	for _, v := range slices.Backward(l) {
		v.Append(b)
	}
	b.Wrap(ber.Sequence, end)
}

func putList[T appender](b *ber.Builder, n uint8, l []T) {
	end := b.Len()
	appendList(b, l)
	b.Wrap(ber.ContextConstructed(n), end)
}

// The following write what is there.

func putOptInt(b *ber.Builder, n uint8, v int64) {
	if v != 0 {
		putInt(b, n, v)
	}
}

func putOptOctets(b *ber.Builder, n uint8, p []byte) {
	if p != nil {
		putOctets(b, n, p)
	}
}

func putOptText(b *ber.Builder, n uint8, s string) {
	if s != "" {
		putText(b, n, s)
	}
}

func putOptName(b *ber.Builder, n uint8, v PrincipalName) {
	if !v.IsZero() {
		put(b, n, v)
	}
}

func putOpt[T any, P interface {
	*T
	appender
}](b *ber.Builder, n uint8, v P) {
	if v != nil {
		put(b, n, v)
	}
}

func putOptList[T appender](b *ber.Builder, n uint8, l []T) {
	if len(l) > 0 {
		putList(b, n, l)
	}
}
