package policy

import (
	"fmt"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// names looks up the names in an owner's rules: in the charter, and in its earlier versions.
type names struct {
	bundle   *charter.Bundle
	problems strictyaml.Problems // names that no version had
	gone     []string            // that an amendment removed, in words
}

// known reports whether the charter has a name. If it does not, that is a problem, or, if an earlier version had
// it, only told.
func (n *names) known(at, what, name string, of func(*charter.Charter) []string) bool {
	now := of(n.bundle.Charter())
	switch {
	case slices.Contains(now, name):
		return true
	case slices.ContainsFunc(n.bundle.Editions(), func(e charter.Edition) bool { return slices.Contains(of(e.Charter), name) }):
		n.gone = append(n.gone, fmt.Sprintf("%s: the charter has no %s %q any more", at, what, name))
	default:
		n.problems.Add(at, "the charter has no %s %q%s", what, name, strictyaml.Suggest(name, now))
	}
	return false
}

// present leaves out the names that an amendment removed, and those only.
func (n *names) present(at, what string, words []string, of func(*charter.Charter) []string) (left []string) {
	for _, w := range words {
		problems := len(n.problems)
		if n.known(at, what, w, of) || len(n.problems) > problems {
			n.problems = n.problems[:problems] // the check of the whole list says it
			left = append(left, w)
		}
	}
	return left
}

func templateNames(c *charter.Charter) []string {
	var names []string
	for i := range c.Templates {
		names = append(names, c.Templates[i].Name)
	}
	return names
}

func tableNames(c *charter.Charter) []string {
	var names []string
	for i := range c.Tables {
		names = append(names, c.Tables[i].Name)
	}
	return names
}

func analystIDs(c *charter.Charter) []string {
	var ids []string
	for _, m := range c.WithRole(charter.Analyst) {
		ids = append(ids, m.ID)
	}
	return ids
}

func organisations(c *charter.Charter) []string {
	var names []string
	for _, m := range c.WithRole(charter.Analyst) {
		names = append(names, m.Organisation)
	}
	return names
}

func purposes(c *charter.Charter) []string { return c.Rules.Purposes }
