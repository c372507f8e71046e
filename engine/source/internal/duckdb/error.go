package duckdb

import "strings"

// Kind sorts errors by what a caller does about them.
type Kind string

// Kinds of errors.
const (
	KindSyntax     Kind = "statement"    // the statement's text, or a name in it: parser, binder, catalog
	KindConversion Kind = "conversion"   // a value is not of the wanted type
	KindRange      Kind = "range"        // arithmetic overflow
	KindInput      Kind = "input"        // a file's contents
	KindIO         Kind = "input/output" // a file cannot be opened or read
	KindPermission Kind = "permission"   // the lock-down refuses it
	KindMemory     Kind = "memory"       // the memory limit
	KindSettings   Kind = "settings"     // an option
	KindOther      Kind = "engine"       // anything else
)

// Error is a refusal of the engine. Message is the engine's own text and may repeat
// values of the data.
type Error struct {
	Kind    Kind
	Message string
}

// Error returns the engine's text.
func (e *Error) Error() string { return e.Message }

var kinds = []struct {
	prefix string
	kind   Kind
}{
	{"Parser", KindSyntax},
	{"Syntax", KindSyntax},
	{"Binder", KindSyntax},
	{"Catalog", KindSyntax},
	{"Conversion", KindConversion},
	{"Out of Range", KindRange},
	{"Out of Memory", KindMemory},
	{"OutOfMemory", KindMemory},
	{"Invalid Input", KindInput},
	{"IO", KindIO},
	{"Permission", KindPermission},
	{"Settings", KindSettings},
	{"Invalid Configuration", KindSettings},
}

// newError sorts an engine's message by its first words, "Binder Error: …".
func newError(message string) *Error {
	for _, k := range kinds {
		if strings.HasPrefix(message, k.prefix+" ") {
			return &Error{Kind: k.kind, Message: message}
		}
	}
	return &Error{Kind: KindOther, Message: message}
}
