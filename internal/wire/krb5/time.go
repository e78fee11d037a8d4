package krb5

import (
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ber"
)

// timeSize is the length of the one form a KerberosTime has, YYYYMMDDHHMMSSZ:
// whole seconds of UTC, RFC 4120 §5.2.3.
const timeSize = 15

// readTime reads a KerberosTime. It is written by hand because [time.Parse]
// costs more than the rest of a message.
func readTime(r *ber.Reader) time.Time {
	p := r.Octets(ber.GeneralizedTime)
	if r.Err() != nil {
		return time.Time{}
	}
	if len(p) != timeSize || p[14] != 'Z' {
		r.Fail(ErrTime)
		return time.Time{}
	}
	year, month, day := digits(p[:4]), digits(p[4:6]), digits(p[6:8])
	hour, minute, second := digits(p[8:10]), digits(p[10:12]), digits(p[12:14])
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if year < 1 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0 || !sameFields(t, month, day, hour, minute, second) {
		r.Fail(ErrTime)
		return time.Time{}
	}
	if t.IsZero() { // that one stands for absent
		r.Fail(ErrTime)
	}
	return t
}

// sameFields reports whether no field was out of its range, which time.Date
// would have carried into the next.
func sameFields(t time.Time, month, day, hour, minute, second int) bool {
	return int(t.Month()) == month && t.Day() == day && t.Hour() == hour && t.Minute() == minute && t.Second() == second
}

// digits reads a number of decimal digits; -1 if there is another octet.
func digits(p []byte) int {
	n := 0
	for _, c := range p {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// putTime writes a time. Its fraction of a second is cut off: it has a field of
// its own where it matters.
func putTime(b *ber.Builder, n uint8, t time.Time) {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	var p [timeSize]byte
	p[0], p[1] = '0'+byte(year/1000%10), '0'+byte(year/100%10)
	two(p[2:], year%100)
	two(p[4:], int(month))
	two(p[6:], day)
	two(p[8:], hour)
	two(p[10:], minute)
	two(p[12:], second)
	p[14] = 'Z'
	end := b.Len()
	b.Octets(ber.GeneralizedTime, p[:])
	b.Wrap(ber.ContextConstructed(n), end)
}

func two(p []byte, v int) { p[0], p[1] = '0'+byte(v/10), '0'+byte(v%10) }

func putOptTime(b *ber.Builder, n uint8, t time.Time) {
	if !t.IsZero() {
		putTime(b, n, t)
	}
}

// Micros returns the microseconds of t, for the field that stands beside a time.
func Micros(t time.Time) int32 { return int32(t.Nanosecond() / 1000) }
