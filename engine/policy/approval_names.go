package policy

import (
	"fmt"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// approvalPath is where an owner's approval rules are in its configuration.
const approvalPath = "worker.approval"

// CheckApproval looks for names in approval rules that the charter does not have: such a rule fits nothing, and what it
// was to stop goes on to the next one. A name that no version ever had is a misspelling, and the fault
// [config.ErrInvalid]. One that an amendment removed must not stop a worker that is to serve under it: these are returned,
// in words.
func CheckApproval(b *charter.Bundle, a *config.Approval) (gone []string, err error) {
	var ps strictyaml.Problems
	for i := range a.Rules {
		rule := &a.Rules[i]
		for _, list := range []struct {
			key, what string
			words     []string
			of        func(*charter.Charter) []string
		}{
			{"templates", "template", rule.Templates, templateNames},
			{"analysts", "analyst", rule.Analysts, analystIDs},
			{"purposes", "purpose", rule.Purposes, func(c *charter.Charter) []string { return c.Rules.Purposes }},
		} {
			now := list.of(b.Charter())
			if list.key == "purposes" && len(now) == 0 {
				continue // any
			}
			for _, w := range list.words {
				at := fmt.Sprintf("%s.rules[%d].%s", approvalPath, i, list.key)
				switch {
				case slices.Contains(now, w):
				case slices.ContainsFunc(b.Editions(), func(e charter.Edition) bool { return slices.Contains(list.of(e.Charter), w) }):
					gone = append(gone, fmt.Sprintf("%s: the charter has no %s %q any more", at, list.what, w))
				default:
					ps.Add(at, "the charter has no %s %q%s", list.what, w, strictyaml.Suggest(w, now))
				}
			}
		}
	}
	if len(ps) > 0 {
		return nil, config.ErrInvalid.New("%w", ps)
	}
	return gone, nil
}

func templateNames(c *charter.Charter) []string {
	var names []string
	for i := range c.Templates {
		names = append(names, c.Templates[i].Name)
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
