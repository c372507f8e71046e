// Package budget is an owner's account of what questions with noise cost, in the terms of
// zero-concentrated differential privacy (rho of crypto/dp, which adds up).
//
// # Construction
//
// The store of a worker has a [Line] for every question that was accepted and costs something: a
// reservation, and from the moment before the input leaves, for good, a debit. An [Account] is a sum of
// lines: those of one table, of an analyst or of all analysts of an organisation. Nothing else is kept, so
// that a charter with another period, another limit, or another way to put analysts together counts what was
// asked under the one before.
//
// A line counts from the reservation until [Account.Period] after [Line.Until], the last time at which the
// answer may have become known through this owner: the expiry of the question, or the debit if that is later. A reservation counts
// whatever the time is. With the debit, Until is fixed: after it the owner neither sends another input nor releases (store.ErrExpired).
//
// Claim: whatever span of time as long as the period is looked at, the questions whose answers became
// known in it cost at most the limit together. Let the span end at time s. Of these questions take the one
// that was reserved last, at r <= s. Each of the others was on the account at r: as a reservation, which counts, or as a debit. The
// answer became known at or after s less the period, and not after Until, so a debit has Until >= r less the period: it
// counts too, and the sum with the last one was within the limit. If Until could still grow after the debit, one that counted no more at
// r could be released after it. The claim is about one limit: what was asked under a higher one, before an amendment, stays.
//
// # Clocks
//
// The time is that of the owner's machine. Set back, it makes more lines count, and none fewer. Ahead,
// lines stop to count as long as it is; when it is set right they count again, and those of that time count for
// longer. A line is never deleted, whatever the clock says, unless nothing of the question has left.
//
// # Refund
//
// A debit is taken back on proof alone that nothing was released. What others say is none: the coordinator may
// say that a job failed and have opened it. For the guarded release the owner itself has the proof: nothing opens without
// its own opening (crypto/guard), so if it has released nothing when the job ends there, and durably never will, nothing
// was released and nothing ever will be. For the masked sum the owner's own silence proves nothing, as t others can
// open what it sent (crypto/secagg). More than n − t + T owners would have to sign that they never released and never
// will, for up to T of them may lie; such statements do not exist, so there is no refund.
//
// # Threat model
//
// The analysts of a space and the coordinator may work together. What they can know of the account
// follows from the questions that were asked, and from no data. Who can write to the disk of the owner but does not have
// its key cannot give budget back: [Audit] compares the lines with the signed ledger whenever the store is opened.
// Only a whole store that was put back to an older state is consistent in itself; a checkpoint of the ledger that others keep
// shows that (docs/ledger.md).
//
// # Errors
//
// [Spent], [TooDear], [PaidBefore], [Mispriced], [Unfit]. None holds a value of the data.
//
// Start at [Account].
package budget
