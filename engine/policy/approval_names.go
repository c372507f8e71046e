package policy

import (
	"fmt"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
)

// approvalPath is where an owner's approval rules are in its configuration.
const approvalPath = "worker.approval"

// CheckApproval looks for names in approval rules that the charter does not have: such a rule fits nothing, and what it
// was to stop goes on to the next one. A name that no version ever had is a misspelling, and the fault
// [config.ErrInvalid]. One that an amendment removed must not stop a worker that is to serve under it: these are returned,
// in words.
func CheckApproval(b *charter.Bundle, a *config.Approval) (gone []string, err error) {
	n := &names{bundle: b}
	for i := range a.Rules {
		rule := &a.Rules[i]
		for _, list := range []struct {
			key, what string
			words     []string
			of        func(*charter.Charter) []string
		}{
			{"templates", "template", rule.Templates, templateNames},
			{"analysts", "analyst", rule.Analysts, analystIDs},
			{"purposes", "purpose", rule.Purposes, purposes},
		} {
			if list.key == "purposes" && len(b.Charter().Rules.Purposes) == 0 {
				continue // any
			}
			for _, w := range list.words {
				n.known(fmt.Sprintf("%s.rules[%d].%s", approvalPath, i, list.key), list.what, w, list.of)
			}
		}
	}
	if len(n.problems) > 0 {
		return nil, config.ErrInvalid.New("%w", n.problems)
	}
	return n.gone, nil
}
