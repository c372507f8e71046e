package policy

import (
	"fmt"
	"slices"

	"github.com/tacit-space/tacit/engine/config"
)

// Approval is what the owner's approval rules say of a request.
type Approval struct {
	Then string // config.ThenAccept, ThenAsk or ThenRefuse
	Rule string // that says so, as people name it
}

// Approve applies the owner's approval rules to a request that [Check] allows: the first one that
// fits counts. They do not loosen anything: what Check refuses never comes here.
func Approve(rules config.Approval, r *Request) Approval {
	for i := range rules.Rules {
		rule := &rules.Rules[i]
		if fits(rule, r) {
			return Approval{rule.Then, nameOf(rule, i)}
		}
	}
	if rules.Default == "" {
		return Approval{config.ThenAccept, byDefault}
	}
	return Approval{rules.Default, byDefault}
}

// byDefault names the rule that counts if no other fits.
const byDefault = "approval.default"

func nameOf(rule *config.ApprovalRule, i int) string {
	if rule.Name == "" {
		return fmt.Sprintf("rule %d", i+1)
	}
	return rule.Name
}

// fits reports whether a request fulfils every condition of a rule. A list that is there and
// empty fits nothing.
func fits(rule *config.ApprovalRule, r *Request) bool {
	p := &r.Job.Plan
	return among(rule.Analysts, r.Analyst.ID) &&
		among(rule.Purposes, r.Job.Purpose) &&
		among(rule.Tables, p.Table) &&
		among(rule.Templates, r.Job.Template) &&
		(rule.MaxCells == 0 || p.Cells() <= rule.MaxCells)
}

// among reports whether a condition lists a value, or is left out.
func among(list []string, value string) bool { return list == nil || slices.Contains(list, value) }

// Default reports whether no rule fitted.
func (a Approval) Default() bool { return a.Rule == byDefault }
