package approval

import "github.com/tacit-space/tacit/engine/fault"

// Why an answer counts for nothing.
var (
	Malformed = fault.Declare("TACIT-A001", "answer is not what it should be",
		"An answer to a waiting question is malformed, or its signature is not of the key that it names.",
		"Answer again with tacit inbox approve or tacit inbox refuse. If it stays, somebody else writes to the store of the worker.")
	NotApprover = fault.Declare("TACIT-A002", "not an approver",
		"The key is on no line of approval.approvers of the worker's configuration; without that list, it is not the owner's own.",
		"Answer with the key of an approver (--key), or add the key to the list.")
	OtherCase = fault.Declare("TACIT-A003", "answer to something else",
		"The answer is about another question, another content of it, or less than is known of it now.",
		"Look at the question with tacit inbox show, and answer again.")
	Late = fault.Declare("TACIT-A004", "answer comes too late",
		"The time for an answer is over, and the question is refused.",
		"The analyst can ask again; approval.expire says how long a question waits.")
	Twice = fault.Declare("TACIT-A005", "answered already",
		"This approver has approved the question before, or it is decided.",
		"Where two approvals are needed, another approver has to give the second.")
	NotWaiting = fault.Declare("TACIT-A006", "no such question waits",
		"No question with this id waits for a person at this owner: it was decided, cancelled, or is over.",
		"See what waits with tacit inbox, and what became of a question with tacit ledger show --job.")
	Ambiguous = fault.Declare("TACIT-A007", "id is not unique",
		"Several questions that wait begin with these digits.",
		"Give more digits of the id.")
)
