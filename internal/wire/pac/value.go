package pac

import (
	"math"
	"time"

	"github.com/selfsame-dev/selfsame/internal/wire/ndr"
)

// SID is a security identifier in binary form, [MS-DTYP] §2.4.2.2. Nil, it is
// absent.
type SID []byte

const (
	sidHead    = 8  // revision, count, authority
	sidSubs    = 15 // at most
	sidSubSize = 4
)

// check returns [ErrSID] unless s is well formed.
func (s SID) check() error {
	if len(s) < sidHead || s[0] != 1 || s[1] > sidSubs || len(s) != sidHead+sidSubSize*int(s[1]) {
		return ErrSID
	}
	return nil
}

// writeSID writes an RPC_SID, [MS-DTYP] §2.4.2.3: the count of its array comes
// first.
func writeSID(w *ndr.Writer, s SID) {
	w.Uint32(uint32(s[1]))
	w.Octets(s)
}

func readSID(r *ndr.Reader) SID {
	n := r.Uint32()
	if n > sidSubs {
		r.Fail(ErrSID)
		return nil
	}
	s := SID(r.Octets(sidHead + sidSubSize*int(n)))
	if err := s.check(); err != nil {
		r.Fail(err)
		return nil
	}
	return s
}

// never is the time that does not come, [MS-PAC] §2.5.
const never = math.MaxInt64

// epoch is how many seconds the era of FILETIME began before Unix's.
const epoch = 11_644_473_600

// ticks is how many units of FILETIME a second has.
const ticks = 10_000_000

// filetime returns a time in 100 ns since 1601; the zero time is never.
func filetime(t time.Time) uint64 {
	s := t.Unix()
	switch {
	case t.IsZero() || s > never/ticks-epoch:
		return never
	case s < -epoch:
		return 0
	}
	return min(uint64(s+epoch)*ticks+uint64(t.Nanosecond()/100), never)
}

// fromFiletime is the inverse of filetime. What lies beyond never is never too.
func fromFiletime(v uint64) time.Time {
	if v >= never {
		return time.Time{}
	}
	return time.Unix(int64(v/ticks)-epoch, int64(v%ticks)*100).UTC()
}

// writeTime writes a FILETIME, which NDR takes for two numbers of 32 bits.
func writeTime(w *ndr.Writer, t time.Time) {
	v := filetime(t)
	w.Uint32(uint32(v))
	w.Uint32(uint32(v >> 32))
}

func readTime(r *ndr.Reader) time.Time {
	lo, hi := r.Uint32(), r.Uint32()
	return fromFiletime(uint64(hi)<<32 | uint64(lo))
}

// Group is a group of a domain (GROUP_MEMBERSHIP), [MS-PAC] §2.2.2.
type Group struct {
	RID        uint32
	Attributes uint32
}

// GroupEnabled are the attributes of a group one is in for good: mandatory,
// enabled by default, enabled ([MS-PAC] §2.2.1).
const GroupEnabled = 7

const groupSize = 8

func writeGroups(w *ndr.Writer, l []Group) {
	if len(l) == 0 {
		return
	}
	w.Uint32(uint32(len(l)))
	for _, g := range l {
		w.Uint32(g.RID)
		w.Uint32(g.Attributes)
	}
}

func readGroups(r *ndr.Reader, count uint32, present bool) []Group {
	if !present {
		if count != 0 {
			r.Fail(ndr.ErrCount)
		}
		return nil
	}
	n := r.Count(int(count), groupSize)
	if n == 0 {
		return nil
	}
	l := make([]Group, n)
	for i := range l {
		l[i] = Group{RID: r.Uint32(), Attributes: r.Uint32()}
	}
	return l
}

// SIDAttributes is a group of anywhere (KERB_SID_AND_ATTRIBUTES), [MS-PAC] §2.2.1.
type SIDAttributes struct {
	SID        SID
	Attributes uint32
}

const sidEntrySize = 8

func writeSIDs(w *ndr.Writer, l []SIDAttributes) {
	if len(l) == 0 {
		return
	}
	w.Uint32(uint32(len(l)))
	for _, s := range l {
		w.Pointer(true)
		w.Uint32(s.Attributes)
	}
	for _, s := range l {
		writeSID(w, s.SID)
	}
}

func readSIDs(r *ndr.Reader, count uint32, present bool) []SIDAttributes {
	if !present {
		if count != 0 {
			r.Fail(ndr.ErrCount)
		}
		return nil
	}
	n := r.Count(int(count), sidEntrySize)
	if n == 0 {
		return nil
	}
	l := make([]SIDAttributes, n)
	for i := range l {
		if !r.Pointer() {
			r.Fail(ErrSID)
		}
		l[i].Attributes = r.Uint32()
	}
	for i := range l {
		l[i].SID = readSID(r)
	}
	return l
}
