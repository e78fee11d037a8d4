package credential

import (
	"crypto/rand"
	"math/big"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/selfsame-dev/selfsame/internal/core/ident"
	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/store"
)

// Policy says what a password must be, how long it lives, and how many wrong
// ones lock. Of the policies that hold for a person, the one with the lowest
// precedence wins, as with Active Directory's fine-grained policies.
type Policy struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	Precedence int           `json:"precedence"`
	Groups     []ident.ID    `json:"groups,omitempty"` // empty: everybody
	MinLength  int           `json:"minLength"`
	Complex    bool          `json:"complexity"` // three of: lower, upper, digit, other
	History    int           `json:"history"`    // how many passwords may not come back, the present one among them
	MaxAge     time.Duration `json:"maxAge"`     // 0: never expires
	MinAge     time.Duration `json:"minAge"`     // between two changes of one's own
	Threshold  int           `json:"threshold"`  // wrong passwords from one network; 0: never locks
	Window     time.Duration `json:"window"`     // in which they are counted
	Duration   time.Duration `json:"duration"`   // of the lock
	Strict     bool          `json:"strict"`     // count over all networks, as Active Directory does
}

// DefaultPolicy holds for everybody no other holds for. Its lockout is that of
// Entra Domain Services (5 within 2 minutes lock for 30), its passwords never
// expire by themselves, as NIST SP 800-63B §3.1.1.2 asks.
var DefaultPolicy = Policy{
	ID: "default", Name: "Default", Precedence: 200,
	MinLength: 8, Complex: true, History: 5,
	Threshold: 5, Window: 2 * time.Minute, Duration: 30 * time.Minute,
}

// Policies is the table of password policies.
var Policies = store.JSON("passwordpolicy/", 1, func(p Policy) string { return p.ID }, nil)

// Check says why a policy cannot be.
func (p *Policy) Check() error {
	bad := func(field, format string, args ...any) error {
		return fault.New(fault.Invalid, format, args...).WithField(field)
	}
	switch {
	case p.Name == "":
		return bad("name", "a password policy needs a name")
	case p.MinLength < 6 || p.MinLength > MaxPassword:
		return bad("minLength", "the least length of a password is between 6 and %d", MaxPassword)
	case p.History < 0 || p.History > maxHistory:
		return bad("history", "a history holds up to %d passwords", maxHistory)
	case p.Threshold < 0 || p.Threshold > 1000:
		return bad("threshold", "the number of wrong passwords is between 0 and 1000")
	case p.Threshold > 0 && (p.Window < time.Second || p.Duration < time.Second):
		return bad("window", "a lockout needs a window and a duration of a second or more")
	case p.MaxAge < 0 || p.MinAge < 0 || p.MaxAge > 0 && p.MinAge >= p.MaxAge:
		return bad("maxAge", "the greatest age of a password lies above the least")
	}
	return nil
}

// MaxPassword is the longest password, in bytes: Entra ID's 256 characters, and
// a bound on what a stranger can make us derive keys from.
const MaxPassword = 256

// Accept says why p may not be the password of an account with these names, or
// returns nil. What needs the account's record (history, age) is checked by
// [Policy.AcceptFor].
func (p *Policy) Accept(pw Password, names ...string) error {
	bad := func(format string, args ...any) *fault.Error {
		return fault.New(fault.Invalid, format, args...).WithField("password").WithCode(fault.CodePolicy)
	}
	s := string(pw)
	switch {
	case len(s) > MaxPassword:
		return bad("the password is longer than %d bytes", MaxPassword)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return bad("the password holds a character that cannot be typed")
	case utf8.RuneCountInString(s) < p.MinLength:
		return bad("the password is shorter than %d characters", p.MinLength)
	case p.Complex && classes(s) < 3 && utf8.RuneCountInString(s) < 20:
		return bad("the password is too simple").
			WithHint("use three of: lower-case letters, upper-case letters, digits, other characters; or at least 20 characters")
	}
	folded := ident.Fold(s)
	for _, n := range names {
		for _, part := range strings.FieldsFunc(ident.Fold(n), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(part) >= 3 && strings.Contains(folded, part) {
				return bad("the password holds the person's name")
			}
		}
	}
	return nil
}

// AcceptFor says why pw may not follow the account's present password, when its
// owner changes it. It takes milliseconds for each password in the history.
func (p *Policy) AcceptFor(r *Record, pw Password, now time.Time) error {
	if p.MinAge > 0 && !r.Must && now.Sub(r.SetAt) < p.MinAge {
		return fault.New(fault.Invalid, "the password was changed less than %s ago", p.MinAge).
			WithField("password").WithCode(fault.CodePolicy)
	}
	if r.Reuses(pw, p.History) {
		return fault.New(fault.Invalid, "the password was used before").WithField("password").
			WithCode(fault.CodePolicy).WithHint("choose one that is not among the last %d", p.History)
	}
	return nil
}

// Expired reports whether the password's time is over.
func (p *Policy) Expired(r *Record, now time.Time) bool {
	return p.MaxAge > 0 && r.Usable && now.Sub(r.SetAt) > p.MaxAge
}

// classes counts the kinds of characters.
func classes(s string) int {
	var lower, upper, digit, other int
	for _, r := range s {
		switch {
		case unicode.IsLower(r):
			lower = 1
		case unicode.IsUpper(r):
			upper = 1
		case unicode.IsDigit(r):
			digit = 1
		default:
			other = 1
		}
	}
	return lower + upper + digit + other
}

// Generated passwords are four groups of four characters that cannot be taken
// for each other, read out or typed wrong: 31^16, 79 bits.
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789"

// Generate makes a password that every sensible policy accepts.
func Generate() Password {
	for {
		var b strings.Builder
		for i := range 16 {
			if i > 0 && i%4 == 0 {
				b.WriteByte('-')
			}
			n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
			if err != nil {
				panic("credential: the system has no randomness")
			}
			b.WriteByte(alphabet[n.Int64()])
		}
		if s := b.String(); strings.ContainsAny(s, "23456789") && strings.ContainsAny(s, alphabet[:23]) {
			return Password(s)
		}
	}
}
