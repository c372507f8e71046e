package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// app is one invocation: its streams, environment and global flags.
type app struct {
	in       io.Reader
	out, err io.Writer
	environ  []string

	config   string // --config; "" takes the environment's or the default
	format   string // --format; "" takes the command's default
	progress bool   // --progress
	args     []string
	started  bool   // a command has taken over from the parsing of the line
	query    string // text of the query, once it is known, to show where it is wrong
}

// run carries out one command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	a.args = args
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	if err := root.ExecuteContext(ctx); err != nil {
		return a.fail(ctx, err)
	}
	return exitOK
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "tacit",
		Short: "Compute over data that its owners keep",
		Long: `tacit computes one answer over the data of several owners. The data stays with
them; the coordinator adds what it cannot read; the analyst who asked opens the answer.

Exit codes: 0 success, 1 failure, 2 wrong usage, 3 refused by the rules of the space or
of an owner, 4 space not reachable or too few workers, 130 interrupted.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	flags.StringVarP(&a.config, "config", "c", "", "configuration file; for an analyst's command by default $TACIT_CONFIG or "+defaultProfile)
	flags.StringVar(&a.format, "format", "", "output: table, json; for results also csv, arrow, parquet. With json, errors are JSON too")
	flags.BoolFunc("json", "the same as --format json", func(string) error { a.format = "json"; return nil })
	flags.BoolVar(&a.progress, "progress", false, "show progress even if standard error is no terminal")
	root.SetFlagErrorFunc(wrongFlag)
	root.AddGroup(
		&cobra.Group{ID: "try", Title: "Try it on this machine:"},
		&cobra.Group{ID: "ask", Title: "Ask (analyst):"},
		&cobra.Group{ID: "run", Title: "Run a member:"},
		&cobra.Group{ID: "agree", Title: "Agree on a space:"},
	)
	add(root, "try", a.demo(), a.lab())
	add(root, "ask", a.queryCommand(), a.stats(), a.explain(), a.template(), a.jobs(), a.show(), a.watch(), a.cancel(), a.resume())
	add(root, "run", a.coordinator(), a.worker(), a.inbox(), a.doctor(), a.ledger(), a.budget())
	add(root, "agree", a.key(), a.space())
	root.AddCommand(a.errors(), a.version(), a.bench())
	for _, c := range root.Commands() {
		a.usageFaults(c)
	}
	return root
}

func add(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
		root.AddCommand(c)
	}
}

// usageFaults makes wrong arguments of a command and those below it usage errors,
// and notes when a command starts: errors before that are about the line.
func (a *app) usageFaults(c *cobra.Command) {
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			a.started = true
			return run(c, args)
		}
	}
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return wrongArguments(c, args, err)
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		a.usageFaults(sub)
	}
}

const defaultProfile = "~/.config/tacit/analyst.yaml"

// profile is the configuration file of an analyst's command.
func (a *app) profile() string {
	if a.config != "" {
		return a.config
	}
	if file := a.env("TACIT_CONFIG"); file != "" {
		return file
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return defaultProfile
	}
	return filepath.Join(home, strings.TrimPrefix(defaultProfile, "~/"))
}

func (a *app) env(name string) string {
	for _, entry := range a.environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// json reports whether output and errors are JSON. A line that cannot be parsed may
// still say that it wants its error so.
func (a *app) json() bool {
	if a.started {
		return a.format == "json"
	}
	line := strings.Join(a.args, " ") + " "
	return strings.Contains(line, "--json ") || strings.Contains(line, "--format json ") || strings.Contains(line, "--format=json ")
}

// terminal reports whether a stream is one that a person looks at.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// plainFormat refuses the formats that only results have.
func (a *app) plainFormat() error {
	switch a.format {
	case "", "table", "json":
		return nil
	}
	return ErrUsage.New("--format %s is only for results; this command has table and json", a.format)
}
