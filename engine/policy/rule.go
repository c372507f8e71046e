package policy

import (
	"errors"

	"github.com/tacit-space/tacit/engine/fault"
)

// Origins of rules, which their names begin with.
const (
	OfCharter = "charter: " // then the path of the key in the charter
	OfOwner   = "own: "     // then the path of the key in the owner's configuration, below worker
)

// Refusal is a fault with the rule that made it.
type Refusal struct {
	*fault.Fault
	Rule string // for example "charter: rules.purposes", "own: accept.columns.visits.age.grain"
}

// Unwrap returns the fault.
func (r *Refusal) Unwrap() error { return r.Fault }

// ByRule names the rule that refuses: nil stays nil, and what names one already keeps it. The text of
// the fault then ends with the rule.
func ByRule(rule string, err error) error {
	var named *Refusal
	if err == nil || errors.As(err, &named) {
		return err
	}
	f := *fault.From(err)
	f.Message += " (" + rule + ")"
	return &Refusal{&f, rule}
}

// RuleOf is the rule that made a refusal, "" if it names none.
func RuleOf(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Rule
	}
	return ""
}
