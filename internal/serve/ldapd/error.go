package ldapd

import (
	"context"
	"errors"
	"fmt"

	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/ber"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

// refusal is what this door refuses itself, because LDAP says so.
type refusal struct{ ldap.Result }

func (r *refusal) Error() string { return r.Text }

func refuse(code ldap.ResultCode, format string, args ...any) error {
	return &refusal{ldap.Result{Code: code, Text: fmt.Sprintf(format, args...)}}
}

// errAnonymous is what Active Directory says to whoever has not signed in.
var errAnonymous = refuse(ldap.OperationsError, "00002020: Operation unavailable without authentication")

// at tells the client the last entry above what was not found, RFC 4511 §4.1.9.
func at(matched string, err error) error {
	code, text := resultCode(err)
	if code != ldap.NoSuchObject {
		return err
	}
	return &refusal{ldap.Result{Code: code, Text: text, MatchedDN: matched}}
}

func resultOf(err error) ldap.Result {
	var r *refusal
	if errors.As(err, &r) {
		return r.Result
	}
	code, text := resultCode(err)
	return ldap.Result{Code: code, Text: text}
}

// resultCode is the only place that knows faults and result codes.
//
// A locked account answers as a wrong password does, so that a guesser cannot
// tell the two apart. Other states of an account are told to a right proof only;
// they come as fault.State.
func resultCode(err error) (ldap.ResultCode, string) {
	if err == nil {
		return ldap.Success, ""
	}
	switch err { // of a search; what core waits for in vain is a fault
	case context.DeadlineExceeded:
		return ldap.TimeLimitExceeded, ""
	case context.Canceled:
		return ldap.Canceled, ""
	}
	text := fault.Message(err)
	if hint := fault.Hint(err); hint != "" {
		text += ": " + hint
	}
	code := fault.CodeOf(err)
	switch fault.KindOf(err) {
	case fault.Invalid:
		return invalid(code, fault.Of(err).Field), text
	case fault.NotFound:
		if code == fault.CodeNoValue {
			return ldap.NoSuchAttribute, text
		}
		return ldap.NoSuchObject, text
	case fault.Exists:
		if code == fault.CodeHasValue {
			return ldap.AttributeOrValueExists, text
		}
		return ldap.EntryAlreadyExists, text
	case fault.Unauthenticated, fault.Locked, fault.State:
		return ldap.InvalidCredentials, credentialText(code)
	case fault.Denied:
		return denied(code), text
	case fault.Conflict, fault.Unavailable:
		return ldap.Busy, text
	case fault.Limit:
		return ldap.AdminLimitExceeded, text
	case fault.Unsupported:
		return ldap.UnwillingToPerform, text
	default:
		return ldap.Other, text
	}
}

func invalid(code fault.Code, field string) ldap.ResultCode {
	switch {
	case code == fault.CodeNotLeaf:
		return ldap.NotAllowedOnNonLeaf
	case code == fault.CodeSchema && field == "":
		return ldap.ObjectClassViolation
	case code == fault.CodeSchema:
		return ldap.InvalidAttributeSyntax
	default: // CodePolicy among them: the password breaks a rule
		return ldap.ConstraintViolation
	}
}

func denied(code fault.Code) ldap.ResultCode {
	switch code {
	case fault.CodeClear:
		return ldap.StrongerAuthRequired
	case fault.CodeSchema: // nobody may: the attribute is the server's own
		return ldap.ConstraintViolation
	default:
		return ldap.InsufficientAccessRights
	}
}

// credentialText is how Active Directory words a refused bind; clients that tell
// people why read the number behind "data", [MS-ERREF] §2.2.
func credentialText(code fault.Code) string {
	data := "52e"
	switch code {
	case fault.CodeDisabled:
		data = "533"
	case fault.CodeExpired:
		data = "701"
	case fault.CodePwdExpired:
		data = "532"
	case fault.CodeMustChange:
		data = "773"
	}
	return "80090308: LdapErr: DSID-0C090400, comment: AcceptSecurityContext error, data " + data + ", v2580"
}

// isEncoding reports whether an error is one of BER, after which nothing can be
// read, and not one of what a well-formed message asks.
func isEncoding(err error) bool {
	for _, asked := range []error{ldap.ErrFilterKind, ldap.ErrFilterDepth, ldap.ErrFilterSize, ldap.ErrSubstrings, ldap.ErrControls} {
		if errors.Is(err, asked) {
			return false
		}
	}
	var e *ber.Error
	var p *ldap.ParseError
	return errors.As(err, &e) || errors.As(err, &p)
}
