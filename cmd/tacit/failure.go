package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/lab"
)

// Exit codes of the program; they are a promise.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitUnreachable = 4
	exitInterrupted = 130
)

// Codes.
var (
	ErrUsage = fault.Declare("TACIT-X001", "wrong usage",
		"The command line has an unknown command or flag, or an argument is missing or too much.",
		"See: tacit --help")
	ErrInterrupted = fault.Declare("TACIT-X002", "interrupted",
		"The command was ended by a signal.",
		"Run it again. A question that was submitted goes on or was cancelled: see tacit jobs.")
	ErrFile = fault.Declare("TACIT-X003", "file cannot be used",
		"A file named on the command line cannot be read or written.",
		"Check its name and permissions.")
)

// exitStatus is an error that has been reported already.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// fail reports an error on standard error and returns the exit code.
func (a *app) fail(ctx context.Context, err error) int {
	var status exitStatus
	if errors.As(err, &status) {
		return int(status)
	}
	if errors.Is(err, syscall.EPIPE) {
		return exitFailed // whoever read the output has gone and wants no more
	}
	f := a.classify(ctx, err)
	if a.json() {
		_ = json.NewEncoder(a.err).Encode(f)
	} else {
		writeFault(a.err, f, a.query)
	}
	return exitCode(f)
}

// classify turns any error into a fault.
func (a *app) classify(ctx context.Context, err error) *fault.Fault {
	var f *fault.Fault
	switch {
	case errors.As(err, &f):
		return f
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return ErrInterrupted.New("interrupted")
	case !a.started:
		return ErrUsage.New("%w", err)
	}
	return fault.From(err)
}

// writeFault prints an error for people: what, where in the query, what to do, code.
func writeFault(w io.Writer, f *fault.Fault, query string) {
	fmt.Fprintf(w, "error: %s\n", f.Message)
	if f.Position != nil && query != "" {
		writeCaret(w, query, f.Position)
	}
	if f.Remedy != "" {
		fmt.Fprintf(w, "fix:   %s\n", f.Remedy)
	}
	fmt.Fprintf(w, "code:  %s\n", f.Code)
}

// writeCaret prints the line of the query with a caret below the position. Long
// lines are cut around it.
func writeCaret(w io.Writer, query string, p *fault.Position) {
	lines := strings.Split(query, "\n")
	if p.Line < 1 || p.Line > len(lines) {
		return
	}
	const before, width = 50, 100
	line := []rune(strings.TrimRight(strings.ReplaceAll(lines[p.Line-1], "\t", " "), "\r"))
	column := min(max(p.Column-1, 0), len(line))
	start := max(0, column-before)
	end := min(len(line), start+width)
	text, left := string(line[start:end]), ""
	if start > 0 {
		left = "…"
	}
	if end < len(line) {
		text += "…"
	}
	label := fmt.Sprintf("  line %d: ", p.Line)
	fmt.Fprintf(w, "%s%s%s\n", label, left, text)
	fmt.Fprintf(w, "%s^\n", strings.Repeat(" ", utf8.RuneCountInString(label+left)+column-start))
}

// exitCode follows from the area of the code: P and W are refusals by rules, N is
// the network.
func exitCode(f *fault.Fault) int {
	switch {
	case ErrUsage.Is(f):
		return exitUsage
	case ErrInterrupted.Is(f):
		return exitInterrupted
	case unreachable[f.Code]:
		return exitUnreachable
	case refused[f.Code]:
		return exitRefused
	}
	switch f.Code[len("TACIT-"):][:1] {
	case "P", "W":
		return exitRefused
	case "N":
		return exitUnreachable
	}
	return exitFailed
}

// unreachable lists the codes of other areas that mean that the space does not answer
// or that too few workers take part.
var unreachable = map[string]bool{
	lab.ErrDown.Code:                 true,
	coordinator.TooFewConnected.Code: true,
	coordinator.AttemptsUsed.Code:    true,
	coordinator.Stuck.Code:           true,
}

// refused lists the codes of other areas that mean that owners said no.
var refused = map[string]bool{coordinator.TooFew.Code: true}
