// Package fault holds the errors that people see: a stable code, what happened,
// what to do about it, and, for a query or a file, where.
//
// Every code is declared once with [Declare] beside the code that raises it; the
// reference in docs/errors.md is generated from the declarations.
//
// Start at [Kind.New].
package fault

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Kind is one documented way to fail.
type Kind struct {
	Code   string // stable, for example "TACIT-P012"
	Title  string // a short noun phrase
	Cause  string // when this happens
	Remedy string // the general way out; a Fault may carry a more exact one
}

var declared = map[string]*Kind{}

// Declare registers a kind. Codes are "TACIT-" + area letter + three digits; areas:
// P query and plan, T statistics, C charter, K keys, W worker policy, A approvals, D data and sources,
// N network, J jobs and protocol, S store, L ledger, F configuration and files, X command line.
// It panics on a malformed or repeated code: both are programming errors.
func Declare(code, title, cause, remedy string) *Kind {
	if len(code) != len("TACIT-P000") || !strings.HasPrefix(code, "TACIT-") {
		panic("fault: malformed code " + code)
	}
	if declared[code] != nil {
		panic("fault: code declared twice: " + code)
	}
	k := &Kind{Code: code, Title: title, Cause: cause, Remedy: remedy}
	declared[code] = k
	return k
}

// Declared returns every declared kind, sorted by code.
func Declared() []*Kind {
	kinds := make([]*Kind, 0, len(declared))
	for _, k := range declared {
		kinds = append(kinds, k)
	}
	sort.Slice(kinds, func(i, j int) bool { return kinds[i].Code < kinds[j].Code })
	return kinds
}

// Find returns the kind with a code, nil if this program does not declare it: a peer of
// another release may.
func Find(code string) *Kind { return declared[code] }

// Position is a place in a text. Line and Column count from 1, Column in
// characters; Offset counts bytes from 0.
type Position struct {
	Offset int `json:"offset"`
	Line   int `json:"line"`
	Column int `json:"column"`
}

// String returns "line 2, column 7".
func (p *Position) String() string { return fmt.Sprintf("line %d, column %d", p.Line, p.Column) }

// At returns the position of a byte offset in text.
func At(text string, offset int) *Position {
	offset = max(0, min(offset, len(text)))
	before := text[:offset]
	line := strings.Count(before, "\n")
	start := strings.LastIndexByte(before, '\n') + 1
	return &Position{Offset: offset, Line: line + 1, Column: len([]rune(before[start:])) + 1}
}

// Fault is an error with a stable code. Message never holds a data value, a
// literal of a predicate or a key.
type Fault struct {
	Code     string    `json:"code"`
	Message  string    `json:"message"`
	Remedy   string    `json:"remedy,omitempty"`
	Position *Position `json:"position,omitempty"`
	Err      error     `json:"-"`
}

// New makes a fault of this kind with its general remedy.
func (k *Kind) New(format string, args ...any) *Fault {
	err := fmt.Errorf(format, args...)
	return &Fault{Code: k.Code, Message: err.Error(), Remedy: k.Remedy, Err: errors.Unwrap(err)}
}

// Is reports whether err is a fault of this kind.
func (k *Kind) Is(err error) bool { return Code(err) == k.Code }

// With replaces the remedy.
func (f *Fault) With(format string, args ...any) *Fault {
	f.Remedy = fmt.Sprintf(format, args...)
	return f
}

// Where sets the position.
func (f *Fault) Where(p *Position) *Fault {
	f.Position = p
	return f
}

// Error returns code and message.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Code)
	if f.Position != nil {
		fmt.Fprintf(&b, " at %d:%d", f.Position.Line, f.Position.Column)
	}
	b.WriteString(": ")
	b.WriteString(f.Message)
	return b.String()
}

// Unwrap returns the cause, if any.
func (f *Fault) Unwrap() error { return f.Err }

// Code returns the code of the first fault in err's chain, or "".
func Code(err error) string {
	var f *Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// Internal is what an error without a code is shown as.
var Internal = Declare("TACIT-X000", "internal error",
	"Something failed that has no code of its own.",
	"Report it with the log of the role that failed.")

// From returns err as a fault; one without a code becomes [Internal].
func From(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	f = Internal.New("%w", err)
	return f
}
