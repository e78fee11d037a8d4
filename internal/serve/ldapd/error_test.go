package ldapd

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/selfsame-dev/selfsame/internal/fault"
	"github.com/selfsame-dev/selfsame/internal/wire/ldap"
)

func TestResultCodes(t *testing.T) {
	tests := []struct {
		err  error
		want ldap.ResultCode
		text string
	}{
		{nil, ldap.Success, ""},
		{errors.New("disk on fire at 10.0.0.1"), ldap.Other, "something went wrong on the server"},
		{fault.New(fault.Internal, "x"), ldap.Other, "x"},
		{fault.New(fault.Invalid, "x"), ldap.ConstraintViolation, "x"},
		{fault.New(fault.Invalid, "x").WithHint("do y"), ldap.ConstraintViolation, "x: do y"},
		{fault.New(fault.Invalid, "x").WithCode(fault.CodePolicy), ldap.ConstraintViolation, "x"},
		{fault.New(fault.Invalid, "x").WithCode(fault.CodeSchema), ldap.ObjectClassViolation, "x"},
		{fault.New(fault.Invalid, "x").WithCode(fault.CodeSchema).WithField("sn"), ldap.InvalidAttributeSyntax, "x"},
		{fault.New(fault.Invalid, "x").WithCode(fault.CodeNotLeaf), ldap.NotAllowedOnNonLeaf, "x"},
		{fault.New(fault.NotFound, "x"), ldap.NoSuchObject, "x"},
		{fault.New(fault.NotFound, "x").WithCode(fault.CodeNoValue), ldap.NoSuchAttribute, "x"},
		{fault.New(fault.Exists, "x"), ldap.EntryAlreadyExists, "x"},
		{fault.New(fault.Exists, "x").WithCode(fault.CodeHasValue), ldap.AttributeOrValueExists, "x"},
		{fault.New(fault.Unauthenticated, "x"), ldap.InvalidCredentials, "data 52e"},
		{fault.New(fault.Locked, "x"), ldap.InvalidCredentials, "data 52e"},
		{fault.New(fault.State, "x").WithCode(fault.CodeDisabled), ldap.InvalidCredentials, "data 533"},
		{fault.New(fault.State, "x").WithCode(fault.CodeExpired), ldap.InvalidCredentials, "data 701"},
		{fault.New(fault.State, "x").WithCode(fault.CodePwdExpired), ldap.InvalidCredentials, "data 532"},
		{fault.New(fault.State, "x").WithCode(fault.CodeMustChange), ldap.InvalidCredentials, "data 773"},
		{fault.New(fault.Denied, "x"), ldap.InsufficientAccessRights, "x"},
		{fault.New(fault.Denied, "x").WithCode(fault.CodeClear).WithHint("use StartTLS"), ldap.StrongerAuthRequired, "x: use StartTLS"},
		{fault.New(fault.Denied, "x").WithCode(fault.CodeSchema), ldap.ConstraintViolation, "x"},
		{fault.New(fault.Conflict, "x"), ldap.Busy, "x"},
		{fault.New(fault.Unavailable, "x"), ldap.Busy, "x"},
		{fault.Wrap(fault.Unavailable, errors.New("secret"), "x"), ldap.Busy, "x"},
		{fault.Wrap(fault.Unavailable, context.DeadlineExceeded, "x"), ldap.Busy, "x"},
		{fault.New(fault.Limit, "x"), ldap.AdminLimitExceeded, "x"},
		{fault.New(fault.Unsupported, "x"), ldap.UnwillingToPerform, "x"},
		{context.DeadlineExceeded, ldap.TimeLimitExceeded, ""},
		{context.Canceled, ldap.Canceled, ""},
	}
	seen := make(map[fault.Kind]bool)
	for _, tt := range tests {
		code, text := resultCode(tt.err)
		if code != tt.want || !strings.Contains(text, tt.text) || strings.Contains(text, "secret") || strings.Contains(text, "10.0.0.1") {
			t.Errorf("%v: got %s %q, want %s %q", tt.err, code, text, tt.want, tt.text)
		}
		if tt.err != nil {
			seen[fault.KindOf(tt.err)] = true
		}
	}
	for _, k := range fault.Kinds() {
		if !seen[k] {
			t.Errorf("no case for %s", k)
		}
	}
}
