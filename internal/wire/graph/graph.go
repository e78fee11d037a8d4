// Package graph is the JSON of the directory API: Microsoft Graph's documents
// where Graph has the thing, with ours beside them under names of our own.
//
// What always holds: a document that is read is checked for what it does not
// know, so that a misspelt property is an error and not a silent nothing.
//
// What the documents mean is not known here.
package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Object is a document whose properties the schema names: a user or a group.
type Object map[string]any

// List is a page of a collection.
type List[T any] struct {
	Context string `json:"@odata.context,omitempty"`
	Count   *int   `json:"@odata.count,omitempty"`
	Next    string `json:"@odata.nextLink,omitempty"`
	Value   []T    `json:"value"`
}

// ErrorBody is how a refusal reads.
type ErrorBody struct {
	Error Error `json:"error"`
}

// Error says what was wrong. Code is for programs, Message for people; Hint says
// what to do next and Target which property is at fault.
type Error struct {
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Target  string     `json:"target,omitempty"`
	Hint    string     `json:"hint,omitempty"`
	Inner   *InnerBody `json:"innerError,omitempty"`
}

// InnerBody carries what finds the request in the log.
type InnerBody struct {
	Date      time.Time `json:"date"`
	RequestID string    `json:"request-id"`
}

// PasswordProfile is the password of a user that is made or reset. Password is
// in an answer only where it was generated, once.
type PasswordProfile struct {
	Password string `json:"password,omitempty"`
	Force    bool   `json:"forceChangePasswordNextSignIn"`
}

// Ref names an object by its address, for membership.
type Ref struct {
	ID string `json:"@odata.id"`
}

// RoleDefinition is a directory role.
type RoleDefinition struct {
	ID          string   `json:"id"`
	DisplayName string   `json:"displayName"`
	Description string   `json:"description"`
	BuiltIn     bool     `json:"isBuiltIn"`
	Actions     []string `json:"allowedResourceActions,omitempty"`
}

// RoleAssignment gives a role to a principal.
type RoleAssignment struct {
	ID            string    `json:"id,omitempty"`
	PrincipalID   string    `json:"principalId"`
	RoleID        string    `json:"roleDefinitionId"`
	Scope         string    `json:"directoryScopeId,omitempty"`
	Until         time.Time `json:"endDateTime,omitzero"`
	PrincipalName string    `json:"principalName,omitempty"`
	RoleName      string    `json:"roleName,omitempty"`
}

// SignIn is one sign-in, or several alike.
type SignIn struct {
	ID            string       `json:"id"`
	Created       time.Time    `json:"createdDateTime"`
	UserID        string       `json:"userId,omitempty"`
	UserName      string       `json:"userPrincipalName,omitempty"`
	IPAddress     string       `json:"ipAddress,omitempty"`
	ClientApp     string       `json:"clientAppUsed,omitempty"`
	Protocol      string       `json:"authenticationProtocol,omitempty"`
	CorrelationID string       `json:"correlationId,omitempty"`
	Status        SignInStatus `json:"status"`
	Record        Record       `json:"selfsame"`
	Interactive   bool         `json:"isInteractive"`
}

// SignInStatus is how a sign-in ended: code 0 for success.
type SignInStatus struct {
	ErrorCode     int    `json:"errorCode"`
	FailureReason string `json:"failureReason,omitempty"`
	Details       string `json:"additionalDetails,omitempty"`
}

// Record is a whole record of the audit log, as the log keeps it.
type Record = json.RawMessage

// DirectoryAudit is one change of the directory.
type DirectoryAudit struct {
	ID        string          `json:"id"`
	Date      time.Time       `json:"activityDateTime"`
	Activity  string          `json:"activityDisplayName"`
	Category  string          `json:"category"`
	Operation string          `json:"operationType"`
	Result    string          `json:"result"`
	Reason    string          `json:"resultReason,omitempty"`
	By        InitiatedBy     `json:"initiatedBy"`
	Targets   []TargetObject  `json:"targetResources"`
	Record    json.RawMessage `json:"selfsame"`
}

// InitiatedBy is who made a change.
type InitiatedBy struct {
	User *Identity `json:"user,omitempty"`
	App  *Identity `json:"app,omitempty"`
}

// Identity names somebody in a log.
type Identity struct {
	ID          string `json:"id,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	IPAddress   string `json:"ipAddress,omitempty"`
}

// TargetObject is what a change was made to.
type TargetObject struct {
	ID       string             `json:"id,omitempty"`
	Name     string             `json:"displayName,omitempty"`
	Type     string             `json:"type,omitempty"`
	Modified []ModifiedProperty `json:"modifiedProperties,omitempty"`
}

// ModifiedProperty is an attribute's values before and after.
type ModifiedProperty struct {
	Name string `json:"displayName"`
	Old  string `json:"oldValue,omitempty"`
	New  string `json:"newValue,omitempty"`
}

// Decode reads one document into v and refuses properties it does not know, a
// second document, and nothing at all.
func Decode(r io.Reader, v any) error {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return explain(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the document")
	}
	return nil
}

// explain says in plain words what is wrong with a document.
func explain(err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the body is empty; a JSON document was expected")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the body is not JSON: it ends too early")
	case errors.As(err, &syntax):
		return fmt.Errorf("the body is not JSON: at byte %d", syntax.Offset)
	case errors.As(err, &typ):
		return fmt.Errorf("%s is not a %s", typ.Field, typ.Type)
	default:
		return errors.New(string(bytes.TrimPrefix([]byte(err.Error()), []byte("json: "))))
	}
}
