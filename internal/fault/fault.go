// Package fault says what went wrong, in words that are safe to show.
//
// A fault has a kind, which each door maps to its own protocol; a message for
// the person who asked; and, where there is one, a hint that says what to do
// next. The cause is wrapped for the log and never shown.
//
// What always holds: Message never returns the text of a cause, so that a
// caller can print it to anyone.
package fault

import (
	"errors"
	"fmt"
)

// Kind is the class of a fault. Doors map kinds, not messages.
type Kind uint8

// The kinds of fault. Internal is the zero kind: an error nobody classified is
// our mistake, and its text stays in the log.
const (
	Internal        Kind = iota
	Invalid              // what was asked is malformed or breaks a rule
	NotFound             // there is no such thing, or the caller may not know of it
	Exists               // a name or number is taken
	Unauthenticated      // no proof, or a wrong one
	Locked               // too many wrong proofs; told to nobody but the log
	State                // right proof, but the account may not sign in now
	Denied               // the caller is known and may not
	Conflict             // somebody else changed it first
	Unavailable          // this server cannot do it now
	Limit                // a size, time or rate limit was reached
	Unsupported          // we know what is asked and do not do it
)

var kindNames = [...]string{
	Internal: "internal", Invalid: "invalid", NotFound: "notFound", Exists: "exists",
	Unauthenticated: "unauthenticated", Locked: "locked", State: "state", Denied: "denied",
	Conflict: "conflict", Unavailable: "unavailable", Limit: "limit", Unsupported: "unsupported",
}

// Kinds lists every kind, for the table tests of the doors.
func Kinds() []Kind {
	out := make([]Kind, len(kindNames))
	for i := range out {
		out[i] = Kind(i)
	}
	return out
}

// String returns the kind's stable name, as used in JSON and metrics.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Error is a fault.
type Error struct {
	Kind  Kind
	Text  string // safe to show
	Hint  string // what to do next; safe to show; may be empty
	Field string // the attribute, parameter or setting at fault; may be empty
	Code  Code   // a finer reason, for doors that tell reasons apart
	Cause error  // for the log only
}

// Code is a finer reason within a kind, for doors whose protocol tells such
// reasons apart. It is empty where the kind says all.
type Code string

// The states of an account that are told to a right proof, [MS-ERREF] §2.3.
const (
	CodeDisabled   Code = "disabled"
	CodeExpired    Code = "accountExpired"
	CodeMustChange Code = "mustChange"
	CodePwdExpired Code = "passwordExpired"
	CodePolicy     Code = "policy"   // a rule of policy refused it
	CodeClear      Code = "clear"    // needs an encrypted connection
	CodeSchema     Code = "schema"   // breaks the object's class or an attribute's syntax
	CodeNotLeaf    Code = "notLeaf"  // has children
	CodeHasValue   Code = "hasValue" // the value is there already
	CodeNoValue    Code = "noValue"  // the value is not there
	CodeNewer      Code = "newer"    // written by a newer version
)

// Error returns the message and, for the log, the cause.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Text
	}
	return e.Text + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// WithHint returns a copy of e that says what to do next.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// WithField returns a copy of e that names the attribute or parameter at fault.
func (e *Error) WithField(name string) *Error {
	c := *e
	c.Field = name
	return &c
}

// WithCode returns a copy of e with a finer reason.
func (e *Error) WithCode(code Code) *Error {
	c := *e
	c.Code = code
	return &c
}

// New returns a fault with a message that is safe to show.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...)}
}

// Wrap returns a fault that keeps cause for the log and shows only the message.
func Wrap(k Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...), Cause: cause}
}

// Of returns the fault in err's chain, or nil.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// KindOf returns the kind of err; Internal if it has none.
func KindOf(err error) Kind {
	if e := Of(err); e != nil {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the finer reason of err; empty if it has none.
func CodeOf(err error) Code {
	if e := Of(err); e != nil {
		return e.Code
	}
	return ""
}

// Is reports whether err is of kind k. It is false for a nil error.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Message returns what may be shown of err.
func Message(err error) string {
	if e := Of(err); e != nil && e.Text != "" {
		return e.Text
	}
	return "something went wrong on the server"
}

// Hint returns what the person should do next; empty if nobody knows.
func Hint(err error) string {
	if e := Of(err); e != nil {
		return e.Hint
	}
	return ""
}

// ExitCode returns the exit status a command ends with, by kind. The numbers
// are part of the contract for scripts and never change meaning.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	switch KindOf(err) {
	case Invalid:
		return 2
	case NotFound:
		return 3
	case Exists:
		return 4
	case Unauthenticated, Locked, State:
		return 5
	case Denied:
		return 6
	case Conflict:
		return 7
	case Unavailable:
		return 8
	case Limit:
		return 9
	case Unsupported:
		return 10
	default:
		return 1
	}
}
