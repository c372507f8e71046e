package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/fault"
)

func (a *app) errors() *cobra.Command {
	return &cobra.Command{
		Use:   "errors [CODE]",
		Short: "Explain an error code, or list all",
		Args:  cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			var codes []string
			for _, k := range fault.Declared() {
				codes = append(codes, k.Code+"\t"+k.Title)
			}
			return codes, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			if len(args) == 0 {
				return a.listErrors()
			}
			return a.explainError(args[0])
		},
	}
}

func (a *app) listErrors() error {
	if a.json() {
		return a.writeJSON(kinds(fault.Declared()))
	}
	for _, k := range fault.Declared() {
		fmt.Fprintf(a.out, "%s  %s\n", k.Code, k.Title)
	}
	return nil
}

// explainError takes "TACIT-P012" and "p012".
func (a *app) explainError(code string) error {
	want := strings.ToUpper(code)
	if !strings.HasPrefix(want, "TACIT-") {
		want = "TACIT-" + want
	}
	k := fault.Find(want)
	if k == nil {
		return ErrUsage.New("no error has the code %q", code).With("List all with: tacit errors")
	}
	if a.json() {
		return a.writeJSON(kinds([]*fault.Kind{k})[0])
	}
	fmt.Fprintf(a.out, "%s  %s\n\n%s\n\nfix: %s\n", k.Code, k.Title, k.Cause, k.Remedy)
	return nil
}

// kind is a declared code as JSON.
type kind struct {
	Code   string `json:"code"`
	Title  string `json:"title"`
	Cause  string `json:"cause"`
	Remedy string `json:"remedy"`
}

func kinds(declared []*fault.Kind) []kind {
	list := make([]kind, len(declared))
	for i, k := range declared {
		list[i] = kind(*k)
	}
	return list
}

// writeJSON prints one value, indented for people.
func (a *app) writeJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// writeLine prints one value on one line, for streams.
func (a *app) writeLine(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
