package portal

import (
	"time"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// dayParam reads the day on which something ends; the zero time for none.
func dayParam(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, fault.New(fault.Invalid, "%q is not a day", s).WithHint("it looks like 2027-01-31")
	}
	if !now.Before(t) {
		return t, fault.New(fault.Invalid, "the day %s is past", s).WithHint("choose a later one, or none")
	}
	return t, nil
}
