package ldap

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[secret]"

// Secret is a password or another proof. It prints as [secret], whatever prints
// it.
type Secret []byte

// Format prints [secret] for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue logs [secret].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText gives [secret] to JSON and its like.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
