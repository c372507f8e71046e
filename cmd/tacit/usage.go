package main

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tacit-space/tacit/engine/fault"
)

// wrongFlag makes an error of parsing a command's flags one that says which flag may have been
// meant, and where all are listed.
func wrongFlag(c *cobra.Command, err error) error {
	f := ErrUsage.New("%w", err)
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		if near := fault.Nearest(unknown.GetSpecifiedName(), flagNames(c)); near != "" {
			return f.With("Did you mean --%s? See: %s --help", near, c.CommandPath())
		}
	}
	return f.With("See: %s --help", c.CommandPath())
}

// flagNames are the flags of a command that its help lists.
func flagNames(c *cobra.Command) (names []string) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

// wrongArguments does the same for arguments, one of which may be a misspelt command.
func wrongArguments(c *cobra.Command, args []string, err error) error {
	f := ErrUsage.New("%s: %w", c.CommandPath(), err)
	if len(args) > 0 && c.HasAvailableSubCommands() {
		var names []string
		for _, sub := range c.Commands() {
			names = append(append(names, sub.Name()), sub.Aliases...)
		}
		if near := fault.Nearest(args[0], names); near != "" {
			return f.With("Did you mean %s %s? See: %s --help", c.CommandPath(), near, c.CommandPath())
		}
	}
	return f.With("See: %s --help", c.CommandPath())
}
