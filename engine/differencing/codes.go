package differencing

import "github.com/tacit-space/tacit/engine/fault"

// Refusals. They hold no number and no constant: that a question is refused tells one
// bit about the owner's data already.
var (
	Within = fault.Declare("TACIT-W120", "numbers of the question differ in a few units",
		"At this owner, two numbers of the question, or a total and its parts, can be subtracted so that only a few privacy units are left. The charter or the owner refuses such questions.",
		"Ask for a number or for its complement, not for both; for the parts or for their total; or make the groups coarser. Which numbers differ is not said, as that would tell about the data.")
	Earlier = fault.Declare("TACIT-W121", "question differs from an earlier one in a few units",
		"At this owner, a number of the question can be subtracted from one that was asked before, by whomever, so that only a few privacy units are left. The charter or the owner refuses such questions for the time of rules.differencing.window.",
		"Ask exactly what was asked before, which is allowed; or about groups that do not overlap it, or differ from it in many units; or after the window has passed. Which question it was is in the owner's log only.")
	TooMany = fault.Declare("TACIT-W122", "too many earlier questions to compare with",
		"The question would have to be compared with more cells of earlier questions about the table than an owner compares in one scan, or the analyst's organisation has more than its share of them and what is left is kept for others.",
		"Ask a question that your organisation asked before, or one with fewer cells, or wait until earlier questions are older than rules.differencing.window.")
)
