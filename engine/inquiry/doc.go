// Package inquiry is what an owner says to an analyst who asks beforehand: whether it would take
// part in a question, and under which conditions.
//
// # Protocol
//
// The analyst makes a question as it would ask it, and signs an inquiry about it (crypto/job, Inquiry). The
// coordinator passes it to every owner of the table. Each owner runs the checks that decide a job, the same
// functions, and seals an [Answer] to the analyst. The coordinator relays the answers, which are all equally
// long, and adds who is not connected.
//
// An inquiry spends nothing and leaves nothing: no decision, no quota, no budget, no entry in a ledger, and no earlier
// question with which later ones are compared. For that reason it must not read the owner's data: whoever may
// try for nothing would learn one bit about them with each try. So what depends on data is not in an answer: validation,
// and the comparison with earlier questions, are made when the question is asked.
//
// # Limits
//
// An inquiry lives for at most [MaxLife], and is answered once by each owner. Owners and coordinator answer
// so many from one analyst ([Every], and bursts of a few). They are in memory only.
//
// # Errors
//
// The codes of this package say why there is no answer. [Parse] refuses what is not canonical with [ErrAnswer].
//
// Start at [Answer].
package inquiry
