package budget

import "github.com/tacit-space/tacit/engine/fault"

// Why a question with noise is not served, or an account not used.
var (
	Spent = fault.Declare("TACIT-W150", "privacy budget is spent",
		"What is left of the privacy budget for this analyst or organisation and this table, at this owner, is less than the question costs.",
		"Ask with a smaller epsilon, ask for fewer numbers, or wait until the budget renews; \"tacit explain\" shows what a question costs.")
	TooDear = fault.Declare("TACIT-W151", "question costs more than the whole budget",
		"The question alone costs more than the privacy budget of a whole period, so it is never served.",
		"Ask with a smaller epsilon or for fewer numbers.")
	PaidBefore = fault.Declare("TACIT-W152", "question was paid before",
		"A debit for a job with this id is on record, and a job is served once.",
		"Ask again with a new job. If the owner's clock was set back by more than the time for which jobs are kept, set it right.")
	Mispriced = fault.Declare("TACIT-W154", "question was reserved at another price",
		"What this owner reserved or debited for the question when it accepted it is not what the question costs by its plan and the charter, so its input does not leave.",
		"Ask again with a new job. If the owner's program was not replaced meanwhile by another version, somebody changed its store: \"tacit budget\" compares it with the ledger.")
	Unfit = fault.Declare("TACIT-W153", "accounts do not fit the ledger",
		"The privacy budgets in this store are not those that its signed ledger shows: a debit is missing, or was changed.",
		"Somebody changed the store, or the disk is damaged: restore nothing, keep the store as evidence, and tell the other members. What was spent is in the ledger.")
)
