package policy

import "github.com/tacit-space/tacit/engine/fault"

// ByApprovalRule is a refusal by the owner's approval rules.
var ByApprovalRule = fault.Declare("TACIT-W130", "owner's approval rule refuses",
	"A rule under approval in the owner's configuration refuses such questions.",
	"Ask the owner which questions it answers; the message names the rule.")

// Refusal is the fault of a request that the approval rules refuse, or nil.
func (a Approval) Refusal() error {
	if a.Then != "refuse" {
		return nil
	}
	return ByApprovalRule.New("the owner's approval rule %q refuses the question", a.Rule)
}
