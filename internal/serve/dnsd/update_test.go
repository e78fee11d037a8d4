package dnsd

import (
	"errors"
	"testing"

	"github.com/miekg/dns"

	"github.com/selfsame-dev/selfsame/internal/core/zone"
	"github.com/selfsame-dev/selfsame/internal/fault"
)

func TestFaultsHaveCodes(t *testing.T) {
	want := map[fault.Kind]int{
		fault.Internal: dns.RcodeServerFailure, fault.Invalid: dns.RcodeFormatError, fault.NotFound: dns.RcodeRefused,
		fault.Exists: dns.RcodeRefused, fault.Unauthenticated: dns.RcodeRefused, fault.Locked: dns.RcodeRefused, fault.State: dns.RcodeRefused,
		fault.Denied: dns.RcodeRefused, fault.Conflict: dns.RcodeServerFailure, fault.Unavailable: dns.RcodeServerFailure,
		fault.Limit: dns.RcodeServerFailure, fault.Unsupported: dns.RcodeNotImplemented,
	}
	for _, k := range fault.Kinds() {
		if got := rcodeOf(fault.New(k, "x")); got != want[k] {
			t.Errorf("%v: got %s", k, dns.RcodeToString[got])
		}
	}
	for err, want := range map[error]int{
		zone.ErrNoName: dns.RcodeNameError, zone.ErrNameUsed: dns.RcodeYXDomain, zone.ErrNoSet: dns.RcodeNXRrset, zone.ErrSetUsed: dns.RcodeYXRrset,
		zone.ErrOutside: dns.RcodeNotZone, errors.New("x"): dns.RcodeServerFailure,
	} {
		if got := rcodeOf(err); got != want {
			t.Errorf("%v: got %s", err, dns.RcodeToString[got])
		}
	}
	if got := rcodeOf(nil); got != dns.RcodeSuccess {
		t.Errorf("nil: got %d", got)
	}
}
